"""Components, the machine and log lines as cards and words."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from app.views import system, system_tables, table
from app.views.cards import Tone
from app.views.table import Context
from nautilus_data.services.system import COMPONENT, Place
from tests.app.conftest import NOW

HOUR = 3_600 * 10**9


def place(**changes: object) -> Place:
    told = {"folder": "/data", "size_bytes": 5_000_000, "free_bytes": 60_000_000_000, "total_bytes": 200_000_000_000,
            "memory_bytes": 1, "ts_started": NOW - HOUR, "host": "desk", "pid": 7}  # fmt: skip
    return Place(**{**told, **changes})


def disk(**changes: object) -> Tone:
    cards = {card.key: card for card in system.place(place(**changes), "UTC").cards}
    return cards["disk"].tone


def test_little_disk_is_marked_before_there_is_none() -> None:
    assert disk() is Tone.OK
    assert disk(free_bytes=4_000_000_000) is Tone.WARN
    assert disk(free_bytes=400_000_000) is Tone.BAD


def test_what_runs_and_what_is_asked_stand_apart() -> None:
    rows = [
        ("worker", "Worker", "process", "not running", "bad", "0.1", NOW - HOUR, NOW, "no worker has run yet"),
        ("yahoo", "Yahoo Finance", "source", "switched off", "off", "", 0, 0, "switched off"),
    ]
    parts, sources = system.components(pd.DataFrame(rows, columns=list(COMPONENT)), "UTC")
    assert [(card.key, card.tone, card.since) for card in parts.cards] == [("worker", Tone.BAD, NOW)]
    assert parts.cards[0].note.endswith("heard") and "since 20" in parts.cards[0].note
    assert [(card.key, card.tone, card.note) for card in sources.cards] == [("yahoo", Tone.NONE, "switched off")]


def test_a_broken_chain_is_told_with_its_entry() -> None:
    found = SimpleNamespace(ok=False, entries=9, head="ab" * 32, broken=4, problem="entry 4 was changed")
    card = system.verdict(found, NOW, "UTC").cards[0]
    assert (card.value, card.tone, card.note) == ("broken at entry 4", Tone.BAD, "entry 4 was changed")


def test_a_line_is_shown_whole_a_field_on_each_line() -> None:
    row = {"ts": NOW, "level": "ERROR", "role": "worker", "logger": "x", "pid": 7, "event": "failed", "job": 3,
           "fields": "a=1 reason=no such host b=2", "exception": "Traceback"}  # fmt: skip
    lines = system.whole_line(row, "UTC").text.splitlines()
    assert lines[1:] == ["failed", "a=1", "reason=no such host", "b=2", "job 3", "Traceback"]


def test_lines_of_one_moment_have_keys_of_their_own() -> None:
    lines = pd.DataFrame({"ts": [NOW, NOW, NOW], "role": ["worker", "worker", "server"], "pid": [1, 1, 2]})
    assert system.keyed(lines)["key"].is_unique


def test_keys_say_when_they_end_and_that_they_were_never_used() -> None:
    rows = pd.DataFrame(
        [
            {"title": "a", "owner": "ann", "role": "viewer", "ts_last_used": 0, "ts_expires": 0, "ts_created": NOW,
             "ref": "k1", "areas": ()},
            {"title": "b", "owner": "ann", "role": "viewer", "ts_last_used": NOW, "ts_expires": NOW - 1,
             "ts_created": NOW, "ref": "k2", "areas": ("macro",)},
        ]
    )  # fmt: skip
    shown = table.render(rows, system_tables.KEYS, Context(now=NOW))
    assert shown["Ends"].tolist()[0] == "no end" and shown["Ends"].tolist()[1].startswith("▲ expired")
    assert shown["Last used"].tolist()[0] == "never" and shown["Areas"].tolist() == ["all of REST", "macro"]


def test_a_name_that_must_wait_is_marked_until_it_need_not() -> None:
    row = {"name": "ann", "role": "admin", "sessions": 1, "keys": 0, "ts_last_login": 0, "ts_created": NOW, "oauth": ""}
    rows = pd.DataFrame([{**row, "locked_until": NOW + HOUR}, {**row, "locked_until": NOW - HOUR}])
    shown = table.render(rows, system_tables.USERS, Context(now=NOW))
    assert shown["Login"].tolist()[0].startswith("◆ locked until") and shown["Login"].tolist()[1] == "open"


def test_a_secret_that_is_set_is_told_apart_from_a_value_set() -> None:
    rows = [{"name": "A", "value": "set", "origin": "environment", "is_secret": True, "description": ""},
            {"name": "B", "value": "set", "origin": "default", "is_secret": False, "description": ""}]  # fmt: skip
    shown = table.render(pd.DataFrame(rows), system_tables.SETTINGS, Context())
    assert shown["Value"].tolist() == ["●●● set", "set"] and shown["From"].tolist() == ["◆ environment", "default"]
