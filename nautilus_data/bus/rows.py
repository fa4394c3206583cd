"""Rows: messages as rows of the datasets they belong to."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from nautilus_data.bus.cells import decimal, known, money, size, ticks
from nautilus_data.bus.makers import MAKERS
from nautilus_data.bus.message import Message
from nautilus_data.bus.payload import to_event
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
    MARGINS,
    ORDER_EVENTS,
    POSITIONS,
    QUOTES,
    RUNS,
    TRADES,
    Dataset,
    Series,
)

SOURCE = "nautilus"
RunOf = Callable[[str, int], int]
BarOf = Callable[[Message], int]
_MAX_BAR_TYPE = 500
# The names of 2.x.
_AGGRESSOR = MappingProxyType({"BUY": "BUYER", "SELL": "SELLER"})
# What these say was said on the order's own topic.
_REPEATS = ("events.fills.", "events.order_")
_UNREADABLE = (ValueError, TypeError, ArithmeticError, RecursionError)


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
        kind = type(message.body)
        try:
            if maker := _MAKERS.get(kind):
                maker(made, message, message.body, context)
            elif kind in MAKERS:
                _add(made, message, context)
        except _UNREADABLE as error:
            made.garbage.append((message, str(error) or type(error).__name__))
    return made


def _add(made: Rows, message: Message, context: Context) -> None:
    run_id = context.run_of(message.trader_id, message.entry)
    for dataset, row in list(MAKERS[type(message.body)](message, message.body, run_id)):
        made.datasets[dataset].append(row)


@lru_cache(maxsize=4096)
def bar_series(bar_type: str, adjustment: str = "raw") -> Series:
    """The Series of `<instrument_id>-<step>-<aggregation>-<price_type>-<source>`; symbols may hold dashes."""
    parts = bar_type.partition("@")[0].rsplit("-", 4)
    if len(bar_type) > _MAX_BAR_TYPE or len(parts) != 5 or not parts[0] or not parts[1].isdigit():
        raise ValueError(f"not a bar type: {bar_type[:100]!r}")
    instrument_id, step, aggregation, price_type, _ = parts
    timeframe = f"{int(step)}-{aggregation}"
    return Series(
        instrument_id=instrument_id, source=SOURCE, timeframe=timeframe, price_type=price_type, adjustment=adjustment
    )


def _no_bar(message: Message) -> int:
    return 0


def _quote(made: Rows, message: Message, tick: QuoteTick, context: Context) -> None:
    made.datasets[QUOTES].append(
        (
            tick.instrument_id, tick.ts_event, message.trader_id, message.entry, tick.ts_init,
            ticks(tick.bid_price), ticks(tick.ask_price), size(tick.bid_size), size(tick.ask_size),
        )
    )  # fmt: skip


def _trade(made: Rows, message: Message, tick: TradeTick, context: Context) -> None:
    made.datasets[TRADES].append(
        (
            tick.instrument_id, tick.ts_event, message.trader_id, message.entry, tick.ts_init,
            ticks(tick.price), size(tick.size), _AGGRESSOR.get(tick.aggressor_side, tick.aggressor_side), tick.trade_id,
        )
    )  # fmt: skip


def _bar(made: Rows, message: Message, bar: Bar, context: Context) -> None:
    made.series[bar_series(bar.bar_type, context.adjustment)].append(
        (
            bar.ts_event, bar.ts_init, ticks(bar.open), ticks(bar.high), ticks(bar.low), ticks(bar.close),
            size(bar.volume),
        )
    )  # fmt: skip


def _instrument(made: Rows, message: Message, item: InstrumentDefinition, context: Context) -> None:
    made.datasets[INSTRUMENTS].append(
        (
            item.id, item.raw_symbol, item.type, item.quote_currency, item.base_currency or "",
            item.settlement_currency or "", item.price_precision, item.size_precision,
            decimal(item.price_increment), decimal(item.multiplier), item.is_inverse, item.ts_init,
        )
    )  # fmt: skip


def _order(made: Rows, message: Message, event: OrderEvent, context: Context) -> None:
    run_id = context.run_of(message.trader_id, message.entry)
    if not message.topic.startswith(_REPEATS):
        body = msgspec.json.encode(to_event(event.payload)).decode()
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
    commission, currency = money(event.commission)
    row = (
        message.trader_id, run_id, event.event_id, message.entry, event.strategy_id, event.instrument_id,
        event.account_id or "", event.client_order_id, event.venue_order_id or "", event.trade_id or "",
        event.position_id or "", event.order_side or "", event.order_type or "", decimal(event.last_qty),
        decimal(event.last_px), event.currency or "", commission, currency, event.liquidity_side or "",
        event.ts_event, event.ts_init, context.bar_of(message),
    )  # fmt: skip
    made.seen_fills.add(key)
    made.datasets[FILLS].append(row)


def _position(made: Rows, message: Message, event: PositionEvent, context: Context) -> None:
    pnl, currency = money(event.realized_pnl)
    sign = {"LONG": "", "SHORT": "-"}.get(event.side)
    signed = "0" if sign is None else sign + decimal(event.quantity)
    made.datasets[POSITIONS].append(
        (
            message.trader_id, context.run_of(message.trader_id, message.entry), event.position_id,
            event.ts_opened or event.ts_event, message.entry, event.strategy_id, event.instrument_id,
            event.account_id, event.side, signed, decimal(event.peak_qty), event.avg_px_open,
            event.avg_px_close or math.nan, pnl, currency or event.currency,
            math.nan if not event.avg_px_close else known(event.realized_return),
            event.ts_closed, event.ts_event or event.ts_closed or event.ts_init,
        )
    )  # fmt: skip


def _account(made: Rows, message: Message, state: AccountState, context: Context) -> None:
    run_id = context.run_of(message.trader_id, message.entry)
    balances = [
        (
            message.trader_id, run_id, state.account_id, balance.currency, state.event_id, message.entry,
            state.account_type, state.base_currency or "", decimal(balance.total), decimal(balance.locked),
            decimal(balance.free), state.ts_event, state.ts_init,
        )
        for balance in state.balances
    ]  # fmt: skip
    margins = [
        (
            message.trader_id, run_id, state.account_id, margin.currency, margin.instrument_id or "", message.entry,
            decimal(margin.initial), decimal(margin.maintenance), state.ts_event, state.ts_init,
        )
        for margin in state.margins
    ]  # fmt: skip
    made.datasets[BALANCES].extend(balances)
    if margins:
        made.datasets[MARGINS].extend(margins)


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
