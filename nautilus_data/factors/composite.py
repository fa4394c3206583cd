"""Composite: growth of the economy as one number a month, A, made of eight lines inside each vintage of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from nautilus_data.core.observation import Cursor, Known, Vintages
from nautilus_data.factors.monthly import Months, log_change, months_of
from nautilus_data.factors.standard import MIN_OBSERVATIONS, expanding_z
from nautilus_data.factors.weekly import mean_of_four, months_of_weeks, weeks_of

FORMULA = (
    "A = mean of z of Δln INDPRO, Δln PAYEMS, Δln W875RX1, Δln CMRMTSPL, Δln RRSFS, ln HOUST − its 5-year mean,"
    " −Δ UNRATE, −Δln 4-week ICSA, in units of its sd"
)
INPUTS = ("INDPRO", "PAYEMS", "HOUST", "UNRATE", "ICSA")
OPTIONAL = ("W875RX1", "CMRMTSPL", "RRSFS")
# A month has too few lines before monthly ones come: news of claims alone changes nothing in it.
_CLOCK = ("INDPRO", "PAYEMS", "HOUST", "UNRATE", *OPTIONAL)
TREND_MONTHS = 60
# Some months of the trend may be missing, but not a year.
LEAST_OF_TREND = 49
# The months of A that a mean of twelve three-month means takes.
RECENT = 14
CONTRACTION, RECOVERY, RISK, HIGH_RISK = -0.7, 0.2, 0.7, 1.0
LONG_EXPANSION_MONTHS = 24


@dataclass(frozen=True)
class Readings:
    """A each time it was made: row i became known at `known[i]` (ns) and ends with the month `months[i]`.

    `recent` is A of that month and the 13 before it (n × 14, NaN: not known), `states` what the Chicago Fed's levels
    say of the vintage's three-month means up to it.
    """

    known: np.ndarray
    months: np.ndarray
    recent: np.ndarray
    states: np.ndarray

    @property
    def averages(self) -> np.ndarray:
        """Three-month means of the month and the eleven before it (n × 12)."""
        return (self.recent[:, :-2] + self.recent[:, 1:-1] + self.recent[:, 2:]) / 3


class _Reading(NamedTuple):
    known: int
    month: int
    recent: np.ndarray
    state: float


def readings(lines: Mapping[str, Vintages], least: int) -> Readings | None:
    """Of months with `least` lines or more; None where an input is missing or nothing is known.

    What was last asked for is kept: several factors are made of it.
    """
    if any(name not in lines or not len(lines[name]) for name in INPUTS):
        return None
    there = tuple((name, lines[name]) for name in (*INPUTS, *OPTIONAL) if len(lines.get(name, ())))
    return _readings(there, least)


@lru_cache(maxsize=1)
def _readings(lines: tuple[tuple[str, Vintages], ...], least: int) -> Readings | None:
    found = list(_each_reading(dict(lines), least))
    if not found:
        return None
    known, months, recent, states = zip(*found, strict=True)
    return Readings(np.array(known), np.array(months), np.array(recent), np.array(states, "float64"))


def _each_reading(lines: Mapping[str, Vintages], least: int) -> Iterator[_Reading]:
    cursors = {name: Cursor(line) for name, line in lines.items()}
    months = np.concatenate([_months(line.dates) for line in lines.values()])
    table = _Table(int(months.min()), int(months.max()), len(lines))
    seen: dict[str, Known] = {}
    for now in np.unique(np.concatenate([lines[name].known for name in _CLOCK if name in lines])).tolist():
        for row, (name, cursor) in enumerate(cursors.items()):
            if (known := cursor.at(now)) is not seen.get(name) and len(known):
                seen[name] = known
                table.put(row, scores(name, known))
        if len(activity := table.composite(least)):
            recent = activity.on(activity.last - RECENT + 1, RECENT)
            averages = _mean_of_three(activity.values)
            yield _Reading(now, activity.last, recent, np.nan if np.isnan(averages[-1]) else state(averages))


class _Table:
    """Scores by line and month; where a line has none the sums take 0."""

    def __init__(self, first: int, last: int, lines: int) -> None:
        self._first = first
        self._scores = np.zeros((lines, last - first + 1))
        self._is_there = np.zeros(self._scores.shape, bool)

    def put(self, row: int, line: Months) -> None:
        start = line.first - self._first
        is_there = ~np.isnan(line.values)
        # A line never has fewer months than it had.
        self._scores[row, start : start + len(line)] = np.where(is_there, line.values, 0.0)
        self._is_there[row, start : start + len(line)] = is_there

    def composite(self, least: int) -> Months:
        """The mean of scores in months that have `least`, in units of its sd (n − 1); ends with the last such month.

        Empty with fewer than 60 months: their sd says little.
        """
        counts = self._is_there.sum(axis=0)
        places = np.flatnonzero(counts >= least)
        if len(places) < MIN_OBSERVATIONS:
            return Months(0, np.empty(0))
        means = self._scores.sum(axis=0)[places] / counts[places]
        spread = float(np.std(means, ddof=1))
        if spread == 0:
            return Months(0, np.empty(0))
        values = np.full(int(places[-1]) + 1, np.nan)
        values[places] = means / spread
        return Months(self._first, values)


def scores(name: str, known: Known) -> Months:
    """The standard scores of a line's growth, by month and by the months up to each, within ±4; up is good."""
    return Months(int(_months(known.dates[:1])[0]), expanding_z(_TRANSFORMS[name](known)))


def state(averages: np.ndarray) -> int:
    """The state of the last month by the three-month means (not all NaN) up to it.

    0 contraction: below −0.70 was reached since above +0.20 last was. Else 1 below or 2 above trend, and once the
    expansion has lasted more than 24 months 3 above +0.70 and 4 above +1.00.
    """
    falls, rises = np.flatnonzero(averages < CONTRACTION), np.flatnonzero(averages > RECOVERY)
    if len(falls) and (not len(rises) or falls[-1] > rises[-1]):
        return 0
    begin = rises[np.searchsorted(rises, falls[-1])] if len(falls) else np.argmin(np.isnan(averages))
    now = averages[-1]
    if len(averages) - 1 - begin > LONG_EXPANSION_MONTHS and now > RISK:
        return 4 if now > HIGH_RISK else 3
    return 2 if now >= 0 else 1


def _mean_of_three(values: np.ndarray) -> np.ndarray:
    means = np.full(len(values), np.nan)
    means[2:] = (values[:-2] + values[1:-1] + values[2:]) / 3
    return means


def _growth(known: Known) -> np.ndarray:
    return log_change(months_of(known)).values


def _starts(known: Known) -> np.ndarray:
    """100 ln above the mean of the five years that end with the month."""
    months = months_of(known)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(months.values > 0, 100 * np.log(months.values), np.nan)
    is_there = ~np.isnan(logs)
    counts, sums = _of_trend(is_there.astype("float64")), _of_trend(np.where(is_there, logs, 0.0))
    enough = counts >= LEAST_OF_TREND
    return np.where(enough, logs - sums / np.where(enough, counts, 1), np.nan)


def _of_trend(values: np.ndarray) -> np.ndarray:
    """Sums of five years up to each month; of fewer at the start."""
    sums = np.cumsum(values)
    sums[TREND_MONTHS:] -= sums[:-TREND_MONTHS].copy()
    return sums


def _less_unemployment(known: Known) -> np.ndarray:
    months = months_of(known)
    return months.shifted(1) - months.values


def _fewer_claims(known: Known) -> np.ndarray:
    return -log_change(months_of_weeks(mean_of_four(weeks_of(known)))).values


def _months(dates: np.ndarray) -> np.ndarray:
    return dates.astype("datetime64[ns]").astype("datetime64[M]").astype("int64")


# What is standardized of each line.
_TRANSFORMS: MappingProxyType[str, Callable[[Known], np.ndarray]] = MappingProxyType(
    {
        "INDPRO": _growth,
        "PAYEMS": _growth,
        "HOUST": _starts,
        "UNRATE": _less_unemployment,
        "ICSA": _fewer_claims,
        "W875RX1": _growth,
        "CMRMTSPL": _growth,
        "RRSFS": _growth,
    }
)
