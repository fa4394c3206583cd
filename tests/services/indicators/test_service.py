"""Indicators of stored lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.dataset import Series
from nautilus_data.core.instrument import PRICE_SCALE
from nautilus_data.core.timerange import TimeRange
from nautilus_data.services.indicators import INDICATORS, Chosen, Indicators, parse
from nautilus_data.services.live import Live
from nautilus_data.services.market import Market
from nautilus_data.store import Store
from tests.services.indicators.lines import MINUTE, START, Bars, row, same, take, walk

LINE = ("AAPL.NASDAQ", "1-MINUTE", "sample", "raw")
SERIES = Series(instrument_id="AAPL.NASDAQ", source="sample", timeframe="1-MINUTE", adjustment="raw")
BARS = walk(1_500, tick=0.01)


@pytest.fixture
def market(store: Store, live: Live) -> Market:
    return Market(store, live, {})


@pytest.fixture
def indicators(market: Market) -> Indicators:
    return Indicators(market)


@pytest.fixture
def write(store: Store) -> Callable[[Bars], Bars]:
    """Store bars; gives them as they come back."""

    def keep(bars: Bars) -> Bars:
        ticks = {name: np.round(bars[name] * PRICE_SCALE).astype("int64") for name in ("open", "high", "low", "close")}
        times = {"ts_event": bars["ts_event"], "ts_init": bars["ts_event"]}
        store.write(SERIES, pd.DataFrame({**times, **ticks, "volume": bars["volume"]}))
        return {**bars, **{name: values / PRICE_SCALE for name, values in ticks.items()}}

    return keep


def test_a_span_has_what_the_whole_line_gives(indicators: Indicators, write: Callable[[Bars], Bars]) -> None:
    bars = write(BARS)
    span = TimeRange(START + 900 * MINUTE, START + 1_000 * MINUTE)
    inside = (bars["ts_event"] >= span.start) & (bars["ts_event"] < span.end)
    for indicator in INDICATORS.values():
        whole = indicator.compute(bars)
        found = indicators.over(*LINE, Chosen(indicator), span)
        assert list(found) == ["ts_event", *whole]
        assert found["ts_event"].tolist() == bars["ts_event"][inside].tolist()
        if indicator.name != "vwap":
            assert all(same(found[name].to_numpy(), values[inside], bars) for name, values in whole.items())
        assert found.attrs["approximate"] == "" and found.attrs["shifts"] == Chosen(indicator).shifts


def test_the_session_is_the_one_of_the_exchange(indicators: Indicators, write: Callable[[Bars], Bars]) -> None:
    """From 09:30 New York on, past midnight in UTC, until the middle of the night there."""
    bars = write(BARS)
    found = indicators.over(*LINE, parse("vwap"))["vwap"].to_numpy()
    typical = (bars["high"] + bars["low"] + bars["close"]) / 3
    # 19:45 to 09:45 of New York is in the middle at 00:45: 915 minutes after the open.
    for part in (slice(0, 915), slice(915, None)):
        expected = np.cumsum((typical * bars["volume"])[part]) / np.cumsum(bars["volume"][part])
        assert np.allclose(found[part], expected, rtol=1e-9)


def test_it_is_computed_once_until_the_bars_change(indicators: Indicators, write: Callable[[Bars], Bars]) -> None:
    ema, lengths = INDICATORS["ema"], []

    def counted(columns: Bars, length: int) -> Bars:
        lengths.append(len(columns["close"]))
        return ema.formula(columns, length)

    def read() -> pd.DataFrame:
        return indicators.over(*LINE, Chosen(replace(ema, formula=counted)))

    bars = write(take(BARS, slice(0, 1_000)))
    first = read()
    first.loc[:, "ema"] = 0.0
    assert same(read()["ema"].to_numpy(), ema.compute(bars)["ema"], bars)
    assert lengths == [1_000]
    bars = write(BARS)
    assert len(read()) == len(read()) == 1_500
    corrected = {**bars, "close": np.append(bars["close"][:-1], bars["high"][-1])}
    write(take(corrected, slice(1_499, None)))
    assert same(read()["ema"].to_numpy(), ema.compute(corrected)["ema"], bars)
    assert lengths == [1_000, 1_500, 1_500]


def test_what_is_kept_is_bounded(market: Market, write: Callable[[Bars], Bars]) -> None:
    write(BARS)
    # A frame of two columns of 1,500 has 24,000 bytes.
    indicators = Indicators(market, cache_bytes=60_000)
    for length in range(2, 9):
        indicators.over(*LINE, parse(f"sma:length={length}"))
        assert 0 < indicators.kept_bytes <= 60_000
    assert indicators.kept_bytes == 2 * 24_000


def test_a_line_too_long_is_computed_from_before_the_span_and_says_so(
    market: Market, write: Callable[[Bars], Bars]
) -> None:
    bars = write(BARS)
    span = TimeRange(START + 1_000 * MINUTE, START + 1_100 * MINUTE)
    found = Indicators(market, longest=500).over(*LINE, parse("sma:length=20"), span)
    expected = INDICATORS["sma"].compute(bars)["sma"][999:1_099]
    assert found["ts_event"].tolist() == bars["ts_event"][999:1_099].tolist()
    assert same(found["sma"].to_numpy(), expected, bars)
    assert found.attrs["approximate"].startswith("computed over the bars since 2024-01-04 06:49:00 UTC")
    newest = Indicators(market, longest=500).over(*LINE, parse("sma:length=20"))
    assert len(newest) == 500 and newest["ts_event"].iloc[-1] == bars["ts_event"][-1]


def test_no_bars_give_no_rows(indicators: Indicators) -> None:
    for indicator in INDICATORS.values():
        found = indicators.over(*LINE, Chosen(indicator), TimeRange(START, START + MINUTE))
        assert len(found) == 0 and len(found.columns) == 1 + len(indicator.outputs)


@pytest.mark.parametrize("text", ["vwap", "obv", "macd"])
def test_running_goes_on_where_the_stored_line_ends(
    text: str, indicators: Indicators, write: Callable[[Bars], Bars]
) -> None:
    write(take(BARS, slice(0, 1_000)))
    running = indicators.running(*LINE, parse(text))
    for number in range(1_000, 1_100):
        found = running.update(row(BARS, number))
    write(BARS)
    expected = indicators.over(*LINE, parse(text)).iloc[1_099]
    assert found == pytest.approx({name: expected[name] for name in found}, rel=1e-8)
