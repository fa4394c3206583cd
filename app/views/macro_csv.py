"""CSV: what is shown as a file, with what it is and as of when in its first lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

_TIMES = ("ts_event", "ts_init", "day")


def csv(frame: pd.DataFrame, told: Sequence[str]) -> str:
    """Lines of `told` behind a #, then the rows; times as ISO in UTC, dates of periods as days."""
    shown = frame.copy()
    for name in (one for one in _TIMES if one in shown):
        pattern = "%Y-%m-%dT%H:%M:%SZ" if name == "ts_init" else "%Y-%m-%d"
        shown[name] = pd.to_datetime(shown[name], unit="ns", utc=True).dt.strftime(pattern)
    return "".join(f"# {_one_line(line)}\n" for line in told) + shown.to_csv(index=False, lineterminator="\n")


def file_name(*parts: str) -> str:
    """`macro_UNRATE_level_as_of_2020-03-31.csv`."""
    kept = (re.sub(r"[^A-Za-z0-9._-]+", "-", part) for part in ("macro", *parts) if part)
    return f"{'_'.join(kept)[:180]}.csv"


def as_of_words(day: str, now: str) -> str:
    """`as_of_2020-03-31`; of now the day it is."""
    return f"as_of_{day or now}"


def _one_line(text: str) -> str:
    return " ".join(str(text).split())
