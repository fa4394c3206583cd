"""Macro curve: Treasury yields against maturity, of several days; and the same in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from bokeh.models import ColumnDataSource, DataRange1d, HoverTool, Legend, LegendItem, NumeralTickFormatter
from bokeh.plotting import figure

from app.views import palette, table
from app.views.macro import number, source_name
from app.views.macro_days import back, date, midnight, parse_day
from app.views.macro_sheet import Cell, Column, Row, Section

HEIGHT = 320
MOST_PICKED = 4
# So far back the curve of now is compared with, in months.
_BACK = {"1 month before": 1, "1 year before": 12}
_MATURITIES = {0.25: "3 months", 2.0: "2 years", 5.0: "5 years", 10.0: "10 years", 30.0: "30 years"}


@dataclass(frozen=True)
class CurveChart:
    """A figure, a line for each day, and a dot for each yield."""

    plot: figure
    lines: ColumnDataSource
    dots: ColumnDataSource


@dataclass(frozen=True)
class Day:
    """A day that is compared: its name on the chart, and midnight UTC of it (ns)."""

    name: str
    ns: int


def days_of(today: str, picked: str) -> list[Day]:
    """The day looked at, a month and a year before it, and those picked (ISO, with commas), each once."""
    named = {today: today} | {back(today, months): name for name, months in _BACK.items()}
    for day in picked_days(picked):
        named.setdefault(day, day)
    return [Day(name if name == day else f"{day}, {name}", midnight(day)) for day, name in named.items()]


def picked_days(text: str) -> list[str]:
    """ISO days of a text with commas, each once; what is no day is left out."""
    days = dict.fromkeys(str(day) for part in text.split(",") if (day := parse_day(part)))
    return list(days)[:MOST_PICKED]


def chart() -> CurveChart:
    """Maturity goes by its logarithm, so that the short end has room."""
    plot = figure(
        x_axis_type="log", height=HEIGHT, sizing_mode="stretch_width", tools="", toolbar_location=None,
        y_axis_location="right", min_border_left=8, min_border_right=56, outline_line_alpha=0.2,
        x_range=(0.2, 38), y_range=DataRange1d(range_padding=0.12), output_backend="canvas",
    )  # fmt: skip
    lines = ColumnDataSource({"x": [], "y": [], "color": [], "label": [], "width": []})
    dots = ColumnDataSource({name: [] for name in ("x", "y", "color", "label", "maturity", "date", "known")})
    named = plot.multi_line("x", "y", source=lines, line_color="color", line_width="width", line_alpha=0.95)
    drawn = plot.scatter("x", "y", source=dots, size=7, fill_color="color", line_color="color")
    plot.xaxis.ticker = list(_MATURITIES)
    plot.xgrid.ticker = list(_MATURITIES)
    plot.xaxis.major_label_overrides = dict(_MATURITIES)
    plot.yaxis.formatter = NumeralTickFormatter(format="0.00")
    plot.yaxis.axis_label = "%"
    plot.grid.grid_line_alpha = 0.35
    item = LegendItem(label={"field": "label"}, renderers=[named])
    plot.add_layout(
        Legend(items=[item], location="bottom_right", background_fill_alpha=0.6, label_text_font_size="11px")
    )
    told = [("", "@label"), ("@maturity", "@y{0.00} %"), ("of", "@date"), ("known since", "@known")]
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=told))
    return CurveChart(plot, lines, dots)


def line_columns(frame: pd.DataFrame, days: Sequence[Day]) -> dict[str, list]:
    shown = [(place, day, frame[frame["day"] == day.ns]) for place, day in enumerate(days)]
    shown = [(place, day, part) for place, day, part in shown if len(part)]
    return {
        "x": [part["years"].tolist() for _, _, part in shown],
        "y": [part["value"].tolist() for _, _, part in shown],
        "color": [color(place) for place, _, _ in shown],
        "label": [day.name for _, day, _ in shown],
        "width": [1.4 if place else 2.6 for place, _, _ in shown],
    }


def dot_columns(frame: pd.DataFrame, days: Sequence[Day]) -> dict[str, list]:
    places = {day.ns: place for place, day in enumerate(days)}
    rows = [row for row in frame.to_dict("records") if row["day"] in places]
    return {
        "x": [row["years"] for row in rows],
        "y": [row["value"] for row in rows],
        "color": [color(places[row["day"]]) for row in rows],
        "label": [days[places[row["day"]]].name for row in rows],
        "maturity": [_MATURITIES.get(row["years"], f"{row['years']:g} years") for row in rows],
        "date": [date(row["ts_event"]) for row in rows],
        "known": [table.when(row["ts_init"], "UTC") for row in rows],
    }


def color(place: int) -> str:
    return palette.OVERLAYS[place % len(palette.OVERLAYS)]


def columns(days: Sequence[Day]) -> list[Column]:
    """One for each day."""
    head = Column("maturity", "Maturity", is_head=True)
    of_days = [Column(f"day{place}", day.name, is_number=True, is_main=not place) for place, day in enumerate(days)]
    return [head, *of_days, Column("source", "Source")]


def rows(frame: pd.DataFrame, days: Sequence[Day]) -> Section:
    """A yield, the date it is of, and how far the first day's lies above it in basis points."""
    found = tuple(_row(series_id, part, days) for series_id, part in _by_maturity(frame))
    return Section("", found, "", "No yield was known of any of these days.")


def _by_maturity(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    ids = frame.sort_values("years", kind="stable")["series_id"].drop_duplicates()
    return [(series_id, frame[frame["series_id"] == series_id]) for series_id in ids]


def _row(series_id: str, part: pd.DataFrame, days: Sequence[Day]) -> Row:
    of_day = {row["day"]: row for row in part.to_dict("records")}
    first = of_day.get(days[0].ns)
    cells = [_yield(of_day.get(day.ns), None if not place else first) for place, day in enumerate(days)]
    years = part["years"].iloc[0]
    name = Cell(_MATURITIES.get(years, f"{years:g} years"), series_id)
    return Row((name, *cells, Cell(source_name(part["source"].iloc[0]))))


def _yield(row: dict | None, first: dict | None) -> Cell:
    if row is None:
        return Cell("–", "no yield near", tone="muted")
    since = f"{number(100 * (first['value'] - row['value']), (1.0,), is_signed=True)} bp since" if first else ""
    below = " · ".join(filter(None, (date(row["ts_event"]), since)))
    return Cell(f"{row['value']:.2f} %", below, title=f"known since {table.when(row['ts_init'], 'UTC')} UTC")
