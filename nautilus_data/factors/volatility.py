"""Volatility: the VIX as a regime, against its own past, along its term structure and against what was realised."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import param

from nautilus_data.factors.base import DailyFactor
from nautilus_data.factors.curve import TRADING_DAYS
from nautilus_data.factors.standard import rolling

FAMILY = "volatility"
STATES = ("calm", "normal", "elevated", "stress", "crisis")
# Where each state but the first begins.
LEVELS = np.array([15.0, 20.0, 30.0, 40.0])
PERCENTILES = np.array([20.0, 60.0, 85.0, 95.0])
MONTH_DAYS = 22


class VolatilityRegime(DailyFactor):
    key, title, family = "volatility_regime", "Volatility regime: by levels", FAMILY
    formula = (
        "VIXCLS: calm < 15 · normal 15–20 · elevated 20–30 · stress 30–40 · crisis ≥ 40; an edge is crossed only"
        " once 5 closes in a row are beyond it by more than 1"
    )
    reference = "Practitioner convention; history: Whaley 2000 and 2009, J. Portfolio Management"
    note = "The cut-offs are convention, not an estimate; the percentile regime has none."
    units = "state"
    inputs = ("VIXCLS",)
    states = STATES

    closes = param.Integer(default=5, bounds=(1, 20), doc="Closes in a row beyond an edge before it is crossed")
    margin = param.Number(default=1.0, bounds=(0.0, 5.0), doc="Points beyond the edge a close must be to count")

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        return with_hysteresis(lines["VIXCLS"], LEVELS, self.margin, self.closes)


class VolatilityPercentile(DailyFactor):
    key, title, family = "volatility_percentile", "Volatility: percentile of the VIX", FAMILY
    formula = "Rank of VIXCLS among its closes of the trailing 5 years (1,260), itself included, in percent"
    reference = "Definition; ties take their mean rank"
    units = "%"
    inputs = ("VIXCLS",)
    levels = tuple((float(level), f"{state} from") for level, state in zip(PERCENTILES, STATES[1:], strict=True))

    years = param.Integer(default=5, bounds=(1, 20), doc="Years of 252 closes it is ranked in; none before there are")

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        return 100 * pd.Series(lines["VIXCLS"]).rolling(self.years * TRADING_DAYS).rank(pct=True).to_numpy()


class VolatilityPercentileRegime(VolatilityPercentile):
    key, title = "volatility_percentile_regime", "Volatility regime: by percentile"
    formula = (
        "Rank of VIXCLS in its trailing 5 years: calm < 20 · normal 20–60 · elevated 60–85 · stress 85–95 ·"
        " crisis ≥ 95 %"
    )
    units = "state"
    states = STATES
    levels = ()

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        return states_of(super().values(lines, dates), PERCENTILES)


class VolatilityTermStructure(DailyFactor):
    key, title, family = "volatility_term_structure", "Volatility: term structure", FAMILY
    formula = "VIXCLS / VXVCLS: 1 month over 3 months"
    reference = "Cboe; Johnson 2017, J. Financial and Quantitative Analysis 52"
    units = "ratio"
    inputs = ("VIXCLS", "VXVCLS")
    levels = ((1.0, "inverted above"),)

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(lines["VXVCLS"] > 0, lines["VIXCLS"] / lines["VXVCLS"], np.nan)


class VarianceRiskPremium(DailyFactor):
    key, title, family = "variance_risk_premium", "Variance risk premium", FAMILY
    formula = "VIXCLS² / 12 − Σ over the last 22 returns of (100·Δln SP500)²"
    reference = "Bollerslev, Tauchen & Zhou 2009, Rev. Financial Studies 22"
    note = "By daily closes, where the paper has 5-minute returns; FRED keeps ten years of SP500."
    units = "%² a month"
    inputs = ("VIXCLS", "SP500")
    levels = ((0.0, "realised above implied below"),)

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        returns = log_returns(lines["SP500"])
        realised = np.sum(np.ascontiguousarray(rolling(returns * returns, MONTH_DAYS)), axis=1)
        return lines["VIXCLS"] ** 2 / 12 - realised


def log_returns(prices: np.ndarray, over: int = 1) -> np.ndarray:
    """100·(ln P_t − ln P_{t−over}); NaN where a price is not positive, or there is none yet."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(prices > 0, np.log(prices), np.nan)
    earlier = np.full(len(logs), np.nan)
    earlier[over:] = logs[: max(0, len(logs) - over)]
    return 100 * (logs - earlier)


def states_of(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The index of the state each value lies in, an edge in the upper; NaN stays NaN."""
    return np.where(np.isnan(values), np.nan, np.searchsorted(edges, values, side="right"))


def with_hysteresis(values: np.ndarray, edges: np.ndarray, margin: float, closes: int) -> np.ndarray:
    """States where an edge is crossed only once so many values in a row are beyond it by more than `margin`."""
    windows = rolling(values, closes)
    lowest = np.nan_to_num(windows.min(axis=1), nan=-np.inf)
    highest = np.nan_to_num(windows.max(axis=1), nan=np.inf)
    risen, fallen = np.searchsorted(edges + margin, lowest, "left"), np.searchsorted(edges - margin, highest, "right")
    found = np.empty(len(values))
    state = int(np.searchsorted(edges, values[0], "right")) if len(values) else 0
    for place, (low, high) in enumerate(zip(risen.tolist(), fallen.tolist(), strict=True)):
        state = max(low, min(high, state))
        found[place] = state
    return found
