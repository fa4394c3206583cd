"""Macro chart: one line over time with recessions shaded and the levels that mean something; data in, columns out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
from bokeh.models import (
    ColumnDataSource,
    CrosshairTool,
    CustomJSTickFormatter,
    DataRange1d,
    DatetimeTickFormatter,
    HoverTool,
    PanTool,
    ResetTool,
    Span,
    WheelZoomTool,
)
from bokeh.plotting import figure

from app.views import palette
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange

NS_PER_MS = 1_000_000
# Points a screen can show; of more each bucket's lowest and highest are drawn.
MOST_POINTS = 2_000
HEIGHT = 340
_DAY_MS = NS_PER_DAY // NS_PER_MS
# The last value of a factor is drawn on until the time asked for, unless it is older.
_HOLDS = 200 * NS_PER_DAY
# Values further apart than this, and than so many usual steps, are not joined.
_SHORTEST_GAP_MS, _STEPS = 10 * _DAY_MS, 1.5
_NUMBERS = """
const digits = Math.abs(tick) < 100000 ? {maximumFractionDigits: 4} : {notation: "compact", maximumFractionDigits: 2}
return tick.toLocaleString("en-US", digits)
"""
Columns = dict[str, np.ndarray]


@dataclass(frozen=True)
class TimeChart:
    """A figure and what is put into it: `line` (x, y, known), `shades` (start, end), `levels` (y, x, text)."""

    plot: figure
    line: ColumnDataSource
    shades: ColumnDataSource
    levels: ColumnDataSource


def time_chart(title: str, states: Sequence[str] = (), is_step: bool = False, height: int = HEIGHT) -> TimeChart:
    """An empty chart; a value of one with `states` is the index of one of them."""
    plot = time_figure(height)
    shades = shade(plot)
    line, levels = ColumnDataSource(line_columns(NOTHING)), ColumnDataSource(level_columns((), NOTHING))
    plot.hspan(y="y", source=levels, line_color=palette.SELL, line_dash="dashed", line_alpha=0.8)
    plot.text(
        x="x", y="y", text="text", source=levels, text_color=palette.SELL, text_font_size="11px",
        text_baseline="bottom", x_offset=4, y_offset=-2,
    )  # fmt: skip
    draw = partial(plot.step, mode="after") if is_step else plot.line
    drawn = draw(x="x", y="y", source=line, line_color=palette.LINE, line_width=1.6)
    plot.add_tools(_hover(drawn, title))
    plot.y_range.renderers = [drawn]
    if states:
        plot.yaxis.ticker = list(range(len(states)))
        plot.yaxis.formatter = CustomJSTickFormatter(args={"states": list(states)}, code="return states[tick] ?? ''")
        plot.y_range.update(start=-0.5, end=len(states) - 0.5)
    return TimeChart(plot, line, shades, levels)


def time_figure(height: int, x_range: object = None) -> figure:
    """UTC days below, numbers at the right; wheel and drag move in time only."""
    tools = [PanTool(dimensions="width"), WheelZoomTool(dimensions="width"), ResetTool()]
    ranges = {"x_range": DataRange1d(range_padding=0.01) if x_range is None else x_range}
    plot = figure(
        x_axis_type="datetime", height=height, sizing_mode="stretch_width", tools=tools, active_drag=tools[0],
        active_scroll=None, toolbar_location=None, y_axis_location="right", min_border_left=8, min_border_right=56,
        min_border_top=8, outline_line_alpha=0.2, output_backend="canvas",
        y_range=DataRange1d(only_visible=True, range_padding=0.08), window_axis="x", **ranges,
    )  # fmt: skip
    plot.grid.grid_line_alpha = 0.35
    plot.xaxis.formatter = DatetimeTickFormatter(
        years="%Y", months="%Y-%m", days="%Y-%m-%d", hours="%m-%d %H:%M", minutes="%H:%M"
    )
    plot.xaxis.axis_label = "UTC"
    plot.xaxis.axis_label_text_font_size = "10px"
    plot.yaxis.formatter = CustomJSTickFormatter(code=_NUMBERS)
    across = Span(dimension="width", line_dash="dotted", line_color=palette.NEUTRAL)
    upright = Span(dimension="height", line_dash="dotted", line_color=palette.NEUTRAL)
    plot.add_tools(CrosshairTool(overlay=[across, upright]))
    return plot


def shade(plot: figure) -> ColumnDataSource:
    """Room for recessions behind what is drawn."""
    shades = ColumnDataSource(shade_columns([], TimeRange(0, 0)))
    plot.vstrip(x0="start", x1="end", source=shades, fill_color=palette.NEUTRAL, fill_alpha=0.2, line_alpha=0)
    return shades


def line_columns(frame: pd.DataFrame, x: str = "ts_event", until: int | None = None) -> Columns:
    """Of `ts_event`, `ts_init`, `value`: milliseconds and values, NaN where a gap is; `until` the last value holds."""
    known = frame[frame["value"].notna()]
    times, values, since = (known[name].to_numpy() for name in (x, "value", "ts_init"))
    if until is not None and len(times) and until - times[-1] <= _HOLDS:
        times, values, since = np.append(times, until), np.append(values, values[-1]), np.append(since, since[-1])
    places = thinned(values, MOST_POINTS)
    columns = {
        "x": times[places] / NS_PER_MS,
        "y": values[places].astype("float64"),
        "known": since[places] / NS_PER_MS,
    }
    return columns if x == "ts_init" else with_gaps(columns, times / NS_PER_MS)


def thinned(values: np.ndarray, most: int) -> np.ndarray:
    """Places of at most so many values, each bucket's lowest and highest among them, the first and the last too."""
    count = len(values)
    if count <= most:
        return np.arange(count)
    edges = np.linspace(0, count, most // 2).astype(int)
    low, high = (_extremes(values, edges, pick) for pick in (np.argmin, np.argmax))
    return np.unique(np.concatenate([[0], low, high, [count - 1]]))


def with_gaps(columns: Columns, times: np.ndarray) -> Columns:
    """NaN in the middle of each stretch without values; `times` are those of all values, not only of those drawn."""
    if len(times) < 3:
        return columns
    steps = np.diff(times)
    holes = np.flatnonzero(steps > max(_SHORTEST_GAP_MS, _STEPS * float(np.quantile(steps, 0.25))))
    if not len(holes):
        return columns
    middles = times[holes] + steps[holes] / 2
    places = np.searchsorted(columns["x"], middles)
    filled = {"x": middles, "y": np.nan, "known": np.nan}
    return {name: np.insert(values, places, filled[name]) for name, values in columns.items()}


def shade_columns(recessions: Sequence[TimeRange], span: TimeRange) -> Columns:
    """Recessions as far as they lie in a span, so that none widens the chart."""
    inside = [one for one in recessions if one.start < span.end and one.end > span.start]
    return {
        "start": np.array([max(one.start, span.start) for one in inside], "float64") / NS_PER_MS,
        "end": np.array([min(one.end, span.end) for one in inside], "float64") / NS_PER_MS,
    }


def level_columns(levels: Sequence[tuple[float, str]], frame: pd.DataFrame, x: str = "ts_init") -> dict[str, list]:
    """Lines across, named where the data begins."""
    start = float(frame[x].iloc[0]) / NS_PER_MS if len(frame) else 0.0
    shown = levels if len(frame) else ()
    return {
        "y": [float(level) for level, _ in shown],
        "x": [start] * len(shown),
        "text": [f"{level:g} {meaning}" for level, meaning in shown],
    }


def span_of(frame: pd.DataFrame, x: str, until: int | None = None) -> TimeRange:
    """From the first to the last time drawn."""
    if frame.empty:
        return TimeRange(0, 0)
    first, last = int(frame[x].iloc[0]), int(frame[x].iloc[-1])
    return TimeRange(first, max(last, until or last) + 1)


def fill(source: ColumnDataSource, columns: Mapping[str, np.ndarray | list]) -> None:
    """Put columns in, if they are others than those there."""
    before = source.data
    if set(before) == set(columns) and all(_is_same(before[name], columns[name]) for name in columns):
        return
    source.data = dict(columns)


def _is_same(one: np.ndarray | list, other: np.ndarray | list) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and one.dtype.kind == other.dtype.kind == "f":
        return np.array_equal(one, other, equal_nan=True)
    return list(one) == list(other)


def _extremes(values: np.ndarray, edges: np.ndarray, pick: np.ufunc) -> np.ndarray:
    return np.array([a + int(pick(values[a:b])) for a, b in pairwise(edges) if b > a], int)


def _hover(drawn: object, title: str) -> HoverTool:
    return HoverTool(
        renderers=[drawn], mode="vline", line_policy="nearest",
        tooltips=[("", "@x{%F}"), (title, "@y{0,0.[0000]}"), ("known since", "@known{%F}")],
        formatters={"@x": "datetime", "@known": "datetime"},
    )  # fmt: skip


NOTHING = pd.DataFrame({"ts_event": np.empty(0, "int64"), "ts_init": np.empty(0, "int64"), "value": np.empty(0)})
