"""The whole history small."""

from __future__ import annotations

import pandas as pd
from bokeh.models import RangeTool

from app.views import price
from app.views.chart import chart_model
from app.views.navigator import navigator
from nautilus_data.core.timerange import NS_PER_DAY


def chart(count: int) -> price.PriceChart:
    frame = pd.DataFrame({"ts_event": [number * NS_PER_DAY for number in range(count)]}, dtype="int64")
    return price.price_chart(chart_model(frame.assign(open=1.0, high=2.0, low=0.5, close=1.5, volume=1.0)))


def test_it_shows_all_bars_and_moves_the_range_of_the_chart() -> None:
    candles = chart(10)
    plot = navigator(candles)
    tool = next(tool for tool in plot.tools if isinstance(tool, RangeTool))
    assert tool.x_range is candles.x_range
    assert (plot.x_range.start, plot.x_range.end) == (0.0, 9.0)


def test_without_bars_it_is_empty_and_no_error() -> None:
    assert navigator(chart(0)).x_range.end == 1
