"""Lists of page `system`: settings in force, and jobs with who asked for them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import panel as pn

from app.layout.live_table import LiveTable
from app.layout.paged_table import BUILD_S, PagedTable
from app.layout.reading import Reading, Trouble
from app.layout.rest_link import bar
from app.layout.system_request import Request
from app.views import system_tables
from app.views.paging import page as one_page

_SORTS = {"As described": ("", False), "Name": ("name", False), "From": ("origin", True)}
_JOBS_S = 1.0


class Settings:
    """For admins; secrets are only told to be set or not."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.reading = Reading(page.workspace.system.settings, 60.0)
        self.table = PagedTable(
            system_tables.SETTINGS, "name", "No setting by this filter.", self._ask, _SORTS, rest="system.settings"
        )
        self._trouble = Trouble("The settings", self.reading, self.table.layout)
        self.layout = self._trouble.layout

    def open(self) -> None:
        self.table.table.settle()
        self.reading.now(self._first)

    def live(self) -> None:
        self._trouble.show()
        self.table.show()

    def _first(self) -> None:
        self._trouble.show()
        self.table.open(self._page.context())

    def _ask(self, **asked: Any) -> tuple[pd.DataFrame, int]:
        return one_page(self.reading.answer, **asked)


class Jobs:
    """Of all kinds, newest first; a click offers what else was done for the same request."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.request = Request(page, "jobs")
        self.reading = Reading(self._read, _JOBS_S)
        self.table = LiveTable(
            system_tables.JOBS, ["id"], "No job.", page_size=25, build_s=BUILD_S, on_click=self.choose,
            rest="system.jobs",
        )  # fmt: skip
        self._trouble = Trouble("Jobs", self.reading, bar("system.jobs"), self.table.layout)
        self.layout = pn.Column(self.request.layout, self._trouble.layout, sizing_mode="stretch_width", margin=0)

    def open(self) -> None:
        self.table.settle()
        self.request.show()
        self.reading.now(self.show)

    def live(self) -> None:
        self.reading.live()
        self.show()

    def show(self) -> None:
        self._trouble.show()
        if self.reading.answer is not None:
            self.table.show(self.reading.answer, self._page.context())

    def choose(self, job: int) -> None:
        found = self.reading.answer
        self.request.choose("".join(found.loc[found["id"] == job, "correlation"].head(1)))

    def _read(self) -> pd.DataFrame:
        return self._page.workspace.system.jobs(correlation=self._page.correlation)
