"""Cells: what Alpha Vantage writes, where everything is text: numbers, days, times, and the markers of nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from nautilus_data.core.calendar import sessions
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange

MISSING = frozenset({"none", "-", ".", "", "n/a", "nan", "null"})
NEW_YORK = ZoneInfo("America/New_York")
_NUMBER = re.compile(r"[+-]?([0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH = date(1970, 1, 1)
# Nanoseconds, and what is added to them, reach further.
_YEARS = (1700, 2199)
# Time, reason, and the row as JSON.
Refused = tuple[int, str, str]


class CellError(ValueError):
    """A cell is not what it is to be; the message says so of its row."""


def number(cell: object) -> Decimal | None:
    """Exact; None for a marker of nothing, CellError for what is no number."""
    if cell is None:
        return None
    text = cell.strip() if isinstance(cell, str) else ""
    if isinstance(cell, str) and text.lower() in MISSING:
        return None
    if not _NUMBER.fullmatch(text):
        raise CellError(f"not a number: {str(cell)[:40]!r}")
    return Decimal(text)


def plain(value: Decimal | None) -> str:
    """As datasets have it: digits without an exponent, '' where it is not known."""
    return "" if value is None else format(value, "f")


def day(cell: object) -> int:
    """Midnight UTC (ns) of a day; CellError for anything else."""
    text = cell.strip() if isinstance(cell, str) else ""
    if _DAY.fullmatch(text):
        try:
            found = date.fromisoformat(text)
        except ValueError:
            found = None
        if found and _YEARS[0] <= found.year <= _YEARS[1]:
            return (found - _EPOCH).days * NS_PER_DAY
    raise CellError(f"not a day of the years 1700 to 2199: {str(cell)[:40]!r}")


def moment(cell: object, zone: ZoneInfo | None = None) -> int:
    """`2026-05-15 19:55[:00]` or `20260517T110100` of a zone (None: UTC) in ns; CellError for anything else."""
    text = cell.strip() if isinstance(cell, str) else ""
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M"):
        try:
            found = datetime.strptime(text, form)
        except ValueError:
            continue
        if 1970 < found.year <= _YEARS[1]:
            return int(found.replace(tzinfo=zone or ZoneInfo("UTC")).timestamp()) * NS_PER_S
    raise CellError(f"not a time: {str(cell)[:40]!r}")


def told(time: int, reason: object, row: object) -> Refused:
    """A row that can't be one of the dataset."""
    return time, str(reason), json.dumps(row, default=str)[:2_000]


def refused_frame(rows: list[Refused]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["ts_event", "reason", "row"]).astype({"ts_event": "int64"})


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A text on one line; '' where there is none."""
    value = row.get(name)
    return " ".join(value.split()) if isinstance(value, str) and value.strip().lower() not in MISSING else ""


def next_opens(days: np.ndarray, are_past: np.ndarray) -> np.ndarray:
    """The first open (ns) of New York's exchange on each day (ns, midnight UTC) or after; after it where `are_past`."""
    if not len(days):
        return np.empty(0, "int64")
    first, last = int(days.min()), int(days.max())
    opens = sessions("XNYS", TimeRange(first - NS_PER_DAY, last + 15 * NS_PER_DAY)).opens
    wanted = days + np.where(are_past, NS_PER_DAY, 0)
    places = np.searchsorted(opens, wanted)
    # Before there is a calendar, and beyond it, the end of the day is late enough.
    known = np.append(opens, 0)[np.minimum(places, len(opens))]
    is_near = (known >= wanted) & (known - wanted < 15 * NS_PER_DAY)
    return np.where(is_near, known, wanted + NS_PER_DAY)
