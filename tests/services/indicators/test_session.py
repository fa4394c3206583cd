"""Trading days in the time of the exchange."""

from __future__ import annotations

import numpy as np
import pytest

from nautilus_data.core.timerange import to_ns
from nautilus_data.services.indicators import session_starts, utc_days


def days(instrument_id: str, *times: str) -> list[int]:
    """Which of the times are of one day: numbers from 0."""
    starts = session_starts(instrument_id, np.array([to_ns(time) for time in times]))
    return np.unique(starts, return_inverse=True)[1].tolist()


def test_bars_before_and_after_hours_are_of_the_session_they_surround() -> None:
    day = ("2024-01-03T09:01Z", "2024-01-03T14:31Z", "2024-01-03T21:00Z", "2024-01-04T00:59Z")
    assert days("AAPL.NASDAQ", "2024-01-03T00:30Z", *day, "2024-01-04T09:01Z") == [0, 1, 1, 1, 1, 2]


def test_a_day_of_futures_begins_the_evening_before_whatever_the_clock_of_the_season() -> None:
    winter = ("2024-01-03T22:00Z", "2024-01-03T23:01Z", "2024-01-04T15:00Z", "2024-01-04T22:00Z", "2024-01-04T23:01Z")
    summer = ("2024-07-02T21:00Z", "2024-07-02T22:01Z", "2024-07-03T15:00Z")
    assert days("ESH24.CME", *winter) == [0, 1, 1, 1, 2]
    assert days("ESU24.CME", *summer) == [0, 1, 1]


def test_a_session_goes_on_over_midnight_in_utc() -> None:
    assert days("EUR/USD.SIM", "2024-01-03T21:59Z", "2024-01-03T22:01Z", "2024-01-04T00:01Z") == [0, 1, 1]
    tokyo = ("2024-01-04T05:00Z", "2024-01-04T14:00Z", "2024-01-04T23:30Z", "2024-01-05T01:00Z")
    assert days("7203.TSEJ", *tokyo) == [0, 0, 1, 1]


def test_where_it_never_closes_a_day_is_one_of_utc() -> None:
    times = ("2024-01-03T23:59Z", "2024-01-04T00:00Z", "2024-01-04T00:01Z")
    assert days("BTC-USD.COINBASE", *times) == days("X.NOWHERE", *times) == [0, 0, 1]


def test_one_bar_alone_begins_its_day_where_it_does_among_others() -> None:
    times = to_ns("2023-12-20T15:00Z") + 3_600_000_000_000 * np.arange(24 * 30)
    together = session_starts("AAPL.NASDAQ", times)
    alone = [int(session_starts("AAPL.NASDAQ", times[place : place + 1])[0]) for place in range(0, len(times), 7)]
    assert together[::7].tolist() == alone
    assert (np.diff(together) >= 0).all()


@pytest.mark.parametrize("instrument_id", ["AAPL.NASDAQ", "ESH24.CME", "EUR/USD.SIM"])
def test_times_before_the_calendar_are_days_of_utc(instrument_id: str) -> None:
    times = np.array([to_ns("1960-01-01T12:00Z"), to_ns("1960-01-02T00:00Z"), to_ns("1960-01-02T12:00Z")])
    assert session_starts(instrument_id, times).tolist() == utc_days(times).tolist()


def test_no_bars_have_no_days() -> None:
    assert len(session_starts("AAPL.NASDAQ", np.array([], "int64"))) == 0
