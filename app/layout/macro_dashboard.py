"""Dashboard of page `macro`: every series by category, as known on the day; a click leads to the series."""

from __future__ import annotations

from typing import Any

from app.layout.macro_part import Part
from app.layout.macro_sheet import Sheet
from app.views import macro as views


class Dashboard(Part):
    def __init__(self, page: Any) -> None:
        self.sheet = Sheet(views.DASHBOARD, page.show_series, rest="macro.series")
        super().__init__(page, "Series", self.sheet)

    def ask(self, as_of: int | None) -> Any:
        frame = self._macro.series(as_of)
        return frame, self._macro.sparks(frame["series_id"], as_of)

    def draw(self, told: Any, at: int) -> None:
        frame, sparks = told
        self.sheet.show(views.dashboard(frame, sparks, at, self._page.zone))
