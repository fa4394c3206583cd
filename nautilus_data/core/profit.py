"""Profit: what an open position gains at a price, and what it adds to its account's equity."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal

_ZERO = Decimal(0)
_SMALLEST = Decimal("1e-8")
# Wide enough that no sum of money is rounded before its eighth decimal.
_WIDE = Context(prec=60)


@dataclass(frozen=True)
class Terms:
    """What of an instrument decides about profit."""

    multiplier: Decimal
    is_inverse: bool
    is_pair: bool


def unrealized(opened_at: float, signed_qty: Decimal | None, price: Decimal, terms: Terms) -> Decimal | None:
    """Unrealized P&L; a short has a negative quantity, an inverse contract is worth multiplier / price."""
    opened = Decimal(str(opened_at))
    if not opened.is_finite() or signed_qty is None or (terms.is_inverse and not (opened and price)):
        return None
    moved = 1 / opened - 1 / price if terms.is_inverse else price - opened
    return _rounded(moved * signed_qty * terms.multiplier)


def cash_value(signed_qty: Decimal | None, price: Decimal, terms: Terms, base_currency: str) -> Decimal | None:
    """Market value in a cash account, which paid for it; nothing where a balance holds what was bought."""
    if terms.is_pair and not base_currency:
        return _ZERO
    return None if signed_qty is None else _rounded(price * signed_qty * terms.multiplier)


def _rounded(amount: Decimal) -> Decimal:
    # Adding 0 writes 1E+2 as 100.
    return amount.quantize(_SMALLEST, context=_WIDE).normalize(_WIDE) + 0
