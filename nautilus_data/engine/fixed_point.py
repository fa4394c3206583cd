"""Fixed point: prices and volumes as NautilusTrader keeps them in its files, all rows at once and exactly.

A raw value is an integer at a fixed number of decimals: 16 in 16 bytes where it was built for high precision, else 9
in 8 bytes. It is little-endian two's complement.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from nautilus_data.core.instrument import PRICE_DECIMALS

# Decimals of a raw value by its width in bytes.
RAW_DECIMALS = MappingProxyType({8: 9, 16: 16})
_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MOST = 2**63 - 1
_SAMPLE = 1_000


def price_decimals(ticks: np.ndarray, at_least: int = 0) -> int:
    """The fewest decimals, up to 9, with which all of these int64 ticks can be written."""
    for decimals in range(at_least, PRICE_DECIMALS):
        unit = 10 ** (PRICE_DECIMALS - decimals)
        # Most ticks that don't fit are told by the first few.
        if not ((ticks[:_SAMPLE] % unit).any() or (ticks % unit).any()):
            return decimals
    return PRICE_DECIMALS


def volume_decimals(volumes: np.ndarray) -> int | None:
    """The fewest decimals, up to 9, with which all of these floats are exact; None when there are none."""
    for decimals in range(PRICE_DECIMALS + 1):
        if volume_units(volumes, decimals) is not None:
            return decimals
    return None


def volume_units(volumes: np.ndarray, decimals: int) -> np.ndarray | None:
    """Volumes as int64 of so many decimals, NaN as 0; None when one of them is not exact so."""
    known = np.nan_to_num(volumes, nan=0.0, posinf=np.inf, neginf=-np.inf)
    scaled = np.rint(known * 10.0**decimals)
    if len(scaled) and (not np.isfinite(scaled).all() or np.abs(scaled).max() >= 2.0**63):
        return None
    return scaled.astype("int64") if (scaled / 10.0**decimals == known).all() else None


def encode(units: np.ndarray, decimals: int, width: int) -> np.ndarray:
    """Raw bytes, one row a value, of int64 at so many decimals; they must fit the width."""
    factor = 10 ** (RAW_DECIMALS[width] - decimals)
    if width == 8:
        return (units * np.int64(factor)).astype("<i8").view("u1").reshape(-1, 8)
    raw = np.empty((len(units), 2), "<i8")
    if len(units) and max(int(units.max()), -int(units.min())) > _MOST // factor:
        low, high = _multiply(np.abs(units).astype("uint64"), np.uint64(factor))
        low, high = _with_sign(low, high, units < 0)
        raw[:, 0], raw[:, 1] = low.view("i8"), high.view("i8")
    else:
        # Most prices fit 8 bytes all the same: the others hold the sign.
        np.multiply(units, factor, out=raw[:, 0])
        raw[:, 1] = raw[:, 0] >> 63
    return raw.view("u1")


def decode(raw: np.ndarray, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    """Raw bytes as int64 at so many decimals, and which of them are exact so; the others are 0."""
    width = raw.shape[1]
    factor = 10 ** (RAW_DECIMALS[width] - decimals)
    if width == 8:
        whole, rest = np.divmod(raw.reshape(-1).view("<i8"), factor)
        return np.where(rest == 0, whole, 0), rest == 0
    words = np.ascontiguousarray(raw).view("<u8").reshape(-1, 2)
    is_negative = words[:, 1] >> np.uint64(63) == 1
    low, high = _with_sign(words[:, 0].copy(), words[:, 1].copy(), is_negative)
    units, is_exact = _divide(low, high, factor)
    return np.where(is_negative, -units, units), is_exact


def _multiply(values: np.ndarray, factor: np.uint64) -> tuple[np.ndarray, np.ndarray]:
    """The lower and upper 64 bits of a product of 64-bit numbers."""
    a_low, a_high, b_low, b_high = values & _MASK, values >> _SHIFT, factor & _MASK, factor >> _SHIFT
    first, second, third = a_low * b_low, a_high * b_low, a_low * b_high
    middle = (first >> _SHIFT) + (second & _MASK) + (third & _MASK)
    low = (first & _MASK) | (middle << _SHIFT)
    return low, a_high * b_high + (second >> _SHIFT) + (third >> _SHIFT) + (middle >> _SHIFT)


def _with_sign(low: np.ndarray, high: np.ndarray, is_negative: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn the sign of 128-bit numbers, where asked to."""
    turned = ~low + np.uint64(1)
    return np.where(is_negative, turned, low), np.where(is_negative, ~high + (turned == 0), high)


def _divide(low: np.ndarray, high: np.ndarray, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """128-bit numbers by up to 10^16: int64 quotients, and which of them are exact and fit."""
    limbs = [high >> _SHIFT, high & _MASK, low >> _SHIFT, low & _MASK]
    is_exact = np.ones(len(low), bool)
    # In two steps, so that a remainder and the next 32 bits fit 64.
    for divisor in (min(factor, 10**8), max(1, factor // 10**8)):
        rest = np.zeros(len(low), "uint64")
        for place in range(4):
            rest = (rest << _SHIFT) | limbs[place]
            limbs[place], rest = rest // np.uint64(divisor), rest % np.uint64(divisor)
        is_exact &= rest == 0
    units = (limbs[2] << _SHIFT) | limbs[3]
    is_exact &= (limbs[0] == 0) & (limbs[1] == 0) & (units <= np.uint64(_MOST))
    return np.where(is_exact, units, np.uint64(0)).astype("int64"), is_exact
