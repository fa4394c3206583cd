"""Entry in Redis → value in the document of an open page, at 1,000 entries/s; beside a raw blocking read.

Run: python -m benchmarks.bus_to_page [seconds]. Pages are patched at most 4 times a second, so half a tick is the least
a value waits on average. Each quote's price is the time it was written, so the page itself tells how old it is.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
import threading
import time
from pathlib import Path

import msgspec
import numpy as np
import redis

from benchmarks.harness.page_client import PageClient
from benchmarks.harness.server_process import serve, wait_until_up
from nautilus_data.bus import EmbeddedRedis

_RATE = 1_000
_INSTRUMENTS = 10
_SETTLE_S = 5.0
_PRICE = re.compile(r"\b(\d{1,3}(?:,\d{3})+)\.00\b")


def write_quotes(url: str, origin: float, stop: threading.Event) -> None:
    """1,000 quotes a second in the default configuration; price = milliseconds since `origin`."""
    client = redis.Redis.from_url(url)
    number, due = 0, time.time()
    while not stop.is_set():
        symbol = f"S{number % _INSTRUMENTS}"
        price, stamp = f"{(time.time() - origin) * 1000:.0f}.00", str(time.time_ns())
        quote = {
            "type": "QuoteTick", "instrument_id": f"{symbol}.SIM", "bid_price": price, "ask_price": price,
            "bid_size": "1", "ask_size": "1", "ts_event": stamp, "ts_init": stamp,
        }  # fmt: skip
        topic = f"data.quotes.SIM.{symbol}"
        client.xadd(f"trader-BENCH-001:stream:{topic}", {"topic": topic, "payload": msgspec.msgpack.encode(quote)})
        number, due = number + 1, due + 1 / _RATE
        time.sleep(max(0.0, due - time.time()))
    print(f"written: {number:,} entries, {number / (time.time() - origin):,.0f}/s")


def read_raw(url: str, origin: float, stop: threading.Event, ages: list[float]) -> None:
    """The floor: redis-py's blocking XREAD of the same streams, decoded."""
    client = redis.Redis.from_url(url)
    keys = {f"trader-BENCH-001:stream:data.quotes.SIM.S{n}": "$" for n in range(_INSTRUMENTS)}
    while not stop.is_set():
        for key, entries in client.xread(keys, block=500, count=1000) or []:
            keys[key.decode()] = entries[-1][0]
            now = (time.time() - origin) * 1000
            ages += [now - float(msgspec.msgpack.decode(fields[b"payload"])["bid_price"]) for _, fields in entries]


async def read_page(address: str, origin: float, seconds: float) -> list[float]:
    """Age of the newest price in each patch of the overview page, in ms."""
    page, ages, started = PageClient(address, "overview"), [], time.time()
    await page.open()
    async for text in page.texts():
        now = time.time()
        if now - started > seconds + _SETTLE_S:
            break
        prices = [float(found.replace(",", "")) for found in _PRICE.findall(text)]
        if prices and now - started > _SETTLE_S:
            ages.append((now - origin) * 1000 - max(prices))
    page.close()
    return ages


def show(name: str, ages: list[float]) -> None:
    p50, p99 = np.percentile(ages, [50, 99])
    print(f"{name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {len(ages):,} values")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=30.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis(Path(folder), 256)
        url = server.start()
        # So that even the first price has a thousands separator, by which it is known.
        origin, stop, raw = time.time() - 10, threading.Event(), []
        workers = [
            threading.Thread(target=write_quotes, args=(url, origin, stop)),
            threading.Thread(target=read_raw, args=(url, origin, stop, raw)),
        ]
        try:
            with serve(REDIS_URL=url, DEMO="off") as dashboard:
                wait_until_up(dashboard)
                for worker in workers:
                    worker.start()
                ages = asyncio.run(read_page(dashboard.address, origin, seconds))
        finally:
            stop.set()
            for worker in workers:
                worker.join()
            server.stop()
    show("page document", ages)
    show("raw redis-py read", raw)
    print(f"ratio of p50, page to raw: {np.percentile(ages, 50) / np.percentile(raw, 50):.0f}")


if __name__ == "__main__":
    main()
