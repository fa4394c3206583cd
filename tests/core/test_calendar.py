"""Which bars there should be: sessions, holidays, half days, DST, lunch, the week of FX, the rest of futures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.calendar import Anchor, calendar_name, expected, fitting, session_closes
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_S, TimeRange, to_ns

MINUTE = 60 * NS_PER_S


def due(instrument_id: str, timeframe: str, start: str, end: str, **more: str) -> list[str]:
    series = Series(instrument_id=instrument_id, source="x", timeframe=timeframe, **more)
    slots = expected(series, TimeRange.of(start, end))
    return [str(pd.Timestamp(time))[:16] for time in slots.due]


@pytest.mark.parametrize(
    ("instrument_id", "start", "end", "count", "first", "last"),
    [
        ("AAPL.NASDAQ", "2024-11-27", "2024-11-28", 390, "14:31", "21:00"),
        ("AAPL.NASDAQ", "2024-11-28", "2024-11-29", 0, "", ""),
        ("AAPL.NASDAQ", "2024-11-29", "2024-11-30", 210, "14:31", "18:00"),
        ("AAPL.NASDAQ", "2024-03-08", "2024-03-09", 390, "14:31", "21:00"),
        ("AAPL.NASDAQ", "2024-03-11", "2024-03-12", 390, "13:31", "20:00"),
        ("7203.TSEJ", "2024-06-03", "2024-06-04", 300, "00:01", "06:00"),
        ("EUR/USD.SIM", "2024-06-07T21:00", "2024-06-09T21:01", 1, "21:00", "21:00"),
        ("EUR/USD.SIM", "2024-06-09T21:01", "2024-06-10T21:00", 1439, "21:01", "20:59"),
        ("EUR/USD.IDEALPRO", "2024-06-09T21:01", "2024-06-10T21:00", 1424, "21:16", "20:59"),
        ("EUR/USD.SIM", "2024-12-24T22:01", "2024-12-25T22:00", 0, "", ""),
        ("ES.CME", "2024-06-04T21:00", "2024-06-05T22:00", 1381, "21:00", "21:00"),
        ("BTC/USD.COINBASE", "2024-06-08", "2024-06-09", 1440, "00:00", "23:59"),
    ],
)
def test_one_minute_bars_are_expected_in_sessions_only(
    instrument_id: str, start: str, end: str, count: int, first: str, last: str
) -> None:
    found = due(instrument_id, "1-MINUTE", start, end)
    assert len(found) == count
    if count:
        assert (found[0][11:], found[-1][11:]) == (first, last)


def test_nothing_is_expected_at_noon_in_tokyo() -> None:
    found = due("7203.TSEJ", "5-MINUTE", "2024-06-03T02:30", "2024-06-03T03:40")
    assert [time[11:] for time in found] == ["02:30", "03:35"]


def test_a_day_is_due_at_the_close_of_its_session() -> None:
    assert due("AAPL.NASDAQ", "1-DAY", "2024-11-27", "2024-12-03") == [
        "2024-11-27 21:00", "2024-11-29 18:00", "2024-12-02 21:00",
    ]  # fmt: skip


@pytest.mark.parametrize("timeframe", ["1-HOUR", "4-HOUR"])
def test_bars_counted_from_the_clock_fill_the_same_places(timeframe: str) -> None:
    """Interactive Brokers stamps 10:00, 11:00, …; Yahoo 10:30, 11:30, …: neither leaves a hole."""
    series = Series(instrument_id="AAPL.NASDAQ", source="x", timeframe=timeframe)
    span = TimeRange.of("2024-11-25", "2024-12-02")
    clock, session = expected(series, span, Anchor.CLOCK), expected(series, span)
    assert not np.array_equal(clock.due, session.due)
    assert session.filled(clock.due).all()
    fitted = fitting(series, span, clock.due)
    assert np.array_equal(fitted.due, clock.due)
    (gap,) = fitted.part(~fitted.filled(np.delete(clock.due, 1))).spans()
    assert clock.due[1] == gap.end - 1


def test_a_time_zone_shift_moves_the_clock_and_not_the_count() -> None:
    series = Series(instrument_id="AAPL.NASDAQ", source="x", timeframe="4-HOUR")
    found = expected(series, TimeRange.of("2024-03-08", "2024-03-12"), Anchor.CLOCK)
    assert [str(pd.Timestamp(time))[5:16] for time in found.due] == [
        "03-08 17:00", "03-08 21:00", "03-11 16:00", "03-11 20:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "series",
    [
        Series(instrument_id="A.NOWHERE", source="x"),
        Series(instrument_id="AAPL.NASDAQ", source="x", timeframe="1-MINUTE", session="extended"),
        Series(instrument_id="AAPL.NASDAQ", source="x", timeframe="1-WEEK"),
    ],
)
def test_where_nothing_says_when_it_trades_nothing_is_expected(series: Series) -> None:
    assert expected(series, TimeRange.of("2024-01-01", "2024-02-01")) is None


@pytest.mark.parametrize(
    ("instrument_id", "name"),
    [("AAPL.NASDAQ", "XNYS"), ("BMW.XETRA", "XETR"), ("X.XWBO", "XWBO"), ("BRK.B.NYSE", "XNYS"), ("A.B", None)],
)
def test_an_instrument_keeps_the_sessions_of_its_venue(instrument_id: str, name: str | None) -> None:
    assert calendar_name(instrument_id) == name


def test_the_close_of_a_trade_date_is_told_and_0_where_there_is_none() -> None:
    days = pd.DatetimeIndex(["2024-11-28", "2024-11-29"])
    assert session_closes("AAPL.NASDAQ", days).tolist() == [0, to_ns("2024-11-29T18:00")]
    assert session_closes("BTC/USD.COINBASE", days).tolist() == [to_ns("2024-11-29"), to_ns("2024-11-30")]
    assert session_closes("A.B", days).tolist() == [0, 0]


def test_before_a_calendar_begins_nothing_is_expected() -> None:
    assert due("AAPL.NASDAQ", "1-DAY", "1969-12-20", "1970-01-03") == ["1970-01-02 21:00"]
