"""NautilusTrader's own indicators on the same bars: equal, or different in the way each says it is.

Where the values differ, NautilusTrader's class is given what the difference is made of, and is equal then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from nautilus_data.services.indicators import INDICATORS, parse
from tests.services.indicators.lines import Bars, row, same, walk

# Only these tests need the optional package nautilus_trader.
nautilus: ModuleType = pytest.importorskip("nautilus_trader.indicators")
BARS = walk(2_000, seed=4, tick=0.01)
LATER = 900
Feed = Callable[[object, dict[str, float]], None]


def by_close(indicator: object, bar: dict[str, float]) -> None:
    indicator.update_raw(bar["close"])


def by_range(indicator: object, bar: dict[str, float]) -> None:
    indicator.update_raw(bar["high"], bar["low"])


def by_prices(indicator: object, bar: dict[str, float]) -> None:
    indicator.update_raw(bar["high"], bar["low"], bar["close"])


def by_close_alone(indicator: object, bar: dict[str, float]) -> None:
    indicator.update_raw(bar["close"], bar["close"], bar["close"])


def theirs(indicator: object, feed: Feed, *names: str, bars: Bars = BARS) -> dict[str, np.ndarray]:
    """What NautilusTrader has after each bar, once it calls itself initialized."""
    found = {name: np.full(len(bars["close"]), np.nan) for name in names}
    for number in range(len(bars["close"])):
        feed(indicator, row(bars, number))
        if indicator.initialized:
            for name, values in found.items():
                values[number] = getattr(indicator, name)
    return found


def ours(text: str, bars: Bars = BARS) -> dict[str, np.ndarray]:
    chosen = parse(text)
    return chosen.indicator.compute(bars, **chosen.parameters)


def test_each_class_named_is_one_of_nautilus_traders() -> None:
    newer = set() if hasattr(nautilus, "IchimokuCloud") else {"IchimokuCloud"}
    assert {each.nautilus for each in INDICATORS.values() if each.nautilus} - set(nautilus.__all__) == newer


def equal_ones() -> Iterator[tuple[str, object, Feed, dict[str, str]]]:
    """What is equal: as we name it, theirs, what it is fed with, our outputs by their names."""
    yield "sma:length=20", nautilus.SimpleMovingAverage(20), by_close, {"value": "sma"}
    yield "ema:length=20", nautilus.ExponentialMovingAverage(20), by_close, {"value": "ema"}
    yield "dema:length=20", nautilus.DoubleExponentialMovingAverage(20), by_close, {"value": "dema"}
    yield "keltner:length=20:multiplier=1.5", nautilus.KeltnerChannel(20, 1.5), by_prices, {
        "upper": "upper", "middle": "middle", "lower": "lower",
    }  # fmt: skip
    yield "donchian:length=20", nautilus.DonchianChannel(20), by_range, {
        "upper": "upper", "middle": "middle", "lower": "lower",
    }  # fmt: skip
    yield "macd", nautilus.MovingAverageConvergenceDivergence(12, 26), by_close, {"value": "macd"}
    yield "cci:length=20", nautilus.CommodityChannelIndex(20), by_prices, {"value": "cci"}
    yield "aroon:length=14", nautilus.AroonOscillator(14), by_range, {"aroon_up": "up", "aroon_down": "down"}
    yield "linreg:length=14", nautilus.LinearRegression(14), by_close, {"value": "linreg"}
    yield "stochastic:length=14:smooth=1", nautilus.Stochastics(14, 3), by_prices, {"value_k": "k"}


@pytest.mark.parametrize(("text", "indicator", "feed", "names"), list(equal_ones()), ids=lambda given: str(given)[:24])
def test_it_is_equal_from_the_first_value_on(text: str, indicator: object, feed: Feed, names: dict[str, str]) -> None:
    found, expected = ours(text), theirs(indicator, feed, *names)
    for name, output in names.items():
        assert np.isnan(expected[name]).sum() < 40
        assert same(found[output], expected[name], BARS), output


def test_what_says_it_is_equal_is_tested_to_be() -> None:
    tested = {text.partition(":")[0] for text, *_ in equal_ones()}
    assert {name for name, each in INDICATORS.items() if each.nautilus and not each.difference} <= tested


def test_weighted_average_is_equal_with_weights_and_plain_without() -> None:
    weighted = nautilus.WeightedMovingAverage(10, weights=np.arange(1.0, 11.0))
    assert same(ours("wma:length=10")["wma"], theirs(weighted, by_close, "value")["value"], BARS)
    plain = theirs(nautilus.WeightedMovingAverage(10), by_close, "value")["value"]
    assert same(ours("sma:length=10")["sma"], plain, BARS)


def test_hull_is_equal_once_its_windows_are_full() -> None:
    found, expected = ours("hma:length=20")["hma"], theirs(nautilus.HullMovingAverage(20), by_close, "value")["value"]
    begin = int(np.flatnonzero(~np.isnan(found))[0])
    assert begin == 19 + 4 - 1
    assert same(found[begin:], expected[begin:], BARS)
    assert not np.isnan(expected[19:begin]).any()


def test_kaufman_is_equal_with_nautilus_traders_efficiency() -> None:
    """Its change reaches over length - 1 bars, its way over length."""
    closes, length = BARS["close"], 10
    found = theirs(nautilus.AdaptiveMovingAverage(length, 2, 30), by_close, "value")["value"]
    kaufmans, theirs_again = kama(closes, length, length), kama(closes, length, length - 1)
    assert same(theirs_again[LATER:], found[LATER:], BARS)
    assert same(kaufmans[LATER:], ours("kama:length=10")["kama"][LATER:], BARS)
    assert not same(found[LATER:], kaufmans[LATER:], BARS, relative=1e-4)


def kama(closes: np.ndarray, length: int, change: int) -> np.ndarray:
    found, value = np.full(len(closes), np.nan), closes[length]
    for number in range(length, len(closes)):
        way = np.abs(np.diff(closes[number - length : number + 1])).sum()
        efficiency = abs(closes[number] - closes[number - change]) / way if way else 0
        value += (efficiency * (2 / 3 - 2 / 31) + 2 / 31) ** 2 * (closes[number] - value)
        found[number] = value
    return found


def test_bollinger_is_equal_when_every_price_is_the_close() -> None:
    found = ours("bollinger:length=20:multiplier=2")
    names = ("upper", "middle", "lower")
    expected = theirs(nautilus.BollingerBands(20, 2.0), by_close_alone, *names)
    typical = theirs(nautilus.BollingerBands(20, 2.0), by_prices, *names)
    assert all(same(found[name], expected[name], BARS) for name in names)
    assert not any(same(found[name], typical[name], BARS, relative=1e-6) for name in names)


def test_true_range_is_equal_with_wilders_average_once_the_seed_has_faded() -> None:
    wilder = nautilus.MovingAverageType.WILDER
    found = ours("atr:length=14")["atr"]
    expected = theirs(nautilus.AverageTrueRange(14, wilder), by_prices, "value")["value"]
    assert same(found[LATER:], expected[LATER:], BARS)
    assert not same(
        found[LATER:], theirs(nautilus.AverageTrueRange(14), by_prices, "value")["value"][LATER:], BARS, 1e-3
    )


def test_strength_is_equal_in_percent_with_wilders_average_once_the_seed_has_faded() -> None:
    wilder = nautilus.MovingAverageType.WILDER
    found = ours("rsi:length=14")["rsi"]
    expected = theirs(nautilus.RelativeStrengthIndex(14, wilder), by_close, "value")["value"]
    assert same(found[LATER:], 100 * expected[LATER:], BARS)
    assert not same(
        found[LATER:], 100 * theirs(nautilus.RelativeStrengthIndex(14), by_close, "value")["value"][LATER:], BARS, 1e-3
    )


def test_percent_d_is_a_ratio_of_sums_there() -> None:
    expected = theirs(nautilus.Stochastics(14, 3), by_prices, "value_d")["value_d"]
    high, low = (pd.Series(BARS[name]).rolling(14) for name in ("high", "low"))
    place, reach = (
        pd.Series(values).rolling(3).sum() for values in (BARS["close"] - low.min(), high.max() - low.min())
    )
    ratio = (100 * place / reach).to_numpy()
    assert same(ratio[20:], expected[20:], BARS)
    assert not same(ours("stochastic:length=14:signal=3")["d"][20:], expected[20:], BARS, relative=1e-4)


def test_rate_of_change_is_a_fraction_and_counts_this_bar_there() -> None:
    expected = theirs(nautilus.RateOfChange(11), by_close, "value")["value"]
    assert same(ours("roc:length=10")["roc"], 100 * expected, BARS)


def test_directional_movement_is_averaged_in_units_of_price_there() -> None:
    expected = theirs(nautilus.DirectionalMovement(14), by_range, "pos", "neg")
    up, down = np.diff(BARS["high"], prepend=BARS["high"][:1]), -np.diff(BARS["low"], prepend=BARS["low"][:1])
    moves = {"pos": np.where((up > down) & (up > 0), up, 0.0), "neg": np.where((down > up) & (down > 0), down, 0.0)}
    for name, movement in moves.items():
        average = pd.Series(movement).ewm(span=14, adjust=False).mean().to_numpy()
        assert same(average[13:], expected[name][13:], BARS)


def test_on_balance_volume_is_equal_when_each_bar_opens_where_the_last_closed() -> None:
    """As these bars do; the first one's volume, which has no close before it, apart."""

    def feed(indicator: object, bar: dict[str, float]) -> None:
        indicator.update_raw(bar["open"], bar["close"], bar["volume"])

    expected = theirs(nautilus.OnBalanceVolume(), feed, "value")["value"]
    assert same(ours("obv")["obv"] - BARS["volume"][0], expected, BARS)


def test_volume_weighted_price_is_equal_where_the_session_is_the_day_of_utc() -> None:
    # Half a minute off, so that no bar ends at midnight: there that bar is of the new day, here of the old.
    bars = {**BARS, "ts_event": BARS["ts_event"] - 30_000_000_000}

    def feed(indicator: object, bar: dict[str, float]) -> None:
        typical = (bar["high"] + bar["low"] + bar["close"]) / 3
        indicator.update_raw(typical, bar["volume"], pd.Timestamp(bar["ts_event"], tz="UTC"))

    expected = theirs(nautilus.VolumeWeightedAveragePrice(), feed, "value", bars=bars)["value"]
    assert len(np.unique(bars["ts_event"] // 86_400_000_000_000)) == 2
    assert same(ours("vwap", bars)["vwap"], expected, bars)


@pytest.mark.skipif(not hasattr(nautilus, "IchimokuCloud"), reason="newer releases of nautilus_trader have it")
def test_ichimoku_is_equal_where_it_is_drawn() -> None:
    names = {
        "tenkan_sen": "tenkan", "kijun_sen": "kijun", "senkou_span_a": "senkou_a", "senkou_span_b": "senkou_b",
        "chikou_span": "chikou",
    }  # fmt: skip
    expected = theirs(nautilus.IchimokuCloud(9, 26, 52, 26), by_prices, *names)
    found, shifts = ours("ichimoku"), parse("ichimoku").shifts
    for name, output in names.items():
        # Its lagging line is late, not early: the close of as many bars before.
        late = abs(shifts[output])
        assert same(found[output][100 - late : 2_000 - late], expected[name][100:], BARS), output
