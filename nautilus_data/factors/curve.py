"""Yield curve: level, slope, curvature, Nelson–Siegel, changes and what holding the long end earns for its risk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import param

from nautilus_data.factors.base import DailyFactor
from nautilus_data.factors.standard import rolling
from nautilus_data.factors.track import DAY_NS, value_before

FAMILY = "yield curve"
_DIEBOLD_LI = "Diebold & Li 2006, J. Econometrics 130"
_MATURITIES = {"DGS3MO": 3, "DGS2": 24, "DGS5": 60, "DGS10": 120, "DGS30": 360}
# The loading of the curvature is largest at about 30 months.
DECAY = 0.0609
TRADING_DAYS = 252


class CurveLevel(DailyFactor):
    key, title, family = "curve_level", "Yield curve: level", FAMILY
    formula = "DGS10; variant: (DGS3MO + DGS2 + DGS10) / 3"
    reference = f"{_DIEBOLD_LI}; mean of three: Diebold, Rudebusch & Aruoba 2006, J. Econometrics 131"
    units = "%"
    inputs = ("DGS10",)
    optional = ("DGS3MO", "DGS2")

    variant = param.Selector(default="10 years", objects=["10 years", "mean of three"], doc="What stands for the level")

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        if self.variant == "10 years":
            return lines["DGS10"]
        return (lines["DGS3MO"] + lines["DGS2"] + lines["DGS10"]) / 3


class CurveSlope(DailyFactor):
    key, title, family = "curve_slope", "Yield curve: slope, 10 years − 3 months", FAMILY
    formula = "DGS10 − DGS3MO"
    reference = _DIEBOLD_LI
    units = "pp"
    inputs = ("DGS10", "DGS3MO")
    levels = ((0.0, "inverted below"),)

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        long, short = self.inputs
        return lines[long] - lines[short]


class CurveSlope2Y(CurveSlope):
    key, title = "curve_slope_2y", "Yield curve: slope, 10 years − 2 years"
    formula = "DGS10 − DGS2"
    inputs = ("DGS10", "DGS2")


class CurveCurvature(DailyFactor):
    key, title, family = "curve_curvature", "Yield curve: curvature", FAMILY
    formula = "2·DGS2 − DGS3MO − DGS10"
    reference = _DIEBOLD_LI
    units = "pp"
    inputs = ("DGS2", "DGS3MO", "DGS10")

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        return 2 * lines["DGS2"] - lines["DGS3MO"] - lines["DGS10"]


class NelsonSiegelLevel(DailyFactor):
    """β1; its siblings are the other coefficients of the same fit."""

    key, title, family = "nelson_siegel_level", "Nelson–Siegel β1: level", FAMILY
    formula = (
        "OLS each day of DGS3MO, DGS2, DGS5, DGS10, DGS30 (τ = 3, 24, 60, 120, 360 months) on"
        " [1, (1 − e^−λτ)/λτ, (1 − e^−λτ)/λτ − e^−λτ], λ = 0.0609; β1, where the yield goes as τ grows"
    )
    reference = f"Nelson & Siegel 1987, J. Business 60; {_DIEBOLD_LI}"
    units = "%"
    note = "Of four maturities while no 30-year yield was published (February 2002 to February 2006)."
    inputs = ("DGS3MO", "DGS2", "DGS5", "DGS10")
    optional = ("DGS30",)
    coefficient = 0

    decay = param.Number(
        default=DECAY, bounds=(0.01, 0.2), doc="λ, per month: the curvature's loading is largest at τ = 1.793 / λ"
    )

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        yields = [lines[name] for name in _MATURITIES]
        of_five = _weighted(yields, self._weights(5))
        return np.where(np.isnan(lines["DGS30"]), _weighted(yields[:4], self._weights(4)), of_five)

    def _weights(self, count: int) -> np.ndarray:
        return _weights(self.decay, count)[self.coefficient]


class NelsonSiegelSlope(NelsonSiegelLevel):
    key, title = "nelson_siegel_slope", "Nelson–Siegel β2: slope"
    formula = NelsonSiegelLevel.formula.replace(
        "β1, where the yield goes as τ grows", "β2, short end − long end: negative where the curve rises"
    )
    units = "pp"
    coefficient = 1


class NelsonSiegelCurvature(NelsonSiegelLevel):
    key, title = "nelson_siegel_curvature", "Nelson–Siegel β3: curvature"
    formula = NelsonSiegelLevel.formula.replace(
        "β1, where the yield goes as τ grows", "β3, the hump at medium maturities"
    )
    units = "pp"
    coefficient = 2


class FedFundsChange(DailyFactor):
    """In basis points over calendar days; its siblings are the same of other yields."""

    key, title, family = "change_fed_funds", "Change over 30 days: federal funds", FAMILY
    formula = "100·(y_t − y of the last day up to t − 30 calendar days)"
    reference = "Definition; Board of Governors, H.15"
    units = "bp"
    inputs = ("DFF",)

    days = param.Integer(default=30, bounds=(1, 366), doc="Calendar days the change is over")

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        now = lines[self.inputs[0]]
        return 100 * (now - value_before(dates, now, dates - self.days * DAY_NS))


class ThreeMonthChange(FedFundsChange):
    key, title, inputs = "change_3m", "Change over 30 days: 3-month yield", ("DGS3MO",)


class TwoYearChange(FedFundsChange):
    key, title, inputs = "change_2y", "Change over 30 days: 2-year yield", ("DGS2",)


class TenYearChange(FedFundsChange):
    key, title, inputs = "change_10y", "Change over 30 days: 10-year yield", ("DGS10",)


class ThirtyYearChange(FedFundsChange):
    key, title, inputs = "change_30y", "Change over 30 days: 30-year yield", ("DGS30",)


class CurveCarry(DailyFactor):
    key, title, family = "curve_carry", "Carry of the curve for its risk", FAMILY
    formula = "(DGS10 − DFF) / (sd of daily changes of DGS10 over 63 days · √252)"
    reference = "Koijen, Moskowitz, Pedersen & Vrugt 2018, J. Financial Economics 127"
    units = "ratio"
    note = "Yield carry per yield volatility; without roll-down and duration, which the paper has."
    inputs = ("DGS10", "DFF")

    window = param.Integer(default=63, bounds=(22, 252), doc="Days the volatility is taken over")

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        volatility = realised_volatility(np.diff(lines["DGS10"], prepend=np.nan), self.window) * np.sqrt(TRADING_DAYS)
        with np.errstate(invalid="ignore", divide="ignore"):
            carry = (lines["DGS10"] - lines["DFF"]) / volatility
        return np.where(volatility > 0, carry, np.nan)


def realised_volatility(changes: np.ndarray, window: int) -> np.ndarray:
    """Sample sd of the last `window` daily changes, in their units a day; NaN until there are as many."""
    return np.std(np.ascontiguousarray(rolling(changes, window)), axis=1, ddof=1)


@cache
def _weights(decay: float, count: int) -> np.ndarray:
    """What each of the first `count` yields counts for in each of the three coefficients."""
    x = decay * np.array(list(_MATURITIES.values())[:count], "float64")
    slope = (1 - np.exp(-x)) / x
    return np.linalg.pinv(np.column_stack([np.ones(count), slope, slope - np.exp(-x)]))


def _weighted(yields: list[np.ndarray], weights: np.ndarray) -> np.ndarray:
    # One by one: a matrix product may round a day's value by how many days are asked for.
    return np.sum([weight * of for weight, of in zip(weights, yields, strict=True)], axis=0)
