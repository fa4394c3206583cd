"""Kill -9 a worker amid backfills at random moments, again and again: the final tables equal an uninterrupted run's.

Run: python -m benchmarks.backfill_kill [kills]. A loopback source answers over a socket, late, sometimes with an error
or a cut line, and counts what it is asked. Promise: equal hashes of bars and coverage, no quota broken, no row lost or
doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import logging
import multiprocessing
import random
import sqlite3
import tempfile
import threading
import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from nautilus_data.backfilling import Backfilling
from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.errors import DisconnectedError, RetryableError
from nautilus_data.services.backfill import Backfill
from nautilus_data.sources import Capability, Source, SourceSpec
from nautilus_data.store import Store
from nautilus_data.transport import Access, Ledger, RateLimit, delays

SPAN = TimeRange.of("2024-11-01", "2024-12-15")
LIMIT = RateLimit(60, 1.0)
# A worker lives no longer than this before it is killed.
MOST_S = 1.2
SERIES = tuple(
    Series(instrument_id=name, source="loopback", timeframe="1-MINUTE") for name in ("AAPL.NASDAQ", "BTC/USD.COINBASE")
)


class Loopback(Source):
    """Asks the benchmark's own server, a day of one-minute bars at a time."""

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="loopback",
        title="Loopback",
        url="",
        capabilities=(Capability(dataset="bars", timeframes=("1-MINUTE",), max_span_ns=NS_PER_DAY),),
        limits=(LIMIT,),
    )

    def __init__(self, port: int, folder: Path) -> None:
        super().__init__(Access(), Ledger(folder))
        self._port = port

    async def extract(self, series: Series, span: TimeRange) -> Any:
        await asyncio.to_thread(self.meter.enter)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
            writer.write(json.dumps([series.instrument_id, span.start, span.end]).encode() + b"\n")
            line = await reader.readline()
            writer.close()
        except OSError as error:
            raise DisconnectedError(f"no loopback: {error}") from error
        if not line.endswith(b"\n"):
            raise RetryableError("half an answer", 0.0)
        answer = json.loads(line)
        if answer is None:
            raise RetryableError("busy", 0.0)
        return answer

    def normalize(self, payload: Any, series: Series) -> pd.DataFrame:
        names = ["ts_event", "open", "high", "low", "close"]
        frame = pd.DataFrame(payload, columns=names).astype("int64")
        return frame.assign(ts_init=frame["ts_event"], volume=1.0)


class Server(threading.Thread):
    """Answers late and not always well; notes when it was asked for what."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.port, self.asked, self._is_up = 0, [], threading.Event()
        self._random = random.Random(7)

    def run(self) -> None:
        asyncio.run(self._serve())

    def wait(self) -> int:
        self._is_up.wait(10)
        return self.port

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_up.set()
        await asyncio.Event().wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError):
            name, start, end = json.loads(await reader.readline())
            self.asked.append((time.monotonic(), (name, start, end)))
            await asyncio.sleep(self._random.uniform(0, 0.02))
            luck, answer = self._random.random(), rows_of(name, TimeRange(start, end))
            line = json.dumps(None if luck < 0.04 else answer).encode() + b"\n"
            writer.write(line[: len(line) // 2] if luck > 0.97 else line)
            await writer.drain()
        writer.close()

    def most_at_once(self, window_s: float) -> int:
        times = sorted(when for when, _ in self.asked)
        return max((place + 1 - bisect_left(times, when - window_s) for place, when in enumerate(times)), default=0)


def rows_of(name: str, span: TimeRange) -> list[tuple[int, ...]]:
    """The same bars whenever asked; every 97th minute of the source has none."""
    series = Series(instrument_id=name, source="loopback", timeframe="1-MINUTE")
    times = [int(time) for time in expected(series, span).due if (time // (60 * 10**9)) % 97]
    return [(when, *(price + shift for shift in (0, 5, -5, 1))) for when in times for price in [10**11 + when // 10**9]]


def work(database: str, port: int, folder: str, begun: Connection | None = None) -> None:
    """The worker's part: run what is queued until nothing is left."""
    logging.disable()
    asyncio.run(_work(database, port, Path(folder), begun))


async def _work(database: str, port: int, folder: Path, begun: Connection | None) -> None:
    store = Store(database)
    for series in SERIES:
        # So that a kill seldom falls into loading calendars.
        expected(series, SPAN)
    if begun:
        begun.send(True)
    store.requeue_jobs(["backfill"])
    source = Loopback(port, folder)
    backfill = Backfill({"loopback": source}, store, waits=lambda: delays(0.01, 0.1, 20))
    backfilling = Backfilling(backfill, store)
    while store.jobs(active=True):
        await backfilling.tick()
        await asyncio.sleep(0.01)


def queue(database: str, port: int, folder: Path) -> None:
    store = Store(database)
    backfill = Backfill({"loopback": Loopback(port, folder)}, store)
    for series in SERIES:
        backfill.start(backfill.plan_series(series, SPAN.start, SPAN.end))
    store.close()


def fingerprint(path: Path) -> tuple[str, int]:
    """Hash of all bars and coverage, and how many bars; the series' numbers may differ between runs."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        bars = connection.execute(
            "SELECT instrument_id, b.* FROM bars b JOIN series s ON s.id = b.series ORDER BY 1, ts_event"
        ).fetchall()
        covered = connection.execute(
            'SELECT instrument_id, start, "end", reason FROM coverage c JOIN series s ON s.id = c.series ORDER BY 1, 2'
        ).fetchall()
        states = connection.execute("SELECT status, count(*) FROM jobs GROUP BY 1").fetchall()
        open_requests = connection.execute("SELECT state, count(*) FROM backfill_requests GROUP BY 1").fetchall()
    told = [[name, *rest] for name, _, *rest in bars], covered, states, open_requests
    return hashlib.sha256(json.dumps(told).encode()).hexdigest(), len(bars)


def run_killed(folder: Path, number: int, server: Server, kills: int, luck: random.Random) -> tuple[Path, int]:
    """One backfill under fire; its database and how often it was killed."""
    path, killed = folder / f"killed{number}.sqlite", 0
    database = f"sqlite:///{path}"
    queue(database, server.port, folder)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["nautilus_data.backfilling", "exchange_calendars"])
    while True:
        begun, told = context.Pipe(duplex=False)
        child = context.Process(target=work, args=(database, server.port, str(folder), told))
        child.start()
        begun.poll(20)
        child.join(luck.uniform(0, MOST_S) if killed < kills else 120)
        if child.exitcode is not None:
            assert child.exitcode == 0, f"the worker ended with {child.exitcode}"
            return path, killed
        child.kill()
        child.join()
        killed += 1


@dataclass(frozen=True)
class Outcome:
    """How a comparison went; all runs were equal, or it would not be there."""

    kills: int
    runs: int
    bars: int
    most_requests: int
    asked_again: int


def compare(folder: Path, kills: int, seed: int, tell: Callable[[str], None] = lambda text: None) -> Outcome:
    """Backfills under fire until so many kills are spent, each against an uninterrupted one."""
    server, luck = Server(), random.Random(seed)
    server.start()
    server.wait()
    reference, bars = uninterrupted(folder, server)
    per_run, left, runs = len(server.asked), kills, 0
    tell(f"uninterrupted: {bars:,} bars, {per_run} requests, {reference[:16]}")
    while left > 0:
        runs += 1
        path, killed = run_killed(folder, runs, server, left, luck)
        left -= killed
        found, count = fingerprint(path)
        tell(f"run {runs}: killed {killed} times, {count:,} bars, {'equal' if found == reference else 'DIFFERENT'}")
        assert found == reference, path
    most = server.most_at_once(LIMIT.per_s * 0.95)
    return Outcome(kills - left, runs, bars, most, len(server.asked) - per_run * (runs + 1))


def uninterrupted(folder: Path, server: Server) -> tuple[str, int]:
    path = folder / "whole.sqlite"
    queue(f"sqlite:///{path}", server.port, folder)
    asyncio.run(_work(f"sqlite:///{path}", server.port, folder, None))
    return fingerprint(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked, started = parser.parse_args(), time.monotonic()
    logging.disable()
    with tempfile.TemporaryDirectory() as name:
        done = compare(Path(name), asked.kills, asked.seed, lambda text: print(text, flush=True))
    print(f"{done.kills} kills in {done.runs} backfills, {time.monotonic() - started:.0f} s: all equal")
    print(
        f"most requests in {LIMIT.per_s:g} s: {done.most_requests} of {LIMIT.calls};"
        f" asked again after kills and errors: {done.asked_again}"
    )
    assert done.most_requests <= LIMIT.calls


if __name__ == "__main__":
    main()
