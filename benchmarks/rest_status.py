"""Status over REST while the bus brings thousands of entries a second and pages are open.

Run: python -m benchmarks.rest_status [entries a second] [pages] [seconds]. A real Redis, a writer, the server with its
worker, and pages on their websockets; each address is asked again and again on a connection of its own process.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import psutil

from benchmarks.bus_to_page import PAGES, PageClient, dashboard, until_up
from benchmarks.rest_requests import LIMITS, Line
from nautilus_data.bus import EmbeddedRedis

ADDRESSES = (
    "/health", "/api/v1/status", "/api/v1/messagebus/status", "/api/v1/multi-datasource/status",
    "/api/v1/multi-datasource/health", "/api/v1/historical/backfill/status", "/api/v1/engine/status",
    "/api/v1/ib/connection/status", "/api/v1/yfinance/status",
)  # fmt: skip
_PAUSE_S = 0.02
_PROMISED_MS = 100


def ask(address: str, seconds: float) -> dict[str, np.ndarray]:
    """Milliseconds of each answer, one after the other in turn."""
    line, taken = Line(address), {path: [] for path in ADDRESSES}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for path in ADDRESSES:
            taken[path].append(line.get(path)[1])
            time.sleep(_PAUSE_S)
    line.close()
    return {path: np.array(found) for path, found in taken.items()}


async def _drain(client: PageClient) -> None:
    async for _ in client.messages():
        pass


async def measure(url: str, folder: Path, rate: int, pages: int, seconds: float) -> None:
    with dashboard(folder, REDIS_URL=url, **LIMITS) as (address, _):
        await until_up(address)
        await asyncio.sleep(10)
        command = [sys.executable, "-m", "benchmarks.bus_to_page", "--role", "write", "--url", url, str(rate)]
        writer = subprocess.Popen([*command, str(seconds + 30)])
        async with AsyncExitStack() as opened:
            opened.callback(writer.wait)
            opened.callback(writer.terminate)
            for number in range(pages):
                client = PageClient(address, PAGES[number % len(PAGES)])
                await client.open()
                task = asyncio.create_task(_drain(client))
                opened.callback(client.close)
                opened.callback(task.cancel)
            await asyncio.sleep(3)
            taken = await asyncio.to_thread(ask, address, seconds)
    print(f"{rate:,} entries/s, {pages} open pages, {seconds:.0f} s")
    for path, found in taken.items():
        middle, worst = np.percentile(found, [50, 99])
        kept = "" if worst < _PROMISED_MS else f"  over {_PROMISED_MS} ms"
        print(f"  {path:36} p50 {middle:6.1f} ms, p99 {worst:6.1f} ms, n {len(found)}{kept}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rate", nargs="?", type=int, default=5_000)
    parser.add_argument("pages", nargs="?", type=int, default=10)
    parser.add_argument("seconds", nargs="?", type=float, default=30.0)
    given = parser.parse_args()
    print(f"load of the machine: {psutil.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        bus = EmbeddedRedis(Path(folder), memory_mb=512)
        try:
            asyncio.run(measure(bus.start(), Path(folder), given.rate, given.pages, given.seconds))
        finally:
            bus.stop()


if __name__ == "__main__":
    main()
