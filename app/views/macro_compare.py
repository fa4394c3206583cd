"""Macro compare: several series on one time axis, on two scales where their units differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, CustomJSTickFormatter, DataRange1d, HoverTool, Legend, LegendItem, LinearAxis
from bokeh.plotting import figure

from app.views import palette, table
from app.views.macro import age, how_known, source_name, with_units
from app.views.macro_chart import line_columns, shade, time_figure
from app.views.macro_days import period
from app.views.macro_series import shown, units_of
from app.views.macro_sheet import Cell, Chip, Column, Row, Section
from nautilus_data.core.timerange import TimeRange

HEIGHT = 420
MOST = 8
_SIDES = 2
COMPARED = (
    Column("series", "Series", is_head=True, is_long=True),
    Column("value", "Last shown", is_number=True, is_main=True),
    Column("period", "Period"),
    Column("known", "Known since"),
    Column("source", "Source"),
    Column("axis", "Scale"),
)


@dataclass(frozen=True)
class CompareChart:
    """A figure, the lines of each scale, and recessions."""

    plot: figure
    sides: tuple[ColumnDataSource, ColumnDataSource]
    shades: ColumnDataSource
    axes: tuple[Any, Any]


def chart() -> CompareChart:
    plot = time_figure(HEIGHT)
    shades = shade(plot)
    plot.extra_y_ranges = {"left": DataRange1d(only_visible=True, range_padding=0.08)}
    right, left = (
        plot.yaxis[0],
        LinearAxis(y_range_name="left", formatter=CustomJSTickFormatter(code="return tick.toLocaleString('en-US')")),
    )
    plot.add_layout(left, "left")
    sides = (ColumnDataSource(_EMPTY), ColumnDataSource(_EMPTY))
    lines = []
    for place, source in enumerate(sides):
        scale = {"y_range_name": "left"} if place else {}
        drawn = plot.multi_line(
            "x", "y", source=source, line_color="color", line_width=1.7,
            line_dash="dashed" if place else "solid", **scale,
        )  # fmt: skip
        (plot.extra_y_ranges["left"] if place else plot.y_range).renderers = [drawn]
        lines.append(drawn)
        told = [("", "@label"), ("", "$snap_x{%F}"), ("", "$snap_y{0,0.[0000]}")]
        plot.add_tools(HoverTool(renderers=[drawn], tooltips=told, formatters={"$snap_x": "datetime"}))
    items = [LegendItem(label={"field": "label"}, renderers=[drawn]) for drawn in lines]
    plot.add_layout(Legend(items=items, location="top_left", background_fill_alpha=0.6, label_text_font_size="11px"))
    return CompareChart(plot, sides, shades, (right, left))


def ids_of(text: str) -> list[str]:
    """Ids of a text with commas, each once."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))[:MOST]


def scales(ids: Sequence[str], rows: Mapping[str, Mapping[str, Any]], how: str) -> dict[str, int]:
    """0: right, 1: left, by units in the order they come; a third unit has no scale (-1)."""
    units = list(dict.fromkeys(units_of(rows[name], how) for name in ids))
    return {name: place if (place := units.index(units_of(rows[name], how))) < _SIDES else -1 for name in ids}


def side_columns(lines: Mapping[str, pd.DataFrame], side: Mapping[str, int], which: int) -> dict[str, list]:
    """The lines of one scale."""
    places = {name: place for place, name in enumerate(side)}
    drawn = {name: line_columns(frame) for name, frame in lines.items() if side[name] == which and len(frame)}
    return {
        "x": [columns["x"] for columns in drawn.values()],
        "y": [columns["y"] for columns in drawn.values()],
        "color": [color(places[name]) for name in drawn],
        "label": [f"{name} (left)" if which else name for name in drawn],
    }


def color(place: int) -> str:
    return palette.OVERLAYS[place % len(palette.OVERLAYS)]


def compared(
    ids: Sequence[str], rows: Mapping[str, Mapping[str, Any]], lines: Mapping[str, pd.DataFrame],
    side: Mapping[str, int], how: str, zone: str, at: int,
) -> Section:  # fmt: skip
    """The last value of each as it is shown, since when it is known, and on which scale it is drawn."""
    found = [
        _row(place, name, rows.get(name), lines.get(name), side.get(name), how, zone, at)
        for place, name in enumerate(ids)
    ]
    return Section("", tuple(found), "", "Choose series above.")


def span_of(lines: Mapping[str, pd.DataFrame]) -> TimeRange:
    """All that is drawn."""
    ends = [(int(frame["ts_event"].iloc[0]), int(frame["ts_event"].iloc[-1])) for frame in lines.values() if len(frame)]
    return TimeRange(min(a for a, _ in ends), max(b for _, b in ends) + 1) if ends else TimeRange(0, 0)


def table_of(lines: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """All lines one under the other, each row with its series and source."""
    named = [frame.assign(series_id=name, source=frame.attrs.get("source", "")) for name, frame in lines.items()]
    return pd.concat(named, ignore_index=True)[_FILE] if named else pd.DataFrame(columns=_FILE)


def told(ids: Sequence[str], how: str, day: str, now: str, notice: str) -> tuple[str, ...]:
    """First lines of the file."""
    return (
        f"{', '.join(ids)}: shown as {how}",
        f"as known {f'at the end of {day} in New York' if day else f'at {now} UTC'}; nothing published later",
        "ts_event: date of the period; ts_init: since when this version was known (UTC); known_by: vintage, rule, seen",
        notice,
    )


def _row(
    place: int, name: str, row: Mapping[str, Any] | None, frame: pd.DataFrame | None, side: int | None, how: str,
    zone: str, at: int,
) -> Row:  # fmt: skip
    mark = Chip(name, color=color(place), key=name)
    last = None if frame is None or not np.isfinite(frame["value"]).any() else frame[frame["value"].notna()].iloc[-1]
    if row is None or last is None:
        why = "nothing is stored of it" if row is None or not row["versions"] else "no value in this span"
        return Row((Cell(chips=(mark,)), Cell("–", why), Cell(), Cell(), Cell(), Cell()), tone="faint")
    words = {0: "right", 1: "left, dashed", -1: "not drawn: a third unit; show them as z or yoy"}[side]
    return Row(
        (
            Cell(row["name"], chips=(mark,)),
            Cell(with_units(shown(float(last["value"]), how), units_of(row, how))),
            Cell(period(int(last["ts_event"]), row["frequency"])),
            Cell(table.day(int(last["ts_init"]), zone), age(int(last["ts_init"]), at)),
            Cell(source_name(row["source"]), last["known_by"], title=how_known(last["known_by"])),
            Cell(words, tone="warn" if side < 0 else ""),
        )
    )


_EMPTY = {"x": [], "y": [], "color": [], "label": []}
_FILE = ["series_id", "source", "ts_event", "ts_init", "value", "known_by"]
