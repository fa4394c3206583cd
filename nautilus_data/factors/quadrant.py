"""Quadrant: is growth picking up or slowing, with inflation rising or falling?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.activity import FAMILY, Activity, ActivityImpulse
from nautilus_data.factors.base import Factor, frame_at
from nautilus_data.factors.inflation import InflationMomentum
from nautilus_data.factors.standing import news, standing

# The longest a month stood as the newest, in the shutdown of 2025, and some days.
LONGEST_MONTH = 160


class GrowthInflationQuadrant(Factor):
    key, title, family = "quadrant", "Growth and inflation quadrant", FAMILY
    formula = (
        "sign of A3 − its 12-month mean by sign of inflation momentum (3-month annualized − YoY of PCEPILFE),"
        " each of its newest month; a sign of 0 counts as slower, as falling"
    )
    reference = "Ilmanen, Maloney & Ross 2014, J. Portfolio Management 40(3)"
    units = "state"
    note = "By activity's month. No memory: it turns with every change of sign, also one that a revision brings."
    inputs = (*Activity.inputs, "PCEPILFE")
    optional = Activity.optional
    states = (
        "growth faster, inflation falling",
        "growth faster, inflation rising",
        "growth slower, inflation rising",
        "growth slower, inflation falling",
    )

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        growth, momentum = ActivityImpulse().compute(lines), InflationMomentum().compute(lines)
        times = np.union1d(growth["ts_init"].to_numpy(), momentum["ts_init"].to_numpy())
        dates, impulse = standing(growth, times, LONGEST_MONTH)
        _, pace = standing(momentum, times, LONGEST_MONTH)
        state = np.select(
            [np.isnan(impulse) | np.isnan(pace), impulse > 0], [np.nan, np.where(pace > 0, 1.0, 0.0)],
            np.where(pace > 0, 2.0, 3.0),
        )  # fmt: skip
        return news(frame_at(dates, times, state))
