"""Two traders in one real Redis, one of them restarted: told apart by the tail in memory and by what is stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest
import redis

from nautilus_data.bus import Message, Pace, Subscriber
from nautilus_data.core.dataset import ACCOUNTS, FILLS, POSITIONS
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.live import Live
from nautilus_data.services.market import Market
from nautilus_data.services.portfolio import Portfolio
from nautilus_data.store import Store
from tests.conftest import RedisServer, wait_until
from tests.services.said import T0, account, fill, instrument, position, ready, trade

SHARED = "AAPL.NASDAQ"
_PACE = Pace(discover_s=0.05, block_s=0.05)


class Desk:
    """What a server and a worker keep of the same Redis."""

    def __init__(self, server: RedisServer, store: Store) -> None:
        self.client: redis.Redis = server.client()
        self.live, self.store, self.stop = Live(), store, threading.Event()
        self.market = Market(store, self.live, {})
        ingest = Ingest(Subscriber(server.url, group="desk", pace=_PACE), store, Live())
        self._tail = Subscriber(server.url, pace=_PACE)
        self._threads = [
            threading.Thread(target=work) for work in (self._follow, lambda: ingest.run(self.stop))
        ]  # fmt: skip
        for thread in self._threads:
            thread.start()

    def publish(self, *messages: Message) -> int:
        """Time (ns) Redis gave the first of them."""
        ids = [self.client.xadd(said.stream, {"topic": said.topic, "payload": said.payload}) for said in messages]
        return int(ids[0].partition(b"-")[0]) * 1_000_000

    def run(self, trader_id: str, cash: str, price: str) -> int:
        """A node starts, books a position and quotes; the id of its run."""
        event_id = f"{trader_id} {cash}"
        whose = {"trader_id": trader_id, "instrument_id": SHARED}
        run_id = self.publish(ready(T0, trader_id), ready(T0, trader_id, "RUNNING"))
        self.publish(
            account(T0, {"USD": cash}, trader_id=trader_id),
            fill(T0, event_id=event_id, last_px=price, **whose),
            position(T0, side="LONG", quantity="10", avg_px_open=1.0, currency="USD", realized_pnl="0 USD", **whose),
            trade(SHARED, price, T0, trader_id),
        )
        stored = {"trader_id": trader_id, "run_id": run_id}
        wait_until(lambda: all(len(self.store.read(what, where=stored)) for what in (ACCOUNTS, FILLS, POSITIONS)))
        wait_until(lambda: (told := self.live.price(SHARED, trader_id)) and told.price == Decimal(price))
        # Two runs of one millisecond would be one.
        threading.Event().wait(0.01)
        return run_id

    def close(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        self.client.close()

    def _follow(self) -> None:
        for page in self._tail.pages(self.stop):
            self.live.feed(page.messages)


@pytest.fixture
def desk(each_redis_server: RedisServer, store: Store) -> Iterator[Desk]:
    desk = Desk(each_redis_server, store)
    desk.publish(instrument(SHARED))
    yield desk
    desk.close()


def test_two_traders_and_the_runs_of_one_are_told_apart(desk: Desk) -> None:
    first = desk.run("A-1", "100", "11")
    other = desk.run("B-1", "700", "50")
    second = desk.run("A-1", "200", "12")
    portfolio, market = Portfolio(desk.store, desk.live), desk.market

    assert (desk.live.runs["A-1"], desk.live.runs["B-1"]) == ([first, second], [other])
    assert {"A-1", "B-1"} <= set(portfolio.traders())
    assert portfolio.runs("A-1")["run_id"].tolist() == [second, first]

    assert market.latest("A-1")["price"].tolist() == [12.0]
    assert market.latest("B-1")["price"].tolist() == [50.0]
    assert portfolio.totals("A-1").iloc[0]["equity"] == Decimal(200 + 10 * 11)
    assert portfolio.totals("B-1").iloc[0]["equity"] == Decimal(700 + 10 * 49)

    assert portfolio.accounts("A-1", first)["total"].tolist() == [Decimal(100)]
    assert portfolio.fills(10, "A-1", first)["event_id"].tolist() == ["A-1 100"]
    assert portfolio.positions(trader_id="A-1", run_id=first)["mark"].tolist() == [None]
    assert market.fills(SHARED, trader_id="A-1", run_id=first)["last_px"].tolist() == [11.0]
    assert market.fills(SHARED, trader_id="A-1")["last_px"].tolist() == [12.0]
    assert sorted(market.fills(SHARED)["last_px"]) == [12.0, 50.0]


def test_a_server_that_starts_later_knows_the_same_runs(desk: Desk, each_redis_server: RedisServer) -> None:
    runs = [desk.run("A-1", "100", "11"), desk.run("A-1", "200", "12")]
    later, stop = Live(), threading.Event()

    def follow() -> None:
        for page in Subscriber(each_redis_server.url, pace=_PACE).pages(stop):
            later.feed(page.messages)

    thread = threading.Thread(target=follow)
    thread.start()
    wait_until(lambda: later.runs.get("A-1") == runs)
    stop.set()
    thread.join(10)
    assert later.nodes["A-1"].run_id == runs[-1]
