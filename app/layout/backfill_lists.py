"""Lists on page `backfill`: top-ups by schedule, the directory of instruments, refused rows."""

from __future__ import annotations

import asyncio
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import status
from app.layout.commands import Commands
from app.layout.paged_table import PagedTable
from app.layout.permission import may
from app.layout.reading import Reading
from app.layout.rest_link import heading
from app.views import backfill_lists as views
from app.views import backfill_tables as tables
from app.views.paging import page as one_page

_MOST_ROWS, _MOST_FOUND = 5_000, 2_000
_FIND, _NAMED = 20, 8
_EVERY = {"Every day": 86_400, "Every hour": 3_600, "Every 5 minutes": 300, "Every minute": 60}


class Schedules:
    """Each series with history, and whether it is topped up by itself."""

    def __init__(self, page: Any) -> None:
        self._page, self._backfill, self._chosen = page, page.workspace.backfill, ""
        self.table = PagedTable(
            tables.SCHEDULES, "key", "No series has history yet: plan a backfill on the tab Jobs.", self._ask,
            {"Instrument": ("instrument_id", False), "On first": ("state", True), "Next": ("ts_next", True)},
            rest="backfill.schedules", on_click=self.choose,
        )  # fmt: skip
        self.every = pmui.Select(label="How often", options=_EVERY, value=86_400, size="small", width=170, margin=0)
        needs = {"on": "backfill.schedule", "off": "backfill.unschedule"}
        self.commands = Commands(self._press, page.workspace, needs)
        bar = pn.FlexBox(self.every, self.commands, gap="8px", align_items="center", margin=(0, 0, 10, 0))
        self.layout = pn.Column(bar, self.table.layout, sizing_mode="stretch_width", margin=0)

    def open(self) -> None:
        self._offer()
        self.table.open(self._page.context())

    def live(self) -> None:
        self.table.live(self._page.context())

    def choose(self, row: dict[str, Any]) -> None:
        self._chosen = row["key"]
        self._offer()

    def _ask(self, **asked: Any) -> Any:
        known, scheduled = self._page.workspace.coverage.series(dataset=""), self._backfill.schedules()
        return one_page(views.schedules_frame(known, scheduled), **asked)

    def _offer(self) -> None:
        what = self._chosen or "choose a series below"
        self.commands.show(
            [("on", f"Top up: {what}", "", bool(self._chosen)), ("off", "Turn off", "bad", bool(self._chosen))]
        )

    def _press(self, command: str) -> None:
        series, every = views.series_of(self._chosen), self.every.value
        turn = {"on": lambda: self._backfill.schedule(series, every), "off": lambda: self._backfill.unschedule(series)}
        self._page.do(f"Top-up of {series.instrument_id}", turn[command], lambda _: self.table.ask_anew())


class Instruments:
    """Search by name, symbol or alias; ask a source for more; say what a source calls one."""

    def __init__(self, page: Any) -> None:
        self._page, self._service = page, page.workspace.instruments
        self._found = pn.Column(sizing_mode="stretch_width", margin=0)
        self.table = PagedTable(
            tables.INSTRUMENTS, "instrument_id", "No instrument is called so here: look it up at a source.", self._ask,
            {"Best first": ("", False), "Instrument": ("instrument_id", False), "Name": ("name", False),
             "Kind": ("kind", False)},
            rest="backfill.instruments", label="Search: name, symbol or alias", on_click=self.choose,
        )  # fmt: skip
        self._make_controls()
        self.layout = pn.Column(
            heading("Add: look it up at a source"), _row(self.text, self.source, self.find), self._found,
            heading("What a source calls an instrument"),
            _row(self.instrument, self.alias_source, self.symbol, self.save),
            heading("All instruments: a click puts one into the form above"), self.table.layout,
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip

    def open(self) -> None:
        # One that asks nobody has nothing to look up and needs no symbols.
        asked = [source.spec for source in self._page.workspace.backfill.sources() if source.spec.limits]
        sources = {spec.title: spec.name for spec in asked}
        for select in (self.source, self.alias_source):
            if sources != select.options:
                select.param.update(options=sources, value=select.value or next(iter(sources.values()), None))
        self.table.open(self._page.context())

    def live(self) -> None:
        self.table.live(self._page.context())

    def choose(self, row: dict[str, Any]) -> None:
        self.instrument.value = row["instrument_id"]
        self.symbol.value = row["aliases"].get(self.alias_source.value, "")

    def look_up(self) -> None:
        """Ask the source; what it finds is kept in the directory."""
        text, source = self.text.value_input.strip(), self.source.value
        if not text:
            self._page.tell("Look up: write a name or a symbol first")
            return
        self._found[:] = [status.loading(f"what {source} knows of {text}")]
        asked = Reading(lambda: asyncio.run(self._service.find(text, source, _FIND)))
        asked.now(lambda: self._show_found(asked))

    def save_alias(self) -> None:
        name, source, symbol = self.instrument.value_input.strip(), self.alias_source.value, self.symbol.value_input
        self._page.do("Alias", lambda: self._service.set_alias(name, source, symbol), lambda _: self.table.ask_anew())

    def _show_found(self, asked: Reading) -> None:
        if asked.problem:
            self._found[:] = [status.error(f"It could not be looked up: {asked.problem}")]
            return
        found = list(asked.answer["instrument_id"])
        told = f"{len(found)} found and kept: {', '.join(found[:_NAMED])}"
        self._found[:] = [pn.pane.Str(told, stylesheets=[_CSS]) if found else status.empty("Nothing was found.")]
        self.table.ask_anew()

    def _ask(self, match: str, **asked: Any) -> Any:
        return one_page(self._service.search(match, limit=_MOST_FOUND), **asked)

    def _make_controls(self) -> None:
        self.text = pmui.TextInput(label="Name or symbol", size="small", width=240, margin=0)
        self.source = pmui.Select(label="Source", options={}, size="small", width=190, margin=0)
        self.find = pmui.Button(label="Look it up", variant="contained", margin=0)
        self.instrument = pmui.TextInput(label="As AAPL.NASDAQ", size="small", width=240, margin=0)
        self.alias_source = pmui.Select(label="Source", options={}, size="small", width=190, margin=0)
        self.symbol = pmui.TextInput(label="Its symbol (empty: forget)", size="small", width=240, margin=0)
        self.save = pmui.Button(label="Save", variant="contained", margin=0)
        self.find.visible = may(self._page.workspace, "instruments.find")
        self.save.visible = may(self._page.workspace, "instruments.set_alias")
        self.find.on_click(lambda _: self.look_up())
        self.save.on_click(lambda _: self.save_alias())


class BadRows:
    """Rows that can't be true, kept aside with the reason; nothing of them is among the bars."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.table = PagedTable(
            tables.BAD_ROWS, "key", "No row was refused: all that came could be true.", self._ask,
            {"Newest first": ("ts_seen", True), "Instrument": ("instrument_id", False), "Reason": ("reason", False),
             "Time of the row": ("ts_event", True)},
            rest="backfill.refused",
        )  # fmt: skip
        self.layout = self.table.layout

    def open(self) -> None:
        self.table.open(self._page.context())

    def live(self) -> None:
        self.table.live(self._page.context())

    def _ask(self, **asked: Any) -> Any:
        return one_page(views.with_key(self._page.workspace.coverage.bad_rows(limit=_MOST_ROWS)), **asked)


def _row(*widgets: Any) -> pn.FlexBox:
    return pn.FlexBox(*widgets, gap="8px", align_items="center", sizing_mode="stretch_width", margin=(4, 0, 8, 0))


_CSS = "pre{margin:0 0 6px;font:13px/1.5 var(--nd-font);white-space:normal;color:var(--nd-ok)}"
