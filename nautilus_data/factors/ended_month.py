"""Ended month: the mean of a month's daily values, known once the month's last day is."""

from __future__ import annotations

import numpy as np

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.track import Track

# Fewer days than these are a part of a month, not the month.
LEAST_DAYS = 15


def ended_months(line: Vintages, weekends: bool = False) -> Track:
    """By month (`dates` are their first days) the mean of the first values known when the month had ended.

    A month has ended once its last weekday (`weekends`: its last day) or a later one is published, be it as missing.
    A month with fewer than 15 values is left out.
    """
    if not len(line):
        return _no_months()
    months = np.arange(_months(line.dates).min(), _months(line.dates).max() + 1)
    known = _ends(line, months, weekends)
    months = months[: len(known)]
    if not len(months):
        return _no_months()
    means = _means(line, months, known)
    is_whole = ~np.isnan(means)
    starts = months.astype("datetime64[M]").astype("datetime64[ns]").astype("int64")
    return Track(starts[is_whole], known[is_whole], means[is_whole])


def _ends(line: Vintages, months: np.ndarray, weekends: bool) -> np.ndarray:
    """When the end of each of these months was known (ns); of the last of them, which may go on, nothing."""
    last = (months + 1).astype("datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
    if not weekends:
        last = np.busday_offset(last, 0, roll="backward")
    order = np.argsort(line.dates, kind="stable")
    # A later day that was published first tells it too.
    earliest = np.minimum.accumulate(line.known[order][::-1])[::-1]
    places = np.searchsorted(line.dates[order], last.astype("datetime64[ns]").astype("int64"))
    return earliest[places[places < len(earliest)]]


def _means(line: Vintages, months: np.ndarray, known: np.ndarray) -> np.ndarray:
    is_there = ~np.isnan(line.values)
    first = Vintages(line.dates[is_there], line.known[is_there], line.values[is_there]).first()
    order = np.argsort(first.dates)
    dates, since, values = first.dates[order], first.known[order], first.values[order]
    places = np.searchsorted(months, _months(dates))
    inside = (places < len(months)) & (since <= known[np.minimum(places, len(months) - 1)])
    counts = np.bincount(places[inside], minlength=len(months))
    sums = np.bincount(places[inside], weights=values[inside], minlength=len(months))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(counts >= LEAST_DAYS, sums / counts, np.nan)


def _months(dates: np.ndarray) -> np.ndarray:
    return dates.astype("datetime64[ns]").astype("datetime64[M]").astype("int64")


def _no_months() -> Track:
    return Track(np.empty(0, "int64"), np.empty(0, "int64"), np.empty(0))
