"""Searched: rows that hold a text, in an order that is asked for, as tables of the pages have them."""

# Annotations are values here: what may be sorted by is known only when a route is declared.
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import Depends, Query

from app.server.asked import like

_Match = Annotated[
    str, *like(r"[^\x00-\x1f\x7f-\x9f]*", "words to look for", 100, 0), Query(description="a part of any text in a row")
]  # fmt: skip


@dataclass(frozen=True)
class Search:
    """Which rows, in which order; `sort` '' leaves them as they stand."""

    match: str = ""
    sort: str = ""
    descending: bool = False

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows that are asked for. Rows that sort alike stay as they stood, so that a cursor finds its place."""
        rows = frame[self._holds(frame)] if self.match and len(frame) else frame
        if self.sort and len(rows):
            rows = rows.sort_values(self.sort, ascending=not self.descending, kind="stable")
        return rows.reset_index(drop=True)

    def _holds(self, frame: pd.DataFrame) -> pd.Series:
        found = pd.Series(False, frame.index)
        for name in frame.select_dtypes(exclude="number"):
            found |= frame[name].astype(str).str.contains(self.match, case=False, regex=False)
        return found


def searched(*sorts: str) -> Any:
    """What a route takes whose rows may be sorted by these columns."""
    by = Literal[sorts]  # type: ignore[valid-type]

    def search(
        match: _Match = "",
        sort: Annotated[by | None, Query(description="a column; default: as they stand")] = None,
        descending: Annotated[bool, Query(description="the largest first")] = False,
    ) -> Search:
        return Search(match.strip(), sort or "", descending)

    return Annotated[Search, Depends(search)]
