"""Outlets: what is shown and what is kept of an entry."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

from nautilus_data.core.redaction import Redaction
from nautilus_data.logs.entry import Entries
from nautilus_data.logs.lines import LineFile
from nautilus_data.logs.outlets import Outlets, as_json, as_text, say_ts


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError("the terminal is gone")


def outlets(stream: io.StringIO, file: LineFile | None = None, shown_level: int = 0) -> Outlets:
    return Outlets(Entries("server", Redaction()), as_text, file, shown_level, stream)


def record(text: str, *args: object, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("a", level, "f.py", 1, text, args, None)


def test_a_line_is_shown_as_text_and_kept_as_json(tmp_path: Path) -> None:
    stream, path = io.StringIO(), tmp_path / "server.jsonl"
    outlets(stream, LineFile(path)).emit(record("started port=%s", 5006))
    assert stream.getvalue().endswith(" INFO    a started port=5006\n")
    assert json.loads(path.read_text())["fields"] == {"port": 5006}


def test_below_its_level_a_line_is_kept_and_not_shown(tmp_path: Path) -> None:
    stream, path = io.StringIO(), tmp_path / "command.jsonl"
    outlets(stream, LineFile(path), logging.WARNING).emit(record("quiet"))
    assert not stream.getvalue()
    assert "quiet" in path.read_text()


def test_what_somebody_sent_can_not_look_like_a_line_of_ours() -> None:
    stream = io.StringIO()
    outlets(stream).emit(record("asked path=%s", "/\n2026-01-01 00:00:00,000 INFO    a all is well\x1b[2J\r"))
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()
    assert r"path=/\n2026-01-01" in stream.getvalue()


def test_a_terminal_that_is_gone_stops_nobody_and_the_file_has_the_line(tmp_path: Path) -> None:
    path = tmp_path / "server.jsonl"
    outlets(Broken(), LineFile(path)).emit(record("still told"))
    assert "still told" in path.read_text()


def test_a_message_of_any_length_is_cut() -> None:
    stream = io.StringIO()
    outlets(stream).emit(record("%s", "x" * 1_000_000))
    assert len(stream.getvalue()) < 30_000


def test_times_are_utc_to_the_nanosecond() -> None:
    assert say_ts(1_795_652_420_000_000_007) == "2026-11-26T00:20:20.000000007Z"
    line = json.loads(as_json(Entries("server", Redaction(), clock=lambda: 1).make(record("x"))))
    assert line["ts"] == "1970-01-01T00:00:00.000000001Z"
