"""The sample source: real bars, at the close of real sessions, adjusted as their package says."""

from __future__ import annotations

import asyncio

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.dataset import Series, to_float
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.sources.sample import Sample

ALL = TimeRange.of("2000-01-01", "2014-01-01")


def fetch(instrument_id: str, adjustment: str = "raw", span: TimeRange = ALL) -> pd.DataFrame:
    series = Series(instrument_id=instrument_id, source="sample", adjustment=adjustment)
    return asyncio.run(Sample().fetch(series, span))


@pytest.mark.parametrize(
    ("instrument_id", "rows", "first"),
    [("AAPL.NASDAQ", 3270, "2000-03-01"), ("IBM.NYSE", 3270, "2000-03-01"), ("GOOG.NASDAQ", 2148, "2004-08-19")],
)
def test_the_whole_history_is_there(instrument_id: str, rows: int, first: str) -> None:
    times = pd.to_datetime(fetch(instrument_id)["ts_event"], utc=True)
    assert len(times) == rows
    assert [f"{day:%Y-%m-%d}" for day in (times.iloc[0], times.iloc[-1])] == [first, "2013-03-01"]


def test_a_bar_is_stamped_with_the_close_of_its_session_also_in_summer_and_on_short_days() -> None:
    times = set(fetch("AAPL.NASDAQ")["ts_event"])
    for close in ("2012-01-03T21:00", "2012-07-02T20:00", "2012-11-23T18:00", "2012-12-24T18:00"):
        assert to_ns(close) in times


def test_raw_prices_are_those_traded() -> None:
    """AAPL on 2000-03-01 as its package has it: 118.56, 132.06, 118.50, 130.31."""
    first = fetch("AAPL.NASDAQ").iloc[0]
    assert first[["open", "high", "low", "close"]].tolist() == [
        118_560_000_000, 132_060_000_000, 118_500_000_000, 130_310_000_000,
    ]  # fmt: skip
    assert first["volume"] == 9_616_100


def test_an_adjusted_close_is_the_packages_and_the_bar_keeps_its_shape() -> None:
    raw, total = fetch("AAPL.NASDAQ"), fetch("AAPL.NASDAQ", "total")
    assert to_float(total["close"])[0] == pytest.approx(4.186662803811)
    for name in ("open", "high", "low"):
        shape = to_float(raw[name]) / to_float(raw["close"])
        np.testing.assert_allclose(to_float(total[name]) / to_float(total["close"]), shape, rtol=1e-7)


def test_no_adjusted_return_is_a_split() -> None:
    returns = pd.Series(to_float(fetch("AAPL.NASDAQ", "total")["close"])).pct_change().dropna()
    assert returns.abs().max() < 0.6


def test_the_venue_belongs_to_the_name() -> None:
    with pytest.raises(SkippableError, match=r"Sample data has no AAPL\.NYSE; it has AAPL\.NASDAQ"):
        fetch("AAPL.NYSE")
