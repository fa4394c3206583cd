"""The last 500 bars of a long line: Store.read and Market.bars against the driver's own query.

Run: python -m benchmarks.last_bars [rows]; 10,000,000 takes some minutes to fill, 1,000,000 is the default.
"""

from __future__ import annotations

import argparse

import pandas as pd

from benchmarks.databases import COLUMNS, Opened, compare, fill, opened
from benchmarks.store_write import SERIES
from nautilus_data.core.timerange import NS_PER_S, TimeRange
from nautilus_data.services.live import Live
from nautilus_data.services.market import Market

COUNT = 500
_MINUTE = 60 * NS_PER_S


def measure(database: Opened, rows: int, turns: int) -> None:
    market, where = Market(database.store, Live(), {}), f"FROM bars WHERE series = {database.number()}"
    asked = (SERIES.instrument_id, "1m", SERIES.source, SERIES.adjustment)
    query = f"SELECT {COLUMNS} {where} ORDER BY ts_event DESC LIMIT {COUNT}"
    raw = {
        "driver, no frame": lambda: database.rows(query).fetchall(),
        "driver into arrays into a frame": lambda: pd.DataFrame(database.fetched(query)),
    }
    compare(f"{database.name}, last {COUNT} of {rows:,}: Store.read", lambda: database.store.read(SERIES, last=COUNT),
            raw, turns)  # fmt: skip
    compare("  Market.bars(last=500)", lambda: market.bars(*asked, last=COUNT), raw, turns)
    middle = TimeRange(rows // 2 * _MINUTE, (rows // 2 + COUNT) * _MINUTE)
    part = f"SELECT {COLUMNS} {where} AND ts_event >= {middle.start} AND ts_event < {middle.end} ORDER BY ts_event"
    compare("  Market.bars(span) of 500 in its middle", lambda: market.bars(*asked, span=middle, max_bars=3_000),
            {"driver into arrays into a frame": lambda: pd.DataFrame(database.fetched(part))}, turns)  # fmt: skip
    compare("  Market.extent", lambda: market.extent(*asked),
            {"driver, min and max": lambda: [database.rows(f"SELECT {end}(ts_event) {where}").fetchone()
                                             for end in ("min", "max")]}, turns)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=200)
    asked = parser.parse_args()
    for database in opened():
        fill(database, asked.rows)
        measure(database, asked.rows, asked.turns)


if __name__ == "__main__":
    main()
