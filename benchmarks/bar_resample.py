"""Minutes into hours: in memory against bare NumPy, in the database against one grouped statement of the driver.

Run: python -m benchmarks.bar_resample [rows]. Every minute a US stock trades. The bare ways know steps of UTC alone;
ours know sessions, holidays and DST.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from benchmarks.databases import Opened, compare, opened
from benchmarks.store_write import SERIES, make_bars
from nautilus_data.core.calendar import expected
from nautilus_data.core.resample import resample
from nautilus_data.core.timerange import NS_PER_S, TimeRange

HOUR = 3_600 * NS_PER_S
_ROW = np.dtype([(name, "int64") for name in ("first", "last", "high", "low")] + [("volume", "float64")])


def traded(rows: int) -> pd.DataFrame:
    """Every minute of New York's sessions from 2010 on."""
    times = expected(SERIES, TimeRange.of("2010-01-01", "2026-01-01")).due[:rows]
    return make_bars(len(times)).assign(ts_event=times, ts_init=times)


def bare(columns: dict[str, np.ndarray]) -> list[np.ndarray]:
    hours = (columns["ts_event"] - 1) // HOUR
    firsts = np.flatnonzero(np.append(True, hours[1:] != hours[:-1]))
    lasts = np.append(firsts[1:], len(hours)) - 1
    ways = (("high", np.maximum), ("low", np.minimum), ("volume", np.add))
    together = [way.reduceat(columns[name], firsts) for name, way in ways]
    return [columns["open"][firsts], *together, columns["close"][lasts], columns["ts_event"][lasts]]


def in_database(database: Opened, rows: int, turns: int) -> None:
    query = (
        "SELECT min(ts_event), max(ts_event), max(high), min(low), sum(volume)"
        f" FROM bars WHERE series = {database.number()} GROUP BY (ts_event - 1) / {HOUR} ORDER BY 1"
    )
    store, every = database.store, TimeRange(0, 2**62)
    for timeframe in ("1h", "1d"):
        compare(
            f"{database.name}, {rows:,} minutes into {timeframe}: Store.resample",
            lambda timeframe=timeframe: store.resample(SERIES, every, timeframe),
            {"driver, hours grouped, no open, no close": lambda: database.fetched(query, _ROW),
             "read all, then in memory": lambda timeframe=timeframe: resample(
                 {name: values.to_numpy() for name, values in store.read(SERIES).items()}, SERIES, timeframe)},
            turns,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=15)
    asked = parser.parse_args()
    frame = traded(asked.rows)
    columns = {name: values.to_numpy() for name, values in frame.items()}
    compare(f"{asked.rows:,} minutes into hours in memory: core.resample", lambda: resample(columns, SERIES, "1h"),
            {"bare NumPy": lambda: bare(columns)}, 5 * asked.turns)  # fmt: skip
    for database in opened():
        database.store.write(SERIES, frame)
        if database.name == "PostgreSQL":
            database.raw.execute("VACUUM ANALYZE")
        in_database(database, asked.rows, asked.turns)


if __name__ == "__main__":
    main()
