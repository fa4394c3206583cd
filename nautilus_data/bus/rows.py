"""Rows: messages as rows of the datasets they belong to."""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from nautilus_data.bus.message import Message
from nautilus_data.bus.payload import to_plain
from nautilus_data.bus.records import (
    AccountState,
    Bar,
    ComponentStateChanged,
    Garbage,
    InstrumentDefinition,
    OrderEvent,
    PositionEvent,
    QuoteTick,
    TradeTick,
)
from nautilus_data.core.dataset import (
    BALANCES,
    COMPONENTS,
    FILLS,
    INSTRUMENTS,
    ORDER_EVENTS,
    POSITIONS,
    QUOTES,
    RUNS,
    TRADES,
    Dataset,
    Series,
)
from nautilus_data.core.instrument import PRICE_DECIMALS, to_ticks

logger = logging.getLogger(__name__)

SOURCE = "nautilus"
RunOf = Callable[[str, int], int]
BarOf = Callable[[Message], int]
_MAX_EXPONENT = 40
_MAX_INT64 = 2**63 - 1


@dataclass(frozen=True)
class Rows:
    """Tuples in the column order of their Dataset; bars by their Series; what could not be read, and why."""

    datasets: dict[Dataset, list[tuple]] = field(default_factory=lambda: defaultdict(list))
    series: dict[Series, list[tuple]] = field(default_factory=lambda: defaultdict(list))
    garbage: list[tuple[Message, str]] = field(default_factory=list)
    seen_fills: set[tuple[str, str]] = field(default_factory=set)

    @property
    def everything(self) -> dict[Dataset | Series, list[tuple]]:
        return {**self.datasets, **self.series}


@dataclass(frozen=True)
class Context:
    """What a row needs beyond its message."""

    run_of: RunOf
    bar_of: BarOf
    adjustment: str


def rows(
    messages: Iterable[Message],
    run_of: RunOf,
    *,
    bar_of: BarOf | None = None,
    adjustment: str = "raw",
) -> Rows:
    """Sort messages into rows; never raises on what a message holds.

    `run_of(trader_id, entry)` names the run an entry belongs to; `bar_of(message)` gives a fill's `ts_bar`.
    """
    made = Rows()
    context = Context(run_of, bar_of or _no_bar, adjustment)
    for message in messages:
        maker = _MAKERS.get(type(message.body))
        if maker is None:
            continue
        try:
            maker(made, message, message.body, context)
        except (ValueError, InvalidOperation, TypeError) as error:
            made.garbage.append((message, str(error) or type(error).__name__))
    return made


@lru_cache(maxsize=4096)
def bar_series(bar_type: str, adjustment: str = "raw") -> Series:
    """The Series of `<instrument_id>-<step>-<aggregation>-<price_type>-<source>`; symbols may hold dashes."""
    parts = bar_type.partition("@")[0].rsplit("-", 4)
    if len(parts) != 5 or not parts[0] or not parts[1].isdigit():
        raise ValueError(f"not a bar type: {bar_type!r}")
    instrument_id, step, aggregation, price_type, _ = parts
    timeframe = f"{int(step)}-{aggregation}"
    return Series(
        instrument_id=instrument_id, source=SOURCE, timeframe=timeframe, price_type=price_type, adjustment=adjustment
    )


@lru_cache(maxsize=65_536)
def _ticks(price: str) -> int:
    # `to_ticks` on the two halves of the text: a tenth of the time Decimal takes.
    whole, _, fraction = price.partition(".")
    digits = fraction.rstrip("0")
    if len(digits) <= PRICE_DECIMALS and (whole + digits).removeprefix("-").isdigit():
        ticks = int(whole + digits.ljust(PRICE_DECIMALS, "0"))
    else:
        ticks = to_ticks(price)
    if abs(ticks) > _MAX_INT64:
        raise ValueError(f"price {price} does not fit")
    return ticks


def _size(text: str) -> float:
    size = float(text)
    if not math.isfinite(size):
        raise ValueError(f"not a size: {text!r}")
    return size


def _decimal(text: str | None) -> str:
    """The text if it is a number; '' for none."""
    if text is None:
        return ""
    number = Decimal(text)
    # An exponent beyond any money would take whoever sums it up half a minute.
    if not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT:
        raise ValueError(f"not a number: {text[:50]!r}")
    return text


def _money(text: str | None) -> tuple[str, str]:
    """`("-3.15", "USD")` of `"-3.15 USD"`."""
    amount, _, currency = (text or "").partition(" ")
    return _decimal(amount or None), currency


def _known(value: float | None) -> float:
    return value or math.nan


def _no_bar(message: Message) -> int:
    return 0


def _quote(made: Rows, message: Message, tick: QuoteTick, context: Context) -> None:
    made.datasets[QUOTES].append(
        (
            tick.instrument_id, tick.ts_event, message.trader_id, message.entry, tick.ts_init,
            _ticks(tick.bid_price), _ticks(tick.ask_price), _size(tick.bid_size), _size(tick.ask_size),
        )
    )  # fmt: skip


def _trade(made: Rows, message: Message, tick: TradeTick, context: Context) -> None:
    made.datasets[TRADES].append(
        (
            tick.instrument_id, tick.ts_event, message.trader_id, message.entry, tick.ts_init,
            _ticks(tick.price), _size(tick.size), tick.aggressor_side, tick.trade_id,
        )
    )  # fmt: skip


def _bar(made: Rows, message: Message, bar: Bar, context: Context) -> None:
    made.series[bar_series(bar.bar_type, context.adjustment)].append(
        (
            bar.ts_event, bar.ts_init, _ticks(bar.open), _ticks(bar.high), _ticks(bar.low), _ticks(bar.close),
            _size(bar.volume),
        )
    )  # fmt: skip


def _instrument(made: Rows, message: Message, item: InstrumentDefinition, context: Context) -> None:
    made.datasets[INSTRUMENTS].append(
        (
            item.id, item.raw_symbol, item.type, item.quote_currency, item.base_currency or "",
            item.settlement_currency or "", item.price_precision, item.size_precision,
            _decimal(item.price_increment), _decimal(item.multiplier), item.is_inverse, item.ts_init,
        )
    )  # fmt: skip


def _order(made: Rows, message: Message, event: OrderEvent, context: Context) -> None:
    run_id = context.run_of(message.trader_id, message.entry)
    # The fills topic repeats what the order topic says.
    if not message.topic.startswith("events.fills."):
        body = msgspec.json.encode(to_plain(event.payload)).decode()
        made.datasets[ORDER_EVENTS].append(
            (
                message.trader_id, run_id, event.client_order_id, event.event_id, message.entry, event.type,
                event.strategy_id, event.instrument_id, event.account_id or "", event.venue_order_id or "",
                event.ts_event, event.ts_init, body,
            )
        )  # fmt: skip
    if event.is_fill:
        _fill(made, message, event, context, run_id)


def _fill(made: Rows, message: Message, event: OrderEvent, context: Context, run_id: int) -> None:
    key = (message.trader_id, event.event_id)
    if key in made.seen_fills:
        return
    if event.last_qty is None or event.last_px is None:
        raise ValueError("a fill without last_qty or last_px")
    commission, currency = _money(event.commission)
    row = (
        message.trader_id, run_id, event.event_id, message.entry, event.strategy_id, event.instrument_id,
        event.account_id or "", event.client_order_id, event.venue_order_id or "", event.trade_id or "",
        event.position_id or "", event.order_side or "", event.order_type or "", _decimal(event.last_qty),
        _decimal(event.last_px), event.currency or "", commission, currency, event.liquidity_side or "",
        event.ts_event, event.ts_init, context.bar_of(message),
    )  # fmt: skip
    made.seen_fills.add(key)
    made.datasets[FILLS].append(row)


def _position(made: Rows, message: Message, event: PositionEvent, context: Context) -> None:
    pnl, currency = _money(event.realized_pnl)
    sign = {"LONG": "", "SHORT": "-"}.get(event.side)
    signed = "0" if sign is None else sign + _decimal(event.quantity)
    made.datasets[POSITIONS].append(
        (
            message.trader_id, context.run_of(message.trader_id, message.entry), event.position_id,
            event.ts_opened or event.ts_event, message.entry, event.strategy_id, event.instrument_id,
            event.account_id, event.side, signed, _decimal(event.peak_qty), event.avg_px_open,
            _known(event.avg_px_close), pnl, currency or event.currency,
            math.nan if not event.avg_px_close else _nan_if_none(event.realized_return),
            event.ts_closed, event.ts_event or event.ts_closed or event.ts_init,
        )
    )  # fmt: skip


def _nan_if_none(value: float | None) -> float:
    return math.nan if value is None else value


def _account(made: Rows, message: Message, state: AccountState, context: Context) -> None:
    run_id = context.run_of(message.trader_id, message.entry)
    balances = [
        (
            message.trader_id, run_id, state.account_id, balance.currency, state.event_id, message.entry,
            state.account_type, state.base_currency or "", _decimal(balance.total), _decimal(balance.locked),
            _decimal(balance.free), state.ts_event, state.ts_init,
        )
        for balance in state.balances
    ]  # fmt: skip
    made.datasets[BALANCES].extend(balances)


def _component(made: Rows, message: Message, event: ComponentStateChanged, context: Context) -> None:
    run_id = context.run_of(message.trader_id, message.entry)
    made.datasets[COMPONENTS].append(
        (
            message.trader_id, event.component_id, event.component_type, event.state, run_id, message.entry,
            event.ts_event, event.ts_init,
        )
    )  # fmt: skip
    if message.is_run_start:
        made.datasets[RUNS].append((message.trader_id, run_id, message.entry))


def _garbage(made: Rows, message: Message, body: Garbage, context: Context) -> None:
    made.garbage.append((message, body.reason))


_MAKERS: MappingProxyType[type, Callable[[Rows, Message, Any, Context], None]] = MappingProxyType(
    {
        QuoteTick: _quote,
        TradeTick: _trade,
        Bar: _bar,
        InstrumentDefinition: _instrument,
        OrderEvent: _order,
        PositionEvent: _position,
        AccountState: _account,
        ComponentStateChanged: _component,
        Garbage: _garbage,
    }
)
