"""Drills with real processes: each fault is shown in time, written down, and over by evidence alone.

A node, a Redis, a worker and this process as a server, whose way to Redis is a proxy that can freeze.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from nautilus_data.bus import CacheReader
from nautilus_data.core.dataset import ACCOUNTS, POSITIONS, QUOTES
from nautilus_data.core.incident import Incident, Kind
from nautilus_data.settings import Settings, load_settings
from nautilus_data.workspace import Workspace, open_workspace
from tests.conftest import RedisServer, redis_binaries, wait_until
from tests.processes import ROOT, is_running, worker, worker_pid
from tests.trading_node import QUOTES as QUOTE_TOPIC

logger = logging.getLogger(__name__)
# Two heartbeats and a look; a stopped worker's lease runs out after four seconds.
SHOWN_S, RECORDED_S, EQUAL_S = 2.3, 10.0, 5.0
QUOTE_STREAM = f"trader-T-1:stream:{QUOTE_TOPIC}"
pytestmark = [pytest.mark.redis, pytest.mark.timeout(180)]


class Proxy:
    """Carries bytes between readers and Redis until it freezes: its connections stay open and nothing moves."""

    def __init__(self, port: int) -> None:
        self._target, self._is_moving = port, threading.Event()
        self._is_moving.set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        self._is_moving.clear()

    def thaw(self) -> None:
        self._is_moving.set()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        self._is_moving.wait()
        with suppress(OSError), near, socket.create_connection(("127.0.0.1", self._target)) as far:
            back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
            back.start()
            self._pump(near, far)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._is_moving.wait()
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class House:
    """All that runs, and the questions a drill has."""

    def __init__(self, server: RedisServer, proxy: Proxy, workspace: Workspace, settings: Settings) -> None:
        self.server, self.proxy, self.workspace, self.settings = server, proxy, workspace, settings
        self.node: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        self._worker = ExitStack()

    def start_node(self) -> None:
        command = [sys.executable, "-m", "tests.trading_node", str(self.server.port)]
        self.node = subprocess.Popen(command, cwd=ROOT)

    def kill_node(self) -> None:
        if self.node is not None:
            self.node.kill()
            self.node.wait(10)

    def start_worker(self) -> None:
        self.worker = self._worker.enter_context(worker(self.settings))

    def close(self) -> None:
        self.proxy.thaw()
        self.kill_node()
        for process in (self.worker, self.server.process):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGCONT)
        self._worker.close()
        self.workspace.close()
        self.proxy.close()
        self.server.kill()

    def put_right(self) -> None:
        """What a drill that failed left broken must not fail the next one."""
        self.proxy.thaw()
        for process in (self.node, self.worker, self.server.process):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
        if self.server.process.poll() is not None:
            self.server.start()
        with self.server.client() as client:
            client.config_set("maxmemory", "0")
        if self.worker.poll() is not None:
            self.start_worker()
        self.see_to_losses()
        for _ in range(50):
            if self.is_well():
                return
            time.sleep(0.1)
        self.kill_node()
        self.start_node()

    def shown(self, kind: Kind) -> Incident | None:
        """What a page shows now."""
        found = self.workspace.bus.open_incidents()
        return next(found[found["kind"] == str(kind)].itertuples(), None)

    def recorded(self, kind: Kind, since: int) -> Incident | None:
        """What the worker wrote down since a time (ns)."""
        rows = self.workspace.store.incidents(50)
        return next((one for one in rows if one.kind is kind and one.ts_detected >= since), None)

    def see_to_losses(self) -> None:
        """A person has seen what is lost."""
        for place in (self.workspace.store.incidents(50, open_only=True), self.workspace.overview.watch.open_incidents):
            for one in place:
                if one.kind is Kind.TRIMMED_UNREAD:
                    self.workspace.bus.acknowledge(one.id)

    def is_stale(self) -> bool:
        return self.workspace.overview.nodes()[0].is_stale

    def is_well(self) -> bool:
        bus, nodes = self.workspace.overview.bus(), self.workspace.overview.nodes()
        return bool(
            nodes and not nodes[0].is_stale and nodes[0].heartbeat_at and bus.incidents == 0
            and self.workspace.live.nodes["T-1"].heartbeat_s and self.is_equal()
            and not self.workspace.store.incidents(5, open_only=True)
        )  # fmt: skip

    def is_equal(self) -> bool:
        """Are positions and accounts stored as the node's cache has them?"""
        with self.server.client() as client:
            [state] = CacheReader(client).read() or [None]
        store = self.workspace.store
        if state is None:
            return False
        runs = [run for run in self.workspace.live.runs.get("T-1", ())][-1:]
        held = store.read(POSITIONS, where={"ts_closed": 0, "run_id": runs})
        stored = {row.position_id: float(row.signed_qty) for row in held.itertuples()}
        cached = {name: float(cycles[-1].signed_qty) for name, cycles in state.positions.items()}
        totals = store.read(ACCOUNTS, where={"run_id": runs})["total"].tolist()
        newest = {name: value for name, value in cached.items() if name in stored}
        return bool(stored) and stored == newest and totals == [state.accounts["SIM-001"].balances[0].total]


class Drill:
    """One fault: when it began, and how long until it was shown, written down and over (ms)."""

    def __init__(self, house: House, name: str) -> None:
        self.house, self.name = house, name
        self.at, self.started = time.time_ns(), time.monotonic()

    def expect(self, kind: Kind, shown_s: float = SHOWN_S, recorded_s: float = RECORDED_S) -> None:
        self._wait(f"{kind}: shown", lambda: self.house.shown(kind), shown_s)
        assert self.house.workspace.overview.bus().incidents > 0
        self._wait(f"{kind}: recorded", lambda: self.house.recorded(kind, self.at), recorded_s)

    def expect_recorded(self, kind: Kind) -> None:
        self._wait(f"{kind}: recorded", lambda: self.house.recorded(kind, self.at), RECORDED_S)

    def expect_stale(self) -> None:
        self._wait("stale", self.house.is_stale, SHOWN_S + 0.2)

    def heal(self) -> None:
        self.started = time.monotonic()

    def expect_over(self, kind: Kind, evidence: str, timeout_s: float = 10.0) -> None:
        self._wait(f"{kind}: over", lambda: self.house.shown(kind) is None, timeout_s)

        def is_written() -> bool:
            found = self.house.recorded(kind, self.at)
            return found is not None and not found.is_open

        wait_until(is_written, 5.0, f"the end of {kind} in the table")
        assert evidence in self.house.recorded(kind, self.at).evidence

    def expect_equal(self) -> None:
        self._wait("equal to the cache", self.house.is_equal, EQUAL_S)

    def _wait(self, what: str, condition: Callable[[], object], timeout_s: float) -> None:
        left = max(0.05, self.started + timeout_s - time.monotonic())
        told = self.house.workspace.bus.open_incidents()["kind"].tolist()
        wait_until(condition, left, f"{what} after {self.name}; open: {told}")
        logger.info("drill %s: %s after %d ms", self.name, what, (time.monotonic() - self.started) * 1000)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    binaries = redis_binaries()
    if not binaries:
        pytest.skip("no Redis server found")
    folder: Path = tmp_path_factory.mktemp("faults")
    server = RedisServer(binaries[0], folder).start()
    proxy = Proxy(server.port)
    settings = load_settings(
        nautilus_data_dir=folder, demo="off", redis_url=f"redis://127.0.0.1:{proxy.port}/0", bus_probe_s=0.5
    )
    made = House(server, proxy, open_workspace(settings, tail=True), settings)
    try:
        made.start_worker()
        made.start_node()
        yield made
    finally:
        made.close()


@pytest.fixture
def drill(house: House, request: pytest.FixtureRequest) -> Iterator[Callable[[], Drill]]:
    """Begins once everything is well; what a drill leaves broken is put right."""
    wait_until(house.is_well, 30, f"all to be well before the drill: {house.workspace.bus.open_incidents().to_dict()}")
    yield lambda: Drill(house, request.node.name.removeprefix("test_"))
    house.put_right()


@contextmanager
def frozen(process: subprocess.Popen[bytes]) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


Begin = Callable[[], Drill]


def test_a_node_that_freezes(house: House, drill: Begin) -> None:
    with frozen(house.node):
        told = drill()
        told.expect(Kind.HEARTBEAT_MISSED)
        told.expect_stale()
        assert house.workspace.overview.bus().is_bad
        time.sleep(1.0)
        assert house.shown(Kind.STREAM_SILENT) is None
    told.heal()
    told.expect_over(Kind.HEARTBEAT_MISSED, "its heartbeat came again")
    assert not house.is_stale()
    told.expect_equal()


def test_a_redis_that_freezes(house: House, drill: Begin) -> None:
    with frozen(house.server.process):
        told = drill()
        told.expect(Kind.REDIS_GONE)
        told.expect_stale()
        time.sleep(2.0)
        assert house.shown(Kind.REDIS_GONE) is not None
    told.heal()
    told.expect_over(Kind.REDIS_GONE, "Redis answers again")
    told.expect_equal()
    assert house.recorded(Kind.HEARTBEAT_MISSED, told.at) is None


def test_a_connection_that_is_half_open(house: House, drill: Begin) -> None:
    house.proxy.freeze()
    told = drill()
    told.expect(Kind.REDIS_GONE)
    told.expect_stale()
    house.proxy.thaw()
    told.heal()
    told.expect_over(Kind.REDIS_GONE, "Redis answers again")
    told.expect_equal()


def test_a_worker_that_is_frozen_while_its_streams_are_trimmed(house: House, drill: Begin) -> None:
    # A worker that has not looked once can't tell what was trimmed before it came from what it lost.
    time.sleep(2.5)
    with house.server.client() as client:
        with frozen(house.worker):
            told = drill()
            time.sleep(1.5)
            lost = client.xtrim(QUOTE_STREAM, maxlen=10, approximate=False)
        told.heal()
        told.expect_recorded(Kind.TRIMMED_UNREAD)
    assert 40 <= house.recorded(Kind.TRIMMED_UNREAD, told.at).count <= lost
    told.expect_equal()
    house.see_to_losses()


def test_what_was_booked_is_trimmed_and_the_node_says_nothing_more(house: House, drill: Begin) -> None:
    """Then the cache alone knows."""
    with frozen(house.node), house.server.client() as client:
        with frozen(house.worker):
            told = drill()
            house.node.send_signal(signal.SIGCONT)
            time.sleep(1.5)
            house.node.send_signal(signal.SIGSTOP)
            for name in client.scan_iter("trader-T-1:stream:events.*"):
                client.xtrim(name, maxlen=0, approximate=False)
            assert not house.is_equal()
        told.heal()
        told.expect_equal()
        told.expect_recorded(Kind.POSITIONS_DIFFER)
        told.expect_recorded(Kind.TRIMMED_UNREAD)
    told.expect_over(Kind.POSITIONS_DIFFER, "equal to the node's cache")
    house.see_to_losses()


def test_a_redis_that_is_full(house: House, drill: Begin) -> None:
    """The node's publishing ends with the first write refused, and it alone can begin again."""
    with house.server.client() as client:
        told = drill()
        client.config_set("maxmemory", "1mb")
        told.expect(Kind.REDIS_FULL)
        told.expect(Kind.HEARTBEAT_MISSED, 2 * SHOWN_S)
        client.config_set("maxmemory", "0")
        told.heal()
        told.expect_over(Kind.REDIS_FULL, "nothing refused or evicted since")
        assert house.shown(Kind.HEARTBEAT_MISSED) is not None
        house.kill_node()
        house.start_node()
        told.heal()
        told.expect_over(Kind.HEARTBEAT_MISSED, "its heartbeat came again")


def test_a_node_that_is_killed(house: House, drill: Begin) -> None:
    house.kill_node()
    told = drill()
    told.expect(Kind.HEARTBEAT_MISSED)
    told.expect_stale()
    house.start_node()
    told.heal()
    told.expect_over(Kind.HEARTBEAT_MISSED, "its heartbeat came again")


def test_a_worker_that_is_killed(house: House, drill: Begin) -> None:
    stored = len(house.workspace.store.read(QUOTES))
    house.worker.kill()
    told = drill()
    told._wait("reader gone: shown", lambda: house.shown(Kind.READER_GONE), SHOWN_S)
    assert "nothing is stored" in house.shown(Kind.READER_GONE).detail
    house.start_worker()
    told.heal()
    told.expect_over(Kind.READER_GONE, "another goes on", 15)
    wait_until(lambda: len(house.workspace.store.read(QUOTES)) > stored, 10)
    with house.server.client() as client:
        group = "nautilus-dashboard"
        wait_until(lambda: client.xpending(QUOTE_STREAM, group)["pending"] < 10, 10)
        assert len(client.xinfo_consumers(QUOTE_STREAM, group)) == 1
    assert is_running(worker_pid(house.workspace.store))


def test_a_redis_that_is_killed_and_comes_back_empty(house: House, drill: Begin) -> None:
    house.server.kill()
    told = drill()
    told.expect(Kind.REDIS_GONE)
    told.expect_stale()
    house.server.start()
    told.heal()
    told.expect_over(Kind.REDIS_GONE, "Redis answers again")
    told.expect(Kind.REDIS_RESTARTED, 4.0)
    told.expect(Kind.HEARTBEAT_MISSED, 5.0)
    assert house.is_stale()
    house.kill_node()
    house.start_node()
    told.heal()
    told.expect_over(Kind.REDIS_RESTARTED, "every node was heard since")
    told.expect_over(Kind.HEARTBEAT_MISSED, "its heartbeat came again")
    told.expect_equal()


def test_the_store_holds_no_open_incident_and_no_dead_letter_in_the_end(house: House, drill: Begin) -> None:
    assert house.workspace.store.dead_letters() == []
    assert house.workspace.store.incidents(5, open_only=True) == []
    assert os.getpid() == house.workspace.bus.readers().query("role == 'server'")["pid"].iloc[0]
