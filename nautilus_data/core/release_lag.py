"""Release lag: when a value of a period is usually published, for values whose real moment nobody kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import pandas as pd
from pandas.tseries.holiday import USFederalHolidayCalendar

NEW_YORK = "America/New_York"
# The last moment of a day of which only the day is known.
END_OF_DAY = "23:59"
_MONTHS = MappingProxyType({"M": 1, "Q": 3, "S": 6, "A": 12})


@dataclass(frozen=True, kw_only=True)
class Lag:
    """So many days after a period's end, then so many business days, then the next such weekday (0 = Monday).

    `at` is the time in New York.
    """

    days: int = 0
    business_days: int = 0
    weekday: int | None = None
    at: str = END_OF_DAY

    @property
    def longest_days(self) -> int:
        """About how long it can be."""
        return self.days + 2 * self.business_days + (0 if self.weekday is None else 8)

    def after(self, dates: np.ndarray, frequency: str) -> np.ndarray:
        """When the values of periods named by these dates (ns) are known (ns); `frequency` is D, W, M, Q, S or A."""
        days = period_ends(dates, frequency).astype("datetime64[D]") + np.timedelta64(self.days, "D")
        days = (
            np.busday_offset(days, self.business_days, roll="forward", holidays=_holidays())
            if self._is_business
            else days
        )
        if self.weekday is not None:
            later = (self.weekday - _weekday(days) - 1) % 7 + 1
            days = np.busday_offset(days + later.astype("timedelta64[D]"), 0, roll="forward", holidays=_holidays())
        return moments(days, self.at)

    @property
    def _is_business(self) -> bool:
        return self.business_days > 0


def period_ends(dates: np.ndarray, frequency: str) -> np.ndarray:
    """The last day (datetime64[ns]) of the periods that begin on these dates; a week is named by its last already."""
    days = np.asarray(dates, "int64").astype("datetime64[ns]")
    if (months := _MONTHS.get(frequency)) is None:
        return days
    firsts = days.astype("datetime64[M]") + np.timedelta64(months, "M")
    return (firsts.astype("datetime64[D]") - np.timedelta64(1, "D")).astype("datetime64[ns]")


def moments(days: np.ndarray, at: str) -> np.ndarray:
    """A time of day in New York on each day, as ns UTC; an hour the clocks skip is taken as the next."""
    hours, minutes = map(int, at.split(":"))
    local = pd.DatetimeIndex(days.astype("datetime64[ns]")) + pd.Timedelta(hours=hours, minutes=minutes)
    zoned = local.tz_localize(NEW_YORK, ambiguous=np.zeros(len(local), bool), nonexistent="shift_forward")
    return zoned.tz_convert("UTC").as_unit("ns").asi8.copy()


def _weekday(days: np.ndarray) -> np.ndarray:
    # 1970-01-01 was a Thursday.
    return (days.astype("int64") + 3) % 7


@cache
def _holidays() -> np.ndarray:
    return USFederalHolidayCalendar().holidays("1900-01-01", "2100-12-31").to_numpy().astype("datetime64[D]")
