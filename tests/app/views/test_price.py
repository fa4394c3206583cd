"""The model, drawn: what the browser's chart is sent stands in the Bokeh sources, number by number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bokeh.models import GlyphRenderer, Label, Legend, LogScale, Span

from app.views import palette, price
from app.views.chart import SCALES, STYLES, Band, ChartModel, Hole, Line, chart_model
from app.views.chart_message import frame_message
from app.views.clock import wall_clock_ms
from app.views.price_columns import drawn_key, last_known, places, ribbon_columns, stretches
from nautilus_data.core.timerange import NS_PER_DAY, to_ns

FIRST = to_ns("2013-01-02T21:00Z")
HOLE = Hole(FIRST + 20 * NS_PER_DAY, FIRST + 24 * NS_PER_DAY, 5, "backfill?instrument=A.B")


def bars(count: int = 50, missing: range = range(0), **attrs: object) -> pd.DataFrame:
    close = 100 + np.sin(np.arange(count))
    prices = {"open": close - 0.5, "high": close + 1.0, "low": close - 1.0, "close": close}
    frame = pd.DataFrame({"ts_event": FIRST + np.arange(count) * NS_PER_DAY, **prices, "volume": 1_000.0})
    frame = frame.drop(index=[place for place in missing if place < count]).reset_index(drop=True)
    frame.attrs.update({"timeframe": "1-DAY", **attrs})
    return frame


def lines(model: ChartModel) -> ChartModel:
    """With a band over the price, two panes under it, dots, and another instrument."""
    closes = model.bars["close"]
    made = [
        Line("bb/upper", "bb", "Bands 20", "upper", closes + 2),
        Line("bb/lower", "bb", "Bands 20", "lower", closes - 2, color=1),
        Line("psar/psar", "psar", "PSAR", "psar", closes - 3, style="dots", color=2),
        Line("rsi/rsi", "rsi", "RSI 14", "rsi", closes / 2, pane=1, levels=(30.0, 70.0)),
        Line("macd/macd", "macd", "MACD", "macd", closes - 100, pane=2),
        Line("macd/bars", "macd", "MACD", "histogram", closes - 100, pane=2, style="histogram", color=1),
        Line("compare/C.D", "C.D", "C.D close", "close", closes * 3, kind="compare", color=3),
    ]
    return replace(model, lines=tuple(made), bands=(Band("bb/upper", "bb/lower"),))


def model(frame: pd.DataFrame | None = None, **options: object) -> ChartModel:
    frame = bars(missing=range(20, 25)) if frame is None else frame
    options.setdefault("holes", (HOLE,) if len(frame) > 30 else ())
    return lines(chart_model(frame, **options))


def fills(*sides: str, price_of: float = 101.5) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ts_plot": [FIRST + number * NS_PER_DAY - NS_PER_DAY // 3 for number in range(len(sides))],
            "side": list(sides),
            "last_qty": [100.0] * len(sides),
            "last_px": [price_of] * len(sides),
            "position_id": "P-1",
            "strategy_id": "EMACross-1",
        }
    )


def parts(chart: price.PriceChart, kind: type) -> list:
    return [part for place in ("center", "left", "right", "above") for part in getattr(chart.price, place)
            if isinstance(part, kind)]  # fmt: skip


def glyphs(chart: price.PriceChart) -> list[str]:
    return [part.glyph.__class__.__name__ for part in chart.price.renderers if isinstance(part, GlyphRenderer)]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("style", STYLES)
def test_what_the_browser_is_sent_is_what_bokeh_draws(style: str, scale: str) -> None:
    shown = model(style=style, scale=scale, zone="America/New_York")
    sent, drawn = frame_message(shown), price.price_chart(shown).bars.data
    np.testing.assert_array_equal(wall_clock_ms(sent["bars"]["time"] * 1e6, shown.zone), drawn["time"])
    for name in ("open", "high", "low", "close", "volume", "weight", "day"):
        np.testing.assert_array_equal(sent["bars"][name], drawn[name], name)
    for name, values in sent["raw"].items():
        np.testing.assert_array_equal(values, drawn[f"raw_{name}"], name)
    for line in sent["lines"]:
        np.testing.assert_array_equal(line["values"], drawn[line["key"]], line["key"])
    assert len(drawn["x"]) == len(sent["bars"]["time"]) == 50


def test_holes_bands_panes_and_levels_are_those_the_browser_is_sent() -> None:
    shown = model()
    sent, chart = frame_message(shown), price.price_chart(shown)
    holes = chart.holes.data
    assert [hole["url"] for hole in sent["holes"]] == holes["url"]
    assert [hole["text"] for hole in sent["holes"]] == holes["text"]
    assert (holes["left"].tolist(), holes["right"].tolist(), holes["bars"]) == ([19.5], [24.5], ["5 bars"])
    assert np.isnan(chart.bars.data["close"][20:25]).all()
    assert glyphs(chart).count("Patches") == len(sent["bands"])
    assert [plot.name for plot in chart.panes] == ["pane1", "pane2"]
    levels = [part.location for part in chart.panes[0].center if isinstance(part, Span) and part.line_dash == [6]]
    assert levels == [30.0, 70.0]


def test_all_figures_move_together() -> None:
    chart = price.price_chart(model())
    assert {plot.x_range for plot in chart.figures} == {chart.x_range}
    assert chart.layout.children == list(chart.figures)
    assert [plot.xaxis[0].visible for plot in chart.figures] == [False, False, False, True]
    assert chart.height == sum(plot.height for plot in chart.figures)


def test_each_style_has_its_glyphs() -> None:
    expected = {
        "candles": ["Segment", "Rect", "Segment"], "heikin-ashi": ["Segment", "Rect", "Segment"],
        "bars": ["Segment"] * 3,
        "line": ["Scatter", "Line"], "area": ["Patches", "Scatter", "Line"],
    }  # fmt: skip
    for style, names in expected.items():
        shown = replace(chart_model(bars(), style=style))
        assert glyphs(price.price_chart(shown))[: len(names)] == names, style


def test_wicks_have_the_colour_of_their_candle_and_so_are_seen_on_any_background() -> None:
    wick, body = price.price_chart(model()).price.renderers[:2]
    assert wick.glyph.line_color == body.glyph.fill_color
    assert wick.glyph.line_color.transform.palette == [palette.DOWN, palette.UP]


def test_candles_are_coloured_by_what_is_drawn_and_volume_by_what_was_traded() -> None:
    data = price.price_chart(model(style="heikin-ashi")).bars.data
    assert (data["is_up"] != data["is_bought"]).any()
    known = np.isfinite(data["close"])
    np.testing.assert_array_equal(data["is_up"][known], data["close"][known] >= data["open"][known])
    np.testing.assert_array_equal(data["is_bought"][known], data["raw_close"][known] >= data["raw_open"][known])


def test_a_log_scale_is_one() -> None:
    assert isinstance(price.price_chart(model(scale="log")).price.y_scale, LogScale)
    assert not isinstance(price.price_chart(model(scale="log")).volume.y_scale, LogScale)


def test_on_a_percent_scale_all_begin_at_the_first_close() -> None:
    shown = model(scale="percent")
    chart = price.price_chart(shown)
    other = shown.lines[-1]
    np.testing.assert_allclose(chart.bars.data[drawn_key(shown, other)], shown.bars["close"])
    assert drawn_key(shown, shown.lines[0]) == "bb/upper"
    (last,) = (part.text for part in parts(chart, Label))
    assert last == f"{(shown.bars['close'][-1] / 100 - 1) * 100:+.2f} %"
    assert drawn_key(replace(shown, scale="linear"), other) == other.key


def test_a_percent_of_a_negative_price_is_drawn_linear_and_says_so() -> None:
    frame = bars()
    frame[["open", "high", "low", "close"]] -= 137.63
    chart = price.price_chart(model(frame, scale="percent"))
    assert "drawn on a linear scale" in chart.price.title.text
    assert chart.bars.data["close"][0] == pytest.approx(-37.63)


def test_fills_stand_at_their_price_on_the_bar_they_were_made_in_and_sides_differ_in_shape() -> None:
    chart = price.price_chart(chart_model(bars()), fills("BUY", "SELL", "BUY"))
    assert (list(chart.buys.data["price"]), list(chart.buys.data["x"])) == ([101.5, 101.5], [0, 2])
    assert (list(chart.sells.data["price"]), list(chart.sells.data["x"])) == ([101.5], [1])
    assert [part.glyph.marker for part in chart.price.renderers[3:]] == ["triangle", "inverted_triangle"]


def test_fills_older_than_the_bars_are_left_out_and_newer_ones_stand_behind_them() -> None:
    shown = chart_model(bars(10))
    assert places(shown, np.array([FIRST, FIRST + 1, FIRST + 9 * NS_PER_DAY + 1])).tolist() == [0, 1, 10]
    old = fills("BUY").assign(ts_plot=FIRST - 2 * NS_PER_DAY)
    assert len(price.price_chart(shown, old).buys.data["x"]) == 0


def test_what_is_far_from_the_bars_in_view_does_not_flatten_an_area() -> None:
    plot = price.price_chart(chart_model(bars(), style="area")).price
    area = next(part for part in plot.renderers if part.glyph.__class__.__name__ == "Patches")
    assert area not in plot.y_range.renderers


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("count", [0, 1])
def test_no_bars_and_one_bar_are_drawn_in_every_style(count: int, style: str) -> None:
    chart = price.price_chart(model(bars(count), style=style))
    assert len(chart.bars.data["x"]) == count
    assert len(parts(chart, Label)) == count
    assert (chart.volume is None) == (count == 0)


def test_one_bar_drawn_as_a_line_is_a_dot() -> None:
    chart = price.price_chart(chart_model(bars(1), style="line"))
    dot = next(part for part in chart.price.renderers if part.glyph.__class__.__name__ == "Scatter")
    assert dot.data_source.data["y"].tolist() == [100.0]


def test_no_figure_is_made_for_volume_nobody_told() -> None:
    chart = price.price_chart(chart_model(bars().assign(volume=np.nan)))
    assert chart.volume is None
    assert chart.price.title.text.splitlines()[0].endswith("V ?")


def test_an_area_breaks_where_values_are_not_known() -> None:
    upper = np.array([1.0, 2.0, np.nan, 4.0, 5.0, 6.0])
    found = ribbon_columns(upper, np.zeros(6))
    assert [x.tolist() for x in found["xs"]] == [[0, 1, 1, 0], [3, 4, 5, 5, 4, 3]]
    assert found["ys"][0].tolist() == [1, 2, 0, 0]
    assert stretches(np.array([], bool)) == []


def test_the_last_bars_are_in_view_with_room_at_the_right() -> None:
    shown = chart_model(bars(500))
    start, end = price.x_limits(shown, 100)
    assert 398 < start < 400
    assert end > 499
    chart = price.price_chart(shown)
    chart.show_last(100)
    assert (chart.x_range.start, chart.x_range.end) == (start, end)
    assert price.x_limits(shown, 9_999) == price.x_limits(shown)


def test_values_of_the_last_known_bar_are_readable_without_a_mouse_and_name_the_zone() -> None:
    shown = chart_model(bars(2), zone="America/New_York", title="A.B", what="1d")
    chart = price.price_chart(shown)
    assert chart.price.title.text.startswith("A.B   1d\n2013-01-03 16:00 America/New_York   V 1,000\nO 100.34")
    assert chart.volume.xaxis[0].axis_label == "time (America/New_York)"
    assert last_known({"close": np.array([1.0, np.nan])}) == 0


def test_values_of_lines_stand_above_their_figure_and_a_legend_names_them() -> None:
    chart = price.price_chart(model())
    close = 100 + np.sin(49)
    assert f"Bands 20  {close + 2:.2f}  {close - 2:.2f}" in chart.price.title.text
    assert chart.panes[0].title.text == f"RSI 14  {close / 2:.2f}"
    (legend,) = parts(chart, Legend)
    assert [item.label.value for item in legend.items] == ["Bands 20 upper", "Bands 20 lower", "PSAR", "C.D close"]


def test_prices_have_room_at_the_right_and_the_digits_they_have() -> None:
    small, large = (price.price_chart(chart_model(frame, precision=digits)).price for frame, digits in (
        (bars(), 2), (bars().assign(high=123_456_789.0), 9)))  # fmt: skip
    assert large.min_border_right > small.min_border_right
    assert large.yaxis[0].formatter.format == "0,0.000000000"
    assert price.price_chart(chart_model(bars(), precision=0)).price.yaxis[0].formatter.format == "0,0"


def test_a_frame_says_what_it_is() -> None:
    attrs = {"source": "sample", "adjustment": "total", "timeframe": "1-DAY", "bucket": 4, "total": 12_000}
    assert price.describe(attrs) == (
        "1d · sample · adjusted for splits and dividends · 4 bars in a candle · 12,000 bars stored"
    )


def test_where_nothing_is_known_yet_the_axis_still_has_two_ends() -> None:
    chart = price.price_chart(model(bars(1), style="line"))
    nothing = Line("rsi/rsi", "rsi", "RSI 14", "rsi", np.array([np.nan]), pane=1, levels=(30.0, 70.0))
    early = price.price_chart(replace(chart.model, lines=(nothing,))).panes[0]
    assert (early.y_range.start, early.y_range.end) == (30.0, 70.0)
    empty = price.price_chart(chart_model(bars(0))).price
    assert (empty.y_range.start, empty.y_range.end) == (0.0, 1.0)
