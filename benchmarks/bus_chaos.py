"""Random kills while a real NautilusTrader node trades: is every entry of the bus stored, and once?

Run: python -m benchmarks.bus_chaos [kills] [kills of Redis] [--seconds 480] [--seed 1]. Exits 1 on any difference.
A node replays stored history into a Redis with an append-only file. Two workers share one SQLite folder, a reader
process keeps a tail; `kills` SIGKILLs hit one of the three, at random moments, and it is started anew at once. Redis
is killed and started on the same file; after that the node, which is mute by then, is restarted too. At the end every
entry Redis has is read with XRANGE, decoded with msgspec alone, and compared with the rows of the store.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import redis

from benchmarks.bus_soak import unread
from benchmarks.server import OwnRedis, load, own_redis, run_module
from nautilus_data.core import dataset as tables
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.engine import EngineProcess, Identity, RunConfig
from nautilus_data.settings import load_settings
from nautilus_data.sources.sample import Sample
from nautilus_data.store import Store
from nautilus_data.workspace import Workspace, open_workspace

_TRADER = "CHAOS-001"
_WORKERS = ("worker 1", "worker 2")
_READER = "reader"
_START = "2000-03-01"
_PACE = 25.0
_LEAD_S, _SETTLE_S = 10.0, 240.0
# Of each run's share of time: Redis is killed in the later part, when the node is up again.
_RUN_PART = (0.5, 1.0)
_PAGE = 5_000
_LINE = "{:13} {:>9} {:>9} {:>9} {:>6} {:>6} {:>8}"


class Node:
    """A real node, a run after the other, each in a folder of its own."""

    def __init__(self, folder: Path, server: OwnRedis) -> None:
        self._folder, self._server, self._process, self.runs = folder, server, None, 0
        source, span = Sample(), TimeRange.of(_START, "2013-03-02")
        self._instruments = source.instruments()
        self._bars = {
            one.instrument_id: asyncio.run(source.fetch(self._series(one.instrument_id), span))
            for one in self._instruments
        }

    def start(self) -> None:
        """A new run of the same trader; short averages, so that it trades all the time."""
        self.runs += 1
        config = RunConfig(
            run_id=f"run-{self.runs}", trader_id=_TRADER, redis_port=self._server.port, start=to_ns(_START),
            pace=_PACE, fast=2, slow=4, supervisor=Identity.of(),
        )  # fmt: skip
        self._process = EngineProcess(self._folder / config.run_id)
        self._process.start(config, self._instruments, self._bars)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    @staticmethod
    def _series(instrument_id: str) -> Series:
        return Series(instrument_id=instrument_id, source="sample", adjustment="total")


class Crew:
    """The processes that are killed and started again."""

    def __init__(self, folder: Path, server: OwnRedis) -> None:
        self._settings = {"NAUTILUS_DATA_DIR": str(folder / "data"), "REDIS_URL": server.url, "DEMO": "off"}
        self._folder, self._running = folder, {}
        for name in (*_WORKERS, _READER):
            self._start(name)

    def kill(self, name: str) -> None:
        self._end(name)
        self._start(name)

    def end(self) -> None:
        for name in self._running:
            self._end(name)

    def read_again(self) -> int:
        """Messages the reader has now, since its last start."""
        reader = self._running[_READER]
        reader.stdin.write(b"\n")
        reader.stdin.flush()
        return int(reader.stdout.readline())

    def _end(self, name: str) -> None:
        process = self._running[name]
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            pipe.close()

    def _start(self, name: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            if name == _READER:
                words, pipe = ("benchmarks.bus_chaos", "--read"), subprocess.PIPE
            else:
                words, pipe = ("nautilus_data", "worker"), None
            out = pipe or log
            self._running[name] = run_module(*words, stdin=pipe, stdout=out, stderr=log, **self._settings)


def read() -> None:
    """Be the reader: tell how many messages came whenever a line is read."""
    workspace: Workspace = open_workspace(load_settings(), tail=True)
    for _ in sys.stdin:
        print(workspace.live.messages, flush=True)
    workspace.close()


def moments(kills: int, restarts: int, seconds: float, chance: random.Random) -> list[tuple[float, str]]:
    """When what is killed."""
    part = seconds / max(1, restarts)
    found = [((number + chance.uniform(*_RUN_PART)) * part, "Redis") for number in range(restarts)]
    found += [(chance.uniform(0, seconds), chance.choice((*_WORKERS, _READER))) for _ in range(kills)]
    return sorted(found)


def havoc(plan: list[tuple[float, str]], node: Node, crew: Crew, server: OwnRedis) -> None:
    started, done = time.monotonic(), Counter()
    for at, name in plan:
        time.sleep(max(0.0, started + at - time.monotonic()))
        if name == "Redis":
            server.kill()
            server.start()
            node.stop()
            node.start()
        else:
            crew.kill(name)
        done[name] += 1
    print(
        f"killed in {time.monotonic() - started:.0f} s: {dict(sorted(done.items()))}; node runs {node.runs}; {load()}"
    )


def settle(client: redis.Redis, crew: Crew) -> tuple[int, int]:
    """Wait until the group has acknowledged everything and the reader has it; what is left, what the reader has."""
    deadline = time.monotonic() + _SETTLE_S
    every = sum(client.xlen(key) for key in client.scan_iter(_type="stream", count=1000))
    while ((left := unread(client)) or crew.read_again() < every) and time.monotonic() < deadline:
        time.sleep(0.5)
    return left, crew.read_again()


@dataclass
class Told:
    """Keys of rows that the entries in Redis ask for, by table; `of` counts the entries they came from."""

    keys: dict[str, set[tuple]] = field(default_factory=dict)
    of: Counter = field(default_factory=Counter)

    def add(self, table: str, *key: Any) -> None:
        self.keys.setdefault(table, set()).add(key)
        self.of[table] += 1


def entries(client: redis.Redis) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Every entry of every stream: its millisecond, topic and payload."""
    for key in client.scan_iter(_type="stream", count=1000):
        place = "-"
        while page := client.xrange(key, place, "+", _PAGE):
            place = f"({page[-1][0].decode()}"
            for raw_id, fields in page:
                topic = fields[b"topic"].decode()
                body = {} if topic == "health:heartbeat" else msgspec.msgpack.decode(fields[b"payload"])
                yield int(raw_id.partition(b"-")[0]), topic, body


def told(client: redis.Redis) -> tuple[Told, int]:
    """What there must be, and how many entries there are."""
    found, every = Told(), list(entries(client))
    runs = sorted(at * 1_000_000 for at, _, body in every if _begins_run(body))
    for run in runs:
        found.add("runs", run)
    for at, topic, body in every:
        place = bisect_right(runs, at * 1_000_000)
        _tell(found, topic, body, runs[place - 1] if place else 0)
    return found, len(every)


def _begins_run(body: dict[str, Any]) -> bool:
    is_state = body.get("type") == "ComponentStateChanged" and body["state"] == "READY"
    return is_state and body["component_id"] == _TRADER


def _tell(found: Told, topic: str, body: dict[str, Any], run: int) -> None:
    kind = topic.partition("events.")[2].partition(".")[0] or ".".join(topic.split(".")[:2])
    if kind == "order":
        found.add("order_events", run, body["event_id"])
        found.add("orders", run, body["client_order_id"])
    if kind in ("order", "fills") and body["type"] == "OrderFilled":
        found.add("fills", run, body["event_id"])
    elif kind == "position":
        found.add("positions", run, body["position_id"], int(body.get("ts_opened") or body["ts_event"]))
    elif kind == "account":
        for balance in body["balances"]:
            found.add("balances", run, body["account_id"], balance["currency"], body["event_id"])
    elif kind == "system":
        found.add("components", body["component_id"], body["component_type"])
    elif kind == "data.bars":
        found.add("bars", body["bar_type"].rsplit("-", 4)[0], int(body["ts_event"]))
    elif kind == "data.instrument":
        found.add("instruments", body["id"])


_KEYS = {
    "runs": ("run_id",),
    "order_events": ("run_id", "event_id"),
    "orders": ("run_id", "client_order_id"),
    "fills": ("run_id", "event_id"),
    "positions": ("run_id", "position_id", "ts_opened"),
    "balances": ("run_id", "account_id", "currency", "event_id"),
    "components": ("component_id", "component_type"),
    "instruments": ("instrument_id",),
}


def stored(store: Store) -> dict[str, list[tuple]]:
    """Keys of the rows that are there, by table, each as often as there is a row."""
    found = {
        name: list(store.read(tables.DATASETS[name])[list(columns)].itertuples(index=False, name=None))
        for name, columns in _KEYS.items()
    }
    series = store.series_list("bars", source="nautilus")
    found["bars"] = [(one.instrument_id, at) for one in series for at in store.read(one)["ts_event"].tolist()]
    return found


def compare(wanted: Told, have: dict[str, list[tuple]]) -> bool:
    """Print a line a table; True when nothing is lost, doubled or out of nowhere."""
    print(_LINE.format("table", "entries", "expected", "stored", "lost", "extra", "doubled"))
    is_equal = True
    for name, keys in sorted(wanted.keys.items()):
        rows = Counter(have[name])
        # An event in two runs is doubled too: its id is its own.
        things = Counter(key[1:] for key in rows) if name in ("order_events", "fills", "balances") else rows
        lost, extra = keys - rows.keys(), rows.keys() - keys
        doubled = sum(count - 1 for count in (*rows.values(), *things.values()) if count > 1)
        is_equal &= not (lost or extra or doubled)
        figures = (wanted.of[name], len(keys), len(have[name]), len(lost), len(extra), doubled)
        print(_LINE.format(name, *figures))
        for what, some in (("lost", lost), ("extra", extra)):
            if some:
                print(f"  {what}: {sorted(some)[:5]}")
    return is_equal


def run(folder: Path, server: OwnRedis, plan: list[tuple[float, str]]) -> bool:
    node, crew, client = Node(folder / "engine", server), Crew(folder, server), redis.Redis.from_url(server.url)
    try:
        node.start()
        time.sleep(_LEAD_S)
        havoc(plan, node, crew, server)
        time.sleep(_LEAD_S)
        node.stop()
        left, read_now = settle(client, crew)
    finally:
        node.stop()
        crew.end()
    store = Store(load_settings(nautilus_data_dir=folder / "data", demo="off").store_url)
    wanted, entries_kept = told(client)
    dead, incidents = store.dead_letters(5), Counter(str(one.kind) for one in store.incidents(10_000))
    print(
        f"{entries_kept:,} entries in Redis; the reader has {read_now:,} since its last start; unacknowledged {left:,}"
    )
    print(f"incidents recorded: {dict(sorted(incidents.items()))}")
    print(f"dead letters: {[one.reason for one in dead] or 'none'}")
    is_equal = compare(wanted, stored(store))
    store.close()
    return is_equal and not left and not dead and read_now == entries_kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", nargs="?", type=int, default=100)
    parser.add_argument("restarts", nargs="?", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=480.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--read", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--keep", type=Path, help="a folder to work in, kept for a look afterwards")
    given = parser.parse_args()
    if given.read:
        read()
        return
    if not EngineProcess.is_available():
        print("not run: nautilus_trader is not installed")
        return
    plan = moments(given.kills, given.restarts, given.seconds, random.Random(given.seed))
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        with own_redis(folder, keeps=True) as server:
            is_equal = run(folder, server, plan)
    if not is_equal:
        raise SystemExit("what is stored is not what Redis acknowledged")


if __name__ == "__main__":
    main()
