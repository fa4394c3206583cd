"""Real rates and the term premium: what yields pay beyond inflation, and for lending long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pandas as pd

from nautilus_data.core.observation import Known, Vintages
from nautilus_data.factors.base import DailyFactor, Factor, ReleaseFactor, frame_at, nothing
from nautilus_data.factors.monthly import month_start, months_of, year_over_year
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
    formula = "DFF − YoY(PCEPILFE) as known when DFF was; none once the month of PCEPILFE is more than 120 days old"
    reference = "Ex-post real rate; Laubach & Williams 2003, Rev. Economics and Statistics 85"
    units = "%"
    inputs = ("DFF", "PCEPILFE")
    longest_ns: ClassVar[int] = 120 * 86_400_000_000_000

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        if any(name not in lines or not len(lines[name]) for name in self.inputs):
            return nothing()
        rate, inflation = Track.of(lines["DFF"]), _CoreInflation().compute(lines)
        if not len(inflation):
            return nothing()
        places = np.searchsorted(inflation["ts_init"].to_numpy(), rate.known, side="right") - 1
        ages = rate.dates - inflation["ts_event"].to_numpy()[places]
        is_there = (places >= 0) & (ages <= self.longest_ns)
        values = np.where(is_there, rate.values - inflation["value"].to_numpy()[places], np.nan)
        return frame_at(rate.dates, rate.known, values)


class _CoreInflation(ReleaseFactor):
    """YoY of core PCE by its newest month."""

    inputs = ("PCEPILFE",)

    def value(self, known: Mapping[str, Known], now: int, before: float) -> tuple[int, float] | None:
        inflation = year_over_year(months_of(known["PCEPILFE"]))
        return month_start(inflation.last), float(inflation.values[-1])
