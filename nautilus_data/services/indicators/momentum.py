"""Momentum: oscillators of price in a pane of their own."""

from __future__ import annotations

import numpy as np

from nautilus_data.services.indicators.indicator import Columns, Indicator, Output
from nautilus_data.services.indicators.parts import HIGH_LOW_CLOSE, fading, length, wilders, window
from nautilus_data.services.indicators.windows import (
    after,
    before,
    ema,
    highest,
    lowest,
    quick,
    ratio,
    rolling_sum,
    typical,
    wilder,
    windowed,
)

_GROUP = "Momentum"


def _rsi(columns: Columns, length: int) -> Columns:
    """Wilder: 100 × average gain / (average gain + average loss), Wilder's averages; NaN while nothing ever moved."""
    change = columns["close"] - before(columns["close"])
    gain, loss = (wilder(np.maximum(way, 0), length) for way in (change, -change))
    return {"rsi": 100 * ratio(gain, gain + loss), "gain": gain, "loss": loss}


def _macd(columns: Columns, fast: int, slow: int, signal: int) -> Columns:
    """EMA(fast) - EMA(slow) of the close, seeded with the first; the signal is its EMA, seeded with its first value."""
    close = columns["close"]
    line = after(quick(close, fast) - quick(close, slow), slow)
    average = ema(line, signal)
    return {"macd": line, "signal": average, "histogram": line - average}


def _stochastic(columns: Columns, length: int, smooth: int, signal: int) -> Columns:
    """Lane: %K = place of the close between the lowest low and the highest high, 0 to 100, averaged over `smooth` bars;
    %D = SMA of %K. NaN where high equals low in the whole window.
    """
    high, low = highest(columns["high"], length), lowest(columns["low"], length)
    return _averaged(100 * ratio(columns["close"] - low, high - low), smooth, signal)


def _stochastic_rsi(columns: Columns, length: int, stochastic: int, smooth: int, signal: int) -> Columns:
    """Chande and Kroll: the stochastic of the RSI, 0 to 100. NaN where the RSI did not move in the whole window."""
    found = _rsi(columns, length)
    rsi = found.pop("rsi")
    high, low = (windowed(rsi, stochastic, lambda part, of=of: of(part, axis=1)) for of in (np.max, np.min))
    return {**_averaged(100 * ratio(rsi - low, high - low), smooth, signal), **found}


def _averaged(raw: np.ndarray, smooth: int, signal: int) -> dict[str, np.ndarray]:
    k = rolling_sum(raw, smooth) / smooth
    return {"k": k, "d": rolling_sum(k, signal) / signal}


def _cci(columns: Columns, length: int) -> Columns:
    """Lambert: (typical price - its SMA) / (0.015 × mean absolute deviation); NaN where nothing deviates."""
    return {"cci": windowed(typical(*(columns[name] for name in HIGH_LOW_CLOSE)), length, _last_deviation)}


def _last_deviation(windows: np.ndarray) -> np.ndarray:
    # From the last value, so that equal prices deviate by exactly nothing.
    apart = windows - windows[:, -1:]
    mean = apart.mean(axis=1)
    return ratio(-mean, 0.015 * np.abs(apart - mean[:, None]).mean(axis=1))


def _roc(columns: Columns, length: int) -> Columns:
    """Percent since `length` bars before; NaN where that price was not above 0: percents of it say nothing."""
    return {"roc": _percent(columns["close"], length)}


def _percent(values: np.ndarray, length: int) -> np.ndarray:
    earlier = before(values, length)
    return np.where(earlier > 0, 100 * ratio(values - earlier, earlier), np.nan)


def _williams(columns: Columns, length: int) -> Columns:
    """-100 × (highest high - close) / (highest high - lowest low); NaN where high equals low in the whole window."""
    high, low = highest(columns["high"], length), lowest(columns["low"], length)
    return {"williams": -100 * ratio(high - columns["close"], high - low)}


def _trix(columns: Columns, length: int) -> Columns:
    """Hutson: percent a bar of the EMA of the EMA of the EMA, each seeded with its first; NaN where not above 0."""
    once = quick(columns["close"], length)
    twice = quick(once, length)
    thrice = quick(twice, length)
    return {"trix": after(_percent(thrice, 1), 3 * (length - 1) + 1), "once": once, "twice": twice}


MOMENTUM = (
    Indicator(
        "rsi", "Relative strength index", _GROUP, (Output("rsi", "RSI"),), ("close",), _rsi, wilders,
        (length(14),), levels=(30, 70), nautilus="RelativeStrengthIndex",
        difference="NautilusTrader's goes from 0 to 1 and averages exponentially; 100 × its value with "
        "MovingAverageType.WILDER comes to be equal as its seed (the first bar) fades.",
    ),
    Indicator(
        "macd", "MACD", _GROUP,
        (Output("macd", "MACD"), Output("signal", "Signal"), Output("histogram", "Histogram", "histogram")),
        ("close",), _macd, lambda fast, slow, signal: 2 * (fading(2 / (slow + 1)) + fading(2 / (signal + 1))),
        (
            length(12, "length of the fast EMA", "fast"),
            length(26, "length of the slow EMA", "slow", low=3),
            length(9, "length of the EMA of the difference", "signal"),
        ),
        levels=(0,), nautilus="MovingAverageConvergenceDivergence", ascending=("fast", "slow"),
        difference="Equal; NautilusTrader's has neither signal nor histogram.",
    ),
    Indicator(
        "stochastic", "Stochastic", _GROUP, (Output("k", "%K"), Output("d", "%D")), HIGH_LOW_CLOSE, _stochastic,
        lambda length, smooth, signal: length + smooth + signal,
        (
            length(14),
            length(1, "bars %K is averaged over", "smooth", low=1),
            length(3, "bars of the average %D", "signal", low=1),
        ),
        levels=(20, 80), nautilus="Stochastics",
        difference="%K is equal with smooth = 1; NautilusTrader's %D divides the sum of (close - low) by that of "
        "(high - low) instead of averaging %K, and where high equals low it keeps the last values.",
    ),
    Indicator(
        "stochrsi", "Stochastic RSI", _GROUP, (Output("k", "%K"), Output("d", "%D")), ("close",), _stochastic_rsi,
        lambda length, stochastic, smooth, signal: wilders(length) + stochastic + smooth + signal,
        (
            length(14, "bars of the RSI"),
            length(14, "bars of the stochastic of it", "stochastic"),
            length(3, "bars %K is averaged over", "smooth", low=1),
            length(3, "bars of the average %D", "signal", low=1),
        ),
        levels=(20, 80),
    ),
    Indicator(
        "cci", "Commodity channel index", _GROUP, (Output("cci", "CCI"),), HIGH_LOW_CLOSE, _cci, window,
        (length(20),), levels=(-100, 100), nautilus="CommodityChannelIndex",
        difference="Equal; where nothing deviates NautilusTrader's raises ZeroDivisionError and this is NaN.",
    ),
    Indicator(
        "roc", "Rate of change", _GROUP, (Output("roc", "ROC"),), ("close",), _roc, window,
        (length(10, "bars back", low=1),), levels=(0,), nautilus="RateOfChange",
        difference="NautilusTrader's is a fraction, counts this bar as one of the period, and divides by negative "
        "prices, too.",
    ),
    Indicator(
        "williams", "Williams %R", _GROUP, (Output("williams", "%R"),), HIGH_LOW_CLOSE, _williams, window,
        (length(14),), levels=(-80, -20),
    ),
    Indicator(
        "trix", "TRIX", _GROUP, (Output("trix", "TRIX"),), ("close",), _trix,
        lambda length: 3 * fading(2 / (length + 1)), (length(15),), levels=(0,),
    ),
)  # fmt: skip
