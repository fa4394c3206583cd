"""Find what is missing of 1,000,000 one-minute bars: Coverage.gaps against the fastest raw scans of the same table.

Run: python -m benchmarks.gap_scan [bars]. Then one bar after another is deleted at random, on half days, at DST changes
and next to holidays, and must be found in the right minute, with no other gap told. Ends with the coverage map.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import BARS, Series
from nautilus_data.core.timerange import NS_PER_S, TimeRange
from nautilus_data.services.coverage import Coverage
from nautilus_data.store import Store

SERIES = Series(instrument_id="AAPL.NASDAQ", source="sample", timeframe="1-MINUTE")
MINUTE = 60 * NS_PER_S
FIRST = "2010-01-01"
# Half days, the days around DST and holidays, and the first and last minute of a session.
SPECIAL = ("2012-11-23T18:00", "2013-03-11T13:31", "2013-11-04T14:31", "2012-12-24T17:59", "2013-01-02T14:31",
           "2012-10-31T13:31", "2014-07-03T16:59")  # fmt: skip
LAG = """
SELECT ts_event FROM (SELECT ts_event, ts_event - lag(ts_event) OVER (ORDER BY ts_event) AS d FROM bars) WHERE d > ?
"""


def bars_at(times: np.ndarray) -> pd.DataFrame:
    prices = dict.fromkeys(("open", "high", "low", "close"), 10**11)
    return BARS.conform(pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": 1.0}))


def timed(work: Callable[[], object], turns: int = 5) -> float:
    seconds = []
    for _ in range(turns):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def raw_numpy(connection: sqlite3.Connection) -> int:
    rows = connection.execute("SELECT ts_event FROM bars WHERE series = 1 ORDER BY ts_event")
    times = np.fromiter(rows, np.dtype([("ts", "i8")]))["ts"]
    return int((np.diff(times) > MINUTE).sum())


def raw_lag(connection: sqlite3.Connection) -> int:
    return len(connection.execute(LAG, (MINUTE,)).fetchall())


def delete(store: Store, ts_event: int) -> None:
    with store._writing() as connection:
        connection.exec_driver_sql("DELETE FROM bars WHERE ts_event = ?", (ts_event,))


def find_deleted(store: Store, coverage: Coverage, span: TimeRange, times: np.ndarray, count: int) -> None:
    random = np.random.default_rng(3)
    special = [pd.Timestamp(text, tz="UTC").value for text in SPECIAL]
    wanted = [when for when in special if when in set(times.tolist())] + random.choice(times, count).tolist()
    for when in wanted:
        delete(store, when)
        found = coverage.gaps(SERIES, span)
        assert found.to_numpy().tolist() == [[when - MINUTE + 1, when + 1, 1]], (pd.Timestamp(when), found)
        store.write(SERIES, bars_at(np.array([when])))
    print(
        f"{len(wanted)} single bars deleted one by one ({len(special)} on special days): each found, nothing else told"
    )


def map_speed(store: Store, times: np.ndarray) -> None:
    """100 instruments x 100 cells of daily bars, 10 of them of one-minute bars."""
    coverage = Coverage(store)
    daily = [Series(instrument_id=f"S{number}.NASDAQ", source="sample") for number in range(100)]
    span = TimeRange.of("2010-01-01", "2020-01-01")
    days = expected(daily[0], span).due
    for series in daily:
        store.write(series, bars_at(days), span)
    seconds = timed(lambda: coverage.map(daily, span, 100), 3)
    cells = coverage.map(daily, span, 100)
    print(
        f"map of 100 instruments x 100 cells over {len(days) * 100:,} daily bars: {seconds:.2f} s, {len(cells):,} cells"
    )
    minutes = [
        Series(instrument_id=f"M{number}.NASDAQ", source="sample", timeframe="1-MINUTE") for number in range(100)
    ]
    month = times[:10_000]
    inside = TimeRange(int(month[0]), int(month[-1]) + 1)
    for series in minutes:
        store.write(series, bars_at(month), inside)
    seconds = timed(lambda: coverage.map(minutes, inside, 100), 3)
    print(f"map of 100 instruments x 100 cells over 1,000,000 one-minute bars: {seconds:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bars", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--deleted", type=int, default=20)
    asked = parser.parse_args()
    times = expected(SERIES, TimeRange.of(FIRST, "2026-01-01")).due[: asked.bars]
    span = TimeRange.of(FIRST, pd.Timestamp(int(times[-1]) + 1, tz="UTC"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        store = Store(f"sqlite:///{path}")
        store.write(SERIES, bars_at(times), span)
        coverage, raw = Coverage(store), sqlite3.connect(path)
        seconds = {
            "raw: times to NumPy, diff": timed(lambda: raw_numpy(raw)),
            "raw: lag() in SQL": timed(lambda: raw_lag(raw), 3),
            "Coverage.gaps, calendar and all": timed(lambda: coverage.gaps(SERIES, span)),
        }
        best = min(value for name, value in seconds.items() if name.startswith("raw"))
        for name, value in seconds.items():
            print(f"{name:32} {value * 1e3:>8.0f} ms   ratio {best / value:.2f}")
        assert coverage.gaps(SERIES, span).empty
        find_deleted(store, coverage, span, times, asked.deleted)
        map_speed(store, times)
        store.close()


if __name__ == "__main__":
    main()
