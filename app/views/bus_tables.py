"""Bus tables: columns of streams, incidents and dead letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from app.views import numbers, table
from app.views.bus import lost, short
from app.views.table import Context, Field
from nautilus_data.core.timerange import NS_PER_S

_MARKS = MappingProxyType(
    {"live": "●", "idle": "○", "silent": "◆", "gone": "■", "dead": "■", "queued": "◷", "replayed": "●"}
)


def _plain(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.UNKNOWN if value is None or value == "" or value != value else str(value)


def _short(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return short(str(value))


def _topic(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return str(value or row["stream"])


def _marked(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return f"{_MARKS[value]} {value}" if value in _MARKS else str(value)


def _count(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.UNKNOWN if value is None or value != value or value < 0 else numbers.count(value)


def _of(show: Callable[[Any], str], value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.UNKNOWN if value is None or value < 0 else show(value)


def _age(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.age(value, context.now)


def _time(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.when(value, context.zone)


def _cleared(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.when(value, context.zone) if value else "◆ open"


def _lasted(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return numbers.age(((row["ts_cleared"] or context.now) - value) / NS_PER_S)


def _severity(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return {"bad": "■ bad", "warn": "◆ warn"}.get(value, str(value))


def _lost(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return lost(row["kind"], int(value)) if value else table.UNKNOWN


_number = partial(Field, is_number=True)
STREAMS = (
    Field("topic", "Topic", _topic),
    Field("trader_id", "Trader", _plain),
    Field("state", "State", _marked),
    _number("rate", "Rate", partial(_of, numbers.rate)),
    _number("last_message_at", "Last", _age),
    _number("entries", "Entries", _count),
    _number("read", "Read", _count),
    _number("lag", "Lag", _count),
    _number("memory_bytes", "Memory", partial(_of, numbers.size)),
    Field("is_trimmed", "Trimmed", _plain),
    Field("first_id", "First id", _plain),
    Field("last_id", "Last id", _plain),
    Field("first_at", "First written", _time),
)
INCIDENTS = (
    Field("ts_started", "Since", _time),
    Field("kind", "Kind", _plain),
    Field("severity", "Severity", _severity),
    Field("subject", "Subject", _short),
    _number("count", "Entries", _lost),
    Field("ts_cleared", "Cleared", _cleared),
    _number("ts_started", "Lasted", _lasted),
    Field("evidence", "Cleared by", _plain),
    Field("detail", "Detail", _plain),
    Field("from_id", "From id", _plain),
    Field("to_id", "To id", _plain),
    Field("ts_detected", "Detected", _time),
    Field("trader_id", "Trader", _plain),
    Field("reader", "Told by", _plain),
)
DEAD_LETTERS = (
    Field("ts_last", "Failed", _time),
    Field("state", "State", _marked),
    Field("topic", "Topic", _topic),
    Field("reason", "Reason", _plain),
    Field("handler", "Handler", _plain),
    _number("attempts", "Attempts", _count),
    _number("size", "Size", partial(_of, numbers.size)),
    Field("trader_id", "Trader", _plain),
    Field("entry_id", "Entry", _plain),
)
