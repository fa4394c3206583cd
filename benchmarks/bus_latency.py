"""XADD to handler: a tail and its router as a server runs them, beside redis-py's own blocking read.

Run: python -m benchmarks.bus_latency [seconds]. Promise: p99 below 10 ms, at 1,000 and at 10,000 entries a second.
Ten streams. Writer, tail and redis-py's reader are a process each and run at the same time; an entry tells when it was
packed, the clock stops when its handler is called.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.bus_to_page import read_raw, write
from benchmarks.server import OwnRedis, load, own_redis, run_module
from nautilus_data.bus import Message, Router, Subscriber
from nautilus_data.worker import settle_collector

_RATES = (1_000, 10_000)
_BATCHES_A_SECOND = 1_000
_LEAD_S = 2.0


def read_ours(url: str, seconds: float) -> None:
    """Delays (ms) until the handler has the entries, to standard output."""
    router, stop, delays = Router(), threading.Event(), []

    def take(messages: Sequence[Message]) -> None:
        now = time.time_ns()
        delays.extend([(now - message.body.ts_init) / 1e6 for message in messages])

    router.subscribe("data.quotes.*", take)
    settle_collector()
    threading.Timer(seconds, stop.set).start()
    for page in Subscriber(url).pages(stop):
        router.route(page.messages)
    print(json.dumps(delays[len(delays) // 10 :]))


def measure(server: OwnRedis, rate: int, seconds: float) -> dict[str, np.ndarray]:
    """Of each reader the delays, by its role."""
    given = ("benchmarks.bus_latency", "--url", server.url, "--rate", rate)
    readers = {
        role: run_module(*given, seconds + _LEAD_S, "--role", role, stdout=subprocess.PIPE) for role in ("raw", "ours")
    }
    writer = run_module(*given, seconds + _LEAD_S, "--role", "write")
    found = {role: np.array(json.loads(reader.communicate()[0])) for role, reader in readers.items()}
    writer.wait()
    return found


def show(rate: int, found: dict[str, np.ndarray]) -> None:
    figures = {role: np.percentile(delays, [50, 99]) for role, delays in found.items()}
    for role, name in (("raw", "redis-py, blocking read"), ("ours", "Subscriber and Router")):
        middle, worst = figures[role]
        ratios = (
            "" if role == "raw" else f"; {middle / figures['raw'][0]:.1f} and {worst / figures['raw'][1]:.1f} times"
        )
        print(f"{rate:,}/s: {name}: p50 {middle:.2f} ms, p99 {worst:.2f} ms, n {len(found[role]):,}{ratios}; {load()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=20.0)
    parser.add_argument("--role", choices=["write", "raw", "ours"], help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role == "write":
        write(given.url, given.rate, given.seconds, _BATCHES_A_SECOND)
    elif given.role:
        (read_raw if given.role == "raw" else read_ours)(given.url, given.seconds)
    else:
        with tempfile.TemporaryDirectory() as folder:
            for rate in _RATES:
                with own_redis(Path(folder) / str(rate)) as server:
                    show(rate, measure(server, rate, given.seconds))


if __name__ == "__main__":
    main()
