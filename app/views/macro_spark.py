"""Spark: the last values of a series as a line a hand wide, in SVG."""

from __future__ import annotations

import numpy as np

WIDTH, HEIGHT = 120, 24
_ROOM = 2.5


def spark(values: np.ndarray, dates: np.ndarray) -> str:
    """A line over time with its last value as a dot; '' of fewer than two values, or none that is known."""
    is_known = np.isfinite(values)
    values, dates = values[is_known], dates[is_known]
    if len(values) < 2:
        return ""
    x, y = _scaled(dates, _ROOM, WIDTH - _ROOM), _scaled(values, HEIGHT - _ROOM, _ROOM)
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="its last {len(values)} values">'
        f'<polyline points="{line}" fill="none" stroke="var(--nd-accent)" stroke-width="1.4"'
        f' stroke-linejoin="round"/><circle cx="{x[-1]:.1f}" cy="{y[-1]:.1f}" r="2.2" fill="var(--nd-accent)"/></svg>'
    )


def _scaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """The smallest at `low`, the largest at `high`; all in the middle where they are one."""
    values = values.astype("float64")
    reach = values.max() - values.min()
    share = (values - values.min()) / reach if reach else np.full(len(values), 0.5)
    return low + share * (high - low)
