"""Instrument: a tradable thing, named as NautilusTrader names it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

PRICE_DECIMALS = 9
PRICE_SCALE = 10**PRICE_DECIMALS
# Where nothing but futures is listed, as Interactive Brokers names them, and as others do.
FUTURES_VENUES = frozenset(
    {"CBOT", "CFE", "CME", "COMEX", "EUREX", "ICEEU", "ICEEUSOFT", "KCBT", "MGE", "NYBOT", "NYMEX", "SNFE"}
)
_OTHER_FUTURES_VENUES = frozenset({"GLOBEX", "XCME", "XCBT", "XNYM", "XCEC", "XEUR", "ECBOT", "ICEUS", "IFEU", "IFUS"})
_MOST_DIGITS = 19
_TOO_MANY_TICKS = 2**63


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """What the pages and the ledger need to know of one tradable thing."""

    instrument_id: str
    raw_symbol: str
    type: str = "Equity"
    quote_currency: str = "USD"
    base_currency: str | None = None
    settlement_currency: str | None = None
    price_precision: int = 2
    size_precision: int = 0
    price_increment: Decimal = Decimal("0.01")
    multiplier: Decimal = Decimal(1)
    is_inverse: bool = False

    @property
    def symbol(self) -> str:
        return split_instrument_id(self.instrument_id)[0]

    @property
    def venue(self) -> str:
        return split_instrument_id(self.instrument_id)[1]


def split_instrument_id(instrument_id: str) -> tuple[str, str]:
    """`("GBP/USD", "SIM")` of `GBP/USD.SIM`; the venue follows the last dot."""
    symbol, dot, venue = instrument_id.rpartition(".")
    if not (dot and symbol and venue):
        raise ValueError(f"not an instrument id: {instrument_id!r}; write SYMBOL.VENUE, as in AAPL.NASDAQ")
    return symbol, venue


def may_be_negative(instrument_id: str) -> bool:
    """Can it cost less than nothing? Futures can, as oil did in April 2020, and indices of spreads and yields."""
    symbol, venue = split_instrument_id(instrument_id)
    return venue in FUTURES_VENUES | _OTHER_FUTURES_VENUES or symbol.startswith("^")


def to_ticks(price: str | Decimal | int) -> int:
    """A price as int64 at 9 decimals; `"1.57"` → `1570000000`.

    Raises ValueError on what is no finite number, carries more than 9 decimals or doesn't fit 64 bits.
    """
    try:
        scaled = Decimal(price).scaleb(PRICE_DECIMALS)
        # The int of 1e400000 takes half a minute.
        ticks = int(scaled) if scaled.adjusted() <= _MOST_DIGITS else _TOO_MANY_TICKS
    except (ArithmeticError, ValueError):
        raise ValueError(f"not a price: {price!r}") from None
    if ticks != scaled and ticks != _TOO_MANY_TICKS:
        raise ValueError(f"price {price} has more than {PRICE_DECIMALS} decimals")
    if not -_TOO_MANY_TICKS <= ticks < _TOO_MANY_TICKS:
        raise ValueError(f"price {price} is too large: {from_ticks(_TOO_MANY_TICKS)} and more can't be stored")
    return ticks


def from_ticks(ticks: int) -> Decimal:
    """The exact price of int64 ticks."""
    return Decimal(ticks).scaleb(-PRICE_DECIMALS)
