"""What NautilusTrader publishes, as typed records; `decode` never raises.

Prices, quantities and money stay the strings they are on the wire; timestamps become int nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Ns = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class QuoteTick(Struct, gc=False, tag_field="type", tag=True):
    instrument_id: str
    bid_price: str
    ask_price: str
    bid_size: str
    ask_size: str
    ts_event: Ns = 0
    ts_init: Ns = 0


class TradeTick(Struct, gc=False, tag_field="type", tag=True):
    instrument_id: str
    price: str
    size: str
    aggressor_side: str = "NO_AGGRESSOR"
    trade_id: str = ""
    ts_event: Ns = 0
    ts_init: Ns = 0


class Bar(Struct, gc=False, tag_field="type", tag=True):
    bar_type: str
    open: str
    high: str
    low: str
    close: str
    volume: str = "0"
    ts_event: Ns = 0
    ts_init: Ns = 0


class BookOrder(Struct, gc=False):
    side: str
    price: str
    size: str
    order_id: int = 0


class OrderBookDelta(Struct, gc=False, tag_field="type", tag=True):
    """`action` is CLEAR, ADD, UPDATE or DELETE; flag 128 marks the last of an event where the feed sets it."""

    instrument_id: str
    action: str
    order: BookOrder | None = None
    flags: int = 0
    sequence: int = 0
    ts_event: Ns = 0
    ts_init: Ns = 0


class OrderBookDeltas(Struct, gc=False, tag_field="type", tag=True):
    instrument_id: str
    deltas: list[OrderBookDelta]

    @property
    def ts_event(self) -> int:
        return self.deltas[-1].ts_event if self.deltas else 0

    @property
    def ts_init(self) -> int:
        return self.deltas[-1].ts_init if self.deltas else 0


class InstrumentStatus(Struct, gc=False, tag_field="type", tag=True):
    instrument_id: str
    action: str
    reason: str | None = None
    trading_event: str | None = None
    is_trading: bool | None = None
    is_quoting: bool | None = None
    is_short_sell_restricted: bool | None = None
    ts_event: Ns = 0
    ts_init: Ns = 0


class InstrumentClose(Struct, gc=False, tag_field="type", tag=True):
    instrument_id: str
    close_price: str
    close_type: str = ""
    ts_event: Ns = 0
    ts_init: Ns = 0


class InstrumentDefinition(Struct, gc=False):
    """Any of NautilusTrader's instrument types; `type` says which."""

    type: str
    id: str
    raw_symbol: str
    price_precision: int
    price_increment: str
    quote_currency: str = ""
    base_currency: str | None = None
    settlement_currency: str | None = None
    size_precision: int = 0
    multiplier: str = "1"
    is_inverse: bool = False
    ts_event: Ns = 0
    ts_init: Ns = 0


class OrderEvent(Struct, gc=False, kw_only=True):
    """Any of the Order* events; a field the event does not have is None. `payload` is the whole event as published."""

    type: str
    trader_id: str
    strategy_id: str
    instrument_id: str
    client_order_id: str
    event_id: str
    venue_order_id: str | None = None
    account_id: str | None = None
    order_side: str | None = None
    order_type: str | None = None
    quantity: str | None = None
    time_in_force: str | None = None
    options: dict[str, Any] | None = None
    price: str | None = None
    trigger_price: str | None = None
    released_price: str | None = None
    emulation_trigger: str | None = None
    trade_id: str | None = None
    position_id: str | None = None
    last_qty: str | None = None
    last_px: str | None = None
    currency: str | None = None
    commission: str | None = None
    liquidity_side: str | None = None
    reason: str | None = None
    reconciliation: bool = False
    ts_event: Ns = 0
    ts_init: Ns = 0
    payload: bytes = b""

    @property
    def is_fill(self) -> bool:
        return self.type == "OrderFilled"


class PositionEvent(Struct, gc=False, kw_only=True):
    """PositionOpened, PositionChanged or PositionClosed."""

    type: str
    trader_id: str
    strategy_id: str
    instrument_id: str
    position_id: str
    account_id: str
    opening_order_id: str = ""
    closing_order_id: str | None = None
    entry: str
    side: str
    signed_qty: float
    quantity: str
    peak_qty: str
    last_qty: str | None = None
    last_px: str | None = None
    currency: str = ""
    avg_px_open: float
    avg_px_close: float | None = None
    realized_return: float | None = None
    realized_pnl: str | None = None
    unrealized_pnl: str | None = None
    duration_ns: int | None = None
    event_id: str = ""
    ts_opened: Ns = 0
    ts_closed: Ns = 0
    ts_event: Ns = 0
    ts_init: Ns = 0


class AccountBalance(Struct, gc=False):
    total: str
    locked: str
    free: str
    currency: str


class MarginBalance(Struct, gc=False):
    initial: str
    maintenance: str
    currency: str
    instrument_id: str | None = None


class AccountState(Struct, gc=False, tag_field="type", tag=True):
    account_id: str
    account_type: str
    balances: list[AccountBalance]
    event_id: str
    base_currency: str | None = None
    margins: list[MarginBalance] = []
    reported: bool = False
    ts_event: Ns = 0
    ts_init: Ns = 0


class ComponentStateChanged(Struct, gc=False, tag_field="type", tag=True):
    trader_id: str
    component_id: str
    component_type: str
    state: str
    event_id: str = ""
    ts_event: Ns = 0
    ts_init: Ns = 0


class TradingStateChanged(Struct, gc=False, tag_field="type", tag=True):
    trader_id: str
    state: str
    config: dict[str, Any] | None = None
    event_id: str = ""
    ts_event: Ns = 0
    ts_init: Ns = 0


class ShutdownSystem(Struct, gc=False, tag_field="type", tag=True):
    trader_id: str = ""
    component_id: str = ""
    reason: str | None = None
    command_id: str = ""
    ts_init: Ns = 0


class Heartbeat(Struct, gc=False):
    ts_event: Ns


class Raw(Struct, gc=False):
    """Readable, but of no type known here: a map, or a bare value; `type` is '' where it names none."""

    type: str
    data: Any


class Garbage(Struct, gc=False):
    """What can't be read, and why."""

    reason: str
    payload: bytes


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
