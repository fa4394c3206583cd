"""Whatever bytes an entry holds: reading, rows and books never raise, and every row fits its dataset."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.bus.book import Books
from nautilus_data.bus.message import Message, Reader
from nautilus_data.bus.records import Garbage
from nautilus_data.bus.rows import Rows, rows
from nautilus_data.core.dataset import BARS, Kind
from tests.bus import wire

DELTA = {"instrument_id": "A.B", "action": "ADD", "order": {"side": "BUY", "price": "1", "size": "2", "order_id": 0}}
SHAPES = [
    ("data.quotes.SIM.GBP/USD", wire.QUOTE), ("data.bars.x", wire.BAR), ("data.mark_prices.A", wire.MARK),
    ("data.funding_rates.A", wire.FUNDING), ("data.option_greeks.A", wire.GREEKS), ("data.book.depth.A", wire.DEPTH),
    ("events.order.S-1", wire.FILL), ("events.order.S-1", {"Filled": wire.FILL}), ("events.system.T-1", wire.READY),
    ("events.position.S-1", wire.POSITION), ("events.position.S-1", {"PositionAdjusted": wire.ADJUSTED}),
    ("events.account.SIM-001", wire.ACCOUNT), ("events.portfolio.SIM-001", wire.PORTFOLIO),
    ("reports.execution.SIM", wire.MASS_STATUS), ("snapshots:orders:O-1", {"client_order_id": "O-1", "ts_last": "5"}),
    ("commands.trading.X", {"type": "SubmitOrder", "command_id": "c-1", "ts_init": "5"}),
    ("data.book.deltas.A", {"instrument_id": "A.B", "deltas": [DELTA]}),
    ("data.instrument.A", {
        "type": "Equity", "id": "A.B", "raw_symbol": "A", "price_precision": 2, "price_increment": "1"}),
    ("market.a.quote", {"symbol": "A", "bid": 1.5, "ask": 2, "timestamp": 5}),
]  # fmt: skip
TOPICS = (
    st.sampled_from([topic.encode() for topic, _ in SHAPES]) | st.binary(max_size=30) | st.just(b"health:heartbeat")
)
WEIRD = st.sampled_from(
    [None, True, -1, 2**63, 2**64 - 1, float("nan"), float("inf"), 1e308, "", "NaN", "1e400", "1_0", "\u0661", "9" * 99,
     [], [[]], [None], {}, {"a": 1}, {"type": 5}, "2026-13-45T00:00:00Z", "9999-12-31T23:59:59.9Z"],
) | st.text(max_size=5) | st.integers(-(2**63), 2**64 - 1) | st.floats()  # fmt: skip
TYPES = {Kind.FLOAT: float, Kind.BOOL: bool, Kind.NS: int, Kind.PRICE: int, Kind.INT: int}


def take(fields: list[bytes]) -> tuple[Message, Rows]:
    """One entry through all that reads it."""
    [message] = Reader().read("trader-T-1:stream", "T-1", [[b"7-1", fields]])
    made = rows([message], lambda trader_id, entry: 1)
    books = Books()
    books.feed([message])
    for key in list(books.keys()):
        assert books.get(*key).is_crossed in (True, False)
    for dataset, found in (*made.datasets.items(), *((BARS, found) for found in made.series.values())):
        for row in found:
            fit(dataset.columns, row)
    if type(message.body) is Garbage:
        assert message.body.reason
        assert made.garbage == [(message, message.body.reason)]
    return message, made


def fit(columns: dict[str, Kind], row: tuple) -> None:
    for (name, kind), cell in zip(columns.items(), row, strict=True):
        assert type(cell) is TYPES.get(kind, str), name
        assert type(cell) is not int or -(2**63) <= cell < 2**63, name


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape[0])
def test_what_is_well_formed_is_no_garbage(shape) -> None:
    topic, data = shape
    _, made = take([b"topic", topic.encode(), b"payload", msgspec.msgpack.encode(data)])
    assert made.garbage == []


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"topic", b"payload", b"type", b"encoding"]), max_size=10))
def test_any_fields(fields) -> None:
    take(fields)


@settings(deadline=None)
@given(TOPICS, st.binary(max_size=200))
def test_any_bytes_on_any_topic(topic, payload) -> None:
    take([b"topic", topic, b"payload", payload])


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(SHAPES), st.sampled_from(["msgpack", "json"]), st.data())
def test_real_payloads_cut_and_with_wrong_bytes(shape, encoding, data) -> None:
    payload = bytearray(getattr(msgspec, encoding).encode(shape[1]))
    for _ in range(data.draw(st.integers(0, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(payload)) | st.just(len(payload)))
    take([b"topic", data.draw(st.just(shape[0].encode()) | TOPICS), b"payload", bytes(payload[:end])])


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(SHAPES), st.data())
def test_real_payloads_with_anything_anywhere(shape, data) -> None:
    topic, value = shape
    for _ in range(data.draw(st.integers(1, 3))):
        value = changed(value, data)
    try:
        payload = data.draw(st.sampled_from([msgspec.msgpack.encode, msgspec.json.encode]))(value)
    except (OverflowError, ValueError):
        return
    fields = [b"topic", topic.encode(), b"payload", payload]
    extra = data.draw(st.sampled_from([[], [b"type", b"QuoteTick", b"encoding", b"Json"], [b"message_type", b"bar"]]))
    take([*fields, *extra])


def changed(value: Any, data: Any) -> Any:
    """The same value with something else somewhere in it."""
    is_deeper = value and data.draw(st.booleans())
    if isinstance(value, dict) and is_deeper:
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: changed(value[key], data)}
    if isinstance(value, list) and is_deeper:
        place = data.draw(st.integers(0, len(value) - 1))
        return [*value[:place], changed(value[place], data), *value[place + 1 :]]
    return data.draw(WEIRD)


@pytest.mark.parametrize("start", [b"\x81\xa1a", b'{"a":', b"[", b"\x91", b'{"type":"OrderFilled","options":{"a":'])
@pytest.mark.parametrize(
    "topic", [b"x", b"data.quotes.A", b"events.order.S", b"snapshots:orders:O", b"events.account.A"]
)
def test_deep_nesting(topic, start) -> None:
    take([b"topic", topic, b"payload", start * 3_000])
