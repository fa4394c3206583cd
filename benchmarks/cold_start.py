"""Cold start of the demo: seconds to the first live value in a page; memory and CPU at rest and with open pages.

Run: python -m benchmarks.cold_start [open pages]. Promise: 10 s from the server being up to a page that moves.
The data folder is new: Redis, worker, backfill of 8 series, node and replay all start within these seconds.
Memory is the proportional set size where the system tells it (pages shared with other processes count in part).
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.bus_to_page import PAGES, PageClient, cards, dashboard, until_up

_REST_S = 10.0
_PATIENCE_S = 90.0
_PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}


async def until_live(address: str) -> tuple[float, float]:
    """When the page's first message came, and when the first price that moved since."""
    client = PageClient(address, "overview")
    await client.open()
    first, shown = 0.0, {}
    async for content in client.messages():
        first = first or time.monotonic()
        prices = {key: value for key, value in cards(content) if key.endswith((".NASDAQ", ".NYSE"))}
        if any(shown.get(key, value) != value for key, value in prices.items()):
            client.close()
            return first, time.monotonic()
        shown |= prices
    raise ConnectionError("the server closed the page")


async def drain(client: PageClient) -> None:
    async for _ in client.messages():
        pass


def role(process: psutil.Process) -> str:
    """What a process of the dashboard's family is."""
    words = process.cmdline()
    if "app.server" in words:
        return "server"
    for part in ("worker", "nautilus_data.engine.runner"):
        if part in words:
            return part.rpartition(".")[2].replace("runner", "node")
    return "redis"


def memory_mb(process: psutil.Process) -> tuple[float, float]:
    """Resident and proportional."""
    used = process.memory_full_info()
    return used.rss / 1e6, getattr(used, "pss", used.rss) / 1e6


async def measure(process: psutil.Process, what: str) -> None:
    """Print memory of each process of the family, and CPU over some seconds."""
    family = {role(one): one for one in (process, *process.children(recursive=True))}
    before = {name: sum(one.cpu_times()[:2]) for name, one in family.items()}
    started = time.monotonic()
    await asyncio.sleep(_REST_S)
    passed = time.monotonic() - started
    for name, one in family.items():
        resident, proportional = memory_mb(one)
        busy = (sum(one.cpu_times()[:2]) - before[name]) / passed
        print(f"{what}: {name:7} RSS {resident:4.0f} MB, PSS {proportional:4.0f} MB, CPU {busy:5.1%}")


def bare_start() -> tuple[float, float]:
    """Seconds and resident MB of a process that imports Panel and does nothing else: what nobody gets below."""
    started = time.monotonic()
    bare = subprocess.Popen([sys.executable, "-c", "import panel; print(flush=True); input()"], **_PIPES)
    bare.stdout.readline()
    took, (resident, _) = time.monotonic() - started, memory_mb(psutil.Process(bare.pid))
    bare.communicate(b"\n")
    return took, resident


async def run(folder: Path, pages: int) -> None:
    bare_s, bare_mb = bare_start()
    started = time.monotonic()
    with dashboard(folder, DEMO="on") as (address, process):
        await until_up(address)
        up = time.monotonic()
        first, live = await asyncio.wait_for(until_live(address), _PATIENCE_S)
        print(f"import of Panel alone: {bare_s:.1f} s, {bare_mb:.0f} MB")
        print(f"start to answering: {up - started:.1f} s, {(up - started) / bare_s:.1f} times that")
        print(f"start to the first message of a page: {first - started:.1f} s")
        print(f"start to the first price that moved: {live - started:.1f} s, {live - up:.1f} s after it was up")
        await asyncio.sleep(3)
        await measure(process, "no page open")
        clients = [PageClient(address, page) for page in itertools.islice(itertools.cycle(PAGES), pages)]
        opened = time.monotonic()
        for client in clients:
            await client.open()
        print(f"{pages} pages opened one after the other: {(time.monotonic() - opened) / pages * 1000:.0f} ms each")
        tasks = [asyncio.create_task(drain(client)) for client in clients]
        await asyncio.sleep(3)
        await measure(process, f"{pages} pages open")
        for task, client in zip(tasks, clients, strict=True):
            task.cancel()
            client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="?", type=int, default=10)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), parser.parse_args().pages))


if __name__ == "__main__":
    main()
