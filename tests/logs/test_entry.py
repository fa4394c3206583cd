"""Entries: what a line of the log has, whoever wrote it, and what it never has."""

from __future__ import annotations

import json
import logging
import os
import sys

from nautilus_data.core.correlation import at_job, correlated
from nautilus_data.core.redaction import Redaction
from nautilus_data.logs.entry import Entries, Entry
from nautilus_data.logs.outlets import as_json

SECRET = "CANARY-4711-abcdef"


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError(SECRET)


def entries(*secrets: str) -> Entries:
    return Entries("worker", Redaction(secrets), clock=lambda: 1_795_000_000_000_000_000)


def made(message: object, *args: object, level: int = logging.INFO, error: bool = False, **extra: object) -> Entry:
    record = logging.getLogger("a.b").makeRecord(
        "a.b", level, "f.py", 1, message, args, sys.exc_info() if error else None, extra=extra
    )
    return entries(SECRET).make(record)


def test_an_entry_says_when_where_who_and_what() -> None:
    entry = made("worker started pid=%s", 7)
    assert entry == {
        "ts": 1_795_000_000_000_000_000, "level": "INFO", "logger": "a.b", "role": "worker", "pid": os.getpid(),
        "event": "worker started", "fields": {"pid": 7}, "message": "worker started pid=7",
    }  # fmt: skip


def test_two_entries_of_one_process_never_have_the_same_time() -> None:
    maker = entries()
    record = logging.makeLogRecord({"msg": "x"})
    assert [maker.make(record)["ts"] - 1_795_000_000_000_000_000 for _ in range(3)] == [0, 1, 2]


def test_an_entry_bears_the_correlation_and_the_job_it_was_made_in() -> None:
    with correlated("abc"):
        assert made("x")["correlation"] == "abc"
    with at_job(7, "abc"):
        assert (made("x")["correlation"], made("x")["job"]) == ("abc", 7)
    with at_job(8, ""):
        assert (made("x")["correlation"], made("x")["job"]) == ("job-8", 8)
    assert "correlation" not in made("x")
    assert "job" not in made("x")


def test_a_line_about_a_job_bears_it_outside_of_the_job_too() -> None:
    assert made("a job was left job=%s", 9)["job"] == 9


def test_a_line_about_a_message_of_the_bus_is_known_by_stream_and_entry() -> None:
    assert made("message not taken stream=%s entry=%s", "s", "1-0")["correlation"] == "s/1-0"


def test_secrets_are_in_no_part_of_an_entry() -> None:
    try:
        raise ValueError(f"asking https://x/y?api_key=hunter2 with {SECRET}")
    except ValueError:
        entry = made("asked %s key=%s", SECRET, f"a {SECRET}", error=True, password="hunter2", note=SECRET)
    told = as_json(entry)
    assert SECRET not in told
    assert "hunter2" not in told
    assert entry["fields"] == {"key": "a •••", "password": "•••", "note": "•••"}
    assert "ValueError: asking https://x/y?api_key=•••" in entry["exception"]


def test_a_traceback_is_without_the_values_of_its_frames() -> None:
    local = "only-in-a-local-variable"
    try:
        _ = local[0] / 2
    except TypeError:
        assert local not in made("x", error=True)["exception"].replace("local = ", "")


def test_arguments_that_do_not_fit_cost_neither_the_line_nor_a_secret() -> None:
    entry = made("broken %d", SECRET)
    assert entry["event"] == "broken %d (arguments that do not fit: TypeError)"
    assert SECRET not in as_json(entry)


def test_a_value_that_can_not_be_told_costs_neither_the_line_nor_a_secret() -> None:
    entry = made("broken it=%s", Unprintable())
    assert "RuntimeError" in entry["event"]
    assert SECRET not in as_json(entry)


def test_numbers_that_are_none_are_told_as_json_can() -> None:
    entry = made("x a=%s b=%s", float("nan"), float("-inf"))
    assert json.loads(as_json(entry), parse_constant=lambda name: 1 / 0)["fields"] == {"a": "nan", "b": "-inf"}


def test_a_message_that_is_no_text_is_told() -> None:
    assert made({"a": 1})["event"] == "{'a': 1}"
