"""Market: charts of what an instrument cost and what was traded, the running bar live; latest values of all."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui as pmui
import param

from app.layout import rest_link, status
from app.layout.chart.choosing import pick, place
from app.layout.chart.desk import Desk
from app.layout.chart.line import LIVE, Line
from app.layout.live_table import LiveTable
from app.layout.page import Page
from app.layout.status import Board
from app.views import price, table
from app.views.cards import STALE, Card, Group, Tone
from nautilus_data.core.dataset import show_timeframe, timeframe_ns

RECENT = "Recent"
_SPANS = MappingProxyType({"1D": 1, "5D": 5, "1M": 31, "3M": 92, "1Y": 366, "5Y": 1_827, "All": 0})
_RETRY_S = 2.0


class Market(Page):
    """One instrument, and others beside it; what is selected lives in the URL."""

    title = "Market"
    shows_traders = True
    is_prompt = True

    def __init__(self, workspace: Any, **params: Any) -> None:
        super().__init__(workspace, **params)
        self.desk = Desk(workspace)
        self._choices: list[Any] = []
        self._line: Line | None = None
        self._precisions: dict[str, int] = {}
        self._is_offering = False
        self._tried_at = 0.0
        self._strip = Board()
        self._note = pn.pane.HTML(
            "", sizing_mode="stretch_width", margin=(2, 0, 8, 0), stylesheets=[_NOTE_CSS, rest_link.MARK_CSS]
        )
        nothing = status.empty("No node has published a price yet.", "Start one", href="engine")
        self.table = LiveTable(table.LATEST, ["instrument_id"], nothing, rest="market.latest",
                               on_click=self._select_instrument)  # fmt: skip
        self._make_controls()

    @property
    def chart(self) -> Any:
        """The main chart."""
        return self.desk.main

    def controls(self) -> Sequence[Any]:
        return [self._instrument, self._timeframe, self._source, self._spans, *self.desk.controls.widgets]

    def content(self) -> Any:
        self._offer_instruments()
        self._open_line()
        self._show_latest()
        return pn.Column(
            self._strip, self.desk.layout, self._note, rest_link.heading("Latest values", "market.latest"),
            self.table.layout, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip

    def live(self) -> None:
        self._show_latest()
        self._look_for_better()
        self.desk.live()
        self._show_strip()

    def prompt(self) -> None:
        if self.is_ready:
            self.desk.prompt()

    @param.depends("selection.instrument", "selection.timeframe", "selection.source", "selection.adjustment",
                   "selection.tz", "selection.browser_zone", "selection.trader", "selection.run",
                   watch=True)  # fmt: skip
    def _change(self) -> None:
        if self.is_ready and not self._is_offering:
            self._open_line()
            self._show_latest()

    def _open_line(self) -> None:
        """Show what is selected, or say what is missing."""
        selection, market = self.selection, self.workspace.market
        self._choices = market.choices(selection.instrument) if selection.instrument else []
        choice = pick(self._choices, selection.timeframe, selection.source, selection.adjustment)
        precision = self._precisions.get(selection.instrument, 2)
        whose = selection.trader_id, selection.run_id
        self._line = Line(self.workspace, selection.instrument, choice, precision, *whose) if choice else None
        self._offer_lines()
        self.desk.open(self._line, self._nothing(), list(self._precisions), self._precisions, self.zone)
        self._show_strip()

    def _look_for_better(self) -> None:
        """An empty chart fills itself, and who chose no source gets the live bus once a node publishes."""
        is_empty = self._line is None or self.chart.line is None
        is_waiting = is_empty or (self.selection.source == "auto" and self._line.choice.source != LIVE)
        if not is_waiting or time.monotonic() - self._tried_at < _RETRY_S:
            return
        self._tried_at = time.monotonic()
        self._offer_instruments()
        selection = self.selection
        offered = self.workspace.market.choices(selection.instrument) if selection.instrument else []
        found = pick(offered, selection.timeframe, selection.source, selection.adjustment)
        if found is not None and (self._line is None or found != self._line.choice or self.chart.line is None):
            self._open_line()

    def _show_latest(self) -> None:
        context = table.Context(now=self._now(), zone=self.zone, precisions=self._precisions)
        self.table.show(self.workspace.market.latest(self.selection.trader_id, self.is_stale), context)
        self.table.select(self.selection.instrument)

    def _show_strip(self) -> None:
        cards = [Card("line", self.selection.instrument or "No instrument", *self._words())]
        if self.chart.line is not None:
            bar = self._line.last_bar()
            cards += self._live_cards(bar) if bar else self._stored_cards()
        self._strip.show([Group("line", "", tuple(cards), kind="strip")])
        self._show_note()

    def _words(self) -> tuple[str, Tone, str]:
        if self._line is None:
            return "no bars", Tone.WARN, ""
        label, _, timeframe = self._line.choice.label.rpartition(" · ")
        return timeframe, Tone.NONE, label

    def _live_cards(self, bar: dict[str, float]) -> list[Card]:
        change = bar["close"] / bar["open"] - 1 if bar["open"] else 0.0
        tone = Tone.UP if change >= 0 else Tone.DOWN
        close = table.number(bar["close"], self._line.precision)
        last = Card("price", "Last price", close, tone, f"{table.percent(change)} in the bar")
        if self.is_stale(bar["trader_id"]):
            last = Card("price", "Last price", close, Tone.WARN, STALE, int(bar["ts_init"]))
        return [
            last,
            self._closed_card(int(bar["ts_event"])),
            Card("age", "Received", since=int(bar["ts_init"]), note="ago from the live bus"),
        ]

    def _stored_cards(self) -> list[Card]:
        newest = self._line.newest()
        close = table.number(newest[1], self._line.precision) if newest else table.UNKNOWN
        return [
            Card("price", "Last close", close, note="stored history, not live"),
            self._closed_card(newest[0] if newest else 0),
        ]

    def _closed_card(self, ns: int) -> Card:
        day, _, clock = table.when(ns, self.zone).partition(" ")
        return Card("bar", "Last bar closed", day, note=f"{clock} {self.zone}")

    def _show_note(self) -> None:
        note = self._words_of_chart() if self.chart.line is not None else ""
        if note != self._note.object:
            self._note.object = note

    def _words_of_chart(self) -> str:
        choice, shown = self._line.choice, self.chart.model
        attrs = {"timeframe": choice.timeframe, "source": choice.source, "adjustment": choice.adjustment}
        what = price.describe(attrs)
        if shown is not None and shown.timeframe != choice.timeframe:
            what += f" · drawn as {show_timeframe(shown.timeframe)}: zoom in for every bar"
        whose = f" of {self._line.trader_id}" if self._line.trader_id else ""
        note = f"{what} · axis in {self.chart.zone} · fills{whose} at their price: ▲ buy, ▼ sell"
        # Stored bars don't name their trader.
        told = f"bars as any trader on the bus published them · {note}" if whose and choice.source == LIVE else note
        return f"{html.escape(told, quote=False)} {rest_link.mark('market.chart')}"

    def _nothing(self) -> Any:
        instrument = self.selection.instrument
        if not instrument:
            return status.empty("No instrument is known yet.", "Backfill one", href="backfill")
        what = f"No bars of {instrument} are stored yet."
        return status.empty(what, "Backfill them", href=f"backfill?instrument={quote(instrument)}")

    def _offer_instruments(self) -> None:
        known = self.workspace.market.instruments()
        self._precisions = dict(zip(known["instrument_id"], known["price_precision"], strict=True))
        ids = list(known["instrument_id"])
        if not self.selection.instrument and ids:
            live = list(known.loc[known["is_live"], "instrument_id"])
            self.selection.instrument = (live or ids)[0]
        if self.selection.instrument and self.selection.instrument not in ids:
            ids.insert(0, self.selection.instrument)
        if ids != self._instrument.options:
            self._instrument.options = ids
        self._instrument.value = self.selection.instrument or None

    def _offer_lines(self) -> None:
        """Offer what there is; what the page itself puts into a picker is no choice of a person."""
        self._is_offering = True
        try:
            chosen = self._line.choice if self._line else None
            same = [choice for choice in self._choices if choice.timeframe == chosen.timeframe] if chosen else []
            frames = sorted({choice.timeframe for choice in self._choices}, key=timeframe_ns)
            self._timeframe.param.update(
                options={show_timeframe(name): name for name in frames}, value=chosen.timeframe if chosen else None
            )
            self._source.param.update(
                options={choice.label.rpartition(" · ")[0]: place(choice) for choice in same},
                value=place(chosen) if chosen else None,
            )
            self._instrument.value = self.selection.instrument or None
            self._spans.value = RECENT
        finally:
            self._is_offering = False

    def _make_controls(self) -> None:
        self._instrument = pmui.Select(label="Instrument", options=[], size="small", width=170, margin=(5, 4))
        self._timeframe = pmui.Select(label="Timeframe", options={}, size="small", width=100, margin=(5, 4))
        self._source = pmui.Select(label="Source", options={}, size="small", width=180, margin=(5, 4))
        self._spans = pmui.RadioButtonGroup(options=[RECENT, *_SPANS], value=RECENT, size="small", margin=(5, 4))
        for widget, pick_from in (
            (self._instrument, lambda value: {"instrument": value}),
            (self._timeframe, lambda value: {"timeframe": value}),
            (self._source, lambda value: dict(zip(("source", "adjustment"), value.split("/"), strict=True))),
        ):
            widget.param.watch(lambda event, pick_from=pick_from: self._pick(event.new, pick_from), "value")
        self._spans.param.watch(lambda event: self._show_span(event.new), "value")

    def _pick(self, value: str | None, pick_from: Any) -> None:
        if value and not self._is_offering:
            self.selection.param.update(**pick_from(value))

    def _show_span(self, name: str | None) -> None:
        if name in _SPANS:
            self.chart.show_days(_SPANS[name])
        elif name == RECENT and not self._is_offering:
            self.chart.show_recent()

    def _select_instrument(self, instrument_id: str) -> None:
        self._instrument.value = instrument_id

    def _now(self) -> int:
        return self.snapshot.beat if self.snapshot else time.time_ns()


_NOTE_CSS = ":host{font:12px/1.4 var(--nd-font);color:var(--nd-muted)}"

Market.serve()
