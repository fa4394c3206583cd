"""Payload: bytes of an entry become a record; never raises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from nautilus_data.bus.records import (
    AccountState,
    Bar,
    ComponentStateChanged,
    Garbage,
    Heartbeat,
    InstrumentClose,
    InstrumentDefinition,
    InstrumentStatus,
    OrderBookDelta,
    OrderBookDeltas,
    OrderEvent,
    PositionEvent,
    QuoteTick,
    Raw,
    ShutdownSystem,
    TradeTick,
    TradingStateChanged,
)

_BY_TYPE: MappingProxyType[str, type[Struct]] = MappingProxyType(
    {
        record.__name__: record
        for record in (
            QuoteTick, TradeTick, Bar, OrderBookDelta, OrderBookDeltas, InstrumentStatus, InstrumentClose,
            AccountState, ComponentStateChanged, TradingStateChanged, ShutdownSystem,
        )
    }
    | dict.fromkeys(
        (
            "OrderInitialized", "OrderDenied", "OrderEmulated", "OrderReleased", "OrderSubmitted", "OrderAccepted",
            "OrderRejected", "OrderTriggered", "OrderPendingUpdate", "OrderPendingCancel", "OrderCanceled",
            "OrderExpired", "OrderUpdated", "OrderModifyRejected", "OrderCancelRejected", "OrderFilled",
        ),
        OrderEvent,
    )
    | dict.fromkeys(("PositionOpened", "PositionChanged", "PositionClosed"), PositionEvent)
)  # fmt: skip

_BY_TOPIC: MappingProxyType[str, type[Struct]] = MappingProxyType(
    {
        "data.quotes.": QuoteTick,
        "data.trades.": TradeTick,
        "data.bars.": Bar,
        "data.book.deltas.": OrderBookDeltas,
        "data.instrument.": InstrumentDefinition,
        "events.order.": OrderEvent,
        "events.fills.": OrderEvent,
        "events.position.": PositionEvent,
        "events.account.": AccountState,
        "events.system.": ComponentStateChanged,
    }
)
_SNAPSHOTS = MappingProxyType(
    {
        "snapshots:orders:": "OrderSnapshot",
        "snapshots.order.": "OrderSnapshot",
        "snapshots:positions:": "PositionSnapshot",
        "snapshots.position.": "PositionSnapshot",
    }
)

# Not strict: NautilusTrader writes a top-level timestamp as a string of digits, a nested one as an integer.
_MSGPACK = {record: msgspec.msgpack.Decoder(record, strict=False).decode for record in set(_BY_TOPIC.values())}
_JSON = {record: msgspec.json.Decoder(record, strict=False).decode for record in set(_BY_TOPIC.values())}
_MAPS = frozenset((*range(0x80, 0x90), 0xDE, 0xDF))
_BRACE = 0x7B
_ERRORS = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError)

Decode = Callable[[bytes], Any]


def decoder_of(topic: str) -> Decode:
    """The function that turns payloads of this topic into records; keep it, it is the slow half of `decode`."""
    if topic == "health:heartbeat":
        return _heartbeat
    for prefix, name in _SNAPSHOTS.items():
        if topic.startswith(prefix):
            return lambda payload: _snapshot(name, payload)
    for prefix, record in _BY_TOPIC.items():
        if topic.startswith(prefix):
            return _typed(record)
    return _untyped


def decode(topic: str, payload: bytes) -> Any:
    """A record, a Heartbeat, a Raw or a Garbage of one payload."""
    return decoder_of(topic)(payload)


def to_plain(payload: bytes) -> Any:
    """The payload as plain dicts and lists; raises ValueError."""
    try:
        return msgspec.json.decode(payload) if payload[:1] == b"{" else msgspec.msgpack.decode(payload)
    except _ERRORS as error:
        raise ValueError(str(error)) from None


def _typed(record: type[Struct]) -> Decode:
    from_msgpack, from_json = _MSGPACK[record], _JSON[record]

    def decode_record(payload: bytes) -> Any:
        try:
            return from_json(payload) if payload[0] == _BRACE else from_msgpack(payload)
        except (*_ERRORS, IndexError):
            return _by_content(payload, record)

    def decode_order(payload: bytes) -> Any:
        event = decode_record(payload)
        if type(event) is OrderEvent:
            event.payload = payload
        return event

    return decode_order if record is OrderEvent else decode_record


def _untyped(payload: bytes) -> Any:
    return _by_content(payload, None)


def _by_content(payload: bytes, expected: type[Struct] | None) -> Any:
    """Read by the payload's own `type`: other topics, ISO timestamps, events wrapped by their variant (2.x)."""
    if not payload or (payload[0] != _BRACE and payload[0] not in _MAPS):
        return Garbage("not a map", payload) if expected else _leaf(payload)
    try:
        data = _unwrap(to_plain(payload))
        name = data.get("type")
        name = name if isinstance(name, str) else ""
        record = _BY_TYPE.get(name) or (expected if not name or expected is InstrumentDefinition else None)
        return _convert(data, record, payload) if record else Raw(name, data)
    except _ERRORS as error:
        return Garbage(str(error) or type(error).__name__, payload)


def _convert(data: dict[str, Any], record: type[Struct], payload: bytes) -> Struct:
    stamped = {key: _nanoseconds(value) if key.startswith("ts_") else value for key, value in data.items()}
    event = msgspec.convert(stamped, record, strict=False)
    if type(event) is OrderEvent:
        event.payload = payload
    return event


def _unwrap(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValueError("not a map")
    inner = next(iter(data.values())) if len(data) == 1 else None
    return inner if isinstance(inner, dict) and "type" in inner else data


def _snapshot(name: str, payload: bytes) -> Any:
    try:
        return Raw(name, _unwrap(to_plain(payload)))
    except ValueError as error:
        return Garbage(str(error), payload)


def _leaf(payload: bytes) -> Raw:
    for read in (msgspec.json.decode, msgspec.msgpack.decode):
        try:
            return Raw("", read(payload))
        except _ERRORS:
            continue
    return Raw("", payload)


def _heartbeat(payload: bytes) -> Any:
    try:
        return Heartbeat(_nanoseconds(payload.decode("ascii")))
    except ValueError as error:
        return Garbage(f"not a heartbeat: {error}", payload)


def _nanoseconds(value: Any) -> Any:
    """int nanoseconds of an int, a string of digits or ISO 8601 with 0 to 9 fraction digits; None is 0."""
    if value is None:
        return 0
    if not isinstance(value, str) or value.isdigit():
        return value
    main, _, rest = value.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    moment = datetime.fromisoformat(main + rest[digits:])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + int(rest[:digits].ljust(9, "0")[:9] or 0)
