"""Cells: what a message says, as the values the columns of a dataset take."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from nautilus_data.core.instrument import PRICE_DECIMALS, to_ticks

_MAX_EXPONENT = 40
_MAX_INT64 = 2**63 - 1
_MAX_DIGITS = 80
_MAX_TEXT = 4_096
# Decimal reads `1_000` and ` 1 `; a database does not.
_FORGIVEN = frozenset("_ \t\n\r\f\v")
_UNWRITABLE = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError)


@lru_cache(maxsize=65_536)
def ticks(price: str) -> int:
    """A price as int64 at 9 decimals; raises ValueError."""
    # `to_ticks` on the two halves of the text: a tenth of the time Decimal takes.
    if len(price) > _MAX_DIGITS:
        raise ValueError(f"not a price: {price[:50]!r}…")
    whole, _, fraction = price.partition(".")
    digits = fraction.rstrip("0")
    if len(digits) <= PRICE_DECIMALS and (whole + digits).removeprefix("-").isdigit():
        scaled = int(whole + digits.ljust(PRICE_DECIMALS, "0"))
    else:
        scaled = to_ticks(price)
    if abs(scaled) > _MAX_INT64:
        raise ValueError(f"price {price} does not fit")
    return scaled


def size(text: str) -> float:
    """A quantity as a float; raises ValueError."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"not a size: {text[:50]!r}")
    return number


def decimal(text: str | None) -> str:
    """The text if it is a number; '' for none."""
    if text is None:
        return ""
    number = Decimal(text[:_MAX_DIGITS])
    # An exponent beyond any money would take whoever sums it up half a minute.
    is_plain = len(text) <= _MAX_DIGITS and text.isascii() and not set(text) & _FORGIVEN
    if not is_plain or not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT:
        raise ValueError(f"not a number: {text[:50]!r}")
    return text


def money(text: str | None) -> tuple[str, str]:
    """`("-3.15", "USD")` of `"-3.15 USD"`."""
    amount, _, currency = (text or "").partition(" ")
    return decimal(amount or None), currency


def known(value: float | None) -> float:
    """NaN for what is not known."""
    return math.nan if value is None else value


def flag(value: bool | None) -> str:
    """`yes`, `no` or '' for what is not known."""
    return "" if value is None else "yes" if value else "no"


def json(value: Any) -> str:
    """JSON of a map."""
    return msgspec.json.encode(value).decode()


def short(value: Any) -> str:
    """JSON, or text, of anything, cut at 4 KiB."""
    if isinstance(value, bytes):
        return value[:_MAX_TEXT].decode(errors="backslashreplace")[:_MAX_TEXT]
    try:
        return msgspec.json.encode(value)[:_MAX_TEXT].decode(errors="ignore")
    except _UNWRITABLE:
        # JSON has no keys but texts and integers.
        return repr(value)[:_MAX_TEXT]
