"""Payload: bytes of an entry become a record; never raises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from nautilus_data.bus import documents, newer, records
from nautilus_data.bus.documents import Command, Report, Snapshot
from nautilus_data.bus.records import Garbage, Heartbeat, InstrumentDefinition, OrderEvent, PositionEvent, Raw

_ORDER_EVENTS = (
    "Initialized", "Denied", "Emulated", "Released", "Submitted", "Accepted", "Rejected", "Triggered",
    "PendingUpdate", "PendingCancel", "Canceled", "Expired", "Updated", "ModifyRejected", "CancelRejected", "Filled",
    "FillVoided",
)  # fmt: skip
_INSTRUMENTS = (
    "BettingInstrument", "BinaryOption", "Cfd", "Commodity", "CryptoFuture", "CryptoFuturesSpread", "CryptoOption",
    "CryptoOptionSpread", "CryptoPerpetual", "CurrencyPair", "Equity", "FuturesContract", "FuturesSpread",
    "IndexInstrument", "OptionContract", "OptionSpread", "PerpetualContract", "SyntheticInstrument", "TokenizedAsset",
)  # fmt: skip
_COMMANDS = (
    "SubmitOrder", "SubmitOrderList", "ModifyOrder", "BatchModifyOrders", "CancelOrder", "CancelAllOrders",
    "BatchCancelOrders", "QueryOrder", "QueryAccount",
)  # fmt: skip
_REPORTS = ("ExecutionMassStatus", "OrderStatusReport", "FillReport", "PositionStatusReport")
_BY_TYPE: MappingProxyType[str, type[Struct]] = MappingProxyType(
    {
        record.__name__: record
        for record in (
            records.QuoteTick, records.TradeTick, records.Bar, records.OrderBookDelta, records.OrderBookDeltas,
            records.InstrumentStatus, records.InstrumentClose, records.AccountState, records.ComponentStateChanged,
            records.TradingStateChanged, records.ShutdownSystem, records.PositionAdjusted, newer.OrderBookDepth,
            newer.MarkPriceUpdate, newer.IndexPriceUpdate, newer.FundingRateUpdate, newer.OptionGreeks,
        )
    }
    | {"OrderBookDepth10": newer.OrderBookDepth, "PortfolioSnapshot": Snapshot}
    | dict.fromkeys((f"Order{name}" for name in _ORDER_EVENTS), OrderEvent)
    | dict.fromkeys(("PositionOpened", "PositionChanged", "PositionClosed"), PositionEvent)
    | dict.fromkeys(_INSTRUMENTS, InstrumentDefinition)
    | dict.fromkeys(_REPORTS, Report)
    | dict.fromkeys(_COMMANDS, Command)
)  # fmt: skip
_BY_TOPIC: MappingProxyType[str, type[Struct]] = MappingProxyType(
    {
        "data.quotes.": records.QuoteTick,
        "data.trades.": records.TradeTick,
        "data.bars.": records.Bar,
        "data.book.deltas.": records.OrderBookDeltas,
        "data.book.depth": newer.OrderBookDepth,
        "data.mark_prices.": newer.MarkPriceUpdate,
        "data.index_prices.": newer.IndexPriceUpdate,
        "data.funding_rates.": newer.FundingRateUpdate,
        "data.option_greeks.": newer.OptionGreeks,
        "data.instrument.": InstrumentDefinition,
        "data.status.": records.InstrumentStatus,
        "data.close.": records.InstrumentClose,
        "data.venue.close_price.": records.InstrumentClose,
        "events.order": OrderEvent,
        "events.fills.": OrderEvent,
        "events.position.": PositionEvent,
        "events.account.": records.AccountState,
        "events.system.": records.ComponentStateChanged,
    }
)
# Known by their topic alone: the `type` of an order's snapshot is the order's.
_SNAPSHOTS = MappingProxyType(
    {
        "snapshots:orders:": "OrderSnapshot",
        "snapshots.order.": "OrderSnapshot",
        "snapshots:positions:": "PositionSnapshot",
        "snapshots.position.": "PositionSnapshot",
        "events.portfolio": "PortfolioSnapshot",
    }
)
# Data that answers a request travels on the topic of its kind behind one of these.
REQUESTED = ("historical.", "data.pipeline.")
_VARIANTS = MappingProxyType(dict(zip(_ORDER_EVENTS, (f"Order{name}" for name in _ORDER_EVENTS), strict=True)))

# Not strict: NautilusTrader writes a top-level timestamp as a string of digits, a nested one as an integer.
_MSGPACK = {record: msgspec.msgpack.Decoder(record, strict=False).decode for record in set(_BY_TOPIC.values())}
_JSON = {record: msgspec.json.Decoder(record, strict=False).decode for record in set(_BY_TOPIC.values())}
_MAPS = frozenset((*range(0x80, 0x90), 0xDE, 0xDF))
_BRACE = 0x7B
_ERRORS = (msgspec.MsgspecError, ValueError, TypeError, ArithmeticError, RecursionError)
# Decoding holds the interpreter: what is over these limits would stop a server's loop for more than 25 ms.
MAX_PAYLOAD = 1 << 20
# Of what is not made of fields of known kinds alone.
MAX_LOOSE = 1 << 19
MAX_CONTAINERS = 15_000
_MAX_KEYS = 1_000
_SMALL = 1 << 14
# These hold maps of anything.
_LOOSE = frozenset((OrderEvent, records.ComponentStateChanged, newer.OptionGreeks))
# A float of many digits takes a hundred times as long as its text.
_large_json = msgspec.json.Decoder(float_hook=str).decode
_CONTAINERS = bytes((*range(0x80, 0xA0), *range(0xDC, 0xE0)))

Decode = Callable[[bytes], Any]


def decoder_of(topic: str, type_name: str = "") -> Decode:
    """The function that turns payloads of this topic into records; keep it, it is the slow half of `decode`.

    `type_name` is what the entry itself says of the type, for a payload and topic that say nothing.
    """
    if topic == "health:heartbeat":
        return _heartbeat
    topic = _plain_topic(topic)
    for prefix, name in _SNAPSHOTS.items():
        if topic.startswith(prefix):
            return lambda payload: _read(payload, None, name, is_snapshot=True)
    for prefix, record in _BY_TOPIC.items():
        if topic.startswith(prefix):
            return _typed(record)
    return lambda payload: _read(payload, None, type_name)


def decode(topic: str, payload: bytes) -> Any:
    """A record, a Heartbeat, a Raw or a Garbage of one payload."""
    return decoder_of(topic)(payload)


def to_plain(payload: bytes) -> Any:
    """The payload as plain dicts and lists; raises ValueError."""
    if reason := too_large(payload):
        raise ValueError(reason)
    try:
        if payload[:1] == b"{":
            return msgspec.json.decode(payload) if len(payload) <= _SMALL else _large_json(payload)
        return msgspec.msgpack.decode(payload)
    except _ERRORS as error:
        raise ValueError(str(error) or type(error).__name__) from None


def to_event(payload: bytes) -> dict[str, Any]:
    """The map of an event, alike for every configuration: not wrapped, times as digits; raises ValueError."""
    _, data = _unwrap(to_plain(payload), is_known=True)
    return {key: str(nanoseconds(value)) if _is_time(key) else value for key, value in data.items()}


def is_requested(topic: str) -> bool:
    """Does a topic carry data that answers a request, and so may be old?"""
    return topic.startswith(REQUESTED)


def _plain_topic(topic: str) -> str:
    if topic.startswith("data.pipeline."):
        return "data." + topic.removeprefix("data.pipeline.")
    return topic.removeprefix("historical.")


def too_large(payload: bytes) -> str:
    size = len(payload)
    if size <= _SMALL:
        return ""
    if size > MAX_PAYLOAD:
        return f"payload of {size:,} bytes is over the limit of 1 MiB: not decoded"
    if size > MAX_LOOSE:
        return f"payload of {size:,} bytes is over the limit of 512 KiB for what is no market data: not decoded"
    if _containers(payload) > MAX_CONTAINERS:
        return f"payload of {size:,} bytes holds more than {MAX_CONTAINERS:,} lists and maps: not decoded"
    return ""


def _containers(payload: bytes) -> int:
    """At least as many lists and maps as there are; a bare value that is no map may be of either encoding."""
    count = payload.count(b"[") + payload.count(b"{")
    is_json = payload[0] == _BRACE
    return count if is_json else max(count, len(payload) - len(payload.translate(None, _CONTAINERS)))


def _typed(record: type[Struct]) -> Decode:
    from_msgpack, from_json = _MSGPACK[record], _JSON[record]
    limit = _SMALL if record in _LOOSE else MAX_PAYLOAD

    def decode_record(payload: bytes) -> Any:
        if len(payload) > limit:
            return _read(payload, record, "")
        try:
            return from_json(payload) if payload[0] == _BRACE else from_msgpack(payload)
        except (*_ERRORS, IndexError):
            return _read(payload, record, "")

    def decode_order(payload: bytes) -> Any:
        event = decode_record(payload)
        if type(event) is OrderEvent:
            event.payload = payload
        return event

    return decode_order if record is OrderEvent else decode_record


def _read(payload: bytes, expected: type[Struct] | None, name: str, is_snapshot: bool = False) -> Any:
    """Read by the payload's own `type`: other topics, ISO timestamps, what is wrapped by its variant (2.x)."""
    if reason := too_large(payload):
        return Garbage(reason, payload)
    if not payload or (payload[0] != _BRACE and payload[0] not in _MAPS):
        return Garbage("not a map", payload) if expected or is_snapshot else _leaf(payload, name)
    try:
        variant, data = _unwrap(to_plain(payload), is_known=expected is not None)
        if (expected or is_snapshot) and len(data) > _MAX_KEYS:
            raise ValueError(f"a map of {len(data):,} keys")
        if is_snapshot:
            return Snapshot(name, data)
        found = documents.text(data, "type") or variant or name
        record = _BY_TYPE.get(found) or (expected if not found or expected is InstrumentDefinition else None)
        return _convert(data, record, found, payload) if record else Raw(found, data)
    except _ERRORS as error:
        return Garbage(str(error) or type(error).__name__, payload)


def _convert(data: dict[str, Any], record: type[Struct], name: str, payload: bytes) -> Any:
    if record in (Report, Command, Snapshot):
        return record(name, data)
    stamped = {key: nanoseconds(value) if _is_time(key) else value for key, value in data.items()}
    if name and record is not newer.OrderBookDepth:
        stamped["type"] = name
    event = msgspec.convert(stamped, record, strict=False)
    if type(event) is OrderEvent:
        event.payload = payload
    return event


def _unwrap(data: Any, is_known: bool) -> tuple[str, dict[str, Any]]:
    """`("OrderFilled", {…})` of `{"Filled": {…}}`; what is not wrapped has no variant."""
    if not isinstance(data, dict):
        raise ValueError("not a map")
    if len(data) == 1:
        [(key, inner)] = data.items()
        if isinstance(inner, dict) and isinstance(key, str) and (is_known or "type" in inner or key in _BY_TYPE):
            return _VARIANTS.get(key, key), inner
    return "", data


def _is_time(key: Any) -> bool:
    return isinstance(key, str) and key.startswith("ts_")


def _leaf(payload: bytes, name: str) -> Raw:
    for read in (_large_json if len(payload) > _SMALL else msgspec.json.decode, msgspec.msgpack.decode):
        try:
            return Raw(name, read(payload))
        except _ERRORS:
            continue
    return Raw(name, payload)


def _heartbeat(payload: bytes) -> Any:
    try:
        return Heartbeat(nanoseconds(payload[:64].decode("ascii")))
    except _ERRORS as error:
        return Garbage(f"not a heartbeat: {error}", payload)


def nanoseconds(value: Any) -> Any:
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
