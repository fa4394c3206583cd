"""Every payload a node is known to write, and what no node should."""

from __future__ import annotations

import time
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.bus.documents import Command, Report, Snapshot
from nautilus_data.bus.newer import (
    FundingRateUpdate,
    IndexPriceUpdate,
    MarkPriceUpdate,
    OptionGreeks,
    OrderBookDepth,
)
from nautilus_data.bus.payload import decode, decoder_of, is_requested, to_event, to_plain
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
    PositionAdjusted,
    PositionEvent,
    QuoteTick,
    Raw,
    ShutdownSystem,
    TradeTick,
    TradingStateChanged,
)
from tests.bus import recordings
from tests.bus.wire import (
    ACCOUNT,
    ADJUSTED,
    BAR,
    DEPTH,
    FILL,
    FUNDING,
    GREEKS,
    INDEX,
    MARK,
    MASS_STATUS,
    ORDER,
    PORTFOLIO,
    POSITION,
    QUOTE,
    READY,
    TS,
    pack,
)

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
    ("data.mark_prices.SIM.GBP/USD", MARK, MarkPriceUpdate),
    ("data.index_prices.SIM.GBP/USD", INDEX, IndexPriceUpdate),
    ("data.funding_rates.SIM.GBP/USD", FUNDING, FundingRateUpdate),
    ("data.option_greeks.SIM.GBP/USD", GREEKS, OptionGreeks),
    ("data.book.depth.SIM.GBP/USD", DEPTH, OrderBookDepth),
    ("data.book.depth10.SIM.GBP/USD", {"type": "OrderBookDepth10"} | DEPTH, OrderBookDepth),
    ("data.close.SIM.GBP/USD", CLOSE, InstrumentClose),
    ("historical.data.quotes.SIM.GBP/USD", QUOTE, QuoteTick),
    ("data.pipeline.bars.x", BAR, Bar),
    ("x", {"type": "OrderBookDepth"} | DEPTH, OrderBookDepth),
    ("x", {"type": "PositionAdjusted"} | ADJUSTED, PositionAdjusted),
    ("reports.execution.SIM", MASS_STATUS, Report),
    ("reports.execution.SIM.GBP/USD", MASS_STATUS["order_reports"]["V-1"], Report),
    ("commands.trading.EXT", {"type": "SubmitOrder", "trader_id": "T-1", "command_id": "c-1"}, Command),
    ("events.portfolio.SIM-001", PORTFOLIO, Snapshot),
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
    order = decode("snapshots:orders:O-1", pack({"type": "MARKET", "client_order_id": "O-1", "trader_id": "T-1"}))
    assert (order.type, order.kind, order.subject_id, order.trader_id) == ("OrderSnapshot", "order", "O-1", "T-1")
    position = decode("snapshots.position.P-1", pack({"position_id": "P-1"}))
    assert (position.kind, position.subject_id) == ("position", "P-1")


def test_unknown_types_stay_raw_on_any_topic() -> None:
    assert decode("data.ProbeData", pack({"type": "ProbeData", "x": 1})) == Raw(
        "ProbeData", {"type": "ProbeData", "x": 1}
    )
    assert decode("data.quotes.A.B", pack({"type": "Novelty", "x": 1})).type == "Novelty"


BARE_POSITION = {key: value for key, value in POSITION.items() if key not in ("type", "peak_qty")}
WRAPPED = [
    ("events.order.S-1", {"Filled": FILL | {"ts_event": TS}}, "OrderFilled"),
    ("events.order_filled.GBP/USD.SIM", {"Filled": FILL | {"ts_event": TS}}, "OrderFilled"),
    ("events.order.S-1", {"PendingCancel": ORDER | {"ts_event": TS}}, "OrderPendingCancel"),
    ("events.position.S-1", {"PositionClosed": BARE_POSITION | {"ts_event": TS}}, "PositionClosed"),
    ("data.instrument.BYBIT.XRP", {"CryptoPerpetual": {key: INSTRUMENT[key] for key in INSTRUMENT if key != "type"}},
     "CryptoPerpetual"),
    ("data.instrument.BYBIT.XRP", {"Novelty": INSTRUMENT | {"type": "Novelty"}}, "Novelty"),
]  # fmt: skip


@ENCODERS
@pytest.mark.parametrize(("topic", "data", "name"), WRAPPED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_wrapped_by_its_variant_is_unwrapped(encode, topic, data, name) -> None:
    body = decode(topic, encode(data))
    assert type(body) in (OrderEvent, PositionEvent, InstrumentDefinition)
    assert body.type == name


def test_an_adjusted_position_wrapped_by_its_variant_is_one() -> None:
    body = decode("events.position.S-1", pack({"PositionAdjusted": ADJUSTED}))
    assert type(body) is PositionAdjusted
    assert body.pnl_change == "-1.50 USD"


def test_a_position_of_2_x_has_its_peak_and_duration() -> None:
    told = BARE_POSITION | {"peak_quantity": "110035.0", "duration": 7}
    body = decode("events.position.S-1", pack({"PositionChanged": told}))
    assert (body.peak_qty, body.duration_ns) == ("110035.0", 7)
    opened = decode("events.position.S-1", pack({"PositionOpened": BARE_POSITION}))
    assert opened.peak_qty == opened.quantity


@ENCODERS
def test_an_account_of_2_x_has_amounts_without_their_currency(encode) -> None:
    money = {"currency": "USD", "total": "999.68 USD", "locked": "472.82 USD", "free": "526.86 USD"}
    margin = {"initial": "0.00 USD", "maintenance": "472.82 USD", "currency": "USD", "instrument_id": "GBP/USD.SIM"}
    told = {"account_id": "SIM-001", "account_type": "MARGIN", "balances": [money], "margins": [margin]}
    body = decode("events.account.SIM-001", encode(told | {"is_reported": True, "event_id": "a-2", "ts_event": TS}))
    assert (body.balances[0].total, body.balances[0].free) == ("999.68", "526.86")
    assert (body.margins[0].maintenance, body.reported, body.ts_event) == ("472.82", True, TS)


def test_the_type_an_entry_names_helps_where_topic_and_payload_do_not() -> None:
    payload = pack({key: value for key, value in QUOTE.items() if key != "type"})
    assert type(decoder_of("mine", "QuoteTick")(payload)) is QuoteTick
    assert decoder_of("mine", "Novelty")(payload).type == "Novelty"
    assert decoder_of("mine", "Novelty")(b"\x07") == Raw("Novelty", 7)


def test_an_event_reads_alike_however_it_was_written() -> None:
    forms = [
        pack(FILL),
        msgspec.json.encode(FILL | {"ts_event": TS, "ts_init": TS}),
        pack({"Filled": FILL | {"ts_event": "2012-01-31T23:59:59.700000Z"}}),
    ]
    assert [to_event(payload) for payload in forms] == [FILL] * 3


def test_topics_of_requested_data_say_so() -> None:
    topics = ("historical.data.bars.x", "data.pipeline.bars.x", "data.bars.x", "data.historical")
    assert [is_requested(topic) for topic in topics] == [True, True, False, False]


def test_a_known_type_on_a_topic_of_a_newer_version_is_typed() -> None:
    assert type(decode("events.order_filled.GBP/USD.SIM", pack(FILL))) is OrderEvent
    assert type(decode("data.pipeline.quotes.SIM.GBP/USD", pack(QUOTE))) is QuoteTick


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"{}", b"\x80", b"\x81\xa4type", b"\xde\xff\xff", b"{\"type\":\"QuoteTick\"}", b"plain", b"\xc1",
     pack(QUOTE | {"bid_price": 1.5}), pack(QUOTE | {"ts_event": "soon"}), pack(QUOTE | {"ts_event": str(2**70)}),
     pack(QUOTE | {"ts_event": -5}), pack(QUOTE)[:-3], b'{"a":' * 5000, pack({1: 2}), pack({1: {"type": "x"}}),
     b'{"type":"QuoteTick","bid_price":NaN}', b"\x81\xa4type\xc7\x01\x05x", b'{"type":"QuoteTick","ts_event":1e400}'],
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


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    twice = msgspec.json.encode(QUOTE)[:-1] + b',"bid_price":"9.5"}'
    assert decode("data.quotes.SIM.GBP/USD", twice).bid_price == "9.5"


def test_maps_with_keys_that_are_no_text_are_raw() -> None:
    assert decode("x", pack({1: 2})) == Raw("", {1: 2})


LONG_FLOATS = b'{"a":[' + b",".join([b"1.1234567890123456789e-300"] * 17_000) + b"]}"
LISTS = b'{"a":[' + b"[]," * 14_900 + b'1],"b":"' + b"x" * 400_000 + b'"}'
KEYS = msgspec.msgpack.encode({f"{number:x}": 1 for number in range(60_000)})
LEVELS = [
    {"type": "OrderBookDelta", "instrument_id": "X.Y", "action": "ADD", "ts_event": TS, "ts_init": TS,
     "order": {"side": "BUY", "price": "1.1", "size": "1", "order_id": 0}, "flags": 0, "sequence": 1},
] * 6_900  # fmt: skip
ALL_LEVELS = pack({"type": "OrderBookDeltas", "instrument_id": "X.Y", "deltas": LEVELS})


@pytest.mark.parametrize(
    "topic", ["x", "data.quotes.A.B", "data.book.deltas.X.Y", "events.order.S", "snapshots:orders:1"]
)
@pytest.mark.parametrize("payload", [LONG_FLOATS, LISTS, KEYS, ALL_LEVELS], ids=["floats", "lists", "keys", "levels"])
def test_nothing_just_below_the_limits_takes_long(topic, payload) -> None:
    decode_it, took = decoder_of(topic), []
    for _ in range(3):
        started = time.thread_time()
        decode_it(payload)
        took.append(time.thread_time() - started)
    assert min(took) < 0.025


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (
            "data.quotes.A.B",
            b"{" + b" " * 10_000_000,
            "payload of 10,000,001 bytes is over the limit of 1 MiB: not decoded",
        ),
        (
            "x",
            b"\x81\xa1a\xdb\x00\x0c\x00\x00" + b"x" * 0xC0000,
            "over the limit of 512 KiB for what is no market data",
        ),
        ("x", b'{"a":[' + b"[]," * 20_000 + b"1]}", "holds more than 15,000 lists and maps: not decoded"),
        ("x", b"[" + b"[]," * 20_000 + b"1]", "holds more than 15,000 lists and maps: not decoded"),
        ("x", b"\x81\xa1a\xdd\x00\x00\xff\xff" + b"\x90" * 0xFFFF, "holds more than 15,000 lists and maps"),
        ("events.order.S", KEYS, "a map of 60,000 keys"),
    ],
    ids=["10 MB", "raw", "json lists", "bare lists", "msgpack lists", "keys"],
)
def test_what_is_over_a_limit_is_garbage_with_the_limit(topic, payload, reason) -> None:
    body = decode(topic, payload)
    assert type(body) is Garbage
    assert reason in body.reason
    assert body.payload is payload


def test_a_book_of_thousands_of_levels_is_within_the_limits() -> None:
    assert len(ALL_LEVELS) > 950_000
    assert len(decode("data.book.deltas.X.Y", ALL_LEVELS).deltas) == 6_900


def test_plain_data_over_a_limit_raises_a_value_error() -> None:
    with pytest.raises(ValueError, match="over the limit"):
        to_plain(b"{" + b" " * (2 << 20))


@pytest.mark.parametrize("name", recordings.STREAMS)
def test_nothing_a_real_node_wrote_is_garbage(name) -> None:
    kinds = Counter(
        type(decode(fields["topic"].decode(), fields["payload"])) for _, _, fields in recordings.entries(name)
    )
    assert kinds[Garbage] == 0
    assert kinds[ComponentStateChanged] > 10
