"""A node's cache in Redis, read as it is written: recorded ones, and hand-made ones with every trap."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from decimal import Decimal

import msgspec
import pytest
import redis

from nautilus_data.bus import CacheReader, CacheState
from nautilus_data.bus.payload import to_plain
from nautilus_data.errors import RetryableError
from tests.bus.recordings import FOLDER
from tests.bus.wire import ACCOUNT, FILL, ORDER, TS, pack
from tests.conftest import RedisServer

FX = {"type": "CurrencyPair", "id": "GBP/USD.SIM", "raw_symbol": "GBP/USD", "base_currency": "GBP",
      "quote_currency": "USD", "price_precision": 5, "price_increment": "0.00001", "multiplier": "1",
      "is_inverse": False, "ts_event": "0", "ts_init": "0"}  # fmt: skip
ENCODINGS = ("msgpack", "json")
XRP, GBP = "XRPUSDT-LINEAR.BYBIT-EventProbe-102", "GBP/USD.SIM-EventProbe-100"


def load_recorded(client: redis.Redis, encoding: str, prefix: str = "trader-TRADER-004:") -> None:
    """The cache keys of a real node, written as it wrote them; skips where they are not."""
    path = FOLDER / f"4-live-cache-keys-{encoding}.jsonl.gz"
    if not path.exists():
        pytest.skip("the recorded cache is not here (../shared/data/bus)")
    with gzip.open(path, "rt") as lines:
        for key, kind, value in (json.loads(line).values() for line in lines):
            key = key.replace("trader-TRADER-004:", prefix)
            if kind == "string":
                client.set(key, b64decode(value))
            elif kind == "list":
                client.rpush(key, *map(b64decode, value))
            elif kind == "set":
                client.sadd(key, *map(b64decode, value))
            else:
                client.hset(key, mapping={b64decode(name): b64decode(one) for name, one in value.items()})


def fill(number: int, side: str = "BUY", qty: str = "1000", **fields: object) -> bytes:
    body = {"event_id": f"f-{number}", "client_order_id": f"O-{number}", "trade_id": f"X-{number}",
            "order_side": side, "last_qty": qty, "ts_event": str(TS + number), "ts_init": str(TS + number)}  # fmt: skip
    return pack(FILL | body | fields)


def order(kind: str, number: int, **fields: object) -> bytes:
    body = {"type": kind, "client_order_id": f"O-{number}", "event_id": f"{kind}-{number}"}
    return pack(ORDER | body | fields)


class Written:
    """A cache by hand."""

    def __init__(self, client: redis.Redis, prefix: str = "trader-T-1:") -> None:
        self.client, self.prefix = client, prefix

    def key(self, name: str) -> str:
        return self.prefix + name

    def instrument(self, **fields: object) -> None:
        item = FX | fields
        self.client.set(self.key(f"instruments:{item['id']}"), pack(item))

    def account(self, **fields: object) -> None:
        self.client.rpush(self.key("accounts:SIM-001"), pack(ACCOUNT | fields))

    def order(self, number: int, *events: bytes, index: str = "orders_open") -> None:
        self.client.rpush(self.key(f"orders:O-{number}"), *events)
        self.client.sadd(self.key("index:orders"), f"O-{number}")
        if index:
            self.client.sadd(self.key(f"index:{index}"), f"O-{number}")

    def position(self, *fills: bytes, name: str = "P-1") -> None:
        self.client.rpush(self.key(f"positions:{name}"), *fills)
        self.client.sadd(self.key("index:positions"), name)


@pytest.fixture
def client(redis_server: RedisServer) -> redis.Redis:
    return redis_server.client()


@pytest.fixture
def cache(client: redis.Redis) -> Written:
    written = Written(client)
    written.instrument()
    written.account()
    return written


def read(client: redis.Redis) -> CacheState:
    [state] = CacheReader(client).read()
    return state


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("prefix", ["trader-TRADER-004:", "TRADER-004:"])
def test_a_recorded_cache_is_read_whole(each_redis_server: RedisServer, encoding: str, prefix: str) -> None:
    client = each_redis_server.client()
    load_recorded(client, encoding, prefix)
    state = read(client)
    assert (state.trader_id, state.skipped) == ("TRADER-004", ())
    assert set(state.instruments) == {"BTCUSDT.BINANCE", "GBP/USD.SIM", "XRPUSDT-LINEAR.BYBIT"}
    assert set(state.accounts) == {"BINANCE-001", "BYBIT-001", "SIM-001"}
    assert state.accounts["SIM-001"].balances[0].total == "999927.10"
    assert len(state.open_order_ids) == 2
    assert {events[-1].type for name, events in state.orders.items()} == {"OrderAccepted"}
    assert {name: (len(cycles), cycles[-1].side) for name, cycles in state.positions.items()} == {
        GBP: (2, "FLAT"), XRP: (5, "FLAT"),
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_positions_are_what_the_node_said_of_them_fill_by_fill(client: redis.Redis, encoding: str) -> None:
    """The node's own snapshots, one for each fill, beside what is read while the list grows fill by fill."""
    load_recorded(client, encoding)
    compared = 0
    for name, unit in ((GBP, Decimal("0.01")), (XRP, Decimal("1e-8"))):
        key = f"trader-TRADER-004:positions:{name}"
        fills = client.lrange(key, 0, -1)
        said = [to_plain(one) for one in client.lrange(f"trader-TRADER-004:snapshots:positions:{name}", 0, -1)]
        said = {(int(one["ts_opened"]), int(one["ts_last"]), one["side"], one["quantity"]): one for one in said}
        client.delete(key)
        reader = CacheReader(client)
        for number, one in enumerate(fills, 1):
            client.rpush(key, one)
            [state] = reader.read()
            held = state.positions[name][-1]
            theirs = said[held.ts_opened, held.ts_last, held.side, f"{abs(held.signed_qty):f}"]
            assert held.peak_qty == Decimal(theirs["peak_qty"])
            assert float(held.avg_px_open) == pytest.approx(theirs["avg_px_open"], rel=1e-12)
            assert float(held.avg_px_close or 0) == pytest.approx(theirs["avg_px_close"] or 0, rel=1e-12)
            assert float(held.realized_return) == pytest.approx(theirs["realized_return"], abs=1e-5)
            assert abs(held.realized_pnl - Decimal(theirs["realized_pnl"].split()[0])) <= unit * number
            compared += 1
    assert compared == 68


def test_polluted_position_sets_are_not_read(client: redis.Redis, cache: Written) -> None:
    cache.position(fill(1), fill(2, "SELL"))
    client.sadd(cache.key("index:positions_open"), fill(1), "P-1", "P-9")
    state = read(client)
    assert {name: cycles[-1].side for name, cycles in state.positions.items()} == {"P-1": "FLAT"}


def test_a_netting_list_runs_on_over_cycles(client: redis.Redis, cache: Written) -> None:
    cache.position(fill(1), fill(2, "SELL"), fill(3, "SELL", "500"), fill(4, "BUY", "500"), fill(5))
    cycles = read(client).positions["P-1"]
    assert [(one.side, one.ts_opened - TS) for one in cycles] == [("FLAT", 1), ("FLAT", 3), ("LONG", 5)]


def test_a_list_that_starts_over_is_read_anew(client: redis.Redis, cache: Written) -> None:
    cache.position(fill(1), fill(2, "SELL"))
    reader = CacheReader(client)
    reader.read()
    for fresh in ([fill(3), fill(4)], [fill(5)], [fill(6), fill(7), fill(8), fill(9, "SELL", "500")]):
        client.delete(cache.key("positions:P-1"))
        cache.position(*fresh)
        [state] = reader.read()
        assert len(state.positions["P-1"]) == 1
        assert state.positions["P-1"][-1].signed_qty in (2000, 1000, 2500)
        assert state == read(client)


def test_only_what_grew_is_read_again(client: redis.Redis, cache: Written) -> None:
    cache.position(*(fill(number) for number in range(1, 12_001)))
    reader = CacheReader(client)
    reader.read()
    before = client.info("stats")["total_net_output_bytes"]
    cache.position(fill(20_000))
    [state] = reader.read()
    assert state.positions["P-1"][-1].signed_qty == 12_001_000
    assert client.info("stats")["total_net_output_bytes"] - before < 700_000


def test_the_last_account_state_counts(client: redis.Redis, cache: Written) -> None:
    reader = CacheReader(client)
    reader.read()
    cache.account(event_id="a-2")
    assert reader.read()[0].accounts["SIM-001"].event_id == "a-2"


def test_orders_in_flight_and_emulated_count_as_open(client: redis.Redis, cache: Written) -> None:
    cache.order(1, order("OrderInitialized", 1), index="orders_inflight")
    cache.order(2, order("OrderInitialized", 2), order("OrderEmulated", 2), index="orders_emulated")
    cache.order(3, order("OrderInitialized", 3), index="orders_closed")
    state = read(client)
    assert state.open_order_ids == {"O-1", "O-2"}
    assert {name: len(events) for name, events in state.orders.items()} == {"O-1": 1, "O-2": 2}


def test_an_order_that_closed_is_read_to_its_end_when_asked_for(client: redis.Redis, cache: Written) -> None:
    cache.order(1, order("OrderInitialized", 1))
    reader = CacheReader(client)
    reader.read()
    cache.order(1, order("OrderCanceled", 1), index="orders_closed")
    client.srem(cache.key("index:orders_open"), "O-1")
    [state] = reader.read(lambda trader_id: ["O-1", "O-nowhere"])
    assert [event.type for event in state.orders["O-1"]] == ["OrderInitialized", "OrderCanceled"]
    assert reader.read()[0].orders == {}


def test_orders_that_filled_an_open_position_are_there(client: redis.Redis, cache: Written) -> None:
    cache.order(1, order("OrderInitialized", 1), fill(1), index="orders_closed")
    cache.position(fill(1))
    state = read(client)
    assert (state.open_order_ids, [event.type for event in state.orders["O-1"]]) == (
        frozenset(), ["OrderInitialized", "OrderFilled"],
    )  # fmt: skip


def test_profit_is_known_once_the_instrument_is(client: redis.Redis) -> None:
    cache = Written(client)
    cache.account()
    cache.position(fill(1))
    reader = CacheReader(client)
    assert reader.read()[0].positions["P-1"][-1].realized_pnl is None
    cache.instrument()
    assert reader.read()[0].positions["P-1"][-1].realized_pnl == Decimal("-3.15")


def test_traders_are_told_apart_and_other_keys_left_alone(client: redis.Redis, cache: Written) -> None:
    for prefix in ("T-2:", "trader-T[*]-3:", "trader-T-1x:"):
        Written(client, prefix).account()
    client.xadd("trader-T-4:stream:events.account.SIM-001", {"topic": "x", "payload": "y"})
    client.set("trader-T-5:general:accounts:SIM-001", "mine")
    client.set("787096e4-86c5-4e8b-9f9e-c054089e2197:accounts:SIM-001", "an instance")
    client.set(b"\xff\xfe-1:accounts:SIM-001", "no text")
    client.set("accounts:SIM-001", "nobody's")
    client.hset("some-hash", mapping={"a": 1})
    assert [state.trader_id for state in CacheReader(client).read()] == ["T-2", "T-1", "T-1x", "T[*]-3"]


def test_a_cache_that_was_flushed_is_gone(client: redis.Redis, cache: Written) -> None:
    reader = CacheReader(client)
    assert reader.read()
    client.flushdb()
    assert reader.read() == []


@pytest.mark.parametrize(
    "wrong",
    [b"", b"\xff\xff", b"{", b"{}", b"\xc1", pack({"type": "OrderFilled"}), pack([1, 2]), fill(7, qty="x"),
     fill(7, qty="1e99999999"), msgspec.json.encode({"type": "Nonsense"}), b"\x81" * 10_000],
)  # fmt: skip
def test_wrong_bytes_in_any_key_are_told_and_passed_over(client: redis.Redis, cache: Written, wrong: bytes) -> None:
    client.set(cache.key("instruments:EUR/USD.SIM"), wrong)
    client.rpush(cache.key("accounts:BAD-001"), wrong)
    cache.order(1, order("OrderInitialized", 1), wrong, order("OrderSubmitted", 1))
    cache.position(fill(1), wrong, fill(2), name="P-bad")
    cache.position(fill(3), name="P-good")
    client.sadd(cache.key("index:orders_open"), wrong)
    client.sadd(cache.key("index:positions"), wrong)
    reader = CacheReader(client)
    for state in (*reader.read(), *reader.read()):
        assert (set(state.instruments), set(state.accounts)) == ({"GBP/USD.SIM"}, {"SIM-001"})
        assert [event.type for event in state.orders["O-1"]] == ["OrderInitialized", "OrderSubmitted"]
        assert set(state.positions) == {"P-good"}
        told = dict(state.skipped)
        assert {"accounts:BAD-001", "instruments:EUR/USD.SIM", "trader-T-1:orders:O-1[1]"} <= set(told)
        assert told["trader-T-1:positions:P-bad[1]"].startswith("the position is not known")


def test_keys_of_another_type_are_told_and_passed_over(client: redis.Redis, cache: Written) -> None:
    client.set(cache.key("accounts:BAD-001"), "x")
    client.rpush(cache.key("instruments:EUR/USD.SIM"), "x")
    client.set(cache.key("index:positions"), "x")
    client.set(cache.key("orders:O-1"), "x")
    client.sadd(cache.key("index:orders_open"), "O-1")
    state = read(client)
    assert len(state.skipped) == 4
    assert all(reason.startswith("WRONGTYPE") for _, reason in state.skipped)


def test_what_tells_of_another_is_passed_over(client: redis.Redis, cache: Written) -> None:
    client.rpush(cache.key("accounts:OTHER-001"), pack(ACCOUNT))
    cache.order(1, order("OrderInitialized", 2))
    state = read(client)
    assert (set(state.accounts), state.orders) == ({"SIM-001"}, {})
    assert len(state.skipped) == 2


def test_without_any_cache_a_read_is_two_commands(client: redis.Redis) -> None:
    reader = CacheReader(client)
    reader.read()
    before = client.info("stats")["total_commands_processed"]
    assert reader.read() == []
    assert client.info("stats")["total_commands_processed"] - before == 3


def test_a_read_walks_only_a_part_of_a_huge_key_space(client: redis.Redis, cache: Written) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for number in range(100_000):
            pipeline.set(f"other:{number}", 1)
        pipeline.execute()
    reader = CacheReader(client)
    assert len(reader.read()) == 1
    before = client.info("stats")["total_commands_processed"]
    reader.read()
    assert client.info("stats")["total_commands_processed"] - before < 50
    Written(client, "trader-T-9:").account()
    assert any(len(reader.read()) == 2 for _ in range(40))


def test_thousands_of_ended_positions_are_looked_at_in_turns(client: redis.Redis, cache: Written) -> None:
    for number in range(2_500):
        cache.position(fill(number), fill(number + 1, "SELL"), name=f"P-{number}")
    cache.position(fill(9_000), name="P-open")
    reader = CacheReader(client)
    assert len(reader.read()[0].positions) == 2_501
    before = client.info("stats")["total_commands_processed"]
    reader.read()
    assert client.info("stats")["total_commands_processed"] - before < 1_100
    for number in (0, 1_200, 2_499):
        cache.position(fill(9_001), name=f"P-{number}")
    seen = [reader.read()[0].positions for _ in range(3)][-1]
    assert {name for name, cycles in seen.items() if cycles[-1].is_open} == {"P-open", "P-0", "P-1200", "P-2499"}


def test_a_redis_that_does_not_answer_is_told_in_our_words(redis_server: RedisServer) -> None:
    reader = CacheReader(redis_server.client())
    redis_server.kill()
    with pytest.raises(RetryableError, match="cache keys in Redis can't be read"):
        reader.read()
