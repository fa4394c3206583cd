"""Policy and output: how far the economy is from its potential, and the policy rate from a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import param

from nautilus_data.core.observation import Cursor, Known, Vintages
from nautilus_data.factors.base import Factor, frame_at, frame_of, nothing
from nautilus_data.factors.inflation import LONGEST_MONTH, TARGET, CoreInflation
from nautilus_data.factors.standing import news, standing
from nautilus_data.factors.track import Track

FAMILY = "policy and output"
# Every change of the base year since 1991 moved levels by more than 5 %; the median gap of a long history is below 2 %.
OTHER_BASE = 0.04
# Fewer quarters than these may lie in one slump, which a median would take for a change of base.
LEAST_QUARTERS = 40
# The longest a quarter's output stood as the newest, in the shutdown of 2025, and some days.
LONGEST_QUARTER = 290


class _Ratio(NamedTuple):
    """GDPC1 / GDPPOT of the newest quarter both have, its date (ns), and the median of all quarters."""

    date: int
    value: float
    median: float

    @property
    def is_one_base(self) -> bool:
        return abs(self.median - 1) <= OTHER_BASE


class OutputGap(Factor):
    key, title, family = "output_gap", "Output gap", FAMILY
    formula = "100·(GDPC1 / GDPPOT − 1) of the newest quarter of GDPC1, vintages of both; projections are cut off"
    reference = "CBO, Potential GDP and Underlying Inputs"
    units = "% of potential"
    note = (
        "While the two are in dollars of different base years (their median ratio is over 4 % off 1) GDPC1 is scaled to"
        " the median they had in the last vintage with one base; without such a vintage there is no value. Needs 40"
        " quarters. Potential output is revised for years: compare vintages."
    )
    inputs = ("GDPC1", "GDPPOT")
    levels = ((0.0, "at potential"),)

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        if any(name not in lines or not len(lines[name]) for name in self.inputs):
            return nothing()
        output, potential = (Cursor(lines[name]) for name in self.inputs)
        rows: list[tuple[int, int, float]] = []
        median = float("nan")
        for now in np.unique(np.concatenate([lines[name].known for name in self.inputs])).tolist():
            ratio = _ratio(output.at(now), potential.at(now), now)
            if ratio is None:
                continue
            if ratio.is_one_base:
                median = ratio.median
            scale = 1.0 if ratio.is_one_base else median / ratio.median
            rows.append((ratio.date, now, 100 * (ratio.value * scale - 1)))
        return news(frame_of([row for row in rows if not np.isnan(row[2])]))


def _ratio(output: Known, potential: Known, now: int) -> _Ratio | None:
    """None: fewer than 40 quarters, or the newest quarter of output has no potential."""
    dates, of_output, of_potential = np.intersect1d(output.dates, potential.dates, True, return_indices=True)
    ratios = output.values[of_output] / potential.values[of_potential]
    is_there = ~np.isnan(ratios) & (dates <= now)
    newest = output.dates[~np.isnan(output.values) & (output.dates <= now)]
    if np.sum(is_there) < LEAST_QUARTERS or dates[is_there][-1] != newest[-1]:
        return None
    return _Ratio(int(newest[-1]), float(ratios[is_there][-1]), float(np.median(ratios[is_there])))


class TaylorGap(Factor):
    key, title, family = "taylor_gap", "Policy rate above the Taylor rule", FAMILY
    formula = "DFF − [2 + π + 0.5·(π − 2) + 0.5·output gap], π = YoY(PCEPILFE), all as known when DFF was"
    reference = "Taylor 1993, Carnegie-Rochester Conf. Series 39, with core PCE; 1999 (NBER): 1.0·output gap"
    units = "pp"
    note = (
        "Above 0 policy is tighter than the rule. None while the newest month of PCEPILFE began more than 160 days ago,"
        " or the newest quarter of GDPC1 290."
    )
    inputs = ("DFF", "PCEPILFE", "GDPC1", "GDPPOT")
    levels = ((0.0, "as the rule"),)

    gap_weight = param.Selector(
        default=0.5, objects={"0.5 (Taylor 1993)": 0.5, "1.0 (Taylor 1999)": 1.0}, doc="Weight of the output gap"
    )
    neutral = param.Number(default=2.0, bounds=(-1.0, 5.0), doc="% real rate of an economy at its potential")

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        if any(name not in lines or not len(lines[name]) for name in self.inputs):
            return nothing()
        rate = Track.of(lines["DFF"])
        _, inflation = standing(CoreInflation().compute(lines), rate.known, LONGEST_MONTH)
        _, gap = standing(OutputGap().compute(lines), rate.known, LONGEST_QUARTER)
        rule = self.neutral + inflation + 0.5 * (inflation - TARGET) + self.gap_weight * gap
        return frame_at(rate.dates, rate.known, rate.values - rule)
