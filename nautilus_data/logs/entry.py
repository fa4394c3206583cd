"""Entry: a log record as one flat, secret-free mapping that every outlet writes as it is."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog

from nautilus_data.core.correlation import CORRELATION, JOB
from nautilus_data.core.redaction import HIDDEN, Redaction, is_secret_name
from nautilus_data.logs.template import template_of

Entry = MutableMapping[str, Any]
Processor = Callable[[Any, str, Entry], Entry]
_CLEAN = (str, int, bool, type(None))
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Entries:
    """Makes entries: a chain of structlog's kind, begun with the record and what it says."""

    def __init__(self, role: str, redaction: Redaction, clock: Callable[[], int] = time.time_ns) -> None:
        self._role, self._redaction, self._clock = role, redaction, clock
        self._last, self._lock = 0, threading.Lock()
        self._chain: tuple[Processor, ...] = (
            self._stamp, split_fields, add_extra, add_exception, add_context, self._hide_secrets,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        )  # fmt: skip

    def make(self, record: logging.LogRecord) -> Entry:
        """Also of a record whose arguments do not fit its message."""
        entry: Entry = {"_record": record, "_from_structlog": False}
        for processor in self._chain:
            entry = processor(None, record.levelname, entry)
        return entry

    def _stamp(self, _logger: object, _name: str, entry: Entry) -> Entry:
        record = entry["_record"]
        with self._lock:
            # No two of a process alike: the tail pages by it.
            self._last = max(self._clock(), self._last + 1)
            entry["ts"] = self._last
        return {
            **entry, "level": record.levelname, "logger": record.name, "role": self._role, "pid": os.getpid(),
        }  # fmt: skip

    def _hide_secrets(self, _logger: object, _name: str, entry: Entry) -> Entry:
        hide = self._redaction.hide
        if self._is_clean(entry):
            return entry
        fields = {hide(name): self._safe(name, value) for name, value in entry["fields"].items()}
        texts = {name: hide(entry[name]) for name in ("event", "message", "exception") if name in entry}
        return {**entry, **texts, "fields": fields}

    def _is_clean(self, entry: Entry) -> bool:
        """Nearly always; then one look at all texts together is enough."""
        fields = entry["fields"]
        if any(type(value) not in _CLEAN or is_secret_name(name) for name, value in fields.items()):
            return False
        values = (value for value in fields.values() if isinstance(value, str))
        whole = "\0".join((entry["event"], entry["message"], entry.get("exception", ""), *fields, *values))
        return self._redaction.hide(whole) == whole

    def _safe(self, name: str, value: object) -> object:
        """A number that is not one has no JSON; a text is looked through."""
        if is_secret_name(name):
            return HIDDEN
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        return value if value is None or isinstance(value, bool | int | float) else self._redaction.hide(str(value))


def split_fields(_logger: object, _name: str, entry: Entry) -> Entry:
    """Event and fields as the template of the call tells them apart, and the whole message."""
    record = entry["_record"]
    try:
        message = record.getMessage()
        template = template_of(record.msg) if record.args and isinstance(record.msg, str) else None
        event, fields = template.split(record.args) if template else (message, {})
    except Exception as error:
        # Somebody else's arguments, somebody else's __str__: the line is told all the same.
        event = message = f"{record.msg} (arguments that do not fit: {type(error).__name__})"
        fields = {}
    return {**entry, "event": event or message, "fields": fields, "message": message}


def add_extra(_logger: object, _name: str, entry: Entry) -> Entry:
    """What the call gave as `extra`, and what structlog's own loggers bind."""
    extra = {name: value for name, value in vars(entry["_record"]).items() if name not in _OWN}
    return {**entry, "fields": {**entry["fields"], **extra}} if extra else entry


def add_exception(_logger: object, _name: str, entry: Entry) -> Entry:
    """The traceback, never with the values of its frames."""
    record = entry["_record"]
    told = []
    if record.exc_info and record.exc_info[0]:
        told.append("".join(traceback.format_exception(*record.exc_info)).rstrip())
    elif record.exc_text:
        told.append(record.exc_text)
    if record.stack_info:
        told.append(record.stack_info)
    return {**entry, "exception": "\n".join(told)} if told else entry


def add_context(_logger: object, _name: str, entry: Entry) -> Entry:
    """Who asked for it: the correlation of a request or a job; of a message of the bus its stream and entry."""
    fields: Mapping[str, Any] = entry["fields"]
    correlation = CORRELATION.get() or (f"{fields['stream']}/{fields['entry']}" if _is_of_bus(fields) else "")
    job = JOB.get() or fields.get("job")
    more = {"correlation": correlation} if correlation else {}
    return {**entry, **more, **({"job": job} if isinstance(job, int) else {})}


def _is_of_bus(fields: Mapping[str, Any]) -> bool:
    return "stream" in fields and "entry" in fields
