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
    Column("time", "Time", is_main=True),
    Column("release", "Release", is_head=True, is_long=True),
    Column("series", "Brings: a click shows the series", is_long=True),
    Column("come", "Has it come?", is_long=True),
)
_HOUR = 3_600 * 10**9


def calendar(releases: pd.DataFrame, series: pd.DataFrame, at: int, zone: str) -> list[Section]:
    """Days ahead, then days behind, the nearest first in both."""
    known = dict(zip(series["series_id"], series["ts_init"], strict=True))
    ahead, behind = ({} for _ in range(2))
    for row in releases.to_dict("records"):
        days = behind if row["ts_event"] <= at else ahead
        days.setdefault(table.day(row["ts_event"], zone), []).append(row)
    coming = [_section(day, rows, known, at, zone) for day, rows in ahead.items()]
    past = [_section(day, rows, known, at, zone) for day, rows in reversed(behind.items())]
    nothing = "No release date is known: FRED tells them once it has been asked for a series."
    return [*coming, *past] if releases.shape[0] else [Section("Releases", (), "", nothing)]


def _section(day: str, rows: list[dict[str, Any]], known: Mapping[str, int], at: int, zone: str) -> Section:
    return Section(day, tuple(_row(row, known, at, zone) for row in rows), _distance(rows[0]["ts_event"], at))


def _row(row: Mapping[str, Any], known: Mapping[str, int], at: int, zone: str) -> Row:
    is_out = row["ts_event"] <= at
    come = {name: known.get(name, 0) >= row["ts_event"] - _HOUR for name in row["series"]}
    chips = tuple(_chip(name, is_out, has_come) for name, has_come in come.items())
    there, of = sum(come.values()), len(come)
    said = (f"{there} of {of} since then", "ok" if there == of else "warn") if is_out else ("not out yet", "muted")
    name = Cell(row["release"], f"release {row['release_id']}")
    when = Cell(table.when(row["ts_event"], zone)[11:16], zone, title=f"said {table.when(row['ts_seen'], zone)} {zone}")
    return Row((when, name, Cell(chips=chips), Cell(said[0], tone=said[1])), tone="" if is_out else "ahead")


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
