"""Standard scores by an expanding window: of each value, by those up to it and no later one."""

from __future__ import annotations

import numpy as np

MIN_OBSERVATIONS, LIMIT = 60, 4.0


def expanding_z(values: np.ndarray, least: int = MIN_OBSERVATIONS, limit: float = LIMIT) -> np.ndarray:
    """(x_t - mean) / sd of the window that ends at t, winsorised at ±limit; NaN with fewer than `least` values in it.

    sd is that of a sample (n - 1). NaN values are left out of the window and stay NaN; so does a window without spread.
    """
    is_there = ~np.isnan(values)
    # Sums about a value of the line itself: squares of levels would lose what the differences are made of.
    center = values[is_there][0] if is_there.any() else 0.0
    x = np.where(is_there, values - center, 0.0)
    count, total, squares = np.cumsum(is_there), np.cumsum(x), np.cumsum(x * x)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
        variance = (squares - count * mean * mean) / (count - 1)
        spread = np.sqrt(np.where(variance > 1e-18, variance, np.nan))
        z = (x - mean) / spread
    z[(count < least) | ~is_there] = np.nan
    return np.clip(z, -limit, limit)


def rolling(values: np.ndarray, size: int) -> np.ndarray:
    """Windows of `size` that end at each value, as rows; the first `size - 1` are NaN."""
    if not len(values):
        return np.empty((0, size))
    padded = np.concatenate([np.full(size - 1, np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, size)
