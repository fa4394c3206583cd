"""Plots of macro: histories with recessions shaded, the yield curve, times regimes held; for reports and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from bokeh.models import (
    BoxAnnotation,
    ColumnDataSource,
    CrosshairTool,
    DatetimeTickFormatter,
    FactorRange,
    HoverTool,
    Range1d,
    Span,
)
from bokeh.plotting import figure

from app.views import palette
from app.views.clock import NS_PER_MS
from nautilus_data.core.timerange import TimeRange

HEIGHT = 240
MOST_POINTS = 2_000
_ROW_HEIGHT = 30
# Share of an axis that the name of a state takes.
_ROOM = 0.08
# Months of a recession, told from a white and from a black page.
_RECESSION = {"fill_color": palette.NEUTRAL, "fill_alpha": 0.22, "line_color": None}
_TIMES = DatetimeTickFormatter(years="%Y", months="%b %Y", days="%d %b %Y", hours="%d %b %H:%M")
# Of a regime's states, in their order, from calm to not.
_STATES = (palette.UP, palette.NEUTRAL, palette.SELL, palette.DOWN, "#b07aa1", palette.LINE)


def history(
    lines: Mapping[str, pd.DataFrame],
    units: str,
    *,
    recessions: Iterable[TimeRange] = (),
    levels: Sequence[tuple[float, str]] = (),
    by: str = "ts_init",
    height: int = HEIGHT,
) -> figure:
    """Lines by name, rows of `by` and `value`; a value stands until the next one when drawn at the time it was known.

    `by`: `ts_init`, when each value was known, or `ts_event`, what it is about. Recessions are where they were.
    """
    plot = _figure(height, units)
    for number, (name, frame) in enumerate(lines.items()):
        few = thinned(frame, by)
        source = ColumnDataSource({"x": few[by].to_numpy() / NS_PER_MS, "y": few["value"].to_numpy("float64")})
        color = palette.OVERLAYS[number % len(palette.OVERLAYS)]
        label = {"legend_label": name} if len(lines) > 1 else {}
        draw = plot.line if by == "ts_event" else plot.step
        mode = {} if by == "ts_event" else {"mode": "after"}
        line = draw("x", "y", source=source, color=color, line_width=1.6, **mode, **label)
        told = [("", name), ("", "@x{%Y-%m-%d}"), (units, "@y{0,0.[0000]}")]
        plot.add_tools(HoverTool(renderers=[line], tooltips=told, formatters={"@x": "datetime"}, mode="vline"))
    _shade(plot, recessions, lines, by)
    for value, _ in levels:
        plot.add_layout(Span(location=value, dimension="width", line_color=palette.NEUTRAL, line_dash="dashed"))
    if plot.legend:
        plot.add_layout(plot.legend[0], "above")
        plot.legend.update(orientation="horizontal", border_line_alpha=0, background_fill_alpha=0)
    return plot


def thinned(frame: pd.DataFrame, by: str, most: int = MOST_POINTS) -> pd.DataFrame:
    """Few enough rows for a line as wide as a page: of each stretch its first, lowest, highest and last value."""
    known = frame[frame["value"].notna()]
    if len(known) <= most:
        return known
    values, parts = known["value"].to_numpy(), np.array_split(np.arange(len(known)), most // 4)
    places = {
        int(place)
        for part in parts
        for place in (part[0], part[values[part].argmin()], part[values[part].argmax()], part[-1])
    }
    return known.iloc[sorted(places)]


def curve(yields: pd.DataFrame, names: Mapping[int, str], *, height: int = HEIGHT) -> figure:
    """Yields by maturity (`day years value`), one line a day; `names` says what each day (ns) is called."""
    plot = figure(height=height, sizing_mode="stretch_width", toolbar_location=None, tools="", min_border_right=12)
    for number, (day, name) in enumerate(names.items()):
        line = yields[yields["day"] == day]
        source = ColumnDataSource(
            {"x": line["years"].to_numpy(), "y": line["value"].to_numpy(), "of": line["series_id"]}
        )
        look = {"color": palette.OVERLAYS[number % len(palette.OVERLAYS)], "legend_label": name}
        plot.line("x", "y", source=source, line_width=1.8, line_dash="solid" if number == 0 else "dashed", **look)
        dots = plot.scatter("x", "y", source=source, size=7, **look)
        plot.add_tools(HoverTool(renderers=[dots], tooltips=[("", name), ("@of", "@y{0.00} %")]))
    plot.xaxis.ticker = sorted(set(yields["years"]))
    plot.xaxis.major_label_overrides = {0.25: "3m"}
    plot.xaxis.axis_label, plot.yaxis.axis_label = "years to maturity", "% a year"
    plot.add_layout(plot.legend[0], "above")
    plot.legend.update(orientation="horizontal", border_line_alpha=0, background_fill_alpha=0)
    return plot


def regimes(held: pd.DataFrame, states: Mapping[str, Sequence[str]], *, recessions: Iterable[TimeRange] = ()) -> figure:
    """When each regime held (`key title label start end`), one row a regime; `states` are those of a key, in order."""
    titles = list(dict.fromkeys(held["title"]))
    plot = _figure(60 + _ROW_HEIGHT * len(titles), "", FactorRange(*reversed(titles)))
    edges = pd.DataFrame({"at": [*held["start"], *held["end"]]})
    _shade(plot, recessions, {"": edges}, "at")
    source = ColumnDataSource(_bars(held, states))
    bars = plot.hbar(y="y", left="left", right="right", height=0.7, fill_color="color", line_color=None, source=source)
    plot.text("left", "y", "shown", x_offset=4, text_baseline="middle", text_font_size="11px", text_color="#101418",
              source=source)  # fmt: skip
    told = [("", "@y"), ("", "@label"), ("from", "@left{%Y-%m-%d}"), ("to", "@right{%Y-%m-%d}")]
    times = {"@left": "datetime", "@right": "datetime"}
    plot.add_tools(HoverTool(renderers=[bars], tooltips=told, formatters=times))
    plot.ygrid.visible = False
    return plot


def _bars(held: pd.DataFrame, states: Mapping[str, Sequence[str]]) -> dict[str, list]:
    """What is long enough is named in its bar."""
    room = _ROOM * (int(held["end"].max()) - int(held["start"].min()))
    return {
        "y": list(held["title"]),
        "left": list(held["start"] / NS_PER_MS),
        "right": list(held["end"] / NS_PER_MS),
        "label": list(held["label"]),
        "shown": [row.label if row.end - row.start > room else "" for row in held.itertuples()],
        "color": [_STATES[list(states[row.key]).index(row.label) % len(_STATES)] for row in held.itertuples()],
    }


def _figure(height: int, units: str, y_range: FactorRange | None = None) -> figure:
    given = {"y_range": y_range} if y_range is not None else {}
    plot = figure(
        height=height, sizing_mode="stretch_width", x_axis_type="datetime", toolbar_location=None,
        tools="xpan,xwheel_zoom", min_border_right=12, **given,
    )  # fmt: skip
    plot.add_tools(CrosshairTool(dimensions="height", line_color=palette.NEUTRAL))
    plot.xaxis.formatter = _TIMES.clone()
    plot.yaxis.axis_label = units
    return plot


def _shade(plot: figure, recessions: Iterable[TimeRange], lines: Mapping[str, pd.DataFrame], by: str) -> None:
    """Recessions there are values around: the axis is as long as the lines."""
    times = [int(edge) for frame in lines.values() if len(frame) for edge in (frame[by].min(), frame[by].max())]
    if not times:
        return
    first, last = min(times), max(times)
    plot.x_range = Range1d(first / NS_PER_MS, max(last, first + 1) / NS_PER_MS)
    for span in recessions:
        if span.end > first and span.start < last:
            plot.add_layout(BoxAnnotation(left=span.start / NS_PER_MS, right=span.end / NS_PER_MS, **_RECESSION))
