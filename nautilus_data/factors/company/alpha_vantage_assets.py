"""Real assets: how gold, oil and copper did of late; one number for all companies."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from nautilus_data.core.observation import Known
from nautilus_data.core.statements import NotKnown
from nautilus_data.factors.company.base import PIT_OF_ROWS, CompanyFactor, Score, positive
from nautilus_data.factors.company.company import Company, CompanyAt

GOLD, OIL, COPPER = "GOLD.ALPHAVANTAGE", "WTI.ALPHAVANTAGE", "COPPER.ALPHAVANTAGE"
SKIPPED, LOOK_BACK, OLDEST = 1, 12, 4


class RealAssetMomentum(CompanyFactor):
    key, title, family = "real_asset_momentum", "Real asset momentum", "momentum"
    formula = "mean of P_{t−1}/P_{t−12} − 1 of gold, WTI and copper; P the last value of a month, t the last all have"
    reference = "Asness, Moskowitz & Pedersen 2013, J. Finance 68"
    units, direction = "ratio", "+"
    inputs: ClassVar[tuple[str, ...]] = ()
    lines, components = (GOLD, OIL, COPPER), ("gold", "oil", "copper")
    note = "A factor of markets. Copper is the mean of a month, gold and oil its last day; known by their usual lags."

    @property
    def pit(self) -> str:
        """Its lines come without when they became known."""
        return PIT_OF_ROWS["rule"]

    def moments(self, company: Company) -> np.ndarray:
        """Each turn of a month, and whenever a value of one that is over becomes known: no other can change it."""
        there = [company.lines[name] for name in self.lines if name in company.lines]
        if not sum(map(len, there)):
            return np.empty(0, "int64")
        known, dates = (np.concatenate([getattr(line, name) for line in there]) for name in ("known", "dates"))
        turns = np.unique(_months(known))[:, None] + np.arange(OLDEST + 2)
        late = known[_months(dates) < _months(known)]
        starts = turns.ravel().astype("datetime64[M]").astype("datetime64[ns]").astype("int64")
        moments = np.unique(np.concatenate([starts, late]))
        return moments[(moments >= known.min()) & (moments <= company.as_of)]

    def score(self, known: CompanyAt) -> Score:
        now = int(_months(np.array([known.now]))[0])
        prices = {name: _by_month(known.line(name), now) for name in self.lines}
        last = min(max(months, default=-1) for months in prices.values())
        if last < now - OLDEST:
            raise NotKnown(f"no month of the last {OLDEST} is known of all")
        returns = {
            part: _return(prices[name], last, name) for part, name in zip(self.components, self.lines, strict=True)
        }
        end = int(np.datetime64(last, "M").astype("datetime64[ns]").astype("int64"))
        return Score(end, float(np.mean(list(returns.values()))), returns)


def _months(times: np.ndarray) -> np.ndarray:
    """Since 1970."""
    return times.astype("datetime64[ns]").astype("datetime64[M]").astype("int64")


def _by_month(line: Known, now: int) -> dict[int, float]:
    """The last value of each month (since 1970) that is over."""
    is_one = ~np.isnan(line.values)
    values = zip(_months(line.dates[is_one]).tolist(), line.values[is_one].tolist(), strict=True)
    return {month: value for month, value in values if month < now}


def _return(prices: dict[int, float], last: int, name: str) -> float:
    try:
        after, before = prices[last - SKIPPED], prices[last - LOOK_BACK]
    except KeyError as error:
        raise NotKnown(f"{name} of {np.datetime64(error.args[0], 'M')} is not known") from None
    return after / positive(before, f"the price of {name}") - 1
