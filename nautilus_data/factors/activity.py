"""Activity: growth of the economy as one number made of eight monthly lines, and what the Chicago Fed reads in it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import param

from nautilus_data.core.observation import Known
from nautilus_data.factors.monthly import Months, log_change, months_of
from nautilus_data.factors.monthly_factor import MonthlyFactor, mean_of_three
from nautilus_data.factors.standard import MIN_OBSERVATIONS, expanding_z
from nautilus_data.factors.weekly import mean_of_four, months_of_weeks, weeks_of

FAMILY = "activity"
TREND_MONTHS = 60
# A month or more of the trend may be missing, but not a year.
LEAST_OF_TREND = 49
CONTRACTION, RECOVERY, RISK, HIGH_RISK = -0.7, 0.2, 0.7, 1.0
LONG_EXPANSION_MONTHS = 24
_COMPOSITE = (
    "A = mean of z of Δln INDPRO, Δln PAYEMS, Δln W875RX1, Δln CMRMTSPL, Δln RRSFS, ln HOUST − its 5-year mean,"
    " −Δ UNRATE, −Δln 4-week ICSA, in units of its sd"
)


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


# What is standardized of each line; up is good.
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


class Activity(MonthlyFactor):
    """What is made of A, the composite; lines are read as their standard scores."""

    family = FAMILY
    inputs = ("INDPRO", "PAYEMS", "HOUST", "UNRATE", "ICSA")
    optional = ("W875RX1", "CMRMTSPL", "RRSFS")
    # No month has enough lines before monthly ones come: news of claims alone changes nothing in it.
    clock = ("INDPRO", "PAYEMS", "HOUST", "UNRATE", *optional)

    least = param.Integer(default=5, bounds=(3, 8), doc="Lines a month must have to count; the newest often lacks some")

    def read(self, name: str, known: Known) -> Months:
        if not len(known):
            return Months(0, np.empty(0))
        first = int(known.dates[0].astype("datetime64[ns]").astype("datetime64[M]").astype("int64"))
        return Months(first, expanding_z(_TRANSFORMS[name](known)))

    def months(self, lines: Mapping[str, Months]) -> Months:
        activity = composite([line for line in lines.values() if len(line)], self.least)
        return self.of(activity) if len(activity) else activity

    @abstractmethod
    def of(self, activity: Months) -> Months:
        """The factor by month, of A by month; not called with none."""


def composite(scores: list[Months], least: int) -> Months:
    """The mean of scores in months that have `least` of them, in units of its sd; ends with the last such month.

    The sd is of the whole vintage (n − 1), of 60 months or more: else nothing is known.
    """
    if not scores:
        return Months(0, np.empty(0))
    first = min(line.first for line in scores)
    count = max(line.last for line in scores) - first + 1
    total, lines = np.zeros(count), np.zeros(count)
    for line in scores:
        part = slice(line.first - first, line.first - first + len(line))
        is_there = ~np.isnan(line.values)
        total[part] += np.where(is_there, line.values, 0.0)
        lines[part] += is_there
    places = np.flatnonzero(lines >= least)
    if len(places) < MIN_OBSERVATIONS:
        return Months(0, np.empty(0))
    values = np.full(int(places[-1]) + 1, np.nan)
    values[places] = total[places] / lines[places]
    spread = np.std(values[places], ddof=1)
    return Months(first, values / spread) if spread > 0 else Months(0, np.empty(0))


class ActivityIndex(Activity):
    key, title = "activity", "Activity composite"
    formula = f"{_COMPOSITE}; a month counts with 5 lines or more"
    reference = "After Chicago Fed, Background on the CFNAI; lines of NBER's dating committee. Compare CFNAI"
    units = "sd"
    note = "0 is growth at trend. A month is revised as its late lines come; z by the months up to each, within ±4."
    levels = ((0.0, "growth at trend"),)

    def of(self, activity: Months) -> Months:
        return activity


class ActivityAverage(Activity):
    key, title = "activity_3m", "Activity composite, 3-month mean"
    formula = f"A3 = mean of A of three months; {_COMPOSITE}"
    reference = "Chicago Fed, Background on the CFNAI; Stock & Watson 1999, J. Monetary Economics 44"
    units = "sd"
    note = "The levels are the Chicago Fed's for its index of 85 lines; here they are read on eight."
    levels = (
        (CONTRACTION, "below, after an expansion: recession increasingly likely"),
        (RECOVERY, "above, after a contraction: recession likely over"),
        (RISK, "above, over two years into an expansion: inflation risk"),
        (HIGH_RISK, "above, over two years into an expansion: substantial inflation risk"),
    )

    def of(self, activity: Months) -> Months:
        return Months(activity.first, mean_of_three(activity))


class ActivityImpulse(Activity):
    key, title = "activity_impulse", "Activity against its year"
    formula = "A3 − its mean of 12 months"
    reference = "Ilmanen, Maloney & Ross 2014, J. Portfolio Management 40(3)"
    units = "sd"
    note = "Above 0 growth is picking up: the growth half of the quadrant."
    levels = ((0.0, "growth as in its year"),)

    def of(self, activity: Months) -> Months:
        average = Months(activity.first, mean_of_three(activity))
        year = sum(average.shifted(back) for back in range(12)) / 12
        return Months(activity.first, average.values - year)


class ActivityRegime(Activity):
    key, title = "activity_regime", "Activity regime"
    formula = (
        "of A3: contraction from below −0.70 until above +0.20; else expansion: below or above trend by the sign of A3,"
        " inflation risk above +0.70 and substantial above +1.00 once it has lasted more than 24 months"
    )
    reference = "Chicago Fed, Background on the CFNAI; Stock & Watson 1999, J. Monetary Economics 44"
    units = "state"
    note = (
        "Read inside one vintage, so a revision may move the month a contraction began. The Chicago Fed's levels are"
        " for its index of 85 lines. Before the first contraction an expansion counts from the first month of A3."
    )
    states = ("contraction", "below trend", "above trend", "inflation risk", "substantial inflation risk")

    def of(self, activity: Months) -> Months:
        return Months(activity.first, _states(mean_of_three(activity)))


def _states(average: np.ndarray) -> np.ndarray:
    """The state of each month; NaN where A3 is not known."""
    month = np.arange(len(average))
    last_fall = np.maximum.accumulate(np.where(average < CONTRACTION, month, -1))
    last_rise = np.maximum.accumulate(np.where(average > RECOVERY, month, -1))
    contracts = last_fall > last_rise
    begins = np.append(False, contracts[:-1] & ~contracts[1:])
    begins[np.argmin(np.isnan(average))] = True
    since = np.maximum.accumulate(np.where(begins, month, 0))
    is_long = month - since > LONG_EXPANSION_MONTHS
    return np.select(
        [np.isnan(average), contracts, is_long & (average > HIGH_RISK), is_long & (average > RISK), average >= 0],
        [np.nan, 0.0, 4.0, 3.0, 2.0],
        1.0,
    )
