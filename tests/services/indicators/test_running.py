"""Bar by bar it is what it is over all bars."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.services.indicators import INDICATORS, Chosen, Running, parse, session_starts
from nautilus_data.services.indicators.session import utc_days
from tests.services.indicators.lines import MINUTE, Bars, around, equal, row, same, take, walk

# Short, so that the tails are cut many times in a line of hundreds.
SHORT = {
    "kama": {"length": 4, "fast": 2, "slow": 5}, "hma": {"length": 9}, "macd": {"fast": 2, "slow": 4, "signal": 3},
    "ichimoku": {"conversion": 2, "base": 3, "span": 5, "displacement": 3}, "trix": {"length": 3}, "psar": {},
    "stochrsi": {"length": 3, "stochastic": 4, "smooth": 2, "signal": 2}, "vwap": {}, "obv": {},
}  # fmt: skip
NAMES = pytest.mark.parametrize("name", INDICATORS)


def chosen(name: str) -> Chosen:
    return Chosen(INDICATORS[name], SHORT.get(name, {"length": 4}))


@st.composite
def lines(draw: st.DrawFn) -> Bars:
    """Random walks, equal prices, gaps of price and time, prices around zero and of nine decimals, unknown volumes."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    first, step = draw(
        st.sampled_from([(100.0, 0.3), (0.0, 1.0), (-40.0, 0.5), (1e-7, 1e-9), (1e6, 1e-2), (50.0, 0.0)])
    )
    count = draw(st.integers(1, 300))
    moves = random.normal(0, step, count) * (random.random(count) < draw(st.sampled_from([1.0, 0.3])))
    moves[random.random(count) < draw(st.sampled_from([0.0, 0.02]))] *= 200
    # Stretches without any move at all.
    still = random.integers(0, count, 2)
    moves[still.min() : still.max()] *= draw(st.sampled_from([1.0, 0.0]))
    bars = around(first + moves.cumsum(), random, step)
    bars["volume"][random.random(count) < draw(st.sampled_from([0.0, 0.2]))] = np.nan
    bars["ts_event"] = bars["ts_event"] + MINUTE * np.cumsum(500 * (random.random(count) < 0.02)).astype("int64")
    return bars


@NAMES
@settings(max_examples=10, deadline=None)
@given(bars=lines(), share=st.floats(0, 1), data=st.data())
def test_bar_by_bar_it_is_what_it_is_over_all(name: str, bars: Bars, share: float, data: st.DataObject) -> None:
    count = len(bars["close"])
    begin = int(share * count)
    one = chosen(name)
    whole = one.indicator.compute(bars, **one.parameters)
    running = Running(one, take(bars, slice(0, begin)))
    found = {output: np.full(count, np.nan) for output in whole}
    for number in range(begin, count):
        bar = row(bars, number)
        if data.draw(st.integers(0, 9)) == 0:
            # Painted once as though unfinished.
            running.update({**bar, "close": bar["open"], "high": bar["open"], "volume": 1.0})
        for output, value in running.update(bar).items():
            found[output][number] = value
    for output, values in whole.items():
        assert same(found[output][begin:], values[begin:], bars), output


@NAMES
def test_one_bar_only(name: str) -> None:
    bars, one = walk(1), chosen(name)
    running = Running(one, take(bars, slice(0, 0)))
    expected = one.indicator.compute(bars, **one.parameters)
    for _ in range(2):
        found = running.update(row(bars, 0))
        assert all(np.array_equal([found[output]], values, equal_nan=True) for output, values in expected.items())


@NAMES
def test_a_long_line_is_not_computed_again(name: str) -> None:
    one = Chosen(INDICATORS[name])
    running = Running(one, walk(20_000))
    assert running.reach < 2_500
    bars = walk(20_000 + running.reach + 40)
    running = Running(one, take(bars, slice(0, 20_000)))
    for number in range(20_000, len(bars["close"])):
        last = running.update(row(bars, number))
    assert running.reach < 5_000
    for output, values in one.indicator.compute(bars, **one.parameters).items():
        assert same(np.array([last[output]]), values[-1:], bars)


def test_where_a_tail_is_not_enough_all_is_computed() -> None:
    """A stop that never turned still goes by where it began: 20,000 bars ago."""
    rising = np.linspace(100, 101, 5_000)
    bars = around(np.append(rising, np.full(20_000, 101.0)), np.random.default_rng(1), 0.0)
    running = Running(parse("supertrend"), bars)
    assert running.reach == 25_000
    following = {**row(bars, -1), "ts_event": int(bars["ts_event"][-1]) + MINUTE}
    found = running.update(following)
    everything = {name: np.append(values, following[name]) for name, values in bars.items()}
    expected = INDICATORS["supertrend"].compute(everything)
    assert np.array_equal([found["rising"]], expected["rising"][-1:], equal_nan=True)
    assert np.array_equal([found["falling"]], expected["falling"][-1:], equal_nan=True)


def test_the_last_bar_it_began_with_may_be_repainted() -> None:
    bars = walk(100)
    running = Running(parse("sma:length=5"), bars)
    found = running.update({**row(bars, -1), "close": 1_000.0})
    assert found["sma"] == pytest.approx((bars["close"][-5:-1].sum() + 1_000) / 5, rel=1e-12)
    assert running.update(row(bars, -1))["sma"] == pytest.approx(bars["close"][-5:].mean(), rel=1e-12)


def test_what_it_was_given_is_not_written_to() -> None:
    bars = walk(40)
    kept = {name: values.copy() for name, values in bars.items()}
    for values in bars.values():
        values.flags.writeable = False
    for name in INDICATORS:
        Running(chosen(name), bars).update({**row(bars, -1), "close": 7.0})
    assert all(np.array_equal(values, kept[name]) for name, values in bars.items())


def test_a_bar_out_of_order_is_refused() -> None:
    bars = walk(40)
    with pytest.raises(ValueError, match=r"ema:length=20: a bar of \d+ came after one of \d+; compute the line again"):
        Running(parse("ema"), bars).update(row(bars, 20))


def test_a_bar_that_is_not_known_gives_nan_and_is_forgotten_when_painted_over() -> None:
    bars = walk(60)
    running = Running(parse("mfi"), take(bars, slice(0, 59)))
    assert np.isnan(running.update({**row(bars, 59), "volume": float("nan")})["mfi"])
    assert running.update(row(bars, 59))["mfi"] == pytest.approx(INDICATORS["mfi"].compute(bars)["mfi"][-1])


def test_the_volume_weighted_price_begins_with_the_session_of_the_exchange() -> None:
    bars = walk(2_000)
    sessions = lambda times: session_starts("ESH24.CME", times)  # noqa: E731
    running = Running(parse("vwap"), take(bars, slice(0, 300)), sessions)
    found = [running.update(row(bars, number))["vwap"] for number in range(300, 2_000)]
    expected = INDICATORS["vwap"].compute({**bars, "session": sessions(bars["ts_event"])})["vwap"]
    assert found == pytest.approx(expected[300:], rel=1e-12)
    assert not np.allclose(
        expected, INDICATORS["vwap"].compute({**bars, "session": utc_days(bars["ts_event"])})["vwap"]
    )


def test_equal_prices_stay_what_they_are() -> None:
    bars = equal(200)
    for name in INDICATORS:
        one = chosen(name)
        running = Running(one, take(bars, slice(0, 150)))
        expected = one.indicator.compute(bars, **one.parameters)
        for number in range(150, 200):
            found = running.update(row(bars, number))
        assert all(same(np.array([found[output]]), values[-1:], bars) for output, values in expected.items())
