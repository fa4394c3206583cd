"""Makers: rows of the messages that need no more than themselves and their run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType
from typing import Any

from nautilus_data.bus.cells import decimal, flag, json, known, money, short
from nautilus_data.bus.documents import Command, Report, Snapshot, text
from nautilus_data.bus.message import Message
from nautilus_data.bus.newer import FundingRateUpdate, IndexPriceUpdate, MarkPriceUpdate, OptionGreeks
from nautilus_data.bus.payload import nanoseconds
from nautilus_data.bus.records import (
    InstrumentClose,
    InstrumentStatus,
    PositionAdjusted,
    Raw,
    ShutdownSystem,
    TradingStateChanged,
)
from nautilus_data.core.dataset import (
    COMMANDS,
    EXECUTION_REPORTS,
    INSTRUMENT_CLOSES,
    INSTRUMENT_STATUS,
    OPTION_GREEKS,
    POSITION_ADJUSTMENTS,
    PRICE_UPDATES,
    RAW_MESSAGES,
    SNAPSHOTS,
    TRADING_STATES,
    Dataset,
)
from nautilus_data.core.entry import entry_ns

Row = tuple[Dataset, tuple]
_GREEKS = ("delta", "gamma", "vega", "theta", "rho")
_KINDS = MappingProxyType({MarkPriceUpdate: "MARK", IndexPriceUpdate: "INDEX", FundingRateUpdate: "FUNDING"})
_SNAPSHOT_TIMES = ("ts_snapshot", "ts_last", "ts_event", "ts_init")
_MAX_NS = 2**63 - 1


def _status(message: Message, body: InstrumentStatus, run_id: int) -> Iterator[Row]:
    yield INSTRUMENT_STATUS, (
        body.instrument_id, body.ts_event, message.trader_id, message.entry, body.ts_init, body.action,
        body.reason or "", body.trading_event or "", flag(body.is_trading), flag(body.is_quoting),
        flag(body.is_short_sell_restricted),
    )  # fmt: skip


def _close(message: Message, body: InstrumentClose, run_id: int) -> Iterator[Row]:
    yield INSTRUMENT_CLOSES, (
        body.instrument_id, body.ts_event, message.trader_id, message.entry, body.ts_init,
        decimal(body.close_price), body.close_type,
    )  # fmt: skip


def _price(message: Message, body: Any, run_id: int) -> Iterator[Row]:
    value = body.rate if type(body) is FundingRateUpdate else body.value
    yield PRICE_UPDATES, (
        body.instrument_id, _KINDS[type(body)], body.ts_event, message.trader_id, message.entry, body.ts_init,
        decimal(value),
    )  # fmt: skip


def _greeks(message: Message, body: OptionGreeks, run_id: int) -> Iterator[Row]:
    yield OPTION_GREEKS, (
        body.instrument_id, body.ts_event, message.trader_id, message.entry, body.ts_init,
        *(known(body.greeks.get(name)) for name in _GREEKS), known(body.mark_iv), known(body.bid_iv),
        known(body.ask_iv), known(body.underlying_price), known(body.open_interest),
    )  # fmt: skip


def _trading_state(message: Message, body: TradingStateChanged, run_id: int) -> Iterator[Row]:
    event_id = body.event_id or str(message.entry)
    yield TRADING_STATES, (
        message.trader_id, run_id, event_id, message.entry, body.state, body.ts_event, body.ts_init,
        json(body.config or {}),
    )  # fmt: skip


def _report(message: Message, body: Report, run_id: int) -> Iterator[Row]:
    venue = text(body.data, "venue") or message.topic.split(".")[2:3]
    for number, report in enumerate(body.reports):
        data = report.data
        report_id = text(data, "report_id") or f"{message.entry}-{number}"
        yield EXECUTION_REPORTS, (
            message.trader_id, run_id, report_id, message.entry, report.type, "".join(venue),
            text(data, "account_id"), text(data, "instrument_id"), text(data, "venue_order_id"),
            _time(data, "ts_init"), _body(data),
        )  # fmt: skip


def _shutdown(message: Message, body: ShutdownSystem, run_id: int) -> Iterator[Row]:
    told = {"component_id": body.component_id, "reason": body.reason, "command_id": body.command_id}
    yield COMMANDS, (
        message.trader_id, run_id, body.command_id or str(message.entry), message.entry, "ShutdownSystem",
        body.component_id, body.reason or "", body.ts_init, json({"type": "ShutdownSystem", **told}),
    )  # fmt: skip


def _command(message: Message, body: Command, run_id: int) -> Iterator[Row]:
    data = body.data
    yield COMMANDS, (
        message.trader_id, run_id, text(data, "command_id") or str(message.entry), message.entry, body.type,
        text(data, "strategy_id"), text(data, "reason"), _time(data, "ts_init"), _body(data),
    )  # fmt: skip


def _snapshot(message: Message, body: Snapshot, run_id: int) -> Iterator[Row]:
    moment = next((found for name in _SNAPSHOT_TIMES if (found := _time(body.data, name))), 0)
    subject_id = body.subject_id or message.topic.replace(":", ".").split(".", 2)[-1]
    yield SNAPSHOTS, (message.trader_id, run_id, body.kind, subject_id, message.entry, moment, _body(body.data))


def _adjustment(message: Message, body: PositionAdjusted, run_id: int) -> Iterator[Row]:
    change, currency = money(body.pnl_change)
    yield POSITION_ADJUSTMENTS, (
        message.trader_id, run_id, body.event_id, message.entry, body.strategy_id, body.instrument_id,
        body.account_id, body.position_id, body.adjustment_type, decimal(body.quantity_change), change, currency,
        body.reason or "", body.ts_event, body.ts_init,
    )  # fmt: skip


def _raw(message: Message, body: Raw, run_id: int) -> Iterator[Row]:
    yield RAW_MESSAGES, (
        message.stream, message.entry, message.trader_id, message.topic, body.type, entry_ns(message.entry),
        short(body.data),
    )  # fmt: skip


def _body(data: dict[str, Any]) -> str:
    """JSON of a map, alike for every configuration: times as digits."""
    return json({key: str(_time(data, key)) if str(key).startswith("ts_") else data[key] for key in data})


def _time(data: dict[str, Any], name: str) -> int:
    """A time of a map, however it is written; raises ValueError."""
    moment = int(nanoseconds(data.get(name)))
    if not 0 <= moment <= _MAX_NS:
        raise ValueError(f"{name} is out of range")
    return moment


MAKERS: MappingProxyType[type, Callable[[Message, Any, int], Iterable[Row]]] = MappingProxyType(
    {
        InstrumentStatus: _status,
        InstrumentClose: _close,
        **dict.fromkeys(_KINDS, _price),
        OptionGreeks: _greeks,
        TradingStateChanged: _trading_state,
        Report: _report,
        ShutdownSystem: _shutdown,
        Command: _command,
        Snapshot: _snapshot,
        PositionAdjusted: _adjustment,
        Raw: _raw,
    }
)
