"""Entry in Redis to value in a subscribed page's document, against redis-py reading the same entries.

Run: python -m benchmarks.bus_to_page [entries a second] [seconds]. Everything is real: a Redis, a writer, the server of
the dashboard with its worker, and a client on the websocket of the overview page; each is a process of its own.
Values go to pages at most four times a second, so an entry waits 125 ms on average before anything is sent.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import redis
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from nautilus_data.bus import EmbeddedRedis

ROOT = Path(__file__).resolve().parents[1]
INSTRUMENTS = [f"TEST{number}/USD.SIM" for number in range(10)]
PAGES = ("overview", "market", "portfolio", "backfill", "engine", "bus")
_READY = {"type": "event", "name": "document_ready", "values": {"type": "map", "entries": []}}
_WARM_UP_S = 3.0
_BATCHES_A_SECOND = 100


class PageClient:
    """What a browser does with a page, without drawing: load it, join its websocket, take its patches."""

    def __init__(self, address: str, page: str) -> None:
        self._address, self._page = address, page
        self._socket: Any = None
        self._asked = itertools.count(1)

    async def open(self) -> None:
        url = f"{self._address}/{self._page}"
        answer = await AsyncHTTPClient().fetch(HTTPRequest(url, request_timeout=60))
        token = re.search(r'"token":"([^"]+)"', answer.body.decode()).group(1)
        request = HTTPRequest(f"{url.replace('http', 'ws', 1)}/ws", headers={"Origin": self._address})
        self._socket = await websocket_connect(request, subprotocols=["bokeh", token], max_message_size=2**28)
        await self._message()
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": _READY}
        header = {"msgid": str(next(self._asked)), "msgtype": "PATCH-DOC"}
        for part in (header, {}, {"events": [event]}):
            await self._socket.write_message(json.dumps(part))

    async def messages(self) -> AsyncIterator[Any]:
        """Contents of what the server sends, until it ends."""
        while (content := await self._message()) is not None:
            yield content

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    async def _message(self) -> Any:
        header = await self._socket.read_message()
        if header is None:
            return None
        await self._socket.read_message()
        content = json.loads(await self._socket.read_message())
        for _ in range(2 * json.loads(header).get("num_buffers", 0)):
            await self._socket.read_message()
        return content


def cards(content: Any) -> Iterator[tuple[str, str]]:
    """Key and value of every card in a message."""
    if isinstance(content, dict):
        if "entries" in content and content.get("type") == "map":
            content = {key: value for key, value in content["entries"] if isinstance(key, str)}
        if isinstance(content.get("key"), str) and isinstance(content.get("value"), str):
            yield content["key"], content["value"]
        for value in content.values():
            yield from cards(value)
    elif isinstance(content, list):
        for value in content:
            yield from cards(value)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def dashboard(folder: Path, **settings: str) -> Iterator[tuple[str, psutil.Process]]:
    """`python -m app.server` with settings of its own: its address and process."""
    port = free_port()
    own = {"DASHBOARD_PORT": str(port), "NAUTILUS_DATA_DIR": str(folder / "data"), "ENV_FILE": os.devnull, **settings}
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    environment = {**os.environ, **own, "PYTHONPATH": path}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.server"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


async def until_up(address: str, timeout_s: float = 60) -> None:
    """Wait for the server to answer."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            await AsyncHTTPClient().fetch(f"{address}/health", request_timeout=2)
            return
        except OSError:
            await asyncio.sleep(0.02)
    raise TimeoutError(f"the server did not answer in {timeout_s} s")


def write(url: str, rate: int, seconds: float, batches: int = _BATCHES_A_SECOND) -> None:
    """Quotes whose price is their number, in even batches; each tells when it was sent."""
    client, started, sent = redis.Redis.from_url(url), time.monotonic(), 0
    batch = max(1, rate // batches)
    while (passed := time.monotonic() - started) < seconds:
        if passed * rate < sent + batch:
            time.sleep(max(0.0, (sent + batch) / rate - passed))
            continue
        pipeline = client.pipeline(transaction=False)
        for number in range(sent + 1, sent + batch + 1):
            pipeline.xadd(*_entry(number))
        pipeline.execute()
        sent += batch


def _entry(number: int) -> tuple[str, dict[str, bytes | str]]:
    instrument_id, now = INSTRUMENTS[number % len(INSTRUMENTS)], str(time.time_ns())
    topic = f"data.quotes.SIM.{instrument_id.partition('.')[0]}"
    price = f"{number}.00"
    quote = {
        "type": "QuoteTick", "instrument_id": instrument_id, "bid_price": price, "ask_price": price,
        "bid_size": "1", "ask_size": "1", "ts_event": now, "ts_init": now,
    }  # fmt: skip
    return f"trader-BENCH-001:stream:{topic}", {"topic": topic, "payload": msgspec.msgpack.encode(quote)}


def read_raw(url: str, seconds: float) -> None:
    """Delays (ms) at which redis-py alone gets the entries, to standard output."""
    client, deadline, delays = redis.Redis.from_url(url), time.monotonic() + seconds, []
    positions: dict[bytes, bytes] = {}
    while time.monotonic() < deadline:
        if len(positions) < len(INSTRUMENTS):
            for key in client.scan_iter(_type="stream", count=1000):
                positions.setdefault(key, b"0")
        reply = client.xread(positions, count=1000, block=100) if positions else time.sleep(0.05)
        now = time.time_ns()
        for key, entries in reply or ():
            positions[key] = entries[-1][0]
            delays += [
                (now - int(msgspec.msgpack.decode(fields[b"payload"])["ts_init"])) / 1e6 for _, fields in entries
            ]
    print(json.dumps(delays[len(delays) // 10 :]))


def _sent_at(fields: dict[bytes, bytes]) -> int:
    return int(msgspec.msgpack.decode(fields[b"payload"])["ts_init"])


def sent_times(url: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of each instrument the numbers written and when, rising."""
    client, found = redis.Redis.from_url(url), {name: [] for name in INSTRUMENTS}
    for key in client.scan_iter(_type="stream", count=1000):
        for _, fields in client.xrange(key):
            quote = msgspec.msgpack.decode(fields[b"payload"])
            found[quote["instrument_id"]].append((int(float(quote["bid_price"])), int(quote["ts_init"])))
    columns = {name: np.array(sorted(pairs), "int64").reshape(-1, 2) for name, pairs in found.items()}
    return {name: (pairs[:, 0], pairs[:, 1]) for name, pairs in columns.items()}


async def watch(address: str, seconds: float) -> list[tuple[int, str, int]]:
    """When which number of which instrument came to the page."""
    client, seen = PageClient(address, "overview"), []
    await client.open()

    async def take() -> None:
        async for content in client.messages():
            now = time.time_ns()
            for key, value in cards(content):
                if key in INSTRUMENTS:
                    seen.append((now, key, int(float(value.replace(",", "")))))

    task = asyncio.create_task(take())
    await asyncio.sleep(seconds)
    task.cancel()
    client.close()
    return seen


def waits(
    seen: list[tuple[int, str, int]], sent: dict[str, tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Ages (ms) of values when they came, and for every entry the wait until it or a newer one was there."""
    ages, delays, begun = [], [], seen[0][0] + _WARM_UP_S * 1e9
    for name, (numbers, times) in sent.items():
        came = sorted({(at, number) for at, key, number in seen if key == name})
        at, shown = np.array(came, "int64").reshape(-1, 2).T
        ages += list((at - times[np.searchsorted(numbers, shown)])[at > begun] / 1e6)
        first = np.searchsorted(shown, numbers)
        known = (first < len(shown)) & (times > begun)
        delays += list((at[first[known]] - times[known]) / 1e6)
    return np.array(ages), np.array(delays)


def show(what: str, delays: np.ndarray, raw: np.ndarray) -> None:
    middle, worst = np.percentile(delays, [50, 99])
    raw_middle, raw_worst = np.percentile(raw, [50, 99])
    ratio = "" if delays is raw else f"; {middle / raw_middle:.0f} and {worst / raw_worst:.0f} times redis-py"
    print(f"{what}: p50 {middle:,.1f} ms, p99 {worst:,.1f} ms, n {len(delays):,}{ratio}")


async def measure(url: str, folder: Path, rate: int, seconds: float) -> None:
    with dashboard(folder, REDIS_URL=url, DEMO="off") as (address, process):
        await until_up(address)
        whole = seconds + _WARM_UP_S
        command = [sys.executable, __file__, "--url", url, str(rate), str(whole + 2)]
        reader = subprocess.Popen([*command, "--role", "read"], stdout=subprocess.PIPE)
        writer = subprocess.Popen([*command, "--role", "write"])
        family = [process, *process.children(recursive=True)]
        before = [sum(one.cpu_times()[:2]) for one in family]
        seen = await watch(address, whole)
        used = [sum(one.cpu_times()[:2]) - start for one, start in zip(family, before, strict=True)]
        raw = np.array(json.loads(reader.communicate()[0]))
        writer.wait()
        ages, delays = waits(seen, sent_times(url))
    print(f"{rate:,} entries/s over {len(INSTRUMENTS)} instruments, one open page, {seconds:.0f} s")
    show("redis-py, blocking read of the same entries", raw, raw)
    show("value in the page, its age when it came", ages, raw)
    show("every entry, until it or a newer one was in the page", delays, raw)
    print(f"patches: {len({at for at, _, _ in seen}) / whole:.1f} a second")
    print(f"CPU: server {used[0] / whole:.0%}, worker {sum(used[1:]) / whole:.0%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rate", nargs="?", type=int, default=1_000)
    parser.add_argument("seconds", nargs="?", type=float, default=20.0)
    parser.add_argument("--role", choices=["write", "read"], help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role == "write":
        write(given.url, given.rate, given.seconds)
    elif given.role == "read":
        read_raw(given.url, given.seconds)
    else:
        with tempfile.TemporaryDirectory() as folder:
            bus = EmbeddedRedis(Path(folder), memory_mb=512)
            try:
                asyncio.run(measure(bus.start(), Path(folder), given.rate, given.seconds))
            finally:
                bus.stop()


if __name__ == "__main__":
    main()
