"""100,000 bars into a frame: Store.read against the best raw reads of each database.

Run: python -m benchmarks.frame_read [rows]. Promise: at least 0.7 of the best that may be used. ADBC may not on SQLite:
it brings a second SQLite into the process, and the two drop each other's locks.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import adbc_driver_postgresql.dbapi
import pandas as pd

from benchmarks.databases import COLUMNS, Opened, compare, fill, opened
from benchmarks.store_write import SERIES


def raw_ways(database: Opened, query: str) -> dict[str, Callable[[], object]]:
    ways: dict[str, Callable[[], object]] = {
        "driver, no frame": lambda: database.rows(query).fetchall(),
        "driver into arrays into a frame": lambda: pd.DataFrame(database.fetched(query)),
        "driver's rows into a frame": lambda: pd.DataFrame(database.rows(query).fetchall()),
    }
    if database.name == "PostgreSQL":
        connection = adbc_driver_postgresql.dbapi.connect(database.url, autocommit=True)

        def through_arrow() -> pd.DataFrame:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetch_arrow_table().to_pandas()

        ways["ADBC to a frame"] = through_arrow
    return ways


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=15)
    asked = parser.parse_args()
    for database in opened():
        fill(database, asked.rows)
        query = f"SELECT {COLUMNS} FROM bars WHERE series = {database.number()} ORDER BY ts_event"
        title = f"{database.name}, {asked.rows:,} bars to a frame: Store.read"
        compare(title, lambda database=database: database.store.read(SERIES), raw_ways(database, query), asked.turns)


if __name__ == "__main__":
    main()
