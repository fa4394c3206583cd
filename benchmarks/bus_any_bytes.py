"""The worst that can stand on the bus: how long does reading it keep a server's loop from its turn?

Run: python -m benchmarks.bus_any_bytes [times]. A loop asks for its turn each millisecond while a tail as the server's
own, in a thread beside it, reads payloads made to be slow: the longest it waited, by kind of payload. Quiet: nothing
was read meanwhile. Exits 1 when it waited for more than 50 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import redis

from benchmarks.server import load, own_redis, run_module
from nautilus_data.settings import load_settings
from nautilus_data.worker import settle_collector
from nautilus_data.workspace import Workspace, open_workspace

_MOST_MS = 50.0
_QUIET_S, _REST_S = 3.0, 0.05
_LINE = "{:44} {:>10} {:>8} {:>12}"
_QUOTES, _BOOK, _ORDERS = "data.quotes.SIM.A", "data.book.deltas.SIM.A", "events.order.S-1"


def payloads() -> Iterator[tuple[str, str, bytes]]:
    """Name, topic and bytes; each around a limit, below it where it is decoded at all."""
    pack = msgspec.msgpack.encode
    order = {"action": "ADD", "order": {"side": "BUY", "price": "1.10001", "size": "1000", "order_id": "1"}}
    delta = {"type": "OrderBookDelta", "instrument_id": "A.SIM", "flags": "0", "sequence": "1", "ts_event": "1",
             "ts_init": "1"} | order  # fmt: skip
    deltas = {"type": "OrderBookDeltas", "instrument_id": "A.SIM", "deltas": json.dumps([delta] * 4_000)}
    flat = {"type": "QuoteTick", "instrument_id": "A.SIM", "bid_price": "1" * 500_000, "ask_price": "1" * 500_000,
            "bid_size": "1", "ask_size": "1", "ts_event": "1", "ts_init": "1"}  # fmt: skip
    yield "random bytes, 10 MB", _QUOTES, os.urandom(10_000_000)
    yield "random bytes, 500 kB", _ORDERS, os.urandom(500_000)
    yield "MessagePack arrays in arrays, 500 kB", _ORDERS, b"\x91" * 500_000
    yield "JSON arrays in arrays, 500 kB", _ORDERS, b"[" * 500_000
    yield "MessagePack, 250,000 empty maps", _ORDERS, pack({"type": "Custom", "value": [{}] * 250_000})
    yield "MessagePack, 60,000 keys", "data.custom", pack({str(number): number for number in range(60_000)})
    yield (
        "JSON, 40,000 keys twice",
        "data.custom",
        b"{" + b",".join([b'"%d":1' % (n % 40_000) for n in range(50_000)]) + b"}",
    )
    yield (
        "JSON numbers of 100,000 digits",
        _ORDERS,
        b'{"type":"Custom","value":[' + b",".join([b"9" * 100_000] * 4) + b"]}",
    )
    yield "a price of 500,000 digits", _QUOTES, pack(flat)
    yield "4,000 book deltas", _BOOK, pack(deltas)
    yield "4,000 levels for a book, once more as JSON", _BOOK, json.dumps(deltas).encode()


class Turns:
    """Asks for a turn each millisecond; the longest it had to wait since the last `take` (ms)."""

    def __init__(self) -> None:
        self._worst = 0.0

    async def run(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self._worst, last = max(self._worst, (now - last) * 1e3 - 1.0), now

    def take(self) -> float:
        worst, self._worst = self._worst, 0.0
        return worst


def publish(url: str) -> None:
    """Be the node: add the payload of each number read."""
    made = list(payloads())
    with redis.Redis.from_url(url) as client:
        for line in sys.stdin:
            _, topic, payload = made[int(line)]
            client.xadd(f"trader-WORST-001:stream:{topic}", {"topic": topic, "payload": payload}, maxlen=5)


async def measure(workspace: Workspace, publisher: subprocess.Popen[bytes], times: int) -> float:
    turns = Turns()
    task = asyncio.create_task(turns.run())
    print(_LINE.format("payload", "bytes", "times", "longest ms"))
    await asyncio.sleep(_QUIET_S)
    print(_LINE.format("quiet", "", "", f"{turns.take():.1f}"))
    worst, reader = 0.0, workspace.overview.subscriber
    for number, (name, _, payload) in enumerate(payloads()):
        for _ in range(times):
            read = reader.entries_read
            # From a process of its own, as a node's: what sending costs must not count.
            publisher.stdin.write(f"{number}\n".encode())
            publisher.stdin.flush()
            while reader.entries_read == read:
                await asyncio.sleep(0.001)
            await asyncio.sleep(_REST_S)
        waited = turns.take()
        worst = max(worst, waited)
        print(_LINE.format(name, f"{len(payload):,}", times, f"{waited:.1f}"))
    task.cancel()
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("times", nargs="?", type=int, default=20)
    parser.add_argument("--publish", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.publish:
        publish(given.publish)
        return
    with tempfile.TemporaryDirectory() as name, own_redis(Path(name)) as server:
        settings = load_settings(nautilus_data_dir=Path(name) / "data", redis_url=server.url, demo="off")
        with redis.Redis.from_url(server.url) as client:
            client.xadd(f"trader-WORST-001:stream:{_QUOTES}", {"topic": _QUOTES, "payload": b"\xc0"})
            workspace = open_workspace(settings, tail=True)
            settle_collector()
            while workspace.overview.subscriber is None or not workspace.overview.subscriber.entries_read:
                time.sleep(0.05)
            publisher = run_module("benchmarks.bus_any_bytes", "--publish", server.url, stdin=subprocess.PIPE)
            worst = asyncio.run(measure(workspace, publisher, given.times))
            publisher.communicate()
            workspace.close()
    print(f"the longest wait: {worst:.1f} ms; {load()}")
    if worst > _MOST_MS:
        raise SystemExit(f"the loop waited for more than {_MOST_MS:.0f} ms")


if __name__ == "__main__":
    main()
