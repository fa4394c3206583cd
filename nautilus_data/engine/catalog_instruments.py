"""Instruments of a catalog: made from what is known here, read as they are; needs nautilus_trader (a child's)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pyarrow.parquet as pq
from nautilus_trader.model.currencies import Currency
from nautilus_trader.model.enums import AssetClass
from nautilus_trader.model.identifiers import InstrumentId, Symbol
from nautilus_trader.model.instruments import (
    Cfd,
    Commodity,
    CryptoPerpetual,
    CurrencyPair,
    Equity,
    IndexInstrument,
)
from nautilus_trader.model.instruments import Instrument as NautilusInstrument
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.persistence.catalog.parquet import ParquetDataCatalog
from nautilus_trader.persistence.funcs import class_to_filename, urisafe_identifier
from nautilus_trader.serialization.arrow.serializer import ArrowSerializer

from nautilus_data.core.instrument import Instrument
from nautilus_data.core.timerange import TimeRange
from nautilus_data.engine.catalog_folder import CatalogFolder, Note
from nautilus_data.errors import SkippableError

# Of no time: known from the first bar on.
_ALWAYS = 0


@dataclass(frozen=True, kw_only=True)
class Decimals:
    """With how many decimals an instrument's prices and sizes are written; `is_ours`: by this project."""

    price: int
    size: int
    is_ours: bool = True


class CatalogInstruments:
    """The instruments of one catalog."""

    def __init__(self, folder: CatalogFolder) -> None:
        self._folder = folder
        self._catalog = ParquetDataCatalog(str(folder.path))

    def find(self, instrument_id: str) -> Decimals | None:
        """What the catalog says of an instrument; None when it has none of that id."""
        name = urisafe_identifier(instrument_id)
        for shelf in self._folder.named(name):
            table = pq.read_table(shelf.files()[-1], partitioning=None)
            rows = table.to_pylist() if "price_increment" in table.schema.names else []
            if rows and rows[-1]["id"] == instrument_id:
                newest = rows[-1]
                return Decimals(
                    price=int(newest["price_precision"]), size=int(newest.get("size_precision") or 0),
                    is_ours=not shelf.strangers(),
                )  # fmt: skip
        return None

    def save(self, instrument: Instrument) -> None:
        """Write an instrument; SkippableError says what is missing of it."""
        made = make(instrument)
        shelf = self._folder.shelf(class_to_filename(type(made)), urisafe_identifier(instrument.instrument_id))
        table = ArrowSerializer.serialize_batch([made], data_cls=type(made))
        note = shelf.note() or Note(about={"instrument": instrument.instrument_id}, files={})
        told = json.dumps({name: str(value) for name, value in vars(instrument).items()}, sort_keys=True)
        span = TimeRange(_ALWAYS, _ALWAYS + 1)
        shelf.put(span, told, 1, note, lambda path: pq.write_table(table, path))

    def all(self) -> Iterator[tuple[Instrument, int]]:
        """Every instrument as it is known here, the newest of each id, and when it was made (ns)."""
        newest: dict[str, NautilusInstrument] = {}
        for one in sorted(self._read(None), key=lambda one: one.ts_init):
            newest[str(one.id)] = one
        for one in newest.values():
            yield _known(one), one.ts_init

    def _read(self, names: list[str] | None) -> list[NautilusInstrument]:
        # An instrument that is there can't be told by NautilusTrader from a file it can't read.
        try:
            return self._catalog.instruments(instrument_ids=names)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SkippableError(
                f"NautilusTrader can't read the instruments of {self._folder.path}: {error}"
            ) from error


def make(instrument: Instrument) -> NautilusInstrument:
    """NautilusTrader's own value of an instrument; SkippableError when too little is known of it."""
    if instrument.type not in _MAKERS:
        raise SkippableError(
            f"{instrument.instrument_id} is a {instrument.type}: its expiry and other terms are not kept here."
            " Write the instrument into the catalog with NautilusTrader (catalog.write_data), then export again"
        )
    try:
        return _MAKERS[instrument.type](instrument)
    except (ValueError, TypeError, OverflowError) as error:
        raise SkippableError(
            f"NautilusTrader takes no {instrument.type} {instrument.instrument_id} made of what is known of it: {error}"
        ) from error


def with_decimals(instrument: Instrument, price: int, size: int) -> Instrument:
    """The same instrument with finer prices and sizes; never coarser."""
    if price <= instrument.price_precision:
        increment, price = instrument.price_increment, instrument.price_precision
    else:
        increment = Decimal(1).scaleb(-price)
    size = max(size, instrument.size_precision)
    return replace(instrument, price_precision=price, price_increment=increment, size_precision=size)


def _shared(instrument: Instrument) -> dict[str, Any]:
    increment = instrument.price_increment or Decimal(1).scaleb(-instrument.price_precision)
    return {
        "instrument_id": InstrumentId.from_str(instrument.instrument_id),
        "raw_symbol": Symbol(instrument.raw_symbol or instrument.symbol),
        "price_precision": instrument.price_precision,
        "price_increment": Price(increment, instrument.price_precision),
        "ts_event": _ALWAYS,
        "ts_init": _ALWAYS,
    }


def _sized(instrument: Instrument) -> dict[str, Any]:
    size = instrument.size_precision
    step = Quantity(Decimal(1).scaleb(-size), size)
    return {**_shared(instrument), "size_precision": size, "size_increment": step}


def _equity(instrument: Instrument) -> Equity:
    currency = _currency(instrument, "quote_currency")
    return Equity(**_shared(instrument), currency=currency, lot_size=Quantity.from_int(1))


def _pair(instrument: Instrument) -> CurrencyPair:
    return CurrencyPair(
        **_sized(instrument),
        base_currency=_currency(instrument, "base_currency"),
        quote_currency=_currency(instrument, "quote_currency"),
    )


def _index(instrument: Instrument) -> IndexInstrument:
    return IndexInstrument(**_sized(instrument), currency=_currency(instrument, "quote_currency"))


def _perpetual(instrument: Instrument) -> CryptoPerpetual:
    names = ("base_currency", "quote_currency", "settlement_currency")
    return CryptoPerpetual(
        **_sized(instrument),
        **{name: _currency(instrument, name) for name in names},
        is_inverse=instrument.is_inverse,
        multiplier=Quantity.from_str(format(instrument.multiplier.normalize(), "f")),
    )


def _of_class(kind: type[Cfd | Commodity], asset_class: AssetClass) -> Callable[[Instrument], NautilusInstrument]:
    def build(instrument: Instrument) -> NautilusInstrument:
        quote = _currency(instrument, "quote_currency")
        return kind(**_sized(instrument), asset_class=asset_class, quote_currency=quote)

    return build


def _currency(instrument: Instrument, name: str) -> Currency:
    code = getattr(instrument, name)
    if not code:
        raise ValueError(f"its {name.replace('_', ' ')} is not known")
    return Currency.from_str(code)


_MAKERS: MappingProxyType[str, Callable[[Instrument], NautilusInstrument]] = MappingProxyType(
    {
        "Equity": _equity,
        "CurrencyPair": _pair,
        "IndexInstrument": _index,
        "CryptoPerpetual": _perpetual,
        # What a Cfd is on is not kept: most are on indices.
        "Cfd": _of_class(Cfd, AssetClass.INDEX),
        "Commodity": _of_class(Commodity, AssetClass.COMMODITY),
    }
)


def _known(one: NautilusInstrument) -> Instrument:
    base, settlement = one.get_base_currency(), one.get_settlement_currency()
    return Instrument(
        instrument_id=str(one.id), raw_symbol=str(one.raw_symbol), type=type(one).__name__,
        quote_currency=one.quote_currency.code, base_currency=base.code if base else None,
        settlement_currency=settlement.code if settlement else None, price_precision=one.price_precision,
        size_precision=one.size_precision, price_increment=one.price_increment.as_decimal(),
        multiplier=one.multiplier.as_decimal(), is_inverse=one.is_inverse,
    )  # fmt: skip
