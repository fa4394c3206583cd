"""Requests that keep the vendor's table, and bars as rows: each stamped with its close, none that still forms."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.core.calendar import fitting
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.sources.ib import history
from nautilus_data.sources.ib.history import BAR_SIZES, Answer, Bar, duration, plan, seconds_of, to_frame
from nautilus_data.sources.ib.sessions import Hours, Listing, read_zone
from nautilus_data.sources.interactive_brokers import InteractiveBrokers
from tests import loopback_answers
from tests.loopback_gateway import LoopbackGateway
from tests.sources.ib.connected import NO_LIMITS, connected, fetch, series

SPEC = InteractiveBrokers.spec
NOW = to_ns("2026-11-25T15:00")
NEW_YORK = ZoneInfo("America/New_York")


def listing(instrument_id: str = "AAPL.NASDAQ", kind: str = "STK", zone: str = "US/Eastern") -> Listing:
    place = read_zone(zone)
    regular = Hours.parse("20261124:0930-20261124:1600;20261125:0930-20261125:1600;20261126:CLOSED", place)
    extended = Hours.parse("20261124:0400-20261124:2000;20261125:0400-20261125:2000;20261126:CLOSED", place)
    return Listing(instrument_id, 1, kind, place, regular, extended)


def rows(stamps: list[str], wanted: Series, of: Listing | None = None, asked_at: int = NOW) -> list[str]:
    bars = tuple(Bar(stamp, 1.5, 2.0, 1.0, 1.25, 100.0) for stamp in stamps)
    frame = to_frame(Answer(of or listing(wanted.instrument_id), bars, asked_at), wanted)
    return [f"{time:%m-%d %H:%M}" for time in pd.to_datetime(frame["ts_event"], utc=True)]


def stamps(*times: str, zone: str = "America/New_York") -> list[str]:
    return [str(int(pd.Timestamp(time, tz=zone).timestamp())) for time in times]


def table(text: str, bar_s: int) -> bool:
    """The vendor's, as the loopback gateway reads it."""
    count, unit = text.split(" ")
    return loopback_answers.is_sound(unit, int(count), bar_s if bar_s < 86_400 else 0)


@pytest.mark.parametrize("timeframe", BAR_SIZES)
def test_the_longest_span_is_one_request_that_keeps_the_table(timeframe: str) -> None:
    longest = SPEC.capability(series(timeframe=timeframe)).max_span_ns
    text = duration(timeframe, TimeRange(NOW - longest, NOW))
    assert table(text, seconds_of(timeframe))
    with pytest.raises(SkippableError, match="too long"):
        duration(timeframe, TimeRange(NOW - longest - seconds_of(timeframe) * NS_PER_S, NOW))


@given(st.sampled_from(list(BAR_SIZES)), st.integers(1, 400 * 86_400), st.integers(0, 90_000))
def test_any_request_keeps_the_table_and_holds_the_span_and_the_bar_before(
    timeframe: str, length_s: int, ago_s: int
) -> None:
    longest = SPEC.capability(series(timeframe=timeframe)).max_span_ns
    last = NOW - ago_s * NS_PER_S
    span = TimeRange(last - min(length_s * NS_PER_S, longest), last)
    text = duration(timeframe, span)
    assert table(text, seconds_of(timeframe))
    count, unit = text.split(" ")
    held = int(count) * {"S": 1, "W": 6 * 86_400, "M": 27 * 86_400, "Y": 365 * 86_400}[unit] * NS_PER_S
    bar = seconds_of(timeframe) * NS_PER_S
    end = to_ns(plan(series(timeframe=timeframe), span, NOW).end.removesuffix(" UTC"))
    # From the bar that closes at the start to the last one that closes before the end, none of them cut.
    first, last = (-(-edge // bar) * bar for edge in (span.start, span.end))
    assert end - held <= max(first - bar, span.start - bar) and last - bar <= max(end, span.end)


@pytest.mark.parametrize(
    ("wanted", "what", "regular"),
    [
        (series(), "TRADES", True),
        (series(session="extended"), "TRADES", False),
        (series(timeframe="1-DAY", adjustment="total"), "ADJUSTED_LAST", True),
        (series("EUR/USD.IDEALPRO", price_type="MID"), "MIDPOINT", False),
        (series("EUR/USD.IDEALPRO", price_type="BID"), "BID", False),
        (series("AAPL.NASDAQ", price_type="ASK"), "ASK", True),
        # All hours of a future are its session.
        (series("ESZ6.CME"), "TRADES", False),
        (series("^SPX.CBOE"), "TRADES", True),
    ],
)
def test_a_series_says_what_to_show(wanted: Series, what: str, regular: bool) -> None:
    query = plan(wanted, TimeRange.of("2026-11-20", "2026-11-21"), NOW)
    assert (query.what, query.is_regular) == (what, regular)


def test_a_request_ends_at_the_end_of_its_span_and_not_after_now() -> None:
    assert plan(series(), TimeRange.of("2026-11-20", "2026-11-21"), NOW).end == "20261121 00:00:00 UTC"
    # Where bars close on full minutes, up to the last close before the end: no bar is cut, and a day is one request.
    day = plan(series(timeframe="1-MINUTE"), TimeRange.of("2026-11-20", "2026-11-21"), NOW)
    assert (day.end, day.duration) == ("20261120 23:59:00 UTC", "86400 S")
    assert plan(series(), TimeRange.of("2026-11-25", "2026-11-26"), NOW).end == "20261125 15:00:00 UTC"


def test_bars_with_dividends_are_asked_for_up_to_now() -> None:
    query = plan(series(timeframe="1-DAY", adjustment="total"), TimeRange.of("2021-06-01", "2022-01-01"), NOW)
    assert (query.end, query.duration) == ("", "6 Y")


@pytest.mark.parametrize(
    ("wanted", "choose"),
    [
        (series(adjustment="raw"), "adjustment split"),
        (series("ESZ6.CME", adjustment="split"), "adjustment raw"),
        (series("EUR/USD.IDEALPRO"), "price type MID"),
        (series("^SPX.CBOE", price_type="BID"), "price type LAST"),
        (series(timeframe="1-DAY", adjustment="total", price_type="MID"), "price type LAST"),
        (series(price_type="MARK"), "there are LAST, MID, BID, ASK"),
    ],
)
def test_what_there_is_not_is_refused_with_what_to_choose(wanted: Series, choose: str) -> None:
    with pytest.raises(SkippableError, match=choose):
        history.check(wanted)


def test_a_span_in_the_future_and_one_no_longer_kept_are_refused() -> None:
    with pytest.raises(SkippableError, match="future"):
        plan(series(), TimeRange.of("2026-11-26", "2026-11-27"), NOW)
    with pytest.raises(SkippableError, match="180 days"):
        plan(series(timeframe="5-SECOND"), TimeRange.of("2026-01-05T15:00", "2026-01-05T15:10"), NOW)


def test_hours_end_on_the_clock_of_the_exchange() -> None:
    opens = stamps("2026-11-20 09:30", "2026-11-20 10:00", "2026-11-20 15:00")
    assert rows(opens, series()) == ["11-20 15:00", "11-20 16:00", "11-20 21:00"]
    opens = stamps("2026-11-20 09:30", "2026-11-20 12:00")
    assert rows(opens, series(timeframe="4-HOUR")) == ["11-20 17:00", "11-20 21:00"]


def test_an_early_close_ends_the_last_bar_and_the_day() -> None:
    assert rows(stamps("2025-11-28 12:00"), series(timeframe="4-HOUR")) == ["11-28 18:00"]
    assert rows(["20251128"], series(timeframe="1-DAY")) == ["11-28 18:00"]


def test_summer_and_winter_close_at_their_own_hour() -> None:
    assert rows(["20261030", "20261102"], series(timeframe="1-DAY")) == ["10-30 20:00", "11-02 21:00"]
    opens = stamps("2026-10-30 15:59", "2026-11-02 15:59")
    assert rows(opens, series(timeframe="1-MINUTE")) == ["10-30 20:00", "11-02 21:00"]


@pytest.mark.parametrize(
    ("wanted", "kind", "zone", "close"),
    [
        (series("EUR/USD.IDEALPRO", "1-DAY", price_type="MID"), "CASH", "US/Eastern", "11-20 22:00"),
        (series("ESZ6.CME", "1-DAY"), "FUT", "US/Central", "11-20 22:00"),
        (series("AAPL.NASDAQ", "1-DAY", session="extended"), "STK", "US/Eastern", "11-21 01:00"),
        # No calendar knows the venue: the gateway's own hours do.
        (series("AAPL.NOWHERE", "1-DAY", adjustment="split"), "STK", "US/Eastern", "11-20 21:00"),
    ],
)
def test_a_day_ends_with_its_session(wanted: Series, kind: str, zone: str, close: str) -> None:
    assert rows(["20261120"], wanted, listing(wanted.instrument_id, kind, zone)) == [close]


def test_a_bar_that_still_forms_is_left_out() -> None:
    opens = stamps("2026-11-25 09:58", "2026-11-25 09:59", "2026-11-25 10:00")
    assert rows(opens, series(timeframe="1-MINUTE")) == ["11-25 14:59", "11-25 15:00"]
    assert rows(["20261124", "20261125"], series(timeframe="1-DAY")) == ["11-24 21:00"]


def test_rows_stay_in_the_order_they_came() -> None:
    """Whoever keeps them says which of them are wrong."""
    opens = stamps("2026-11-20 10:01", "2026-11-20 10:00", "2026-11-20 10:00")
    assert rows(opens, series(timeframe="1-MINUTE")) == ["11-20 15:02", "11-20 15:01", "11-20 15:01"]


def test_prices_are_exact_to_nine_decimals_and_a_volume_that_is_none_is_not_known() -> None:
    bars = (Bar("1795186800", 1.085125, 700_123.45, 0.00005, 0.1 + 0.2, -1.0),)
    (row,) = to_frame(Answer(listing(), bars, NOW), series()).to_dict("records")
    prices = [row[name] for name in ("open", "high", "low", "close")]
    assert prices == [1_085_125_000, 700_123_450_000_000, 50_000, 300_000_000]
    assert np.isnan(row["volume"])


@pytest.mark.parametrize("price", [float("nan"), float("inf"), 1e12])
def test_a_bar_without_a_price_is_kept_aside(price: float) -> None:
    answer = Answer(listing(), (Bar("1795186800", 1.0, 1.0, 1.0, price, 1.0), Bar("1795190400", *[1.0] * 5)), NOW)
    assert len(to_frame(answer, series())) == 1
    (row,) = history.without_price(answer, series()).to_dict("records")
    assert (row["ts_event"], row["reason"]) == (to_ns("2026-11-20T16:00"), "no price, or one too large")
    assert json.loads(row["row"])["close"] == str(price)


@pytest.mark.parametrize(("price_type", "kept"), [("LAST", 1), ("BID", 0)])
def test_minus_one_is_no_quote_but_may_be_a_trade_of_a_future(price_type: str, kept: int) -> None:
    wanted = series("CLK0.NYMEX", price_type=price_type)
    answer = Answer(listing("CLK0.NYMEX", "FUT"), (Bar(*stamps("2026-11-20 10:00"), -1, 1.0, -1.0, -0.5, 9.0),), NOW)
    assert len(to_frame(answer, wanted)) == kept
    assert len(history.without_price(answer, wanted)) == 1 - kept


def test_no_bars_are_an_empty_frame() -> None:
    assert to_frame(Answer(listing(), (), NOW), series()).empty


def test_hours_are_read_in_both_forms() -> None:
    old = Hours.parse("20261124:0930-1600,1630-1700;20261125:0930-1600;20261127:0930-1600;20261126:CLOSED", NEW_YORK)
    assert (old.known[date(2026, 11, 24)].hour, old.usual.hour) == (17, 16)
    assert Hours.parse("no hours", NEW_YORK) == Hours()


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("US/Central", "US/Central"), ("EST (Eastern Standard Time)", "America/New_York"), ("MET", "Europe/Berlin"),
        ("", "America/New_York"), ("Nowhere/At all", "America/New_York"), ("../etc", "America/New_York"),
    ],
)  # fmt: skip
def test_zones_old_and_new_are_read(text: str, zone: str) -> None:
    assert str(read_zone(text)) == zone


def test_normalizing_asks_nobody() -> None:
    """Pure: neither network nor clock."""
    assert not {"time_ns", "now"} & set(inspect.getclosurevars(to_frame).globals)


@pytest.fixture(scope="module")
def gateway() -> Iterator[object]:
    with LoopbackGateway() as loopback:
        loopback.checks_pacing = False
        with connected(loopback, limits=NO_LIMITS) as made:
            yield made


@pytest.mark.parametrize("timeframe", ["1-MINUTE", "5-MINUTE", "15-MINUTE", "30-MINUTE", "1-HOUR", "4-HOUR", "1-DAY"])
@pytest.mark.parametrize(
    ("name", "options"),
    [("AAPL.NASDAQ", {}), ("EUR/USD.IDEALPRO", {"price_type": "MID"}), ("ESZ6.CME", {}), ("^SPX.CBOE", {})],
)
def test_all_bars_the_calendar_expects_come_each_in_its_place(
    gateway: object, timeframe: str, name: str, options: dict[str, str]
) -> None:
    """A week with the end of summer time in it; the calendar is what gaps are counted by."""
    wanted = series(name, timeframe, **options)
    span = TimeRange.of("2026-10-29", "2026-11-04")
    longest = SPEC.capability(wanted).max_span_ns
    frame = pd.concat([fetch(gateway, wanted, part) for part in span.split(min(longest, 3 * NS_PER_DAY))])
    assert frame["ts_event"].is_unique
    slots = fitting(wanted, span, frame["ts_event"].to_numpy())
    assert len(frame) == len(slots) > 3
    assert slots.filled(frame["ts_event"].to_numpy()).all()
