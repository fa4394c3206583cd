"""Factors of page `macro`: all of them as they stood, and one over the time it was known at."""

from __future__ import annotations

import time
from collections.abc import Hashable
from io import StringIO
from typing import Any

import panel as pn

from app.layout import rest_link
from app.layout.macro_part import Part
from app.layout.macro_series import SIDE, export_button
from app.layout.macro_sheet import Sheet
from app.views import macro_chart as charts
from app.views import macro_csv
from app.views import macro_factor as views
from app.views.macro_days import new_york_day
from app.views.table import when

_LIST = {"flex": "1 1 440px", "min-width": "0", "width": "auto", "max-height": "max(420px, 76vh)", "overflow-y": "auto"}


class Factors(Part):
    """Which is chosen lies on the page, and so in the URL."""

    def __init__(self, page: Any) -> None:
        self._factors = {one.key: one for one in page.workspace.macro.factors()}
        self._charted = ""
        self.list = Sheet(views.FACTORS, self._choose, rest="macro.scores", styles=_LIST)
        self.facts = pn.pane.HTML("", sizing_mode="stretch_width", margin=(0, 0, 6, 0), stylesheets=[_CSS])
        self.inputs = Sheet(views.INPUTS, page.show_series, rest="macro.inputs")
        self._pane = pn.pane.Bokeh(
            None, name="macro.factor", sizing_mode="stretch_width", height=charts.HEIGHT, margin=0
        )
        self.export = export_button(self._file)
        side = pn.Column(
            self.facts,
            rest_link.bar("macro.factor"),
            self._pane,
            self.export,
            self.inputs,
            margin=0,
            styles={**SIDE, "gap": "8px", "flex": "2 1 560px"},
        )
        both = pn.FlexBox(self.list, side, gap="12px", sizing_mode="stretch_width", align_items="start")
        super().__init__(page, "Factors", both)

    @property
    def factor(self) -> Any:
        """The one looked at; the first where the URL names none."""
        return self._factors.get(self._page.factor, next(iter(self._factors.values())))

    def choice(self) -> Hashable:
        return self.factor.key

    def ask(self, as_of: int | None) -> Any:
        macro, factor = self._macro, self.factor
        history = macro.factor(factor.key, as_of)
        return macro.scores(as_of), factor, history, macro.recessions(as_of), macro.series(as_of)

    def draw(self, told: Any, at: int) -> None:
        scores, factor, history, recessions, series = told
        zone = self._page.zone
        row = next((one for one in scores.to_dict("records") if one["key"] == factor.key), None)
        self.list.show(views.listed(scores, at, zone), factor.key)
        self.facts.object = views.facts(factor, row, at, zone)
        self.inputs.show([views.inputs(factor, series, at, zone)])
        self._draw_chart(factor, history, recessions, at)
        self._told = factor, history

    def _draw_chart(self, factor: Any, history: Any, recessions: Any, at: int) -> None:
        if factor.key != self._charted:
            self._charted = factor.key
            self._chart = charts.time_chart(factor.units, factor.states, is_step=True)
            self._pane.object = self._chart.plot
        chart = self._chart
        charts.fill(chart.line, charts.line_columns(history, "ts_init", at))
        charts.fill(chart.shades, charts.shade_columns(recessions, charts.span_of(history, "ts_init", at)))
        charts.fill(chart.levels, charts.level_columns(factor.levels, history))

    def _choose(self, key: str) -> None:
        self._page.factor = key

    def _file(self) -> StringIO:
        factor, history = self._told
        page, now = self._page, time.time_ns()
        asked = macro_csv.as_of_words(page.as_of, new_york_day(now))
        self.export.filename = macro_csv.file_name(factor.key, asked)
        lines = views.told(factor, page.as_of, when(now, "UTC"), self._macro.notice)
        return StringIO(macro_csv.csv(history, lines))


_CSS = """
h3{margin:0;font:600 15px/1.3 var(--nd-font);color:var(--nd-text)}h3 b{margin-left:8px;color:var(--nd-accent)}
p{margin:2px 0 8px;font:12px/1.5 var(--nd-font);color:var(--nd-muted)}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:3px 14px;margin:0;
 font:12.5px/1.45 var(--nd-font);color:var(--nd-text)}
dt{color:var(--nd-muted)}dd{margin:0;overflow-wrap:anywhere}
"""
