import holoviews as hv
import numpy as np
import pandas as pd
import pytest

from app.views import palette, price
from nautilus_data.core.timerange import NS_PER_DAY, to_ns

FIRST = to_ns("2013-01-02T21:00Z")


def bars(count: int = 50, **attrs: object) -> pd.DataFrame:
    close = 100 + np.sin(np.arange(count))
    frame = pd.DataFrame(
        {
            "ts_event": FIRST + np.arange(count) * NS_PER_DAY,
            "open": close - 0.5,
            "high": close + 1.0,
            "low": close - 1.0,
            "close": close,
            "volume": 1_000.0,
        }
    )
    frame.attrs.update({"timeframe": "1-DAY", **attrs})
    return frame


def fills(*sides: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ts_plot": [FIRST + number * NS_PER_DAY for number in range(len(sides))],
            "side": list(sides),
            "last_qty": ["100"] * len(sides),
            "last_px": [101.5] * len(sides),
            "position_id": "P-1",
            "strategy_id": "EMACross-1",
        }
    )


def live_bar(days: int, close: float = 123.0) -> dict[str, float]:
    return {
        "ts_event": FIRST + days * NS_PER_DAY,
        "open": 100.0,
        "high": 125.0,
        "low": 99.0,
        "close": close,
        "volume": 5.0,
    }


def test_price_and_volume_move_together():
    chart = price.candles(bars())
    assert chart.price.x_range is chart.volume.x_range


def test_wicks_have_the_colour_of_their_candle_and_so_are_seen_on_any_background():
    chart = price.candles(bars())
    wick, body = chart.price.renderers[:2]
    assert wick.glyph.line_color == body.glyph.fill_color
    assert wick.glyph.line_color.transform.palette == [palette.DOWN, palette.UP]


def test_fills_stand_at_their_price_and_sides_differ_in_shape():
    chart = price.candles(bars(), fills("BUY", "SELL", "BUY"))
    assert list(chart.buys.data["price"]) == [101.5, 101.5]
    assert list(chart.sells.data["price"]) == [101.5]
    markers = [renderer.glyph.marker for renderer in chart.price.renderers[2:]]
    assert markers == ["triangle", "inverted_triangle"]


@pytest.mark.parametrize("frame", [bars(0), bars(1)])
def test_no_bars_and_one_bar_are_drawn_too(frame):
    chart = price.candles(frame)
    assert len(chart.bars.data["x"]) == len(frame)
    assert chart.last_line.visible is bool(len(frame))


def test_the_running_bar_is_patched_in_place():
    chart = price.candles(bars(50))
    before = chart.bars.data
    assert price.put_bar(chart, live_bar(49)) is False
    assert chart.bars.data is before
    assert chart.bars.data["close"][-1] == 123.0
    assert len(chart.bars.data["x"]) == 50


def test_a_new_bar_is_streamed_behind_the_last():
    chart = price.candles(bars(50))
    assert price.put_bar(chart, live_bar(50)) is True
    assert len(chart.bars.data["x"]) == 51
    assert chart.last_line.location == 123.0
    assert chart.last_label.text == "123.00"


def test_a_bar_older_than_the_last_changes_nothing():
    chart = price.candles(bars(50))
    assert price.put_bar(chart, live_bar(20)) is False
    assert 123.0 not in chart.bars.data["close"]


def test_the_first_live_bar_of_an_empty_chart_is_drawn():
    chart = price.candles(bars(0))
    assert price.put_bar(chart, live_bar(0)) is True
    assert chart.bars.data["width"][0] > 0


def test_a_live_bar_widens_the_candle_that_stands_for_many():
    chart = price.candles(bars(50))
    high, volume = chart.bars.data["high"][-1], chart.bars.data["volume"][-1]
    price.widen_last(chart, {**live_bar(50, close=101.0), "high": high - 0.1, "low": 1.0})
    assert chart.bars.data["high"][-1] == high
    assert chart.bars.data["low"][-1] == 1.0
    assert chart.bars.data["close"][-1] == 101.0
    assert chart.bars.data["volume"][-1] == volume
    assert len(chart.bars.data["x"]) == 50


def test_bars_on_screen_are_replaced_without_a_new_figure():
    chart = price.candles(bars(50))
    figure, source = chart.price, chart.bars
    price.show_bars(chart, bars(10))
    assert len(source.data["x"]) == 10
    assert chart.price is figure


def test_the_last_bars_are_in_view_with_room_at_the_right():
    chart = price.candles(bars(500))
    start, end = price.x_limits(chart.bars.data, 100)
    x = chart.bars.data["x"]
    assert x[-101] <= start < x[-100]
    assert end > x[-1]


def test_values_of_the_last_bar_are_readable_without_a_mouse_and_name_the_zone():
    chart = price.candles(bars(2), zone="America/New_York")
    assert chart.price.title.text.startswith("2013-01-03 16:00 America/New_York   V 1,000\nO 100.34")
    assert chart.volume.xaxis[0].axis_label == "time (America/New_York)"


def test_a_frame_says_what_it_is():
    attrs = {"source": "sample", "adjustment": "total", "timeframe": "1-DAY", "bucket": 4, "total": 12_000}
    assert price.describe(attrs) == (
        "1d · sample · adjusted for splits and dividends · 4 bars in a candle · 12,000 bars stored"
    )


def test_closes_come_as_a_holoviews_curve_for_notebooks():
    curve = price.price_curve(bars(20), label="AAPL")
    assert isinstance(curve, hv.Curve)
    assert len(curve) == 20
