"""Macro as tables of words: series, yields, factors and releases, each with source, when it was known, and its age."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.views import table
from app.views.macro import number, source_name
from app.views.macro_days import date, period
from app.views.table import Context, Field

_DIGITS = 6
_MOST_LETTERS = 44


def _value(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return row.get("label") or score(value)


def score(value: float) -> str:
    """A computed value to six digits; a dash where it is not known."""
    return number(float(f"{value:.{_DIGITS}g}")) if np.isfinite(value) else table.UNKNOWN


def _published(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return number(value)


def _change(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return number(value, (row["value"], row["previous"]), is_signed=True)


def _percent(value: Any, row: Mapping[str, Any], context: Context) -> str:
    # A percentage of what is in percent says little.
    return table.UNKNOWN if row["units"].lower() in ("%", "percent") else table.number(value, 1, is_signed=True)


def _period(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return period(value, row.get("frequency", "")) if row["ts_init"] else table.UNKNOWN


def _date(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return date(value)


def _known(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.when(value, context.zone)[:16]


def _age(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.age(value, context.now)


def _text(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return str(value) or table.UNKNOWN


def _name(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return value if len(value) <= _MOST_LETTERS else f"{value[: _MOST_LETTERS - 1].rstrip(' ,')}…"


def _source(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return source_name(value) or table.UNKNOWN


def _sources(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return ", ".join(map(source_name, value)) or table.UNKNOWN


def _names(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return ", ".join(value) or table.UNKNOWN


def _ahead(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return "out" if value <= context.now else f"in {table.age(context.now, value)}"


SERIES = (
    Field("name", "Series", _name),
    Field("series_id", "Id", _text),
    Field("value", "Value", _published, is_number=True),
    Field("units", "Units", _text),
    Field("change", "To previous", _change, is_number=True),
    Field("yoy", "Over a year, %", _percent, is_number=True),
    Field("ts_event", "Period", _period),
    Field("ts_init", "Known since", _known),
    Field("ts_init", "Age", _age, is_number=True),
    Field("source", "Source", _source),
    Field("known_by", "Known by", _text),
    Field("note", "Note", _text),
)
YIELDS = (
    Field("day", "Day", _date),
    Field("series_id", "Id", _text),
    Field("years", "Years", _published, is_number=True),
    Field("value", "% a year", _published, is_number=True),
    Field("ts_event", "Yield of", _date),
    Field("ts_init", "Known since", _known),
    Field("source", "Source", _source),
)
FACTORS = (
    Field("title", "Factor", _text),
    Field("value", "Value", _value, is_number=True),
    Field("units", "Units", _text),
    Field("ts_event", "About", _period),
    Field("ts_init", "Known since", _known),
    Field("ts_init", "Age", _age, is_number=True),
    Field("sources", "Source", _sources),
    Field("problem", "Problem", _text),
)
LACKING = (
    Field("title", "Factor", _text),
    Field("missing", "Lacks", _names),
)
RELEASES = (
    Field("ts_event", "When", _known),
    Field("ts_event", "", _ahead),
    Field("release", "Release", _text),
    Field("series", "Series", _names),
    Field("ts_seen", "Told by FRED", _known),
)
