"""Averages: moving averages of the close, drawn over the bars."""

from __future__ import annotations

import math

import numpy as np
import talib

from nautilus_data.services.indicators.indicator import Columns, Indicator, Output
from nautilus_data.services.indicators.parts import exponential, fading, length, window
from nautilus_data.services.indicators.windows import after, before, ema, quick, ratio, rolling_sum

_GROUP = "Moving averages"
_CLOSE = ("close",)


def _sma(columns: Columns, length: int) -> Columns:
    """The plain average of the last `length` closes."""
    return {"sma": talib.SMA(columns["close"], length)}


def _ema(columns: Columns, length: int) -> Columns:
    """Exponential, alpha = 2 / (length + 1), seeded with the first close; shown from bar `length` on."""
    return {"ema": ema(columns["close"], length)}


def _wma(columns: Columns, length: int) -> Columns:
    """Weights 1 to `length`, the newest close the heaviest."""
    return {"wma": talib.WMA(columns["close"], length)}


def _dema(columns: Columns, length: int) -> Columns:
    """Mulloy: 2 EMA - EMA of EMA, both seeded with the first close; shown from bar `length` on."""
    once = quick(columns["close"], length)
    return {"dema": after(2 * once - quick(once, length), length), "once": once}


def _hma(columns: Columns, length: int) -> Columns:
    """Hull: WMA over √length of 2 WMA(length / 2) - WMA(length); halves and roots rounded down."""
    close = columns["close"]
    raw = 2 * talib.WMA(close, length // 2) - talib.WMA(close, length)
    return {"hma": talib.WMA(raw, math.isqrt(length))}


def _kama(columns: Columns, length: int, fast: int, slow: int) -> Columns:
    """Kaufman: an average as fast as the way is straight. Efficiency = |change over `length` bars| / sum of |changes|
    of each; 0 where nothing moved. Begins at close number `length`.

    TA-Lib's has fast = 2 and slow = 30 for good, and its running sum takes a flat line for a straight way.
    """
    close = columns["close"]
    if len(close) <= length:
        return {"kama": np.full(len(close), np.nan)}
    way = rolling_sum(np.abs(close - before(close)), length)
    straight = np.nan_to_num(ratio(np.abs(close - before(close, length)), way))
    fastest, slowest = 2 / (fast + 1), 2 / (slow + 1)
    alpha = (straight * (fastest - slowest) + slowest) ** 2
    return {"kama": _follow(close, alpha, length)}


def _follow(values: np.ndarray, alpha: np.ndarray, first: int) -> np.ndarray:
    """From the value before `first`, go the fraction `alpha` of the way to each value."""
    at = float(values[first - 1])
    reached = [
        at := at + step * (value - at)
        for value, step in zip(values[first:].tolist(), alpha[first:].tolist(), strict=True)
    ]
    return np.append(np.full(first, np.nan), reached)


def _kama_memory(length: int, fast: int, slow: int) -> int:
    # Between the slowest, on a line that goes nowhere, and the fastest.
    return fading((2 / (slow + 1)) ** 2) // 4 + length


AVERAGES = (
    Indicator(
        "sma", "Simple moving average", _GROUP, (Output("sma", "SMA"),), _CLOSE, _sma, window,
        (length(20),), "price", nautilus="SimpleMovingAverage",
    ),
    Indicator(
        "ema", "Exponential moving average", _GROUP, (Output("ema", "EMA"),), _CLOSE, _ema, exponential,
        (length(20),), "price", nautilus="ExponentialMovingAverage",
    ),
    Indicator(
        "wma", "Weighted moving average", _GROUP, (Output("wma", "WMA"),), _CLOSE, _wma, window,
        (length(20),), "price", nautilus="WeightedMovingAverage",
        difference="Equal when NautilusTrader's is given the weights 1 to length; without weights its own is plain.",
    ),
    Indicator(
        "dema", "Double exponential moving average", _GROUP, (Output("dema", "DEMA"),), _CLOSE, _dema, exponential,
        (length(20),), "price", nautilus="DoubleExponentialMovingAverage",
    ),
    Indicator(
        "hma", "Hull moving average", _GROUP, (Output("hma", "HMA"),), _CLOSE, _hma, lambda length: 2 * length,
        (length(20, low=8),), "price", nautilus="HullMovingAverage",
        difference="Equal from the first value here on; NautilusTrader's is initialized √length bars before that, with "
        "windows that are not full.",
    ),
    Indicator(
        "kama", "Kaufman adaptive moving average", _GROUP, (Output("kama", "KAMA"),), _CLOSE, _kama, _kama_memory,
        (
            length(10, "bars the efficiency is measured over"),
            length(2, "length of the EMA on a straight way", "fast"),
            length(30, "length of the EMA on a way that leads nowhere", "slow", low=3),
        ),
        "price", nautilus="AdaptiveMovingAverage", ascending=("fast", "slow"),
        difference="NautilusTrader's efficiency sets the change over length - 1 bars against the way of length bars: "
        "its average is slower.",
    ),
)  # fmt: skip
