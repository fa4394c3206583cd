"""Two traders, one restarted, in a real browser: chosen on every page; nothing stays green once its source freezes."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from nautilus_data.bus import Message
from tests.app.test_shell_browser import SIZES, Server, Visit
from tests.conftest import RedisServer, wait_until
from tests.services.said import account, heartbeat, instrument, ready, trade

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SHARED = "AAPL.NASDAQ"


def told_by(trader_id: str, message: Message) -> Message:
    """The same on that trader's stream: a trader who said one thing only would be told as silent."""
    return msgspec.structs.replace(message, stream=f"trader-{trader_id}:stream:{message.topic}", trader_id=trader_id)


class Nodes:
    """Two nodes as Redis sees them: a heartbeat a second, a trade four times a second."""

    def __init__(self, bus: RedisServer) -> None:
        self._bus, self._done = bus, threading.Event()
        self.frozen: set[str] = set()
        self.cash = {"ALPHA-001": "2500", "BRAVO-002": "777"}
        with bus.client() as client:
            for trader_id, cash in (("ALPHA-001", "1000"), *self.cash.items()):
                self._put(client, ready(1, trader_id), told_by(trader_id, instrument(SHARED)))
                self._put(client, account(1, {"USD": cash}, trader_id=trader_id))
                time.sleep(0.02)
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def close(self) -> None:
        self._done.set()
        self._thread.join()

    def _live(self) -> None:
        with self._bus.client() as client:
            beat = 0
            while not self._done.wait(0.25):
                beat += 1
                for trader_id in self.cash.keys() - self.frozen:
                    now = int(time.time() * 1_000)
                    said = [trade(SHARED, f"{100 + beat}", now, trader_id)]
                    self._put(client, *said, *([] if beat % 4 else [heartbeat(now, trader_id)]))

    def _put(self, client: object, *messages: object) -> None:
        for said in messages:
            client.xadd(said.stream, {"topic": said.topic, "payload": said.payload})


@pytest.fixture(scope="module")
def nodes(bus: RedisServer) -> Iterator[Nodes]:
    nodes = Nodes(bus)
    yield nodes
    nodes.close()


@pytest.fixture(scope="module")
def server(python: str, bus: RedisServer, nodes: Nodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(python, tmp_path_factory.mktemp("server"), DEMO="off", REDIS_URL=bus.url)
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.stop()


def turn_to(tab: Page, title: str) -> None:
    """By the menu; where it has no room for a page, that is behind More."""
    link = tab.get_by_role("link", name=title, exact=True)
    more = tab.get_by_role("button", name="More")
    expect(link.or_(more).first).to_be_visible()
    if not link.is_visible():
        more.click()
    link.click()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_trader_and_an_earlier_run_are_chosen_and_kept_on_every_page(
    server: Server, browser: Browser, size: tuple[int, int]
) -> None:
    visit = Visit(browser, size)
    tab = visit.open(server, "portfolio")
    tab.get_by_label("Trader", exact=True).select_option("ALPHA-001")
    expect(equity(tab)).to_have_text("2,500.00")
    tab.get_by_label("Run of the trader").select_option(index=1)
    expect(equity(tab)).to_have_text("1,000.00")
    expect(tab.get_by_text("Earlier run", exact=True)).to_be_visible()
    for title in ("Overview", "Market", "Bus", "Backfill", "Engine"):
        turn_to(tab, title)
        tab.wait_for_url(f"**/{title.lower()}?*trader=ALPHA-001&run=*")
        expect(tab.get_by_label("Trader", exact=True)).to_have_value("ALPHA-001")
    assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    turn_to(tab, "Portfolio")
    tab.get_by_role("button", name="Show the current run").click()
    expect(equity(tab)).to_have_text("2,500.00")
    tab.get_by_label("Trader", exact=True).select_option("BRAVO-002")
    expect(equity(tab)).to_have_text("777.00")
    assert visit.wrong == []
    visit.tab.close()


def test_a_trader_nobody_saw_is_said(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    tab = visit.open(server, "market?trader=X-404")
    expect(tab.get_by_text("No trader X-404 has been seen on this bus.")).to_be_visible()
    tab.get_by_role("button", name="Show all traders").click()
    expect(tab.get_by_text("No trader X-404 has been seen on this bus.")).to_be_hidden()
    visit.tab.close()


def test_no_tile_stays_green_once_a_node_or_redis_freezes(
    server: Server, browser: Browser, bus: RedisServer, nodes: Nodes
) -> None:
    visit = Visit(browser)
    alpha = visit.open(server, "overview?trader=ALPHA-001")
    bravo = browser.new_page()
    bravo.goto(f"{server.address}/overview?trader=BRAVO-002")
    expect(tile(alpha)).to_have_class("card up")
    nodes.frozen.add("ALPHA-001")
    try:
        expect(tile(alpha)).to_have_class("card warn", timeout=6_000)
        expect(tile(alpha).locator(".n")).to_contain_text("stale:")
        expect(tile(bravo)).to_have_class("card up")
        bus.process.send_signal(signal.SIGSTOP)
        expect(tile(bravo)).to_have_class("card warn", timeout=6_000)
    finally:
        bus.process.send_signal(signal.SIGCONT)
        nodes.frozen.clear()
    for tab in (alpha, bravo):
        expect(tile(tab)).to_have_class("card up", timeout=30_000)
        tab.close()


def equity(tab: Page) -> object:
    return tab.locator(".card[data-key='equity USD'] .v")


def tile(tab: Page) -> object:
    return tab.locator(f"section[data-key=latest] .card[data-key='{SHARED}']")
