"""Trend: which way and how strongly; stops that follow the price."""

from __future__ import annotations

import numpy as np
import talib

from nautilus_data.services.indicators.indicator import Columns, Indicator, Output, Parameter
from nautilus_data.services.indicators.parts import HIGH_LOW_CLOSE, length, multiplier, wilders, window

_GROUP = "Trend"
# TA-Lib takes a range below 1e-14 for none: prices of nine decimals are lifted well above, which ratios don't notice.
_LIFT = 2.0**300
# Bars after which a stop has nearly always turned, and so forgotten where it began; whether it has is checked.
_TURNED = 500


def _supertrend(columns: Columns, length: int, multiplier: float) -> Columns:
    """Seban: (high + low) / 2 ± multiplier × Wilder's ATR; each band moves towards the price only, until the close
    before was beyond it; the close crosses from one to the other. Begins downwards.
    """
    prices = [columns[name] for name in HIGH_LOW_CLOSE]
    center = (columns["high"] + columns["low"]) / 2
    reach = multiplier * talib.ATR(*prices, length)
    upper, lower, is_up = _bands(columns["close"], center + reach, center - reach, length)
    return {
        "rising": np.where(is_up == 1, lower, np.nan),
        "falling": np.where(is_up == 0, upper, np.nan),
        "upper": upper,
        "lower": lower,
    }


def _bands(close: np.ndarray, upper: np.ndarray, lower: np.ndarray, first: int) -> np.ndarray:
    """Final upper and lower band, and 1 where the trend is up; NaN before row `first`. TA-Lib has it since 0.8 only."""
    found = np.full((3, len(close)), np.nan)
    if len(close) <= first:
        return found
    top, bottom, is_up, earlier = float("inf"), float("-inf"), False, float(close[first])
    rows = []
    for price, high, low in zip(close[first:].tolist(), upper[first:].tolist(), lower[first:].tolist(), strict=True):
        if high < top or earlier > top:
            top = high
        if low > bottom or earlier < bottom:
            bottom = low
        is_up = price >= bottom if is_up else price > top
        rows.append((top, bottom, is_up))
        earlier = price
    found[:, first:] = np.array(rows, "float64").T
    return found


def _psar(columns: Columns, step: float, maximum: float) -> Columns:
    """Wilder's stop and reverse: acceleration begins at `step`, grows by it at each new extreme, up to `maximum`."""
    return {"psar": talib.SAR(columns["high"], columns["low"], step, max(step, maximum))}


def _adx(columns: Columns, length: int) -> Columns:
    """Wilder: +DI and -DI = directional movement in percent of the true range, ADX = average of their difference in
    percent of their sum; all by Wilder's averages, seeded as in TA-Lib. NaN while nothing ever moved.
    """
    high, low, _ = prices = [columns[name] * _LIFT for name in HIGH_LOW_CLOSE]
    is_moved = np.maximum.accumulate(high) > np.minimum.accumulate(low)
    found = {"adx": talib.ADX, "plus": talib.PLUS_DI, "minus": talib.MINUS_DI}
    return {name: np.where(is_moved, compute(*prices, length), np.nan) for name, compute in found.items()}


def _aroon(columns: Columns, length: int) -> Columns:
    """Chande: how lately the highest high and lowest low of `length` + 1 bars were, 100 = now; the latest of equals."""
    down, up = talib.AROON(columns["high"], columns["low"], length)
    return {"up": up, "down": down}


def _linear_regression(columns: Columns, length: int) -> Columns:
    """The end of the straight line with the least squares through the last `length` closes."""
    return {"linreg": talib.LINEARREG(columns["close"], length)}


TREND = (
    Indicator(
        "supertrend", "SuperTrend", _GROUP, (Output("rising", "Rising"), Output("falling", "Falling")), HIGH_LOW_CLOSE,
        _supertrend, lambda length, multiplier: wilders(length) + _TURNED,
        (length(10, "bars of the ATR"), multiplier(3.0, "average true ranges from the middle")), "price",
    ),
    Indicator(
        "psar", "Parabolic SAR", _GROUP, (Output("psar", "SAR", "dots"),), ("high", "low"), _psar,
        lambda step, maximum: _TURNED,
        (
            Parameter("step", "Step", 0.02, 0.001, 0.5, 0.005, "acceleration at first, and what each extreme adds"),
            Parameter("maximum", "Maximum", 0.2, 0.01, 1.0, 0.05, "the most the acceleration grows to"),
        ),
        "price",
    ),
    Indicator(
        "adx", "Average directional index", _GROUP,
        (Output("adx", "ADX"), Output("plus", "+DI"), Output("minus", "-DI")), HIGH_LOW_CLOSE, _adx, wilders,
        (length(14),), levels=(25,), nautilus="DirectionalMovement",
        difference="NautilusTrader's pos and neg are exponential averages of the movements themselves, in units of "
        "price, not percents of the true range; it has no ADX.",
    ),
    Indicator(
        "aroon", "Aroon", _GROUP, (Output("up", "Up"), Output("down", "Down")), ("high", "low"), _aroon, window,
        (length(14),), levels=(30, 70), nautilus="AroonOscillator",
    ),
    Indicator(
        "linreg", "Linear regression", _GROUP, (Output("linreg", "Regression"),), ("close",), _linear_regression,
        window, (length(14),), "price", nautilus="LinearRegression",
    ),
)  # fmt: skip
