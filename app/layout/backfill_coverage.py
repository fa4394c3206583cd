"""Coverage on page `backfill`: the map of what is stored, and what was asked and answered about one cell of it."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.events import Tap

from app.layout import rest_link, status
from app.layout.commands import Commands
from app.layout.live_table import LiveTable
from app.layout.paged_table import BUILD_S
from app.layout.reading import Reading, Trouble
from app.layout.rest_link import heading
from app.layout.status import Board
from app.views import backfill_tables as tables
from app.views import coverage_map as views
from nautilus_data.core.dataset import HISTORIES, say_dataset, show_timeframe, timeframe_ns
from nautilus_data.core.plan import Mode
from nautilus_data.core.timerange import TimeRange

_EVERY_S = 5.0
_ALL = "all sources"


class Coverage:
    """Counts what is stored, not what a download claimed; a click shows why a cell is as it is."""

    def __init__(self, page: Any) -> None:
        self._page, self._service = page, page.workspace.coverage
        self._offset, self._span, self._cells = 0, None, None
        self._map: views.Map | None = None
        self.reading = Reading(self._read, _EVERY_S)
        self._make_controls()
        self.legend = pn.pane.HTML("", sizing_mode="stretch_width", margin=(0, 0, 6, 0), stylesheets=[_LEGEND_CSS])
        self._pane = pn.pane.Bokeh(None, name="backfill.coverage", sizing_mode="stretch_width", margin=0)
        self._button = rest_link.bar("backfill.coverage")
        self._nothing = status.empty("No history was asked for by this choice: plan a backfill on the tab Jobs.")
        self._body = pn.Column(sizing_mode="stretch_width", margin=0)
        self.detail = CellDetail(page, self.zoom)
        self._trouble = Trouble("Coverage", self.reading, self._body)
        bar = pn.FlexBox(
            self.dataset, self.timeframe, self.source, self.match, self.pager, self.zoomed, gap="8px",
            align_items="center", sizing_mode="stretch_width", margin=(4, 0, 10, 0),
        )  # fmt: skip
        self.layout = pn.Column(bar, self._trouble.layout, self.detail.layout, sizing_mode="stretch_width", margin=0)

    @property
    def cells(self) -> Any:
        """What is on the map."""
        return self._cells

    @property
    def asked(self) -> dict[str, Any]:
        """What the map shows; `count` series of it."""
        source = "" if self.source.value == _ALL else self.source.value
        count = 0 if self._cells is None or self._cells.empty else int(self._cells["row"].max()) + 1
        return {
            "dataset": self.dataset.value, "timeframe": self.timeframe.value, "source": source,
            "match": self.match.value_input.strip(), "first": self._offset or "", "span": self._span, "count": count,
        }  # fmt: skip

    def open(self) -> None:
        self._map = None
        self.detail.close()
        self.reading.now(self._show)

    def live(self) -> None:
        self.reading.live()
        self._show()
        self.detail.live()

    def choose(self, x: float, y: float) -> None:
        """A click on the map."""
        cell = None if self._cells is None else views.cell_at(self._map, self._cells, x, y)
        if cell is not None:
            views.choose(self._map, cell)
            self.detail.open(cell)

    def zoom(self, span: TimeRange | None) -> None:
        """Show only a span; None: all of it."""
        self._span = span
        self.detail.close()
        self.reading.now(self._show)

    def _read(self) -> tuple[Any, list[str], list[str], list[str], int]:
        every = self._service.series(dataset="")
        kinds = [name for name in HISTORIES if any(one.dataset == name for one in every)]
        kind = _wanted(self.dataset, kinds)
        known = [one for one in every if one.dataset == kind]
        frames = sorted({one.timeframe for one in known}, key=timeframe_ns)
        wanted, source, match = _wanted(self.timeframe, frames), self.source.value, self.match.value_input
        fitting = [
            one for one in known
            if one.timeframe == wanted and source in (_ALL, one.source)
            and match.strip().lower() in one.instrument_id.lower()
        ]  # fmt: skip
        offset = self._offset if self._offset < len(fitting) else 0
        shown = fitting[offset : offset + views.MOST_ROWS]
        span = self._span or (self._service.extent(shown) if shown else None)
        cells = self._service.map(shown, span, views.cells_for(len(shown)))
        return views.told(cells), kinds, frames, sorted({one.source for one in known}), len(fitting)

    def _show(self) -> None:
        self._trouble.show()
        if self.reading.answer is None:
            return
        cells, kinds, frames, sources, total = self.reading.answer
        self._offer(kinds, frames, sources, total)
        if self._map is not None and self._cells is not None and cells.equals(self._cells):
            return
        self._cells = cells
        if not len(cells):
            self._place([self._nothing])
            return
        if self._map is None:
            self._map = views.make(self._page.zone)
            self._map.plot.on_event(Tap, lambda event: self.choose(event.x, event.y))
            views.show(self._map, cells)
            self._pane.object = self._map.plot
        else:
            views.show(self._map, cells)
        views.choose(self._map, self.detail.cell)
        if (told := views.legend(cells)) != self.legend.object:
            self.legend.object = told
        self._place([self.legend, self._button, self._pane])

    def _place(self, shown: list[Any]) -> None:
        if self._body.objects != shown:
            self._body[:] = shown

    def _offer(self, kinds: list[str], frames: list[str], sources: list[str], total: int) -> None:
        for select, say, names in ((self.dataset, say_dataset, kinds), (self.timeframe, show_timeframe, frames)):
            if (options := {say(name): name for name in names}) != select.options:
                select.param.update(options=options, value=_wanted(select, names))
        self.dataset.visible, self.timeframe.visible = len(kinds) > 1, self.dataset.value == "bars"
        if [_ALL, *sources] != self.source.options:
            chosen = self.source.value if self.source.value in sources else _ALL
            self.source.param.update(options=[_ALL, *sources], value=chosen)
        last = min(total, self._offset + views.MOST_ROWS)
        turns = [("back", "Back", "", self._offset > 0), ("next", f"{self._offset + 1} to {last} of {total}: next", "",
                                                          last < total)]  # fmt: skip
        self.pager.show(turns if total > views.MOST_ROWS else [])
        self.zoomed.show([("whole", "Show all of the time", "", True)] if self._span else [])

    def _anew(self, *_: Any) -> None:
        self._offset = 0
        self.detail.close()
        self.reading.now(self._show)

    def _turn(self, command: str) -> None:
        self._offset = max(0, self._offset + (views.MOST_ROWS if command == "next" else -views.MOST_ROWS))
        self.reading.now(self._show)

    def _make_controls(self) -> None:
        # The page's selection may name a bar this page has no words for.
        first = "1-DAY"
        self.timeframe = pmui.Select(
            label="Timeframe", options={show_timeframe(first): first}, value=first, size="small", width=110, margin=0
        )
        self.dataset = pmui.Select(
            label="What", options={"bars": "bars"}, value="bars", size="small", width=160, margin=0, visible=False
        )
        self.source = pmui.Select(label="Source", options=[_ALL], value=_ALL, size="small", width=190, margin=0)
        self.match = pmui.TextInput(label="Id contains", size="small", width=210, margin=0)
        self.pager = Commands(self._turn)
        self.zoomed = Commands(lambda _: self.zoom(None))
        for select in (self.dataset, self.timeframe, self.source):
            select.param.watch(self._anew, "value")
        self.match.param.watch(self._anew, "value_input")


def _wanted(select: pmui.Select, names: list[str]) -> str:
    """What was chosen, as long as there is such; else the first there is."""
    return select.value if select.value in names else next(iter(names), select.value)


class CellDetail:
    """Requests, answers and refused rows of one cell, and a backfill of exactly it."""

    def __init__(self, page: Any, zoom: Any) -> None:
        self._page, self._zoom = page, zoom
        self.cell: dict[str, Any] | None = None
        self.reading = Reading(self._read)
        self.board = Board()
        self.commands = Commands(self._press, sizing_mode="stretch_width", margin=(8, 0))
        table = {"page_size": 10, "build_s": BUILD_S}
        self.requests = LiveTable(
            tables.CELL_REQUESTS, ["job", "ordinal"], "No request was ever made about this cell.",
            rest="backfill.cell_requests", on_click=lambda key: page.show_job(key[0]), **table,
        )  # fmt: skip
        self.answers = LiveTable(
            tables.ANSWERS, ["start", "end"], "Nothing was answered about it.", rest="backfill.cell_answers", **table
        )  # fmt: skip
        self.bad_rows = LiveTable(
            tables.BAD_ROWS, ["ts_event", "reason", "row"], "No row of it was refused.", rest="backfill.cell_refused",
            **table,
        )  # fmt: skip
        self._trouble = Trouble(
            "The cell", self.reading,
            heading("Requests about it, newest first: a click shows the job", "backfill.cell_requests"),
            self.requests.layout, heading("What was answered", "backfill.cell_answers"), self.answers.layout,
            heading("Rows refused", "backfill.cell_refused"), self.bad_rows.layout,
        )  # fmt: skip
        # At the foot of the window while the map is taller than it, so that a click's answer is in sight.
        self.layout = pn.Column(sizing_mode="stretch_width", margin=(10, 0, 0, 0), stylesheets=[_SHEET_CSS])

    @property
    def span(self) -> TimeRange:
        return TimeRange(int(self.cell["start"]), int(self.cell["end"]))

    def open(self, cell: dict[str, Any]) -> None:
        self.cell = cell
        self.board.show([views.detail(cell, self._page.zone)])
        self.commands.show(
            [("plan", "Plan a backfill of this cell", "", True), ("zoom", "Zoom into it", "", True),
             ("close", "Close", "", True)]
        )  # fmt: skip
        shown = [self.commands, self.board, self._trouble.layout]
        if self.layout.objects != shown:
            for table in (self.requests, self.answers, self.bad_rows):
                table.settle()
            self.layout[:] = shown
        self.reading.now(self._show)

    def close(self) -> None:
        self.cell = None
        self.layout.clear()

    def live(self) -> None:
        if self.cell is not None:
            self._show()

    def _read(self) -> Any:
        cell = self.cell
        if cell is None:
            return self.reading.answer
        span = TimeRange(int(cell["start"]), int(cell["end"]))
        return self._page.workspace.coverage.cell(views.series_of(cell), span)

    def _show(self) -> None:
        self._trouble.show()
        found = self.reading.answer
        if found is None or self.cell is None:
            return
        context = self._page.context()
        self.requests.show(found.requests, context)
        self.answers.show(found.answers, context)
        self.bad_rows.show(found.bad_rows, context)

    def _press(self, command: str) -> None:
        if command == "zoom":
            self._zoom(self.span)
        elif command == "plan":
            mode = Mode.MISSING_FAILED if self.cell["refused"] else Mode.MISSING
            self._page.plan_span(views.series_of(self.cell), self.span, mode)
        else:
            self.close()


_LEGEND_CSS = """
.legend{display:flex;flex-wrap:wrap;gap:6px 18px;font:13px/1.4 var(--nd-font);color:var(--nd-muted);
 font-variant-numeric:tabular-nums}
span{display:flex;align-items:center;gap:6px}b{color:var(--nd-text)}
i{width:16px;height:12px;border-radius:2px}
"""
_SHEET_CSS = """
:host{position:sticky;bottom:-24px;z-index:5;max-height:46vh;overflow:auto;background:var(--nd-bg);padding-bottom:8px}
@media (max-width:1300px){:host{bottom:-16px}}
@media (max-width:720px){:host{bottom:-13px;max-height:42vh}}
"""
