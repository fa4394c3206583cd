"""Columns of a chart over time."""

import numpy as np
import pandas as pd
import pytest

from app.views import macro_chart as charts
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns


def frame_of(dates, values) -> pd.DataFrame:
    times = pd.DatetimeIndex(dates).as_unit("ns").asi8
    return pd.DataFrame({"ts_event": times, "ts_init": times + 5 * NS_PER_DAY, "value": np.array(values, "float64")})


def test_few_points_are_all_drawn_with_when_they_were_known() -> None:
    columns = charts.line_columns(frame_of(["2024-01-01", "2024-02-01"], [1.0, 2.0]))
    assert columns["y"].tolist() == [1.0, 2.0]
    assert columns["x"][0] == to_ns("2024-01-01") / 1e6 and columns["known"][0] == to_ns("2024-01-06") / 1e6


def test_a_missing_month_is_a_hole_and_a_weekend_is_none() -> None:
    months = frame_of(["2025-08-01", "2025-09-01", "2025-10-01", "2025-11-01"], [4.3, 4.4, np.nan, 4.5])
    columns = charts.line_columns(months)
    assert np.isnan(columns["y"]).tolist() == [False, False, True, False]
    assert (np.diff(columns["x"]) > 0).all()
    days = charts.line_columns(frame_of(pd.bdate_range("2024-01-01", periods=30), range(30)))
    assert not np.isnan(days["y"]).any()


def test_of_many_points_the_extremes_stay() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=50_000)
    places = charts.thinned(values, 1_000)
    assert len(places) <= 1_002 and {0, len(values) - 1} <= set(places.tolist())
    assert {int(values.argmin()), int(values.argmax())} <= set(places.tolist())
    assert (np.diff(places) > 0).all()


def test_a_factors_last_value_holds_until_the_time_asked_for() -> None:
    history = frame_of(["2024-01-01", "2024-06-01"], [1.0, 0.0])
    until = to_ns("2024-10-31")
    columns = charts.line_columns(history, "ts_init", until)
    assert columns["y"].tolist() == [1.0, 0.0, 0.0] and columns["x"][-1] == until / 1e6
    assert charts.line_columns(history, "ts_init", to_ns("2026-01-01"))["y"].tolist() == [1.0, 0.0]
    assert charts.span_of(history, "ts_init", until) == TimeRange(to_ns("2024-01-06"), until + 1)


def test_recessions_never_reach_beyond_what_is_drawn() -> None:
    shown = TimeRange(to_ns("2008-06-01"), to_ns("2010-01-01"))
    two = [TimeRange(to_ns("2001-03-01"), to_ns("2001-12-01")), TimeRange(to_ns("2008-01-01"), to_ns("2009-07-01"))]
    columns = charts.shade_columns(two, shown)
    assert columns["start"].tolist() == [shown.start / 1e6] and columns["end"].tolist() == [to_ns("2009-07-01") / 1e6]


def test_nothing_makes_empty_columns() -> None:
    assert len(charts.line_columns(charts.NOTHING)["x"]) == 0
    assert charts.level_columns([(0.5, "signal")], charts.NOTHING)["y"] == []
    assert charts.span_of(charts.NOTHING, "ts_event") == TimeRange(0, 0)


def test_levels_are_named_where_the_data_begins() -> None:
    history = frame_of(["2024-01-01"], [0.3])
    assert charts.level_columns([(0.5, "signal")], history)["text"] == ["0.5 signal"]


def test_only_other_columns_are_sent() -> None:
    chart = charts.time_chart("value")
    sent = []
    chart.line.on_change("data", lambda attr, old, new: sent.append(new))
    columns = charts.line_columns(frame_of(["2024-01-01", "2024-06-01", "2024-07-01"], [1.0, 2.0, 3.0]))
    for _ in range(2):
        charts.fill(chart.line, {name: values.copy() for name, values in columns.items()})
    assert len(sent) == 1


@pytest.mark.parametrize("states", [(), ("calm", "crisis")])
def test_a_chart_of_a_regime_has_its_states_on_the_axis(states: tuple[str, ...]) -> None:
    plot = charts.time_chart("state", states, is_step=True).plot
    assert (plot.y_range.end == 1.5) is bool(states)
