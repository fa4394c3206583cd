"""Upsert 1,000,000 bars into SQLite: Store.write against sqlite3's own executemany on the same schema.

Run: python -m benchmarks.store_write [rows]. Promise: at least 0.6 of the raw speed.
"""

from __future__ import annotations

import argparse
import gc
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import BARS, Series
from nautilus_data.core.timerange import NS_PER_S, TimeRange
from nautilus_data.store import Store

SERIES = Series(instrument_id="AAPL.NASDAQ", source="sample", timeframe="1-MINUTE")
RAW_UPSERT = """
INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (series, ts_event) DO UPDATE SET
ts_init = excluded.ts_init, open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
volume = excluded.volume
"""


def make_bars(rows: int) -> pd.DataFrame:
    """A random walk of one-minute bars."""
    random = np.random.default_rng(7)
    close = (100 + random.normal(0, 0.05, rows).cumsum()).round(2)
    ticks = {name: ((close + shift) * 100).astype("int64") * 10_000_000 for name, shift in SHIFTS.items()}
    times = np.arange(rows, dtype="int64") * 60 * NS_PER_S
    return BARS.conform(pd.DataFrame({"ts_event": times, "ts_init": times, **ticks, "volume": random.random(rows)}))


SHIFTS = {"open": -0.01, "high": 0.05, "low": -0.05, "close": 0.0}


def timed(work: Callable[[], object]) -> float:
    """Seconds it took, garbage of the setup collected first."""
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def write_raw(path: Path, rows: list[tuple], statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -16384")
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(statement, rows)
    connection.execute("COMMIT")
    connection.close()


def measure(frame: pd.DataFrame, folder: Path, turn: int) -> dict[str, float]:
    """Seconds of each way, every one into a new file with the store's schema."""
    span = TimeRange(0, int(frame["ts_event"].iloc[-1]) + 1)
    raw_path = folder / f"raw{turn}.sqlite"
    Store(f"sqlite:///{raw_path}").close()
    rows = list(zip([1] * len(frame), *(frame[name].tolist() for name in frame), strict=True))
    seconds = {"raw executemany": timed(lambda: write_raw(raw_path, rows, RAW_UPSERT))}
    rows = []
    store = Store(f"sqlite:///{folder / f'store{turn}.sqlite'}")
    seconds["Store.write"] = timed(lambda: store.write(SERIES, frame, span))
    seconds["Store.write again, nothing new"] = timed(lambda: store.write(SERIES, frame, span))
    size = store.stats().size_bytes
    store.close()
    seconds["bytes per row"] = size / len(frame)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    frame = make_bars(asked.rows)
    with tempfile.TemporaryDirectory() as folder:
        turns = [measure(frame, Path(folder), turn) for turn in range(asked.turns)]
    median = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}
    for name in ("raw executemany", "Store.write", "Store.write again, nothing new"):
        ratio = median["raw executemany"] / median[name]
        print(f"{name:32} {asked.rows / median[name]:>12,.0f} rows/s   ratio {ratio:.2f}")
    print(f"{'size, with the write-ahead log':32} {median['bytes per row']:>12,.0f} bytes/row")


if __name__ == "__main__":
    main()
