"""Curve of page `macro`: yields by maturity on the day, before it, and on days picked."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import rest_link
from app.layout.commands import Commands
from app.layout.macro_part import Part
from app.layout.macro_sheet import Sheet
from app.views import macro_curve as views
from app.views.macro_chart import fill
from app.views.macro_days import new_york_day


class Curve(Part):
    def __init__(self, page: Any) -> None:
        self._chart = views.chart()
        pane = pn.pane.Bokeh(
            self._chart.plot, name="macro.curve", sizing_mode="stretch_width", height=views.HEIGHT, margin=0
        )
        self.sheet = Sheet([], rest="macro.curve")
        super().__init__(page, "The curve", rest_link.bar("macro.curve"), pane, self.sheet)
        self.picker = pmui.DatePicker(label="Compare with a day", value=None, size="small", width=190, margin=0)
        self.picker.param.watch(lambda event: event.new and self._pick(str(event.new)[:10]), "value")
        self.picked = Commands(self._drop)
        bar = pn.FlexBox(
            self.picker, self.picked, gap="8px", align_items="center", sizing_mode="stretch_width", margin=(0, 0, 6, 0)
        )
        self.layout = pn.Column(bar, self._trouble.layout, sizing_mode="stretch_width", margin=0)

    def choice(self) -> Hashable:
        return self._page.days

    def ask(self, as_of: int | None) -> Any:
        days = views.days_of(self._page.as_of or new_york_day(time.time_ns()), self._page.days)
        return self._macro.curve([day.ns for day in days], as_of), days

    def draw(self, told: Any, at: int) -> None:
        frame, days = told
        fill(self._chart.lines, views.line_columns(frame, days))
        fill(self._chart.dots, views.dot_columns(frame, days))
        self.sheet.show([views.rows(frame, days)], columns=views.columns(days))
        self.picked.show([(day, f"{day} ×", "", True) for day in views.picked_days(self._page.days)])

    def _pick(self, day: str) -> None:
        kept = views.picked_days(self._page.days)
        self._page.days = ",".join([*kept[-(views.MOST_PICKED - 1) :], day] if day not in kept else kept)

    def _drop(self, day: str) -> None:
        self._page.days = ",".join(one for one in views.picked_days(self._page.days) if one != day)
        self.picker.value = None
