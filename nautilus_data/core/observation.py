"""Observation: values that are published late and revised, and what of them was known at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Known:
    """A line as it was known at one time: `dates` (ns, ascending), the value of each (NaN: known to be missing)."""

    dates: np.ndarray
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.dates)


class Vintages:
    """A line of observations with every version of each value; arrays are ordered by when they became known.

    `dates` and `known` are int64 ns, `values` float64. Of versions that say the same, the first known is kept.
    """

    def __init__(self, dates: np.ndarray, known: np.ndarray, values: np.ndarray, how: np.ndarray | None = None) -> None:
        order = np.lexsort((dates, known))
        dates, known, values = dates[order], known[order], values[order]
        is_news = _is_news(dates, values)
        self.dates, self.known, self.values = dates[is_news], known[is_news], values[is_news]
        self.how = None if how is None else how[order][is_news]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Vintages:
        """Of rows of OBSERVATIONS."""
        return cls(*(frame[name].to_numpy() for name in ("ts_event", "ts_init", "value", "known_by")))

    @classmethod
    def nothing(cls) -> Vintages:
        return cls(np.empty(0, "int64"), np.empty(0, "int64"), np.empty(0))

    def __len__(self) -> int:
        return len(self.dates)

    def until(self, as_of: int) -> Vintages:
        """Every version known at a time."""
        upto = int(np.searchsorted(self.known, as_of, side="right"))
        return Vintages(
            self.dates[:upto], self.known[:upto], self.values[:upto], None if self.how is None else self.how[:upto]
        )

    def at(self, as_of: int) -> Known:
        """The line as it was known at a time."""
        dates, places = self._last(as_of)
        return Known(dates, self.values[places])

    def at_with_places(self, as_of: int) -> tuple[Known, np.ndarray]:
        """As `at`, with the place of each value among all versions."""
        dates, places = self._last(as_of)
        return Known(dates, self.values[places]), places

    def known_at(self, as_of: int) -> np.ndarray:
        """When the value that `at` has of each date became known (ns)."""
        return self.known[self._last(as_of)[1]]

    def first(self) -> Vintages:
        """The first version of each date alone."""
        places = np.sort(np.unique(self.dates, return_index=True)[1])
        return Vintages(self.dates[places], self.known[places], self.values[places])

    def events(self) -> np.ndarray:
        """Each time something became known, ascending (ns)."""
        return np.unique(self.known)

    def _last(self, as_of: int) -> tuple[np.ndarray, np.ndarray]:
        """Each date known then, and the place of its last version."""
        places = self._by_date[self.known[self._by_date] <= as_of]
        dates = self.dates[places]
        is_last = np.append(dates[1:] != dates[:-1], True) if len(dates) else np.empty(0, bool)
        return dates[is_last], places[is_last]

    @cached_property
    def _by_date(self) -> np.ndarray:
        return np.lexsort((self.known, self.dates))


class Cursor:
    """A line as it was known at times asked for in ascending order; faster than `Vintages.at` for each."""

    def __init__(self, vintages: Vintages) -> None:
        self._vintages, self._read = vintages, 0
        self._dates, self._places = np.unique(vintages.dates, return_inverse=True)
        self._values = np.full(len(self._dates), np.nan)
        self._is_known = np.zeros(len(self._dates), bool)
        self._last = Known(self._dates[:0], self._values[:0])

    def at(self, as_of: int) -> Known:
        """The line then; the very same object as before while there is no news of it."""
        upto = int(np.searchsorted(self._vintages.known, as_of, side="right"))
        if upto > self._read:
            # Of versions of one date that came at once the last is the one that counts; numpy keeps the last assigned.
            places = self._places[self._read : upto]
            self._values[places] = self._vintages.values[self._read : upto]
            self._is_known[places] = True
            self._read = upto
            self._last = Known(self._dates[self._is_known], self._values[self._is_known])
        return self._last


def known(frame: pd.DataFrame, as_of: int) -> pd.DataFrame:
    """Of rows of OBSERVATIONS the version of each date that was known at a time, ordered by date."""
    rows = frame[frame["ts_init"] <= as_of].sort_values("ts_init", kind="stable")
    return rows.drop_duplicates("ts_event", keep="last").sort_values("ts_event").reset_index(drop=True)


def _is_news(dates: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Does each version differ from the one of the same date before it? Both ordered by when they became known."""
    by_date = np.argsort(dates, kind="stable")
    sorted_dates, sorted_values = dates[by_date], values[by_date]
    same = np.zeros(len(dates), bool)
    if len(dates):
        both_missing = np.isnan(sorted_values[1:]) & np.isnan(sorted_values[:-1])
        is_equal = (sorted_values[1:] == sorted_values[:-1]) | both_missing
        same[1:] = (sorted_dates[1:] == sorted_dates[:-1]) & is_equal
    news = np.empty(len(dates), bool)
    news[by_date] = ~same
    return news
