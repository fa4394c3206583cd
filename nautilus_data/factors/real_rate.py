"""Real rates and the term premium: what yields pay beyond inflation, and for lending long."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.base import DailyFactor, Factor, frame_at, nothing
from nautilus_data.factors.inflation import LONGEST_MONTH, CoreInflation
from nautilus_data.factors.standing import standing
from nautilus_data.factors.track import Track


class RealRate(DailyFactor):
    key, title, family = "real_rate_10y", "Real rate: 10 years", "yield curve"
    formula = "DFII10"
    reference = "Board of Governors, H.15: yields of inflation-indexed Treasuries (TIPS)"
    units = "%"
    note = "From 2003. A TIPS yield includes what its lower liquidity costs, most of all in 2008 and March 2020."
    inputs = ("DFII10",)

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        return lines["DFII10"]


class TermPremium(DailyFactor):
    key, title, family = "term_premium", "Term premium: 10 years", "yield curve"
    formula = "THREEFYTP10, of each date as first published"
    reference = "Kim & Wright 2005, FEDS 2005-33"
    units = "%"
    note = (
        "The whole past is estimated anew at each release: these are first releases, each of the model of its time,"
        " so levels far apart are not of one model."
    )
    inputs = ("THREEFYTP10",)

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        return lines["THREEFYTP10"]


class ShortRealRate(Factor):
    key, title, family = "real_rate_short", "Real rate: federal funds", "yield curve"
    formula = "DFF − YoY(PCEPILFE), as known when DFF was"
    reference = "Ex-post real rate; Laubach & Williams 2003, Rev. Economics and Statistics 85"
    units = "%"
    note = f"None while the newest month of PCEPILFE began more than {LONGEST_MONTH} days ago."
    inputs = ("DFF", "PCEPILFE")

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        if any(name not in lines or not len(lines[name]) for name in self.inputs):
            return nothing()
        rate = Track.of(lines["DFF"])
        _, inflation = standing(CoreInflation().compute(lines), rate.known, LONGEST_MONTH)
        return frame_at(rate.dates, rate.known, rate.values - inflation)
