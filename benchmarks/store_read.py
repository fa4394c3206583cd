"""Read bars from SQLite into a DataFrame: Store.read against the best raw reads of the same file.

Run: python -m benchmarks.store_read [rows]. 100,000 bars of one series, and the last 500 of it.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.store_write import SERIES, make_bars
from nautilus_data.core.dataset import BARS, Kind
from nautilus_data.store import Store

DTYPE = np.dtype([(n, "float64" if kind is Kind.FLOAT else "int64") for n, kind in BARS.columns.items()])
COLUMNS = ", ".join(BARS.columns)
QUERY = f"SELECT {COLUMNS} FROM bars WHERE series = ? ORDER BY ts_event"
LAST = f"SELECT {COLUMNS} FROM bars WHERE series = ? ORDER BY ts_event DESC LIMIT 500"
OTHERS = 9


def fill(store: Store, rows: int) -> None:
    """The series that is read lies between others of the same length."""
    frame = make_bars(rows)
    for number in range(OTHERS + 1):
        store.write(SERIES if number == OTHERS // 2 else replace(SERIES, instrument_id=f"X{number}.SIM"), frame)


def median_ms(work: Callable[[], object], turns: int) -> float:
    seconds = []
    for _ in range(turns):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return 1_000 * statistics.median(seconds)


def frame_of(cursor: sqlite3.Cursor) -> pd.DataFrame:
    found = np.fromiter(cursor, DTYPE)
    return pd.DataFrame({name: np.ascontiguousarray(found[name]) for name in DTYPE.names})


def report(title: str, raw: dict[str, Callable[[], object]], read: Callable[[], object], turns: int) -> None:
    """One line a way; ratios say how long the store takes against it."""
    ours = median_ms(read, turns)
    print(f"{title}: Store.read {ours:.2f} ms")
    for name, work in raw.items():
        taken = median_ms(work, turns)
        print(f"  {name:36} {taken:8.2f} ms   Store.read takes {ours / taken:.2f} of it")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.sqlite"
        store = Store(f"sqlite:///{path}")
        fill(store, asked.rows)
        raw = sqlite3.connect(path)
        mine = (raw.execute("SELECT id FROM series WHERE instrument_id = ?", (SERIES.instrument_id,)).fetchone()[0],)
        whole = {
            "fetchall, no frame": lambda: raw.execute(QUERY, mine).fetchall(),
            "cursor + np.fromiter to DataFrame": lambda: frame_of(raw.execute(QUERY, mine)),
            "pandas.read_sql": lambda: pd.read_sql(QUERY, raw, params=mine),
        }
        report(f"{asked.rows:,} bars", whole, lambda: store.read(SERIES), turns=7)
        last = {
            "fetchall, no frame": lambda: raw.execute(LAST, mine).fetchall(),
            "cursor + np.fromiter to DataFrame": lambda: frame_of(raw.execute(LAST, mine)),
            "pandas.read_sql": lambda: pd.read_sql(LAST, raw, params=mine),
        }
        report("the last 500", last, lambda: store.read(SERIES, last=500), turns=50)
        raw.close()
        store.close()


if __name__ == "__main__":
    main()
