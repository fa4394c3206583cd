"""Definitions: what is known of an instrument, to make NautilusTrader's value of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from nautilus_data.core.dataset import INSTRUMENTS
from nautilus_data.core.instrument import Instrument, split_instrument_id
from nautilus_data.core.listing import ETF, FX, INDEX, PREDEFINED, STOCK, Listing
from nautilus_data.sources import Source
from nautilus_data.store import Store

_CLASSES = MappingProxyType({STOCK: "Equity", ETF: "Equity", FX: "CurrencyPair", INDEX: "IndexInstrument"})
_CENTS = 2


@dataclass(frozen=True, kw_only=True)
class Known:
    """An instrument; `is_told` when somebody said how fine its prices are, else they are as fine as they come."""

    instrument: Instrument
    is_told: bool


class Definitions:
    """A node's own word first, then a source's, then the directory's."""

    def __init__(self, store: Store, sources: Mapping[str, Source]) -> None:
        self._store, self._sources = store, sources

    def find(self, instrument_id: str) -> Known | None:
        """What is known of an instrument; None when nothing is, or not of which kind it is."""
        rows = self._store.read(INSTRUMENTS, where={"instrument_id": instrument_id}).to_dict("records")
        if rows:
            return Known(instrument=_of_row(rows[-1]), is_told=True)
        for source in self._sources.values():
            for one in source.instruments():
                if one.instrument_id == instrument_id:
                    return Known(instrument=one, is_told=True)
        for listing in (*self._store.listings(instrument_id), *PREDEFINED):
            if listing.instrument_id == instrument_id:
                return Known(instrument=_of_listing(listing), is_told=False)
        return None


def _of_row(row: dict[str, object]) -> Instrument:
    texts = ("instrument_id", "raw_symbol", "type", "quote_currency")
    perhaps = ("base_currency", "settlement_currency")
    precision = int(row["price_precision"])
    return Instrument(
        **{name: row[name] for name in texts}, **{name: row[name] or None for name in perhaps},
        price_precision=precision, size_precision=int(row["size_precision"]),
        price_increment=Decimal(row["price_increment"] or Decimal(1).scaleb(-precision)),
        multiplier=Decimal(row["multiplier"] or 1), is_inverse=bool(row["is_inverse"]),
    )  # fmt: skip


def _of_listing(listing: Listing) -> Instrument:
    symbol, _ = split_instrument_id(listing.instrument_id)
    base, slash, quote = symbol.partition("/")
    return Instrument(
        instrument_id=listing.instrument_id, raw_symbol=symbol,
        type=_CLASSES.get(listing.kind, listing.kind), quote_currency=quote if slash else listing.currency,
        base_currency=base if slash else None, price_precision=_CENTS, price_increment=Decimal("0.01"),
    )  # fmt: skip
