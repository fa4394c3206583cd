"""Oil: how far its price is above what it was before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import param

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.base import Factor, frame_at
from nautilus_data.factors.ended_month import ended_months
from nautilus_data.factors.standard import rolling


class OilShock(Factor):
    key, title, family = "oil_shock", "Oil shock", "markets"
    formula = (
        "max(0, 100·ln(P_t / max of P_{t−1}…P_{t−36})), P = mean of DCOILWTICO in an ended month; none where a mean is"
        " not positive or one of the 37 months is missing"
    )
    reference = "Hamilton 2003, J. Econometrics 113"
    note = (
        "Hamilton's is quarterly, of producer prices of crude. The price below zero of April 2020 counts in its mean."
    )
    units = "log %"
    inputs = ("DCOILWTICO",)

    months = param.Integer(default=36, bounds=(12, 60), doc="Months before whose highest price is to be passed")

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        price = ended_months(lines.get("DCOILWTICO", Vintages.nothing()))
        month = price.dates.astype("datetime64[ns]").astype("datetime64[M]").astype("int64")
        if not len(month):
            return frame_at(price.dates, price.known, price.values)
        by_month = np.full(month[-1] - month[0] + 1, np.nan)
        by_month[month - month[0]] = np.where(price.values > 0, price.values, np.nan)
        return frame_at(price.dates, price.known, self._shock(by_month)[month - month[0]])

    def _shock(self, price: np.ndarray) -> np.ndarray:
        before = np.concatenate([[np.nan], price[:-1]])
        highest = np.max(rolling(before, self.months), axis=1)
        return np.maximum(0.0, 100 * np.log(price / highest))
