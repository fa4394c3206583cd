"""Exports read by NautilusTrader itself: its intervals are our coverage, its bars those of the store."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip("nautilus_trader")
from nautilus_trader.model.data import Bar
from nautilus_trader.persistence.catalog.parquet import ParquetDataCatalog
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from nautilus_data.core.dataset import INSTRUMENTS, NO_DATA, Series
from nautilus_data.core.instrument import from_ticks
from nautilus_data.core.job import Status
from nautilus_data.core.timerange import TimeRange
from nautilus_data.services.catalog import Catalog
from nautilus_data.store import Store
from tests.services.catalogs import DAY, MINUTE, NAME, SERIES, START, bars, content, keep, run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def catalog(store: Store, tmp_path: Path) -> Catalog:
    return Catalog(store, {}, tmp_path / "catalog")


def export(store: Store, catalog: Catalog, *series: Series, **how: object) -> str:
    """The closing message of an export that succeeds."""
    job = run(store, catalog.export(series or [SERIES], **how))
    assert job.status is Status.SUCCEEDED, job.message
    return job.message


def refusal(store: Store, catalog: Catalog, *series: Series, **how: object) -> str:
    job = run(store, catalog.export(series or [SERIES], **how))
    assert job.status is Status.FAILED
    return job.message


def theirs(catalog: Catalog, name: str = "main") -> ParquetDataCatalog:
    return ParquetDataCatalog(str(catalog.path_of(name)))


def intervals(catalog: Catalog) -> list[tuple[int, int]]:
    """As NautilusTrader has them, those that follow on each other as one."""
    joined: list[tuple[int, int]] = []
    for start, end in theirs(catalog).get_intervals(Bar, NAME):
        if joined and joined[-1][1] + 1 == start:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def told(row: dict) -> tuple:
    prices = (from_ticks(row[name]) for name in ("open", "high", "low", "close"))
    return (row["ts_event"], *prices, Decimal(row["volume"]))


def seen(bar: Bar) -> tuple:
    return (bar.ts_event, *(one.as_decimal() for one in (bar.open, bar.high, bar.low, bar.close, bar.volume)))


def test_nautilus_trader_finds_every_bar_of_the_store_exactly(store: Store, catalog: Catalog) -> None:
    keep(store)
    assert export(store, catalog).startswith("300 bars written in 3 files")
    found = theirs(catalog).bars([NAME])
    assert [seen(bar) for bar in found] == [told(row) for row in store.read(SERIES).to_dict("records")]
    assert all(bar.ts_init == bar.ts_event for bar in found)
    assert [str(one.id) for one in theirs(catalog).instruments()] == ["AAPL.NASDAQ"]


def test_its_intervals_are_the_coverage_known_empty_spans_included(store: Store, catalog: Catalog) -> None:
    first = keep(store)
    empty, refused = (TimeRange(START + days * DAY, START + (days + 1) * DAY) for days in (3, 9))
    store.cover(SERIES, empty, NO_DATA)
    store.cover(SERIES, refused, "no permission")
    export(store, catalog)
    wanted = [(span.start, span.end - 1) for span in (first, empty)]
    assert intervals(catalog) == wanted
    asked = theirs(catalog).get_missing_intervals_for_request(START, refused.end - 1, Bar, NAME)
    assert asked == [(first.end, empty.start - 1), (empty.end, refused.end - 1)]
    assert len(theirs(catalog).bars([NAME])) == 300
    (row,) = catalog.describe().query("type == 'bar'").to_dict("records")
    assert (row["state"], row["intervals"], row["coverage"], row["rows"]) == ("up to date", 2, 2, 300)


def test_a_backtest_on_it_sees_the_same_bars_and_fills_orders(store: Store, catalog: Catalog) -> None:
    keep(store)
    store.cover(SERIES, TimeRange(START + 3 * DAY, START + 4 * DAY), NO_DATA)
    keep(store, 200, first=START + 5 * DAY)
    export(store, catalog)
    words = [sys.executable, "-m", "tests.engine.backtest", str(catalog.path_of("main")), NAME]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    rows = [(ts, *map(Decimal, prices)) for ts, _, *prices in answer["bars"]]
    assert rows == [told(row) for row in store.read(SERIES).to_dict("records")]
    assert answer["fills"] > 10


def test_exporting_again_writes_nothing_and_after_a_backfill_only_what_is_new(store: Store, catalog: Catalog) -> None:
    span = keep(store)
    export(store, catalog)
    before = content(catalog.path_of("main"))
    assert "0 bars written in 0 files" in export(store, catalog)
    assert content(catalog.path_of("main")) == before
    keep(store, 50, first=span.end - 1)
    assert export(store, catalog).startswith("50 bars written in 1 file")
    after = content(catalog.path_of("main"))
    assert {name: digest for name, digest in after.items() if name in before and name.endswith("parquet")} == {
        name: digest for name, digest in before.items() if name.endswith("parquet")
    }
    assert theirs(catalog).get_intervals(Bar, NAME)[-1] == (span.end, span.end - 1 + 50 * MINUTE)
    assert intervals(catalog) == [(START, span.end - 1 + 50 * MINUTE)]
    assert len(theirs(catalog).bars([NAME])) == 350


def test_bars_that_were_corrected_are_written_anew_and_the_others_left(store: Store, catalog: Catalog) -> None:
    keep(store)
    export(store, catalog)
    store.write(SERIES, bars(300).iloc[150:151].assign(volume=1.0))
    (row,) = catalog.describe().query("type == 'bar'").to_dict("records")
    assert row["state"] == "changed since"
    assert export(store, catalog).startswith("100 bars written in 1 file")
    assert [seen(bar) for bar in theirs(catalog).bars([NAME])] == [
        told(row) for row in store.read(SERIES).to_dict("records")
    ]


def test_what_is_covered_no_more_leaves_the_catalog(store: Store, catalog: Catalog) -> None:
    span = keep(store)
    export(store, catalog)
    store.clear(SERIES, TimeRange(START + 100 * MINUTE + 1, span.end))
    assert catalog.describe().query("type == 'bar'")["state"].tolist() == ["behind"]
    export(store, catalog)
    assert theirs(catalog).get_intervals(Bar, NAME) == [(START, START + 100 * MINUTE)]
    assert len(theirs(catalog).bars([NAME])) == 100


def test_a_span_alone_is_exported_and_stays_when_another_one_follows(store: Store, catalog: Catalog) -> None:
    keep(store)
    export(store, catalog, start=START + 10 * MINUTE + 1, end=START + 20 * MINUTE + 1)
    assert len(theirs(catalog).bars([NAME])) == 10
    export(store, catalog, start=START, end=START + 5 * MINUTE + 1)
    assert theirs(catalog).get_intervals(Bar, NAME) == [
        (START, START + 5 * MINUTE), (START + 10 * MINUTE + 1, START + 20 * MINUTE),
    ]  # fmt: skip


def test_a_price_the_instrument_has_no_decimals_for_is_refused_and_nothing_written(
    store: Store, catalog: Catalog
) -> None:
    rows = (("AAPL.NASDAQ", "AAPL", "Equity", "USD", "", "", 2, 0, "0.01", "1", False, 1),)
    store.write_rows({INSTRUMENTS: rows})
    keep(store, unit=10**5)
    message = refusal(store, catalog)
    assert "its prices have up to 4 decimals, the instrument has 2" in message
    assert theirs(catalog).list_data_types() == []
    export(store, catalog, decimals="data")
    assert str(theirs(catalog).bars([NAME])[0].close.precision) == "4"
    assert theirs(catalog).instruments()[0].price_precision == 4


def test_volumes_an_instrument_has_no_decimals_for_are_refused(store: Store, catalog: Catalog) -> None:
    store.write(SERIES, bars(3).assign(volume=0.5), TimeRange(START, START + DAY))
    assert "its volumes have 1 decimals" in refusal(store, catalog)


def test_an_instrument_nobody_knows_is_refused_and_the_others_are_there(store: Store, catalog: Catalog) -> None:
    nobody, future = (Series(instrument_id=name, source="yahoo") for name in ("NOBODY.X", "ES.CME"))
    for series in (SERIES, nobody, future):
        keep(store, 10, series)
    message = refusal(store, catalog, SERIES, nobody, future)
    assert message.startswith("10 bars written in 1 file")
    assert "nothing is known of NOBODY.X" in message
    assert "ES.CME is a future: its expiry" in message
    assert [str(one.id) for one in theirs(catalog).instruments()] == ["AAPL.NASDAQ"]


def test_an_instrument_that_is_there_already_is_used_as_it_is(store: Store, catalog: Catalog) -> None:
    future = Series(instrument_id="ESZ1.GLBX", source="yahoo", timeframe="1-MINUTE")
    path = catalog.path_of("main")
    theirs(catalog).write_data([TestInstrumentProvider.es_future(expiry_year=2021, expiry_month=12)])
    before = content(path)
    keep(store, 10, future, unit=25 * 10**7)
    export(store, catalog, future)
    assert before.items() <= content(path).items()
    assert len(theirs(catalog).bars(["ESZ1.GLBX-1-MINUTE-LAST-EXTERNAL"])) == 10


def test_a_folder_with_bars_of_others_is_left_alone(store: Store, catalog: Catalog) -> None:
    keep(store)
    export(store, catalog, to="one")
    found = theirs(catalog, "one").bars([NAME])
    theirs(catalog, "two").write_data(found[:10])
    before = content(catalog.path_of("two"))
    message = refusal(store, catalog, to="two")
    assert "holds files that were not exported from here" in message
    assert "Export into another folder" in message
    assert content(catalog.path_of("two")) == before


def test_a_catalog_keeps_one_line_of_bars_of_a_type(store: Store, catalog: Catalog) -> None:
    adjusted = Series(instrument_id="AAPL.NASDAQ", source="yahoo", timeframe="1-MINUTE", adjustment="split")
    for series in (SERIES, adjusted):
        keep(store, 10, series)
    export(store, catalog)
    assert "a catalog keeps one line of bars of a type" in refusal(store, catalog, adjusted)


def test_a_disk_that_is_full_is_told_and_the_next_export_goes_on(
    store: Store, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store)
    export(store, catalog, to="whole")
    synced, left = os.fsync, [7]

    def fsync(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        synced(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        message = refusal(store, catalog)
    assert "No space left on device; see to it and start again" in message
    assert not list(catalog.path_of("main").rglob("*.part"))
    export(store, catalog)
    assert content(catalog.path_of("main")) == content(catalog.path_of("whole"))


def test_a_killed_export_run_again_ends_as_one_that_was_not(
    store: Store, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every single step at which a kill could come."""
    keep(store)
    export(store, catalog, to="whole")
    wanted = content(catalog.path_of("whole"))

    class Killed(BaseException):
        """Nothing cleans up after it."""

    replaced = Path.replace

    for step in range(2 * len(wanted) + 1):
        left = [step]

        def replace(self: Path, target: Path, left: list[int] = left) -> Path:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return replaced(self, target)

        job_id, name = catalog.export([SERIES], to=f"killed-{step}"), f"killed-{step}"
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", replace)
            try:
                run(store, job_id)
            except Killed:
                intervals = theirs(catalog, name).get_intervals(Bar, NAME)
                assert len(theirs(catalog, name).bars([NAME])) == 100 * len(intervals)
        store.requeue_jobs(["catalog.export"])
        if not store.job(job_id).status.is_final:
            run(store, job_id)
        assert content(catalog.path_of(name)) == wanted
