"""The server's children: whichever dies comes back, and nothing stored is lost or doubled."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from nautilus_data.bus import OrderEvent, decode, embedded_url
from nautilus_data.core.dataset import EQUITY, FILLS, QUOTES, RUNS, Series
from nautilus_data.core.job import BACKFILL, Status
from nautilus_data.engine import EngineProcess
from nautilus_data.errors import ConfigError, FatalError
from nautilus_data.services.backfill import Backfill
from nautilus_data.services.engine import Engine
from nautilus_data.settings import Settings, load_settings
from nautilus_data.sources.sample import Sample
from nautilus_data.store import Store
from nautilus_data.supervisor import Supervisor
from tests.bus.wire import QUOTE, fields
from tests.conftest import RedisServer, wait_until
from tests.processes import is_running, kill, node_pid, redis_pid, server, worker_pid

AAPL = Series(instrument_id="AAPL.NASDAQ", source="sample")


@pytest.fixture
def supervised(data_dir: Path, redis_server: RedisServer) -> Iterator[tuple[Supervisor, Store]]:
    """A server on a Redis of the user's own, its worker at work."""
    settings = load_settings(nautilus_data_dir=data_dir, redis_url=redis_server.url)
    supervisor, store = Supervisor(settings), Store(settings.store_url)
    supervisor.start()
    try:
        wait_until(lambda: worker_pid(store), 30, "the worker")
        yield supervisor, store
    finally:
        supervisor.stop()
        store.close()


def test_a_worker_killed_amid_ingest_and_backfill_loses_and_doubles_nothing(
    supervised: tuple[Supervisor, Store], redis_server: RedisServer
) -> None:
    _, store = supervised
    backfill = Backfill({"sample": Sample()}, store)
    job = backfill.start(backfill.plan("AAPL.NASDAQ"))
    # Older quotes would be forgotten at once.
    now = time.time_ns()
    with redis_server.client() as client:
        for half in (range(30_000), range(30_000, 60_000)):
            before = len(store.read(QUOTES, columns=["entry"]))
            for start in half[::1_000]:
                with client.pipeline(transaction=False) as pipeline:
                    for number in range(start, start + 1_000):
                        body = QUOTE | {"ts_event": str(now + number)}
                        pipeline.xadd(f"trader-T-1:stream:data.quotes.{number % 7}", fields("data.quotes.X", body))
                    pipeline.execute()
            wait_until(lambda before=before: len(store.read(QUOTES, columns=["entry"])) > before, 30, "some ingest")
            first = worker_pid(store)
            kill(first)
            wait_until(lambda first=first: worker_pid(store) not in (0, first), 30, "the next worker")
        wait_until(lambda: len(store.read(QUOTES, columns=["entry"])) >= 60_000, 60, "all of the bus")
        wait_until(lambda: store.job(job).status.is_final, 60, "the backfill")
        waiting = [client.xpending(key, "nautilus-dashboard")["pending"] for key in client.keys("*stream*")]
    quotes = store.read(QUOTES)
    assert (len(quotes), quotes["ts_event"].nunique(), sum(waiting)) == (60_000, 60_000, 0)
    assert store.job(job).status is Status.SUCCEEDED
    assert store.summary(AAPL)[0] == 3_270
    assert store.gaps(AAPL, backfill.plan("AAPL.NASDAQ").span) == []


def test_stopping_takes_the_worker_along_and_frees_the_folder(supervised: tuple[Supervisor, Store]) -> None:
    supervisor, store = supervised
    pid = worker_pid(store)
    supervisor.stop()
    assert not is_running(pid)
    assert worker_pid(store) == 0
    again = Supervisor(load_settings(nautilus_data_dir=supervisor._folder, demo="off"))
    again._take_folder()
    again.stop()


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="set NAUTILUS_DATA_DIR"):
        Supervisor(load_settings(nautilus_data_dir=tmp_path / "file" / "data", demo="off")).start()


def test_a_store_that_can_not_be_opened_leaves_nothing_behind(settings: Settings, data_dir: Path) -> None:
    (data_dir / "nautilus.sqlite").write_bytes(b"this is no database" * 100)
    for _ in range(2):
        # The second would find the folder taken if the first had kept it.
        with pytest.raises(FatalError, match="no SQLite database"):
            Supervisor(settings).start()
    assert embedded_url(data_dir) is None


class Demo:
    """A demo by a real node, in a server of its own."""

    def __init__(self, settings: Settings, pid: int) -> None:
        self.settings, self.pid, self.folder = settings, pid, settings.nautilus_data_dir
        self.store = Store(settings.store_url)
        self.engine = Engine(self.store)

    def run_ids(self) -> list[str]:
        return [run["id"] for run in self.store.engine_runs(10)]

    def is_trading(self) -> bool:
        status = self.engine.status()
        return status.status == "RUNNING" and status.bars_sent > 250 * 4

    def fills_on_bus(self) -> set[str]:
        """Event ids of every fill that is on the bus."""
        found = set()
        with redis.Redis.from_url(embedded_url(self.folder)) as client:
            for key in client.scan_iter("*:stream:events.order.*", _type="stream"):
                for _, entry in client.xrange(key):
                    event = decode("events.order.x", entry[b"payload"])
                    if isinstance(event, OrderEvent) and event.is_fill:
                        found.add(event.event_id)
        return found

    def fills_stored(self, run_id: int | None = None) -> list[str]:
        where = {} if run_id is None else {"run_id": run_id}
        return sorted(self.store.read(FILLS, where=where)["event_id"])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Started once; the tests below follow each other on it, the last one kills it."""
    if not EngineProcess.is_available():
        pytest.skip("needs nautilus_trader")
    folder = tmp_path_factory.mktemp("demo")
    settings = load_settings(nautilus_data_dir=folder, demo="on", demo_pace=20.0, equity_interval_s=0.5)
    with server(settings) as process:
        if not embedded_url(folder):
            pytest.skip("needs a Redis server")
        started = Demo(settings, process.pid)
        wait_until(started.is_trading, 60, f"the demo to trade; see {folder / 'server.log'}")
        yield started
        started.store.close()


def test_a_second_server_on_the_folder_is_told_who_has_it(demo: Demo) -> None:
    with pytest.raises(ConfigError, match=rf"another server \(pid {demo.pid}, http://127\.0\.0\.1:\d+\) uses"):
        Supervisor(demo.settings).start()
    assert is_running(worker_pid(demo.store))


def test_the_demo_stores_what_the_node_says(demo: Demo) -> None:
    assert {job.status for job in demo.store.jobs(20, kinds=[BACKFILL])} <= {Status.RUNNING, Status.SUCCEEDED}
    fills = demo.store.read(FILLS)
    assert len(fills) > 20
    assert (fills["ts_bar"] > 0).all()
    assert fills["run_id"].nunique() == 1
    live_bars = demo.store.series_list(source="nautilus")
    assert {series.adjustment for series in live_bars} == {"total"}
    # At a replayed bar's close the sandbox fills at that close.
    closes = {series.instrument_id: demo.store.read(series).set_index("ts_event")["close"] for series in live_bars}
    for row in fills.head(20).itertuples():
        assert closes[row.instrument_id][row.ts_bar] == round(float(row.last_px) * 10**9)


def test_a_worker_that_is_killed_leaves_the_node_alone(demo: Demo) -> None:
    node, worker, runs = node_pid(demo.store), worker_pid(demo.store), demo.run_ids()
    sent = demo.engine.status().bars_sent
    kill(worker)
    wait_until(lambda: worker_pid(demo.store) not in (0, worker), 30, "the next worker")
    wait_until(lambda: demo.engine.status().bars_sent > sent + 40, 20, "the node to be watched again")
    assert (node_pid(demo.store), demo.run_ids()) == (node, runs)
    demo.engine.pause()
    wait_until(lambda: demo.engine.status().is_paused, 10)
    wait_until(lambda: demo.fills_stored() == sorted(demo.fills_on_bus()), 10, "store and bus to agree")
    assert (demo.store.read(FILLS)["ts_bar"] > 0).all()
    demo.engine.resume()
    wait_until(lambda: not demo.engine.status().is_paused, 10)


def test_a_redis_that_is_killed_comes_back_and_the_node_begins_a_new_run(demo: Demo) -> None:
    killed, runs, before = redis_pid(demo.folder), demo.run_ids(), demo.fills_stored()
    first = int(demo.store.read(RUNS)["run_id"].max())
    kill(killed)
    wait_until(lambda: redis_pid(demo.folder) not in (0, killed), 10, "Redis")
    wait_until(lambda: len(demo.run_ids()) > len(runs), 25, "a new run")
    wait_until(demo.is_trading, 40, "the new run to trade")
    latest = int(demo.store.read(RUNS)["run_id"].max())
    demo.engine.pause()
    wait_until(lambda: demo.engine.status().is_paused, 10)
    wait_until(lambda: demo.fills_stored(latest) == sorted(demo.fills_on_bus()), 10, "store and bus to agree")
    assert latest > first
    # What was on the bus and not yet read when it died is gone with it; what was stored is there, once.
    stored = demo.fills_stored(first)
    assert set(before) <= set(stored)
    assert len(stored) == len(set(stored))
    assert demo.store.read(EQUITY)["run_id"].nunique() == 2


def test_a_server_that_is_killed_takes_everything_along(demo: Demo) -> None:
    children = [worker_pid(demo.store), node_pid(demo.store), redis_pid(demo.folder)]
    assert all(map(is_running, children))
    kill(demo.pid)
    wait_until(lambda: not any(map(is_running, children)), 12, "its children to be gone")
    assert os.getpid() not in children
