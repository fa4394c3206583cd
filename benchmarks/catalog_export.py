"""Export bars from the store into a NautilusTrader catalog: rows a second, beside bare pyarrow writing the same table.

Run: python -m benchmarks.catalog_export [rows]. The lead's figures are of 1,000,000 bars. Needs nautilus_trader.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
from nautilus_trader.model.data import Bar
from nautilus_trader.persistence.catalog.parquet import ParquetDataCatalog

from benchmarks.store_write import make_bars
from nautilus_data.core.dataset import INSTRUMENTS, Series
from nautilus_data.core.timerange import TimeRange
from nautilus_data.engine.catalog import WRITING, BarFile, read_bars
from nautilus_data.services.catalog import KINDS, Catalog, run_job
from nautilus_data.store import Store

SERIES = Series(instrument_id="EUR/USD.SIM", source="sample", timeframe="1-MINUTE")
NAME = "EUR/USD.SIM-1-MINUTE-LAST-EXTERNAL"
PAIR = ("EUR/USD.SIM", "EUR/USD", "CurrencyPair", "USD", "EUR", "", 9, 0, "0.000000001", "1", False, 1)
TURNS = 3
FEW = 100_000


def seconds(work: Callable[[], object], turns: int = TURNS) -> float:
    """The shortest of a few turns."""
    taken = []
    for _ in range(turns):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def carry_out(store: Store, job_id: int) -> None:
    run_job(store, {}, store.claim_job(KINDS))
    job = store.job(job_id)
    if job.status != "SUCCEEDED":
        raise SystemExit(job.message)


def say(what: str, rows: int, taken: float, bare: float = 0.0) -> None:
    ratio = f"   {bare / taken:5.2f} of bare pyarrow" if bare else ""
    print(f"  {what:52} {taken:7.2f} s  {rows / taken:12,.0f} rows/s{ratio}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=200_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(f"sqlite:///{folder / 'store.sqlite'}")
        frame = make_bars(rows)
        # Lots, as an exchange has them.
        frame = frame.assign(volume=frame["volume"].round())
        store.write(SERIES, frame, TimeRange(int(frame["ts_event"].iloc[0]), int(frame["ts_event"].iloc[-1]) + 1))
        store.write_rows({INSTRUMENTS: [PAIR]})
        catalog, numbers = Catalog(store, {}, folder / "catalog"), iter(range(100))
        file = BarFile(NAME, 9, 0)
        table, out = file.table(frame), folder / "bare.parquet"
        print(f"{rows:,} bars, {TURNS} turns, the shortest:")
        bare = seconds(lambda: pq.write_table(table, out, **WRITING))
        say("bare pyarrow: that table to one file", rows, bare)
        say("BarFile.write: a frame of ticks to one file", rows, seconds(lambda: file.write(frame, out)), bare)
        export = seconds(lambda: carry_out(store, catalog.export([SERIES], to=f"n{next(numbers)}")))
        say("export: store to catalog, checked, on the disk", rows, export, bare)
        say("store read alone", rows, seconds(lambda: store.read(SERIES)))
        say("export again, nothing new", rows, seconds(lambda: carry_out(store, catalog.export([SERIES], to="n0"))))
        say("reading it back: read_bars", rows, seconds(lambda: read_bars([out])))
        compare_with_nautilus(catalog.path_of("n0"), folder / "theirs", min(rows, FEW))
        print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
        store.close()


def compare_with_nautilus(ours: Path, theirs: Path, count: int) -> None:
    """NautilusTrader's own way: objects, one by one."""
    bars = ParquetDataCatalog(str(ours)).bars([NAME])[:count]
    assert all(isinstance(one, Bar) for one in bars)
    writer = ParquetDataCatalog(str(theirs))
    say(
        f"NautilusTrader's write_data of {len(bars):,} Bar objects",
        len(bars),
        seconds(lambda: writer.write_data(bars), 1),
    )


if __name__ == "__main__":
    main()
