"""Lines of bars made by chance, for tests of indicators."""

from __future__ import annotations

import numpy as np

from nautilus_data.core.timerange import NS_PER_S

Bars = dict[str, np.ndarray]
MINUTE = 60 * NS_PER_S
# 2024-01-03T14:30:00Z: New York opens.
START = 1_704_292_200 * NS_PER_S


def walk(count: int, seed: int = 1, first: float = 100.0, step: float = 0.3, tick: float = 0.0) -> Bars:
    """A random walk a minute; each opens where the one before closed. `tick`: prices are whole ones of it."""
    random = np.random.default_rng(seed)
    close = first + random.normal(0, step, count).cumsum()
    return around(np.round(close / tick) * tick if tick else close, random, step)


def around(close: np.ndarray, random: np.random.Generator, reach: float) -> Bars:
    """Bars with these closes."""
    count = len(close)
    opened = np.append(close[:1], close[:-1])
    return {
        "ts_event": START + MINUTE * np.arange(1, count + 1),
        "open": opened,
        "high": np.maximum(opened, close) + reach * random.random(count),
        "low": np.minimum(opened, close) - reach * random.random(count),
        "close": close,
        "volume": np.round(1 + 10_000 * random.random(count)),
    }


def equal(count: int, price: float = 0.1, volume: float = 5.0) -> Bars:
    """Every price the same."""
    prices = {name: np.full(count, price) for name in ("open", "high", "low", "close")}
    return {
        "ts_event": START + MINUTE * np.arange(1, count + 1), **prices, "volume": np.full(count, volume),
    }  # fmt: skip


def take(bars: Bars, which: slice | np.ndarray) -> Bars:
    return {name: values[which] for name, values in bars.items()}


def row(bars: Bars, number: int) -> dict[str, float]:
    return {name: values[number] for name, values in bars.items()}


def same(ours: np.ndarray, theirs: np.ndarray, bars: Bars, relative: float = 1e-9) -> bool:
    """Equal relative to the largest value, or to the rounding of the prices that went in; NaN at the same places."""
    room = relative * np.max(np.abs(theirs), initial=0, where=np.isfinite(theirs))
    room += 1e-13 * np.max(np.abs(bars["close"]), initial=0, where=np.isfinite(bars["close"]))
    return bool(np.allclose(ours, theirs, rtol=0, atol=room, equal_nan=True))
