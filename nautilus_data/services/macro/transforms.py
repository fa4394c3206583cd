"""Transforms: a line as known at one time, shown as change or score instead of level."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from nautilus_data.core.observation import Known

_DAY_NS = 86_400 * 10**9
# So far from the day a year before another value may lie and still be last year's.
_NEAR_DAYS = 10


def level(known: Known) -> np.ndarray:
    return known.values


def change(known: Known) -> np.ndarray:
    """From the value before, in the series' units; the first is NaN."""
    return np.append(np.nan, np.diff(known.values)) if len(known) else known.values


def year_change(known: Known) -> np.ndarray:
    """From a year before, in the series' units."""
    return known.values - _year_before(known)


def year_over_year(known: Known) -> np.ndarray:
    """100 (x / x a year before - 1); NaN where the earlier value is not positive."""
    before = _year_before(known)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(before > 0, 100 * (known.values / before - 1), np.nan)


def z_score(known: Known) -> np.ndarray:
    """(x - mean) / sd over all that was known at the time: a look back, no signal."""
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.nanstd(known.values, ddof=1) if np.isfinite(known.values).sum() > 1 else np.nan
        return (known.values - np.nanmean(known.values)) / spread if spread > 0 else np.full(len(known), np.nan)


TRANSFORMS: MappingProxyType[str, tuple[str, Callable[[Known], np.ndarray]]] = MappingProxyType(
    {
        "level": ("level", level),
        "change": ("change from the value before", change),
        "year_change": ("change over a year", year_change),
        "yoy": ("change over a year in %", year_over_year),
        "z": ("standard score", z_score),
    }
)


def transform(name: str) -> Callable[[Known], np.ndarray]:
    """The transform of a name; a ValueError lists them."""
    if name not in TRANSFORMS:
        raise ValueError(f"there is no transform {name!r}; write {', '.join(TRANSFORMS)}")
    return TRANSFORMS[name][1]


def _year_before(known: Known) -> np.ndarray:
    """The value of the same day a year before, or the nearest earlier one within days; NaN where there is none."""
    if not len(known):
        return known.values
    days = known.dates.astype("datetime64[ns]").astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    # The 29th of February has no day a year before: the 1st of March has.
    earlier = (months - np.timedelta64(12, "M")).astype("datetime64[D]")
    wanted = (earlier + (days - months.astype("datetime64[D]"))).astype("datetime64[ns]").astype("int64")
    places = np.searchsorted(known.dates, wanted, side="right") - 1
    found = np.full(len(known), np.nan)
    there = places >= 0
    near = np.zeros(len(known), bool)
    near[there] = wanted[there] - known.dates[places[there]] <= _near(known.dates)
    found[near] = known.values[places[near]]
    return found


def _near(dates: np.ndarray) -> int:
    """Of months and quarters the day itself: a month that is missing is not another one."""
    is_coarse = len(dates) > 1 and float(np.median(np.diff(dates))) > 20 * _DAY_NS
    return 0 if is_coarse else _NEAR_DAYS * _DAY_NS
