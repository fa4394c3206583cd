"""What was computed of bars, by the bars of a chart."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from app.views.chart import Band, ChartModel, Hole, chart_model
from app.views.overlays import compared_line, digits, indicator_lines, shifted
from nautilus_data.core.timerange import NS_PER_DAY

NAN = float("nan")


@dataclass(frozen=True)
class Output:
    name: str
    title: str = "Title"
    style: str = "line"
    pair: str = ""


@dataclass(frozen=True)
class Parameter:
    name: str = "length"
    title: str = "Length"
    low: float = 1
    high: float = 500
    step: float = 1


@dataclass(frozen=True)
class Indicator:
    outputs: tuple[Output, ...]
    title: str = "Bands"
    pane: str = "price"
    parameters: tuple[Parameter, ...] = (Parameter(),)
    levels: tuple[float, ...] = ()


@dataclass(frozen=True)
class Chosen:
    indicator: Indicator
    shifts: dict[str, int]
    label: str = "BANDS 20 2.5"
    parameters: dict[str, float] = field(default_factory=lambda: {"length": 20, "width": 2.5})

    def __str__(self) -> str:
        return "bands:length=20:width=2.5"


def chosen(*outputs: Output, levels: tuple[float, ...] = (), **shifts: int) -> Chosen:
    return Chosen(Indicator(outputs, levels=levels), {output.name: shifts.get(output.name, 0) for output in outputs})


def model(*days: int, holes: tuple[Hole, ...] = (), timeframe: str = "1-DAY") -> ChartModel:
    frame = pd.DataFrame({"ts_event": np.array(days, "int64") * NS_PER_DAY, "volume": 1.0})
    frame = frame.assign(open=1.0, high=1.0, low=1.0, close=1.0)
    frame.attrs["timeframe"] = timeframe
    return chart_model(frame, holes=holes, precision=4)


def values(*given: float, first: int = 1, **others: object) -> pd.DataFrame:
    times = (first + np.arange(len(given))) * NS_PER_DAY
    return pd.DataFrame({"ts_event": times.astype("int64"), "up": given, "low": given, "close": given})


def test_an_output_stands_at_the_bar_that_made_it() -> None:
    (line,), bands = indicator_lines(model(1, 2, 3), values(NAN, 2, 3), chosen(Output("up", "Upper")), color=3)
    np.testing.assert_array_equal(line.values, [NAN, 2, 3])
    assert (line.key, line.name) == ("bands:length=20:width=2.5/up", "bands:length=20:width=2.5")
    assert (line.label, line.title, line.color, line.precision, line.pane) == ("BANDS 20 2.5", "Upper", 3, 4, 0)
    assert line.parameters[0] == {"name": "length", "title": "Length", "value": 20, "low": 1, "high": 500, "step": 1}
    assert bands == []


def test_a_candle_that_stands_for_many_bars_has_the_value_of_its_last() -> None:
    weekly = model(7, 14, timeframe="1-WEEK")
    (line,), _ = indicator_lines(weekly, values(*range(1, 15)), chosen(Output("up")))
    assert line.values.tolist() == [7, 14]


def test_nothing_stands_where_bars_are_missing() -> None:
    holed = model(1, 3, holes=(Hole(2 * NS_PER_DAY, 2 * NS_PER_DAY, 1),))
    (line,), _ = indicator_lines(holed, values(1, 2, 3), chosen(Output("up")))
    np.testing.assert_array_equal(line.values, [1, NAN, 3])


def test_an_output_is_moved_by_bars_of_its_own_not_by_candles_or_holes() -> None:
    weekly = model(7, 14, timeframe="1-WEEK")
    (line,), _ = indicator_lines(weekly, values(*range(1, 15)), chosen(Output("up"), up=3))
    assert line.values.tolist() == [4, 11]
    holed = model(1, 3, 4, holes=(Hole(2 * NS_PER_DAY, 2 * NS_PER_DAY, 1),))
    own = values(1, 2, 3).assign(ts_event=np.array([1, 3, 4]) * NS_PER_DAY)
    (line,), _ = indicator_lines(holed, own, chosen(Output("up"), up=1))
    np.testing.assert_array_equal(line.values, [NAN, NAN, 1, 2])


def test_what_is_moved_past_the_last_bar_stands_ahead_of_it_where_a_candle_is_a_bar() -> None:
    (line,), _ = indicator_lines(model(1, 2, 3), values(1, 2, 3), chosen(Output("up"), up=2))
    np.testing.assert_array_equal(line.values, [NAN, NAN, 1])
    np.testing.assert_array_equal(line.ahead, [2, 3])
    (back,), _ = indicator_lines(model(1, 2, 3), values(1, 2, 3), chosen(Output("up"), up=-2))
    (weekly,), _ = indicator_lines(
        model(7, 14, timeframe="1-WEEK"), values(*range(1, 15)), chosen(Output("up"), up=3)
    )  # fmt: skip
    assert len(back.ahead) == len(weekly.ahead) == 0


@pytest.mark.parametrize(
    ("bars", "moved"),
    [(0, [1, 2, 3]), (1, [NAN, 1, 2]), (-2, [3, NAN, NAN]), (3, [NAN] * 3), (-9, [NAN] * 3)],
)
def test_what_is_moved_past_the_end_is_gone(bars: int, moved: list[float]) -> None:
    np.testing.assert_array_equal(shifted(np.array([1.0, 2.0, 3.0]), bars), moved)


def test_two_edges_are_a_band_once_and_only_over_the_price() -> None:
    edges = chosen(Output("up", style="band", pair="low"), Output("low", style="band", pair="up"), levels=(30.0,))
    lines, bands = indicator_lines(model(1, 2), values(1, 2), edges, color=2)
    assert [line.style for line in lines] == ["line", "line"]
    assert bands == [Band(lines[0].key, lines[1].key, 2)]
    assert [line.levels for line in lines] == [(30.0,), ()]
    assert indicator_lines(model(1, 2), values(1, 2), edges, pane=1)[1] == []


def test_another_instrument_keeps_its_last_price_for_a_week_and_no_longer() -> None:
    line = compared_line(model(1, 3, 8, 9), values(5.0), "C.D", "C.D sample", color=4)
    np.testing.assert_array_equal(line.values, [5, 5, 5, NAN])
    assert (line.key, line.kind, line.label, line.color) == ("compare/C.D", "compare", "C.D sample", 4)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([50.0, 70.0], 2),
        ([0.12, 0.3], 4),
        ([0.0005, 0.0006], 7),
        ([1e8, 3e8], 0),
        ([0.0, np.nan], 2),
        ([], 2),
        ([1e-12], 9),
    ],
)
def test_four_figures_of_a_value_are_shown(values, shown):
    assert digits(np.array(values, "float64")) == shown
