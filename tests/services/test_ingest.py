"""From the bus into the store: once, in its run, at its bar, whatever the bus holds."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from nautilus_data.bus import Pace, RunStarts, Subscriber, entry_id
from nautilus_data.core.dataset import ACCOUNTS, BALANCES, FILLS, INSTRUMENTS, ORDER_EVENTS, ORDERS, QUOTES, RUNS
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.live import Live
from nautilus_data.store import Store
from tests.bus.wire import FILL, QUOTE, READY, fields
from tests.conftest import RedisServer, wait_until
from tests.services.said import DAY_MS, T0, account, bar, fill, instrument, ns, order, quote, ready, said

Feed = Callable[..., None]
FX = "GBP/USD.SIM"


def test_an_order_is_folded_over_pages(store: Store, feed: Feed) -> None:
    feed(order("OrderInitialized", T0, order_side="BUY", order_type="MARKET", quantity="100000"))
    feed(order("OrderSubmitted", T0 + 1))
    feed(fill(T0 + 2, event_id="f-1", last_qty="40000"), fill(T0 + 3, event_id="f-2", last_qty="60000"))
    folded = store.read(ORDERS).iloc[0]
    assert (folded["status"], folded["filled_qty"], folded["side"]) == ("FILLED", "100000", "BUY")
    assert len(store.read(FILLS)) == 2


def test_a_page_taken_twice_changes_nothing(store: Store, feed: Feed) -> None:
    page = (
        ready(T0 - 1),
        order("OrderInitialized", T0, quantity="1"),
        fill(T0 + 1),
        account(T0 + 2),
        quote(FX, "1", "2"),
    )
    feed(*page)
    before = {dataset.name: store.read(dataset) for dataset in (ORDERS, FILLS, BALANCES, ACCOUNTS, QUOTES, RUNS)}
    feed(*page)
    for dataset in (ORDERS, FILLS, BALANCES, ACCOUNTS, QUOTES, RUNS):
        assert store.read(dataset).equals(before[dataset.name]), dataset.name


def test_a_fill_seen_on_two_topics_counts_once(store: Store, feed: Feed) -> None:
    feed(fill(T0, topic=f"events.fills.{FX}"))
    feed(fill(T0 + 1))
    assert len(store.read(FILLS)) == 1
    assert store.read(ORDERS).iloc[0]["filled_qty"] == "100000"


def test_fills_of_two_runs_with_the_same_ids_are_kept_apart(store: Store, feed: Feed) -> None:
    feed(ready(T0), fill(T0 + 1, event_id="a"), ready(T0 + 10), fill(T0 + 11, event_id="b"))
    assert store.read(FILLS)["run_id"].tolist() == [ns(T0), ns(T0 + 10)]
    assert len(store.read(ORDERS)) == 2


def test_what_a_trader_without_a_ready_booked_is_run_0(store: Store, feed: Feed) -> None:
    feed(account(T0))
    feed(account(T0 + 1))
    assert store.read(RUNS)[["trader_id", "run_id"]].values.tolist() == [["T-1", 0]]


def test_runs_are_remembered_over_a_restart(store: Store, feed: Feed) -> None:
    feed(ready(T0))
    later = Ingest(Subscriber("redis://127.0.0.1:1/0", group="test"), store, Live())
    later._load_runs()
    assert later.run_of("T-1", entry_id(b"%d-0" % (T0 + 5))) == ns(T0)
    assert later.run_of("T-1", entry_id(b"%d-0" % (T0 - 5))) == 0


def test_a_fill_without_a_quantity_is_garbage_and_the_rest_is_stored(store: Store, feed: Feed) -> None:
    feed(order("OrderInitialized", T0, quantity="1"), fill(T0 + 1, last_qty=None), quote(FX, "1", "2"))
    assert (len(store.read(ORDER_EVENTS)), len(store.read(FILLS)), len(store.read(QUOTES))) == (1, 0, 1)
    assert len(store.dead_letters()) == 1


def test_what_the_store_refuses_is_garbage_and_the_rest_is_stored(store: Store, feed: Feed) -> None:
    feed(quote(FX, "1", "2"), instrument("A.B", price_precision=2**63), quote("A.B", "1", "9e99"))
    assert (len(store.read(QUOTES)), len(store.read(INSTRUMENTS))) == (1, 0)
    assert len(store.dead_letters()) == 2


def test_garbage_is_kept_with_its_reason(store: Store, feed: Feed) -> None:
    feed(said("data.quotes.X", b"\xc1junk"))
    kept = store.dead_letters()[0]
    assert (kept.payload, kept.stream) == (b"\xc1junk", "trader-T-1:stream:data.quotes.X")
    assert (kept.handler, kept.topic, kept.trader_id) == ("decode", "data.quotes.X", "T-1")
    assert kept.reason


def replayed(day: int, ms: int) -> object:
    return bar(FX, "1.5", ms, DAY_MS * (10_000 + day))


def bar_times(store: Store) -> list[int]:
    return [ts_bar // ns(DAY_MS) - 10_000 if ts_bar else 0 for ts_bar in store.read(FILLS)["ts_bar"].tolist()]


def test_a_fill_stands_at_the_replayed_bar_that_caused_it(store: Store, feed: Feed) -> None:
    feed(replayed(1, T0), replayed(2, T0 + 1_000), fill(T0 + 1_001))
    assert bar_times(store) == [2]


def test_a_fill_read_before_its_bar_is_corrected(store: Store, feed: Feed) -> None:
    feed(replayed(1, T0), fill(T0 + 1_001, event_id="early"))
    assert bar_times(store) == [1]
    feed(replayed(2, T0 + 1_000))
    feed(replayed(3, T0 + 2_000))
    assert bar_times(store) == [2]


def test_a_fill_read_before_any_bar_is_corrected(store: Store, feed: Feed) -> None:
    feed(fill(T0 + 1_001))
    assert bar_times(store) == [0]
    feed(replayed(1, T0), replayed(2, T0 + 1_000), replayed(3, T0 + 2_000))
    assert bar_times(store) == [2]


def test_a_fill_whose_bar_came_to_a_worker_before_this_one_is_found_in_the_store(store: Store, feed: Feed) -> None:
    feed(replayed(1, T0), replayed(2, T0 + 1_000))
    live = Live()
    later = Ingest(Subscriber("redis://127.0.0.1:1/0", group="test"), store, live)
    for page in ([fill(T0 + 1_001)], [replayed(3, T0 + 2_000)]):
        live.feed(page)
        later._write(page)
    assert bar_times(store) == [2]


def test_fills_of_a_live_node_have_no_replayed_bar(store: Store, feed: Feed) -> None:
    feed(bar(FX, "1.5", T0), fill(T0 + 1))
    assert bar_times(store) == [0]


@contextmanager
def ingesting(server: RedisServer, store: Store) -> Iterator[Ingest]:
    pace = Pace(discover_s=0.05, block_s=0.05)
    reader = Subscriber(server.url, group="test", pace=pace)
    running, stop = Ingest(reader, store, Live(), run_starts=RunStarts(reader).before), threading.Event()
    thread = threading.Thread(target=running.run, args=(stop,))
    thread.start()
    try:
        yield running
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()


def publish(client: redis.Redis, topic: str, *bodies: object) -> None:
    for body in bodies:
        client.xadd(f"trader-T-1:stream:{topic}", fields(topic, body))


def test_what_is_on_a_real_bus_is_stored_and_acknowledged(redis_server: RedisServer, store: Store) -> None:
    with redis_server.client() as client, ingesting(redis_server, store):
        publish(client, "data.quotes.X", *(QUOTE | {"ts_event": str(i)} for i in range(300)))
        publish(client, "events.order.S-1", FILL, b"\xc1")
        wait_until(lambda: len(store.read(QUOTES)) == 300 and len(store.read(FILLS)) == 1)
        for stream in client.keys("*stream*"):
            wait_until(lambda stream=stream: client.xpending(stream, "test")["pending"] == 0)
    assert len(store.dead_letters()) == 1
    assert len(store.cursors()) == 2


def test_an_ingest_killed_before_its_ack_repeats_and_doubles_nothing(redis_server: RedisServer, store: Store) -> None:
    with redis_server.client() as client:
        publish(client, "data.quotes.X", *(QUOTE | {"ts_event": str(i)} for i in range(50)))
        reader = Subscriber(redis_server.url, group="test", pace=Pace(discover_s=0.05, block_s=0.05))
        pages = reader.pages(threading.Event())
        died = Ingest(reader, store, Live())
        page = next(pages)
        died._write(page.messages)
        pages.close()
        assert client.xpending("trader-T-1:stream:data.quotes.X", "test")["pending"] == len(page.messages) > 0
        with ingesting(redis_server, store):
            wait_until(lambda: client.xpending("trader-T-1:stream:data.quotes.X", "test")["pending"] == 0)
            wait_until(lambda: len(store.read(QUOTES)) == 50)


def test_runs_further_on_in_the_system_stream_are_known_before_the_first_fill(
    redis_server: RedisServer, store: Store
) -> None:
    """Streams are read at their own speed: the READY of the fills' run may be thousands of entries away."""
    with redis_server.client() as client:
        publish(client, "events.system.T-1", *(READY | {"state": "RUNNING"} for _ in range(2_500)), READY)
        publish(client, "events.order.S-1", FILL)
        system = client.xrevrange("trader-T-1:stream:events.system.T-1", count=1)
        begun = int(system[0][0].partition(b"-")[0])
        with ingesting(redis_server, store):
            wait_until(lambda: len(store.read(FILLS)) == 1)
    assert store.read(FILLS)["run_id"].tolist() == [ns(begun)]


def test_a_page_that_can_not_be_stored_now_is_stored_later(redis_server: RedisServer, tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'busy.sqlite'}", busy_timeout_s=0.05)
    another = sqlite3.connect(tmp_path / "busy.sqlite", isolation_level=None)
    with redis_server.client() as client, ingesting(redis_server, store) as running:
        another.execute("BEGIN IMMEDIATE")
        publish(client, "data.quotes.X", QUOTE)
        wait_until(lambda: "another process is writing" in running.error)
        another.execute("ROLLBACK")
        wait_until(lambda: len(store.read(QUOTES)) == 1 and not running.error)
    another.close()
    store.close()


@pytest.mark.parametrize("topic", ["events.order.S-1", "events.position.S-1", "events.account.A", "data.bars.X"])
@pytest.mark.parametrize("body", [b"", b"\x80", b"{}", b"[1]", b"\xff" * 2_000, {"type": 3}, {"type": "OrderFilled"}])
def test_no_payload_whatever_ends_the_ingest(store: Store, feed: Feed, topic: str, body: object) -> None:
    feed(said(topic, body), quote(FX, "1", "2"))
    assert len(store.read(QUOTES)) == 1


def failing(messages: object) -> None:
    raise RuntimeError("never")


def test_a_handler_that_fails_is_written_down_and_holds_up_neither_the_store_nor_the_ack(
    redis_server: RedisServer, store: Store
) -> None:
    taken: list[tuple] = []
    with redis_server.client() as client, ingesting(redis_server, store) as running:
        running.router.subscribe("data.quotes.*", failing, "bad")
        running.router.subscribe(
            "*", lambda messages: taken.extend((one.stream, one.entry) for one in messages), "good"
        )
        publish(client, "data.quotes.X", *(QUOTE | {"ts_event": str(number)} for number in range(20)))
        publish(client, "events.order.S-1", FILL)
        wait_until(lambda: len(store.dead_letters()) == 20 and len(store.read(FILLS)) == 1)
        wait_until(lambda: client.xpending("trader-T-1:stream:data.quotes.X", "test")["pending"] == 0)
    assert len(store.read(QUOTES)) == 20
    assert len(taken) == len(set(taken)) == 21
    assert {(one.handler, one.reason, one.attempts) for one in store.dead_letters()} == {
        ("bad", "RuntimeError: never", 3)
    }


def test_a_page_given_twice_fails_into_the_same_letter(store: Store, ingest: Ingest, feed: Feed) -> None:
    ingest.router.subscribe("*", failing, "bad")
    for _ in range(2):
        feed(quote(FX, "1", "2"))
    [kept] = store.dead_letters()
    assert (kept.handler, kept.attempts) == ("bad", 6)


@pytest.mark.parametrize("topic", ["data.quotes.\0", "data.quotes.é\U0001f600", "data.quotes." + "x" * 2_000])
def test_a_strange_topic_is_kept(store: Store, feed: Feed, topic: str) -> None:
    feed(said(topic, b"\xc1"), quote(FX, "1", "2"))
    assert len(store.dead_letters()) == len(store.read(QUOTES)) == 1


def test_a_handler_whose_reason_no_database_can_keep_is_written_down_all_the_same(
    store: Store, ingest: Ingest, feed: Feed
) -> None:
    def strange(messages: object) -> None:
        raise ValueError("\ud800\0" + "x" * 1_000_000)

    ingest.router.subscribe("*", strange, "strange")
    feed(quote(FX, "1", "2"))
    [kept] = store.dead_letters()
    assert kept.reason.startswith("ValueError: \\ud800\\0xxx")
    assert len(kept.reason) < 1_100
    assert ingest.error == ""


def test_how_far_a_page_was_read_is_known_even_when_part_of_it_was_refused(store: Store, feed: Feed) -> None:
    feed(quote(FX, "1", "2", T0), instrument("A.B", price_precision=2**63), quote(FX, "1", "2", T0 + 5))
    assert {entry >> 20 for entry, _ in store.cursors().values()} == {T0, T0 + 5}
    assert len(store.dead_letters()) == 1
