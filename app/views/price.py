"""Price: a chart model drawn with Bokeh, for notebooks, reports and comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from bokeh.layouts import column
from bokeh.models import Column, ColumnDataSource, Range1d
from bokeh.plotting import figure

from app.views import price_axes, price_glyphs
from app.views.chart import ChartModel
from app.views.price_columns import bar_columns, fill_columns, hole_columns
from app.views.price_values import pane_numbers, show_values
from nautilus_data.core.dataset import show_timeframe

_LEAST_VOLUME, _LEAST_PANE, _TIME_AXIS = 70, 100, 46


@dataclass(frozen=True)
class PriceChart:
    """Figures one under the other and what they draw; `volume` is None where no bar tells any."""

    model: ChartModel
    price: figure
    volume: figure | None
    panes: tuple[figure, ...]
    bars: ColumnDataSource
    holes: ColumnDataSource
    buys: ColumnDataSource
    sells: ColumnDataSource

    @property
    def x_range(self) -> Range1d:
        """In bars: 0 is the first."""
        return self.price.x_range

    @property
    def figures(self) -> tuple[figure, ...]:
        return tuple(filter(None, (self.price, self.volume, *self.panes)))

    @property
    def height(self) -> int:
        return sum(plot.height for plot in self.figures)

    @property
    def layout(self) -> Column:
        """Price, volume and the panes under it, to show as one."""
        return column(*self.figures, sizing_mode="stretch_width", spacing=0)

    def show_last(self, bars: int) -> None:
        """Bring the last `bars` into view."""
        start, end = x_limits(self.model, bars)
        self.x_range.update(start=start, end=end)


def price_chart(model: ChartModel, fills: pd.DataFrame | None = None, *, height: int = 400) -> PriceChart:
    """Draw a model in its style and on its scale, fills (as `Market.fills`) at their price; `height` of the price."""
    bars, holes = ColumnDataSource(bar_columns(model)), ColumnDataSource(hole_columns(model))
    buys, sells = (ColumnDataSource(fill_columns(fills, side, model)) for side in ("BUY", "SELL"))
    x_range, border = Range1d(*x_limits(model)), price_axes.border_of(model)
    price = price_axes.make_figure(x_range, height, "price", border, model.scale)
    volume = None
    if np.isfinite(model.bars["volume"]).any():
        volume = price_axes.make_figure(x_range, max(_LEAST_VOLUME, height // 5), "volume", border)
        price_glyphs.draw_volume(volume, bars)
        price_axes.show_numbers(volume)
    panes = tuple(
        _pane(
            model, bars, number, price_axes.make_figure(x_range, max(_LEAST_PANE, height // 4), f"pane{number}", border)
        )
        for number in pane_numbers(model)
    )
    _fill_price(price, model, bars, buys, sells)
    chart = PriceChart(model, price, volume, panes, bars, holes, buys, sells)
    for plot in chart.figures:
        price_glyphs.draw_holes(plot, holes, is_named=plot is price)
    show_values(price, panes, bars, model)
    price_axes.show_times(chart.figures, bars, model)
    chart.figures[-1].height += _TIME_AXIS
    price_axes.link(chart.figures)
    return chart


def x_limits(model: ChartModel, bars: int | None = None) -> tuple[float, float]:
    """Where the x axis begins and ends to show the last `bars` of them (all: None), with room at the right."""
    count = len(model)
    if not count:
        return 0.0, 1.0
    shown = count if bars is None else min(bars, count)
    ahead = max((len(line.ahead) for line in model.lines), default=0)
    return count - shown - 0.5, float(count - 1 + max(1.5, shown * 0.03, ahead + 0.5))


def describe(attrs: Mapping[str, object]) -> str:
    """One line on what a frame of bars is: source, timeframe, adjustment, bars in a candle."""
    parts = [str(attrs.get("source", "")), _adjustment(str(attrs.get("adjustment", "")))]
    if timeframe := attrs.get("timeframe"):
        parts.insert(0, show_timeframe(str(timeframe)))
    if int(attrs.get("bucket", 1) or 1) > 1:
        parts.append(f"{attrs['bucket']} bars in a candle")
    if attrs.get("total"):
        parts.append(f"{attrs['total']:,} bars stored")
    return " · ".join(part for part in parts if part)


def _pane(model: ChartModel, bars: ColumnDataSource, number: int, plot: figure) -> figure:
    lines = [line for line in model.lines if line.pane == number]
    plot.y_range.renderers = price_glyphs.draw_lines(plot, bars, model, lines)
    price_axes.show_numbers(plot)
    if not any(np.isfinite(line.values).any() for line in lines):
        price_axes.keep_range(plot, [level for line in lines for level in line.levels])
    return plot


def _fill_price(
    plot: figure, model: ChartModel, bars: ColumnDataSource, buys: ColumnDataSource, sells: ColumnDataSource
) -> None:
    shown = price_glyphs.draw_bars(plot, bars, model)
    shown += price_glyphs.draw_lines(plot, bars, model, [line for line in model.lines if line.pane == 0])
    shown += price_glyphs.draw_fills(plot, buys, sells, model)
    # What fills an area down to the floor has no say in how high the axis is.
    plot.y_range.renderers = shown
    if not np.isfinite(model.drawn["close"]).any():
        price_axes.keep_range(plot)
    price_glyphs.draw_last_price(plot, bars, model)
    price_axes.show_prices(plot, model)


def _adjustment(name: str) -> str:
    return {"raw": "as traded", "total": "adjusted for splits and dividends", "split": "adjusted for splits"}.get(
        name, name
    )
