"""What a chart shows, whoever draws it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views.chart import (
    PRICES,
    STYLES,
    Hole,
    at_times,
    chart_model,
    columns_of,
    heikin_ashi,
    next_heikin_ashi,
    possible_scale,
    volume_profile,
    weights,
    with_holes,
)
from nautilus_data.core.timerange import NS_PER_DAY, to_ns

NAN = float("nan")
HOUR = NS_PER_DAY // 24
DAY = np.timedelta64(1, "D")


def columns(rows: list[tuple[float, ...]], times: list[int] | None = None) -> dict[str, np.ndarray]:
    """Rows of open, high, low, close, volume."""
    table = np.array(rows, "float64").reshape(-1, 5)
    time = np.array(range(1, len(rows) + 1) if times is None else times, "int64")
    return {"time": time, **dict(zip((*PRICES, "volume"), table.T, strict=True))}


def frame(rows: list[tuple[float, ...]], times: list[int], timeframe: str = "1-DAY") -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=[*PRICES, "volume"], dtype="float64")
    made.insert(0, "ts_event", np.array(times, "int64"))
    made.attrs["timeframe"] = timeframe
    return made


def times(*texts: str) -> np.ndarray:
    return np.array([to_ns(text) for text in texts], "int64")


def days(found: np.ndarray) -> list[str]:
    return [str(day) for day in found.astype("datetime64[D]")]


prices = st.floats(0.01, 1e6)


@st.composite
def bars(draw: st.DrawFn, least: int = 1) -> dict[str, np.ndarray]:
    """Bars whose high and low hold their open and close; some are missing."""
    rows = []
    for _ in range(draw(st.integers(least, 30))):
        first, last, up, down = (draw(prices) for _ in range(4))
        volume = draw(st.one_of(st.floats(0, 1e9), st.just(NAN)))
        row = (first, max(first, last) + up, min(first, last) - down, last, volume)
        rows.append((NAN,) * 5 if draw(st.integers(0, 5)) == 0 else row)
    return columns(rows)


@pytest.mark.parametrize("style", STYLES)
def test_only_heikin_ashi_draws_other_prices_than_were_paid(style: str) -> None:
    model = chart_model(frame([(1, 4, 1, 3, 9), (3, 5, 2, 2, 9)], [NS_PER_DAY, 2 * NS_PER_DAY]), style=style)
    is_same = all(model.drawn[name] is model.bars[name] for name in PRICES)
    assert is_same == (style != "heikin-ashi")
    assert (len(model), model.timeframe, model.style) == (2, "1-DAY", style)


def test_the_timeframe_is_that_of_the_candles_drawn() -> None:
    coarse = frame([(1, 1, 1, 1, 1)], [NS_PER_DAY])
    coarse.attrs["drawn"] = "1-WEEK"
    assert chart_model(coarse).timeframe == "1-WEEK"


def test_a_chart_without_bars_is_one() -> None:
    model = chart_model(frame([], []), style="heikin-ashi", scale="log", calendar_of="AAPL.NASDAQ")
    assert (len(model), model.scale, model.note) == (0, "log", "")


def test_heikin_ashi_by_hand() -> None:
    made = heikin_ashi(columns([(10, 14, 8, 12, 1), (12, 13, 11, 12, 1), (12, 20, 12, 20, 1)]))
    assert made["close"].tolist() == [11, 12, 16]
    # The middle of 10 and 12; of 11 and 11; of 11 and 12.
    assert made["open"].tolist() == [11, 11, 11.5]
    assert made["high"].tolist() == [14, 13, 20]
    assert made["low"].tolist() == [8, 11, 11.5]


def test_heikin_ashi_begins_anew_after_a_hole() -> None:
    made = heikin_ashi(columns([(10, 14, 8, 12, 1), (NAN,) * 5, (NAN,) * 5, (20, 24, 18, 22, 1), (22, 24, 20, 22, 1)]))
    assert np.isnan([made[name][place] for name in ("close", "high", "low") for place in (1, 2)]).all()
    assert made["open"][[0, 3, 4]].tolist() == [11, 21, 21]
    assert made["close"][[0, 3, 4]].tolist() == [11, 21, 22]


@given(bars())
def test_nothing_of_a_heikin_ashi_candle_stands_where_a_bar_is_missing(known: dict[str, np.ndarray]) -> None:
    made = heikin_ashi(known)
    missing = np.isnan(known["close"])
    for name in PRICES:
        np.testing.assert_array_equal(np.isnan(made[name]), missing, name)


@given(bars())
def test_heikin_ashi_candle_by_candle_equals_the_whole(known: dict[str, np.ndarray]) -> None:
    whole, before = heikin_ashi(known), None
    for place in range(len(known["time"])):
        candle = next_heikin_ashi(before, {name: float(known[name][place]) for name in PRICES})
        if not np.isnan(known["close"][place]):
            assert candle == pytest.approx({name: whole[name][place] for name in PRICES})
        before = {name: float(whole[name][place]) for name in PRICES}


@given(bars())
def test_a_volume_profile_holds_all_the_volume_and_its_area_at_least_70_percent(known: dict[str, np.ndarray]) -> None:
    found, total = volume_profile(known), np.nansum(known["volume"])
    if not total:
        assert found is None
        return
    volume = found.up + found.down
    assert volume.sum() == pytest.approx(total)
    first, last = found.value
    assert first <= found.poc <= last
    assert volume[found.poc] == volume.max()
    assert volume[first : last + 1].sum() >= 0.7 * total * (1 - 1e-9)


def test_a_volume_profile_by_hand() -> None:
    # Rows 0-1 … 9-10: 10 a row from the first bar, 50 more in row 4, 30 in row 5, falling.
    rows = [(0, 10, 0, 10, 100), (4, 5, 4, 5, 50), (6, 6, 5, 5, 30)]
    found = volume_profile(columns(rows), rows=10)
    assert (found.low, found.high, found.poc) == (0, 10, 4)
    np.testing.assert_allclose(found.up, [10] * 4 + [60] + [10] * 5)
    np.testing.assert_allclose(found.down, [0] * 5 + [30] + [0] * 4)
    # 60, then 40 above: 100; 126 of 180 are wanted; ties go up: 110, 120, 130.
    assert found.value == (4, 8)


def test_of_two_neighbours_the_heavier_joins_the_value_area() -> None:
    rows = [(2, 3, 2, 3, 50), (1, 2, 1, 2, 30), (3, 4, 3, 4, 10), (0, 1, 0, 1, 10)]
    found = volume_profile(columns(rows), rows=4)
    assert (found.poc, found.value) == (2, (1, 2))


def test_bars_of_one_price_make_a_profile_of_one_row() -> None:
    found = volume_profile(columns([(5, 5, 5, 5, 10), (5, 5, 5, 5, 20)]))
    volume = found.up + found.down
    assert volume.sum() == volume[found.poc] == 30
    assert found.low == 5 < found.high
    assert found.value == (found.poc, found.poc)


def test_volumes_that_are_not_known_are_left_out() -> None:
    rows = [(1, 2, 1, 2, NAN), (1, 2, 1, 2, 0), (1, 2, 1, 2, -1), (NAN, NAN, NAN, NAN, 7), (1, 2, 1, 2, 4)]
    found = volume_profile(columns(rows))
    assert (found.up + found.down).sum() == pytest.approx(4)
    assert volume_profile(columns(rows[:4])) is None
    assert volume_profile(columns([])) is None


def test_days_of_us_stocks_begin_with_their_first_bar_summer_and_winter() -> None:
    # The clocks change on Sunday 10 March 2024: 09:30 is 14:30 UTC before and 13:30 after.
    given_times = times("2024-03-08T20:30", "2024-03-08T21:00", "2024-03-11T14:00", "2024-03-11T14:30")
    worth, day = weights(given_times, "America/New_York", "AAPL.NASDAQ")
    assert days(day) == ["2024-03-08", "2024-03-08", "2024-03-11", "2024-03-11"]
    # The first bar, half an hour more, a new day, half an hour more of the new clock.
    assert worth.tolist() == [50, 30, 50, 22]


def test_the_half_day_after_thanksgiving_is_a_day_of_its_own() -> None:
    given_times = times("2024-11-27T21:00", "2024-11-29T15:00", "2024-11-29T18:00", "2024-12-02T15:00")
    worth, day = weights(given_times, "America/New_York", "IBM.NYSE")
    assert days(day) == ["2024-11-27", "2024-11-29", "2024-11-29", "2024-12-02"]
    assert worth.tolist() == [50, 50, 33, 60]


def test_a_session_of_futures_that_opens_the_evening_before_is_named_by_the_day_it_closes() -> None:
    # Sunday 17:30 Chicago belongs to Monday; from 17:00 on Monday it is Tuesday's.
    given_times = times("2024-06-02T22:30", "2024-06-03T15:00", "2024-06-03T21:00", "2024-06-03T22:30")
    worth, day = weights(given_times, "America/Chicago", "ESM4.CME")
    assert days(day) == ["2024-06-03", "2024-06-03", "2024-06-03", "2024-06-04"]
    assert [worth[0], worth[3]] == [50, 50]


def test_what_trades_always_has_days_of_the_axis_zone() -> None:
    given_times = times("2024-06-01T23:00", "2024-06-02T00:00", "2024-06-02T00:01", "2024-06-02T15:30")
    assert days(weights(given_times, "UTC", "BTCUSDT.BINANCE")[1]) == [
        "2024-06-01",
        "2024-06-01",
        "2024-06-02",
        "2024-06-02",
    ]
    assert days(weights(given_times, "Asia/Tokyo", "BTCUSDT.BINANCE")[1]) == ["2024-06-02"] * 3 + ["2024-06-03"]


def test_months_and_years_weigh_more_than_days() -> None:
    given_times = times(
        "2023-12-28T21:00", "2023-12-29T21:00", "2024-01-02T21:00", "2024-01-03T21:00", "2024-02-01T21:00"
    )
    assert weights(given_times, "America/New_York", "AAPL.NASDAQ")[0].tolist() == [50, 50, 70, 50, 60]


def test_an_instrument_of_no_known_calendar_has_days_of_the_zone() -> None:
    for name in ("", "THING", "THING.NOWHERE"):
        assert days(weights(times("2024-01-02T21:00"), "UTC", name)[1]) == ["2024-01-02"]
    assert [len(part) for part in weights(times(), "UTC", "AAPL.NASDAQ")] == [0, 0]


@pytest.mark.parametrize(
    ("scale", "rows", "drawn", "words"),
    [
        ("log", [(1, 2, 0.5, 1, 1)], "log", ""),
        ("log", [(1, 2, 0, 1, 1)], "linear", "no logarithm"),
        ("log", [(NAN,) * 5, (-37, -30, -40, -37.63, 1)], "linear", "no logarithm"),
        ("percent", [(NAN,) * 5, (1, 2, -1, 1, 1)], "percent", ""),
        ("percent", [(1, 2, -1, 0, 1)], "linear", "says nothing"),
        ("percent", [(-1, 2, -40, -37.63, 1)], "linear", "says nothing"),
        ("linear", [(-1, 2, -40, -37.63, 1)], "linear", ""),
        ("log", [], "log", ""),
        ("percent", [], "percent", ""),
    ],
)
def test_a_scale_that_cannot_be_drawn_becomes_linear_and_is_said(
    scale: str, rows: list[tuple[float, ...]], drawn: str, words: str
) -> None:
    found, note = possible_scale(scale, columns(rows))
    assert found == drawn
    assert words in note and bool(words) == bool(note)


def test_a_hole_gets_as_many_rows_as_bars_are_missing_in_their_place() -> None:
    known = columns([(1, 1, 1, 1, 1), (2, 2, 2, 2, 2)], [NS_PER_DAY, 5 * NS_PER_DAY])
    found = with_holes(known, [Hole(2 * NS_PER_DAY, 4 * NS_PER_DAY, 3)], NS_PER_DAY)
    assert (found["time"] // NS_PER_DAY).tolist() == [1, 2, 3, 4, 5]
    assert found["close"].tolist()[::4] == [1, 2]
    assert all(np.isnan(found[name][1:4]).all() for name in (*PRICES, "volume"))
    assert known["time"].tolist() == [NS_PER_DAY, 5 * NS_PER_DAY]


def test_a_hole_of_thousands_is_forty_rows_and_one_of_unknown_size_is_counted_by_its_length() -> None:
    nothing = columns([])
    assert len(with_holes(nothing, [Hole(1, 10_000 * NS_PER_DAY, 9_999)], NS_PER_DAY)["time"]) == 40
    assert len(with_holes(nothing, [Hole(0, 5 * NS_PER_DAY, 0)], NS_PER_DAY)["time"]) == 5
    assert with_holes(nothing, [Hole(7, 9, 1)], NS_PER_DAY)["time"].tolist() == [9]


@given(st.lists(st.integers(1, 400), unique=True), st.lists(st.tuples(st.integers(1, 400), st.integers(0, 99))))
def test_holes_change_no_bar_and_times_stay_in_order(closes: list[int], given_holes: list[tuple[int, int]]) -> None:
    closes = sorted(closes)
    known = columns([(time,) * 5 for time in closes], closes)
    found = with_holes(known, [Hole(first, first + more, more) for first, more in given_holes], 1)
    assert (np.diff(found["time"]) > 0).all()
    is_known = np.isfinite(found["close"])
    assert found["time"][is_known].tolist() == found["close"][is_known].tolist() == closes


def test_bars_come_in_order_and_of_two_with_one_time_the_last_told_wins() -> None:
    told = frame([(3, 3, 3, 3, 3), (1, 1, 1, 1, 1), (2, 2, 2, 2, 2), (4, 4, 4, 4, 4)], [30, 10, 20, 10])
    found = columns_of(told)
    assert found["time"].tolist() == [10, 20, 30]
    assert found["close"].tolist() == [4, 2, 3]
    found["close"][0] = 0
    assert told["close"].tolist() == [3, 1, 2, 4]


@pytest.mark.parametrize("bad", [NAN, float("inf"), float("-inf")])
def test_a_bar_of_which_a_price_is_not_known_is_not_drawn_at_all(bad: float) -> None:
    found = columns_of(frame([(1, bad, 1, 1, 5), (1, 2, 1, 2, bad)], [1, 2]))
    assert all(np.isnan(found[name][0]) and np.isfinite(found[name][1]) for name in PRICES)
    assert found["volume"][0] == 5
    assert np.isnan(found["volume"][1])


def test_at_each_time_stands_the_last_value_known_unless_it_is_too_old() -> None:
    known, values = np.array([10, 20, 30]), np.array([1.0, NAN, 3.0])
    asked = np.array([5, 10, 15, 20, 30, 99])
    np.testing.assert_array_equal(at_times(asked, known, values), [NAN, 1, 1, NAN, 3, 3])
    np.testing.assert_array_equal(at_times(asked, known, values, within=5), [NAN, 1, 1, NAN, 3, NAN])
    np.testing.assert_array_equal(at_times(asked, known[:0], values[:0]), [NAN] * 6)
