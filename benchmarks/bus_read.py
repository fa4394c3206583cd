"""Read, decode and route default-config quotes: Subscriber against the bare loop and NautilusTrader's own reader.

Run: python -m benchmarks.bus_read [entries]. Promise: at least 0.6 of the bare loop.
The bare loop: redis-py with an identity response callback, hiredis, one msgspec Struct, a dict of handlers by topic.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import msgspec
import redis

from nautilus_data.bus import EmbeddedRedis, Message, QuoteTick, Subscriber


class Quote(msgspec.Struct, gc=False):
    """What a person in a hurry would decode."""

    instrument_id: str
    bid_price: str
    ask_price: str
    bid_size: str
    ask_size: str
    ts_event: str
    ts_init: str


def payload(number: int) -> bytes:
    stamp = str(1_328_054_399_700_000_000 + number)
    return msgspec.msgpack.encode(
        {
            "type": "QuoteTick", "instrument_id": "GBP/USD.SIM", "bid_price": "1.57597", "ask_price": "1.57608",
            "bid_size": "1000000", "ask_size": "1000000", "ts_event": stamp, "ts_init": stamp,
        }
    )  # fmt: skip


def fill(client: redis.Redis, entries: int, streams: int) -> None:
    """Write `entries` quotes over `streams` streams, as a node with default settings does."""
    client.flushall()
    for first in range(0, entries, 10_000):
        pipeline = client.pipeline(transaction=False)
        for number in range(first, min(first + 10_000, entries)):
            topic = f"data.quotes.SIM.GBP/USD{number % streams}"
            pipeline.xadd(f"trader-TESTER-001:stream:{topic}", {"topic": topic, "payload": payload(number)})
        pipeline.execute()


def read_bare(url: str, entries: int) -> int:
    client = redis.Redis.from_url(url, protocol=2)
    client.set_response_callback("XREAD", lambda response, **options: response)
    positions = dict.fromkeys(client.scan_iter(_type="stream", count=1000), b"0-0")
    decode = msgspec.msgpack.Decoder(Quote).decode
    taken: list[Quote] = []
    handlers = {key.split(b":", 2)[2]: taken.append for key in positions}
    count = 0
    while count < entries:
        reply = client.execute_command("XREAD", "COUNT", 1000, "STREAMS", *positions, *positions.values())
        for key, items in reply:
            positions[key] = items[-1][0]
            count += len(items)
            for _, fields in items:
                handlers[fields[1]](decode(fields[3]))
        taken.clear()
    client.close()
    return count


def read_ours(url: str, entries: int, group: str | None = None) -> int:
    subscriber = Subscriber(url, group=group)
    stop = threading.Event()
    taken: list[Message] = []
    handlers = {QuoteTick: taken.append}
    for page in subscriber.pages(stop):
        for message in page.messages:
            handlers[type(message.body)](message)
        page.ack()
        taken.clear()
        if subscriber.entries_read >= entries:
            stop.set()
    return subscriber.entries_read


def rates_of(*readers: Callable[[int], int], rounds: int = 5) -> list[float]:
    """Median entries a second of each, taken in turns so that a busy machine slows all alike."""
    rates: list[list[float]] = [[] for _ in readers]
    for turn in range(rounds):
        for reader, found in zip(readers, rates, strict=True):
            gc.collect()
            started = time.perf_counter()
            count = reader(turn)
            found.append(count / (time.perf_counter() - started))
    return [statistics.median(found) for found in rates]


def nautilus_rate(server: EmbeddedRedis, entries: int, streams: int = 1) -> float:
    """Entries a second of NautilusTrader's own stream reader, each decoded with msgspec."""
    # Only this function needs the optional package nautilus_trader.
    from nautilus_trader.core import nautilus_pyo3

    # It reads what is newer than its own start: entries of the near future are.
    future = int(time.time() * 1000) + 3_600_000
    names = [f"external{number}" for number in range(streams)]
    with redis.Redis.from_url(server.url) as client:
        client.delete(*names)
        pipeline = client.pipeline(transaction=False)
        for number in range(entries):
            fields = {"topic": "data.quotes.SIM.GBP/USD", "payload": payload(number)}
            pipeline.xadd(names[number % streams], fields, id=f"{future + number}-0")
        pipeline.execute()
    config = {
        "database": {"type": "redis", "host": "127.0.0.1", "port": server.port, "password": server.password},
        "external_streams": names,
    }
    # The newer name, then the one of 1.221.
    reader = getattr(nautilus_pyo3, "RedisMessageBusBacking", None) or nautilus_pyo3.RedisMessageBusDatabase
    database = reader(nautilus_pyo3.TraderId("TESTER-001"), nautilus_pyo3.UUID4(), msgspec.json.encode(config))
    return asyncio.run(_drain(database, entries))


async def _drain(database: object, entries: int) -> float:
    done = asyncio.Event()
    decode = msgspec.msgpack.Decoder(Quote).decode
    loop = asyncio.get_running_loop()
    count = 0

    def take(message: object) -> None:
        nonlocal count
        decode(bytes(message.payload))
        count += 1
        if count == entries:
            loop.call_soon_threadsafe(done.set)

    started = time.perf_counter()
    task = asyncio.ensure_future(database.stream(take))
    try:
        await asyncio.wait_for(done.wait(), 60)
        return entries / (time.perf_counter() - started)
    finally:
        task.cancel()
        database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("entries", nargs="?", type=int, default=200_000)
    entries = parser.parse_args().entries
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis(Path(folder), memory_mb=1024)
        url = server.start()
        try:
            measure(server, url, entries)
        finally:
            server.stop()


def measure(server: EmbeddedRedis, url: str, entries: int) -> None:
    client = redis.Redis.from_url(url)
    ours = 0.0
    for streams in (50, 1):
        fill(client, entries, streams)
        bare, ours, group = rates_of(
            lambda turn: read_bare(url, entries),
            lambda turn: read_ours(url, entries),
            lambda turn: read_ours(url, entries, f"benchmark-{turn}"),
        )
        print(f"{streams} streams: bare {bare:,.0f}/s; Subscriber {ours:,.0f}/s, ratio {ours / bare:.2f}", end="; ")
        print(f"in a group, acknowledged {group:,.0f}/s, ratio {group / bare:.2f}")
    client.flushall()
    client.close()
    if find_spec("nautilus_trader") is None:
        print("NautilusTrader's reader: not measured, nautilus_trader is not installed")
        return
    try:
        theirs = nautilus_rate(server, entries // 4)
    except (TimeoutError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        print(f"NautilusTrader's reader: not measured, it can't be driven here: {type(error).__name__} {error}")
        return
    print(f"NautilusTrader's reader: {theirs:,.0f}/s; Subscriber is {ours / theirs:.1f} times as fast")


if __name__ == "__main__":
    main()
