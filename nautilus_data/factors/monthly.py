"""Monthly: a line as one value a calendar month, so that a missing month shifts nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nautilus_data.core.observation import Known


@dataclass(frozen=True)
class Months:
    """`values[i]` is of month `first + i`, months counted from January 1970; NaN: missing."""

    first: int
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def last(self) -> int:
        return self.first + len(self.values) - 1

    def shifted(self, months: int) -> np.ndarray:
        """The value so many months before each; NaN where there is none."""
        earlier = np.full(len(self.values), np.nan)
        if months < len(self.values):
            earlier[months:] = self.values[: len(self.values) - months]
        return earlier

    def on(self, first: int, count: int) -> np.ndarray:
        """The values of `count` months from `first`, NaN where there is none."""
        found = np.full(count, np.nan)
        start, end = max(first, self.first), min(first + count, self.first + len(self.values))
        if start < end:
            found[start - first : end - first] = self.values[start - self.first : end - self.first]
        return found


def months_of(known: Known) -> Months:
    """Of a monthly, weekly or daily line: the mean of each month's values; NaN for a month without any."""
    if not len(known):
        return Months(0, np.empty(0))
    month = known.dates.astype("datetime64[ns]").astype("datetime64[M]").astype("int64")
    first = int(month[0])
    is_there = ~np.isnan(known.values)
    size = int(month[-1]) - first + 1
    counts = np.bincount(month[is_there] - first, minlength=size)
    sums = np.bincount(month[is_there] - first, weights=known.values[is_there], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Months(first, sums / counts)


def month_start(month: int) -> int:
    """The first day of a month (ns)."""
    return int(np.datetime64(month, "M").astype("datetime64[ns]").astype("int64"))


def year_over_year(months: Months) -> Months:
    """100 (x_t / x_{t-12} - 1), by calendar month."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return Months(months.first, 100 * (months.values / months.shifted(12) - 1))


def log_change(months: Months, by: int = 1) -> Months:
    """100 Δln over so many months; NaN where a value is not positive."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(months.values > 0, np.log(months.values), np.nan)
        return Months(months.first, 100 * (logs - Months(months.first, logs).shifted(by)))
