"""Net liquidity: the Federal Reserve's assets less what is kept at it out of the markets."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.base import Factor, frame_at, nothing, tracks_of
from nautilus_data.factors.track import common

MILLIONS_PER_BILLION = 1000


class NetLiquidity(Factor):
    key, title, family = "net_liquidity", "Net liquidity (exploratory)", "markets"
    formula = "WALCL / 1000 − WTREGEN / 1000 − RRPONTSYD, each Wednesday; RRPONTSYD as last published by then"
    reference = "Practitioners' measure; no peer-reviewed support"
    units = "bn $"
    note = "Exploratory. WTREGEN is a week's mean; WALCL and RRPONTSYD are of a day."
    inputs = ("WALCL", "WTREGEN", "RRPONTSYD")

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        tracks = tracks_of(self, lines)
        if tracks is None:
            return nothing()
        dates, known = common([tracks["WALCL"], tracks["WTREGEN"]])
        assets, treasury = (tracks[name].on(dates, known) / MILLIONS_PER_BILLION for name in ("WALCL", "WTREGEN"))
        return frame_at(dates, known, assets - treasury - tracks["RRPONTSYD"].standing(dates, known))
