"""Days: a date a person names, as the last moment of it, and periods in words."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from nautilus_data.core.release_lag import NEW_YORK, moments
from nautilus_data.core.timerange import NS_PER_DAY

NOT_KNOWN = "\N{EN DASH}"
# What an axis of nanoseconds reaches, with room.
_FIRST, _LAST = dt.date(1700, 1, 1), dt.date(2200, 1, 1)


def parse_day(text: str) -> dt.date | None:
    """`2020-03-31` as a date; None for anything else, or out of reach."""
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if _FIRST <= day <= _LAST else None


def end_of_day(text: str) -> int | None:
    """The last nanosecond (UTC) of a day in New York, where most values are published; None: no day."""
    day = parse_day(text)
    return None if day is None else _midnight(day + dt.timedelta(days=1)) - 1


def new_york_day(ns: int) -> str:
    """The day it is in New York at a time."""
    return f"{pd.Timestamp(ns, tz='UTC').tz_convert(NEW_YORK):%Y-%m-%d}"


def midnight(text: str) -> int:
    """Midnight UTC (ns) of a day."""
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days * NS_PER_DAY


def back(text: str, months: int) -> str:
    """The same day so many months earlier, or the last of that month."""
    return f"{pd.Timestamp(text) - pd.DateOffset(months=months):%Y-%m-%d}"


def date(ns: int) -> str:
    """A date of an observation; it may lie before 1970, so that 0 is one too."""
    return str(np.datetime64(int(ns), "ns").astype("datetime64[D]"))


def period(ns: int, frequency: str) -> str:
    """`2024-03` of a month, `2024 Q1`, `2024`, `week to 2024-03-01`, else the day."""
    day = date(ns)
    year, month = day.split("-")[:2] if not day.startswith("-") else ("", "01")
    words = {"M": f"{year}-{month}", "Q": f"{year} Q{(int(month) + 2) // 3}", "A": year, "W": f"week to {day}"}
    return words.get(frequency, day)


def _midnight(day: dt.date) -> int:
    return int(moments(np.array([day], "datetime64[D]"), "00:00")[0])
