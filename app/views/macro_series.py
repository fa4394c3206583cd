"""Macro series: one series as known at a time, its last periods, the versions of one, what a search found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from app.views import table
from app.views.macro import age, decimals, how_known, last_dates, number, source_name, with_units
from app.views.macro_days import NOT_KNOWN, date, period
from app.views.macro_sheet import Cell, Column, Row, Section
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange

SPANS = {"1 year": 1, "5 years": 5, "10 years": 10, "20 years": 20, "all": 0}
MOST_PERIODS = 60
PERIODS = (
    Column("period", "Period", is_head=True),
    Column("value", "Value", is_number=True, is_main=True),
    Column("known", "Known since"),
    Column("how", "How it is known", is_long=True),
)
VERSIONS = (
    Column("known", "Known since", is_head=True),
    Column("value", "Value", is_number=True, is_main=True),
    Column("change", "Revised by", is_number=True),
    Column("how", "How it is known", is_long=True),
)
FOUND = (
    Column("title", "Found at FRED: a click adds it", is_head=True, is_long=True),
    Column("units", "Units", is_long=True),
    Column("frequency", "Frequency"),
)
_UNITS = {"yoy": "%", "z": "sd"}
_FAR = 100 * 366 * NS_PER_DAY


def span_of(name: str, at: int) -> TimeRange | None:
    """So many years up to a time, and what is said of the future; None: all."""
    years = SPANS.get(name, 0)
    return TimeRange(at - years * 365 * NS_PER_DAY - years // 4 * NS_PER_DAY, at + _FAR) if years else None


def options(frame: pd.DataFrame, *others: str) -> dict[str, str]:
    """Name and id of each series to choose from; others by their id alone."""
    names = dict(zip(frame["series_id"], frame["name"], strict=True))
    named = {f"{name} · {series_id}": series_id for series_id, name in names.items()}
    return named | {other: other for other in others if other and other not in names}


def units_of(row: Mapping[str, Any], how: str) -> str:
    """Of what a transform makes of a series."""
    units = row.get("units", "")
    if how in ("change", "year_change"):
        return "pp" if units == "%" else units
    return _UNITS.get(how, units)


def words(row: Mapping[str, Any], frame: pd.DataFrame | None, how: str, told_how: str) -> str:
    """What is on the chart, in a line."""
    parts = [row["name"], row["series_id"], told_how, units_of(row, how), source_name(row["source"])]
    drawn = last_dates(frame) if frame is not None else ""
    state = row["note"] if row["state"] == "data" else ": ".join(filter(None, (row["state"], row["note"])))
    return " · ".join(part for part in (*parts, drawn, state) if part)


def periods(frame: pd.DataFrame, row: Mapping[str, Any], how: str, zone: str, at: int) -> Section:
    """The newest first; a click on one shows its versions."""
    newest = frame.tail(MOST_PERIODS).iloc[::-1]
    rows = tuple(_period(one, row, how, zone, at) for one in newest.to_dict("records"))
    note = f"the newest {len(rows)} of {len(frame):,}; all are in the CSV" if len(frame) > len(rows) else ""
    return Section("Last periods: a click shows the versions of one", rows, note, "No value in this span.")


def versions(frame: pd.DataFrame | None, ts_event: int | None, row: Mapping[str, Any], zone: str, at: int) -> Section:
    """Every version of one period known by then, the first one first, and what each changed."""
    if frame is None or ts_event is None:
        return Section("Versions", (), "", "Choose a period: what was published of it, and when, is shown here.")
    before = [float("nan"), *frame["value"]]
    rows = tuple(
        Row(
            (
                Cell(table.when(one["ts_init"], zone), age(one["ts_init"], at)),
                Cell(shown(one["value"], "level"), row["units"]),
                Cell(number(one["value"] - earlier, (one["value"], earlier), is_signed=True)),
                Cell(one["known_by"], title=how_known(one["known_by"])),
            )
        )
        for one, earlier in zip(frame.to_dict("records"), before, strict=False)
    )
    title = f"Versions of {period(ts_event, row['frequency'])}"
    return Section(title, rows, f"times in {zone}", "Nothing of it was known then.")


def found(hits: Iterable[Any]) -> Section:
    """What FRED has by these words; the key is the id."""
    rows = tuple(
        Row((Cell(hit.name, hit.symbol), Cell(hit.currency), Cell(hit.exchange)), key=hit.symbol) for hit in hits
    )
    return Section("", rows, "", "FRED has nothing by these words.")


def told(row: Mapping[str, Any], how: str, day: str, now: str, notice: str) -> Sequence[str]:
    """First lines of the file."""
    return (
        f"{row['series_id']}: {row['name']}; {row.get('title', '')}",
        f"shown as {how}; units {units_of(row, how) or 'none'}; source {source_name(row['source'])}",
        f"as known {f'at the end of {day} in New York' if day else f'at {now} UTC'}; nothing published later",
        "ts_event: date of the period; ts_init: since when this version was known (UTC); known_by: vintage, rule, seen",
        notice,
    )


def _period(one: Mapping[str, Any], row: Mapping[str, Any], how: str, zone: str, at: int) -> Row:
    units = units_of(row, how)
    cells = (
        Cell(period(one["ts_event"], row["frequency"]), title=date(one["ts_event"])),
        Cell(with_units(shown(one["value"], how), units if one["value"] == one["value"] else "")),
        Cell(table.day(one["ts_init"], zone), age(one["ts_init"], at), title=table.when(one["ts_init"], zone)),
        Cell(one["known_by"], title=how_known(one["known_by"])),
    )
    return Row(cells, str(one["ts_event"]))


def shown(value: float, how: str) -> str:
    """As it was published; what was computed with two decimals; of a period without a value that it is missing."""
    if value != value:
        return "missing" if how == "level" else NOT_KNOWN
    return number(value) if how == "level" else table.number(value, 2 if how in _UNITS else decimals(value))
