"""What codes of a gateway mean; 162 by its text."""

from __future__ import annotations

import pytest

from nautilus_data.errors import FatalError, RetryableError, SkippableError
from nautilus_data.sources.ib.verdicts import Verdict, judge, to_error

_HMDS = "Historical Market Data Service error message:"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Historical data request pacing violation", Verdict.RETRY),
        ("HMDS query returned no data: AAPL@SMART Trades", Verdict.NO_DATA),
        ("No market data permissions for NASDAQ STK", Verdict.SKIP),
        ("Time length exceed max.", Verdict.SKIP),
        ("HMDS connection attempt failed.  Connection will be re-attempted...", Verdict.RETRY),
        ("API historical data query cancelled: 7", Verdict.RETRY),
        ("Trading TWS session is connected from a different IP address", Verdict.RETRY),
        ("Starting time must occur before ending time", Verdict.SKIP),
        ("No data of type EODChart is available for the exchange 'BEST' and the security type 'STK'", Verdict.SKIP),
        ("No historical market data for EUR/CASH@FXSUBPIP Last 1d", Verdict.SKIP),
        ("No head time stamp", Verdict.SKIP),
        ("Historical data request for greater than 365 days rejected.", Verdict.SKIP),
        ("something nobody has seen yet", Verdict.RETRY),
    ],
)
def test_a_historical_query_is_judged_by_its_text(text: str, verdict: Verdict) -> None:
    assert judge(162, _HMDS + text) is verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("HMDS server connection was successful.", Verdict.INFO),
        ("HMDS server disconnect occurred.  Attempting reconnection...", Verdict.INFO),
        ("HMDS query returned no data: AAPL@SMART Trades", Verdict.NO_DATA),
        ("Historical data request pacing violation", Verdict.RETRY),
    ],
)
def test_word_of_a_query_under_way_is_judged_by_its_text_too(text: str, verdict: Verdict) -> None:
    assert judge(165, f"Historical Market Data Service query message:{text}") is verdict


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ((2104, 2106, 2107, 2108, 2119, 2158, 2100, 2150, 2174, 10167, 399, 202, 1102), Verdict.INFO),
        ((2103, 2105, 2157, 2110, 1100, 10182, 10225), Verdict.WAIT),
        ((100, 322, 326, 366, 502, 504, 507, 1300, 10197), Verdict.RETRY),
        ((200, 321, 10314, 354, 10089, 10090, 10091, 10168, 10186, 101, 103, 110, 201, 434), Verdict.SKIP),
        ((503, 505, 506, 508, 509), Verdict.FATAL),
        # Not to be taken for an answer.
        ((98_765,), Verdict.RETRY),
    ],
)
def test_codes_are_sorted_by_what_is_done_about_them(codes: tuple[int, ...], verdict: Verdict) -> None:
    assert {judge(code, "") for code in codes} == {verdict}


def test_a_query_for_live_data_that_is_too_fast_may_be_tried_again() -> None:
    assert judge(420, "Invalid Real-time Query: Historical data request pacing violation") is Verdict.RETRY
    assert judge(420, "Invalid Real-time Query:No market data permissions") is Verdict.SKIP


@pytest.mark.parametrize(("code", "kind"), [(200, SkippableError), (366, RetryableError), (503, FatalError)])
def test_an_error_says_what_was_done_what_was_said_and_what_to_do(code: int, kind: type) -> None:
    error = to_error(code, "as the\ngateway says", "bars of AAPL")
    assert type(error) is kind
    assert str(error).startswith(f"bars of AAPL: Interactive Brokers says 'as the gateway says' ({code})")


def test_too_fast_says_when_to_try_again() -> None:
    assert to_error(162, f"{_HMDS}Historical data request pacing violation", "bars").retry_after == 60
    elsewhere = f"{_HMDS}Trading TWS session is connected from a different IP address"
    assert to_error(162, elsewhere, "bars").retry_after == 60
    assert to_error(10197, "No market data during competing live session", "quotes").retry_after == 60


def test_information_is_no_error() -> None:
    assert to_error(2104, "Market data farm connection is OK:usfarm", "bars") is None
