"""2,600 streams on which nothing happens: what it costs to wait for them.

Run: python -m benchmarks.bus_idle [streams] [seconds]. CPU of one core, each reader alone: a tail, the worker's group
reader, a tail with its watch; then the whole dashboard, and Redis' own part in each.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import redis

from benchmarks.bus_read import payload
from benchmarks.bus_to_page import dashboard, until_up
from benchmarks.server import OwnRedis, cpu_s, load, own_redis, run_module
from nautilus_data.bus import Subscriber, Watch
from nautilus_data.worker import settle_collector

_SETTLE_S = 5.0
_TICK_S = 0.5
_ROLES = {"tail": "a tail", "group": "the worker's group reader", "watch": "a tail and its watch"}


def fill(server: OwnRedis, streams: int) -> None:
    """One entry each, as the snapshots of that many orders leave them."""
    with redis.Redis.from_url(server.url) as client:
        pipeline = client.pipeline(transaction=False)
        for number in range(streams):
            topic = f"data.quotes.SIM.GBP/USD{number}"
            pipeline.xadd(f"trader-IDLE-001:stream:{topic}", {"topic": topic, "payload": payload(number)})
        pipeline.execute()


def wait(role: str, url: str) -> None:
    """Be that reader until told to end; each line read is answered: streams known, seconds of CPU of the watch."""
    reader, stop = Subscriber(url, group="idle" if role == "group" else None), threading.Event()
    spent = [0.0]

    def look() -> None:
        watch = Watch(reader, tuple, "benchmark")
        while not stop.wait(_TICK_S):
            watch.look()
            watch.ask()
            spent[0] = time.thread_time()
        watch.close()

    threads = [threading.Thread(target=lambda: [page.ack() for page in reader.pages(stop)])]
    threads += [threading.Thread(target=look)] if role == "watch" else []
    settle_collector()
    for thread in threads:
        thread.start()
    for _ in sys.stdin:
        print(len(reader.keys), spent[0], flush=True)
    stop.set()


def measure(family: dict[str, psutil.Process], what: str, seconds: float) -> None:
    """Print the share of a core each took."""
    before, started = {name: cpu_s(one) for name, one in family.items()}, time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - started
    shares = [f"{name} {(cpu_s(one) - before[name]) / passed:.1%}" for name, one in family.items()]
    print(f"{what}: {', '.join(shares)} of a core; {load()}", flush=True)


def measure_reader(server: OwnRedis, role: str, seconds: float) -> None:
    reader = run_module(
        "benchmarks.bus_idle", "--role", role, "--url", server.url, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )

    def ask() -> tuple[int, float]:
        reader.stdin.write(b"\n")
        reader.stdin.flush()
        streams, spent = reader.stdout.readline().split()
        return int(streams), float(spent)

    while not ask()[0]:
        time.sleep(0.1)
    time.sleep(_SETTLE_S)
    streams, before = ask()
    family = {"process": psutil.Process(reader.pid), "Redis": server.process}
    measure(family, f"{_ROLES[role]} on {streams:,} streams", seconds)
    if role == "watch":
        print(f"of it the watch alone: {(ask()[1] - before) / seconds:.1%}")
    reader.stdin.close()
    reader.wait()


def measure_whole(server: OwnRedis, folder: Path, seconds: float) -> None:
    with dashboard(folder, REDIS_URL=server.url, DEMO="off") as (address, process):
        asyncio.run(until_up(address))
        time.sleep(2 * _SETTLE_S)
        children = zip(itertools.chain(["worker"], itertools.repeat("other")), process.children(), strict=False)
        family = {"server": process, **dict(children), "Redis": server.process}
        measure(family, "python -m app.server, no page open", seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("streams", nargs="?", type=int, default=2_600)
    parser.add_argument("seconds", nargs="?", type=float, default=20.0)
    parser.add_argument("--role", choices=list(_ROLES), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role:
        wait(given.role, given.url)
        return
    with tempfile.TemporaryDirectory() as name, own_redis(Path(name)) as server:
        fill(server, given.streams)
        print(f"{given.streams:,} idle streams")
        for role in _ROLES:
            measure_reader(server, role, given.seconds)
        measure_whole(server, Path(name), given.seconds)


if __name__ == "__main__":
    main()
