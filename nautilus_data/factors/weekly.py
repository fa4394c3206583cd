"""Weekly: a line as one value a week, so that a missing week shifts nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nautilus_data.core.observation import Known
from nautilus_data.factors.monthly import Months

WEEK_NS = 7 * 86_400_000_000_000


@dataclass(frozen=True)
class Weeks:
    """`values[i]` is of the week named by the day `first` (ns) plus i weeks; NaN: missing."""

    first: int
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def last(self) -> int:
        return self.first + (len(self.values) - 1) * WEEK_NS


def weeks_of(known: Known) -> Weeks:
    """Of a line with a date every seven days."""
    if not len(known):
        return Weeks(0, np.empty(0))
    places = (known.dates - known.dates[0]) // WEEK_NS
    values = np.full(int(places[-1]) + 1, np.nan)
    values[places] = known.values
    return Weeks(int(known.dates[0]), values)


def mean_of_four(weeks: Weeks) -> Weeks:
    """The mean of each week and the three before it; NaN where one of them is missing."""
    values, means = weeks.values, np.full(len(weeks), np.nan)
    if len(values) >= 4:
        means[3:] = (values[3:] + values[2:-1] + values[1:-2] + values[:-3]) / 4
    return Weeks(weeks.first, means)


def months_of_weeks(weeks: Weeks) -> Months:
    """The value of the last week that ended in each month."""
    if not len(weeks):
        return Months(0, np.empty(0))
    dates = weeks.first + WEEK_NS * np.arange(len(weeks))
    month = dates.astype("datetime64[ns]").astype("datetime64[M]").astype("int64")
    is_last = np.append(month[1:] != month[:-1], True)
    return Months(int(month[0]), weeks.values[is_last])
