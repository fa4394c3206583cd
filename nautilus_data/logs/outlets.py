"""Outlets: where an entry goes, standard error and the file of its role."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

from nautilus_data.logs.entry import Entries, Entry
from nautilus_data.logs.lines import LineFile

# A message of somebody else may be of any length.
_LONGEST = 20_000
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def as_json(entry: Entry) -> str:
    """One line; `ts` as people and programs read it, to the nanosecond."""
    shown = {name: _cut(value) for name, value in entry.items() if name not in ("message", "ts")}
    return json.dumps({"ts": say_ts(entry["ts"]), **shown}, ensure_ascii=False, default=str)


def as_text(entry: Entry) -> str:
    """`time level logger message`, as a terminal shows it, the traceback below."""
    seconds, rest = divmod(entry["ts"], 10**9)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    line = f"{when},{rest // 10**6:03d} {entry['level']:<7} {entry['logger']} {_on_one_line(_cut(entry['message']))}"
    told = f"{line} correlation={entry['correlation']}" if "correlation" in entry else line
    return f"{told}\n{_cut(entry['exception'])}" if "exception" in entry else told


def say_ts(ts: int) -> str:
    """Nanoseconds since 1970 as ISO 8601 in UTC."""
    seconds, rest = divmod(ts, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def _on_one_line(message: str) -> str:
    """What somebody sent must not look like a line of ours, nor steer a terminal."""
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], message.rstrip())


def _cut(value: Any) -> Any:
    is_long = isinstance(value, str) and len(value) > _LONGEST
    return f"{value[: _LONGEST // 2]} … {value[-_LONGEST // 2 :]}" if is_long else value


class Outlets(logging.Handler):
    """The one handler of the root logger: an entry is made once and written twice."""

    def __init__(
        self,
        entries: Entries,
        show: Callable[[Entry], str],
        file: LineFile | None = None,
        shown_level: int = logging.NOTSET,
        stream: TextIO | None = None,
    ) -> None:
        super().__init__()
        self._entries, self._show, self._file = entries, show, file
        self._shown_level, self._stream = shown_level, stream or sys.stderr

    def emit(self, record: logging.LogRecord) -> None:
        """A line that can't be made or written stops nobody, and is never shown raw."""
        try:
            entry = self._entries.make(record)
            if self._file is not None:
                self._file.write(as_json(entry))
            if record.levelno >= self._shown_level:
                self._stream.write(f"{self._show(entry)}\n")
                self._stream.flush()
        except Exception as error:
            self._say(f"a log line of {record.name} could not be written: {type(error).__name__}\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()

    def _say(self, line: str) -> None:
        try:
            self._stream.write(line)
        except (OSError, ValueError):
            # Nobody is left to be told.
            return
