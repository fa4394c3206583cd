"""Activity: what is read in the composite A of growth, and the regimes the Chicago Fed's levels make of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np
import pandas as pd
import param

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.base import Factor, frame_at, nothing
from nautilus_data.factors.composite import (
    CONTRACTION,
    FORMULA,
    HIGH_RISK,
    INPUTS,
    OPTIONAL,
    RECOVERY,
    RISK,
    Readings,
    readings,
)
from nautilus_data.factors.standing import news

FAMILY = "activity"
_CHICAGO_FED = "Chicago Fed, Background on the CFNAI; Stock & Watson 1999, J. Monetary Economics 44"


class Activity(Factor):
    """What is made of A; about the newest month that has enough lines."""

    family = FAMILY
    inputs = INPUTS
    optional = OPTIONAL

    least = param.Integer(default=5, bounds=(3, 8), doc="Lines a month must have to count; the newest often lacks some")

    @abstractmethod
    def of(self, activity: Readings) -> np.ndarray:
        """The factor each time A was made; NaN where it is not known."""

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        activity = readings(lines, self.least)
        if activity is None:
            return nothing()
        dates = activity.months.astype("datetime64[M]").astype("datetime64[ns]").astype("int64")
        return news(frame_at(dates, activity.known, self.of(activity)))


class ActivityIndex(Activity):
    key, title = "activity", "Activity composite"
    formula = f"{FORMULA}; a month counts with 5 lines or more"
    reference = "After Chicago Fed, Background on the CFNAI; lines of NBER's dating committee. Compare CFNAI"
    units = "sd"
    note = "0 is growth at trend. A month is revised as its late lines come; z by the months up to each, within ±4."
    levels = ((0.0, "growth at trend"),)

    def of(self, activity: Readings) -> np.ndarray:
        return activity.recent[:, -1]


class ActivityAverage(Activity):
    key, title = "activity_3m", "Activity composite, 3-month mean"
    formula = f"A3 = mean of A of three months; {FORMULA}"
    reference = _CHICAGO_FED
    units = "sd"
    note = "The levels are the Chicago Fed's for its index of 85 lines; here they are read on eight."
    levels = (
        (CONTRACTION, "below, after an expansion: recession increasingly likely"),
        (RECOVERY, "above, after a contraction: recession likely over"),
        (RISK, "above, over two years into an expansion: inflation risk"),
        (HIGH_RISK, "above, over two years into an expansion: substantial inflation risk"),
    )

    def of(self, activity: Readings) -> np.ndarray:
        return activity.averages[:, -1]


class ActivityImpulse(Activity):
    key, title = "activity_impulse", "Activity against its year"
    formula = "A3 − its mean of 12 months"
    reference = "Ilmanen, Maloney & Ross 2014, J. Portfolio Management 40(3)"
    units = "sd"
    note = "Above 0 growth is picking up: the growth half of the quadrant."
    levels = ((0.0, "growth as in its year"),)

    def of(self, activity: Readings) -> np.ndarray:
        return activity.averages[:, -1] - activity.averages.mean(axis=1)


class ActivityRegime(Activity):
    key, title = "activity_regime", "Activity regime"
    formula = (
        "of A3: contraction from below −0.70 until above +0.20; else expansion: below or above trend by the sign of A3,"
        " inflation risk above +0.70 and substantial above +1.00 once it has lasted more than 24 months"
    )
    reference = _CHICAGO_FED
    units = "state"
    note = (
        "Read inside one vintage, so a revision may move the month a contraction began. The Chicago Fed's levels are"
        " for its index of 85 lines. Before the first contraction an expansion counts from the first month of A3."
    )
    states = ("contraction", "below trend", "above trend", "inflation risk", "substantial inflation risk")

    def of(self, activity: Readings) -> np.ndarray:
        return activity.states
