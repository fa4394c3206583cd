"""Plots of macro: what is drawn of histories, curves and regimes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from bokeh.models import BoxAnnotation, Span, Step

from app.views.clock import NS_PER_MS
from app.views.macro_plots import MOST_POINTS, curve, history, regimes, thinned
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns

START = to_ns("1965-01-01")


def line(count: int) -> pd.DataFrame:
    times = START + np.arange(count, dtype="int64") * NS_PER_DAY
    return pd.DataFrame({"ts_event": times - NS_PER_DAY, "ts_init": times, "value": np.sin(np.arange(count) / 50)})


def test_recessions_are_shaded_where_there_are_values_and_levels_are_lines() -> None:
    inside = TimeRange(START + 10 * NS_PER_DAY, START + 20 * NS_PER_DAY)
    before = TimeRange(START - 900 * NS_PER_DAY, START - 800 * NS_PER_DAY)
    plot = history({"a": line(100)}, "%", recessions=[before, inside], levels=[(0.5, "much")])
    (box,) = plot.select(BoxAnnotation)
    assert (box.left, box.right) == (inside.start / NS_PER_MS, inside.end / NS_PER_MS)
    assert [one.location for one in plot.select(Span) if one.dimension == "width"] == [0.5]
    assert (plot.x_range.start, plot.x_range.end) == (START / NS_PER_MS, (START + 99 * NS_PER_DAY) / NS_PER_MS)


def test_a_value_stands_from_when_it_was_known_until_the_next() -> None:
    by_known = history({"a": line(5)}, "%")
    assert [one.glyph.mode for one in by_known.renderers if isinstance(one.glyph, Step)] == ["after"]
    by_date = history({"a": line(5)}, "%", by="ts_event")
    assert not [one for one in by_date.renderers if isinstance(one.glyph, Step)]


def test_a_long_line_is_thinned_and_keeps_its_ends_and_extremes() -> None:
    long = line(50_000)
    long.loc[31_415, "value"] = 99.0
    few = thinned(long, "ts_init")
    assert len(few) <= MOST_POINTS and few["ts_init"].is_monotonic_increasing
    assert 99.0 in set(few["value"])
    assert (few.index[0], few.index[-1]) == (0, 49_999)
    assert len(thinned(line(100), "ts_init")) == 100


def test_without_values_nothing_is_drawn_and_nothing_breaks() -> None:
    assert history({"a": line(0)}, "%", recessions=[TimeRange(0, 1)]).select(BoxAnnotation) is not None


def test_a_curve_has_a_line_a_day_named_in_words() -> None:
    rows = [
        (day, name, years, value) for day in (1, 2) for name, years, value in (("DGS2", 2.0, 4.0), ("DGS10", 10.0, 3.9))
    ]
    plot = curve(pd.DataFrame(rows, columns=["day", "series_id", "years", "value"]), {2: "now", 1: "before"})
    assert [one.label.value for one in plot.legend.items] == ["now", "before"]
    assert list(plot.xaxis[0].ticker.ticks) == [2.0, 10.0]


def test_each_regime_is_a_row_of_bars_in_the_colours_of_its_states() -> None:
    held = pd.DataFrame(
        [("v", "Volatility", "calm", 0, 90), ("v", "Volatility", "stress", 90, 92), ("g", "Growth", "up", 0, 92)],
        columns=["key", "title", "label", "start", "end"],
    )
    plot = regimes(held, {"v": ("calm", "stress"), "g": ("down", "up")})
    data = plot.renderers[0].data_source.data
    assert list(plot.y_range.factors) == ["Growth", "Volatility"]
    assert data["shown"] == ["calm", "", "up"]
    assert data["color"][0] != data["color"][1] == data["color"][2]
