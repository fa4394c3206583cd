"""Part of page `filings`: a view of one company, asked anew when the company, the day or what is stored changed."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from app.layout.macro_part import Part
from app.views.filings import say_nothing


class FilingsPart(Part):
    """As `Part`; the company looked at is the page's, `_cik` '' where none is chosen."""

    def __init__(self, page: Any, what: str, *made: Any) -> None:
        self._filings = page.workspace.filings
        super().__init__(page, what, *made)

    def mark(self) -> Hashable:
        return self._cik, self._filings.mark()

    @property
    def _cik(self) -> str:
        return self._page.company_id

    def _why_empty(self, kind: str) -> str:
        """Why there are no rows of a dataset; it reads the store, so ask it in a thread."""
        if not self._cik:
            return "Search for a company above."
        return say_nothing(kind, self._filings.state(self._cik)["states"], self._page.as_of)
