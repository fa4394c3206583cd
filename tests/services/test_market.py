"""Bars for charts: whole, in order, from the right source."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nautilus_data.core.dataset import Series
from nautilus_data.core.instrument import PRICE_SCALE
from nautilus_data.core.resample import resample, whole
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.services.live import Live
from nautilus_data.services.market import Market
from nautilus_data.sources import SOURCES
from nautilus_data.store import Lines, Store
from tests.services.said import DAY_MS, T0, bar, fill, ns, quote, ready, trade

Feed = Callable[..., None]
AAPL = "AAPL.NASDAQ"
MONDAY = to_ns("2024-01-01T21:00:00Z")


@pytest.fixture
def market(store: Store, live: Live) -> Market:
    return Market(store, live, {name: source() for name, source in SOURCES.items()})


def line(source: str = "sample", **fields: str) -> Series:
    return Series(**{"instrument_id": AAPL, "source": source, "adjustment": "total"} | fields)


def rows(closes: dict[int, float]) -> list[tuple]:
    """Bars by their time: open one below the close, high two above, low three below, volume 10."""
    made = []
    for at, close in closes.items():
        prices = (round(price * PRICE_SCALE) for price in (close - 1, close + 2, close - 3, close))
        made.append((at, at, *prices, 10.0))
    return made


def days(*closes: float, first: int = MONDAY) -> dict[int, float]:
    return {first + number * NS_PER_DAY: close for number, close in enumerate(closes)}


def test_a_source_of_higher_priority_answers_for_its_days_and_others_fill_in(market: Market, store: Store) -> None:
    store.write(line("nautilus"), rows(days(1, 2, 3)))
    store.write(line("sample"), rows({MONDAY + NS_PER_DAY + 60_000_000_000: 20}))
    frame = market.bars(AAPL)
    assert frame["close"].tolist() == [1, 20, 3]
    assert frame["source"].tolist() == ["nautilus", "sample", "nautilus"]
    assert market.bars(AAPL, source="nautilus")["close"].tolist() == [1, 2, 3]


def test_adjusted_and_raw_bars_are_never_mixed(market: Market, store: Store) -> None:
    store.write(line(), rows(days(1)))
    store.write(line(adjustment="raw"), rows(days(7, 8)))
    assert market.bars(AAPL)["close"].tolist() == [1]
    assert market.bars(AAPL, adjustment="raw")["close"].tolist() == [7, 8]


def test_bids_do_not_fill_the_holes_of_last_prices(market: Market, store: Store) -> None:
    store.write(line("nautilus", price_type="BID"), rows(days(1, 2)))
    store.write(line("nautilus"), rows(days(5)))
    store.write(line("nautilus", price_type="ASK"), rows(days(7, 8)))
    assert market.bars(AAPL)["close"].tolist() == [5]


def test_a_bar_that_closes_at_midnight_belongs_to_the_day_before(market: Market, store: Store) -> None:
    midnight = to_ns("2024-01-08")  # the end of a Sunday
    store.write(line("sample"), rows({midnight: 5}))
    store.write(line("nautilus"), rows({midnight - NS_PER_DAY // 2: 1, midnight + NS_PER_DAY: 9}))
    assert market.bars(AAPL)["close"].tolist() == [5, 9]
    assert market.bars(AAPL, "1w")["close"].tolist() == [5, 9]


def test_weeks_begin_on_monday_and_months_on_the_first(market: Market, store: Store) -> None:
    store.write(line(), rows(days(*range(10, 50))))
    weeks, months = market.bars(AAPL, "1w"), market.bars(AAPL, "1M")
    assert weeks["close"].tolist() == [16, 23, 30, 37, 44, 49]
    assert weeks.iloc[0][["open", "high", "low", "volume"]].tolist() == [9, 18, 7, 70]
    assert months["close"].tolist() == [40, 49]
    assert months["ts_event"].tolist() == [MONDAY + 30 * NS_PER_DAY, MONDAY + 39 * NS_PER_DAY]


def test_the_first_week_of_a_span_is_whole(market: Market, store: Store) -> None:
    store.write(line(), rows(days(*range(10, 30))))
    span = TimeRange(MONDAY + 3 * NS_PER_DAY, MONDAY + 14 * NS_PER_DAY)
    assert market.bars(AAPL, "1w", span=span)["open"].tolist() == [9, 16]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(closes=st.lists(st.integers(10, 10_000), min_size=1, max_size=300), most=st.integers(1, 50))
def test_whatever_is_put_together_keeps_highs_lows_and_volume(
    tmp_path_factory: pytest.TempPathFactory, closes: list[int], most: int
) -> None:
    store = Store("sqlite://")
    store.write(line(), rows(days(*closes)))
    market = Market(store, Live(), {})
    for frame in (market.bars(AAPL, max_bars=most), market.bars(AAPL, "1w", max_bars=most), market.bars(AAPL, "1M")):
        assert (frame["high"].max(), frame["low"].min()) == (max(closes) + 2, min(closes) - 3)
        assert (frame["open"].iloc[0], frame["close"].iloc[-1]) == (closes[0] - 1, closes[-1])
        assert frame["volume"].sum() == 10 * len(closes)
        assert frame["ts_event"].is_monotonic_increasing
        assert (frame["high"] >= frame[["open", "close"]].max(axis=1)).all()
    assert len(market.bars(AAPL, max_bars=most)) <= most
    store.close()


def test_attributes_tell_what_is_drawn_and_how_many_bars_are_in_a_row(market: Market, store: Store) -> None:
    store.write(line(), rows(days(*range(10, 20))))
    frame = market.bars(AAPL, max_bars=4)
    assert (frame.attrs["timeframe"], frame.attrs["drawn"]) == ("1-DAY", "1-WEEK")
    assert (frame.attrs["bucket"], frame.attrs["total"], len(frame)) == (7, 10, 2)
    assert frame.attrs["ts_last"] == frame["ts_event"].iloc[-1]
    whole = market.bars(AAPL, max_bars=10)
    assert (whole.attrs["drawn"], whole.attrs["bucket"], len(whole)) == ("1-DAY", 1, 10)


def test_the_version_of_a_line_changes_when_its_rows_do_and_not_otherwise(market: Market, store: Store) -> None:
    store.write(line(), rows(days(1, 2)))
    before = market.bars(AAPL).attrs["version"]
    store.write(line(), rows(days(1, 2)))
    store.write(line(instrument_id="OTHER.NASDAQ"), rows(days(3)))
    assert hash(market.bars(AAPL, "1w").attrs["version"]) == hash(before)
    store.write(line(), rows(days(1, 3)))
    assert market.bars(AAPL).attrs["version"] != before


def test_new_bars_are_seen_at_once(market: Market, store: Store) -> None:
    store.write(line(), rows(days(1)))
    assert market.bars(AAPL)["close"].tolist() == [1]
    store.write(line(), rows(days(4, 5)))
    assert market.bars(AAPL)["close"].tolist() == [4, 5]


def test_an_unknown_instrument_has_no_bars_and_no_error(market: Market) -> None:
    assert market.bars("X.Y").empty
    assert market.extent("X.Y", "1d", "auto", "total") is None
    assert (market.choices("X.Y"), market.last_bar("X.Y"), len(market.fills("X.Y"))) == ([], None, 0)


def test_bars_an_earlier_replay_left_behind_stay_in_the_future(market: Market, feed: Feed, store: Store) -> None:
    store.write(line("nautilus"), rows({ns(DAY_MS) * (10_000 + day): day for day in (1, 2, 3)}))
    assert market.bars(AAPL, source="nautilus")["close"].tolist() == [1, 2, 3]
    feed(bar(AAPL, "2", T0, DAY_MS * 10_002))
    assert market.bars(AAPL, source="nautilus")["close"].tolist() == [1, 2]
    assert market.replayed_to == ns(DAY_MS * 10_002)


def test_fills_stand_at_the_replayed_bar_of_the_current_run(market: Market, feed: Feed) -> None:
    feed(ready(T0), bar("GBP/USD.SIM", "1.5", T0 + 1, DAY_MS * 10_001), fill(T0 + 2, event_id="a"))
    feed(ready(T0 + 10), bar("GBP/USD.SIM", "1.5", T0 + 11, DAY_MS * 10_007), fill(T0 + 12, event_id="b"))
    fills = market.fills("GBP/USD.SIM")
    assert fills["ts_plot"].tolist() == [ns(DAY_MS * 10_007)]
    assert fills.iloc[0][["side", "last_qty", "last_px"]].tolist() == ["BUY", 100_000.0, 1.57618]


def test_fills_are_found_without_a_bus_and_cut_to_a_span(feed: Feed, store: Store) -> None:
    feed(fill(T0, event_id="a"), fill(T0 + 10, event_id="b"))
    reader = Market(store, Live(), {})
    assert reader.fills("GBP/USD.SIM")["ts_plot"].tolist() == [ns(T0), ns(T0 + 10)]
    assert len(reader.fills("GBP/USD.SIM", TimeRange(ns(T0), ns(T0 + 10)))) == 1


def test_latest_values_tell_the_change_since_the_one_before(market: Market, feed: Feed) -> None:
    feed(trade(AAPL, "100"), trade(AAPL, "101", T0 + 5), quote("A.B", "1", "2"))
    latest = market.latest().set_index("instrument_id")
    assert latest.loc[AAPL, "change"] == pytest.approx(0.01)
    assert latest.loc[AAPL, ["kind", "ts_received", "source"]].tolist() == ["trade", ns(T0 + 5), "nautilus T-1"]
    assert np.isnan(latest.loc["A.B", "change"])
    assert latest.loc["A.B", ["bid", "ask", "price"]].tolist() == [1.0, 2.0, 1.5]


def test_the_version_changes_with_every_message(market: Market, feed: Feed) -> None:
    before = market.version, market.fills_version
    feed(trade(AAPL, "1"))
    assert market.version > before[0]
    assert market.fills_version == before[1]
    feed(fill(T0))
    assert market.fills_version > before[1]


def test_instruments_of_store_bus_and_sources_are_listed_once(market: Market, feed: Feed, store: Store) -> None:
    feed(trade(AAPL, "1"), trade("NEW.BUS", "1"))
    store.write(line(instrument_id="OLD.STORE"), rows(days(1)))
    known = market.instruments().set_index("instrument_id")
    assert known.index.is_unique
    assert set(known.index[known["is_live"]]) == {AAPL, "NEW.BUS"}
    assert {"OLD.STORE", "GOOG.NASDAQ", "IBM.NYSE", "MSFT.NASDAQ", "EUR/USD.IDEALPRO"} <= set(known.index)
    assert known.loc["NEW.BUS", ["raw_symbol", "price_precision"]].tolist() == ["", 2]


def test_instruments_of_an_unknown_bus_alone_are_listed(live: Live, store: Store) -> None:
    live.feed([trade("NEW.BUS", "1")])
    assert Market(store, live, {}).instruments()["price_precision"].tolist() == [2]
    assert Market(store, Live(), {}).instruments().empty


def test_choices_put_the_live_bus_first_and_offer_weeks_of_days(market: Market, feed: Feed, store: Store) -> None:
    for series in (line("sample"), line("sample", adjustment="raw"), line("nautilus")):
        store.write(series, rows(days(1)))
    assert [choice.source for choice in market.choices(AAPL)][:3] == ["sample", "sample", "nautilus"]
    feed(trade(AAPL, "1"))
    choices = market.choices(AAPL)
    assert (choices[0].source, choices[0].timeframe) == ("nautilus", "1-DAY")
    assert {choice.timeframe for choice in choices} == {"1-DAY", "1-WEEK", "1-MONTH"}


def test_the_last_bar_is_that_of_the_bus(market: Market, feed: Feed) -> None:
    feed(bar(AAPL, "5", T0, T0 - 5))
    assert market.last_bar(AAPL) == {
        "ts_event": ns(T0 - 5), "ts_init": ns(T0), "open": 5.0, "high": 5.0, "low": 5.0, "close": 5.0, "volume": 10.0,
        "trader_id": "T-1",
    }  # fmt: skip
    assert isinstance(pd.DataFrame([market.last_bar(AAPL)]), pd.DataFrame)


def test_latest_values_are_those_of_the_trader_asked_for(market: Market, feed: Feed) -> None:
    feed(trade(AAPL, "100"), trade(AAPL, "200", T0 + 5, "T-2"), trade("A.B", "7", T0, "T-2"))
    assert market.latest("T-1")[["instrument_id", "price"]].values.tolist() == [[AAPL, 100.0]]
    assert market.latest("T-2")["price"].tolist() == [7.0, 200.0]
    assert market.latest()["trader_id"].tolist() == ["T-2", "T-2"]
    assert market.latest("T-9").empty


def test_whose_values_are_stale_is_told_row_by_row(market: Market, feed: Feed) -> None:
    feed(trade(AAPL, "100"), trade("A.B", "7", T0, "T-2"))
    stale = market.latest(is_stale=lambda trader_id: trader_id == "T-2").set_index("instrument_id")["is_stale"]
    assert stale.to_dict() == {AAPL: False, "A.B": True}
    assert market.latest()["is_stale"].tolist() == [False, False]


def test_fills_are_those_of_the_trader_and_run_asked_for(market: Market, feed: Feed) -> None:
    feed(ready(T0), fill(T0 + 2, event_id="a", last_px="1.1"), ready(T0 + 1, trader_id="T-2"))
    feed(fill(T0 + 3, event_id="c", last_px="1.3", trader_id="T-2"))
    feed(ready(T0 + 10), fill(T0 + 12, event_id="b", last_px="1.2"))
    fx = "GBP/USD.SIM"
    assert market.fills(fx)["last_px"].tolist() == [1.3, 1.2]
    assert market.fills(fx, trader_id="T-1")["last_px"].tolist() == [1.2]
    assert market.fills(fx, trader_id="T-1", run_id=ns(T0))["last_px"].tolist() == [1.1]
    assert market.fills(fx, trader_id="T-2", run_id=ns(T0)).empty


def test_the_running_bar_is_that_of_the_trader_asked_for(market: Market, feed: Feed) -> None:
    feed(bar(AAPL, "5"), bar(AAPL, "6", T0 + 1, trader_id="T-2"))
    assert [market.last_bar(AAPL, trader_id=name)["close"] for name in ("T-1", "T-2", None)] == [5, 6, 6]
    assert market.last_bar(AAPL, trader_id="T-9") is None


def test_bars_of_a_live_node_are_whole_while_another_node_replays(market: Market, feed: Feed, store: Store) -> None:
    store.write(line("nautilus"), rows({ns(T0): 5}))
    feed(bar("OLD.X", "2", T0, DAY_MS), bar(AAPL, "5", T0, trader_id="T-2"))
    assert market.bars(AAPL, source="nautilus")["close"].tolist() == [5]


MINUTE = 60_000_000_000
OPEN = to_ns("2024-06-03T13:30Z")


def minutes(count: int, first: int = OPEN) -> dict[int, float]:
    """Minute by minute, whatever the hour."""
    return {first + number * MINUTE: 100 + number % 7 for number in range(1, count + 1)}


def test_timeframes_that_are_not_stored_are_made_and_offered(market: Market, store: Store) -> None:
    store.write(line(timeframe="1-MINUTE"), rows(minutes(390)))
    assert [choice.timeframe for choice in market.choices(AAPL)] == [
        "1-MINUTE", "5-MINUTE", "15-MINUTE", "30-MINUTE", "1-HOUR", "4-HOUR", "1-DAY", "1-WEEK", "1-MONTH"
    ]  # fmt: skip
    hours = market.bars(AAPL, "1h")
    assert hours["volume"].tolist() == [600.0] * 6 + [300.0]
    assert hours["ts_event"].iloc[-1] == to_ns("2024-06-03T20:00Z")
    assert market.extent(AAPL, "1h", "auto", "total") == TimeRange(OPEN + 60 * MINUTE, OPEN + 390 * MINUTE + 1)
    assert market.bars(AAPL, "1h", last=2)["volume"].tolist() == [600.0, 300.0]


def test_bars_that_are_stored_win_over_those_that_could_be_made(market: Market, store: Store) -> None:
    store.write(line(timeframe="1-MINUTE"), rows(minutes(390)))
    store.write(line(timeframe="1-HOUR"), rows({OPEN + 60 * MINUTE: 777}))
    assert market.bars(AAPL, "1h")["close"].tolist() == [777]
    assert market.bars(AAPL, "4h")["close"].tolist() == [777]
    assert len([choice for choice in market.choices(AAPL) if choice.timeframe == "1-HOUR"]) == 1


def test_days_of_one_source_are_filled_with_days_made_of_another_s_minutes(market: Market, store: Store) -> None:
    store.write(line("sample"), rows({to_ns("2024-06-03T20:00Z"): 5}))
    store.write(line("nautilus", timeframe="1-MINUTE"), rows(minutes(390) | minutes(390, OPEN + NS_PER_DAY)))
    frame = market.bars(AAPL)
    assert frame["source"].tolist() == ["sample", "nautilus"]
    assert frame["ts_event"].tolist() == [to_ns("2024-06-03T20:00Z"), to_ns("2024-06-04T20:00Z")]
    assert market.bars(AAPL, "1w")["volume"].tolist() == [10.0 + 3_900.0]


def test_the_newest_bars_are_had_without_the_rest(market: Market, store: Store) -> None:
    store.write(line("nautilus"), rows(days(1, 2, 3, 4, 5)))
    store.write(line("sample"), rows(days(20, first=MONDAY + NS_PER_DAY)))
    assert market.bars(AAPL, last=2)["close"].tolist() == [4, 5]
    assert market.bars(AAPL, last=4)["close"].tolist() == [20, 3, 4, 5]
    assert market.bars(AAPL, last=2, span=TimeRange(0, MONDAY + 3 * NS_PER_DAY))["close"].tolist() == [20, 3]
    assert market.bars(AAPL, "1w", last=9)["close"].tolist() == [5]
    assert market.bars("X.Y", last=3).empty
    assert market.bars(AAPL, last=5, max_bars=2)["volume"].tolist() == [50.0]


def test_the_newest_stored_bar_of_each_instrument_is_that_of_last_prices(market: Market, store: Store) -> None:
    store.write(line(), rows(days(1, 2)))
    store.write(line(timeframe="1-MINUTE"), rows({MONDAY + NS_PER_DAY + MINUTE: 3}))
    store.write(line(timeframe="1-MINUTE", price_type="BID"), rows({MONDAY + 9 * NS_PER_DAY: 4}))
    store.write(line(instrument_id="B.X"), rows(days(7)))
    found = market.latest_bars([AAPL, "B.X", "NOT.THERE"])
    assert found[["instrument_id", "timeframe", "close"]].values.tolist() == [
        [AAPL, "1-MINUTE", 3.0], ["B.X", "1-DAY", 7.0]]  # fmt: skip
    assert market.latest_bars([]).empty


def test_a_line_is_held_before_it_is_looked_at_unless_it_is_too_long_or_of_the_bus(store: Store, live: Live) -> None:
    kept = Lines(store, few=5, some=20, many=400)
    market = Market(store, live, {}, lines=kept)
    stored = {source: line(source, timeframe="1-MINUTE") for source in ("sample", "nautilus", "yahoo")}
    for series in stored.values():
        store.write(series, rows(minutes(390)))
    store.write(stored["yahoo"], rows(minutes(390, OPEN + NS_PER_DAY)))
    for source in (*stored, "fred"):
        market.hold(AAPL, "1-MINUTE", source, "total")
    assert kept.held() == [(stored["sample"], "1-MINUTE")]


def test_a_long_line_and_a_short_one_are_drawn_together(store: Store, live: Live) -> None:
    market = Market(store, live, {}, lines=Lines(store, few=5, some=20, many=40))
    store.write(line("nautilus", timeframe="1-MINUTE"), rows(minutes(390)))
    store.write(line("sample", timeframe="1-MINUTE"), rows(minutes(3, OPEN - 3 * NS_PER_DAY)))
    frame = market.bars(AAPL, "1m", max_bars=4)
    assert (frame.attrs["drawn"], frame.attrs["total"]) == ("4-HOUR", 393)
    assert frame["volume"].tolist() == [30.0, 2_400.0, 1_500.0]
    assert frame["source"].tolist() == ["sample", "nautilus", "nautilus"]


_STORED = st.lists(st.integers(0, 4_000), min_size=1, max_size=150, unique=True).map(sorted)


@settings(max_examples=60, deadline=None)
@given(
    best=_STORED,
    other=_STORED | st.just([]),
    cut=st.tuples(st.integers(0, 4_000), st.integers(1, 2_000)),
    most=st.integers(2, 40),
    sizes=st.sampled_from([(10_000, 10_000, 10_000), (5, 10_000, 10_000), (5, 20, 10_000), (5, 20, 40)]),
    timeframe=st.sampled_from(["1m", "5m", "1h", "1d"]),
)
def test_every_candle_drawn_has_the_high_the_low_and_the_volume_of_its_bars(
    best: list[int], other: list[int], cut: tuple[int, int], most: int, sizes: tuple[int, int, int], timeframe: str
) -> None:
    store = Store("sqlite://")
    few, some, many = sizes
    market = Market(store, Live(), {}, lines=Lines(store, few=few, some=some, many=many))
    for source, places in (("nautilus", best), ("sample", other)):
        closes = {OPEN + place * MINUTE: 100 + place * 31 % 97 for place in places}
        store.write(line(source, timeframe="1-MINUTE", instrument_id="BTC.KRAKEN"), rows(closes))
    span = TimeRange(OPEN + cut[0] * MINUTE, OPEN + sum(cut) * MINUTE)
    ask = partial(market.bars, "BTC.KRAKEN")
    own, drawn = ask(timeframe, span=span), ask(timeframe, span=span, max_bars=most)
    name = drawn.attrs["drawn"]
    assert len(drawn) <= most
    assert (name == drawn.attrs["timeframe"]) == (drawn.attrs["bucket"] == 1)
    if name == drawn.attrs["timeframe"]:
        assert drawn.equals(own)
    else:
        minute = Series(instrument_id="BTC.KRAKEN", source="x", timeframe="1-MINUTE")
        bars = ask("1m", span=whole(minute, name, span))
        columns = {column: bars[column].to_numpy() for column in bars if column != "source"}
        wanted = resample(columns, minute, name, max(best + other) * MINUTE + OPEN)
        for column in wanted:
            assert drawn[column].tolist() == wanted[column].tolist()
    assert drawn["volume"].sum() >= own["volume"].sum()
    store.close()
