"""Page `bus` in a real browser, on a real server and a real Redis."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
from playwright.sync_api import Browser, expect

from tests.app.test_shell_browser import SIZES, Server, Visit
from tests.conftest import RedisServer, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
TRADER = "trader-TESTER-001:stream"
_MANY = 2_600


@pytest.fixture(scope="module")
def server(python: str, bus: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(python, tmp_path_factory.mktemp("server"), DEMO="off", REDIS_URL=bus.url)
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.stop()


def quote(symbol: str, bid: str) -> dict[str, bytes]:
    """A quote as a node writes it with `encoding="json"`."""
    now = str(time.time_ns())
    body = {
        "type": "QuoteTick", "instrument_id": f"{symbol}.SIM", "bid_price": bid, "ask_price": "2.00000",
        "bid_size": "1000000", "ask_size": "1000000", "ts_event": now, "ts_init": now,
    }  # fmt: skip
    return {"topic": f"data.quotes.SIM.{symbol}".encode(), "payload": json.dumps(body).encode()}


def publish(client: redis.Redis, symbol: str, bid: str = "1.50000") -> None:
    client.xadd(f"{TRADER}:data.quotes.SIM.{symbol}", quote(symbol, bid))


@contextmanager
def quotes(bus: RedisServer) -> Iterator[redis.Redis]:
    """Quotes of GBP/USD come as long as this is open."""
    done = threading.Event()
    with bus.client() as client:

        def run() -> None:
            while not done.wait(0.05):
                publish(client, "GBP/USD")

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield client
        finally:
            done.set()
            thread.join()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    visit = Visit(browser)
    yield visit
    visit.tab.close()


def test_a_stream_leads_to_its_messages_and_one_is_shown_whole(server: Server, bus: RedisServer, visit: Visit) -> None:
    with quotes(bus) as client:
        tab = visit.open(server, "bus")
        expect(tab.locator(".card[data-key=bus] .v")).to_have_text("connected")
        tab.get_by_role("tab", name="Streams").click()
        tab.locator(".tabulator-row", has_text="data.quotes.SIM.GBP/USD").click()
        expect(tab.get_by_label("Topic pattern")).to_have_value("data.quotes.SIM.GBP/USD")
        expect(tab.locator(".list .row:not(.head)").first).to_contain_text("QuoteTick")

        tab.get_by_label("Topic pattern").fill("*EUR/USD")
        tab.get_by_label("Topic pattern").press("Enter")
        publish(client, "EUR/USD", "1.23456")
        tab.locator(".list .row", has_text="data.quotes.SIM.EUR/USD").first.click()
        expect(tab.locator(".detail pre")).to_contain_text('"bid_price": "1.23456"')
        tab.get_by_role("button", name="Copy as JSON").click()
        expect(tab.locator(".copy")).to_have_text("Copied")
        tab.get_by_role("button", name="Raw").click()
        expect(tab.locator(".detail pre")).to_contain_text("1.23456")
    assert visit.wrong == []


def test_a_paused_list_stands_still_and_keeps_what_was_chosen(server: Server, bus: RedisServer, visit: Visit) -> None:
    with quotes(bus):
        tab = visit.open(server, "bus?view=messages")
        first = tab.locator(".list .row:not(.head)").first
        first.click()
        chosen = tab.locator(".detail dd").nth(3).inner_text()
        tab.get_by_role("button", name="Pause").click()
        expect(tab.locator(".note.paused")).to_be_visible()
        stood = first.inner_text()
        tab.wait_for_timeout(700)
        assert first.inner_text() == stood and tab.locator(".detail dd").nth(3).inner_text() == chosen
        tab.get_by_role("button", name="Resume").click()
        expect(first).not_to_have_text(stood)
    assert visit.wrong == []


def test_what_cannot_be_read_turns_up_with_its_reason(server: Server, bus: RedisServer, visit: Visit) -> None:
    with quotes(bus) as client:
        client.xadd(f"{TRADER}:data.quotes.SIM.BAD", {"topic": b"data.quotes.SIM.BAD", "payload": b"\x88\xa4type"})
        tab = visit.open(server, "bus?view=letters")
        tab.locator(".tabulator-row", has_text="data.quotes.SIM.BAD").click()
        expect(tab.locator("section[data-key=reason] pre")).not_to_be_empty()
        expect(tab.locator("section[data-key=body] pre")).to_have_text("88 a4 74 79 70 65")
        tab.locator(".commands button", has_text="Discard this one").click()
        tab.locator(".commands button", has_text="Really discard this one").click()
        expect(tab.locator(".tabulator-row", has_text="discarded")).to_be_visible()
    assert visit.wrong == []


def test_thousands_of_streams_are_told_a_page_at_a_time_at_every_size(
    server: Server, bus: RedisServer, visit: Visit
) -> None:
    with quotes(bus) as client:
        pipeline = client.pipeline()
        for number in range(_MANY):
            topic = f"snapshots:orders:O-{number}"
            pipeline.xadd(f"{TRADER}:{topic}", {"topic": topic, "payload": b'{"client_order_id":"O-1"}'})
        pipeline.execute()
        tab = visit.open(server, "bus?view=streams")
        expect(tab.get_by_text(re.compile(r"1 to 50 of 2,60\d"))).to_be_visible(timeout=20_000)
        assert tab.locator(".tabulator-row").count() <= 50
        tab.get_by_label("Filter").fill("O-259")
        expect(tab.get_by_text("1 to 11 of 11")).to_be_visible()
        for size in reversed(SIZES):
            tab.set_viewport_size({"width": size[0], "height": size[1]})
            for name in ("Messages", "Incidents", "Dead letters", "Order books", "Health"):
                tab.get_by_role("tab", name=name).click()
                tab.wait_for_timeout(300)
                assert tab.evaluate("document.documentElement.scrollWidth") <= size[0], (name, size)
    assert visit.wrong == []
