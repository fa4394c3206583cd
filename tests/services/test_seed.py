"""The store against the caches of nodes: seeded when late, put right when the bus lost something, else left alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from nautilus_data.bus import CacheReader
from nautilus_data.core.dataset import (
    ACCOUNTS,
    BALANCES,
    FILLS,
    INSTRUMENTS,
    ORDER_EVENTS,
    ORDERS,
    POSITIONS,
    RUNS,
    Dataset,
)
from nautilus_data.core.difference import Difference
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.seed import Seed
from nautilus_data.store import Store
from tests.bus.test_cache import ENCODINGS, Written, fill, load_recorded
from tests.bus.test_cache import order as cached_order
from tests.bus.wire import TS, pack
from tests.conftest import RedisServer
from tests.services.said import account, ns, order, position, ready
from tests.services.said import fill as said_fill

Feed = Callable[..., None]
BOOKED = (INSTRUMENTS, ORDER_EVENTS, ORDERS, FILLS, POSITIONS, BALANCES, ACCOUNTS, RUNS)
# What the hand-made cache tells happened a second after the run began.
RUN = (TS - 1_000_000_000) // 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = TS + 60_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(redis_server: RedisServer) -> redis.Redis:
    return redis_server.client()


@pytest.fixture
def cache(client: redis.Redis) -> Written:
    written = Written(client)
    written.instrument()
    written.account(event_id="a-1")
    return written


@pytest.fixture
def seed(store: Store, client: redis.Redis, ingest: Ingest, clock: Clock) -> Seed:
    return Seed(store, CacheReader(client).read, ingest.run_of, clock)


@pytest.fixture
def twice(seed: Seed, clock: Clock) -> Callable[[], list[Difference]]:
    """Two comparisons two seconds apart; what the second one says."""

    def compare() -> list[Difference]:
        assert not [one for one in seed.reconcile() if not one.is_seed]
        clock.now += 2_000_000_000
        return seed.reconcile()

    return compare


def everything(store: Store) -> dict[str, str]:
    """As text: NaN is no other NaN's equal."""
    return {dataset.name: repr(store.read(dataset).values.tolist()) for dataset in BOOKED}


def last(store: Store, dataset: Dataset) -> dict:
    return store.read(dataset).iloc[-1].to_dict()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_late_reader_knows_what_was_before_it(
    each_redis_server: RedisServer, store: Store, ingest: Ingest, encoding: str
) -> None:
    client = each_redis_server.client()
    load_recorded(client, encoding)
    name = "XRPUSDT-LINEAR.BYBIT-EventProbe-102"
    # Until a while before its end the position was open.
    client.ltrim(f"trader-TRADER-004:positions:{name}", 0, 50)
    seed = Seed(store, CacheReader(client).read, ingest.run_of)
    found = seed.reconcile()
    assert all(one.is_seed and not one.was for one in found)
    assert {one.kind for one in found} == {"instrument", "order", "fill", "position", "account"}
    assert sorted(store.read(INSTRUMENTS)["instrument_id"]) == [
        "BTCUSDT.BINANCE", "GBP/USD.SIM", "XRPUSDT-LINEAR.BYBIT",
    ]  # fmt: skip
    assert store.read(ORDERS)[["status", "filled_qty"]].values.tolist() == [["ACCEPTED", "0"]] * 2
    [held] = store.read(POSITIONS).to_dict("records")
    assert (held["side"], held["signed_qty"], held["peak_qty"], held["ts_closed"]) == ("LONG", "33802.0", "40000.0", 0)
    assert set(store.read(ACCOUNTS)["account_id"]) == {"BINANCE-001", "BYBIT-001", "SIM-001"}
    assert store.read(RUNS)[["trader_id", "run_id"]].values.tolist() == [["TRADER-004", 0]]
    assert seed.seen_at["TRADER-004"] > 0


def test_doing_it_again_writes_nothing(store: Store, cache: Written, seed: Seed, clock: Clock) -> None:
    cache.order(1, cached_order("OrderInitialized", 1), cached_order("OrderAccepted", 1))
    cache.order(2, cached_order("OrderInitialized", 2), fill(2), index="orders_closed")
    cache.position(fill(2))
    assert len(seed.reconcile()) == 5
    before = everything(store)
    for _ in range(3):
        clock.now += 2_000_000_000
        assert seed.reconcile() == []
    assert everything(store) == before
    assert seed.seen_at["T-1"] == clock.now
    fresh = Seed(store, seed._read_cache, seed._run_of, clock)
    assert fresh.reconcile() == []
    assert everything(store) == before


def test_without_a_cache_nothing_happens(store: Store, seed: Seed) -> None:
    assert seed.reconcile() == []
    assert seed.seen_at == {}


def test_a_lost_position_closed_is_put_right_by_the_second_comparison(
    store: Store, feed: Feed, cache: Written, seed: Seed, clock: Clock
) -> None:
    opened = position(RUN + 1_000, side="LONG", quantity="1000", ts_opened=str(TS + 1), ts_event=str(TS + 1))
    feed(ready(RUN), opened)
    cache.position(fill(1), fill(2, "SELL", ts_event=str(TS + 5_000_000)))
    assert [one.kind for one in seed.reconcile()] == ["instrument", "account"]
    assert "T-1" not in seed.seen_at
    clock.now += 500_000_000
    assert seed.reconcile() == []
    assert last(store, POSITIONS)["side"] == "LONG"
    clock.now += 600_000_000
    assert seed.reconcile() == [Difference("T-1", "position", "P-1", "LONG 1000", "FLAT 0")]
    closed = last(store, POSITIONS)
    assert (closed["side"], closed["ts_closed"], closed["realized_pnl"]) == ("FLAT", TS + 5_000_000, "-6.30")
    assert len(store.read(POSITIONS)) == 1
    assert seed.seen_at["T-1"] == clock.now
    feed(opened)
    assert last(store, POSITIONS)["side"] == "FLAT"


def test_what_the_bus_tells_meanwhile_is_no_difference(
    store: Store, feed: Feed, cache: Written, seed: Seed, clock: Clock
) -> None:
    feed(ready(RUN), position(RUN + 1_000, side="LONG", quantity="1000", ts_opened=str(TS + 1), ts_event=str(TS + 1)))
    cache.position(fill(1), fill(2))
    seed.reconcile()
    clock.now += 2_000_000_000
    feed(position(RUN + 1_001, side="LONG", quantity="2000", ts_opened=str(TS + 1), ts_event=str(TS + 2)))
    assert seed.reconcile() == []
    assert seed.seen_at["T-1"] == clock.now


def test_a_cache_older_than_the_bus_changes_nothing(
    store: Store, feed: Feed, cache: Written, twice: Callable[[], list[Difference]]
) -> None:
    cache.order(1, cached_order("OrderInitialized", 1))
    cache.position(fill(3))
    feed(
        ready(RUN),
        order("OrderInitialized", RUN + 1, client_order_id="O-1", event_id="OrderInitialized-1"),
        order("OrderAccepted", RUN + 2, client_order_id="O-1"),
        said_fill(RUN + 2, client_order_id="O-3", event_id="f-3"),
        position(RUN + 1_010, side="LONG", quantity="5", ts_opened=str(TS + 3), ts_event=str(TS + 9)),
        account(RUN + 1_011, {"USD": "7.00"}, ts_init=str(TS + 9)),
    )
    before = everything(store)
    assert [one.kind for one in twice()] == []
    assert everything(store) == before | {"instruments": everything(store)["instruments"]}


def test_fills_of_one_moment_that_the_cache_lacks_make_it_the_older_one(
    store: Store, feed: Feed, cache: Written, twice: Callable[[], list[Difference]]
) -> None:
    cache.position(fill(1))
    fields = {"ts_event": str(TS + 1), "position_id": "P-1", "client_order_id": "O-1"}
    feed(
        ready(RUN),
        said_fill(RUN + 1, event_id="f-1", **fields),
        said_fill(RUN + 1, event_id="f-other", **fields),
        position(RUN + 2, side="LONG", quantity="2000", ts_opened=str(TS + 1), ts_event=str(TS + 1)),
    )
    assert twice() == []
    assert last(store, POSITIONS)["signed_qty"] == "2000"


def test_an_order_that_ended_unheard_ends(
    store: Store, feed: Feed, cache: Written, twice: Callable[[], list[Difference]]
) -> None:
    events = (cached_order("OrderInitialized", 1, quantity="5"), cached_order("OrderAccepted", 1))
    cache.order(1, *events, cached_order("OrderCanceled", 1), index="orders_closed")
    feed(
        ready(RUN),
        order("OrderInitialized", RUN + 1, client_order_id="O-1", event_id="OrderInitialized-1", quantity="5"),
        order("OrderAccepted", RUN + 2, client_order_id="O-1", event_id="OrderAccepted-1"),
    )
    assert twice() == [Difference("T-1", "order", "O-1", "ACCEPTED 0/5", "CANCELED 0/5")]
    assert last(store, ORDERS)["status"] == "CANCELED"
    assert len(store.read(ORDER_EVENTS)) == 3


def test_an_order_taken_over_from_the_run_before_is_shown_in_this_one(
    store: Store, feed: Feed, cache: Written, seed: Seed
) -> None:
    at = {"ts_event": str(TS - 2_000_000_000), "ts_init": str(TS - 2_000_000_000)}
    events = [cached_order("OrderInitialized", 1, quantity="9", **at), fill(1, **at)]
    cache.order(1, *events)
    cache.position(fill(1, **at))
    said = order("OrderInitialized", RUN - 900, client_order_id="O-1", event_id="OrderInitialized-1", quantity="9")
    feed(ready(RUN - 1_000), said, said_fill(RUN - 900, client_order_id="O-1", event_id="f-1"), ready(RUN))
    found = seed.reconcile()
    assert {one.kind for one in found} == {"instrument", "order", "position", "account"}
    assert store.read(FILLS)["run_id"].tolist() == [ns(RUN - 1_000)]
    assert sorted(store.read(ORDERS)["run_id"]) == [ns(RUN - 1_000), ns(RUN)]


def test_a_fill_of_the_run_before_goes_where_the_bus_would_have_put_it(
    store: Store, feed: Feed, cache: Written, seed: Seed
) -> None:
    at = {"ts_event": str(TS - 2_000_000_000), "ts_init": str(TS - 2_000_000_000)}
    cache.order(1, cached_order("OrderInitialized", 1, **at), fill(1, **at), index="orders_closed")
    cache.position(fill(1, **at))
    feed(ready(RUN - 1_500), ready(RUN))
    assert "fill" in {one.kind for one in seed.reconcile()}
    feed(said_fill(RUN - 900, client_order_id="O-1", event_id="f-1"))
    assert store.read(FILLS)["run_id"].tolist() == [ns(RUN - 1_500)]


def test_the_halves_of_a_flip_are_one_fill(store: Store, cache: Written, seed: Seed) -> None:
    cache.order(1, fill(1), index="orders_closed")
    cache.order(2, fill(2, "SELL", "3000"), index="orders_closed")
    halves = fill(2, "SELL", "1000"), fill(2, "SELL", "2000", event_id="new")
    cache.position(fill(1), *halves)
    seed.reconcile()
    assert store.read(FILLS)[["event_id", "last_qty"]].values.tolist() == [["f-2", "3000"]]
    assert store.read(POSITIONS)["signed_qty"].tolist() == ["-2000"]


def test_a_cycle_whose_fills_are_gone_is_closed_at_what_is_not_known(
    store: Store, feed: Feed, cache: Written, twice: Callable[[], list[Difference]]
) -> None:
    feed(ready(RUN), position(RUN + 1, side="LONG", quantity="10", ts_opened=str(TS + 1), ts_event=str(TS + 1)))
    cache.position(fill(5))
    assert [(one.was, one.now) for one in twice()] == [("LONG 10", "FLAT 0")]
    rows = store.read(POSITIONS).sort_values("ts_opened")
    assert rows[["side", "ts_closed", "realized_pnl"]].values.tolist() == [["FLAT", TS + 5, ""], ["LONG", 0, "-3.15"]]


def test_a_lost_account_state_is_put_right(
    store: Store, feed: Feed, cache: Written, twice: Callable[[], list[Difference]]
) -> None:
    feed(ready(RUN), account(RUN + 1, {"USD": "7.00"}, ts_init=str(TS - 5)))
    assert twice() == [Difference("T-1", "account", "SIM-001", "7.00 USD", "100.5 USD, 3.00000000 BTC")]
    assert sorted(store.read(ACCOUNTS)["total"]) == ["100.5", "3.00000000"]
    assert len(store.read(BALANCES)) == 3


def test_a_cache_left_by_an_earlier_run_is_not_taken_for_this_ones(
    store: Store, feed: Feed, cache: Written, twice: Callable[[], list[Difference]], seed: Seed
) -> None:
    cache.order(1, cached_order("OrderInitialized", 1))
    feed(ready(RUN + 5_000), account(RUN + 5_001, ts_init=str(TS + 9_000_000_000)))
    assert twice() == []
    assert store.read(ORDERS).empty
    assert (seed.seen_at, len(store.read(INSTRUMENTS))) == ({}, 1)
    cache.account(event_id="a-9", ts_init=str(TS + 10_000_000_000))
    assert [one.kind for one in seed.reconcile()] == ["order"]


def test_two_traders_are_kept_apart(store: Store, client: redis.Redis, cache: Written, seed: Seed) -> None:
    other = Written(client, "T-2:")
    other.account(event_id="a-2")
    other.order(1, cached_order("OrderInitialized", 1, trader_id="T-2"))
    seed.reconcile()
    assert store.read(ORDERS)["trader_id"].tolist() == ["T-2"]
    assert sorted(set(store.read(ACCOUNTS)["trader_id"])) == ["T-1", "T-2"]


def test_what_can_not_be_stored_costs_nothing_else(store: Store, cache: Written, seed: Seed, clock: Clock) -> None:
    cache.order(1, cached_order("OrderInitialized", 1, quantity="many"), fill(1), index="orders_open")
    cache.order(2, cached_order("OrderInitialized", 2), fill(2, qty="x"))
    cache.order(3, cached_order("OrderInitialized", 3), index="orders_open")
    cache.account(event_id="a-2", balances=[{"total": "x", "locked": "0", "free": "0", "currency": "USD"}])
    for _ in range(3):
        seed.reconcile()
        clock.now += 2_000_000_000
    assert set(store.read(ORDERS)["client_order_id"]) >= {"O-3"}
    assert store.read(FILLS)["event_id"].tolist() == ["f-1"]


def test_times_far_ahead_do_not_lock_the_bus_out(store: Store, feed: Feed, cache: Written, seed: Seed) -> None:
    cache.account(event_id="a-2", ts_init=str(2**63 - 1))
    seed.reconcile()
    cache.client.rpush(cache.key("accounts:SIM-001"), pack({"type": "AccountState"}))
    feed(account((TS + 61_000_000_000) // 1_000_000, {"USD": "5.00"}))
    assert "5.00" in set(store.read(ACCOUNTS)["total"])
