"""The newest bar of 1,000 instruments: Market.latest_bars against the driver's seeks and against grouping.

Run: python -m benchmarks.latest_bars [instruments] [bars].
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from benchmarks.databases import Opened, compare, opened
from benchmarks.store_write import SERIES, make_bars
from nautilus_data.services.live import Live
from nautilus_data.services.market import Market

SEEKS = """
SELECT s.instrument_id, b.* FROM series s CROSS JOIN bars b
WHERE b.series = s.id AND b.ts_event = (SELECT max(ts_event) FROM bars WHERE series = s.id)
"""
GROUPED = """
SELECT b.* FROM bars b JOIN (SELECT series, max(ts_event) AS ts_event FROM bars GROUP BY series) n
ON n.series = b.series AND n.ts_event = b.ts_event
"""


def fill(database: Opened, instruments: int, bars: int) -> list[str]:
    names, frame = [f"I{number}.SIM" for number in range(instruments)], make_bars(bars)
    for name in names:
        database.store.write(replace(SERIES, instrument_id=name), frame)
    if database.name == "PostgreSQL":
        database.raw.execute("VACUUM ANALYZE")
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instruments", nargs="?", type=int, default=1_000)
    parser.add_argument("bars", nargs="?", type=int, default=1_000)
    parser.add_argument("--turns", type=int, default=15)
    asked = parser.parse_args()
    for database in opened():
        names = fill(database, asked.instruments, asked.bars)
        market = Market(database.store, Live(), {})
        assert len(market.latest_bars(names)) == asked.instruments
        title = f"{database.name}, newest bar of {asked.instruments:,} x {asked.bars:,}"
        raw = {
            "driver, a seek each": lambda database=database: database.rows(SEEKS).fetchall(),
            "driver, grouped": lambda database=database: database.rows(GROUPED).fetchall(),
        }
        store = database.store
        compare(f"{title}: Store", lambda store=store, names=names: store.latest_bars(names), raw, asked.turns)
        compare("  Market.latest_bars", lambda market=market, names=names: market.latest_bars(names), raw, asked.turns)


if __name__ == "__main__":
    main()
