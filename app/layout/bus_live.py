"""Live parts of page `bus`: connection and rates, streams, messages as they come, order books."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import rest_link, status
from app.layout.inspector import MessageInspector
from app.layout.ladder import Ladder
from app.layout.paged_table import PagedTable
from app.layout.permission import may
from app.layout.reading import Reading, Trouble
from app.layout.status import Board
from app.views import bus as views
from app.views import bus_messages, bus_rates, bus_tables

_SORTS = MappingProxyType(
    {
        "Rate, highest": ("rate", True), "Last message, newest": ("last_message_at", True),
        "Last message, oldest": ("last_message_at", False), "Lag, largest": ("lag", True),
        "Entries, most": ("entries", True), "Key, A to Z": ("stream", False), "State": ("state", False),
    }
)  # fmt: skip
_MOST_SEEN = 100
DEPTH = 10
_LOOK_S = 0.2
# Names of types are long: cut off, two of them would look alike.
_WIDE_CSS = "@media (min-width:721px){.cards{grid-template-columns:repeat(auto-fill,minmax(208px,1fr))}}"


class Health:
    """Connection, capacity, rates, types, readers."""

    def __init__(self, page: Any) -> None:
        self._page, self._until, self._points = page, 0, None
        self._upper, self._rates = (
            Board(on_action=page.act if may(page.workspace, "bus.reconnect") else None),
            Board(stylesheets=[bus_rates.css()]),
        )
        self._lower = Board(stylesheets=[_WIDE_CSS])
        self._chart = pn.pane.Bokeh(None, name="bus.rate_history", sizing_mode="stretch_width", height=170, margin=0)
        self._slow = Reading(lambda: (page.bus.readers(), page.bus.capacity()))
        self._trouble = Trouble("Readers and capacity", self._slow)
        button = rest_link.bar("bus.rate_history", margin=0)
        parts = [self._upper, self._rates, button, self._chart, self._trouble.layout, self._lower]
        self.layout = pn.Column(*parts, sizing_mode="stretch_width", margin=0, styles={"gap": "10px"})

    def open(self) -> None:
        page = self._page
        history = page.bus.rate_history()
        self._chart.object, self._points = bus_rates.chart(history, page.zone)
        self._until = bus_rates.newest(history)
        self._slow.now(self._show)
        self._show()

    def live(self) -> None:
        self._stream()
        self._slow.live()
        self._show()

    def _show(self) -> None:
        page, zone = self._page, self._page.zone
        bus, changes = page.snapshot.bus, page.bus.history()
        upper, lower = [views.connection(bus, views.changed_at(changes), zone)], []
        self._trouble.show()
        if self._slow.answer is not None:
            readers, capacity = self._slow.answer
            upper.append(views.capacity(capacity))
            lower.append(views.readers(readers, zone))
        self._upper.show(upper)
        self._rates.show([views.rates(page.bus.rates(), zone)])
        self._lower.show([views.types(page.bus.types(), page.bus.unknown_types()), *lower,
                          views.history(changes, zone)])  # fmt: skip

    def _stream(self) -> None:
        """Each second once, however often values come."""
        history = self._page.bus.rate_history()
        new = bus_rates.columns(history, self._page.zone, self._until)
        if new["second"]:
            self._points.stream(new, rollover=bus_rates.POINTS)
            self._until = bus_rates.newest(history)


class Streams:
    """Every stream, a page at a time; a click leads to its messages."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.table = PagedTable(
            bus_tables.STREAMS, "stream", "No stream is there by this filter. Start a node on the engine page.",
            self._ask, _SORTS,
            rest="bus.streams", label="Filter: part of a key, or data.quotes.*",
            on_click=lambda row: page.inspect(row["topic"] or "*"),
        )  # fmt: skip
        self.layout = self.table.layout

    def open(self) -> None:
        self.table.open(self._page.context())

    def _ask(self, match: str, **asked: Any) -> Any:
        return self._page.bus.streams(trader_id=self._page.trader_id, match=as_glob(match), **asked)

    def live(self) -> None:
        self.table.live(self._page.context())


class Messages:
    """What comes over the bus, as it comes; opened when it is first looked at, closed with the page."""

    def __init__(self, page: Any) -> None:
        self._page, self._look = page, None
        self._before: dict[str, Any] = {}
        self._seen: dict[str, Any] = {}
        self.inspector = MessageInspector(
            on_change=self._change, name="bus.messages", sizing_mode="stretch_width", margin=0
        )
        # Decoding a hundred large messages takes longer than the server's loop may wait.
        self.reading = Reading(self._read, _LOOK_S)
        self._trouble = Trouble("Messages", self.reading)
        self.layout = pn.Column(
            self._trouble.layout, rest_link.bar("bus.messages"), self.inspector, sizing_mode="stretch_width", margin=0
        )
        if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            pn.state.curdoc.on_session_destroyed(self.close)

    def open(self) -> None:
        if self._look is None:
            self._look = self._page.bus.inspect(self.inspector.pattern)
        self.reading.now(self._show)

    def close(self, *_: Any) -> None:
        if self._look is not None:
            self._look.close()
            self._look = None

    def live(self) -> None:
        if self._look is not None and not self._look.is_paused:
            self.reading.live()
            self._show()

    def _read(self) -> list[Any]:
        look, trader = self._look, self._page.trader_id
        if look is None:
            return []
        # Of one trader's messages there may be fewer among the newest.
        found = look.messages(limit=_MOST_SEEN if trader is None else 2 * _MOST_SEEN)
        return [seen for seen in found if trader in (None, seen.trader_id)][:_MOST_SEEN]

    def _show(self) -> None:
        self._trouble.show()
        messages, zone = self.reading.answer or [], self._page.zone
        # A browser that was just paused still shows the list before this one.
        self._before, self._seen = self._seen, {bus_messages.seen_key(seen): seen for seen in messages}
        note = f"newest {len(messages)}, times in {zone}"
        self.inspector.show(bus_messages.seen_rows(messages, zone), note, zone)

    def _change(self, chosen: str) -> None:
        """A person chose topics, a pause or a message."""
        shown = self.inspector
        if self._look is not None and self._look.pattern != shown.pattern:
            self.close()
            shown.is_paused = False
            self.open()
        if self._look is not None and self._look.is_paused != shown.is_paused:
            self._pause(shown.is_paused)
        seen = self._seen.get(chosen) or self._before.get(chosen)
        if seen is not None and shown.detail.get("key") != chosen:
            shown.detail = bus_messages.seen_detail(seen, self._page.zone)

    def _pause(self, is_paused: bool) -> None:
        (self._look.pause if is_paused else self._look.resume)()
        if not is_paused:
            self.reading.now(self._show)


class Books:
    """The live order book of one instrument."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._known: list[tuple[str, str]] = []
        self.choice = pmui.Select(label="Instrument", options=[], size="small", width=350, margin=(0, 0, 8, 0))
        self.choice.param.watch(lambda event: self.live(), "value")
        self.ladder = Ladder(name="bus.book", sizing_mode="stretch_width", margin=0)
        self._button = rest_link.bar("bus.book")
        self._nothing = status.empty(
            "No order book came over the bus: a node publishes book deltas for instruments it subscribed to."
        )
        self.layout = pn.Column(self._nothing, sizing_mode="stretch_width", margin=0)

    def open(self) -> None:
        self.live()

    def live(self) -> None:
        self._offer()
        shown = [self.choice, self._button, self.ladder] if self._known else [self._nothing]
        if self.layout.objects != shown:
            self.layout[:] = shown
        if self.chosen is None:
            return
        trader, instrument = self.chosen
        found = self._page.bus.book(instrument, trader_id=trader, depth=DEPTH)
        silence_s = self._page.workspace.settings.bus_silence_s
        self.ladder.show(bus_messages.ladder(found, self._page.zone, silence_s) if found else {})

    @property
    def chosen(self) -> tuple[str, str] | None:
        """Trader and instrument of the book that is shown."""
        return None if self.choice.value is None else self._known[self.choice.options.index(self.choice.value)]

    def _offer(self) -> None:
        known = self._page.bus.books(trader_id=self._page.trader_id)
        if known == self._known:
            return
        self._known = known
        names = [f"{instrument} · {trader}" for trader, instrument in known]
        selected = self._page.selection.instrument
        wished = [name for name in names if name.startswith(f"{selected} ")] if selected else []
        value = self.choice.value if self.choice.value in names else next(iter([*wished, *names]), None)
        self.choice.param.update(options=names, value=value)


def as_glob(match: str) -> str:
    """A pattern of topics as one of keys, which begin with the trader."""
    return f"*{match}" if "*" in match or "?" in match else match
