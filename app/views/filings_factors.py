"""Factors of a company: how each stood at a time, or why it has no value."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from app.views import table
from app.views.filings import known_since
from app.views.macro import number
from app.views.macro_days import NOT_KNOWN, date
from app.views.macro_sheet import Cell, Column, Row, Section

FACTORS = (
    Column("factor", "Factor: a click shows its history", is_head=True, is_long=True),
    Column("value", "Value", is_number=True, is_main=True),
    Column("direction", "Found"),
    Column("about", "About"),
    Column("known", "Known since"),
    Column("reason", "Why there is none", is_long=True),
)
_DIRECTIONS = {
    "+": ("+", "high values were followed by high returns"), "-": ("−", "high values were followed by low returns"),
    "?": ("?", "studies differ"), "0": ("0", "no relation to returns is known"),
}  # fmt: skip
_DECIMALS = 3


def listed(scores: pd.DataFrame | None, at: int, zone: str, empty: str, notice: str = "") -> list[Section]:
    """By family; the key is the factor's. None: not computed yet. `notice` belongs beside these values."""
    families: dict[str, list[Row]] = {}
    for row in scores.to_dict("records") if scores is not None else ():
        families.setdefault(row["family"], []).append(_row(row, at, zone))
    if not families:
        return [Section("", (), "", empty)]
    sections = [Section(name, tuple(rows)) for name, rows in families.items()]
    return [*sections, Section("", (), "", notice)] if notice else sections


def facts(factor: Any, row: Mapping[str, Any] | None) -> str:
    """What it is, as HTML: value, formula, reference, parts."""
    parts = [
        ("Formula", factor.formula), ("Units", factor.units), ("Reference", factor.reference),
        ("Found", _DIRECTIONS.get(factor.direction, ("", ""))[1]), ("Evidence", factor.evidence),
        ("Note", factor.note), ("Point in time", row["pit"] if row else factor.pit),
        ("Made of", _components(row)), ("No value", row["reason"] if row else ""),
    ]  # fmt: skip
    told = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in parts if text)
    value = _value(row) if row else ""
    return f"<h3>{escape(factor.title)} <b>{escape(value)}</b></h3><dl>{told}</dl>"


def _value(row: Mapping[str, Any], name: str = "value") -> str:
    return number(round(row[name], _DECIMALS)) if row[name] == row[name] else NOT_KNOWN


def _row(row: Mapping[str, Any], at: int, zone: str) -> Row:
    is_known = row["value"] == row["value"]
    sign, meaning = _DIRECTIONS.get(row["direction"], ("", ""))
    before = f"was {_value(row, 'previous')}" if is_known and row["previous"] == row["previous"] else ""
    units = "" if row["units"] in ("ratio", "score", "0 or 1", "") else row["units"]
    cells = (
        Cell(row["title"], row["pit"], title=f"point in time: {row['pit']}; {row['evidence']}"),
        Cell(" ".join(filter(None, (_value(row), units if is_known else ""))), before),
        Cell(sign, title=meaning),
        Cell(date(row["ts_event"]) if row["ts_event"] else ""),
        known_since(row["ts_init"], at, zone),
        Cell(row["problem"] or row["reason"][:160], tone="bad" if row["problem"] else "muted", title=row["reason"]),
    )
    return Row(cells, row["key"], "" if is_known else "faint")


def _components(row: Mapping[str, Any] | None) -> str:
    if not row or not row["components"]:
        return ""
    return " · ".join(
        f"{name} {table.number(round(value, _DECIMALS)) if value == value else NOT_KNOWN}"
        for name, value in row["components"].items()
    )
