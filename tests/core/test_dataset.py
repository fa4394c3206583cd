"""Datasets: exact columns and types."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.dataset import (
    BARS,
    COMPONENTS,
    DATASETS,
    Kind,
    Series,
    parse_timeframe,
    show_timeframe,
    timeframe_ns,
    to_float,
)
from nautilus_data.core.timerange import NS_PER_DAY


def bars(times: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"ts_event": times, "ts_init": times, "close": 4, "low": 1, "high": 9, "open": 2, "volume": 1})


def test_a_conformed_frame_has_exactly_the_columns_in_order_and_type() -> None:
    frame = BARS.conform(bars([1, 2]).assign(note="dropped"))
    assert list(frame) == list(BARS.columns)
    assert [dtype.name for dtype in frame.dtypes] == ["int64"] * 6 + ["float64"]


def test_rows_are_sorted_by_time_and_numbered_anew() -> None:
    frame = BARS.conform(bars([3, 1, 2]))
    assert frame["ts_event"].tolist() == [1, 2, 3]
    assert frame.index.tolist() == [0, 1, 2]


def test_rows_of_one_time_keep_their_order() -> None:
    frame = bars([2, 1, 1, 1])
    frame["volume"] = [0, 1, 2, 3]
    assert BARS.conform(frame)["volume"].tolist() == [1, 2, 3, 0]


def test_missing_columns_are_named() -> None:
    with pytest.raises(ValueError, match="bars: columns are missing: high, volume"):
        BARS.conform(bars([1]).drop(columns=["high", "volume"]))


def test_float_prices_are_refused() -> None:
    with pytest.raises(ValueError, match=r"bars\.close must come as integers"):
        BARS.conform(bars([1]).assign(close=1.5))


def test_the_frame_that_came_is_left_as_it_was() -> None:
    frame = bars([3, 1])
    before = frame.copy()
    BARS.conform(frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)
def test_every_dataset_is_declared_soundly(dataset) -> None:
    assert DATASETS[dataset.name] is dataset
    assert set(dataset.key) <= set(dataset.columns)
    assert dataset.columns[dataset.time] is Kind.NS
    assert dataset.latest_by is None or dataset.columns[dataset.latest_by] is Kind.INT
    assert dataset.columns.keys() - set(dataset.key) or not dataset.latest_by


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda dataset: dataset.name)
def test_an_empty_frame_conforms_to_itself(dataset) -> None:
    empty = dataset.empty()
    assert len(empty) == 0
    pd.testing.assert_frame_equal(dataset.conform(empty), empty)


def test_texts_stay_objects() -> None:
    row = {name: [0 if kind in (Kind.NS, Kind.INT) else "x"] for name, kind in COMPONENTS.columns.items()}
    frame = COMPONENTS.conform(pd.DataFrame(row))
    assert frame["state"].dtype == object
    assert type(frame["state"][0]) is str


@pytest.mark.parametrize(
    ("written", "stored", "shown"),
    [("1m", "1-MINUTE", "1m"), ("5-MINUTE", "5-MINUTE", "5m"), ("1d", "1-DAY", "1d"), ("1M", "1-MONTH", "1M"),
     ("04h", "4-HOUR", "4h"), ("2w", "2-WEEK", "2w"), ("30s", "30-SECOND", "30s")],
)  # fmt: skip
def test_timeframes_are_read_and_shown(written: str, stored: str, shown: str) -> None:
    assert parse_timeframe(written) == stored
    assert show_timeframe(stored) == shown


@pytest.mark.parametrize("wrong", ["", "1", "m", "0m", "-1m", "1x", "1-day", "1.5h", "1-", "-DAY", "1-TICK"])
def test_what_is_no_timeframe_is_refused_with_the_forms(wrong: str) -> None:
    with pytest.raises(ValueError, match="write 1m, 5m"):
        parse_timeframe(wrong)


def test_a_timeframe_has_a_length() -> None:
    assert timeframe_ns("2d") == 2 * NS_PER_DAY
    assert timeframe_ns("1-MONTH") == 30 * NS_PER_DAY


def test_ticks_become_floats_for_plotting() -> None:
    assert to_float(np.array([1_570_000_000])).tolist() == [1.57]
    assert to_float(pd.Series([-500_000_000])).tolist() == [-0.5]


def test_a_series_says_what_it_is_in_words() -> None:
    series = Series(instrument_id="AAPL.NASDAQ", source="sample")
    assert str(series) == "AAPL.NASDAQ 1-DAY LAST raw from sample"
    assert series == Series(instrument_id="AAPL.NASDAQ", source="sample")
    assert len({series, Series(instrument_id="AAPL.NASDAQ", source="sample")}) == 1
