"""Logs: the newest log lines of all processes of this data folder, read from the ends of their files."""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from nautilus_data.core.timerange import NS_PER_S

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_COLUMNS = (
    "ts", "level", "role", "logger", "event", "fields", "exception", "correlation", "job", "pid",
)  # fmt: skip
_TEXTS = ("level", "role", "logger", "event", "exception", "correlation")
_BLOCK = 64_000
_MOST = 10_000
# A line of JSON writes them otherwise than they are looked for.
_ESCAPED = frozenset('"\\=') | {chr(code) for code in range(32)}


@dataclass(frozen=True)
class _Wanted:
    """What a line must have; empty: anything."""

    levels: frozenset[str]
    text: str
    correlation: str
    before: int
    after: int

    def may_match(self, raw: bytes) -> bool:
        """Is it worth reading? Most lines that are not wanted are told by their bytes."""
        if self.correlation and self.correlation.encode() not in raw:
            return False
        is_as_written = self.text and not _ESCAPED & set(self.text)
        return not is_as_written or self.text in raw.decode(errors="replace").casefold()

    def matches(self, line: Mapping[str, Any]) -> bool:
        is_of_request = not self.correlation or line["correlation"] == self.correlation
        return line["level"] in self.levels and is_of_request and line["ts"] < self.before and self._is_said(line)

    def _is_said(self, line: Mapping[str, Any]) -> bool:
        parts = (line["event"], line["logger"], line["exception"], *_words(line["fields"]))
        return not self.text or any(self.text in part.casefold() for part in parts)


class Logs:
    """Lines as they were written: without secrets. `folder` holds a file per role, and beside it the turned over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def roles(self) -> list[str]:
        """Whose lines there are: server, worker, engine, command."""
        return sorted({path.name.partition(".")[0] for path in self._folder.glob("*.jsonl*")})

    def tail(
        self,
        limit: int = 200,
        level: str | None = None,
        role: str | None = None,
        text: str = "",
        correlation: str = "",
        before: int | None = None,
        after: int = 0,
    ) -> pd.DataFrame:
        """The newest lines that match, newest first: of this level or above, after `after`, before `before` (ns).

        Columns: ts (ns), level, role, logger, event, fields (`key=value`, as text), exception, correlation, job (0: of
        none), pid. ValueError for a level or a limit that is none.
        """
        wanted = _Wanted(_at_least(level), text.casefold(), correlation, before or 2**63 - 1, after)
        roles = [one for one in self.roles() if not role or one == role]
        lines = heapq.merge(*(self._lines(one, wanted) for one in roles), key=_ts, reverse=True)
        found = sorted(islice(lines, _checked(limit)), key=_ts, reverse=True)
        rows = [{**line, "fields": " ".join(_words(line["fields"]))} for line in found]
        frame = pd.DataFrame(rows, columns=list(_COLUMNS))
        return frame.astype({"ts": "int64", "job": "int64", "pid": "int64"})

    def _lines(self, role: str, wanted: _Wanted) -> Iterator[dict[str, Any]]:
        with _Files(self._folder, role) as files:
            for raw in files.backwards():
                if wanted.after and not _is_newer(raw, wanted.after):
                    return
                line = _read(raw) if wanted.may_match(raw) else None
                if line is not None and wanted.matches(line):
                    yield line


class _Files:
    """The files of a role, opened newest first: what is turned over meanwhile is read where it went."""

    def __init__(self, folder: Path, role: str) -> None:
        self._first = folder / f"{role}.jsonl"
        self._open: dict[int, BinaryIO] = {}

    def __enter__(self) -> _Files:
        number, missed = 0, 0
        # One may be missing for a moment, between two renames.
        while missed < 2:
            path = self._first.with_name(f"{self._first.name}.{number}") if number else self._first
            missed += not self._take(path)
            number += 1
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()

    def backwards(self) -> Iterator[bytes]:
        for file in self._open.values():
            yield from _backwards(file)

    def _take(self, path: Path) -> bool:
        with suppress(OSError):
            file = path.open("rb")
            inode = os.fstat(file.fileno()).st_ino
            if inode in self._open:
                file.close()
            else:
                self._open[inode] = file
            return True
        return False


def _backwards(file: BinaryIO) -> Iterator[bytes]:
    """Lines from the last to the first, a block in memory at a time."""
    position, rest = file.seek(0, os.SEEK_END), b""
    while position:
        size = min(_BLOCK, position)
        position -= size
        file.seek(position)
        first, *lines = (file.read(size) + rest).split(b"\n")
        yield from filter(None, reversed(lines))
        rest = first
    if rest:
        yield rest


def _read(raw: bytes) -> dict[str, Any] | None:
    """A line; None for one that was written in part, or by somebody else."""
    try:
        line = json.loads(raw)
        told = {name: str(line.get(name, "")) for name in _TEXTS}
        numbers = {"ts": _ns(line["ts"]), "job": int(line.get("job", 0)), "pid": int(line["pid"])}
        return {**told, **numbers, "fields": dict(line["fields"])}
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _is_newer(raw: bytes, after: int) -> bool:
    """By its first field; a line written in part does not end the search."""
    line = _read(raw)
    return line is None or line["ts"] > after


def _ns(text: str) -> int:
    """Of 2026-11-26T00:20:20.445798998Z."""
    return int(datetime.fromisoformat(f"{text[:19]}+00:00").timestamp()) * NS_PER_S + int(text[20:29])


def _ts(line: Mapping[str, Any]) -> int:
    return line["ts"]


def _words(fields: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value}" for name, value in fields.items()]


def _at_least(level: str | None) -> frozenset[str]:
    named = (level or LEVELS[0]).upper()
    if named not in LEVELS:
        raise ValueError(f"there is no level {level!r}: ask for one of {', '.join(LEVELS)}")
    return frozenset(LEVELS[LEVELS.index(named) :])


def _checked(limit: int) -> int:
    if not 1 <= limit <= _MOST:
        raise ValueError(f"a limit of {limit} lines can't be read: ask for 1 to {_MOST}")
    return limit
