"""Rows: FRED's answer about a series as rows of OBSERVATIONS, each with when it could be known."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import pandas as pd

from nautilus_data.core.release_lag import moments, period_ends
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.sources.fred.metadata import Info, Policy, day_of
from nautilus_data.sources.fred.window import LATEST, Row, Window

MISSING = "."
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# Days whose midnight, and the release after it, nanoseconds reach: of the years 1700 to 2199.
_FIRST_DAY, _LAST_DAY = -98_616, 84_005
# Rows of the archive's first day are older than it when they came so many times their usual lag later.
_TIMES_LATE, _SHORTEST_LAG_DAYS = 3, 10
# What was late by less may not have been there when this span's days were asked for last.
_LOOK_BACK_NS = 7 * NS_PER_DAY
# From the plan of a request that reaches up to now until it is asked.
_NOW_NS = 3600 * NS_PER_S
Refused = tuple[int, str, str]


class How(StrEnum):
    """How it is known when a value became known; as in OBSERVATIONS."""

    VINTAGE = "vintage"
    RULE = "rule"
    SEEN = "seen"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What FRED said about a series: windows of its archive, or as `latest` its values of today.

    `is_archived` tells whether vintages are kept of it; `first_vintage` is the archive's first day, '' = not asked.
    """

    asked_at: int
    span: TimeRange
    info: Info
    policy: Policy
    windows: tuple[Window, ...] = ()
    latest: tuple[Row, ...] | None = None
    is_archived: bool = True
    first_vintage: str = ""

    @cached_property
    def _read(self) -> tuple[list[tuple[Window, _Columns]], list[Refused]]:
        """Each window's rows that can be read; and those of all that can't."""
        refused: list[Refused] = []
        windows = self.windows if self.latest is None else (Window(start="", end=LATEST, rows=self.latest),)
        return [(window, _Columns.of(window.rows, refused)) for window in windows], refused

    @property
    def refused(self) -> list[Refused]:
        return self._read[1]

    def frame(self) -> pd.DataFrame:
        """Rows of OBSERVATIONS, ordered by when they became known."""
        rows_of = self._by_vintage if self.latest is None else self._by_rule
        parts = [part for window, columns in self._read[0] if len(part := rows_of(window, columns))]
        if not parts:
            return _frame(np.empty(0, "int64"), np.empty(0, "int64"), np.empty(0, object), np.empty(0))
        frame = pd.concat(parts, ignore_index=True)
        # Pages of one answer may overlap when something is published between them.
        frame = frame.drop_duplicates(["ts_event", "ts_init"], keep="last")
        return frame.sort_values(["ts_init", "ts_event"], kind="stable", ignore_index=True)

    def _by_rule(self, window: Window, columns: _Columns) -> pd.DataFrame:
        known = self._usual(columns.dates)
        how = np.full(len(known), How.RULE.value, dtype=object)
        late = known > self.asked_at
        if not self.is_archived and self._was_updated:
            late |= (known < self.span.start) & (known >= self.span.start - _LOOK_BACK_NS)
        return _frame(columns.dates, *self._seen(known, how, late), columns.values)

    def _seen(self, known: np.ndarray, how: np.ndarray, late: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is there is known by now, whatever the rule says; now is the end of a span that has hardly ended."""
        is_now = 0 <= self.asked_at - self.span.end <= _NOW_NS
        at = self.span.end - 1 if is_now else self.asked_at
        return np.where(late, at, known), np.where(late, How.SEEN.value, how)

    @property
    def _was_updated(self) -> bool:
        updated = self.info.updated
        return updated is not None and updated[1] >= self.span.start

    def _by_vintage(self, window: Window, columns: _Columns) -> pd.DataFrame:
        starts, ends, dates, values = columns.starts, columns.ends, columns.dates, columns.values
        gone = np.empty(0, "int64") if window.is_initial else _withdrawn(starts, ends, dates, window.end)
        known = np.concatenate([self._moments(starts), self._moments(ends[gone] + 1)])
        how = np.full(len(known), How.VINTAGE.value, dtype=object)
        kept = np.ones(len(known), bool)
        older = np.flatnonzero(self._is_older_than_the_archive(window, columns))
        known[older], how[older] = self._usual(dates[older]), How.RULE.value
        if not window.is_whole:
            kept[: len(starts)] = starts != day_of(window.start)
        dates, values = np.concatenate([dates, dates[gone]]), np.concatenate([values, np.full(len(gone), np.nan)])
        known, how = self._seen(known, how, known > self.asked_at)
        return _frame(dates[kept], known[kept], how[kept], values[kept])

    def _is_older_than_the_archive(self, window: Window, columns: _Columns) -> np.ndarray:
        """Was it published long before the day the archive began with?"""
        starts, first = columns.starts, day_of(self.first_vintage)
        if first is None and window.is_whole and len(starts):
            first = int(starts.min())
        if first is None or window.is_initial:
            return np.zeros(len(starts), bool)
        ends = period_ends(columns.dates * NS_PER_DAY, self.policy.frequency).astype("int64") // NS_PER_DAY
        usual = max(self.policy.lag.longest_days, _SHORTEST_LAG_DAYS)
        return (starts == first) & (starts - ends > _TIMES_LATE * usual)

    def _usual(self, dates: np.ndarray) -> np.ndarray:
        days, places = np.unique(dates, return_inverse=True)
        return self.policy.lag.after(days * NS_PER_DAY, self.policy.frequency)[places]

    def _moments(self, days: np.ndarray) -> np.ndarray:
        """When what was published on these days was: the usual time of day, but for the last update's own."""
        unique, places = np.unique(days, return_inverse=True)
        at = moments(unique.astype("datetime64[D]"), self.policy.lag.at)
        if updated := self.info.updated:
            at[unique == updated[0]] = updated[1]
        return at[places]


@dataclass(frozen=True)
class _Columns:
    """Days since 1970, and values."""

    starts: np.ndarray
    ends: np.ndarray
    dates: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, rows: tuple[Row, ...], refused: list[Refused]) -> _Columns:
        """Rows that can't be read are appended to `refused`."""
        days = _Days()
        read = [(days[row[0]], days[row[1]], days[row[2]], _value(row[3])) for row in rows]
        good = []
        for row, columns in zip(rows, read, strict=True):
            if reason := _fault(*columns):
                refused.append(_told(row, columns[2], reason))
            else:
                good.append(columns)
        starts, ends, dates, values = zip(*good, strict=True) if good else ((), (), (), ())
        whole = (np.array(one, "int64") for one in (starts, ends, dates))
        return cls(*whole, np.array(values, "float64"))


class _Days(dict[str, "int | None"]):
    """Days as FRED writes them, each read once."""

    def __missing__(self, text: str) -> int | None:
        self[text] = day = day_of(text)
        return day


def _value(text: str) -> float | None:
    if text == MISSING:
        return math.nan
    if not _NUMBER.fullmatch(text):
        return None
    return value if math.isfinite(value := float(text)) else None


def _fault(start: int | None, end: int | None, date: int | None, value: float | None) -> str:
    if date is None or not _FIRST_DAY <= date <= _LAST_DAY:
        return "its date is not a day of the years 1700 to 2199"
    if start is None or end is None or not _FIRST_DAY <= start <= min(end, _LAST_DAY):
        return "not the days from and until which it was known"
    return "its value is not a number" if value is None else ""


def _told(row: Row, date: int | None, reason: str) -> Refused:
    is_day = date is not None and _FIRST_DAY <= date <= _LAST_DAY
    names = ("realtime_start", "realtime_end", "date", "value")
    return (date * NS_PER_DAY if is_day else 0, reason, json.dumps(dict(zip(names, row, strict=True))))


def _withdrawn(starts: np.ndarray, ends: np.ndarray, dates: np.ndarray, until: str) -> np.ndarray:
    """Places of versions that ended in a window, and no other of the same date followed."""
    followed = set(zip(dates.tolist(), starts.tolist(), strict=True))
    last = day_of(until)
    last = _LAST_DAY if last is None else min(last, _LAST_DAY)
    ended = np.flatnonzero(ends < last).tolist()
    return np.array([at for at in ended if (int(dates[at]), int(ends[at]) + 1) not in followed], "int64")


def _frame(dates: np.ndarray, known: np.ndarray, how: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    columns = {"ts_event": dates * NS_PER_DAY, "ts_init": known.astype("int64"), "value": values, "known_by": how}
    return pd.DataFrame(columns)
