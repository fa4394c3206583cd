"""Price axes: figures one under the other with one time axis, and price scales: linear, logarithmic, percent."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    CrosshairTool,
    CustomJSTicker,
    CustomJSTickFormatter,
    DataRange1d,
    NumeralTickFormatter,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
    Span,
    WheelZoomTool,
)
from bokeh.plotting import figure

from app.views import palette
from app.views.chart import ChartModel
from app.views.price_columns import base

_PIXELS_A_SIGN, _MARGIN = 7, 22
# Heavier labels win; which are shown depends on all bars, so that none jumps while the view moves.
_TIMES = """
const weight = source.data.weight
// Before the first layout no figure has a width.
const width = plot.properties.inner_width.is_unset ? 700 : Math.max(plot.inner_width, 100)
const gap = Math.max(1, (cb_data.end - cb_data.start) * 76 / width)
let kept = []
for (const level of levels) {
  const merged = []
  let [k, last] = [0, -Infinity]
  for (let i = 0; i < weight.length; i += 1) {
    if (weight[i] !== level) { continue }
    while (k < kept.length && kept[k] < i) { last = kept[k]; merged.push(last); k += 1 }
    const next = k < kept.length ? kept[k] : Infinity
    if (i - last >= gap && next - i >= gap) { merged.push(i); last = i }
  }
  kept = merged.concat(kept.slice(k))
}
return kept.filter((i) => i >= cb_data.start && i <= cb_data.end)
"""
_TIME_WORDS = """
const {weight, day, time} = source.data
const date = new Date(day[tick] * 86400000)
if (weight[tick] >= 70) { return String(date.getUTCFullYear()) }
if (weight[tick] >= 60) { return date.toLocaleString("en-GB", {month: "short", timeZone: "UTC"}) }
if (weight[tick] >= 50) { return date.toLocaleString("en-GB", {day: "numeric", month: "short", timeZone: "UTC"}) }
return new Date(time[tick]).toISOString().slice(11, weight[tick] === 10 ? 19 : 16)
"""
_PERCENTS = """
const [low, high] = [(cb_data.start / base - 1) * 100, (cb_data.end / base - 1) * 100]
const rough = (high - low) / 6
const power = 10 ** Math.floor(Math.log10(rough))
const step = power * ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10)
const ticks = []
for (let i = Math.ceil(low / step); i * step <= high && ticks.length < 50; i += 1) {
  ticks.push((1 + i * step / 100) * base)
}
return ticks
"""
_PERCENT_WORDS = """
const value = (tick / base - 1) * 100
return `${value.toLocaleString("en-US", {maximumFractionDigits: 2, signDisplay: "exceptZero"})} %`
"""
_COMPACT_WORDS = """
const digits = Math.abs(tick) < 100000 ? {maximumFractionDigits: 4} : {notation: "compact", maximumFractionDigits: 2}
return tick.toLocaleString("en-US", digits)
"""
_SCALES = MappingProxyType({"log": "log"})


def make_figure(x_range: Range1d, height: int, name: str, border: int, scale: str = "linear") -> figure:
    """A figure whose price axis fits what is in view; `border`: room at the right, the same for all of a chart."""
    tools = [PanTool(dimensions="width"), WheelZoomTool(dimensions="width"), ResetTool(), SaveTool()]
    plot = figure(
        x_range=x_range,
        # Only what is in view sets the height of the axis.
        y_range=DataRange1d(only_visible=True, range_padding=0.06),
        window_axis="x",
        y_axis_type=_SCALES.get(scale, "linear"),
        y_axis_location="right",
        height=height,
        name=name,
        tools=tools,
        active_drag=tools[0],
        active_scroll=tools[1],
        toolbar_location=None,
        sizing_mode="stretch_width",
        min_border_right=border,
        min_border_left=8,
        min_border_top=6,
        min_border_bottom=4,
        output_backend="canvas",
    )
    plot.grid.grid_line_alpha = 0.35
    plot.xaxis.visible = False
    return plot


def border_of(model: ChartModel) -> int:
    """Pixels that the longest price needs at the right."""
    known = model.drawn["high"][np.isfinite(model.drawn["high"])]
    longest = f"{known.max() if len(known) else 0:,.{model.precision}f}"
    return max(68, _MARGIN + _PIXELS_A_SIGN * len(longest))


def show_times(plots: Sequence[figure], bars: ColumnDataSource, model: ChartModel) -> None:
    """Labels where days, months, years begin, grid lines with them; words under the last figure only."""
    levels = sorted({int(weight) for weight in model.weight if weight}, reverse=True)
    ticker = CustomJSTicker(args={"source": bars, "plot": plots[0], "levels": levels}, major_code=_TIMES)
    for plot in plots:
        plot.xaxis.ticker = ticker
        plot.xgrid.ticker = ticker
    axis = plots[-1].xaxis
    axis.visible = True
    axis.formatter = CustomJSTickFormatter(args={"source": bars}, code=_TIME_WORDS)
    axis.axis_label = f"time ({model.zone})"
    axis.axis_label_text_font_size = "0.85em"


def show_prices(plot: figure, model: ChartModel) -> None:
    """Prices with the digits they have, or what changed in percent."""
    if not base(model):
        plot.yaxis.formatter = NumeralTickFormatter(format=_digits(model.precision))
        return
    args = {"base": base(model)}
    ticker = CustomJSTicker(args=args, major_code=_PERCENTS)
    plot.yaxis.ticker = ticker
    plot.ygrid.ticker = ticker
    plot.yaxis.formatter = CustomJSTickFormatter(args=args, code=_PERCENT_WORDS)


def keep_range(plot: figure, levels: Sequence[float] = ()) -> None:
    """Where nothing is known nothing sets the axis: it goes from the lowest level to the highest."""
    low, high = min(levels, default=0.0), max(levels, default=1.0)
    plot.y_range = Range1d(low, high if high > low else low + 1.0)


def show_numbers(plot: figure, ticks: int = 3) -> None:
    """Few labels, large numbers in short."""
    plot.yaxis.formatter = CustomJSTickFormatter(code=_COMPACT_WORDS)
    plot.yaxis.ticker.desired_num_ticks = ticks


def link(plots: Sequence[figure]) -> None:
    """One vertical line under the mouse in all figures, one across in each."""
    shared = Span(dimension="height", line_dash="dotted", line_color=palette.NEUTRAL)
    for plot in plots:
        across = Span(dimension="width", line_dash="dotted", line_color=palette.NEUTRAL)
        plot.add_tools(CrosshairTool(overlay=[across, shared]))


def _digits(precision: int) -> str:
    return f"0,0.{'0' * precision}" if precision else "0,0"
