"""Credit impulse: how spreads changed over a quarter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import param

from nautilus_data.factors.base import DailyFactor
from nautilus_data.factors.stress import LEAST_OF_SHORT


class CreditImpulse(DailyFactor):
    key, title, family = "credit_impulse_baa", "Credit impulse: Baa spread", "financial stress"
    formula = "100·(BAA10Y_t − its value 63 days with values earlier)"
    reference = "Spreads as signal: Gilchrist & Zakrajšek 2012, American Economic Review 102"
    units = "bp"
    note = "Positive: credit tightens. The paper's excess bond premium is not among FRED's series."
    inputs = ("BAA10Y",)
    levels = ((0.0, "easing below, tightening above"),)
    least = 0

    days = param.Integer(default=63, bounds=(5, 252), doc="Days with values the change is over")

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        spread = lines[self.inputs[0]]
        change = np.full(len(spread), np.nan)
        change[self.days :] = 100 * (spread[self.days :] - spread[: len(spread) - self.days])
        change[: max(0, self.least - 1)] = np.nan
        return change


class HighYieldImpulse(CreditImpulse):
    key, title = "credit_impulse_high_yield", "Credit impulse: high-yield spread"
    formula = "100·(BAMLH0A0HYM2_t − its value 63 days with values earlier), from its 252nd value on"
    note = "Positive: credit tightens. FRED serves the last three years of this series; ICE holds its copyright."
    inputs = ("BAMLH0A0HYM2",)
    least = LEAST_OF_SHORT
