"""Volatility: how far prices reach."""

from __future__ import annotations

import talib

from nautilus_data.services.indicators.indicator import Columns, Indicator, Output
from nautilus_data.services.indicators.parts import HIGH_LOW_CLOSE, length, wilders, window
from nautilus_data.services.indicators.windows import deviation

_GROUP = "Volatility"


def _atr(columns: Columns, length: int) -> Columns:
    """Wilder's average of the true range, from the second bar on, seeded with the plain average of `length` of them."""
    return {"atr": talib.ATR(*(columns[name] for name in HIGH_LOW_CLOSE), length)}


def _stddev(columns: Columns, length: int) -> Columns:
    """Standard deviation of the last `length` closes, of the population (divided by `length`)."""
    return {"stddev": deviation(columns["close"], length)}


VOLATILITY = (
    Indicator(
        "atr", "Average true range", _GROUP, (Output("atr", "ATR"),), HIGH_LOW_CLOSE, _atr, wilders,
        (length(14),), nautilus="AverageTrueRange",
        difference="NautilusTrader's is a plain average; with MovingAverageType.WILDER it comes to be equal as its "
        "seed (the range of the first bar) fades.",
    ),
    Indicator(
        "stddev", "Standard deviation", _GROUP, (Output("stddev", "Deviation"),), ("close",), _stddev, window,
        (length(20),),
    ),
)  # fmt: skip
