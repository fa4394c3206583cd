"""System tables: columns of users, sessions, keys, share links, audit entries, settings, jobs and log lines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from app.views import numbers, table
from app.views.table import Context, Field

_MARKS = MappingProxyType(
    {"allowed": "●", "refused": "▲", "failed": "■", "SUCCEEDED": "●", "FAILED": "■", "CANCELLED": "◆", "QUEUED": "◷",
     "RUNNING": "▶", "ERROR": "■", "CRITICAL": "■", "WARNING": "▲", "INFO": "●", "DEBUG": "○"}
)  # fmt: skip
_DOORS = MappingProxyType({"session": "browser", "token": "script"})
_MS = 1_000_000


def _text(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.UNKNOWN if value is None or value == "" or value != value else str(value)


def _marked(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return f"{_MARKS[value]} {str(value).lower()}" if value in _MARKS else str(value)


def _time(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.when(value, context.zone)


def _moment(value: Any, row: Mapping[str, Any], context: Context) -> str:
    """To the millisecond: lines of one request lie close together."""
    return f"{numbers.clock(int(value), context.zone)}.{int(value) // _MS % 1_000:03d}" if value else table.UNKNOWN


def _ever(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.when(value, context.zone) if value else "never"


def _end(value: Any, row: Mapping[str, Any], context: Context) -> str:
    if not value:
        return "no end"
    told = table.when(value, context.zone)
    return told if value > context.now else f"▲ expired {told}"


def _locked(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return f"◆ locked until {numbers.clock(int(value), context.zone, False)}" if value > context.now else "open"


def _count(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return numbers.count(value)


def _areas(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return ", ".join(value) or "all of REST"


def _door(value: Any, row: Mapping[str, Any], context: Context) -> str:
    told = _DOORS.get(value, str(value))
    return f"● {told}, this one" if row.get("is_this") else told


def _amounts(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return "hidden" if value else "▲ shown"


def _by_itself(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return value or "the dashboard"


def _value(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return f"●●● {value}" if row["is_secret"] and value == "set" else _text(value, row, context)


def _origin(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return str(value) if value == "default" else f"◆ {value}"


def _job(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return str(value) if value else table.UNKNOWN


def _progress(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return f"{row['done']:,} of {row['total']:,}" if row.get("total") else table.UNKNOWN


_number = partial(Field, is_number=True)
USERS = (
    Field("name", "User", _text),
    Field("role", "Role", _text),
    Field("locked_until", "Login", _locked),
    _number("sessions", "Sessions", _count),
    _number("keys", "Keys", _count),
    Field("ts_last_login", "Last login", _ever),
    Field("ts_created", "Added", _time),
    Field("oauth", "OAuth name", _text),
)
SESSIONS = (
    Field("user", "User", _text),
    Field("door", "From", _door),
    Field("ts_created", "Logged in", _time),
    Field("ts_seen", "Seen", _time),
    Field("ts_expires", "Ends", _time),
    Field("address", "Address", _text),
    # Last, as the longest: what is behind it would be out of sight.
    Field("agent", "Program", _text),
)
KEYS = (
    Field("title", "For", _text),
    Field("owner", "Owner", _text),
    Field("role", "Role", _text),
    Field("ts_last_used", "Last used", _ever),
    Field("ts_expires", "Ends", _end),
    Field("ts_created", "Made", _time),
    Field("ref", "Name", _text),
    Field("areas", "Areas", _areas),
)
LINKS = (
    Field("page", "Page", _text),
    Field("owner", "Made by", _text),
    Field("hides_amounts", "Amounts", _amounts),
    Field("ts_opened", "First opened", _ever),
    Field("ts_expires", "Ends", _end),
    Field("ts_created", "Made", _time),
    Field("ref", "Name", _text),
    Field("query", "Chosen on it", _text),
)
AUDIT = (
    _number("seq", "No.", _count),
    Field("ts", "Time", _moment),
    Field("actor", "Who", _by_itself),
    Field("role", "Role", _text),
    Field("door", "By", _text),
    Field("act", "Act", _text),
    Field("outcome", "Outcome", _marked),
    Field("target", "On", _text),
    Field("detail", "Detail", _text),
    Field("address", "From", _text),
    Field("correlation", "Request", _text),
)
SETTINGS = (
    Field("name", "Setting", _text),
    Field("value", "Value", _value),
    Field("origin", "From", _origin),
    Field("description", "Meaning", _text),
)
JOBS = (
    _number("id", "Job", _text),
    Field("kind", "Kind", _text),
    Field("title", "What", _text),
    Field("status", "State", _marked),
    _number("done", "Done", _progress),
    Field("actor", "Asked by", _by_itself),
    Field("correlation", "Request", _text),
    Field("ts_created", "Asked", _time),
    Field("ts_finished", "Ended", _time),
    Field("message", "Result or reason", _text),
)
LOGS = (
    Field("ts", "Time", _moment),
    Field("level", "Level", _marked),
    Field("role", "Process", _text),
    Field("event", "Event", _text, width=230),
    # Cut off where it is long: a click shows the line whole.
    Field("fields", "Fields", _text, width=470),
    Field("correlation", "Request", _text),
    _number("job", "Job", _job),
    Field("logger", "Logger", _text),
)
