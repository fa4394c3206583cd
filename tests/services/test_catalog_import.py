"""Imports of catalogs that NautilusTrader itself wrote, several and overlapping files among them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("nautilus_trader")
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.persistence.catalog.parquet import ParquetDataCatalog
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from nautilus_data.core.dataset import INSTRUMENTS, NO_DATA, Series
from nautilus_data.core.instrument import from_ticks
from nautilus_data.core.job import Status
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import SkippableError
from nautilus_data.services.catalog import Catalog
from nautilus_data.services.catalog.importing import Importing
from nautilus_data.services.catalog.order import Cancelled, ImportOrder
from nautilus_data.services.live import Live
from nautilus_data.services.market import Market
from nautilus_data.store import Store
from tests.services.catalogs import MINUTE, NAME, START, bars, keep, run

TAKEN = Series(instrument_id="AAPL.NASDAQ", source="catalog", timeframe="1-MINUTE")


@pytest.fixture
def catalog(store: Store, tmp_path: Path) -> Catalog:
    return Catalog(store, {}, tmp_path / "catalog")


@pytest.fixture
def theirs(catalog: Catalog) -> ParquetDataCatalog:
    path = catalog.path_of("theirs")
    path.mkdir(parents=True)
    return ParquetDataCatalog(str(path))


def made(rows: pd.DataFrame, name: str = NAME, late: int = 0) -> list[Bar]:
    """NautilusTrader's own bars; `late` ns after each one's close it was known."""
    return [_bar(row, BarType.from_str(name), late) for row in rows.to_dict("records")]


def _bar(row: dict, bar_type: BarType, late: int) -> Bar:
    prices = [Price(from_ticks(row[one]), 2) for one in ("open", "high", "low", "close")]
    return Bar(bar_type, *prices, Quantity(row["volume"], 0), row["ts_event"], row["ts_event"] + late)


def taken_in(store: Store, catalog: Catalog, **how: object) -> str:
    job = run(store, catalog.import_("theirs", **how))
    assert job.status is Status.SUCCEEDED, job.message
    return job.message


def write(theirs: ParquetDataCatalog, *parts: Sequence[Bar]) -> None:
    for part in parts:
        theirs.write_data(list(part), skip_disjoint_check=True)


def test_bars_come_with_coverage_and_instruments(store: Store, catalog: Catalog, theirs: ParquetDataCatalog) -> None:
    rows = bars(300)
    theirs.write_data([TestInstrumentProvider.equity("AAPL", "NASDAQ")])
    write(theirs, made(rows[:100]), made(rows[100:]))
    message = taken_in(store, catalog)
    assert message == "300 bars in 2 files, 300 new or changed; 1 instrument added"
    kept = store.read(TAKEN)
    pd.testing.assert_frame_equal(kept, rows.assign(ts_init=rows["ts_event"]))
    first, last = int(rows["ts_event"].iloc[0]), int(rows["ts_event"].iloc[-1])
    assert store.coverage(TAKEN) == [
        TimeRange(first, int(rows["ts_event"][99]) + 1), TimeRange(int(rows["ts_event"][100]), last + 1),
    ]  # fmt: skip
    (known,) = store.read(INSTRUMENTS).to_dict("records")
    assert (known["instrument_id"], known["price_precision"], known["price_increment"]) == ("AAPL.NASDAQ", 2, "0.01")


def test_importing_again_changes_nothing(store: Store, catalog: Catalog, theirs: ParquetDataCatalog) -> None:
    write(theirs, made(bars(50)))
    taken_in(store, catalog)
    revision = store.revision(TAKEN)
    assert taken_in(store, catalog) == "50 bars in 1 file, 0 new or changed"
    assert store.revision(TAKEN) == revision


def test_overlapping_files_are_read_together_and_what_contradicts_is_kept_aside(
    store: Store, catalog: Catalog, theirs: ParquetDataCatalog
) -> None:
    rows = bars(100)
    other = rows[40:80].copy()
    other.loc[50, "volume"] += 1
    write(theirs, made(rows[:60]), made(other), made(rows[70:]))
    assert catalog.describe("theirs")["state"].tolist() == ["overlapping"]
    message = taken_in(store, catalog)
    assert "100 bars in 3 files" in message
    assert "1 row refused, the first: another bar of the same time in an overlapping file" in message
    pd.testing.assert_frame_equal(store.read(TAKEN), rows.assign(ts_init=rows["ts_event"]))
    assert store.bad_rows(TAKEN)["ts_event"].tolist() == [rows["ts_event"][50]]


def test_what_an_interval_says_beyond_its_bars_is_covered_as_empty(
    store: Store, catalog: Catalog, theirs: ParquetDataCatalog
) -> None:
    rows = bars(60)
    last = int(rows["ts_event"].iloc[-1])
    theirs.write_data(made(rows), start=START, end=last + 100 * MINUTE)
    taken_in(store, catalog)
    assert store.coverage(TAKEN) == [TimeRange(START, last + 100 * MINUTE + 1)]
    assert any(reason == NO_DATA and span.end == last + 100 * MINUTE + 1 for span, reason in store.answers(TAKEN))


def test_bars_known_later_than_they_closed_are_all_kept(
    store: Store, catalog: Catalog, theirs: ParquetDataCatalog
) -> None:
    rows = bars(60)
    write(theirs, made(rows, late=MINUTE))
    assert taken_in(store, catalog).startswith("60 bars")
    assert (store.read(TAKEN)["ts_init"] - store.read(TAKEN)["ts_event"]).unique().tolist() == [MINUTE]
    assert store.coverage(TAKEN)[0].start == rows["ts_event"][0]


def test_bars_of_several_kinds_are_told_apart_and_what_can_not_be_kept_is_named(
    store: Store, catalog: Catalog, theirs: ParquetDataCatalog
) -> None:
    rows = bars(20)
    ticks, inside = "AAPL.NASDAQ-100-TICK-LAST-INTERNAL", NAME.replace("EXTERNAL", "INTERNAL")
    bids = "EUR/USD.IDEALPRO-1-HOUR-BID-EXTERNAL"
    write(theirs, *(made(rows, name) for name in (NAME, ticks, inside, bids)))
    job = run(store, catalog.import_("theirs", adjustment="split"))
    assert job.status is Status.FAILED
    assert f"not imported: {ticks}: bars of {ticks} can't be kept here" in job.message
    assert f"not imported: {inside}: the same bars came as {NAME}" in job.message
    kept = {(one.instrument_id, one.timeframe, one.price_type, one.adjustment) for one in store.series_list()}
    assert kept == {("AAPL.NASDAQ", "1-MINUTE", "LAST", "split"), ("EUR/USD.IDEALPRO", "1-HOUR", "BID", "split")}


def test_only_what_was_named_is_imported(store: Store, catalog: Catalog, theirs: ParquetDataCatalog) -> None:
    write(theirs, made(bars(5)), made(bars(5), "EUR/USD.IDEALPRO-1-HOUR-BID-EXTERNAL"))
    assert taken_in(store, catalog, names=["EUR/USD.IDEALPRO"]).startswith("5 bars in 1 file")
    assert [one.instrument_id for one in store.series_list()] == ["EUR/USD.IDEALPRO"]
    job = run(store, catalog.import_("theirs", names=["MSFT.NASDAQ"]))
    assert job.message == f"{catalog.path_of('theirs')} holds no bars of MSFT.NASDAQ"


def test_a_node_s_word_on_an_instrument_stays(store: Store, catalog: Catalog, theirs: ParquetDataCatalog) -> None:
    told = ("AAPL.NASDAQ", "AAPL", "Equity", "USD", "", "", 4, 0, "0.0001", "1", False, 1)
    store.write_rows({INSTRUMENTS: [told]})
    theirs.write_data([TestInstrumentProvider.equity("AAPL", "NASDAQ")])
    write(theirs, made(bars(5)))
    taken_in(store, catalog)
    assert store.read(INSTRUMENTS)["price_precision"].tolist() == [4]


def test_what_was_exported_comes_back_with_its_adjustment(store: Store, catalog: Catalog) -> None:
    adjusted = Series(instrument_id="AAPL.NASDAQ", source="yahoo", timeframe="1-MINUTE", adjustment="total")
    keep(store, 250, adjusted)
    run(store, catalog.export([adjusted]))
    assert run(store, catalog.import_("main")).status is Status.SUCCEEDED
    (back,) = store.series_list(source="catalog")
    assert back.adjustment == "total"
    names = ["ts_event", "open", "high", "low", "close", "volume"]
    pd.testing.assert_frame_equal(store.read(back, columns=names), store.read(adjusted, columns=names))


def test_an_import_that_was_stopped_goes_on_after_the_piece_it_kept(
    store: Store, catalog: Catalog, theirs: ParquetDataCatalog
) -> None:
    rows = bars(300)
    write(theirs, *(made(rows[start : start + 100]) for start in (0, 100, 200)))
    order, kept = ImportOrder(path=catalog.path_of("theirs")), []
    with pytest.raises(Cancelled, match="Import again to go on"):
        Importing(store, order, lambda *told: None, lambda: True, kept.append).run()
    assert len(store.read(TAKEN)) == 100
    rest = ImportOrder(path=order.path, after=kept[-1])
    said = Importing(store, rest, lambda *told: None, lambda: False).run()
    assert said.startswith("200 bars in 2 files, 200 new or changed")
    assert store.read(TAKEN)["ts_event"].tolist() == rows["ts_event"].tolist()


def test_a_refusal_before_an_interruption_is_told_by_whoever_goes_on(
    store: Store, catalog: Catalog, theirs: ParquetDataCatalog
) -> None:
    ticks = "AAPL.NASDAQ-100-TICK-LAST-EXTERNAL"
    write(theirs, made(bars(5), ticks), made(bars(5), "MSFT.NASDAQ-1-HOUR-BID-EXTERNAL"))
    order, kept = ImportOrder(path=catalog.path_of("theirs")), []
    with pytest.raises(Cancelled):
        Importing(store, order, lambda *told: None, lambda: True, kept.append).run()
    assert kept == []
    with pytest.raises(SkippableError, match=f"5 bars in 1 file, .* not imported: {ticks}"):
        Importing(store, order, lambda *told: None, lambda: False).run()


def test_rows_that_can_not_be_true_are_refused_with_the_reason(
    store: Store, catalog: Catalog, theirs: ParquetDataCatalog
) -> None:
    rows = bars(10)
    prices = {name: np.where(np.arange(10) == 4, -rows[name], rows[name]) for name in ("open", "close")}
    rows = rows.assign(**prices, low=np.minimum(rows["low"], prices["open"]))
    rows.loc[4, "high"] = rows.loc[4, "low"] = rows.loc[4, "open"]
    rows.loc[4, "close"] = rows.loc[4, "open"]
    write(theirs, made(rows))
    assert "9 bars in 1 file, 9 new or changed; 1 row refused, the first: negative price" in taken_in(store, catalog)
    assert store.failures(TAKEN)[0][1] == "negative price"


def test_market_shows_imported_bars(store: Store, catalog: Catalog, theirs: ParquetDataCatalog) -> None:
    write(theirs, made(bars(30)))
    taken_in(store, catalog)
    shown = Market(store, Live(), {}).bars("AAPL.NASDAQ", "1-MINUTE", adjustment="raw")
    assert len(shown) == 30
    assert Decimal(str(shown["close"].iloc[0])) == from_ticks(int(bars(1)["close"][0]))
