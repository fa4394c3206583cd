"""Views of page `sources`: the list, Interactive Brokers' connection, quotes on demand, disagreements."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import rest_link
from app.layout.commands import Commands
from app.layout.live_table import LiveTable
from app.layout.paged_table import BUILD_S, PagedTable
from app.layout.permission import may
from app.layout.reading import Reading, Trouble
from app.layout.rest_link import heading
from app.layout.source_list import SourceList
from app.layout.status import Board
from app.views import sources as views
from app.views.paging import page as one_page

# The service answers from memory, refreshed each second; ages are counted in the browser.
_LIST_S, _DISAGREE_S = 1.0, 15.0
_IB = "interactive_brokers"
_KINDS = {"Quotes": "quotes", "5 s bars of trades": "LAST", "5 s bars of mid": "MID", "5 s bars of bid": "BID",
          "5 s bars of ask": "ASK"}  # fmt: skip


class Sources:
    """Which are asked, in which order, how they are, and what of their quota is left."""

    def __init__(self, page: Any) -> None:
        self._page, self._desk = page, page.workspace.desk
        self.reading = Reading(self._read, _LIST_S)
        self.list = SourceList(self.press, is_fixed=not may(page.workspace, "desk.enable"))
        self._trouble = Trouble("Sources", self.reading, rest_link.bar("sources.list"), self.list)
        self.layout = self._trouble.layout

    def open(self) -> None:
        self.reading.now(self._show)

    def live(self) -> None:
        self.reading.live()
        self._show()

    def press(self, verb: str, name: str) -> None:
        """A switch or an arrow; `open` leads to a streaming source's connection."""
        if verb == "open":
            self._page.view = "connection"
            return
        asked = {
            "enable": lambda: self._desk.enable(name), "disable": lambda: self._desk.disable(name),
            "up": lambda: self._move(name, -1), "down": lambda: self._move(name, 1),
        }  # fmt: skip
        self._page.do(name, asked[verb], lambda _: self.reading.now(self._show))

    def _move(self, name: str, step: int) -> None:
        self._desk.set_priority(views.moved(list(self._desk.list()["name"]), name, step))

    def _read(self) -> Any:
        found = self._desk.list()
        return found, {name: self._desk.quotas(name) for name in found["name"]}

    def _show(self) -> None:
        if self.reading.answer is not None:
            self.list.show(views.entries(*self.reading.answer, self._page.zone))
        self._trouble.show()


class Connection:
    """Interactive Brokers: state as the bus's, what was told of outages, account and positions; nothing is traded."""

    def __init__(self, page: Any) -> None:
        self._page, self._desk = page, page.workspace.desk
        self.reading = Reading(self._read, _LIST_S)
        needs = {verb: f"desk.{verb}" for verb in ("connect", "reconnect", "disconnect")}
        self.commands = Commands(
            self._press, page.workspace, needs, sizing_mode="stretch_width", margin=(0, 0, 8, 0)
        )  # fmt: skip
        self.upper, self.lower = Board(), Board()
        self.account = LiveTable(
            views.ACCOUNT, ["account", "tag", "currency"], "No account was told: it is read while connected.",
            rest="sources.account", page_size=15, build_s=BUILD_S,
        )  # fmt: skip
        self.positions = LiveTable(
            views.POSITIONS,
            ["account", "instrument_id"],
            "No open position was told.",
            rest="sources.positions",
            page_size=15,
            build_s=BUILD_S,
        )
        self._trouble = Trouble(
            "The connection", self.reading, self.commands, self.upper,
            heading("Positions, as told last (read-only)", "sources.positions"), self.positions.layout,
            heading("Account, as told last (read-only)", "sources.account"), self.account.layout,
            pn.Spacer(height=12, margin=0), self.lower,
        )  # fmt: skip
        self.layout = self._trouble.layout

    def open(self) -> None:
        for table in (self.account, self.positions):
            table.settle()
        self.reading.now(self._show)

    def live(self) -> None:
        self.reading.live()
        self._show()

    def _read(self) -> Any:
        desk = self._desk
        is_on = bool(desk.list().set_index("name")["is_enabled"].get(_IB, False))
        return is_on, desk.connection(_IB), desk.account(), desk.positions()

    def _show(self) -> None:
        self._trouble.show()
        if self.reading.answer is None:
            return
        is_on, told, account, positions = self.reading.answer
        connection, *lists = views.connection(told, self._page.zone)
        self.upper.show([connection])
        self.lower.show(lists)
        self.account.show(account, self._page.context())
        self.positions.show(positions, self._page.context())
        is_open = told["state"] in ("connected", "connecting", "reconnecting")
        self.commands.show(
            [
                ("connect", "Connect" if is_on else "Connect: switch it on first", "", is_on and not is_open),
                ("reconnect", "Reconnect now", "", is_on and is_open),
                ("disconnect", "Disconnect", "bad", is_on and is_open),
            ]
        )

    def _press(self, command: str) -> None:
        ask = {"connect": self._desk.connect, "reconnect": self._desk.reconnect, "disconnect": self._desk.disconnect}
        self._page.do(command.capitalize(), lambda: ask[command](_IB), lambda _: self.reading.now(self._show))


class Quotes:
    """Quotes and 5 s bars asked for by hand; each takes a line of the gateway until it is let go."""

    def __init__(self, page: Any) -> None:
        self._page, self._desk, self._chosen = page, page.workspace.desk, None
        self.reading = Reading(self._read, _LIST_S)
        self.instrument = pmui.TextInput(label="Instrument: id or symbol", size="small", width=230, margin=0)
        self.kind = pmui.Select(label="What", options=_KINDS, value="quotes", size="small", width=180, margin=0)
        self.commands = Commands(self._press, page.workspace, {"watch": "desk.watch", "unwatch": "desk.unwatch"})
        self.table = LiveTable(
            views.QUOTES, ["source", "instrument_id", "kind"], "Nothing is watched: name an instrument above.",
            rest="sources.quotes", page_size=20, build_s=BUILD_S, on_click=self.choose,
        )  # fmt: skip
        self._remarks = pn.pane.Str("", margin=(8, 0, 0, 0), sizing_mode="stretch_width", stylesheets=[_CSS])
        self._trouble = Trouble(
            "Quotes", self.reading, rest_link.bar("sources.quotes"), self.table.layout, self._remarks
        )  # fmt: skip
        bar = pn.FlexBox(self.instrument, self.kind, self.commands, gap="8px", align_items="center",
                         sizing_mode="stretch_width", margin=(0, 0, 10, 0))  # fmt: skip
        self.layout = pn.Column(bar, self._trouble.layout, sizing_mode="stretch_width", margin=0)

    def open(self) -> None:
        self.table.settle()
        self.reading.now(self._show)
        self._offer()

    def live(self) -> None:
        self.reading.live()
        self._show()

    def choose(self, key: tuple[str, str, str]) -> None:
        self._chosen = key
        self._offer()

    def _read(self) -> Any:
        return views.watched(self._desk.watches(), self._desk.latest())

    def _show(self) -> None:
        if self.reading.answer is not None:
            self.table.show(self.reading.answer, self._page.context())
            self._remarks.object = views.remarks(self.reading.answer)
        self._trouble.show()

    def _offer(self) -> None:
        chosen = f"{self._chosen[1]} {self._chosen[2]}" if self._chosen else "choose a row"
        self.commands.show([("watch", "Watch", "", True), ("unwatch", f"Let go: {chosen}", "bad", bool(self._chosen))])

    def _press(self, command: str) -> None:
        text, kind, chosen = self.instrument.value_input.strip(), self.kind.value, self._chosen
        if command == "watch":
            self._page.do("Watch", lambda: self._watch(text, kind), self._end)
        elif chosen:
            self._page.do("Let go", lambda: self._desk.unwatch(chosen[1], source=chosen[0], kind=chosen[2]), self._end)

    def _watch(self, text: str, kind: str) -> None:
        self._desk.watch(self._page.workspace.instruments.resolve(text), source=_IB, kind=kind)

    def _end(self, _: Any) -> None:
        self._chosen = None
        self._offer()
        self.reading.now(self._show)


class Disagreements:
    """Bars two sources tell differently: one of them is wrong, or they mean different things."""

    def __init__(self, page: Any) -> None:
        self._page, self._desk = page, page.workspace.desk
        self.reading = Reading(self._desk.disagreements, _DISAGREE_S)
        self._note = pn.pane.Str("", margin=(0, 0, 8, 0), sizing_mode="stretch_width", stylesheets=[_CSS])
        self.table = PagedTable(
            views.DISAGREEMENTS, "key", "No two sources disagree about a bar beyond the tolerance.", self._ask,
            {"Largest first": ("apart", True), "Newest bar": ("ts_event", True),
             "Instrument": ("instrument_id", False)},
            rest="sources.disagreements",
        )  # fmt: skip
        self._trouble = Trouble("Disagreements", self.reading, self._note, self.table.layout)
        self.layout = self._trouble.layout

    def open(self) -> None:
        self.table.table.settle()
        self.reading.now(self._first)

    def live(self) -> None:
        self.reading.live()
        self._show()
        self.table.show()

    @property
    def count(self) -> int:
        return 0 if self.reading.answer is None else self.reading.answer.attrs.get("total", len(self.reading.answer))

    def _first(self) -> None:
        self._show()
        self.table.open(self._page.context())

    def _ask(self, **asked: Any) -> Any:
        return one_page(views.disagreements(self.reading.answer), **asked)

    def _show(self) -> None:
        self._trouble.show()
        if self.reading.answer is None:
            return
        told = views.tolerance_words(self.reading.answer)
        if told != self._note.object:
            self._note.object = told
            self.table.reading.now(self.table.show)


_CSS = "pre{margin:0;font:13px/1.5 var(--nd-font);white-space:pre-line;color:var(--nd-muted)}"
