"""Catalogs on page `catalog`: which there are, and what the chosen one holds beside the store."""

from __future__ import annotations

from typing import Any

import pandas as pd
import panel as pn

from app.layout.commands import Commands
from app.layout.live_table import LiveTable
from app.layout.paged_table import BUILD_S, PagedTable
from app.layout.reading import Reading, Trouble
from app.layout.rest_link import heading
from app.layout.status import Board
from app.views import catalog as views
from app.views.paging import page as one_page

# Every file is looked at: not more often than a person would look.
_LOOK_S = 5.0
_SORTS = {"Name": ("identifier", False), "State": ("state", False), "Rows": ("rows", True), "To": ("end", True)}


class Catalogs:
    """A click on a catalog shows its types; NautilusTrader is not needed to look."""

    def __init__(self, page: Any) -> None:
        self._page, self._service = page, page.workspace.catalog
        self.reading = Reading(self._service.list, _LOOK_S)
        nothing = "There is no catalog yet: export stored bars on the tab Export, or name a folder on the tab Import."
        self.table = LiveTable(
            views.CATALOGS, ["path"], nothing, rest="catalog.catalogs", page_size=10, build_s=BUILD_S,
            on_click=self.choose,
        )  # fmt: skip
        self.content = Content(page)
        self._trouble = Trouble(
            "Catalogs", self.reading, heading("Catalogs: a click shows what is in one", "catalog.catalogs"),
            self.table.layout, self.content.layout,
        )  # fmt: skip
        self.layout = self._trouble.layout

    def open(self) -> None:
        self.table.settle()
        self.reading.now(self._show)
        self.content.open()

    def live(self) -> None:
        self.reading.live()
        self._show()
        self.content.live()

    def choose(self, path: str) -> None:
        """Show what a catalog holds."""
        self._page.catalog = path
        self.content.open()

    def _show(self) -> None:
        if self.reading.answer is not None:
            self.table.show(self.reading.answer, self._page.context())
            self.table.select(self._page.catalog)
            self.content.take(self.reading.answer)
        self._trouble.show()


class Content:
    """The chosen catalog, type by type."""

    def __init__(self, page: Any) -> None:
        self._page, self._service = page, page.workspace.catalog
        # Type and identifier of the list whose intervals are shown.
        self.chosen: tuple[str, str] | None = None
        self.reading = Reading(self._read, _LOOK_S)
        self.board = Board()
        needs = {"import": "catalog.import_"}
        self.commands = Commands(self._press, page.workspace, needs, sizing_mode="stretch_width", margin=(8, 0))
        self.shelves = PagedTable(
            views.SHELVES, "key", "No type by this filter.", self._ask, _SORTS,
            rest="catalog.shelves", label="Filter: an instrument, behind, overlapping", on_click=self.show_intervals,
        )  # fmt: skip
        self.intervals = LiveTable(
            views.INTERVALS, ["start"], "It has no intervals.", rest="catalog.intervals", page_size=20, build_s=BUILD_S
        )  # fmt: skip
        self._below = pn.Column(sizing_mode="stretch_width", margin=(10, 0, 0, 0))
        self._trouble = Trouble(
            "The catalog", self.reading, self.board, self.commands, self.shelves.layout, self._below
        )  # fmt: skip
        self.layout = pn.Column(sizing_mode="stretch_width", margin=(12, 0, 0, 0))

    def open(self) -> None:
        """Another catalog is looked at, or the view came back."""
        self._below.clear()
        self.layout[:] = [self._trouble.layout] if self._page.catalog else []
        if self._page.catalog:
            self.commands.show([("import", "Import its bars", "", True), ("close", "Close", "", True)])
            self.reading.now(self._first)

    def live(self) -> None:
        if self._page.catalog:
            self.reading.live()
            self._show()

    def take(self, catalogs: pd.DataFrame) -> None:
        """What the list says of it."""
        mine = catalogs[catalogs["path"] == self._page.catalog].to_dict("records")
        if mine:
            self.board.show([views.catalog(mine[0], self._frame())])

    def show_intervals(self, row: dict[str, Any]) -> None:
        """What the names of the files of one list say is known, beside what the store covers."""
        self.chosen = row["type"], row["identifier"]
        asked = Reading(lambda: self._spans(row["type"], row["identifier"]))
        asked.now(lambda: self._show_intervals(row["identifier"], asked))

    def _spans(self, kind: str, identifier: str) -> pd.DataFrame:
        path = self._page.catalog
        spans, covered = (read(path, kind, identifier) for read in (self._service.intervals, self._service.covered))
        return views.intervals_frame(spans, covered)

    def _show_intervals(self, identifier: str, asked: Reading) -> None:
        self._page.tell(asked.problem)
        if asked.answer is not None:
            self.intervals.show(asked.answer, self._page.context())
            self._below[:] = [heading(f"Intervals of {identifier}", "catalog.intervals"), self.intervals.layout]

    def _first(self) -> None:
        self.shelves.open(self._page.context())
        self._show()

    def _show(self) -> None:
        self._trouble.show()
        if self.reading.answer is not None:
            self.shelves.live(self._page.context())

    def _read(self) -> tuple[str, pd.DataFrame]:
        path = self._page.catalog
        found = self._service.describe(path)
        return path, found.assign(key=found["type"] + "/" + found["identifier"])

    def _frame(self) -> pd.DataFrame | None:
        answer = self.reading.answer
        return answer[1] if answer and answer[0] == self._page.catalog else None

    def _ask(self, **asked: Any) -> Any:
        frame = self._frame()
        return one_page(pd.DataFrame() if frame is None else frame, **asked)

    def _press(self, command: str) -> None:
        if command == "import":
            self._page.import_from(self._page.catalog)
        else:
            self._page.catalog = ""
            self.open()
