"""A company as tables of words for a report: figures, statements, factors, filings, trades and holdings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from bokeh.plotting import figure

from app.views import table
from app.views.filings import short
from app.views.filings_chart import fact_chart, fact_columns
from app.views.filings_list import items
from app.views.filings_statement import amount, scale_of, span
from app.views.macro_days import date
from app.views.macro_plots import HEIGHT
from app.views.macro_report import score
from app.views.table import Context, Field

# Marks of values in statements; the report says what they mean.
RESTATED, COMPUTED = "*", "~"
_MOST_LETTERS = 160


def _text(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return str(value) or table.UNKNOWN


def _date(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return date(value) if value else table.UNKNOWN


def _span(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return span(row["ts_start"], row["ts_event"])


def _known(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.when(value, context.zone)[:16]


def _age(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.age(value, context.now)


def _short(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return short(value, row["unit"])


def _number(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.number(value)


def _dollars(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return short(value, "USD")


def _money(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.money(value) if value else table.UNKNOWN


def _percent(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return f"{table.number(value * 100, 2)} %" if value == value else table.UNKNOWN


def _score(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return score(value)


def _reason(value: Any, row: Mapping[str, Any], context: Context) -> str:
    told = row["problem"] or value
    return told if len(told) <= _MOST_LETTERS else f"{told[:_MOST_LETTERS].rstrip()}…"


def _items(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return items(value) or table.UNKNOWN


def _title(value: Any, row: Mapping[str, Any], context: Context) -> str:
    said = (("restated", row["is_restated"]), ("computed", row["is_derived"]))
    words = ", ".join(word for word, is_so in said if is_so)
    return f"{value} ({words})" if words else value


def _trade(value: Any, row: Mapping[str, Any], context: Context) -> str:
    planned = "planned" if row["is_planned"] else ""
    corrected = "corrected since" if row["is_amended"] else ""
    return ", ".join(filter(None, (value or "holding", planned, corrected)))


FIGURES = (
    Field("title", "Figure", _title),
    Field("value", "Value", _short, is_number=True),
    Field("year_before", "A year before", _short, is_number=True),
    Field("ts_event", "Of", _span),
    Field("ts_init", "Known since", _known),
    Field("ts_init", "Age", _age, is_number=True),
    Field("form", "Form", _text),
    Field("accession", "Filing", _text),
)
FACTORS = (
    Field("title", "Factor", _text),
    Field("value", "Value", _score, is_number=True),
    Field("units", "Units", _text),
    Field("direction", "Direction", _text),
    Field("ts_event", "About", _date),
    Field("ts_init", "Known since", _known),
    Field("ts_init", "Age", _age, is_number=True),
    Field("pit", "Class", _text),
)
LACKING = (
    Field("title", "Factor", _text),
    Field("reason", "Why it has no value", _reason),
)
FILINGS = (
    Field("filed", "Filed", _date),
    Field("form", "Form", _text),
    Field("report_date", "Of", _date),
    Field("items", "Items", _items),
    Field("description", "Described as", _text),
    Field("ts_init", "Known since", _known),
    Field("accession", "Accession", _text),
)
TRADES = (
    Field("ts_event", "Traded", _date),
    Field("insider", "Insider", _text),
    Field("role", "Role", _text),
    Field("code", "Code", _trade),
    Field("shares", "Number", _number, is_number=True),
    Field("price", "Price, USD", _money, is_number=True),
    Field("held_after", "Held after", _number, is_number=True),
    Field("security", "Security", _text),
    Field("ts_init", "Known since", _known),
)
HOLDINGS = (
    Field("issuer", "Issuer", _text),
    Field("value", "Value", _dollars, is_number=True),
    Field("weight", "Share", _percent, is_number=True),
    Field("amount", "Amount", _number, is_number=True),
    Field("before", "A quarter before", _number, is_number=True),
    Field("ts_init", "Known since", _known),
)
RESTATEMENTS = (
    Field("ts_init", "Restated", _known),
    Field("tag", "Of", _text),
    Field("ts_event", "Period", _span),
    Field("before", "Was", _number, is_number=True),
    Field("value", "Is since", _number, is_number=True),
    Field("unit", "Unit", _text),
    Field("accession", "Filing", _text),
)


def fact_plot(frame: pd.DataFrame) -> figure:
    """A concept's history as the page draws it, without the price beside it."""
    chart = fact_chart()
    chart.facts.data = fact_columns(frame)
    plot = chart.plot
    plot.renderers = [one for one in plot.renderers if one.data_source is not chart.price]
    plot.left = [one for one in plot.left if one is not chart.axis]
    plot.extra_y_ranges = {}
    plot.height = HEIGHT
    return plot


def statement_rows(told: Any, most: int) -> tuple[pd.DataFrame, tuple[Field, ...], str]:
    """Items by their newest periods as words, the fields that show them, and what money is in."""
    frame = told.frame
    ends = sorted(frame["ts_event"].unique(), reverse=True)[:most]
    labels = frame.drop_duplicates("ts_event", keep="last").set_index("ts_event")["period"]
    scale, words = scale_of(frame, told.currency)
    rows: dict[str, dict[str, str]] = {}
    for row in frame[frame["ts_event"].isin(ends)].to_dict("records"):
        marks = (RESTATED if row["is_restated"] else "") + (COMPUTED if row["is_derived"] else "")
        said = amount(row["value"], row["unit"], scale, told.currency)
        rows.setdefault(row["concept"], {"title": row["title"]})[str(row["ts_event"])] = said + marks
    periods = [Field(str(end), labels[end], _cell, is_number=True) for end in ends]
    columns = ["title", *map(str, ends)]
    return pd.DataFrame(list(rows.values()), columns=columns), (Field("title", "Item", _text), *periods), words


def _cell(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return value if isinstance(value, str) else table.UNKNOWN
