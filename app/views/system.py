"""System: what runs here, in which versions and on how much disk, as groups of cards."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any

import pandas as pd

from app.views import numbers
from app.views.cards import Card, Group, Tone

_TONES = MappingProxyType({"ok": Tone.OK, "warn": Tone.WARN, "bad": Tone.BAD, "off": Tone.NONE})
# Less than this share of the disk, or this many bytes, is little; a tenth of it is nearly nothing.
_LITTLE_SHARE, _LITTLE_BYTES = 0.05, 5e9
# Values may hold blanks.
_FIELD = re.compile(r" (?=\w+=)")
_PROCESSES = ("process", "bus", "database")


def place(told: Any, zone: str) -> Group:
    """The machine under it; its age is counted in the browser."""
    disk = f"of {numbers.size(told.total_bytes)}"
    return Group(
        "place", "This machine",
        (
            Card("uptime", "Server up for", since=told.ts_started, note=f"since {_at(told.ts_started, zone)}"),
            Card("folder", "Data folder", numbers.size(told.size_bytes), note=told.folder),
            Card("disk", "Disk left", numbers.size(told.free_bytes), _disk_tone(told), disk),
            Card("memory", "Memory of the server", numbers.size(told.memory_bytes), note=f"process {told.pid}"),
            Card("host", "Host", told.host, note=f"times are in {zone}"),
        ),
        rest="system.place",
    )  # fmt: skip


def components(frame: pd.DataFrame, zone: str) -> list[Group]:
    """What runs, then what is asked."""
    rows = frame.to_dict("records")
    parts = tuple(_process(row, zone) for row in rows if row["kind"] in _PROCESSES)
    sources = tuple(_source(row) for row in rows if row["kind"] == "source")
    rest = "system.components"
    return [
        Group("components", "Components", parts, rest=rest), Group("sources", "Sources", sources, "rows", rest=rest)
    ]  # fmt: skip


def versions(frame: pd.DataFrame) -> Group:
    """Of Python and packages, one card each."""
    cards = tuple(
        Card(row["name"], row["name"], row["version"] or row["note"], note=row["note"] if row["version"] else "")
        for row in frame.to_dict("records")
    )
    return Group("versions", "Versions", cards, "strip", rest="system.versions")


def verdict(found: Any, at: int, zone: str) -> Group:
    """What came of checking the audit log."""
    state, tone = ("whole", Tone.OK) if found.ok else (f"broken at entry {found.broken:,}", Tone.BAD)
    told = found.problem or "every entry is as it was written"
    return Group(
        "verdict", f"The chain, checked {_at(at, zone)} {zone}",
        (
            Card("chain", "Chain", state, tone, told),
            Card("entries", "Entries", numbers.count(found.entries)),
            Card("head", "Head: note it elsewhere", found.head[:16], note=f"{found.head}: shows that none was cut off"),
        ),
    )  # fmt: skip


def keyed(lines: pd.DataFrame) -> pd.DataFrame:
    """Log lines with a `key` each: two of one process may bear the same time."""
    place = lines.groupby(["ts", "role", "pid"]).cumcount().astype(str)
    return lines.assign(key=lines["ts"].astype(str) + lines["role"] + lines["pid"].astype(str) + "-" + place)


def whole_line(row: dict[str, Any], zone: str) -> Group:
    """One log line with all it says."""
    head = f"{_at(row['ts'], zone)} {zone}  {row['level']}  {row['role']}  {row['logger']}  process {row['pid']}"
    job = f"job {row['job']}" if row["job"] else ""
    parts = (head, row["event"], *_FIELD.split(row["fields"]), job, row["exception"])
    return Group("line", "The line", kind="log", text="\n".join(part for part in parts if part))


def _process(row: dict[str, Any], zone: str) -> Card:
    since = f"since {_at(row['ts_started'], zone)}" if row["ts_started"] else ""
    heard = "heard" if row["ts_seen"] else ""
    note = " · ".join(part for part in (row["version"], row["note"], since, heard) if part)
    return Card(row["name"], row["title"], row["state"], _TONES[row["health"]], note, row["ts_seen"])


def _source(row: dict[str, Any]) -> Card:
    note = " · ".join(part for part in (row["note"], "answered" if row["ts_seen"] else "") if part)
    return Card(row["name"], row["title"], row["state"], _TONES[row["health"]], note, row["ts_seen"])


def _disk_tone(told: Any) -> Tone:
    share = told.free_bytes / told.total_bytes if told.total_bytes else 0.0
    if share < _LITTLE_SHARE / 10 or told.free_bytes < _LITTLE_BYTES / 10:
        return Tone.BAD
    return Tone.WARN if share < _LITTLE_SHARE or told.free_bytes < _LITTLE_BYTES else Tone.OK


def _at(ts: int, zone: str) -> str:
    return numbers.clock(int(ts), zone)
