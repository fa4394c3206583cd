"""A stream that no node wrote becomes quotes, trades and bars, exact to the last digit."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.bus.message import Reader
from nautilus_data.bus.records import Bar, Garbage, OrderEvent, QuoteTick, Raw, TradeTick
from nautilus_data.bus.rows import rows
from nautilus_data.core.dataset import QUOTES, RAW_MESSAGES
from tests.bus.wire import FILL, TS, pack

STREAM = "nautilus-streams"
QUOTE = b'{"symbol":"EURUSD","bid":1.0850,"ask":1.0852,"timestamp":1328054399700000000}'


def read(payload: bytes, message_type: str = "quote", topic: str = "market.eurusd.quote", stamp: str = str(TS)) -> Any:
    fields = [b"topic", topic.encode(), b"payload", payload, b"timestamp", stamp.encode()]
    entry = [b"1795206554386-0", [*fields, b"message_type", message_type.encode()]]
    [message] = Reader().read(STREAM, "", [entry])
    return message.body


def test_a_quote_keeps_the_text_of_its_numbers() -> None:
    assert read(QUOTE) == QuoteTick("EURUSD.EXTERNAL", "1.0850", "1.0852", "0", "0", TS, TS)


def test_fields_are_found_by_name_in_any_order_and_others_are_ignored() -> None:
    fields = [b"message_type", b"quote", b"x", b"1", b"payload", QUOTE, b"timestamp", b"5", b"topic", b"market.e.quote"]
    [message] = Reader().read(STREAM, "", [[b"1-0", fields]])
    assert (message.topic, message.body.bid_price) == ("market.e.quote", "1.0850")


def test_a_quote_gives_an_exact_row() -> None:
    entry = [b"1-0", [b"topic", b"market.eurusd.quote", b"payload", QUOTE, b"message_type", b"quote"]]
    [row] = rows(Reader().read(STREAM, "", [entry]), lambda trader_id, entry: 0).datasets[QUOTES]
    assert row == ("EURUSD.EXTERNAL", TS, "", 1 << 20, TS, 1_085_000_000, 1_085_200_000, 0.0, 0.0)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b'{"symbol":"BTCUSDT","venue":"BINANCE","price":39432.480,"size":1e-7,"side":"sell","trade_id":7,"time":5}',
         TradeTick("BTCUSDT.BINANCE", "39432.480", "0.0000001", "SELLER", "7", 5_000_000_000, 5_000_000_000)),
        (b'{"instrument_id":"AAPL.XNAS","last":"190.1","volume":100,"ts_event":"2012-01-31T23:59:59.7Z"}',
         TradeTick("AAPL.XNAS", "190.1", "100", "NO_AGGRESSOR", "", TS, TS)),
        (b'{"exchange":"NYSE","symbol":"BRK.B","last_price":4,"qty":2,"side":"BUY"}',
         TradeTick("BRK.B.NYSE", "4", "2", "BUYER", "", TS, TS)),
        (b'{"price":1,"quantity":0.5,"ts_init":9000000000000000000,"ts_event":1328054399700}',
         TradeTick("EURUSD.EXTERNAL", "1", "0.5", "NO_AGGRESSOR", "", TS, 9_000_000_000_000_000_000)),
    ],
)  # fmt: skip
def test_trades_come_under_the_usual_names(payload, expected) -> None:
    assert read(payload, "trade") == expected


@pytest.mark.parametrize(
    ("length", "bar_type"),
    [("", "EURUSD.EXTERNAL-1-MINUTE-LAST-EXTERNAL"), (',"timeframe":"5m"', "EURUSD.EXTERNAL-5-MINUTE-LAST-EXTERNAL"),
     (',"interval":"1-HOUR"', "EURUSD.EXTERNAL-1-HOUR-LAST-EXTERNAL"),
     (',"bar_type":"A.B-1-DAY-BID-INTERNAL"', "A.B-1-DAY-BID-INTERNAL")],
)  # fmt: skip
def test_a_bar_says_how_long_it_is_or_is_a_minute(length, bar_type) -> None:
    payload = f'{{"symbol":"EURUSD","open":1.10,"high":1.3,"low":1,"close":1.2,"volume":12{length}}}'.encode()
    assert read(payload, "bar") == Bar(bar_type, "1.10", "1.3", "1", "1.2", "12", TS, TS)


@pytest.mark.parametrize("name", ["quote", "QuoteTick", "quotes", "QUOTE_TICK", ""])
def test_a_type_is_known_in_any_spelling_and_else_by_the_topic(name) -> None:
    assert type(read(QUOTE, name)) is QuoteTick


@pytest.mark.parametrize(
    "stamp",
    [b"1328054399.7", b"1328054399700", b"1328054399700000", b"1328054399700000000", b'"1328054399700"',
     b'"2012-01-31T23:59:59.700Z"'],
)  # fmt: skip
def test_times_of_any_unit_are_nanoseconds(stamp) -> None:
    assert read(QUOTE.replace(b"1328054399700000000", stamp)).ts_event == TS


def test_without_a_time_of_its_own_the_entry_tells_it() -> None:
    assert read(b'{"symbol":"E","bid":1,"ask":2}').ts_event == TS
    entry = [b"1795206554386-0", [b"topic", b"a.b.quote", b"payload", b'{"bid":1,"ask":2}', b"message_type", b"quote"]]
    [message] = Reader().read(STREAM, "", [entry])
    assert (message.body.ts_event, message.body.instrument_id) == (1_795_206_554_386_000_000, "B.EXTERNAL")


@pytest.mark.parametrize("name", ["order", "fill", "position", "account", "heartbeat"])
def test_other_types_are_kept_as_they_are(name) -> None:
    assert read(b'{"a":1.50}', name) == Raw(name, {"a": 1.5})


@pytest.mark.parametrize(
    "payload",
    [b'{"symbol":"E","bid":1}', b'{"symbol":"E","bid":true,"ask":1}', b'{"symbol":"E","bid":[1],"ask":1}',
     b'{"symbol":"E","bid":1,"ask":2,"timestamp":"soon"}', b'{"symbol":"E","bid":1,"ask":"1e50"}',
     b'{"symbol":"E","bid":1,"ask":2,"timestamp":-5}', b'{"symbol":"E","bid":1,"ask":2,"timestamp":1e30}'],
)  # fmt: skip
def test_a_quote_that_lacks_what_it_needs_is_kept_raw(payload) -> None:
    body = read(payload)
    assert type(body) is Raw
    assert body.type == "quote"


def test_a_bare_value_has_the_type_of_its_entry_and_a_row() -> None:
    entry = [b"1-0", [b"topic", b"a", b"payload", b"1.5", b"message_type", b"signal"]]
    messages = Reader().read(STREAM, "", [entry])
    assert messages[0].body == Raw("signal", 1.5)
    [row] = rows(messages, lambda trader_id, entry: 0).datasets[RAW_MESSAGES]
    assert row == (STREAM, 1 << 20, "", "a", "signal", 1_000_000, "1.5")


def test_a_nodes_own_record_is_read_as_one() -> None:
    body = read(msgspec.json.encode(FILL), "fill")
    assert type(body) is OrderEvent
    assert body.payload


@pytest.mark.parametrize(
    "payload",
    [b"{", b'{"bid":1', b"{}}", b'{"a":' * 5_000, b'{"a":"' + b"x" * (2 << 20) + b'"}', b'{"bid":1,"ask":1e999}'],
)
def test_what_is_no_json_is_garbage(payload) -> None:
    body = read(payload)
    assert type(body) is Garbage
    assert body.reason


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just("1e5"),
    lambda children: st.lists(children, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(["symbol", "bid", "ask", "price", "size", "open", "high", "low", "close", "timestamp", "type"])


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES), st.sampled_from(["quote", "trade", "bar", "x", ""]), st.binary(max_size=20))
def test_nothing_in_it_makes_it_raise(data, name, stamp) -> None:
    for payload in (msgspec.json.encode(data), _packed(data)):
        fields = [b"topic", b"market.a.quote", b"payload", payload, b"timestamp", stamp, b"message_type", name.encode()]
        messages = Reader().read(STREAM, "", [[b"1-0", fields]])
        made = rows(messages, lambda trader_id, entry: 0)
        kept = sum(map(len, (*made.datasets.values(), *made.series.values(), made.garbage)))
        assert kept or type(messages[0].body) not in (Raw, Garbage, QuoteTick, TradeTick, Bar)


def _packed(data: dict[str, Any]) -> bytes:
    try:
        return pack(data)
    except OverflowError:
        return b"\x80"
