"""Ingest default-config quotes in a group: the worker's code against bare redis-py and NautilusTrader's reader.

Run: python -m benchmarks.bus_ingest [entries]. Promise: 0.7 of the bare loop, 3 times NautilusTrader's reader.
The bare loop: redis-py with identity callbacks, hiredis, one msgspec Struct, a dict of handlers by topic, one XACK a
page and stream. Ours reads, decodes, routes by topic pattern and acknowledges a page; then the same with every quote
stored. NautilusTrader's reader is given as many streams; it has no group and acknowledges nothing.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec
import redis

from benchmarks.bus_read import Quote, fill, nautilus_rate, rates_of
from nautilus_data.bus import EmbeddedRedis, Message, Router, Subscriber
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.live import Live
from nautilus_data.store import Store
from nautilus_data.worker import settle_collector

_TURNS = 5


def ingest_bare(url: str, entries: int, group: str) -> int:
    """A consumer group read with COUNT 1000, every page acknowledged stream by stream."""
    client = redis.Redis.from_url(url, protocol=2)
    for command in ("XREADGROUP", "XACK"):
        client.set_response_callback(command, lambda response, **options: response)
    streams = dict.fromkeys(client.scan_iter(_type="stream", count=1000), b">")
    for key in streams:
        client.xgroup_create(key, group, "0")
    decode = msgspec.msgpack.Decoder(Quote).decode
    taken: list[Quote] = []
    handlers = {key.split(b":", 2)[2]: taken.append for key in streams}
    command = ("XREADGROUP", "GROUP", group, "bare", "COUNT", 1000, "STREAMS", *streams, *streams.values())
    count = 0
    while count < entries:
        pipeline = client.pipeline(transaction=False)
        for key, items in client.execute_command(*command) or ():
            count += len(items)
            for _, fields in items:
                handlers[fields[1]](decode(fields[3]))
            pipeline.execute_command("XACK", key, group, *(item[0] for item in items))
        pipeline.execute()
        taken.clear()
    client.close()
    return count


def ingest_ours(url: str, entries: int, group: str) -> int:
    """The worker's loop without a store: the page goes to whoever subscribed to the quotes."""
    subscriber, router, stop = Subscriber(url, group=group), Router(), threading.Event()
    taken: list[Message] = []
    router.subscribe("data.quotes.*", taken.extend)
    for page in subscriber.pages(stop):
        router.route(page.messages)
        page.ack()
        taken.clear()
        if subscriber.entries_read >= entries:
            stop.set()
    return subscriber.entries_read


class TimedStore(Store):
    """Adds up what the database takes."""

    spent_s = 0.0

    def write_rows(self, *given: object, **named: object) -> int:
        started = time.perf_counter()
        try:
            return super().write_rows(*given, **named)
        finally:
            self.spent_s += time.perf_counter() - started


def ingest_stored(url: str, entries: int, folder: Path, group: str) -> tuple[float, float]:
    """Entries a second with every quote stored in SQLite, and the share of the time spent there."""
    store, stop = TimedStore(f"sqlite:///{folder / group}.sqlite"), threading.Event()
    subscriber = Subscriber(url, group=group)
    ingest = Ingest(subscriber, store, Live())

    def watch(messages: Sequence[Message]) -> None:
        if subscriber.entries_read >= entries:
            stop_after.append(True)

    stop_after: list[bool] = []
    ingest.router.subscribe("*", watch)
    started = time.perf_counter()
    for page in subscriber.pages(stop):
        ingest.write(page)
        if stop_after:
            stop.set()
    took = time.perf_counter() - started
    stored = store.stats().rows["quotes"]
    store.close()
    if stored != entries:
        raise SystemExit(f"{stored:,} of {entries:,} quotes are stored")
    return entries / took, store.spent_s / took


def nautilus_once(server: EmbeddedRedis, entries: int, streams: int) -> float:
    """Entries a second of NautilusTrader's own reader on as many streams; NaN where it can't be driven."""
    try:
        return nautilus_rate(server, entries, streams) if find_spec("nautilus_trader") else math.nan
    except (TimeoutError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        print(f"NautilusTrader's reader can't be driven here: {type(error).__name__} {error}")
        return math.nan


def measure(server: EmbeddedRedis, folder: Path, entries: int, streams: int) -> None:
    url, rates = server.url, []
    with redis.Redis.from_url(url) as client:
        for turn in range(_TURNS):
            fill(client, entries, streams)
            bare, ours = rates_of(
                lambda _, turn=turn: ingest_bare(url, entries, f"bare-{turn}"),
                lambda _, turn=turn: ingest_ours(url, entries, f"ours-{turn}"),
                rounds=1,
            )
            client.flushall()
            rates.append((bare, ours, nautilus_once(server, entries // 4, streams)))
        fill(client, entries, streams)
        stored, share = ingest_stored(url, entries, folder, f"stored-{streams}")
    bare, ours, theirs = (statistics.median(column) for column in zip(*rates, strict=True))
    print(f"{streams:,} streams: bare group {bare:,.0f}/s; ours {ours:,.0f}/s, ratio {ours / bare:.2f}", end="; ")
    print(f"NautilusTrader's reader {theirs:,.0f}/s, ours is {ours / theirs:.1f} times as fast", end="; ")
    print(f"with every quote stored in SQLite {stored:,.0f}/s, {share:.0%} of it in SQL", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("entries", nargs="?", type=int, default=200_000)
    entries = parser.parse_args().entries
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis(Path(folder), memory_mb=1024)
        server.start()
        # As the worker does; it counts for all alike.
        settle_collector()
        try:
            for streams in (1, 50, 1_000):
                measure(server, Path(folder), entries, streams)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
