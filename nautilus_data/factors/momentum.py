"""Momentum: the trend of the dollar and of gold over twelve months but the last."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import param

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.base import Factor, frame_at
from nautilus_data.factors.track import Track, months_before, value_before


class DollarMomentum(Factor):
    key, title, family = "dollar_momentum", "Dollar: 12–1 month momentum", "markets"
    formula = "100·ln(P of t − 1 month / P of t − 12 months), P = DTWEXBGS, calendar months"
    reference = "Moskowitz, Ooi & Pedersen 2012, J. Financial Economics 104"
    units = "log %"
    note = "Published on Mondays for the week before; positive: the dollar has risen."
    inputs = ("DTWEXBGS",)
    levels = ((0.0, "falling below, rising above"),)

    months = param.Integer(default=12, bounds=(2, 36), doc="Months back the return begins")
    skip = param.Integer(default=1, bounds=(0, 6), doc="Last months left out of it")

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        momentum = self._momentum(lines.get("DTWEXBGS", Vintages.nothing()))
        return frame_at(momentum.dates, momentum.known, momentum.values)

    def _momentum(self, line: Vintages) -> Track:
        """By date; NaN before there is a value so far back."""
        track = Track.of(line)
        ends, starts = (
            value_before(track.dates, track.values, months_before(track.dates, months))
            for months in (self.skip, self.months)
        )
        is_there = (starts > 0) & (ends > 0)
        ratios = np.divide(ends, starts, out=np.full(len(track), np.nan), where=is_there)
        return Track(track.dates, track.known, 100 * np.log(ratios))


class GoldMomentum(DollarMomentum):
    key, title = "gold_momentum", "Gold: 12–1 month momentum"
    formula = (
        "100·ln(P of t − 1 month / P of t − 12 months), P = gold_usd, dollars an ounce, where there is such a line,"
        " else NASDAQQGLDI; calendar months, never across the two"
    )
    note = "NASDAQQGLDI is an index of gold's trend, not a price in dollars an ounce; FRED has none since 2022."
    inputs = ("NASDAQQGLDI",)
    optional = ("gold_usd",)

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        price = _there(self._momentum(lines.get("gold_usd", Vintages.nothing())))
        index = _there(self._momentum(lines.get("NASDAQQGLDI", Vintages.nothing())))
        without_price = np.isnan(price.standing(index.dates, index.known))
        rows = pd.concat(
            [
                frame_at(price.dates, price.known, price.values),
                frame_at(index.dates, index.known, np.where(without_price, index.values, np.nan)),
            ]
        )
        return rows.sort_values(["ts_init", "ts_event"], kind="stable", ignore_index=True)


def _there(track: Track) -> Track:
    is_there = ~np.isnan(track.values)
    return Track(track.dates[is_there], track.known[is_there], track.values[is_there])
