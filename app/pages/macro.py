"""Macro: what was known of the economy on any day — series, curve, factors, regimes, releases."""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import Any

import panel as pn
import param

from app.layout.macro_as_of import AsOf
from app.layout.macro_calendar import Calendar
from app.layout.macro_compare import Compare
from app.layout.macro_curve import Curve
from app.layout.macro_dashboard import Dashboard
from app.layout.macro_factors import Factors
from app.layout.macro_notes import Notes
from app.layout.macro_regimes import Regimes
from app.layout.macro_series import SeriesView
from app.layout.reading import Reading
from app.layout.selection import Text
from app.layout.tabbed_page import TabbedPage
from app.views import macro_days as days
from app.views.macro_compare import ids_of
from app.views.macro_series import SPANS

_VIEWS = MappingProxyType(
    {"dashboard": "Dashboard", "series": "Series", "curve": "Curve", "factors": "Factors", "regimes": "Regimes",
     "calendar": "Calendar", "compare": "Compare"}
)  # fmt: skip
_HOWS = ("level", "change", "year_change", "yoy", "z")
# How far back anything is known changes with a backfill.
_EXTENT_S = 5.0


class MacroPage(TabbedPage):
    """Everything is shown as it was known on the day chosen."""

    title = "Macro"
    views = _VIEWS
    in_url = ("view", "as_of", "series_id", "how", "span", "days", "factor", "compare")

    view = param.Selector(default="dashboard", objects=list(_VIEWS), doc="what is shown; in the URL")
    as_of = Text("", doc="ISO day whose knowledge is shown; empty: now")
    series_id = Text("UNRATE", doc="the series looked at")
    how = param.Selector(default="level", objects=list(_HOWS), doc="what is made of series: level, change, yoy, z")
    span = param.Selector(default="10 years", objects=list(SPANS), doc="how much of series is shown")
    days = Text("", doc="ISO days whose curves are compared, with commas")
    factor = Text("", doc="key of the factor looked at; empty: the first")
    compare = Text("UNRATE,CPIAUCSL", doc="ids of the series that are compared, with commas")

    def __init__(self, workspace: Any, **params: Any) -> None:
        super().__init__(workspace, **params)
        self.slider = AsOf(self.move)
        self.notes = Notes(workspace)
        self._extent = Reading(workspace.macro.extent, _EXTENT_S)

    @property
    def as_of_ns(self) -> int | None:
        """The end of the day chosen; None: now."""
        return days.end_of_day(self.as_of)

    def make_parts(self) -> dict[str, Any]:
        return {
            "dashboard": Dashboard(self), "series": SeriesView(self), "curve": Curve(self), "factors": Factors(self),
            "regimes": Regimes(self), "calendar": Calendar(self), "compare": Compare(self),
        }  # fmt: skip

    def content(self) -> Any:
        shown = super().content()
        self._take_day()
        self._extent.now(self._show_extent)
        return pn.Column(
            self.slider, self.notes.above, shown, self.notes.below, sizing_mode="stretch_width", margin=0,
            styles={"gap": "10px"},
        )  # fmt: skip

    def live(self) -> None:
        super().live()
        self._extent.live()
        self._show_extent()
        self.notes.live()

    def move(self, day: str) -> None:
        """Show what was known on a day; empty, or a day that is none: now."""
        self.as_of = day if days.parse_day(day) else ""

    def show_series(self, series_id: str) -> None:
        """Lead to a series, from wherever it is named."""
        self.series_id = series_id
        self.view = "series"

    def compare_with(self, series_id: str) -> None:
        """Put a series beside those that are compared."""
        self.compare = ",".join([*ids_of(self.compare), series_id])
        self.view = "compare"

    def is_drawn(self, day: str | None) -> None:
        """A view drew what was known on this day: the slider may send the next."""
        if day == self.as_of:
            self.slider.is_drawn()

    @param.depends("as_of", watch=True)
    def _take_day(self) -> None:
        today = days.new_york_day(time.time_ns())
        if self.as_of and (days.parse_day(self.as_of) is None or self.as_of >= today):
            # A link may name a day that is none, or one that has not come.
            self.as_of = ""
            return
        self.slider.day = self.as_of
        self._ask()

    @param.depends("series_id", "how", "span", "days", "factor", "compare", watch=True)
    def _ask(self) -> None:
        if self.parts:
            self.parts[self.view].open()

    def _show_extent(self) -> None:
        extent = self._extent.answer
        if extent is None:
            return
        found = {"first": days.new_york_day(extent.start), "last": days.new_york_day(time.time_ns())}
        if (self.slider.first, self.slider.last) != tuple(found.values()):
            self.slider.param.update(**found)


MacroPage.serve()
