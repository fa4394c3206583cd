"""Bus rates: entries a second by kind over the last minutes, as stacked areas that are streamed into."""

from __future__ import annotations

import pandas as pd
from bokeh.models import ColumnDataSource, DataRange1d, DatetimeTickFormatter
from bokeh.plotting import figure

from app.views import palette
from app.views.clock import wall_clock_ms

KINDS = ("market data", "orders", "positions and accounts", "system", "other")
POINTS = 300
COLORS = (palette.LINE, palette.SELL, palette.UP, "#b07aa1", palette.NEUTRAL)


def columns(history: pd.DataFrame, zone: str, after: int = 0) -> dict[str, list[float]]:
    """Seconds (wall clock, ms) later than `after` (ns), with a column of rates for each kind."""
    later = history[history["second"] > after] if len(history) else history
    if later.empty:
        return {name: [] for name in ("second", *KINDS)}
    wide = later.pivot_table(index="second", columns="kind", values="rate", aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(columns=list(KINDS), fill_value=0.0).sort_index()
    return {"second": list(wall_clock_ms(wide.index, zone)), **{kind: list(wide[kind]) for kind in KINDS}}


def css() -> str:
    """Marks on the cards of the kinds, so that they are the legend of the chart."""
    shown = ".board .strip .mark{display:block;border-radius:2px}"
    pairs = zip(KINDS, COLORS, strict=True)
    return shown + "".join(f'.board [data-key="{kind}"] .mark{{background:{color}}}' for kind, color in pairs)


def newest(history: pd.DataFrame) -> int:
    """The last second (ns) a history tells of."""
    return int(history["second"].max()) if len(history) else 0


def chart(history: pd.DataFrame, zone: str, height: int = 170) -> tuple[figure, ColumnDataSource]:
    """The figure and the source to stream `columns` into."""
    source = ColumnDataSource(columns(history, zone))
    plot = figure(
        x_axis_type="datetime", height=height, sizing_mode="stretch_width", toolbar_location=None, tools="",
        min_border_left=4, min_border_right=8, outline_line_alpha=0,
        # A range of no width would keep the browser looking for ticks for ever.
        x_range=DataRange1d(follow="end", follow_interval=1_000 * POINTS, min_interval=30_000, range_padding=0),
        y_range=DataRange1d(start=0, min_interval=5, range_padding=0.1, range_padding_units="percent"),
    )  # fmt: skip
    plot.varea_stack(list(KINDS), x="second", source=source, color=list(COLORS), alpha=0.75)
    plot.xaxis.ticker.desired_num_ticks = 4
    plot.yaxis.ticker.desired_num_ticks = 4
    plot.yaxis.ticker.num_minor_ticks = 0
    plot.xaxis.formatter = DatetimeTickFormatter(seconds="%H:%M:%S", minsec="%H:%M:%S", minutes="%H:%M", hours="%H:%M")
    plot.xgrid.visible = False
    return plot, source
