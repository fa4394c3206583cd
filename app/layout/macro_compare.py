"""Compare of page `macro`: several series as known on the day, by one transform, on one time axis."""

from __future__ import annotations

import time
from collections.abc import Hashable
from io import StringIO
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import rest_link
from app.layout.macro_part import Part
from app.layout.macro_series import export_button
from app.layout.macro_sheet import Sheet
from app.views import macro_chart as charts
from app.views import macro_compare as views
from app.views import macro_csv, macro_series
from app.views.macro_days import new_york_day
from app.views.table import when


class Compare(Part):
    """Which series lies on the page, and so in the URL."""

    def __init__(self, page: Any) -> None:
        self._chart = views.chart()
        self._lines: dict[str, Any] = {}
        self.sheet = Sheet(views.COMPARED, page.show_series, rest="macro.compare")
        pane = pn.pane.Bokeh(
            self._chart.plot, name="macro.compare", sizing_mode="stretch_width", height=views.HEIGHT, margin=0
        )
        super().__init__(page, "The comparison", rest_link.bar("macro.compare"), pane, self.sheet)
        self._make_controls(page)
        bar = pn.FlexBox(
            self.series, self.how, self.span, self.export, gap="8px", align_items="center",
            sizing_mode="stretch_width", margin=(0, 0, 6, 0),
        )  # fmt: skip
        self.layout = pn.Column(bar, self._trouble.layout, sizing_mode="stretch_width", margin=0)

    def choice(self) -> Hashable:
        page = self._page
        return page.compare, page.how, page.span

    def ask(self, as_of: int | None) -> Any:
        page, at = self._page, as_of or time.time_ns()
        every = self._macro.series(as_of)
        rows = {row["series_id"]: row for row in every.to_dict("records")}
        ids = views.ids_of(page.compare)
        stored = [name for name in ids if name in rows and rows[name]["versions"]]
        lines = self._macro.compare(stored, page.how, as_of, macro_series.span_of(page.span, at))
        return every, rows, ids, lines, self._macro.recessions(as_of)

    def draw(self, told: Any, at: int) -> None:
        every, rows, ids, lines, recessions = told
        page, how = self._page, self._page.how
        self._offer(every, ids)
        side = views.scales(list(lines), rows, how)
        for which, source in enumerate(self._chart.sides):
            source.data = views.side_columns(lines, side, which)
        for axis, which in zip(self._chart.axes, range(2), strict=True):
            axis.axis_label = next((macro_series.units_of(rows[name], how) for name in side if side[name] == which), "")
        self._chart.axes[1].visible = 1 in side.values()
        charts.fill(self._chart.shades, charts.shade_columns(recessions, views.span_of(lines)))
        self.sheet.show([views.compared(ids, rows, lines, side, how, page.zone, at)])
        self._lines = lines

    def _offer(self, every: Any, ids: list[str]) -> None:
        options = macro_series.options(every, *ids)
        if (options, ids) != (self.series.options, self.series.value):
            self.series.param.update(options=options, value=ids)
        self.how.value, self.span.value = self._page.how, self._page.span

    def _make_controls(self, page: Any) -> None:
        hows = {told: name for name, told in page.workspace.macro.transforms().items()}
        self.series = pmui.MultiChoice(label="Series", options={}, width=420, margin=0, max_items=views.MOST)
        self.how = pmui.Select(label="Shown as", options=hows, value=page.how, size="small", width=230, margin=0)
        self.span = pmui.Select(
            label="Span", options=list(macro_series.SPANS), value=page.span, size="small", width=110, margin=0
        )
        self.export = export_button(self._file)
        self.series.param.watch(lambda event: page.param.update(compare=",".join(event.new)), "value")
        for widget, name in ((self.how, "how"), (self.span, "span")):
            widget.param.watch(lambda event, name=name: event.new and page.param.update(**{name: event.new}), "value")

    def _file(self) -> StringIO:
        page, now = self._page, time.time_ns()
        asked = macro_csv.as_of_words(page.as_of, new_york_day(now))
        self.export.filename = macro_csv.file_name(*self._lines, page.how, asked)
        lines = views.told(list(self._lines), page.how, page.as_of, when(now, "UTC"), self._macro.notice)
        return StringIO(macro_csv.csv(views.table_of(self._lines), lines))
