"""Regimes of page `macro`: what holds on the day, and how long each held before."""

from __future__ import annotations

from typing import Any

import panel as pn

from app.layout import rest_link
from app.layout.macro_part import Part
from app.layout.status import Board
from app.views import macro_chart as charts
from app.views import macro_regimes as views
from nautilus_data.core.timerange import TimeRange


class Regimes(Part):
    def __init__(self, page: Any) -> None:
        self._regimes = [one for one in page.workspace.macro.factors() if one.is_regime]
        self._titles = {one.key: one.title for one in self._regimes}
        self._states = {one.key: one.states for one in self._regimes}
        # The name of a state is told whole.
        self.board = Board(stylesheets=[".card .v{white-space:normal;font-size:15px}"])
        self._timeline = views.timeline(self._titles)
        plot = self._timeline.plot
        pane = pn.pane.Bokeh(plot, name="macro.regimes", sizing_mode="stretch_width", height=plot.height, margin=0)
        legend = pn.pane.HTML(
            views.legend(self._regimes), sizing_mode="stretch_width", margin=(6, 0, 0, 0), stylesheets=[_CSS]
        )
        super().__init__(page, "Regimes", self.board, rest_link.bar("macro.regimes"), pane, legend)

    def ask(self, as_of: int | None) -> Any:
        return self._macro.regimes(as_of), self._macro.scores(as_of), self._macro.recessions(as_of)

    def draw(self, told: Any, at: int) -> None:
        frame, scores, recessions = told
        self.board.show([views.cards(scores, frame, list(self._titles), at)])
        charts.fill(
            self._timeline.bars,
            views.bar_columns(frame, self._titles, self._states, int(frame["end"].max() or 0) if len(frame) else 0),
        )
        span = TimeRange(int(frame["start"].min()), at) if len(frame) else TimeRange(0, 0)
        charts.fill(self._timeline.shades, charts.shade_columns(recessions, span))


_CSS = """
:host{font:12px/1.7 var(--nd-font);color:var(--nd-muted)}
p{margin:0}b{font-weight:600;color:var(--nd-text);margin-right:8px}
i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 4px 0 8px;vertical-align:-1px}
"""
