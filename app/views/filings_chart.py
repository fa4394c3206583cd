"""Filings chart: one concept over its periods, and beside it the price of the company's instrument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, CustomJSTickFormatter, DataRange1d, HoverTool, LinearAxis
from bokeh.plotting import figure

from app.views import palette
from app.views.filings_statement import span
from app.views.macro_chart import MOST_POINTS, NS_PER_MS, thinned, time_figure
from app.views.macro_days import date

HEIGHT = 340
NOTHING = pd.DataFrame()
_COMPACT = 'return tick.toLocaleString("en-US", {notation: "compact", maximumFractionDigits: 2})'


@dataclass(frozen=True)
class FactChart:
    """A figure; `facts` are points at the end of their periods, `price` a line on the scale at the left."""

    plot: figure
    facts: ColumnDataSource
    price: ColumnDataSource
    axis: LinearAxis


def fact_chart() -> FactChart:
    """An empty one."""
    plot = time_figure(HEIGHT)
    facts, price = ColumnDataSource(fact_columns(pd.DataFrame())), ColumnDataSource(price_columns(None))
    plot.extra_y_ranges = {"price": DataRange1d(only_visible=True, range_padding=0.08)}
    axis = LinearAxis(y_range_name="price", axis_label="price")
    plot.add_layout(axis, "left")
    line = plot.line(x="x", y="y", source=price, y_range_name="price", line_color=palette.NEUTRAL, line_width=1.2)
    joined = plot.line(x="x", y="y", source=facts, line_color=palette.LINE, line_width=1.2, line_alpha=0.6)
    points = plot.scatter(x="x", y="y", source=facts, size=7, fill_color="color", line_color=palette.LINE)
    plot.y_range.renderers, plot.extra_y_ranges["price"].renderers = [joined, points], [line]
    plot.yaxis.formatter = CustomJSTickFormatter(code=_COMPACT)
    told = [("period", "@period"), ("value", "@said"), ("known since", "@known"), ("", "@mark")]
    plot.add_tools(HoverTool(renderers=[points], tooltips=told))
    return FactChart(plot, facts, price, axis)


def fact_columns(frame: pd.DataFrame) -> dict[str, np.ndarray | list]:
    """Of a history (ts_start, ts_event, ts_init, value, unit …): the end of each period in ms, and what is told."""
    if frame.empty:
        return {"x": np.empty(0), "y": np.empty(0), "period": [], "said": [], "known": [], "mark": [], "color": []}
    rows = frame.to_dict("records")
    return {
        "x": frame["ts_event"].to_numpy() / NS_PER_MS,
        "y": frame["value"].astype("float64").to_numpy(),
        "period": [span(row["ts_start"], row["ts_event"]) for row in rows],
        "said": [f"{row['value']:,} {row['unit']}" for row in rows],
        "known": [date(row["ts_init"]) for row in rows],
        "mark": [" ".join(_marks(row)) for row in rows],
        "color": [palette.SELL if row["is_restated"] else palette.LINE for row in rows],
    }  # fmt: skip


def price_columns(bars: pd.DataFrame | None) -> dict[str, np.ndarray]:
    """Closes in ms, at most as many as a screen can show."""
    if bars is None or bars.empty:
        return {"x": np.empty(0), "y": np.empty(0)}
    values = bars["close"].to_numpy()
    places = thinned(values, MOST_POINTS)
    return {"x": bars["ts_event"].to_numpy()[places] / NS_PER_MS, "y": values[places]}


def _marks(row: Mapping[str, Any]) -> list[str]:
    return [word for word in ("restated", "computed") if row["is_restated" if word == "restated" else "is_derived"]]
