"""Instruments in a catalog, read by NautilusTrader itself."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip("nautilus_trader")
from nautilus_trader.persistence.catalog.parquet import ParquetDataCatalog
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from nautilus_data.core.instrument import Instrument
from nautilus_data.engine.catalog_folder import CatalogFolder
from nautilus_data.engine.catalog_instruments import CatalogInstruments, with_decimals
from nautilus_data.errors import SkippableError

PERPETUAL = Instrument(
    instrument_id="BTCUSDT-PERP.BINANCE", raw_symbol="BTCUSDT", type="CryptoPerpetual", quote_currency="USDT",
    base_currency="BTC", settlement_currency="USDT", price_precision=1, size_precision=3,
    price_increment=Decimal("0.1"),
)  # fmt: skip
KINDS = (
    Instrument(instrument_id="AAPL.NASDAQ", raw_symbol="AAPL"),
    Instrument(instrument_id="EUR/USD.IDEALPRO", raw_symbol="EUR/USD", type="CurrencyPair", base_currency="EUR"),
    Instrument(instrument_id="^SPX.CBOE", raw_symbol="^SPX", type="IndexInstrument"),
    Instrument(instrument_id="XAUUSD.SIM", raw_symbol="XAUUSD", type="Commodity"),
    Instrument(instrument_id="DE40.SIM", raw_symbol="DE40", type="Cfd", quote_currency="EUR", size_precision=2),
    PERPETUAL,
)


@pytest.fixture
def folder(tmp_path: Path) -> CatalogFolder:
    folder = CatalogFolder(tmp_path / "catalog")
    folder.prepare()
    return folder


def test_every_kind_is_read_by_nautilus_trader_and_comes_back(folder: CatalogFolder) -> None:
    instruments = CatalogInstruments(folder)
    for one in KINDS:
        instruments.save(one)
    theirs = {str(one.id): one for one in ParquetDataCatalog(str(folder.path)).instruments()}
    assert set(theirs) == {one.instrument_id for one in KINDS}
    assert theirs["BTCUSDT-PERP.BINANCE"].price_increment.as_decimal() == Decimal("0.1")
    back = {one.instrument_id: one for one, _ in instruments.all()}
    assert [(back[one.instrument_id].type, back[one.instrument_id].size_precision) for one in KINDS] == [
        (one.type, one.size_precision) for one in KINDS
    ]
    found = [instruments.find(one.instrument_id) for one in KINDS]
    assert [(one.price, one.size, one.is_ours) for one in found] == [
        (one.price_precision, one.size_precision, True) for one in KINDS
    ]


def test_an_instrument_of_others_is_found_and_called_theirs(folder: CatalogFolder) -> None:
    ParquetDataCatalog(str(folder.path)).write_data([TestInstrumentProvider.default_fx_ccy("EUR/USD")])
    instruments = CatalogInstruments(folder)
    found = instruments.find("EUR/USD.SIM")
    assert (found.price, found.is_ours) == (5, False)
    assert instruments.find("EURUSD.SIM") is None
    assert instruments.find("AAPL.NASDAQ") is None


def test_what_is_missing_of_an_instrument_is_told(folder: CatalogFolder) -> None:
    instruments = CatalogInstruments(folder)
    with pytest.raises(SkippableError, match="is a FuturesContract: its expiry"):
        instruments.save(Instrument(instrument_id="ES.CME", raw_symbol="ES", type="FuturesContract"))
    with pytest.raises(SkippableError, match="its base currency is not known"):
        instruments.save(Instrument(instrument_id="GBPUSD.X", raw_symbol="GBPUSD", type="CurrencyPair"))
    assert list(folder.shelves()) == []


def test_finer_prices_bring_a_finer_increment_and_coarser_ones_change_nothing() -> None:
    finer = with_decimals(PERPETUAL, 4, 5)
    assert (finer.price_precision, finer.price_increment, finer.size_precision) == (4, Decimal("0.0001"), 5)
    assert with_decimals(PERPETUAL, 0, 0) == PERPETUAL
