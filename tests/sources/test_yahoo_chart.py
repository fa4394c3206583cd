"""Yahoo's chart as rows: recorded documents, prices as quoted, and rows that can't be bars."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.answer import faults
from nautilus_data.core.dataset import BARS, CORPORATE_ACTIONS, Series, to_float
from nautilus_data.core.timerange import NS_PER_S, to_ns
from nautilus_data.errors import RetryableError, SkippableError
from nautilus_data.sources.yahoo import Yahoo
from nautilus_data.sources.yahoo.chart import quoted

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "recordings" / "yahoo"
recorded = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="the recordings of Yahoo's answers are not beside this tree"
)
# 09:30 and 16:00 New York of three days in May 2024.
OPENS = [to_ns(f"2024-05-{day}T13:30") // NS_PER_S for day in (13, 14, 15)]
CLOSES = [to_ns(f"2024-05-{day}T20:00") for day in (13, 14, 15)]


def load(name: str) -> dict[str, Any]:
    return json.loads((RECORDED / name).read_text())


def line(instrument_id: str = "AAPL.NASDAQ", timeframe: str = "1-DAY", adjustment: str = "split") -> Series:
    return Series(instrument_id=instrument_id, source="yahoo", timeframe=timeframe, adjustment=adjustment)


def read(document: dict[str, Any], series: Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Conformed bars, and what was refused."""
    source = Yahoo()
    return BARS.conform(source.normalize(document, series)), source.refused(document, series)


def times(frame: pd.DataFrame) -> list[str]:
    return [f"{at:%Y-%m-%d %H:%M}" for at in pd.to_datetime(frame["ts_event"], utc=True)]


def document(starts: list[Any], step: str = "1d", events: dict | None = None, **columns: list[Any]) -> dict[str, Any]:
    """A chart of New York; columns left out are those of a plain bar."""
    plain = {"open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 100}
    quote = {name: columns.get(name, [value] * len(starts)) for name, value in plain.items()}
    meta = {
        "currency": "USD", "exchangeName": "NMS", "instrumentType": "EQUITY", "dataGranularity": step,
        "exchangeTimezoneName": "America/New_York", "firstTradeDate": 345479400, "regularMarketTime": OPENS[-1],
    }  # fmt: skip
    adjclose = [{"adjclose": columns.get("adjclose", quote["close"])}]
    result = {"meta": meta, "timestamp": starts, "indicators": {"quote": [quote], "adjclose": adjclose}}
    return {"chart": {"result": [result | ({"events": events} if events else {})], "error": None}}


@recorded
@pytest.mark.parametrize(
    ("name", "instrument_id", "timeframe", "rows", "first", "last", "refused"),
    [
        ("chart_AAPL_1d_2020-08-31_2020-11-07.json", "AAPL.NASDAQ", "1-DAY", 49,
         "2020-08-31 20:00", "2020-11-06 21:00", 0),
        ("chart_AAPL_1d_full_history_1980_raw.json", "AAPL.NASDAQ", "1-DAY", 10395,
         "1980-12-12 21:00", "2022-03-04 21:00", 0),
        ("chart_AAPL_1m_weekend_empty.json", "AAPL.NASDAQ", "1-MINUTE", 0, "", "", 0),
        ("chart_BTC-USD_1d.json", "BTC/USD.PAXOS", "1-DAY", 3, "2020-01-02 00:00", "2020-01-04 00:00", 0),
        ("chart_CPB_1h_range1d_raw.json", "CPB.NYSE", "1-HOUR", 7, "2022-03-08 15:30", "2022-03-08 21:00", 0),
        ("chart_CPB_1h_range1d_raw.json", "CPB.NYSE", "4-HOUR", 2, "2022-03-08 18:30", "2022-03-08 21:00", 0),
        ("chart_EURUSD=X_1d.json", "EUR/USD.IDEALPRO", "1-DAY", 3, "2020-01-01 22:00", "2020-01-03 22:00", 0),
        ("chart_GC=F_1d_gold_future.json", "GC.COMEX", "1-DAY", 1, "2020-01-02 22:00", "2020-01-02 22:00", 0),
        ("chart_GME_60m_raw.json", "GME.NYSE", "1-HOUR", 506, "2021-12-01 15:30", "2022-03-16 15:30", 0),
        ("chart_GS2C.DE_1d_raw.json", "GS2C.IBIS", "1-DAY", 5, "2025-10-23 15:30", "2025-10-29 16:30", 0),
        ("chart_MSFT_1d_raw.json", "MSFT.NASDAQ", "1-DAY", 127, "2025-04-30 20:00", "2025-10-29 20:00", 0),
        ("chart_TSLA_1d_split_2020_raw.json", "TSLA.NASDAQ", "1-DAY", 317, "2020-08-24 20:00", "2021-11-23 21:00", 0),
        ("chart_WSU.DE_1d.json", "WSU.IBIS", "1-DAY", 3, "2023-08-04 15:30", "2023-08-08 15:30", 0),
        ("chart_0P000071W8.TO_1d_fund.json", "0P000071W8.TSE", "1-DAY", 1, "2020-01-02 21:00", "2020-01-02 21:00", 0),
        ("chart_^GSPC_1m_one_day_raw.json", "^SPX.CBOE", "1-MINUTE", 390, "2022-03-18 13:31", "2022-03-18 20:00", 0),
        ("chart_^MOVE_1d_null_close_raw.json", "^MOVE.NYSE", "1-DAY", 4, "2026-04-14 20:00", "2026-04-17 20:00", 1),
    ],
)  # fmt: skip
def test_a_recorded_answer_becomes_its_rows(
    name: str, instrument_id: str, timeframe: str, rows: int, first: str, last: str, refused: int
) -> None:
    bars, left = read(load(name), line(instrument_id, timeframe))
    assert (len(bars), len(left)) == (rows, refused), left["reason"].tolist()
    assert [*times(bars)[:1], *times(bars)[-1:]] == ([first, last] if rows else [])
    assert bars["ts_event"].is_unique and (bars["ts_init"] >= bars["ts_event"]).all()
    assert not (faults(bars) != "").any()


@recorded
def test_recorded_raw_prices_are_those_of_the_day() -> None:
    """AAPL opened at 28.75 in 1980; on 2020-08-28 it closed at 499.23, 4:1 before the split; TSLA at 2213.40, 5:1."""
    whole, _ = read(load("chart_AAPL_1d_full_history_1980_raw.json"), line(adjustment="raw"))
    days = pd.to_datetime(whole["ts_event"], utc=True).dt.strftime("%Y-%m-%d")
    at = whole.set_index(days)
    assert to_float(at.loc[["1980-12-12"], "open"])[0] == pytest.approx(28.75, abs=5e-4)
    assert at.loc["2020-08-28", "close"] == 499_230_000_000
    assert at.loc["2020-08-31", "close"] == 129_040_000_000
    # The day before the 7:1 of 2014, which the 4:1 of 2020 came on top of.
    assert at.loc["2014-06-06", "close"] == pytest.approx(645.57e9, abs=1e6)
    tesla, _ = read(load("chart_TSLA_1d_split_2020_raw.json"), line("TSLA.NASDAQ", adjustment="raw"))
    assert to_float(tesla["close"])[4] == pytest.approx(2213.40, abs=1e-3)


@recorded
def test_recorded_total_prices_end_at_the_adjusted_close() -> None:
    chart = load("chart_MSFT_1d_raw.json")
    total, _ = read(chart, line("MSFT.NASDAQ", adjustment="total"))
    adjusted = chart["chart"]["result"][0]["indicators"]["adjclose"][0]["adjclose"]
    np.testing.assert_allclose(to_float(total["close"]), adjusted, rtol=1e-7)
    split, _ = read(chart, line("MSFT.NASDAQ"))
    np.testing.assert_allclose(
        to_float(total["high"]) / to_float(total["close"]),
        to_float(split["high"]) / to_float(split["close"]),
        rtol=1e-7,
    )


@recorded
@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("chart_AAPL_1d_full_history_1980_raw.json", {"dividend": 74, "split": 5}),
        # By the month Yahoo files an event under the month's first day; its own date is in it.
        ("chart_AAPL_1mo_div_split_raw.json", {"dividend": 8, "split": 1}),
    ],
)
def test_recorded_splits_and_dividends(name: str, kinds: dict[str, int]) -> None:
    series = Series(dataset="corporate_actions", instrument_id="AAPL.NASDAQ", source="yahoo", adjustment="split")
    actions = CORPORATE_ACTIONS.conform(Yahoo().normalize(load(name), series))
    assert actions["kind"].value_counts().to_dict() == kinds
    split = actions[actions["kind"] == "split"].iloc[-1]
    assert (split["numerator"], split["denominator"]) == ("4", "1")
    assert split["ts_event"] == to_ns("2020-08-31T13:30")
    assert actions["amount"].iloc[-1] == "0.22"


def test_float32_written_as_double_is_read_as_it_was_quoted() -> None:
    sent = np.array([44.2599983215332, 1.1220825910568237, 4463.1201171875, 0.00012345, 100.0, 12345.678, np.nan])
    assert quoted(sent)[:6].tolist() == [44.26, 1.1220826, 4463.12, 0.00012345, 100.0, 12345.678]
    assert np.isnan(quoted(sent)[6])


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"close": [11.0, None, 11.0]}, "a price is missing"),
        ({name: [10.0, None, 10.0] for name in ("open", "high", "low", "close")}, "no prices"),
        ({"open": [10.0, "n/a", 10.0]}, "a price is missing"),
        ({"low": [9.0, 0, 9.0]}, "a price of zero"),
        ({"high": [12.0, 1e12, 12.0]}, "a price is too large"),
        ({"high": [12.0, float("inf"), 12.0]}, "a price is too large"),
    ],
)
def test_a_row_that_is_no_bar_is_kept_aside_with_the_reason(columns: dict[str, list[Any]], reason: str) -> None:
    bars, left = read(document(OPENS, **columns), line())
    assert bars["ts_event"].tolist() == [CLOSES[0], CLOSES[2]]
    assert left[["ts_event", "reason"]].to_numpy().tolist() == [[CLOSES[1], reason]]
    assert json.loads(left["row"][0])["start"] == OPENS[1]


@pytest.mark.parametrize("start", [None, 0, -5, "noon", 1e18])
def test_a_row_without_a_time_is_kept_aside(start: Any) -> None:
    bars, left = read(document([OPENS[0], start, OPENS[2]]), line())
    assert len(bars) == 2 and left["reason"].tolist() == ["no time"]


@pytest.mark.parametrize(
    ("starts", "columns", "reason"),
    [
        (OPENS, {"high": [12.0, 8.0, 12.0]}, "high below low"),
        (OPENS, {"low": [9.0, -9.0, 9.0]}, "negative price"),
        (OPENS, {"open": [10.0, 13.0, 10.0]}, "open or close outside low and high"),
        ([OPENS[1], OPENS[0], OPENS[2]], {}, "out of order: an earlier time after a later one"),
        ([OPENS[0], OPENS[0] + 23_401, OPENS[2]], {}, "a second bar of the same time"),
        (OPENS, {"volume": [1, -1, 1]}, "negative volume"),
    ],
)
def test_bars_that_cannot_be_true_are_left_for_the_check_in_yahoos_order(
    starts: list[int], columns: dict[str, list[Any]], reason: str
) -> None:
    bars = Yahoo().normalize(document(starts, **columns), line())
    assert faults(bars).tolist() == ["", reason, ""]


def test_what_may_still_change_is_no_row_and_no_refusal() -> None:
    payload = document(OPENS) | {"asked_at": CLOSES[2] + 3600 * NS_PER_S}
    bars, left = read(payload, line())
    assert bars["ts_event"].tolist() == CLOSES[:2] and left.empty
    later = document(OPENS) | {"asked_at": CLOSES[2] + 5 * 3600 * NS_PER_S}
    assert read(later, line())[0]["ts_event"].tolist() == CLOSES


def test_the_latest_trade_behind_the_bars_is_no_bar_and_no_refusal() -> None:
    close = CLOSES[2] // NS_PER_S
    hours = document([OPENS[2], OPENS[2] + 3600, close], "1h")
    days = document([*OPENS, close], close=[11.0, 11.0, 11.0, 11.5])
    for chart, timeframe, ends in ((hours, "1-HOUR", 2), (days, "1-DAY", 3)):
        chart["chart"]["result"][0]["meta"]["regularMarketTime"] = close + 2
        bars, left = read(chart, line(timeframe=timeframe))
        assert len(bars) == ends and left.empty and (bars["close"] == 11_000_000_000).all()
    # The day's only row is its bar, whenever the last trade was.
    only = document([*OPENS[:2], close])
    only["chart"]["result"][0]["meta"]["regularMarketTime"] = close
    assert read(only, line())[0]["ts_event"].tolist() == CLOSES


def test_a_minute_nobody_traded_in_is_no_refusal() -> None:
    nulls = {name: [10.0, None, 10.0] for name in ("open", "high", "low", "close")}
    starts = [OPENS[0], OPENS[0] + 60, OPENS[0] + 120]
    bars, left = read(document(starts, "1m", volume=[5, None, 5], **nulls), line(timeframe="1-MINUTE"))
    assert len(bars) == 2 and left.empty
    bars, left = read(document(starts, "1m", volume=[5, 7, 5], **nulls), line(timeframe="1-MINUTE"))
    assert len(bars) == 2 and left["reason"].tolist() == ["no prices"]


def test_a_live_row_of_an_hour_is_no_bar() -> None:
    starts = [OPENS[0], OPENS[0] + 3600, OPENS[0] + 5000]
    bars, left = read(document(starts, "1h"), line(timeframe="1-HOUR"))
    assert times(bars) == ["2024-05-13 14:30", "2024-05-13 15:30"]
    assert left["reason"].tolist() == ["stamped with the last trade, not a bar's start"]


def test_rows_outside_the_session_are_kept_aside() -> None:
    starts = [OPENS[0] - 3600, OPENS[0], CLOSES[0] // NS_PER_S]
    bars, left = read(document(starts, "5m"), line(timeframe="5-MINUTE"))
    assert times(bars) == ["2024-05-13 13:35"]
    assert left["reason"].tolist() == ["outside the sessions of XNYS"] * 2


def test_four_hours_with_a_wrong_hour_are_refused() -> None:
    starts = [OPENS[0] + 3600 * hour for hour in range(7)]
    highs = [12.0, 5.0, 12.0, 12.0, 13.0, 12.0, 12.0]
    bars, left = read(document(starts, "1h", high=highs), line(timeframe="4-HOUR"))
    assert times(bars) == ["2024-05-13 20:00"] and bars["high"].tolist() == [13_000_000_000]
    assert bars["volume"].tolist() == [300]
    assert left["reason"].tolist() == ["one of its hours can't be true"]


def test_a_reverse_split_makes_raw_prices_lower() -> None:
    events = {"splits": {"1": {"date": OPENS[2], "numerator": 1, "denominator": 10, "splitRatio": "1:10"}}}
    raw, _ = read(document(OPENS, events=events), line(adjustment="raw"))
    assert raw["close"].tolist() == [1_100_000_000, 1_100_000_000, 11_000_000_000]
    assert raw["volume"].tolist() == [1000, 1000, 100]


def test_splits_come_from_the_look_at_all_events_when_there_is_one() -> None:
    events = {"splits": {"1": {"date": OPENS[2] + 86_400 * 300, "numerator": 2, "denominator": 1}}}
    payload = document(OPENS) | {"actions": document([], "3mo", events=events)}
    raw, _ = read(payload, line(adjustment="raw"))
    assert raw["close"].tolist() == [22_000_000_000] * 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda result: result["timestamp"].pop(),
        lambda result: result["indicators"]["quote"][0]["low"].pop(),
        lambda result: result["indicators"]["quote"][0].pop("close"),
        lambda result: result.pop("indicators"),
        lambda result: result.pop("meta"),
        lambda result: result["meta"].update(exchangeTimezoneName="Mars/Olympus"),
        lambda result: result["meta"].update(currentTradingPeriod="soon"),
        lambda result: result["indicators"]["quote"][0].update(low=-1),
        lambda result: result.update(events={"splits": {"1": {"date": OPENS[0]}}}),
    ],
)
def test_an_answer_that_lacks_parts_is_asked_for_again(damage: Any) -> None:
    broken = document(OPENS)
    damage(broken["chart"]["result"][0])
    with pytest.raises(RetryableError, match="Yahoo Finance: the answer"):
        Yahoo().normalize(broken, line())


def test_bars_of_another_length_are_refused() -> None:
    with pytest.raises(SkippableError, match="bars of 1h where 5m was asked for"):
        Yahoo().normalize(document(OPENS, "60m"), line(timeframe="5-MINUTE"))


def test_an_index_of_elsewhere_keeps_its_own_hours() -> None:
    chart = document([to_ns("2024-05-13T07:00") // NS_PER_S])
    period = {"start": to_ns("2024-05-14T07:00") // NS_PER_S, "end": to_ns("2024-05-14T15:30") // NS_PER_S}
    chart["chart"]["result"][0]["meta"].update(
        instrumentType="INDEX", exchangeTimezoneName="Europe/Paris", currentTradingPeriod={"regular": period}
    )
    assert times(read(chart, line("^FCHI.CBOE"))[0]) == ["2024-05-13 15:30"]


@pytest.mark.parametrize("day", ["2024-03-28", "2024-03-29", "2024-11-01"])
def test_a_day_of_crypto_has_24_hours_also_when_clocks_change(day: str) -> None:
    start = to_ns(day) // NS_PER_S
    chart = document([start, start + 86_400])
    chart["chart"]["result"][0]["meta"].update(instrumentType="CRYPTOCURRENCY", exchangeTimezoneName="UTC")
    bars, _ = read(chart, line("BTC/USD.PAXOS"))
    assert bars["ts_event"].tolist() == [(start + 86_400) * NS_PER_S, (start + 172_800) * NS_PER_S]


def test_hours_across_a_change_of_clocks_are_all_there() -> None:
    start = to_ns("2024-03-10T05:00") // NS_PER_S
    starts = [start + 3600 * hour for hour in range(6)]
    chart = document(starts, "1h")
    chart["chart"]["result"][0]["meta"].update(instrumentType="CRYPTOCURRENCY", exchangeTimezoneName="America/New_York")
    bars, left = read(chart, line("BTC/USD.PAXOS", "1-HOUR"))
    assert np.diff(bars["ts_event"]).tolist() == [3600 * NS_PER_S] * 5 and left.empty
