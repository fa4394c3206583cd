"""Answer: rows of a source looked at before they are kept, and whether they restate what is stored."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

# A bar restated by less than half a basis point is rounding.
_SAME = 5e-5
# Rounded prices of one split differ among each other by no more.
_CONSTANT = 2e-3
# A single bar that differs by less was corrected, not split.
_ALONE = 0.1
_PRICES = ("open", "high", "low", "close")


def faults(bars: pd.DataFrame) -> np.ndarray:
    """Why each bar can't be true, as texts; '' for those that can. In the order the source gave them."""
    times = bars["ts_event"].to_numpy()
    opens, highs, lows, closes = (bars[name].to_numpy() for name in _PRICES)
    found = np.full(len(bars), "", dtype=object)
    # The last named wins: what says most about a row comes last.
    late = np.zeros(len(bars), bool)
    if len(bars):
        late[1:] = times[1:] < np.maximum.accumulate(times)[:-1]
    checks = (
        (late, "out of order: an earlier time after a later one"),
        (bars.duplicated("ts_event").to_numpy(), "a second bar of the same time"),
        (bars["volume"].to_numpy() < 0, "negative volume"),
        ((opens > highs) | (closes > highs) | (opens < lows) | (closes < lows), "open or close outside low and high"),
        (highs < lows, "high below low"),
        (np.minimum(np.minimum(opens, highs), np.minimum(lows, closes)) < 0, "negative price"),
        (times <= 0, "no time"),
    )
    for is_wrong, reason in checks:
        if is_wrong.any():
            found[is_wrong] = reason
    return found


def restated(stored: pd.DataFrame, fetched: pd.DataFrame) -> float | None:
    """The one factor between the same bars then and now, as after a split; None when there is no such.

    Both have `ts_event` and `close`.
    """
    both = stored.merge(fetched, on="ts_event", suffixes=("_before", "_now"))
    before, now = (both[f"close_{when}"].to_numpy("float64") for when in ("before", "now"))
    usable = (before > 0) & (now > 0)
    if not usable.any():
        return None
    factors = now[usable] / before[usable]
    middle = float(np.median(factors))
    if len(factors) == 1 and abs(middle - 1) < _ALONE:
        return None
    is_constant = float(factors.max() - factors.min()) <= _CONSTANT * middle
    return middle if is_constant and abs(middle - 1) > _SAME else None


def say_factor(factor: float) -> str:
    """`split 4:1` of 0.25, where the factor is a simple one."""
    ratio = Fraction(1 / factor).limit_denominator(20)
    if ratio and ratio != 1 and abs(float(ratio) * factor - 1) < _CONSTANT:
        return f"split {ratio.numerator}:{ratio.denominator}"
    return f"prices multiplied by {factor:.6g}"
