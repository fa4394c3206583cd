"""Plots of macro: the page's charts, filled once."""

from __future__ import annotations

import numpy as np
import pandas as pd
from bokeh.models import Line, Step, Text, VStrip
from bokeh.plotting import figure

from app.views.clock import NS_PER_MS
from app.views.macro_curve import Day
from app.views.macro_plots import curve, history, regimes
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns

START = to_ns("1965-01-01")


def line(count: int) -> pd.DataFrame:
    times = START + np.arange(count, dtype="int64") * NS_PER_DAY
    return pd.DataFrame({"ts_event": times - NS_PER_DAY, "ts_init": times, "value": np.sin(np.arange(count) / 50)})


def drawn(plot: figure, glyph: type) -> list[dict]:
    """What each glyph of a kind has to draw."""
    return [dict(one.data_source.data) for one in plot.renderers if isinstance(one.glyph, glyph)]


def test_recessions_are_shaded_where_there_are_values_and_levels_are_named() -> None:
    inside = TimeRange(START + 10 * NS_PER_DAY, START + 20 * NS_PER_DAY)
    before = TimeRange(START - 900 * NS_PER_DAY, START - 800 * NS_PER_DAY)
    plot = history(line(100), "%", recessions=[before, inside], levels=[(0.5, "much")])
    (shades,) = drawn(plot, VStrip)
    assert (list(shades["start"]), list(shades["end"])) == ([inside.start / NS_PER_MS], [inside.end / NS_PER_MS])
    assert drawn(plot, Text)[0]["text"] == ["0.5 much"]


def test_a_value_stands_from_when_it_was_known_until_the_next() -> None:
    by_known = history(line(5), "%")
    (steps,) = drawn(by_known, Step)
    assert steps["x"][0] == START / NS_PER_MS and not drawn(by_known, Line)
    by_date = history(line(5), "%", by="ts_event")
    (dates,) = drawn(by_date, Line)
    assert dates["x"][0] == (START - NS_PER_DAY) / NS_PER_MS and not drawn(by_date, Step)


def test_without_values_there_is_an_empty_chart() -> None:
    assert len(drawn(history(line(0), "%", recessions=[TimeRange(0, 1)]), Step)[0]["x"]) == 0
    assert regimes(pd.DataFrame(columns=["key", "title", "label", "start", "end"]), {}).renderers


def test_a_curve_has_a_line_a_day_named_in_words() -> None:
    yields = (("DGS2", 2.0, 4.0), ("DGS10", 10.0, 3.9))
    rows = [(day, 0, 1, "fred", *one) for day in (1, 2) for one in yields]
    columns = ["day", "ts_event", "ts_init", "source", "series_id", "years", "value"]
    plot = curve(pd.DataFrame(rows, columns=columns), [Day("now", 2), Day("before", 1), Day("never", 9)])
    told = plot.renderers[0].data_source.data
    assert (told["label"], told["x"], told["y"]) == (["now", "before"], [[2.0, 10.0]] * 2, [[4.0, 3.9]] * 2)


def test_each_regime_is_a_lane_and_what_is_long_enough_is_named_in_it() -> None:
    held = pd.DataFrame(
        [("v", "Volatility", "calm", 0, 90), ("v", "Volatility", "stress", 90, 92), ("g", "Growth", "up", 0, 92)],
        columns=["key", "title", "label", "start", "end"],
    )
    plot = regimes(held, {"v": ("calm", "stress"), "g": ("down", "up")})
    assert drawn(plot, Text)[0]["label"] == ["calm", "up"]
