"""Macro calendar: releases by day, the next one first, and whether what each brings has come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from app.views import table
from app.views.macro_sheet import Cell, Chip, Column, Row, Section
from nautilus_data.core.timerange import NS_PER_DAY

BEFORE, AHEAD = 14 * NS_PER_DAY, 42 * NS_PER_DAY
CALENDAR = (
    Column("day", "Day", is_main=True),
    Column("release", "Release", is_head=True, is_long=True),
    Column("series", "Brings: a click shows the series", is_long=True),
    Column("come", "Has it come?", is_long=True),
)
_HOUR = 3_600 * 10**9
# What is published as often as this in the time shown is told by its nearest date alone.
_OFTEN = 12


def calendar(releases: pd.DataFrame, series: pd.DataFrame, at: int, zone: str) -> list[Section]:
    """What is ahead, then what is behind, the nearest first in both."""
    if releases.empty:
        return [Section("Releases", (), "", "No release date is known: FRED tells them once it is asked for a series.")]
    known = dict(zip(series["series_id"], series["ts_init"], strict=True))
    counts = releases["release_id"].value_counts()
    often = set(counts[counts >= _OFTEN].index)
    rows = releases.to_dict("records")
    ahead = _nearest([row for row in rows if row["ts_event"] > at], often)
    behind = _nearest([row for row in reversed(rows) if row["ts_event"] <= at], often)
    return [
        Section("Ahead", tuple(_row(row, known, at, zone) for row in ahead), f"times in {zone}", "Nothing is ahead."),
        Section("Behind", tuple(_row(row, known, at, zone) for row in behind), "", "Nothing was published."),
    ]


def _nearest(rows: list[dict[str, Any]], often: set[str]) -> list[dict[str, Any]]:
    """Each row, but of a frequent release the first alone; it says so."""
    kept, seen = [], set()
    for row in rows:
        if row["release_id"] not in seen:
            kept.append({**row, "is_often": row["release_id"] in often})
        if row["release_id"] in often:
            seen.add(row["release_id"])
    return kept


def _row(row: Mapping[str, Any], known: Mapping[str, int], at: int, zone: str) -> Row:
    is_out = row["ts_event"] <= at
    come = {name: known.get(name, 0) >= row["ts_event"] - _HOUR for name in row["series"]}
    chips = tuple(_chip(name, is_out, has_come) for name, has_come in come.items())
    there, of = sum(come.values()), len(come)
    said = (f"{there} of {of} since then", "ok" if there == of else "warn") if is_out else ("not out yet", "muted")
    often = "; its other dates are left out, there are many" if row["is_often"] else ""
    name = Cell(row["release"], f"release {row['release_id']}{often}")
    when = table.when(row["ts_event"], zone)
    day = Cell(
        when[:16], _distance(row["ts_event"], at), title=f"FRED said so {table.when(row['ts_seen'], zone)} {zone}"
    )
    return Row((day, name, Cell(chips=chips), Cell(said[0], tone=said[1])))


def _chip(name: str, is_out: bool, has_come: bool) -> Chip:
    if not is_out:
        return Chip(name, "", "not out yet", name)
    title = "a value came since this release" if has_come else "no value came since this release"
    return Chip(name, "ok" if has_come else "warn", title, name)


def _distance(ns: int, at: int) -> str:
    days = (ns - at) / NS_PER_DAY
    if abs(days) < 1:
        return f"in {days * 24:.0f} h" if days > 0 else f"{-days * 24:.0f} h ago"
    return f"in {days:.0f} d" if days > 0 else f"{-days:.0f} d ago"
