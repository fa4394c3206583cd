"""Backfill tables: columns of jobs, requests, answers, schedules, instruments and refused rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from app.views import numbers, table
from app.views.table import Context, Field
from nautilus_data.core.dataset import NO_DATA, say_dataset, show_timeframe

_MARKS = MappingProxyType(
    {"DONE": "●", "EMPTY": "○", "REFUSED": "▲", "FAILED": "■", "NOT_ASKED": "◷", "succeeded": "●", "failed": "■",
     "cancelled": "◆", "queued": "◷", "running": "▶", "paused": "◆", "stopping": "◆", "trying again": "◆", "on": "●",
     "off": "○"}
)  # fmt: skip


def _plain(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.UNKNOWN if value is None or value == "" or value != value else str(value)


def _marked(value: Any, row: Mapping[str, Any], context: Context) -> str:
    text = str(value).lower().replace("_", " ")
    return f"{_MARKS[value]} {text}" if value in _MARKS else text


def _count(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.UNKNOWN if value is None or value != value else numbers.count(value)


def _expected(value: Any, row: Mapping[str, Any], context: Context) -> str:
    # Of what comes when it is published nobody knows how much there is.
    return numbers.count(value) if value else table.UNKNOWN


def _rows(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return numbers.count(value) if row.get("ts_answered") else table.UNKNOWN


def _attempts(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return numbers.count(value) if value else table.UNKNOWN


def _time(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.when(value, context.zone)


def _what(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return say_dataset(str(value)) if value != "bars" else show_timeframe(str(row["timeframe"]))


def _progress(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return f"{row['done']:,} of {row['total']:,}" if row.get("total") else table.UNKNOWN


def _every(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return numbers.age(value) if value else table.UNKNOWN


def _aliases(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return ", ".join(f"{source}: {symbol}" for source, symbol in sorted((value or {}).items())) or table.UNKNOWN


def _answer(value: Any, row: Mapping[str, Any], context: Context) -> str:
    if not value:
        return "● rows came, those there are"
    return f"○ {value}" if value == NO_DATA else f"▲ refused: {value}"


_number = partial(Field, is_number=True)
JOBS = (
    _number("id", "Job", _plain),
    Field("title", "Series", _plain),
    Field("status", "State", _marked),
    _number("done", "Requests", _progress),
    Field("ts_created", "Asked", _time),
    Field("ts_finished", "Ended", _time),
    Field("actor", "Asked by", _plain),
    Field("correlation", "Request id", _plain),
    # Last, as the longest: what is behind it would be out of sight.
    Field("message", "Result or reason", _plain),
)
PLANNED = (
    _number("ordinal", "No.", _plain),
    _number("expected", "Rows expected", _expected),
    _number("cost", "Cost", _count),
    Field("start", "From", _time),
    Field("end", "To", _time),
)
REQUESTS = (
    _number("ordinal", "No.", _plain),
    Field("state", "State", _marked),
    Field("start", "From", _time),
    Field("end", "To", _time),
    _number("rows", "Rows", _rows),
    _number("expected", "Expected", _expected),
    _number("attempts", "Attempts", _attempts),
    Field("ts_asked", "Asked", _time),
    Field("ts_answered", "Answered", _time),
    Field("error", "Error or remark", _plain),
)
CELL_REQUESTS = (_number("job", "Job", _plain), *REQUESTS)
ANSWERS = (
    Field("start", "From", _time),
    Field("end", "To", _time),
    Field("reason", "Answer", _answer),
)
BAD_ROWS = (
    Field("ts_seen", "Seen", _time),
    Field("instrument_id", "Instrument", _plain),
    Field("source", "Source", _plain),
    Field("dataset", "What", _what),
    Field("ts_event", "Time of the row", _time),
    Field("reason", "Why it was refused", _plain),
    _number("job", "Job", _plain),
    Field("row", "As it came", _plain),
)
SCHEDULES = (
    Field("instrument_id", "Instrument", _plain),
    Field("what", "What", _plain),
    Field("source", "Source", _plain),
    Field("state", "Top-up", _marked),
    _number("every_s", "Every", _every),
    Field("ts_next", "Next", _time),
    Field("ts_last", "Last", _time),
    _number("last_job", "Last job", _attempts),
)
INSTRUMENTS = (
    Field("instrument_id", "Instrument", _plain),
    Field("name", "Name", _plain),
    Field("kind", "Kind", _plain),
    Field("currency", "Currency", _plain),
    Field("aliases", "Symbols at the sources", _aliases),
    Field("origin", "Known from", _plain),
)
