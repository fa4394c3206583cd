"""Parts: parameters and outputs that many indicators declare alike, and how long a formula remembers."""

from __future__ import annotations

import math

from nautilus_data.services.indicators.indicator import Number, Output, Parameter

HIGH_LOW_CLOSE = ("high", "low", "close")
WITH_VOLUME = (*HIGH_LOW_CLOSE, "volume")
_LONGEST = 1000
_FADED = 1e-14


def length(default: int, doc: str = "bars in the window", name: str = "length", low: int = 2) -> Parameter:
    return Parameter(name, name.replace("_", " ").capitalize(), default, low, _LONGEST, 1, doc)


def multiplier(default: float, doc: str) -> Parameter:
    return Parameter("multiplier", "Multiplier", default, 0.1, 20.0, 0.1, doc)


def channel(middle: str) -> tuple[Output, ...]:
    """A line between two edges."""
    return (
        Output("upper", "Upper", "band", pair="lower"),
        Output("middle", middle),
        Output("lower", "Lower", "band", pair="upper"),
    )


def window(**parameters: Number) -> int:
    """Memory of what looks at its longest window alone, and the bar before it."""
    return int(max(parameters.values(), default=0)) + 1


def fading(alpha: float) -> int:
    """Memory of an exponential average: bars until what was before them weighs less than rounding."""
    return math.ceil(math.log(_FADED) / math.log1p(-alpha)) + 1


def exponential(length: int, **_: Number) -> int:
    """Memory of one exponential average, and of one in another."""
    return 2 * fading(2 / (length + 1))


def wilders(length: int, **_: Number) -> int:
    """Memory of one of Wilder's averages, and of one in another."""
    return 2 * fading(1 / length) + length
