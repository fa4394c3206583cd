"""Macro factors: how each stood at a time, what it is made of, and how old that is."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from app.views import table
from app.views.macro import OLD_FACTOR_DAYS, age, how_known, is_old, number, source_name, state_cell, with_units
from app.views.macro_days import date, period
from app.views.macro_sheet import Cell, Chip, Column, Row, Section

FACTORS = (
    Column("factor", "Factor", is_head=True, is_long=True),
    Column("value", "Value", is_number=True, is_main=True),
    Column("about", "About"),
)
INPUTS = (
    Column("input", "Made of", is_head=True, is_long=True),
    Column("value", "Last", is_number=True, is_main=True),
    Column("period", "Period"),
    Column("known", "Known since"),
    Column("source", "Source"),
    Column("state", "State", is_long=True),
)
_DECIMALS = 3


def listed(scores: pd.DataFrame, at: int, zone: str) -> list[Section]:
    """Factors by family; the key is the factor's."""
    families: dict[str, list[Row]] = {}
    for row in scores.to_dict("records"):
        families.setdefault(row["family"], []).append(_row(row, at, zone))
    return [Section(name, tuple(rows)) for name, rows in families.items()]


def value(row: Mapping[str, Any], name: str = "value") -> str:
    """A score with its units; of a regime its label."""
    if row["label"] and name == "value":
        return row["label"]
    return with_units(number(round(row[name], _DECIMALS)) if row[name] == row[name] else "–", _units(row))


def inputs(factor: Any, series: pd.DataFrame, at: int, zone: str) -> Section:
    """Each line it needs, or uses where it is there."""
    known = {row["series_id"]: row for row in series.to_dict("records")}
    names = [*((name, "") for name in factor.inputs), *((name, "optional") for name in factor.optional)]
    return Section("Made of: a click shows the series", tuple(_input(*one, known, at, zone) for one in names))


def facts(factor: Any, row: Mapping[str, Any] | None, at: int, zone: str) -> str:
    """What it is, as HTML: value, formula, parameters, reference, note."""
    parts = [("Formula", factor.formula), ("Units", factor.units), ("Reference", factor.reference)]
    parts += [("Parameters", _parameters(factor))] if _parameters(factor) else []
    parts += [("States", " · ".join(factor.states))] if factor.states else []
    parts += [("Levels", " · ".join(f"{level:g} {meaning}" for level, meaning in factor.levels))] * bool(factor.levels)
    parts += [("Note", factor.note)] if factor.note else []
    told = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in parts)
    head = f"<h3>{escape(factor.title)} <b>{escape(value(row) if row else '')}</b></h3>"
    return f"{head}{_standing(row, at, zone)}<dl>{told}</dl>"


def told(factor: Any, day: str, now: str, notice: str) -> tuple[str, ...]:
    """First lines of the file."""
    return (
        f"{factor.key}: {factor.title}; units {factor.units}",
        f"formula: {factor.formula}",
        f"reference: {factor.reference}",
        f"as known {f'at the end of {day} in New York' if day else f'at {now} UTC'}; nothing published later",
        "ts_event: date it is about; ts_init: known from (UTC)"
        + (f"; states: {', '.join(factor.states)}" * bool(factor.states)),
        notice,
    )


def _standing(row: Mapping[str, Any] | None, at: int, zone: str) -> str:
    if not row or not row["ts_init"]:
        missing = f"Lacks {', '.join(row['missing'])}." if row and row["missing"] else ""
        problem = row["problem"] if row else ""
        return f"<p>{escape(problem or missing or 'Nothing of it was known at this time.')}</p>"
    text = (
        f"about {date(row['ts_event'])} · known since {table.when(row['ts_init'], zone)} {zone},"
        f" {age(row['ts_init'], at)} · of {', '.join(map(source_name, row['sources']))}"
    )
    return f"<p>{escape(text)}</p>"


def _row(row: Mapping[str, Any], at: int, zone: str) -> Row:
    is_known = bool(row["ts_init"])
    sources = ", ".join(map(source_name, row["sources"]))
    before = f"was {value({**row, 'label': ''}, 'previous')}" if is_known and not row["label"] else ""
    old = "old: " if is_old(row["ts_init"], at, OLD_FACTOR_DAYS) else ""
    when = f"{table.when(row['ts_init'], zone)} {zone}"
    about = Cell(date(row["ts_event"]), f"{old}known {age(row['ts_init'], at)}", "warn" if old else "", when)
    lacks = tuple(Chip(f"lacks {name}", "warn", "nobody has this series") for name in row["missing"])
    problem = (Chip("failed", "bad", row["problem"]),) if row["problem"] else ()
    cells = (
        Cell(row["title"], sources, chips=lacks + problem),
        Cell(value(row), before),
        about if is_known else Cell(),
    )
    return Row(cells, row["key"], "" if is_known else "faint")


def _units(row: Mapping[str, Any]) -> str:
    return "" if row["units"] in ("state", "ratio") else row["units"]


def _parameters(factor: Any) -> str:
    held = {name: told for name, told in factor.param.objects("existing").items() if name != "name"}
    return " · ".join(f"{name} = {getattr(factor, name)} ({told.doc})" for name, told in held.items())


def _input(name: str, kind: str, known: Mapping[str, Mapping[str, Any]], at: int, zone: str) -> Row:
    row = known.get(name)
    if row is None:
        return Row((Cell(name, kind), Cell("–"), Cell(), Cell(), Cell(), Cell("not here", tone="muted")), tone="faint")
    title = Cell(row["name"], " · ".join(filter(None, (name, kind))))
    if not row["ts_init"]:
        return Row((title, Cell("–"), Cell(), Cell(), Cell(), state_cell(row, at)), name, "faint")
    return Row(
        (
            title,
            Cell(with_units(number(row["value"]), row["units"])),
            Cell(period(row["ts_event"], row["frequency"])),
            Cell(table.day(row["ts_init"], zone), age(row["ts_init"], at)),
            Cell(source_name(row["source"]), row["known_by"], title=how_known(row["known_by"])),
            state_cell(row, at),
        ),
        name,
    )
