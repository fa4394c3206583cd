"""What every indicator keeps to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nautilus_data.services.indicators import INDICATORS, Indicator
from tests.services.indicators.lines import Bars, around, equal, same, take, walk

EVERY = pytest.mark.parametrize("indicator", INDICATORS.values(), ids=INDICATORS.keys())
STYLES = {"line", "step", "histogram", "dots", "band"}


def test_all_that_traders_expect_are_there() -> None:
    expected = (
        "sma ema wma dema hma kama vwap bollinger keltner donchian ichimoku supertrend psar atr rsi macd stochastic "
        "stochrsi cci adx obv mfi aroon roc williams cmf trix stddev linreg"
    )
    assert set(expected.split()) == set(INDICATORS)


def test_the_mapping_is_read_only() -> None:
    with pytest.raises(TypeError):
        INDICATORS["mine"] = INDICATORS["sma"]  # type: ignore[index]


@EVERY
def test_it_declares_what_a_chart_needs(indicator: Indicator) -> None:
    names = [output.name for output in indicator.outputs]
    assert indicator.title and indicator.group and indicator.doc
    assert indicator.pane in ("price", "own")
    assert len(set(names)) == len(names)
    for output in indicator.outputs:
        assert output.style in STYLES
        assert (output.pair in names) == (output.style == "band")
        assert output.shift.removeprefix("-") in {"", *(parameter.name for parameter in indicator.parameters)}
    for parameter in indicator.parameters:
        assert parameter.low <= parameter.default <= parameter.high
        assert parameter.step > 0 and parameter.doc and parameter.title
    assert indicator.nautilus or not indicator.difference


@EVERY
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_too_few_bars_give_what_is_known_and_no_error(indicator: Indicator, count: int) -> None:
    found = indicator.compute(walk(count))
    assert list(found) == [output.name for output in indicator.outputs]
    assert all(len(values) == count and values.dtype == np.float64 for values in found.values())


@EVERY
def test_longer_than_the_line_is_not_known(indicator: Indicator) -> None:
    if not indicator.parameters or indicator.name in ("ichimoku", "psar"):
        pytest.skip("needs one or two bars only")
    longest = {each.name: each.high for each in indicator.parameters if each.is_whole and each.name != "fast"}
    assert all(np.isnan(values).all() for values in indicator.compute(walk(60), **longest).values())


@EVERY
def test_none_looks_ahead(indicator: Indicator) -> None:
    bars = walk(400)
    whole, part = indicator.compute(bars), indicator.compute(take(bars, slice(0, 250)))
    assert all(np.array_equal(part[name], whole[name][:250], equal_nan=True) for name in whole)


@EVERY
def test_a_bar_that_is_not_known_is_left_out(indicator: Indicator) -> None:
    bars = walk(300)
    holes = np.array([0, 7, 8, 150, 299])
    rest = np.setdiff1d(np.arange(300), holes)
    expected = indicator.compute(take(bars, rest))
    broken = {name: values.astype("float64") if name != "ts_event" else values for name, values in bars.items()}
    for name in ("open", "high", "low", "close", "volume"):
        broken[name][holes] = np.array([np.nan, np.inf, np.nan, -np.inf, np.nan])
    found = indicator.compute(broken)
    for name, values in found.items():
        assert np.isnan(values[holes]).all()
        assert np.array_equal(values[rest], expected[name], equal_nan=True)


@EVERY
def test_nothing_known_gives_nothing(indicator: Indicator) -> None:
    bars = {name: np.full(50, np.nan) if name != "ts_event" else values for name, values in walk(50).items()}
    assert all(np.isnan(values).all() for values in indicator.compute(bars).values())


@EVERY
def test_equal_prices_give_the_price_nothing_or_no_movement(indicator: Indicator) -> None:
    bars = equal(400, price=0.1)
    allowed = {"aroon": {100.0}, "obv": {5.0}}.get(indicator.name, {0.0})
    for values in indicator.compute(bars).values():
        shown = values[~np.isnan(values)]
        if indicator.pane == "price":
            assert np.allclose(shown, 0.1, rtol=1e-14)
        else:
            assert set(shown) <= allowed


@EVERY
@pytest.mark.parametrize("power", [-40, 40])
def test_the_unit_of_the_price_changes_nothing_else(indicator: Indicator, power: int) -> None:
    """Prices of 1e-10 and of 1e14: a power of two, so that not even rounding differs."""
    bars, unit = walk(500), 2.0**power
    scaled = {
        name: values * unit if name in ("open", "high", "low", "close") else values for name, values in bars.items()
    }
    plain, found = indicator.compute(bars), indicator.compute(scaled)
    for name, values in plain.items():
        assert not np.isnan(values[-1]) or indicator.name == "supertrend"
        of_price = np.allclose(found[name], unit * values, rtol=1e-12, atol=0, equal_nan=True)
        assert of_price or np.allclose(found[name], values, rtol=1e-12, atol=0, equal_nan=True)


@EVERY
@pytest.mark.parametrize("first", [-40.0, 0.0])
def test_negative_prices_are_prices(indicator: Indicator, first: float) -> None:
    bars = walk(500, first=first)
    found = indicator.compute(bars)
    if indicator.name in ("roc", "trix", "mfi"):
        assert all(np.isnan(values[bars["close"] < -1][30:]).any() for values in found.values())
        return
    higher = indicator.compute(lifted(bars, 1000))
    for name, values in found.items():
        lift = 1000 if indicator.pane == "price" else 0
        assert np.allclose(values, higher[name] - lift, rtol=1e-8, atol=1e-8, equal_nan=True)


def lifted(bars: Bars, by: float) -> Bars:
    return {name: values + by if name in ("open", "high", "low", "close") else values for name, values in bars.items()}


@EVERY
def test_a_volume_of_minus_one_is_none(indicator: Indicator) -> None:
    bars = walk(100)
    without = {**bars, "volume": np.full(100, -1.0)}
    needs_volume = "volume" in indicator.inputs
    for name, values in indicator.compute(without).items():
        expected = np.full(100, np.nan) if needs_volume else indicator.compute(bars)[name]
        assert np.array_equal(values, expected, equal_nan=True)


@EVERY
def test_what_was_a_million_times_larger_is_forgotten(indicator: Indicator) -> None:
    """A line that fell from a million to one looks, long after, like one that began at one."""
    small = walk(3_000, first=1.0, step=1e-4)
    random = np.random.default_rng(2)
    large = around(1e6 + random.normal(0, 100, 300).cumsum(), random, 100.0)
    both = {name: np.concatenate([large[name], small[name]]) for name in small if name != "ts_event"}
    both["ts_event"] = np.arange(1, 3_301) * 60_000_000_000
    if indicator.name in ("obv", "vwap"):
        pytest.skip("a sum since a beginning forgets nothing")
    alone, after = indicator.compute(small), indicator.compute(both)
    for name, values in alone.items():
        assert same(after[name][-200:], values[-200:], take(small, slice(2_800, None)), relative=1e-6)


def test_a_frame_is_as_good_as_arrays() -> None:
    bars = walk(50)
    for indicator in INDICATORS.values():
        for name, values in indicator.compute(pd.DataFrame(bars)).items():
            assert np.array_equal(values, indicator.compute(bars)[name], equal_nan=True)
