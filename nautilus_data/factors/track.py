"""Track: a daily line as each date's first value, in the order they came; what windows are taken over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nautilus_data.core.observation import Vintages

DAY_NS = 86_400_000_000_000
# How much older than asked for a value may be: longer than any closure of the markets, shorter than a gap in a line.
MAX_AGE_DAYS = 14


@dataclass(frozen=True)
class Track:
    """`dates` ascend, `known` (when each could be known) does not descend; both int64 ns, `values` float64.

    A value may be NaN where something computed from the line is not known.
    """

    dates: np.ndarray
    known: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, line: Vintages) -> Track:
        """The first value of each date; dates published as missing take no place, so a holiday shortens no window.

        A date whose value came after that of a later date is left out: what was computed meanwhile could not use it.
        """
        is_there = ~np.isnan(line.values)
        first = Vintages(line.dates[is_there], line.known[is_there], line.values[is_there]).first()
        order = np.argsort(first.dates)
        known = first.known[order]
        order = order[known <= np.minimum.accumulate(known[::-1])[::-1]]
        return cls(first.dates[order], first.known[order], first.values[order])

    def __len__(self) -> int:
        return len(self.dates)

    def mapped(self, function: Callable[[np.ndarray], np.ndarray]) -> Track:
        """With values computed from its own; the function may look at earlier ones only."""
        return Track(self.dates, self.known, function(self.values))

    def on(self, dates: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Its values on these dates; NaN where it has none, or none by the time given with the date."""
        if not len(self):
            return np.full(len(dates), np.nan)
        places = np.minimum(np.searchsorted(self.dates, dates), len(self) - 1)
        is_there = (self.dates[places] == dates) & (self.known[places] <= known)
        return np.where(is_there, self.values[places], np.nan)

    def standing(self, dates: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Its last value up to each of these dates of those known by the time given with it.

        NaN where that is of more than 14 days before the date.
        """
        if not len(self):
            return np.full(len(dates), np.nan)
        upto = np.minimum(np.searchsorted(self.dates, dates, "right"), np.searchsorted(self.known, known, "right"))
        is_there = (upto > 0) & (self.dates[upto - 1] >= dates - MAX_AGE_DAYS * DAY_NS)
        return np.where(is_there, self.values[upto - 1], np.nan)


def common(tracks: list[Track]) -> tuple[np.ndarray, np.ndarray]:
    """The dates all of them have, ascending, and when the last of the values of each was known."""
    dates = tracks[0].dates
    for track in tracks[1:]:
        dates = np.intersect1d(dates, track.dates)
    known = [track.known[np.searchsorted(track.dates, dates)] for track in tracks]
    return dates, np.max(known, axis=0)


def value_before(dates: np.ndarray, values: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The value of the last date up to each target; NaN where there is none within 14 days of it."""
    places = np.searchsorted(dates, targets, side="right") - 1
    is_there = (places >= 0) & (dates[places] >= targets - MAX_AGE_DAYS * DAY_NS)
    return np.where(is_there, values[places], np.nan)


def months_before(dates: np.ndarray, months: int) -> np.ndarray:
    """The same day so many calendar months earlier (ns), the month's last day where it has no such day."""
    days = dates.astype("datetime64[ns]").astype("datetime64[D]")
    month = days.astype("datetime64[M]")
    day_of_month = days - month.astype("datetime64[D]")
    earlier = month - np.timedelta64(months, "M")
    last = (earlier + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    moved = np.minimum(earlier.astype("datetime64[D]") + day_of_month, last)
    return moved.astype("datetime64[ns]").astype("int64")
