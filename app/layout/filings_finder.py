"""Finder of page `filings`: companies found as one types; a press shows one."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout.macro_sheet import Sheet
from app.layout.reading import Reading
from app.views import filings as views

_MOST = 8


class Finder:
    """Searching asks nobody: the whole list is in memory."""

    def __init__(self, page: Any) -> None:
        self._page, self._filings = page, page.workspace.filings
        self._text, self._shown = "", ""
        self.text = pmui.TextInput(
            label="Company: name, ticker or CIK", placeholder="Apple, BRK.B, 320193", size="small", width=340, margin=0
        )
        self.text.param.watch(lambda event: self._type(event.new), "value_input")
        self.text.param.watch(lambda event: self._enter(event.new), "enter_pressed")
        self.reading = Reading(self._search)
        self.hits = Sheet(views.FOUND, self.choose, rest="filings.search")
        self._below = pn.Column(sizing_mode="stretch_width", margin=0)
        self.layout = pn.Column(self.text, self._below, sizing_mode="stretch_width", margin=0, styles={"gap": "6px"})

    @property
    def words(self) -> str:
        """What is searched for."""
        return self._text

    @property
    def most(self) -> int:
        """How many are shown."""
        return _MOST

    def choose(self, cik: str) -> None:
        """Look at a company, and put the list away."""
        self.text.param.update(value="", value_input="")
        self._text = ""
        self._below.clear()
        self._page.show_company(cik)

    def _type(self, text: str) -> None:
        self._text = (text or "").strip()
        if self._text:
            self.reading.now(self._show)
        else:
            self._below.clear()

    def _enter(self, _: Any) -> None:
        """The first one found; a CIK nobody lists is taken as it is."""
        text = (self.text.value_input or self.text.value or "").strip()
        if text:
            self._page.do(f"Find {text}", lambda: self._first(text), self.choose)

    def _first(self, text: str) -> str:
        hits = self._filings.search(text, 1)
        return hits[0].company.cik if hits else self._filings.resolve(text)

    def _search(self) -> Any:
        text = self._text
        return text, self._filings.search(text, _MOST), self._filings.companies()

    def _show(self) -> None:
        if self.reading.problem:
            self._page.tell(f"Search: {self.reading.problem}")
        if self.reading.answer is None or not self._text:
            return
        _, hits, count = self.reading.answer
        self.hits.show([views.found(hits, count)])
        if not len(self._below):
            self._below[:] = [self.hits]
