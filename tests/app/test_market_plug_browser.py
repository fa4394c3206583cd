"""The plug pulled while /market is open: the page says so, recovers by itself, and nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from nautilus_data import open_workspace
from nautilus_data.settings import Settings, load_settings
from nautilus_data.workspace import Workspace
from tests.app.test_market_browser import Chart
from tests.app.test_shell_browser import Server, Visit
from tests.conftest import RedisServer, wait_until
from tests.processes import kill, worker_pid
from tests.services.said import bar, heartbeat

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
INSTRUMENT = "PLUG.BINANCE"
MINUTE_MS = 60_000


class Node:
    """Says a bar of a minute, and that it lives, four times a second; what Redis did not take is said again."""

    def __init__(self, bus: RedisServer) -> None:
        self._bus, self._done = bus, threading.Event()
        self.at = (int(time.time() * 1_000) // MINUTE_MS - 900) * MINUTE_MS
        self.closes: dict[int, float] = {}
        for _ in range(40):
            self.step()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(0.25):
            try:
                self.step()
            except OSError:
                continue

    def step(self) -> None:
        close = 100 + len(self.closes) % 7
        said = bar(INSTRUMENT, str(close), self.at, self.at, step="1-MINUTE")
        with self._bus.client(socket_timeout=60) as client:
            try:
                client.xadd(said.stream, {"topic": said.topic, "payload": said.payload})
                beat = heartbeat(int(time.time() * 1_000))
                client.xadd(beat.stream, {"topic": beat.topic, "payload": beat.payload})
            except Exception as error:
                raise OSError("Redis did not take it") from error
        self.closes[self.at] = float(close)
        self.at += MINUTE_MS


class House:
    """A bus, a node, a server with its worker, and the page that is open."""

    def __init__(self, python: str, bus: RedisServer, folder: Path, browser: Browser) -> None:
        self.python, self.bus, self.folder = python, bus, folder
        self.node = Node(bus)
        self.settings: Settings = load_settings(nautilus_data_dir=folder / "data", demo="off", redis_url=bus.url)
        self.start_server()
        self.workspace: Workspace = open_workspace(self.settings)
        self.visit = Visit(browser)
        self.open()

    def start_server(self, port: int | None = None) -> None:
        """On the port of the one before, so that the page finds it."""
        more = {"DASHBOARD_PORT": str(port)} if port else {}
        self.server = Server(self.python, self.folder, DEMO="off", REDIS_URL=self.bus.url, **more)
        self.server.port = port or self.server.port
        wait_until(self.server.is_up, 60, "the server to listen")

    def open(self) -> None:
        self.visit.tab.goto(f"{self.server.address}/market?instrument={INSTRUMENT}&timeframe=1-MINUTE")
        self.chart = Chart(self.visit)

    def draw(self) -> None:
        self.chart.root.locator("button[data-tool=horizontal_line]").click()
        box = self.chart.root.bounding_box()
        self.visit.tab.mouse.click(box["x"] + 300, box["y"] + 150 + 20 * len(self.drawn()))

    def drawn(self) -> list[str]:
        return [shape["id"] for shape in self.chart.ask("chart.drawings.shapes()")]

    def kept(self) -> list[str]:
        return [drawing.drawing_id for drawing in self.workspace.drawings.list("local", INSTRUMENT, "1-MINUTE")]

    def is_equal(self) -> bool:
        """Are the bars that are drawn those that are stored and were published, each once?"""
        published = dict(self.node.closes)
        stored = self.workspace.market.bars(INSTRUMENT, "1-MINUTE", "nautilus", "raw")
        bars = self.chart.bars()
        told = dict(zip((stored["ts_event"] / 1e6).tolist(), stored["close"].tolist(), strict=True))
        shown = dict(zip(bars["time"].tolist(), bars["close"].tolist(), strict=True))
        # The newest are on their way.
        settled = [at for at in published if at <= max(published) - 6 * MINUTE_MS]
        return (
            len(shown) == len(bars)
            and bars["time"].is_monotonic_increasing
            and all(told.get(at) == published[at] for at in settled)
            and all(shown.get(at) == published[at] for at in settled if at >= bars["time"].iloc[0])
            and bars["time"].iloc[-1] >= max(settled)
        )

    def expect_equal(self, after: str) -> None:
        count = len(self.node.closes)
        wait_until(lambda: len(self.node.closes) > count + 6, 20, "the node to go on")
        wait_until(self.is_equal, 20, f"drawn, stored and published bars to be the same after {after}")
        expect(self.chart.root.locator(".fault")).to_be_hidden()

    def close(self) -> None:
        self.server.process.send_signal(signal.SIGCONT)
        self.node.close()
        self.visit.tab.close()
        self.workspace.close()
        self.server.stop()


@pytest.fixture(scope="module")
def house(python: str, redis_binary: Path, tmp_path_factory, browser: Browser) -> Iterator[House]:
    bus = RedisServer(redis_binary, tmp_path_factory.mktemp("redis")).start()
    house = House(python, bus, tmp_path_factory.mktemp("plug"), browser)
    try:
        yield house
    finally:
        bus.process.send_signal(signal.SIGCONT)
        house.close()
        bus.kill()


def test_redis_killed_and_back(house: House) -> None:
    house.expect_equal("the start")
    house.bus.kill()
    tab = house.visit.tab
    expect(tab.locator(".pill .state")).not_to_have_text("connected", timeout=5_000)
    expect(tab.locator(".card[data-key=price]")).to_contain_text("stale", timeout=5_000)
    house.draw()
    wait_until(lambda: house.kept() == house.drawn(), 10, "a drawing to be kept without Redis")
    house.bus.start()
    house.expect_equal("Redis was killed")


def test_redis_frozen(house: House) -> None:
    house.bus.process.send_signal(signal.SIGSTOP)
    try:
        expect(house.visit.tab.locator(".card[data-key=price]")).to_contain_text("stale", timeout=8_000)
    finally:
        house.bus.process.send_signal(signal.SIGCONT)
    house.expect_equal("Redis was frozen")


def test_the_worker_killed(house: House) -> None:
    pid = worker_pid(house.workspace.store)
    kill(pid)
    wait_until(lambda: worker_pid(house.workspace.store) not in (0, pid), 30, "another worker")
    house.expect_equal("the worker was killed")


def test_the_database_locked(house: House) -> None:
    file = house.folder / "data" / "nautilus.sqlite"
    assert file.exists()
    before = house.drawn()
    lock = sqlite3.connect(file, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    try:
        house.draw()
        house.visit.tab.wait_for_timeout(3_000)
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    wait_until(lambda: house.kept() == house.drawn(), 20, "the drawing to be kept, or taken back in words")
    assert set(before) <= set(house.drawn())
    house.expect_equal("the database was locked")


def test_a_server_that_froze_keeps_what_was_drawn_meanwhile(house: House) -> None:
    os.kill(house.server.process.pid, signal.SIGSTOP)
    try:
        house.draw()
        expect(house.visit.tab.locator(".lost")).to_contain_text("No word from the server", timeout=8_000)
        expect(house.chart.root.locator(".say")).to_contain_text("not saved", timeout=12_000)
        drawn = house.drawn()
    finally:
        os.kill(house.server.process.pid, signal.SIGCONT)
    expect(house.visit.tab.locator(".lost")).to_be_hidden(timeout=15_000)
    wait_until(lambda: set(house.kept()) == set(drawn), 15, "the drawing to be kept")
    assert house.drawn() == drawn
    house.expect_equal("the server froze")


def test_a_server_that_was_killed_is_said_and_the_page_is_whole_after_a_reload(house: House) -> None:
    kept = house.kept()
    house.server.process.kill()
    house.server.process.wait()
    lost = house.visit.tab.locator(".lost")
    expect(lost).to_contain_text("No word from the server", timeout=8_000)
    house.draw()
    assert len(house.drawn()) == len(kept) + 1
    expect(house.chart.root.locator(".say")).to_contain_text("not saved", timeout=12_000)
    assert len(house.drawn()) == len(kept) + 1
    house.start_server(house.server.port)
    expect(lost).to_be_visible()
    lost.get_by_role("button", name="Reload").click()
    house.visit.tab.wait_for_selector(".pill")
    house.chart = Chart(house.visit)
    house.expect_equal("the server was killed")
    assert house.drawn() == kept
