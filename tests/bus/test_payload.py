"""Every payload a node is known to write, and what no node should."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.bus.payload import decode
from nautilus_data.bus.records import (
    AccountState,
    Bar,
    ComponentStateChanged,
    Garbage,
    Heartbeat,
    InstrumentClose,
    InstrumentDefinition,
    InstrumentStatus,
    OrderBookDeltas,
    OrderEvent,
    PositionEvent,
    QuoteTick,
    Raw,
    ShutdownSystem,
    TradeTick,
    TradingStateChanged,
)
from tests.bus import recordings
from tests.bus.wire import ACCOUNT, BAR, FILL, ORDER, POSITION, QUOTE, READY, TS, pack

ENCODERS = pytest.mark.parametrize("encode", [msgspec.msgpack.encode, msgspec.json.encode], ids=["msgpack", "json"])
TRADE = {
    "type": "TradeTick", "instrument_id": "BTCUSDT.BINANCE", "price": "39432.48", "size": "0.000263",
    "aggressor_side": "SELLER", "trade_id": "553287559", "ts_event": str(TS), "ts_init": str(TS),
}  # fmt: skip
DELTAS = {
    "type": "OrderBookDeltas", "instrument_id": "XRP.BYBIT",
    "deltas": [
        {"type": "OrderBookDelta", "instrument_id": "XRP.BYBIT", "action": "ADD", "flags": 128, "sequence": 1,
         "order": {"side": "BUY", "price": "1.9531", "size": "6203.0", "order_id": 0}, "ts_event": TS, "ts_init": TS},
    ],
}  # fmt: skip
INSTRUMENT = {
    "type": "CryptoPerpetual", "id": "XRP.BYBIT", "raw_symbol": "XRP", "quote_currency": "USDT", "is_inverse": False,
    "price_precision": 4, "price_increment": "0.0001", "size_precision": 1, "multiplier": "1", "lot_size": "None",
    "settlement_currency": "USDT", "base_currency": "XRP", "ts_event": "0", "ts_init": "0", "info": None,
}  # fmt: skip
STATUS = {
    "type": "InstrumentStatus", "instrument_id": "GBP/USD.SIM", "action": "TRADING", "reason": "Session open",
    "trading_event": None, "is_trading": True, "is_quoting": True, "ts_event": str(TS), "ts_init": str(TS),
}  # fmt: skip
CLOSE = {"type": "InstrumentClose", "instrument_id": "B.X", "close_price": "1", "close_type": "END_OF_SESSION"}
RISK = {"type": "TradingStateChanged", "trader_id": "T-1", "state": "REDUCING", "config": {"bypass": False}}
SHUTDOWN = {"type": "ShutdownSystem", "component_id": "RiskEngine", "reason": "x", "command_id": "c", "ts_init": "5"}
CASES = [
    ("data.quotes.SIM.GBP/USD", QUOTE, QuoteTick),
    ("data.trades.BINANCE.BTCUSDT", TRADE, TradeTick),
    ("data.bars.BTC-PERP.SIMX-1-MINUTE-LAST-EXTERNAL", BAR, Bar),
    ("data.book.deltas.BYBIT.XRP", DELTAS, OrderBookDeltas),
    ("data.instrument.BYBIT.XRP", INSTRUMENT, InstrumentDefinition),
    ("data.status.SIM.GBP/USD", STATUS, InstrumentStatus),
    ("data.venue.close_price.B.X", CLOSE, InstrumentClose),
    ("events.fills.GBP/USD.SIM", FILL, OrderEvent),
    ("events.position.S-1", POSITION, PositionEvent),
    ("events.account.SIM-001", ACCOUNT, AccountState),
    ("events.risk", RISK, TradingStateChanged),
    ("events.system.T-1", READY, ComponentStateChanged),
    ("commands.system.shutdown", SHUTDOWN, ShutdownSystem),
]
ORDER_TYPES = [
    "OrderInitialized", "OrderDenied", "OrderEmulated", "OrderReleased", "OrderSubmitted", "OrderAccepted",
    "OrderRejected", "OrderTriggered", "OrderPendingUpdate", "OrderPendingCancel", "OrderCanceled", "OrderExpired",
    "OrderUpdated", "OrderModifyRejected", "OrderCancelRejected", "OrderFilled",
]  # fmt: skip


@ENCODERS
@pytest.mark.parametrize(("topic", "data", "record"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_type_becomes_its_record(encode, topic, data, record) -> None:
    body = decode(topic, encode(data))
    assert type(body) is record
    for key, value in data.items():
        if isinstance(value, str) and hasattr(body, key) and not key.startswith("ts_"):
            assert getattr(body, key) == value


@pytest.mark.parametrize("name", ORDER_TYPES)
def test_every_order_event_keeps_its_type_and_payload(name) -> None:
    payload = pack(ORDER | {"type": name, "reason": "because", "venue_order_id": None})
    body = decode("events.order.S-1", payload)
    assert type(body) is OrderEvent
    assert (body.type, body.client_order_id, body.reason, body.payload) == (name, "O-1", "because", payload)


@ENCODERS
@pytest.mark.parametrize(
    "stamp",
    [TS, str(TS), "2012-01-31T23:59:59.700000Z", "2012-01-31T23:59:59.700000000+00:00"],
    ids=["int", "digits", "iso6", "iso9"],
)
def test_a_timestamp_is_nanoseconds_however_it_came(encode, stamp) -> None:
    body = decode("data.quotes.SIM.GBP/USD", encode(QUOTE | {"ts_event": stamp, "ts_init": "1970-01-01T00:00:00Z"}))
    assert (body.ts_event, body.ts_init) == (TS, 0)


def test_nanoseconds_of_an_iso_timestamp_are_exact() -> None:
    body = decode("data.quotes.X.Y", pack(QUOTE | {"ts_event": "2026-01-05T00:00:00.942299979Z"}))
    assert body.ts_event == 1_767_571_200_942_299_979


def test_a_missing_or_null_timestamp_is_not_known() -> None:
    body = decode("events.position.S", pack({**POSITION, "ts_opened": None}))
    assert body.ts_opened == 0
    assert decode("events.position.S", pack({k: v for k, v in POSITION.items() if k != "ts_event"})).ts_event == 0


def test_book_deltas_take_the_time_of_their_last() -> None:
    assert decode("data.book.deltas.BYBIT.XRP", pack(DELTAS)).ts_event == TS


def test_the_heartbeat_is_a_time() -> None:
    assert decode("health:heartbeat", b"2026-11-20T20:51:11.912262918+00:00") == Heartbeat(1_795_207_871_912_262_918)
    assert type(decode("health:heartbeat", b"\xff\x00")) is Garbage


@pytest.mark.parametrize(
    ("payload", "value"),
    [(pack("hello"), "hello"), (b'"hello"', "hello"), (b"\x07", 7), (b"1.5", 1.5), (b"true", True),
     (b"\xff\xfe bytes", b"\xff\xfe bytes"), (b"", b"")],
)  # fmt: skip
def test_a_bare_value_is_raw(payload, value) -> None:
    assert decode("probe.text", payload) == Raw("", value)


def test_snapshots_are_known_by_their_topic_not_their_type() -> None:
    assert decode("snapshots:orders:O-1", pack({"type": "MARKET", "side": "BUY"})).type == "OrderSnapshot"
    assert decode("snapshots:positions:P-1", pack({"position_id": "P-1"})).type == "PositionSnapshot"


def test_unknown_types_stay_raw_on_any_topic() -> None:
    assert decode("data.ProbeData", pack({"type": "ProbeData", "x": 1})) == Raw(
        "ProbeData", {"type": "ProbeData", "x": 1}
    )
    assert decode("data.quotes.A.B", pack({"type": "Novelty", "x": 1})).type == "Novelty"


def test_an_event_wrapped_by_its_variant_is_unwrapped() -> None:
    body = decode("events.order.S-1", msgspec.json.encode({"Filled": FILL | {"ts_event": TS}}))
    assert type(body) is OrderEvent
    assert (body.is_fill, body.ts_event) == (True, TS)


def test_a_known_type_on_a_topic_of_a_newer_version_is_typed() -> None:
    assert type(decode("events.order_filled.GBP/USD.SIM", pack(FILL))) is OrderEvent
    assert type(decode("data.pipeline.quotes.SIM.GBP/USD", pack(QUOTE))) is QuoteTick


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"{}", b"\x80", b"\x81\xa4type", b"\xde\xff\xff", b"{\"type\":\"QuoteTick\"}", b"plain", b"\xc1",
     pack(QUOTE | {"bid_price": 1.5}), pack(QUOTE | {"ts_event": "soon"}), pack(QUOTE | {"ts_event": str(2**70)}),
     pack(QUOTE | {"ts_event": -5}), pack(QUOTE)[:-3], b'{"a":' * 5000],
)  # fmt: skip
def test_what_is_no_quote_is_garbage_with_a_reason(payload) -> None:
    body = decode("data.quotes.SIM.GBP/USD", payload)
    assert type(body) is Garbage
    assert body.reason
    assert body.payload == payload


@settings(deadline=None)
@given(
    topic=st.sampled_from([case[0] for case in CASES] + ["health:heartbeat", "snapshots:orders:O-1", "x", ""]),
    payload=st.binary(max_size=60),
)
def test_no_bytes_make_it_raise(topic, payload) -> None:
    decode(topic, payload)


@settings(deadline=None)
@given(
    case=st.sampled_from(CASES),
    key=st.integers(0, 40),
    value=st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.booleans()),
)
def test_no_value_in_any_field_makes_it_raise(case, key, value) -> None:
    topic, data, _ = case
    name = list(data)[key % len(data)]
    try:
        payload = pack(data | {name: value})
    except (OverflowError, ValueError):
        return
    decode(topic, payload)


@pytest.mark.parametrize("name", recordings.STREAMS)
def test_nothing_a_real_node_wrote_is_garbage(name) -> None:
    kinds = Counter(
        type(decode(fields["topic"].decode(), fields["payload"])) for _, _, fields in recordings.entries(name)
    )
    assert kinds[Garbage] == 0
    assert kinds[ComponentStateChanged] > 10
