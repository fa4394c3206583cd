"""Lines made by hand: a value a weekday, a month or a day named, each known the day after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nautilus_data.core.observation import Vintages

DAY_NS = 86_400_000_000_000


def at(day: str) -> int:
    return int(np.datetime64(day, "ns").astype("int64"))


def line(values: Mapping[str, float], late_days: int = 1) -> Vintages:
    """Of values by day."""
    dates = np.array([at(day) for day in values], "int64")
    return Vintages(dates, dates + late_days * DAY_NS, np.array(list(values.values()), "float64"))


def weekdays(first: str, count: int) -> np.ndarray:
    days = np.busday_offset(np.datetime64(first, "D"), np.arange(count), roll="forward")
    return days.astype("datetime64[ns]").astype("int64")


def daily(first: str, values: Sequence[float]) -> Vintages:
    """A value each weekday, holidays or not."""
    dates = weekdays(first, len(values))
    return Vintages(dates, dates + DAY_NS, np.array(values, "float64"))


def steady(first: str, last: str, value: float) -> Vintages:
    """The same value each weekday, `last` included."""
    return daily(first, [value] * (int(np.busday_count(first, last)) + 1))


def monthly(first: str, values: Sequence[float], late_days: int = 40) -> Vintages:
    """A value a month, known so many days after the month began."""
    months = np.datetime64(first, "M") + np.arange(len(values)).astype("timedelta64[M]")
    dates = months.astype("datetime64[ns]").astype("int64")
    return Vintages(dates, dates + late_days * DAY_NS, np.array(values, "float64"))


def vintages(first: str, editions: Mapping[str, Sequence[float]], months: int = 1) -> Vintages:
    """By the day each edition became known, its values of every period of so many months from the first."""
    parts = []
    for day, values in editions.items():
        dates = (
            (np.datetime64(first, "M") + (months * np.arange(len(values))).astype("timedelta64[M]"))
            .astype("datetime64[ns]")
            .astype("int64")
        )
        parts.append((dates, np.full(len(dates), at(day)), np.array(values, "float64")))
    return Vintages(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
