"""Filings: companies that file with the SEC, as they were known on any day — filings, statements, insiders, factors."""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import Any

import panel as pn
import param

from app.layout.filings_facts import FactsView
from app.layout.filings_finder import Finder
from app.layout.filings_head import Head
from app.layout.filings_insiders import Holdings, Insiders
from app.layout.filings_list import Feed, FilingList
from app.layout.filings_notes import Notes
from app.layout.filings_overview import Overview
from app.layout.filings_statement import Statements
from app.layout.macro_as_of import AsOf
from app.layout.reading import Reading
from app.layout.selection import Text
from app.layout.tabbed_page import TabbedPage
from app.views import filings_statement
from app.views import macro_days as days

_VIEWS = MappingProxyType(
    {"overview": "Overview", "statements": "Statements", "filings": "Filings", "facts": "Facts",
     "insiders": "Insiders", "holdings": "13F holdings", "feed": "Feed"}
)  # fmt: skip
# How far back anything is known changes with a backfill.
_EXTENT_S = 5.0


class FilingsPage(TabbedPage):
    """Everything of the company chosen is shown as it was known on the day chosen."""

    title = "Filings"
    views = _VIEWS
    in_url = ("view", "as_of", "cik", "kind", "frequency", "form", "text", "concept", "factor", "feed_form")

    view = param.Selector(default="overview", objects=list(_VIEWS), doc="what is shown; in the URL")
    as_of = Text("", doc="ISO day whose knowledge is shown; empty: now")
    cik = Text("", doc="CIK of the company looked at, zeros or none; empty: the first that is kept")
    kind = param.Selector(default="income", objects=list(filings_statement.KINDS), doc="which statement")
    frequency = param.Selector(
        default="annual", objects=list(filings_statement.FREQUENCIES), doc="by year, quarter, TTM"
    )
    form = Text("", doc="form of the filings listed; empty: all")
    text = Text("", doc="words the filings listed have")
    concept = Text("revenue", doc="line of a statement, or taxonomy:tag, whose history is shown")
    factor = Text("", doc="key of the factor whose history is drawn; empty: none")
    feed_form = Text("", doc="form of the feed of all companies; empty: all")

    def __init__(self, workspace: Any, **params: Any) -> None:
        super().__init__(workspace, **params)
        self.slider = AsOf(self.move)
        self.notes = Notes(workspace)
        self.finder = Finder(self)
        self.head = Head(self)
        self._first = ""
        self._extent = Reading(self._read_extent, _EXTENT_S)

    @property
    def as_of_ns(self) -> int | None:
        """The end of the day chosen; None: now."""
        return days.end_of_day(self.as_of)

    @property
    def company_id(self) -> str:
        """CIK of the company looked at, in ten digits; '' where none is chosen and none is kept."""
        digits = self.cik.strip().lstrip("0")
        if digits.isascii() and digits.isdigit() and len(digits) <= 10:
            return digits.zfill(10)
        return self._first

    def make_parts(self) -> dict[str, Any]:
        return {
            "overview": Overview(self), "statements": Statements(self), "filings": FilingList(self),
            "facts": FactsView(self), "insiders": Insiders(self), "holdings": Holdings(self), "feed": Feed(self),
        }  # fmt: skip

    def content(self) -> Any:
        self._first = next(iter(self.workspace.filings.kept()), "")
        shown = super().content()
        self._check_day()
        self.head.open()
        self._extent.now(self._show_extent)
        self.notes.reading.now(self.notes.show)
        return pn.Column(
            self.notes.above, self.finder.layout, self.head.layout, self.slider, shown, self.notes.below,
            sizing_mode="stretch_width", margin=0, styles={"gap": "10px"},
        )  # fmt: skip

    def live(self) -> None:
        super().live()
        self.head.live()
        self._extent.live()
        self._show_extent()
        self.notes.live()

    def move(self, day: str) -> None:
        """Show what was known on a day; empty, or a day that is none: now."""
        self.as_of = day if days.parse_day(day) else ""

    def show_company(self, cik: str) -> None:
        """Lead to a company, from wherever it is named."""
        if self.view == "feed":
            self.view = "overview"
        self.cik = cik

    def is_drawn(self, day: str | None) -> None:
        """A view drew what was known on this day: the slider may send the next."""
        if day == self.as_of:
            self.slider.is_drawn()

    @param.depends("as_of", watch=True)
    def _take_day(self) -> None:
        if self._check_day():
            self.head.open()
            self._ask()

    def _check_day(self) -> bool:
        """Show the day on the slider; False where there is none to show, and now is chosen instead."""
        today = days.new_york_day(time.time_ns())
        if self.as_of and (days.parse_day(self.as_of) is None or self.as_of >= today):
            # A link may name a day that is none, or one that has not come.
            self.as_of = ""
            return False
        self.slider.day = self.as_of
        return True

    @param.depends("cik", watch=True)
    def _take_company(self) -> None:
        self._extent.now(self._show_extent)
        self.head.open()
        self._ask()

    @param.depends("kind", "frequency", "form", "text", "concept", "factor", "feed_form", watch=True)
    def _ask(self) -> None:
        if self.parts:
            self.parts[self.view].open()

    def _read_extent(self) -> Any:
        company = self.company_id
        return company, self.workspace.filings.extent(company) if company else None

    def _show_extent(self) -> None:
        if self._extent.answer is None:
            return
        _, extent = self._extent.answer
        last = days.new_york_day(time.time_ns())
        found = {"first": days.new_york_day(extent.start) if extent else "", "last": last}
        if (self.slider.first, self.slider.last) != tuple(found.values()):
            self.slider.param.update(**found)


FilingsPage.serve()
