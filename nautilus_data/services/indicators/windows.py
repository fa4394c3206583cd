"""Windows: averages, sums and extremes that the formulas are made of; arrays in, arrays of the same length out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import talib

# Rows of windows at once are kept to what a core's cache holds.
_CELLS = 32_768


def windowed(values: np.ndarray, length: int, reduce: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """`reduce` (rows × length -> rows) of the last `length` values at each; NaN before there are as many.

    Each window is taken anew: nothing is left of a large value that has gone, as it is of running sums.
    """
    found = np.full(len(values), np.nan)
    if len(values) < length:
        return found
    windows = np.lib.stride_tricks.sliding_window_view(values, length)
    rows = max(1, _CELLS // length)
    for first in range(0, len(windows), rows):
        part = windows[first : first + rows]
        found[length - 1 + first :][: len(part)] = reduce(part)
    return found


def rolling_sum(values: np.ndarray, length: int) -> np.ndarray:
    return windowed(values, length, lambda windows: windows.sum(axis=1))


def deviation(values: np.ndarray, length: int) -> np.ndarray:
    """Standard deviation of the population (divided by `length`); exactly 0 where all are equal."""

    def spread(windows: np.ndarray) -> np.ndarray:
        # From the last value, so that no large squares are subtracted from each other.
        apart = windows - windows[:, -1:]
        total = apart.sum(axis=1)
        squares = np.einsum("ij,ij->i", apart, apart) - total * total / length
        return np.sqrt(np.maximum(squares, 0) / length)

    return windowed(values, length, spread)


def highest(values: np.ndarray, length: int) -> np.ndarray:
    return talib.MAX(values, length)


def lowest(values: np.ndarray, length: int) -> np.ndarray:
    return talib.MIN(values, length)


def middle(high: np.ndarray, low: np.ndarray, length: int) -> np.ndarray:
    """Halfway between the highest high and the lowest low."""
    return (highest(high, length) + lowest(low, length)) / 2


def smooth(values: np.ndarray, alpha: float) -> np.ndarray:
    """`y = (1 - alpha) y + alpha x`, from the first known value on."""
    return pd.Series(values).ewm(alpha=alpha, adjust=False).mean().to_numpy()


def quick(values: np.ndarray, length: int) -> np.ndarray:
    """An exponential average (`alpha = 2 / (length + 1)`) from its very first value on."""
    return smooth(values, 2 / (length + 1))


def ema(values: np.ndarray, length: int) -> np.ndarray:
    """An exponential average seeded with the first value; NaN before `length` of them."""
    return after(quick(values, length), length)


def wilder(values: np.ndarray, length: int) -> np.ndarray:
    """Wilder's average (`alpha = 1 / length`), seeded with the plain average of the first `length` known values."""
    found = np.full(len(values), np.nan)
    known = values[_first_known(values) :]
    if len(known) >= length:
        seeded = np.append(known[:length].mean(), known[length:])
        found[-len(seeded) :] = smooth(seeded, 1 / length)
    return found


def after(values: np.ndarray, count: int) -> np.ndarray:
    """Without the first `count - 1` known values: too few bars went into them."""
    first = _first_known(values)
    return np.append(np.full(min(len(values), first + count - 1), np.nan), values[first + count - 1 :])


def before(values: np.ndarray, bars: int = 1) -> np.ndarray:
    """The value so many bars earlier."""
    return np.append(np.full(min(bars, len(values)), np.nan), values[: max(0, len(values) - bars)])


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """NaN where something or nothing is divided by nothing."""
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole != 0)


def true_range(high: np.ndarray, low: np.ndarray, close: np.ndarray) -> np.ndarray:
    """Wilder's true range; that of the first bar is high minus low."""
    earlier = before(close)
    return np.fmax(high, earlier) - np.fmin(low, earlier)


def typical(high: np.ndarray, low: np.ndarray, close: np.ndarray) -> np.ndarray:
    return (high + low + close) / 3


def _first_known(values: np.ndarray) -> int:
    known = np.flatnonzero(~np.isnan(values))
    return int(known[0]) if len(known) else len(values)
