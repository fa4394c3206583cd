"""What the database answers by seeks is what reading all of it would tell."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.core.dataset import BARS, Series
from nautilus_data.core.resample import LADDER, resample
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, to_ns
from nautilus_data.store import Store
from tests.store.conftest import DAILY, bars

MINUTE = 60 * NS_PER_S
NEW_YORK_DAYS = ["2024-03-08", "2024-10-31", "2024-07-02", "2023-12-29"]
VENUES = ["AAPL.NASDAQ", "ES.CME", "EUR/USD.IDEALPRO", "BTC.KRAKEN", "7203.TSEJ", "X.NOWHERE"]
_NUMBERS = itertools.count()


def minutes(venue: str, **fields: str) -> Series:
    """A series nobody else writes to."""
    return Series(**{"instrument_id": venue, "source": f"s{next(_NUMBERS)}", "timeframe": "1-MINUTE"} | fields)


def random_bars(times: np.ndarray, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    prices = {name: draw.integers(-(10**15), 10**15, len(times)) for name in ("open", "high", "low", "close")}
    volume = np.where(draw.random(len(times)) < 0.1, np.nan, draw.integers(0, 1_000, len(times)).astype("float64"))
    return BARS.conform(pd.DataFrame({"ts_event": times, "ts_init": times + 5, **prices, "volume": volume}))


def in_memory(store: Store, series: Series, span: TimeRange, timeframe: str) -> pd.DataFrame:
    frame = store.read(series, span)
    columns = {name: frame[name].to_numpy() for name in frame} | {"bars": np.ones(len(frame), "int64")}
    return pd.DataFrame(resample(columns, series, timeframe))


def assert_same(store: Store, series: Series, span: TimeRange, timeframe: str) -> None:
    found = store.resample(series, span, timeframe)
    pd.testing.assert_frame_equal(found, in_memory(store, series, span, timeframe), check_exact=True)


def test_the_database_resamples_as_memory_does(store: Store) -> None:
    @settings(max_examples=40, deadline=None)
    @given(
        venue=st.sampled_from(VENUES),
        start=st.sampled_from(NEW_YORK_DAYS),
        places=st.lists(st.integers(0, 6 * 1440), max_size=60, unique=True),
        cut=st.tuples(st.integers(0, 6 * 1440), st.integers(0, 6 * 1440)).map(sorted),
        timeframe=st.sampled_from(LADDER[1:]),
    )
    def compare(venue: str, start: str, places: list[int], cut: list[int], timeframe: str) -> None:
        series, first = minutes(venue), to_ns(start)
        store.write(series, random_bars(first + np.array(sorted(places), "int64") * MINUTE, len(places)))
        assert_same(store, series, TimeRange(first + cut[0] * MINUTE, first + cut[1] * MINUTE), timeframe)
        assert_same(store, series, TimeRange(0, 2**62), timeframe)

    compare()


@pytest.mark.parametrize("timeframe", ["1h", "1d", "1w", "1M", "1Y"])
def test_gaps_of_years_make_no_buckets(store: Store, timeframe: str) -> None:
    for venue in ("X.NOWHERE", "AAPL.NASDAQ"):
        series = minutes(venue)
        days = [to_ns(f"{year}-05-15T14:00Z") for year in (1999, 2009, 2024)]
        store.write(series, random_bars(np.concatenate([day + np.arange(90) * MINUTE for day in days])))
        assert_same(store, series, TimeRange(0, 2**62), timeframe)


def test_weeks_are_made_of_days_by_the_database_too(store: Store) -> None:
    store.write(DAILY, random_bars(to_ns("2023-12-27T21:00Z") + np.arange(60) * NS_PER_DAY))
    for timeframe in ("1w", "1M", "3M"):
        assert_same(store, DAILY, TimeRange(0, 2**62), timeframe)


def test_nothing_resamples_to_nothing(store: Store) -> None:
    assert store.resample(DAILY, TimeRange(0, 10), "1w").empty
    store.write(DAILY, bars())
    found = store.resample(DAILY, TimeRange(50, 60), "1w")
    assert (len(found), list(found)) == (0, [*BARS.columns, "bars"])


def test_sums_that_need_rounding_differ_by_it_at_most(store: Store) -> None:
    series = minutes("BTC.KRAKEN")
    frame = random_bars(to_ns("2024-01-01") + np.arange(3_000) * MINUTE).assign(volume=0.1)
    store.write(series, frame)
    found, wanted = (make(series, TimeRange(0, 2**62), "1d") for make in (
        store.resample, lambda *given: in_memory(store, *given)))  # fmt: skip
    np.testing.assert_allclose(found["volume"], wanted["volume"], rtol=1e-12)


def test_the_ends_of_a_line_are_told_and_those_before_a_time(store: Store) -> None:
    assert store.ends(DAILY) is None
    store.write(DAILY, bars(5, 10))
    store.write(replace(DAILY, source="other"), bars(0, 50))
    assert store.ends(DAILY) == (5, 14)
    assert store.ends(DAILY, before=9) == (5, 8)
    assert store.ends(DAILY, before=5) is None


def test_counting_stops_where_it_is_told_to(store: Store) -> None:
    store.write(DAILY, bars(0, 10))
    assert store.count(DAILY, None, 100) == 10
    assert store.count(DAILY, TimeRange(2, 5), 100) == 3
    assert store.count(DAILY, None, 4) == 4
    assert store.count(replace(DAILY, source="nobody"), None, 4) == 0


def test_the_latest_bar_of_every_series_comes_in_one_answer(store: Store) -> None:
    lines = [replace(DAILY, instrument_id=f"I{n}.X", source=source) for n in range(5) for source in ("a", "b")]
    for number, line in enumerate(lines):
        store.write(line, bars(number, 10))
    store.cover(replace(DAILY, instrument_id="EMPTY.X"), TimeRange(0, 5))
    found = store.latest_bars(["I1.X", "I3.X", "EMPTY.X", "NOT.THERE"]).sort_values(["instrument_id", "source"])
    assert found[["instrument_id", "source", "ts_event"]].values.tolist() == [
        ["I1.X", "a", 11], ["I1.X", "b", 12], ["I3.X", "a", 15], ["I3.X", "b", 16]]  # fmt: skip
    assert store.latest_bars([]).empty
