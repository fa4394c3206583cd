"""Paging: one page of rows that are all at hand, for tables that ask a page at a time."""

from __future__ import annotations

import pandas as pd


def page(
    frame: pd.DataFrame, match: str = "", sort: str = "", descending: bool = False, limit: int = 50, offset: int = 0
) -> tuple[pd.DataFrame, int]:
    """Rows that hold a text in any column, in order; and how many there are in all."""
    rows = frame[_holds(frame, match)] if match and len(frame) else frame
    if sort and len(rows):
        rows = rows.sort_values(sort, ascending=not descending, kind="stable")
    return rows.iloc[offset : offset + limit].reset_index(drop=True), len(rows)


def _holds(frame: pd.DataFrame, match: str) -> pd.Series:
    found = pd.Series(False, frame.index)
    for name in frame.select_dtypes(exclude="number"):
        found |= frame[name].astype(str).str.contains(match, case=False, regex=False)
    return found
