"""Calendar of page `macro`: what is published next, what was, and whether it has come."""

from __future__ import annotations

import time
from typing import Any

from app.layout.macro_part import Part
from app.layout.macro_sheet import Sheet
from app.views import macro_calendar as views


class Calendar(Part):
    def __init__(self, page: Any) -> None:
        self.sheet = Sheet(views.CALENDAR, page.show_series, rest="macro.calendar")
        super().__init__(page, "Releases", self.sheet)

    def ask(self, as_of: int | None) -> Any:
        at = as_of or time.time_ns()
        return self._macro.calendar(at - views.BEFORE, at + views.AHEAD), self._macro.series(as_of)

    def draw(self, told: Any, at: int) -> None:
        self.sheet.show(views.calendar(*told, at, self._page.zone))
