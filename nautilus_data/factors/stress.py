"""Financial stress: standard scores of what moves in a crisis as one number, and as a system (CISS)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import param

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.base import Factor, frame_at, nothing, tracks_of
from nautilus_data.factors.curve import realised_volatility
from nautilus_data.factors.standard import expanding_z
from nautilus_data.factors.track import Track, common
from nautilus_data.factors.volatility import MONTH_DAYS, log_returns

FAMILY = "financial stress"
# A line that FRED keeps three years of says nothing by its first months.
LEAST_OF_SHORT = 252
QUARTER_DAYS = 63
# Where each state but the last ends.
STRESS_LEVELS = (0.0, 1.0, 2.0)


class FinancialStress(Factor):
    key, title, family = "financial_stress", "Financial stress composite", FAMILY
    formula = (
        "Mean of expanding z-scores (60 values or more, ±4) of BAA10Y, VIXCLS and the 22-day sd of changes of DGS10,"
        " and of these where known: BAMLH0A0HYM2 from 252 values on, 22-day sd of log changes of DEXUSEU, −63-day log"
        " return of SP500; the last three as last published by then"
    )
    reference = "Equal weights as in Cardarelli, Elekdag & Lall 2011, J. Financial Stability 7"
    note = "Parts join as their histories begin: DEXUSEU in 1999, SP500 and BAMLH0A0HYM2 by what FRED still serves."
    units = "mean z"
    inputs = ("BAA10Y", "VIXCLS", "DGS10")
    optional = ("BAMLH0A0HYM2", "DEXUSEU", "SP500")
    levels = ((0.0, "loose up to"), (1.0, "high above"), (2.0, "severe above"))

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        tracks = tracks_of(self, lines)
        if tracks is None:
            return nothing()
        dates, known = common([tracks[name] for name in self.inputs])
        scores = [track.standing(dates, known) for track in _scores(tracks)]
        always = scores[0] + scores[1] + scores[2]
        others = np.array(scores[3:])
        total = always + np.where(np.isnan(others), 0.0, others).sum(axis=0)
        return frame_at(dates, known, self._said(total / (3 + (~np.isnan(others)).sum(axis=0))))

    def _said(self, stress: np.ndarray) -> np.ndarray:
        return stress


class FinancialStressRegime(FinancialStress):
    key, title = "financial_stress_regime", "Financial stress regime"
    formula = "Financial stress composite: loose ≤ 0 · normal 0–1 · high 1–2 · severe > 2"
    units = "state"
    states = ("loose", "normal", "high", "severe")
    levels = ()

    def _said(self, stress: np.ndarray) -> np.ndarray:
        return stress_states(stress)


class SystemicStress(Factor):
    key, title, family = "systemic_stress", "Systemic stress, CISS-style", FAMILY
    formula = (
        "s'Cs / 25 of five blocks s = mean of expanding ranks in (0, 1], 252 values or more: money (22-day sd of"
        " changes of DGS3MO), bonds (of DGS10), equities (VIXCLS, −63-day return of SP500), credit (BAA10Y,"
        " BAMLH0A0HYM2),"
        " dollar (22-day sd of log changes of DEXUSEU); C = correlations of s − ½ by EWMA, λ = 0.93 a week of 5 days"
    )
    reference = "Hollo, Kremer & Lo Duca 2012, ECB WP 1426"
    note = "In the style of the ECB's: US lines, equal weights, daily. From 2000, when the euro has a year of ranks."
    units = "0–1"
    inputs = ("VIXCLS", "BAA10Y", "DGS3MO", "DGS10", "DEXUSEU")
    optional = ("SP500", "BAMLH0A0HYM2")

    decay = param.Number(default=0.93, bounds=(0.5, 0.99), doc="λ: what last week's correlations weigh this week")

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        tracks = tracks_of(self, lines)
        if tracks is None:
            return nothing()
        dates, known = common([tracks[name] for name in self.inputs if name != "DEXUSEU"])
        blocks = np.array(
            [_mean_there([part.mapped(_ranks).standing(dates, known) for part in block]) for block in _blocks(tracks)]
        )
        is_whole = ~np.isnan(blocks).any(axis=0)
        return frame_at(dates[is_whole], known[is_whole], _systemic(blocks[:, is_whole], self.decay))


def stress_states(stress: np.ndarray) -> np.ndarray:
    """The index of the state of each score, an edge in the lower; NaN stays NaN."""
    return np.where(np.isnan(stress), np.nan, np.searchsorted(STRESS_LEVELS, stress, side="left"))


def _scores(tracks: Mapping[str, Track]) -> list[Track]:
    return [
        tracks["BAA10Y"].mapped(expanding_z),
        tracks["VIXCLS"].mapped(expanding_z),
        tracks["DGS10"].mapped(_volatility).mapped(expanding_z),
        tracks["BAMLH0A0HYM2"].mapped(lambda spread: expanding_z(spread, least=LEAST_OF_SHORT)),
        tracks["DEXUSEU"].mapped(_return_volatility).mapped(expanding_z),
        tracks["SP500"].mapped(_fall).mapped(expanding_z),
    ]


def _blocks(tracks: Mapping[str, Track]) -> tuple[list[Track], ...]:
    return (
        [tracks["DGS3MO"].mapped(_volatility)],
        [tracks["DGS10"].mapped(_volatility)],
        [tracks["VIXCLS"], tracks["SP500"].mapped(_fall)],
        [tracks["BAA10Y"], tracks["BAMLH0A0HYM2"]],
        [tracks["DEXUSEU"].mapped(_return_volatility)],
    )


def _volatility(values: np.ndarray) -> np.ndarray:
    return realised_volatility(np.diff(values, prepend=np.nan), MONTH_DAYS)


def _return_volatility(prices: np.ndarray) -> np.ndarray:
    return realised_volatility(log_returns(prices), MONTH_DAYS)


def _fall(prices: np.ndarray) -> np.ndarray:
    return -log_returns(prices, QUARTER_DAYS)


def _ranks(values: np.ndarray) -> np.ndarray:
    """The share of the values so far that each is not below, ties by their mean rank."""
    return pd.Series(values).expanding(LEAST_OF_SHORT).rank(pct=True).to_numpy()


def _mean_there(parts: list[np.ndarray]) -> np.ndarray:
    """The mean of those that are there; NaN where the first is not."""
    there = np.array(parts)
    means = np.where(np.isnan(there), 0.0, there).sum(axis=0) / np.maximum((~np.isnan(there)).sum(axis=0), 1)
    return np.where(np.isnan(parts[0]), np.nan, means)


def _systemic(blocks: np.ndarray, weekly_decay: float) -> np.ndarray:
    """s'Cs / n² each day; NaN for the first 252, in which the correlations form."""
    deviations, count = blocks - 0.5, len(blocks)
    pairs = [(one, other) for one in range(count) for other in range(one, count)]
    products = pd.DataFrame({pair: deviations[pair[0]] * deviations[pair[1]] for pair in pairs})
    # alpha is what the newest day weighs; five days make a week.
    covariances = products.ewm(alpha=1 - weekly_decay ** (1 / 5), adjust=False).mean()
    total = np.zeros(blocks.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        for one, other in pairs:
            spread = np.sqrt(covariances[one, one].to_numpy() * covariances[other, other].to_numpy())
            correlation = covariances[one, other].to_numpy() / spread
            total += (1 if one == other else 2) * correlation * blocks[one] * blocks[other]
    total[:LEAST_OF_SHORT] = np.nan
    return total / count**2
