"""Monthly factor: of monthly lines, computed month by month inside what was known; its value is the newest month's."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np

from nautilus_data.core.observation import Known
from nautilus_data.factors.base import ReleaseFactor
from nautilus_data.factors.monthly import Months, month_start, months_of


class MonthlyFactor(ReleaseFactor):
    """Write `months`; the rest is here."""

    def read(self, name: str, known: Known) -> Months:
        return months_of(known)

    @abstractmethod
    def months(self, lines: Mapping[str, Months]) -> Months:
        """The factor by month, of lines of one vintage; NaN where it is not known. Optional lines may be absent."""

    def value(self, known: Mapping[str, Months], now: int, before: float) -> tuple[int, float] | None:
        found = self.months(known)
        return (month_start(found.last), float(found.values[-1])) if len(found) else None


def together(*lines: Months) -> tuple[int, list[np.ndarray]]:
    """The first month all lines reach, and the values of each from there to the last month all of them reach."""
    if not all(len(line) for line in lines):
        return 0, [np.empty(0) for _ in lines]
    first = max(line.first for line in lines)
    count = max(0, min(line.last for line in lines) - first + 1)
    return first, [line.on(first, count) for line in lines]


def mean_of_three(months: Months, least: int = 3) -> np.ndarray:
    """The mean of each month and the two before it; of those there are, where these are `least` or more.

    The first two months have none: nothing is missing before a line begins.
    """
    window = np.stack([months.values, months.shifted(1), months.shifted(2)])
    counts = np.sum(~np.isnan(window), axis=0)
    mean = np.nansum(window, axis=0) / np.maximum(counts, 1)
    mean[counts < least] = np.nan
    mean[:2] = np.nan
    return mean
