"""Several workers on one consumer group: each entry is stored once, whoever reads it, whoever dies."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
import redis

from nautilus_data.bus import Pace, RunStarts, Subscriber
from nautilus_data.core.dataset import BALANCES, FILLS, ORDER_EVENTS, ORDERS, QUOTES
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.live import Live
from nautilus_data.store import Store
from tests.bus.wire import ACCOUNT, FILL, ORDER, QUOTE, READY, fields
from tests.conftest import RedisServer, wait_until
from tests.processes import ROOT
from tests.store.conftest import postgres_url, url  # noqa: F401

GROUP = "test"
PACE = Pace(discover_s=0.05, block_s=0.05, rest_s=0.0)
_ORDERS, _QUOTES = 2_000, 9_000
_WORKER = """
import sys, threading
from nautilus_data.bus import Pace, RunStarts, Subscriber
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.live import Live
from nautilus_data.store import Store
url, store, consumer = sys.argv[1:]
pace = Pace(discover_s=0.05, block_s=0.05)
reader = Subscriber(url, group="test", consumer=consumer, min_idle_s=0.5, pace=pace)
Ingest(reader, Store(store), Live(), run_starts=RunStarts(reader).before).run(threading.Event())
"""


@contextmanager
def ingesting(server: RedisServer, store: Store, consumers: Sequence[str], **options: object) -> Iterator[list[Ingest]]:
    stop, made = threading.Event(), []
    for name in consumers:
        reader = Subscriber(server.url, group=GROUP, consumer=name, **{"pace": PACE} | options)
        made.append(Ingest(reader, store, Live(), run_starts=RunStarts(reader).before))
    threads = [threading.Thread(target=one.run, args=(stop,)) for one in made]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


def publish(client: redis.Redis, topic: str, *bodies: object) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for body in bodies:
            pipeline.xadd(f"trader-T-1:stream:{topic}", fields(topic, body))
        pipeline.execute()


def ready(number: int) -> dict:
    return READY | {"event_id": f"c-{number}"}


def an_order(number: int) -> list[dict]:
    """Bought in two fills."""
    base = {"client_order_id": f"O-{number}", "ts_event": str(number), "ts_init": str(number)}
    made = ORDER | base | {"type": "OrderInitialized", "event_id": f"i-{number}", "quantity": "10", "order_side": "BUY"}
    part = {"venue_order_id": f"V-{number}", "last_qty": "4", "trade_id": f"X-{number}", "event_id": f"f-{number}"}
    rest = {"venue_order_id": f"V-{number}", "last_qty": "6", "trade_id": f"Y-{number}", "event_id": f"g-{number}"}
    return [made, FILL | base | part, FILL | base | rest]


def publish_a_day(client: redis.Redis) -> int:
    """20,000 entries: quotes, orders whose events lie far apart, their fills once more, accounts; how many."""
    publish(client, "events.system.T-1", READY)
    orders = [an_order(number) for number in range(_ORDERS)]
    shuffled = random.Random(3)
    events = [event for step in range(3) for event in shuffled.sample([order[step] for order in orders], _ORDERS)]
    quotes = [QUOTE | {"ts_event": str(number)} for number in range(_QUOTES)]
    accounts = [ACCOUNT | {"event_id": f"a-{number}", "ts_event": str(number)} for number in range(1_000)]
    fills = [event for event in events if event["type"] == "OrderFilled"]
    for first in range(0, 9_000, 500):
        place = slice(first, first + 500)
        publish(client, "data.quotes.GBP/USD.SIM", *quotes[place])
        publish(client, "events.order.S-1", *events[place])
        publish(client, "events.fills.GBP/USD.SIM", *fills[place])
        publish(client, "events.account.SIM-001", *accounts[place])
    return 1 + len(quotes) + len(events) + len(fills) + len(accounts)


def expect_a_day(client: redis.Redis, store: Store) -> None:
    for stream in client.scan_iter("*stream*"):
        wait_until(
            lambda stream=stream: client.xpending(stream, GROUP)["pending"] == 0, 20, f"nothing pending: {stream}"
        )
    assert len(store.read(QUOTES)) == _QUOTES
    assert len(store.read(ORDER_EVENTS)) == 3 * _ORDERS
    assert len(store.read(FILLS)) == 2 * _ORDERS
    folded = store.read(ORDERS)
    assert len(folded) == _ORDERS
    assert set(folded["status"]) == {"FILLED"}
    assert set(folded["filled_qty"]) == {"10"}
    assert set(store.read(BALANCES)["event_id"]) == {f"a-{number}" for number in range(1_000)}
    assert store.dead_letters() == []


@pytest.mark.timeout(180)
def test_two_workers_share_a_day_and_double_nothing(redis_server: RedisServer, url: str) -> None:  # noqa: F811
    client, store = redis_server.client(), Store(url)
    count = publish_a_day(client)
    assert count > 20_000
    with ingesting(redis_server, store, ("a", "b")) as workers:
        wait_until(lambda: sum(one._subscriber.entries_read for one in workers) >= count, 120, "all to be read")
        expect_a_day(client, store)
        shares = [one._subscriber.entries_read for one in workers]
    assert sum(shares) == count
    assert min(shares) > count / 10
    store.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("heir", ["dead", "other"])
def test_a_killed_workers_pending_entries_are_stored_by_its_heir(
    redis_server: RedisServer, tmp_path: object, heir: str
) -> None:
    """Its own successor reads them first; another one claims them once they lay idle."""
    client, path = redis_server.client(), f"sqlite:///{tmp_path}/store.sqlite"
    store = Store(path)
    publish_a_day(client)
    worker = subprocess.Popen([sys.executable, "-c", _WORKER, redis_server.url, path, "dead"], cwd=ROOT)
    wait_until(lambda: len(store.read(QUOTES)) > 500, 30)
    wait_until(
        lambda: is_pending(client),
        30,
        "entries in its hands",
    )
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    with ingesting(redis_server, store, (heir,), min_idle_s=0.5):
        wait_until(lambda: len(store.read(QUOTES)) == _QUOTES, 60)
        expect_a_day(client, store)
    store.close()


def is_pending(client: redis.Redis) -> bool:
    return any(client.xpending(stream, GROUP)["pending"] for stream in client.scan_iter("*stream*"))


def test_a_node_restarted_while_two_workers_read_begins_one_run_for_both(
    redis_server: RedisServer, tmp_path: object
) -> None:
    """The READY goes to one of them, what follows to either."""
    client, store = redis_server.client(), Store(f"sqlite:///{tmp_path}/store.sqlite")
    with ingesting(redis_server, store, ("a", "b")) as workers:
        for run in range(6):
            # Streams have no order within a millisecond; no node restarts in less.
            time.sleep(0.005)
            publish(client, "events.system.T-1", ready(run))
            time.sleep(0.005)
            for number in range(100):
                [made, *_] = an_order(run * 100 + number)
                publish(client, "events.order.S-1", made)
        wait_until(lambda: len(store.read(ORDER_EVENTS)) >= 600, 30)
        wait_until(lambda: not is_pending(client))
        assert min(one._subscriber.entries_read for one in workers) > 0
    counts = store.read(ORDERS).groupby("run_id").size()
    assert counts.tolist() == [100] * 6
    store.close()


def test_an_ack_comes_after_the_commit(redis_server: RedisServer, tmp_path: object) -> None:
    """What is acknowledged is stored, at any moment."""
    client, store = redis_server.client(), Store(f"sqlite:///{tmp_path}/store.sqlite")
    stream = "trader-T-1:stream:data.quotes.X"
    with ingesting(redis_server, store, ("a",)):
        for first in range(0, 2_000, 100):
            publish(client, "data.quotes.X", *(QUOTE | {"ts_event": str(first + number)} for number in range(100)))
            info = client.xinfo_groups(stream)
            acknowledged = (info[0]["entries-read"] or 0) - info[0]["pending"] if info else 0
            assert len(store.read(QUOTES)) >= acknowledged
        wait_until(lambda: len(store.read(QUOTES)) == 2_000)
    store.close()
