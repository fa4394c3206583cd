"""Macro: series as known at a time, as rows of a sheet: value, change, when it was known and how, how it stands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from app.views import table
from app.views.macro_days import NOT_KNOWN, date, period
from app.views.macro_sheet import Cell, Column, Row, Section
from app.views.macro_spark import spark
from nautilus_data.core.macro_series import Category
from nautilus_data.core.observation import Known
from nautilus_data.core.timerange import NS_PER_DAY

DASHBOARD = (
    Column("name", "Series", is_head=True, is_long=True),
    Column("spark", "Last values"),
    Column("value", "Last", is_number=True, is_main=True),
    Column("period", "Period"),
    Column("change", "To previous", is_number=True),
    Column("year", "Over a year", is_number=True),
    Column("known", "Known since"),
    Column("next", "Next release"),
    Column("source", "Source"),
    Column("state", "State", is_long=True),
)
_SOURCES = {"fred": "FRED", "arch": "arch package", "yahoo": "Yahoo", "interactive_brokers": "Interactive Brokers"}
_HOW = {
    "vintage": ("V", "vintage: published that day, as the archive (ALFRED) says"),
    "rule": ("R", "rule: by the usual lag of the series; nobody kept the real moment"),
    "seen": ("S", "seen: it was first seen here then"),
}
_STATES = {
    "data": ("", ""), "loading": ("loading", "muted"), "refused": ("refused", "bad"), "empty": ("empty", "muted"),
    "not asked": ("not asked", "muted"), "unavailable": ("unavailable", "warn"),
    "not known then": ("not known then", "muted"),
}  # fmt: skip
_LATE = "late:"
_MOST_DECIMALS = 4
# After so many days without a newer value a series, by its frequency, or a factor is old.
_OLD_DAYS = {"D": 15, "W": 31, "M": 100, "Q": 200, "A": 800}
OLD_FACTOR_DAYS = 200
# A change of these is told in their own units: a percentage of them says little.
_OWN_UNITS = ("%", "pp", "0 or 1")


def dashboard(frame: pd.DataFrame, sparks: Mapping[str, Known], at: int, zone: str) -> list[Section]:
    """Series by category; `at` is the time they were asked as of."""
    rows = {category.value: [] for category in Category}
    for row in frame.to_dict("records"):
        rows[row["category"]].append(_row(row, sparks.get(row["series_id"]), at, zone))
    return [Section(name, tuple(found), _count(found)) for name, found in rows.items() if found]


def source_name(name: str) -> str:
    return _SOURCES.get(name, name)


def how_known(known_by: str) -> str:
    """vintage, rule or seen, and what that means."""
    return _HOW[known_by][1] if known_by in _HOW else ""


def number(value: float, like: tuple[float, ...] = (), is_signed: bool = False) -> str:
    """With the decimals the values have that it was made of; those of itself when none are named."""
    if not math.isfinite(value):
        return NOT_KNOWN
    return table.number(value, max(map(decimals, like or (value,))), is_signed)


def decimals(value: float) -> int:
    """Those a value was published with, four at most."""
    if not math.isfinite(value):
        return 0
    text = f"{round(value, _MOST_DECIMALS):.{_MOST_DECIMALS}f}".rstrip("0")
    return len(text.partition(".")[2])


def with_units(text: str, units: str) -> str:
    """`4.1 %`, `22,010.5 bn $`; an index, whose number stands for itself, alone."""
    return text if text == NOT_KNOWN or units in ("index", "0 or 1", "") else f"{text} {units}"


def age(ns: int, at: int) -> str:
    """`3 d ago`; after the time asked for nothing is known."""
    return f"{table.age(ns, at)} ago" if ns else ""


def is_old(ns: int, at: int, days: int) -> bool:
    """Has nothing newer come for so many days?"""
    return bool(ns) and at - ns > days * NS_PER_DAY


def state_cell(row: Mapping[str, Any], at: int) -> Cell:
    """How a series stands, in a word, and why."""
    note = row["note"]
    if row["state"] == "data" and note:
        is_late = note.startswith(_LATE)
        return Cell("late" if is_late else "last request failed", note.removeprefix(_LATE).strip(), "warn", note)
    if row["state"] == "data" and is_old(row["ts_init"], at, _OLD_DAYS.get(row["frequency"], 800)):
        return Cell("old", "no newer value is known", "warn")
    word, tone = _STATES.get(row["state"], (row["state"], ""))
    # Why FRED can't be asked stands above all rows.
    return Cell(word, "" if row["state"] == "unavailable" else _short(note), tone, note)


def _row(row: Mapping[str, Any], known: Known | None, at: int, zone: str) -> Row:
    name = Cell(row["name"], row["series_id"], title=row["title"])
    line = spark(known.values, known.dates) if known is not None else ""
    shown = () if not row["ts_init"] else _value_cells(row, at, zone)
    cells = (name, Cell(svg=line), *(shown or (Cell(),) * 5), _next(row, zone), _source(row), state_cell(row, at))
    return Row(cells, row["series_id"], "" if shown else "faint")


def _value_cells(row: Mapping[str, Any], at: int, zone: str) -> tuple[Cell, ...]:
    like = (row["value"], row["previous"])
    change, year = row["change"], _over_a_year(row)
    return (
        Cell(number(row["value"], like), row["units"]),
        Cell(period(row["ts_event"], row["frequency"])),
        Cell(number(change, like, is_signed=True), tone=_tone(change)),
        year,
        Cell(table.day(row["ts_init"], zone), age(row["ts_init"], at), title=_moment(row["ts_init"], zone)),
    )


def _over_a_year(row: Mapping[str, Any]) -> Cell:
    """In percent; of what is in percent itself, or was not positive, in its own units."""
    if row["units"] in _OWN_UNITS or not math.isfinite(row["yoy"]):
        change = row["change_year"]
        units = "pp" if row["units"] == "%" else row["units"]
        text = with_units(number(change, (row["value"], row["previous"]), is_signed=True), units)
        return Cell(text, tone=_tone(change), title="change over a year, in its units")
    return Cell(f"{table.number(row['yoy'], 1, is_signed=True)} %", tone=_tone(row["yoy"]), title="over a year")


def _next(row: Mapping[str, Any], zone: str) -> Cell:
    if not row["ts_next"]:
        return Cell()
    return Cell(table.day(row["ts_next"], zone), row["release"], title=_moment(row["ts_next"], zone))


def _source(row: Mapping[str, Any]) -> Cell:
    if not row["source"]:
        return Cell()
    letter = _HOW.get(row["known_by"], ("", ""))[0]
    return Cell(" · ".join(filter(None, (source_name(row["source"]), letter))), title=how_known(row["known_by"]))


def _moment(ns: int, zone: str) -> str:
    return f"{table.when(ns, zone)} {zone}"


def _tone(change: float) -> str:
    return "up" if change > 0 else "down" if change < 0 else ""


def _count(rows: list[Row]) -> str:
    known = sum(not row.tone for row in rows)
    return f"{known} of {len(rows)} with a value"


def _short(note: str) -> str:
    """The first sentence; the whole is shown to the mouse."""
    head = note.split(". ")[0].split("; ")[0]
    return head if len(head) <= 70 else f"{head[:67]}…"


def last_dates(frame: pd.DataFrame) -> str:
    """`2024-01-01 to 2024-03-01, 3 values` of observations."""
    known = frame[frame["value"].notna()]
    if known.empty:
        return "no value"
    first, last = (date(known["ts_event"].iloc[place]) for place in (0, -1))
    return f"{first} to {last}, {len(known):,} values"
