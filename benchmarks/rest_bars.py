"""Bars over REST from a real server: 500 rows, and 100,000 as Arrow against the read of the store that is behind it.

Run: python -m benchmarks.rest_bars [requests]. Server and client are processes of their own on one machine.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

import numpy as np
import psutil
from pyarrow import ipc

from benchmarks.bus_to_page import dashboard, until_up
from benchmarks.rest_requests import LIMITS, Line
from benchmarks.store_read import fill, median_ms
from benchmarks.store_write import SERIES
from nautilus_data import load_settings
from nautilus_data.store import Store

_ROWS = 100_000
_ARROW = "application/vnd.apache.arrow.stream"
_BARS = f"/api/v1/market-data/historical/bars?symbol={SERIES.instrument_id}&timeframe=1m&source=sample&adjustment=raw"
_TURNS = 15


def small(line: Line, requests: int) -> None:
    for name, accept in (("JSON", "application/json"), ("Arrow", _ARROW)):
        taken = np.array([line.get(f"{_BARS}&limit=500", accept)[1] for _ in range(requests)])
        middle, worst = np.percentile(taken, [50, 99])
        print(f"500 bars as {name:5} p50 {middle:6.1f} ms, p99 {worst:6.1f} ms, n {requests}")


def large(line: Line, store: Store) -> None:
    path = f"{_BARS}&limit={_ROWS}"
    body, _ = line.get(path, _ARROW)
    assert ipc.open_stream(body).read_all().num_rows == _ROWS
    bare = median_ms(lambda: store.read(SERIES, last=_ROWS), _TURNS)
    asked = median_ms(lambda: line.get(path, _ARROW), _TURNS)
    print(f"{_ROWS:,} bars: read of the store {bare:.1f} ms, over REST as Arrow {asked:.1f} ms ({len(body):,} bytes),"
          f" {asked / bare:.1f} of it")  # fmt: skip


async def measure(folder: Path, requests: int) -> None:
    settings = load_settings(nautilus_data_dir=folder / "data", demo="off")
    settings.nautilus_data_dir.mkdir()
    store = Store(settings.store_url)
    fill(store, _ROWS)
    with dashboard(folder, **LIMITS) as (address, _):
        await until_up(address)
        await asyncio.sleep(15)
        line = Line(address)
        small(line, requests)
        large(line, store)
        line.close()
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requests", nargs="?", type=int, default=500)
    given = parser.parse_args()
    print(f"load of the machine: {psutil.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), given.requests))


if __name__ == "__main__":
    main()
