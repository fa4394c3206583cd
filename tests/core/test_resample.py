"""Resampled bars are those a source of the coarser timeframe would deliver, and hold all there was."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import Series
from nautilus_data.core.resample import LADDER, count, holds, is_made_of, locate, resample, whole
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, to_ns

MINUTE = 60 * NS_PER_S
NEW_YORK = "America/New_York"


def minutes(instrument_id: str = "AAPL.NASDAQ", **fields: str) -> Series:
    return Series(**{"instrument_id": instrument_id, "source": "x", "timeframe": "1-MINUTE"} | fields)


def rising(times: np.ndarray) -> dict[str, np.ndarray]:
    """Bars whose open is their number, high two more, low three less, close one more, volume 10."""
    number = np.arange(len(times), dtype="int64")
    prices = {"open": number, "high": number + 2, "low": number - 3, "close": number + 1}
    return {"ts_event": times, **prices, "volume": np.full(len(times), 10.0)}


def traded(series: Series, start: str, end: str) -> dict[str, np.ndarray]:
    """Every minute of the sessions of some days."""
    return rising(expected(series, TimeRange.of(start, end)).due)


def local(times: np.ndarray, zone: str = NEW_YORK) -> list[str]:
    stamps = pd.DatetimeIndex(times.astype("datetime64[ns]"), tz="UTC").tz_convert(zone)
    return [f"{stamp:%m-%d %H:%M}" for stamp in stamps]


def test_hours_of_a_us_stock_are_counted_from_the_open() -> None:
    series = minutes()
    made = resample(traded(series, "2024-06-03", "2024-06-04"), series, "1h")
    assert local(made["ts_event"]) == [f"06-03 {time}" for time in (
        "10:30", "11:30", "12:30", "13:30", "14:30", "15:30", "16:00")]  # fmt: skip
    assert made["volume"].tolist() == [600.0] * 6 + [300.0]
    assert (made["open"][0], made["high"][0], made["low"][0], made["close"][0]) == (0, 61, -3, 60)


@pytest.mark.parametrize(
    ("start", "end", "closes"),
    [("2024-03-08", "2024-03-13", ["03-08 16:00", "03-11 16:00", "03-12 16:00"]),
     ("2024-11-01", "2024-11-06", ["11-01 16:00", "11-04 16:00", "11-05 16:00"]),
     ("2024-07-02", "2024-07-06", ["07-02 16:00", "07-03 13:00", "07-05 16:00"])],
    ids=["summer time begins", "summer time ends", "half day and holiday"],
)  # fmt: skip
def test_a_day_is_the_session(start: str, end: str, closes: list[str]) -> None:
    series = minutes()
    bars = traded(series, start, end)
    made = resample(bars, series, "1d")
    assert local(made["ts_event"]) == closes
    assert made["volume"].sum() == 10 * len(bars["ts_event"])


def test_four_hours_of_a_half_day_end_with_it() -> None:
    series = minutes()
    made = resample(traded(series, "2024-07-03", "2024-07-04"), series, "4h")
    assert local(made["ts_event"]) == ["07-03 13:00"]


def test_an_exchange_that_rests_at_noon_begins_anew_after_it() -> None:
    series = minutes("7203.TSEJ")
    made = resample(traded(series, "2024-06-03", "2024-06-04"), series, "1h")
    assert local(made["ts_event"], "Asia/Tokyo")[:5] == [
        "06-03 10:00", "06-03 11:00", "06-03 11:30", "06-03 13:30", "06-03 14:30"]  # fmt: skip


def test_a_week_of_currencies_begins_on_sunday_evening() -> None:
    series = minutes("EUR/USD.IDEALPRO")
    made = resample(traded(series, "2024-06-02", "2024-06-15"), series, "1w")
    assert local(made["ts_event"]) == ["06-07 17:00", "06-14 17:00"]


def test_months_quarters_and_years_end_with_their_last_session() -> None:
    series = minutes(timeframe="1-HOUR")
    bars = rising(expected(series, TimeRange.of("2023-01-01", "2025-01-01")).due)
    assert local(resample(bars, series, "1M")["ts_event"])[:3] == ["01-31 16:00", "02-28 16:00", "03-31 16:00"]
    assert local(resample(bars, series, "3M")["ts_event"])[:2] == ["03-31 16:00", "06-30 16:00"]
    assert local(resample(bars, series, "1Y")["ts_event"]) == ["12-29 16:00", "12-31 16:00"]


def test_without_a_calendar_steps_are_those_of_utc() -> None:
    series = minutes("X.NOWHERE")
    times = to_ns("2024-06-03T09:31Z") + np.arange(100) * MINUTE
    hours = resample(rising(times), series, "1h", newest=to_ns("2024-07-01"))
    assert local(hours["ts_event"], "UTC") == ["06-03 10:00", "06-03 11:00", "06-03 12:00"]
    assert hours["volume"].tolist() == [300.0, 600.0, 100.0]
    extended = minutes(session="extended")
    assert local(resample(rising(times), extended, "1h")["ts_event"][:2], "UTC") == ["06-03 10:00", "06-03 11:00"]


def test_the_running_bucket_carries_the_time_of_the_newest_bar() -> None:
    series = minutes()
    bars = {name: values[:80] for name, values in traded(series, "2024-06-03", "2024-06-04").items()}
    assert local(resample(bars, series, "1h")["ts_event"]) == ["06-03 10:30", "06-03 10:50"]
    assert local(resample(bars, series, "1h", newest=int(to_ns("2024-06-03T20:00Z")))["ts_event"])[1] == "06-03 11:30"


def test_a_bucket_whose_last_bar_is_missing_still_ends_when_it_ends() -> None:
    series = minutes()
    bars = traded(series, "2024-06-03", "2024-06-04")
    sparse = {name: np.delete(values, slice(40, 65)) for name, values in bars.items()}
    assert local(resample(sparse, series, "1h")["ts_event"])[:2] == ["06-03 10:30", "06-03 11:30"]


def test_bars_outside_any_session_are_not_lost_and_mix_with_none() -> None:
    series = minutes()
    session = traded(series, "2024-06-03", "2024-06-04")["ts_event"]
    early = to_ns("2024-06-03T12:01Z") + np.arange(60) * MINUTE
    made = resample(rising(np.concatenate([early, session])), series, "1h")
    assert local(made["ts_event"])[:3] == ["06-03 09:00", "06-03 10:30", "06-03 11:30"]
    assert made["volume"].sum() == 10.0 * (60 + len(session))
    at_0915 = resample(rising(np.array([to_ns("2024-06-03T13:15Z"), int(session[0])])), series, "1h")
    assert local(at_0915["ts_event"]) == ["06-03 09:30", "06-03 09:31"]


def test_a_bar_after_the_close_belongs_to_the_day_it_follows() -> None:
    series = minutes()
    bars = traded(series, "2024-06-03", "2024-06-05")
    late = np.sort(np.append(bars["ts_event"], to_ns("2024-06-03T20:01Z")))
    assert resample(rising(late), series, "1d")["volume"].tolist() == [3910.0, 3900.0]


def test_weeks_and_months_of_days_go_by_their_dates_and_carry_their_last_bar_s_time() -> None:
    series = Series(instrument_id="AAPL.NASDAQ", source="x")
    times = to_ns("2024-01-01T21:00Z") + np.arange(40) * NS_PER_DAY
    weeks, months = resample(rising(times), series, "1w"), resample(rising(times), series, "1M")
    assert local(weeks["ts_event"], "UTC")[:2] == ["01-07 21:00", "01-14 21:00"]
    assert months["volume"].tolist() == [310.0, 90.0]
    crypto = to_ns("2024-01-02") + np.arange(14) * NS_PER_DAY
    made = resample(rising(crypto), Series(instrument_id="BTC.KRAKEN", source="x"), "1w")
    assert local(made["ts_event"], "UTC") == ["01-08 00:00", "01-15 00:00"]


def test_a_volume_that_is_not_known_makes_its_bucket_s_unknown() -> None:
    series = minutes()
    bars = traded(series, "2024-06-03", "2024-06-04")
    bars["volume"][70] = np.nan
    assert np.isnan(resample(bars, series, "1h")["volume"]).tolist() == [False, True, *[False] * 5]


def test_negative_prices_and_million_fold_ones_stay_exact() -> None:
    series = minutes("CL.NYMEX")
    times = to_ns("2020-04-20T18:01Z") + np.arange(3) * MINUTE
    low = np.array([-37_630_000_000, 1, 10**15 + 1], "int64")
    bars = {"ts_event": times, "open": low, "high": low, "low": low, "close": low, "volume": np.ones(3)}
    made = resample(bars, series, "1h")
    assert [made[name].tolist() for name in ("open", "high", "low", "close")] == [
        [-37_630_000_000], [10**15 + 1], [-37_630_000_000], [10**15 + 1]]  # fmt: skip


def test_nothing_and_one_bar_are_resampled_too() -> None:
    series = minutes()
    nothing = {name: values[:0] for name, values in rising(np.arange(1, dtype="int64")).items()}
    assert resample(nothing, series, "1h")["ts_event"].tolist() == []
    one = rising(np.array([to_ns("2024-06-03T14:00Z")]))
    assert {name: values.tolist() for name, values in resample(one, series, "1Y").items()} == {
        name: values.tolist() for name, values in one.items()}  # fmt: skip


def test_a_finer_timeframe_than_there_is_is_refused() -> None:
    with pytest.raises(ValueError, match="1m, which is finer"):
        resample(rising(np.array([to_ns("2024-06-03T14:00Z")])), minutes(timeframe="1-HOUR"), "1m")


@pytest.mark.parametrize(
    ("timeframe", "finer", "is_made"),
    [("5-MINUTE", "1-MINUTE", True), ("15-MINUTE", "10-MINUTE", False), ("1-DAY", "1-HOUR", True),
     ("1-WEEK", "1-DAY", True), ("1-MONTH", "1-WEEK", False), ("3-MONTH", "1-MONTH", True), ("1-HOUR", "1-HOUR", False),
     ("1-MINUTE", "1-HOUR", False), ("1-YEAR", "1-MINUTE", True), ("1-WEEK", "2-DAY", False)],
)  # fmt: skip
def test_what_can_be_made_of_what(timeframe: str, finer: str, is_made: bool) -> None:
    assert is_made_of(timeframe, finer) is is_made


def test_a_candle_holds_as_many_bars_as_fit() -> None:
    assert [holds("1-WEEK", "1-DAY"), holds("1-MONTH", "1-DAY"), holds("1-YEAR", "1-DAY"), holds("1-DAY", "1-DAY")] == [
        7, 31, 366, 1]  # fmt: skip


_VENUES = st.sampled_from(["AAPL.NASDAQ", "ES.CME", "EUR/USD.IDEALPRO", "BTC.KRAKEN", "7203.TSEJ", "X.NOWHERE"])
# Around both changes of the clock, a half day, and the turn of a year.
_STARTS = st.sampled_from(["2024-03-08", "2024-10-31", "2024-07-02", "2023-12-29"])
_PLACES = st.lists(st.integers(0, 6 * 1440), min_size=1, max_size=80, unique=True).map(sorted)


@settings(max_examples=150, deadline=None)
@given(venue=_VENUES, start=_STARTS, places=_PLACES, timeframe=st.sampled_from(LADDER[1:]))
def test_every_bar_is_in_the_one_bucket_that_spans_its_time(
    venue: str, start: str, places: list[int], timeframe: str
) -> None:
    series, times = minutes(venue), to_ns(start) + np.array(places, "int64") * MINUTE
    bars = rising(times)
    own, made = locate(times, series, timeframe), resample(bars, series, timeframe)
    assert ((own.starts < times) & (times <= own.ends)).all()
    _, places_of, sizes = np.unique(own.starts, return_index=True, return_counts=True)
    lasts = places_of + sizes - 1
    assert count(times, series, timeframe) == len(made["ts_event"]) == len(sizes)
    assert made["volume"].tolist() == (10.0 * sizes).tolist()
    assert made["open"].tolist() == places_of.tolist()
    assert made["high"].tolist() == (lasts + 2).tolist()
    assert made["low"].tolist() == (places_of - 3).tolist()
    assert made["close"].tolist() == (lasts + 1).tolist()
    assert (np.diff(made["ts_event"]) > 0).all()
    assert made["ts_event"][-1] <= times[-1]


@settings(max_examples=80, deadline=None)
@given(venue=_VENUES, start=_STARTS, places=_PLACES, first=st.integers(0, 4000), length=st.integers(1, 3000),
       timeframe=st.sampled_from(LADDER[1:]))  # fmt: skip
def test_a_part_made_whole_resamples_as_it_does_in_the_line(
    venue: str, start: str, places: list[int], first: int, length: int, timeframe: str
) -> None:
    series, times = minutes(venue), to_ns(start) + np.array(places, "int64") * MINUTE
    span = TimeRange(to_ns(start) + first * MINUTE, to_ns(start) + (first + length) * MINUTE)
    wider = whole(series, timeframe, span)
    assert (wider.start, wider.end) == (min(wider.start, span.start), max(wider.end, span.end))
    bars = rising(times)
    is_in = (times >= wider.start) & (times < wider.end)
    part = resample({name: values[is_in] for name, values in bars.items()}, series, timeframe, int(times[-1]))
    line, own = resample(bars, series, timeframe), locate(times, series, timeframe).starts
    kept = np.isin(np.unique(own), own[is_in])
    assert {name: values.tolist() for name, values in part.items()} == {
        name: values[kept].tolist() for name, values in line.items()}  # fmt: skip


@pytest.mark.parametrize("venue", ["AAPL.NASDAQ", "ES.CME", "EUR/USD.IDEALPRO", "7203.TSEJ", "BTC.KRAKEN"])
def test_bars_made_in_two_steps_are_those_made_in_one(venue: str) -> None:
    series = minutes(venue)
    bars = traded(series, "2024-02-26", "2024-03-20")
    hourly = resample(bars, series, "1h")
    for timeframe in ("4h", "1d", "1w", "1M"):
        once = resample(bars, series, timeframe)
        twice = resample(hourly, minutes(venue, timeframe="1-HOUR"), timeframe)
        assert {n: v.tolist() for n, v in once.items()} == {n: v.tolist() for n, v in twice.items()}
