"""What NautilusTrader publishes, as typed records.

Prices, quantities and money stay the strings they are on the wire; timestamps become int nanoseconds.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

Ns = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Precision = Annotated[int, Meta(ge=0, le=38)]


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
    side: str | None
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
    price_precision: Precision
    price_increment: str
    quote_currency: str = ""
    base_currency: str | None = None
    settlement_currency: str | None = None
    size_precision: Precision = 0
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
    """PositionOpened, PositionChanged or PositionClosed; `peak_quantity` and `duration` are what 2.x calls two keys."""

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
    peak_qty: str = ""
    peak_quantity: str = ""
    last_qty: str | None = None
    last_px: str | None = None
    currency: str = ""
    avg_px_open: float
    avg_px_close: float | None = None
    realized_return: float | None = None
    realized_pnl: str | None = None
    unrealized_pnl: str | None = None
    duration_ns: int | None = None
    duration: int | None = None
    event_id: str = ""
    ts_opened: Ns = 0
    ts_closed: Ns = 0
    ts_event: Ns = 0
    ts_init: Ns = 0

    def __post_init__(self) -> None:
        if not self.peak_qty:
            # 2.x opens a position without it.
            self.peak_qty = self.peak_quantity or self.quantity
        if self.duration_ns is None:
            self.duration_ns = self.duration


class PositionAdjusted(Struct, gc=False, tag_field="type", tag=True):
    """What changed a position without a trade, such as funding or a commission in its base currency."""

    trader_id: str
    strategy_id: str
    instrument_id: str
    position_id: str
    account_id: str
    adjustment_type: str
    event_id: str
    quantity_change: str | None = None
    pnl_change: str | None = None
    reason: str | None = None
    ts_event: Ns = 0
    ts_init: Ns = 0


def _amount(text: str) -> str:
    """`999.68` of `999.68 USD`, as 2.x writes amounts that have their currency beside them."""
    return text.partition(" ")[0]


class AccountBalance(Struct, gc=False):
    total: str
    locked: str
    free: str
    currency: str

    def __post_init__(self) -> None:
        self.total, self.locked, self.free = _amount(self.total), _amount(self.locked), _amount(self.free)


class MarginBalance(Struct, gc=False):
    initial: str
    maintenance: str
    currency: str
    instrument_id: str | None = None

    def __post_init__(self) -> None:
        self.initial, self.maintenance = _amount(self.initial), _amount(self.maintenance)


class AccountState(Struct, gc=False, tag_field="type", tag=True):
    account_id: str
    account_type: str
    balances: list[AccountBalance]
    event_id: str
    base_currency: str | None = None
    margins: list[MarginBalance] = []
    reported: bool = False
    is_reported: bool = False
    ts_event: Ns = 0
    ts_init: Ns = 0

    def __post_init__(self) -> None:
        self.reported = self.reported or self.is_reported


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
