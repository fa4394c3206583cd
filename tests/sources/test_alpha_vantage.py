"""Alpha Vantage's answers as rows, asked through the real client; JSON and CSV alike."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.dataset import FACTS, OBSERVED_SERIES, to_float
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.sources.alpha_vantage import AlphaVantage, news
from nautilus_data.transport import Access
from tests.loopback_alpha_vantage import article, loopback_alpha_vantage
from tests.sources.alpha_vantage_asked import NOW, asking, days, fetched, last, moments, of, serving


@pytest.mark.parametrize("as_csv", [False, True])
def test_daily_bars_stand_at_the_close_and_the_running_day_is_left_out(as_csv: bool) -> None:
    with serving() as (server, source):
        server.as_csv = as_csv
        frame = fetched(source, of(), last(9))
        assert moments(frame["ts_event"]) == [f"2024-05-{day:02d} 16:00" for day in (6, 7, 8, 9, 10, 13, 14)]
        assert to_float(frame["high"] - frame["low"]).tolist() == [4.75] * 7
        assert server.requests == [
            {
                "function": "TIME_SERIES_DAILY",
                "symbol": "IBM",
                "outputsize": "compact",
                "apikey": server.requests[0]["apikey"],
            }
        ]


def test_weekly_and_monthly_bars_are_those_that_are_over() -> None:
    with serving() as (_, source):
        assert days(fetched(source, of(timeframe="1-WEEK"), last(21))["ts_event"]) == [
            "2024-04-26",
            "2024-05-03",
            "2024-05-10",
        ]
        assert days(fetched(source, of(timeframe="1-MONTH"), last(80))["ts_event"]) == [
            "2024-02-29",
            "2024-03-28",
            "2024-04-30",
        ]


def test_a_week_whose_friday_is_a_holiday_ends_on_thursday() -> None:
    with serving(now=to_ns("2024-03-30T12:00")) as (_, source):
        frame = fetched(source, of(timeframe="1-WEEK"), last(9, to_ns("2024-03-30T12:00")))
        assert days(frame["ts_event"]) == ["2024-03-22", "2024-03-28"]


def test_totally_adjusted_bars_are_scaled_to_the_adjusted_close() -> None:
    with serving() as (_, source):
        raw, total = (fetched(source, of(timeframe="1-WEEK", adjustment=kind), last(60)) for kind in ("raw", "total"))
        for name in ("open", "high", "low", "close"):
            assert to_float(total[name]) / to_float(raw[name]) == pytest.approx(0.5, abs=0.001)
        assert total["volume"].tolist() == raw["volume"].tolist()


def test_a_free_plan_has_a_hundred_days_and_no_minutes_and_says_so() -> None:
    source = AlphaVantage(Access(api_key="k" * 16))
    assert 125 < source.spec.capability(of()).depth_ns / NS_PER_DAY < 137
    with pytest.raises(SkippableError, match=r"5m bars are not in the free plan.*ALPHA_VANTAGE_DAILY"):
        source.check(of(timeframe="5-MINUTE"))
    with pytest.raises(SkippableError, match="choose adjustment raw"):
        source.check(of(adjustment="total"))


def test_a_span_that_begins_before_a_compact_answer_is_refused_rather_than_taken_for_empty() -> None:
    with serving() as (_, source), pytest.raises(SkippableError, match="the last 100 days alone"):
        fetched(source, of(), last(300))


def test_a_paid_plan_has_all_days_their_total_adjustment_and_minutes_by_the_month() -> None:
    with serving(daily=1_000, is_paid=True) as (server, source):
        assert len(fetched(source, of(), last(700))) > 470
        assert len(fetched(source, of(), last(30))) > 18
        assert [query["outputsize"] for query in server.asked("TIME_SERIES_DAILY")] == ["full", "compact"]
        assert len(fetched(source, of(adjustment="total"), last(30))) > 18
        minutes = fetched(source, of(timeframe="1-HOUR"), TimeRange.of("2024-04-29", "2024-05-03"))
        assert moments(minutes["ts_event"])[:7] == [
            f"2024-04-29 {at}" for at in ("10:30", "11:30", "12:30", "13:30", "14:30", "15:30", "16:00")
        ]
        assert len(minutes) == 28
        assert [query["month"] for query in server.asked("TIME_SERIES_INTRADAY")] == ["2024-04", "2024-05"]


def test_pairs_of_currencies_end_in_new_york_and_are_known_at_midnight_in_london() -> None:
    with serving() as (server, source):
        frame = fetched(source, of(instrument_id="EUR/USD.IDEALPRO"), last(5))
        assert moments(frame["ts_event"]) == ["2024-05-10 17:00", "2024-05-13 17:00", "2024-05-14 17:00"]
        assert moments(frame["ts_init"]) == ["2024-05-10 20:00", "2024-05-13 20:00", "2024-05-14 20:00"]
        assert frame["volume"].isna().all()
        coin = fetched(source, of(instrument_id="BTC/USD.PAXOS"), last(5))
        assert days(coin["ts_event"])[-1] == "2024-05-15" and len(coin) == 3
        assert server.asked("FX_DAILY")[0] | {"apikey": ""} == {
            "function": "FX_DAILY", "from_symbol": "EUR", "to_symbol": "USD", "outputsize": "full", "apikey": "",
        }  # fmt: skip
        assert server.asked("DIGITAL_CURRENCY_DAILY")[0]["market"] == "USD"


@pytest.mark.parametrize(
    ("series", "words"),
    [
        (of("facts", "EUR/USD.IDEALPRO"), "a pair of currencies has no facts"),
        (of("corporate_actions", "BTC/USD.PAXOS"), "a coin has no corporate actions"),
        (of(instrument_id="EUR/USD.IDEALPRO", timeframe="5-MINUTE"), "raw bars of days, weeks and months"),
        (of(instrument_id="ES.CME"), "Alpha Vantage has no ES.CME: it has stocks at"),
        (of("observations", "GDP.ALPHAVANTAGE"), "no line GDP.ALPHAVANTAGE; it has REAL_GDP.ALPHAVANTAGE"),
    ],
)
def test_what_it_has_not_is_told_before_anything_is_asked(series: object, words: str) -> None:
    with serving() as (server, source):
        with pytest.raises(SkippableError, match=words):
            source.check(series)
        assert not server.requests


def test_each_fact_says_how_it_became_known() -> None:
    with serving() as (server, source):
        frame = fetched(source, of("facts"), TimeRange(0, NOW))
        assert [query["function"] for query in server.requests] == [
            "INCOME_STATEMENT", "BALANCE_SHEET", "CASH_FLOW", "EARNINGS", "OVERVIEW",
        ]  # fmt: skip
        assert source.cost(of("facts"), last(1)) == 5
        revenue = frame[frame["tag"] == "totalRevenue"]
        known = dict(
            zip(zip(days(revenue["ts_event"]), revenue["form"], strict=True), days(revenue["ts_init"]), strict=True)
        )
        assert known["2023-09-30", "quarterly"] == "2023-11-14"
        assert known["2023-12-31", "quarterly"] == known["2023-12-31", "annual"] == "2024-03-30"
        assert set(revenue["known_by"]) == {"rule"} and set(revenue["unit"]) == {"USD"}
        assert days(revenue["ts_start"])[-1] == "2024-01-01" or known["2024-03-31", "quarterly"]
        earnings = frame[frame["tag"] == "reportedEPS"].iloc[-2]
        # Reported on 2024-01-24 after the close.
        assert moments(pd.Series([earnings["ts_init"]])) == ["2024-01-25 09:30"]
        assert (earnings["known_by"], earnings["unit"], earnings["accession"]) == ("filed", "per share", "EARNINGS")
        seen = frame[frame["accession"] == "OVERVIEW"].set_index("tag")
        assert seen["value"].to_dict() == {
            "PEGRatio": "2.152",
            "AnalystTargetPrice": "278.18",
            "SharesOutstanding": "939885000",
        }
        assert seen["unit"].to_dict() == {
            "PEGRatio": "pure",
            "AnalystTargetPrice": "USD/shares",
            "SharesOutstanding": "shares",
        }
        assert set(seen["known_by"]) == {"seen"} and set(seen["ts_init"]) == {NOW - 1}
        # The same name in two statements is two facts.
        assert set(frame[frame["tag"] == "netIncome"]["accession"]) == {"INCOME_STATEMENT", "CASH_FLOW"}
        assert "depreciation" not in set(frame["tag"])
        FACTS.conform(frame)


def test_what_is_there_before_its_usual_lag_is_known_since_it_was_seen() -> None:
    with serving(now=to_ns("2024-04-20")) as (_, source):
        frame = fetched(source, of("facts"), TimeRange(0, to_ns("2024-04-20")))
        newest = frame[(frame["tag"] == "totalRevenue") & (frame["ts_event"] == to_ns("2024-03-31"))]
        assert newest[["known_by", "ts_init"]].to_numpy().tolist() == [["seen", to_ns("2024-04-20") - 1]]


def test_a_fund_without_statements_has_what_there_is_and_a_symbol_nobody_knows_has_nothing() -> None:
    with serving() as (server, source):
        server.documents["OVERVIEW"] = b'{"Symbol": "SPY", "Currency": "USD", "Beta": "1.0"}'
        assert fetched(source, of("facts", "SPY.ARCA"), TimeRange(0, NOW))["tag"].tolist() == ["Beta"]
        del server.documents["OVERVIEW"]
        with pytest.raises(SkippableError, match=r"NIX\.NYSE: Alpha Vantage: knows nothing of that symbol; search"):
            fetched(source, of("facts", "NIX.NYSE"), TimeRange(0, NOW))


@pytest.mark.parametrize("as_csv", [False, True])
def test_dividends_and_splits_take_effect_at_the_open(as_csv: bool) -> None:
    with serving() as (server, source):
        server.as_csv = as_csv
        frame = fetched(source, of("corporate_actions"), TimeRange(0, NOW))
        columns = (moments(frame["ts_event"]), frame["kind"], frame["amount"], frame["numerator"])
        assert list(zip(*columns, strict=True)) == [
            ("2021-11-04 09:30", "split", "", "1.046"),
            ("2024-02-08 09:30", "dividend", "1.66", ""),
            ("2024-05-09 09:30", "dividend", "1.67", ""),
        ]  # fmt: skip


@pytest.mark.parametrize("as_csv", [False, True])
def test_macro_lines_are_known_by_their_lag_and_a_dot_is_a_missing_value(as_csv: bool) -> None:
    with serving() as (server, source):
        server.as_csv = as_csv
        for line, function in (
            ("CPI", "CPI"),
            ("GOLD", "GOLD_SILVER_HISTORY"),
            ("TREASURY_YIELD_10YEAR", "TREASURY_YIELD"),
        ):
            series = of("observations", f"{line}.ALPHAVANTAGE")
            frame = fetched(source, series, TimeRange(0, NOW))
            assert len(frame) > 30 and frame["value"].isna().sum() == 1 and set(frame["known_by"]) == {"rule"}
            assert (frame["ts_init"] > frame["ts_event"]).all()
            assert len(server.asked(function)) == 1
        payload = asyncio.run(source.extract(series, TimeRange(0, NOW)))
        described = source.described(payload, series)[OBSERVED_SERIES]
        OBSERVED_SERIES.conform(described)
        assert described.iloc[0]["series_id"] == "TREASURY_YIELD_10YEAR"
        assert server.asked("TREASURY_YIELD")[0]["maturity"] == "10year"


def test_cpi_of_a_month_is_known_in_the_middle_of_the_next() -> None:
    with serving() as (_, source):
        frame = fetched(source, of("observations", "CPI.ALPHAVANTAGE"), TimeRange(0, NOW))
        assert moments(frame["ts_init"])[-1] == "2024-04-18 23:59" and days(frame["ts_event"])[-1] == "2024-03-01"


def test_news_are_what_is_about_the_instrument_page_after_page() -> None:
    count = news.MOST + 500
    with serving() as (server, source):
        server.articles = [
            article(f"https://n.example/{n:04d}", f"20240510T{10 + n // 600}{n // 10 % 60:02d}{n % 10:02d}")
            for n in range(count)
        ]
        server.articles.append(article("https://n.example/other", "20240510T220000", ticker="AAPL"))
        frame = fetched(source, of("news"), last(30))
        assert frame["url"].tolist() == [f"https://n.example/{n:04d}" for n in range(count)]
        assert frame.iloc[0][["score", "relevance", "label"]].tolist() == [0.25, 0.5, "Somewhat-Bullish"]
        # The second begins with the minute the first ended in.
        assert [query["time_from"][-5:] for query in server.asked("NEWS_SENTIMENT")] == ["T1600", "T1139"]
        payload = asyncio.run(source.extract(of("news"), last(30)))
        assert source.refused(payload, of("news"))["reason"].unique().tolist() == ["not about IBM"]
        assert fetched(source, of("news", "MSFT.NASDAQ"), last(30)).empty


def test_latest_prices_are_the_last_close_and_rates_are_of_now() -> None:
    with serving() as (server, source):
        quote, rate = asyncio.run(source.latest(["IBM.NYSE", "EUR/USD.IDEALPRO"]))
        assert str(quote.price) == f"{server._days(False)[-1]['close']}" and quote.ts_event == NOW
        assert (str(rate.price), str(rate.bid), rate.ts_event, rate.currency) == (
            "1.10302230",
            "1.10300000",
            NOW,
            "USD",
        )
        with pytest.raises(SkippableError, match="knows nothing of that symbol"):
            asyncio.run(source.latest(["NIX.NYSE"]))
        server.as_csv = True
        assert asyncio.run(source.latest(["IBM.NYSE"]))[0].price == quote.price


def test_a_search_names_instruments_as_the_house_does(tmp_path: Path) -> None:
    with loopback_alpha_vantage(clock=lambda: NOW / NS_PER_S) as server:
        source = asking(server, tmp_path, cache_s=86_400)
        hits = asyncio.run(source.search("b"))
        assert [(hit.instrument_id, hit.symbol) for hit in hits] == [("IBM.NYSE", "IBM"), ("BRK.B.NYSE", "BRK-B")]
        assert source.asset("BRK.B.NYSE").symbol == "BRK-B" and source.asset("TSCO.LSE").symbol == "TSCO.LON"
        asyncio.run(source.search("aapl"))
        # Where symbols are listed is asked for once.
        assert [query["function"] for query in server.requests] == ["SYMBOL_SEARCH", "LISTING_STATUS", "SYMBOL_SEARCH"]
        assert asyncio.run(source.search("  ")) == []
        source.close()


@pytest.mark.parametrize("as_csv", [False, True])
def test_indicators_are_frames_with_a_column_for_each_line(as_csv: bool) -> None:
    with serving() as (server, source):
        server.as_csv = as_csv
        bands = asyncio.run(source.indicator("IBM.NYSE", "BBANDS", "1w", time_period=5, nbdevup=3))
        assert list(bands.columns) == ["ts_event", "Real Upper Band", "Real Middle Band", "Real Lower Band"]
        assert len(bands) == 30 and bands["ts_event"].is_monotonic_increasing
        assert moments(bands["ts_event"])[-1] == "2024-05-15 16:00"
        asked = server.requests[-1]
        assert (asked["interval"], asked["time_period"], asked["series_type"], asked["nbdevup"]) == (
            "weekly",
            "5",
            "close",
            "3",
        )
        for name, params in (("apikey=x", {}), ("SMA", {"apikey": "x"})):
            with pytest.raises(SkippableError, match="not an indicator"):
                asyncio.run(source.indicator("IBM.NYSE", name, **params))


def test_an_answer_used_again_is_of_when_it_was_given(tmp_path: Path) -> None:
    with loopback_alpha_vantage(clock=lambda: NOW / NS_PER_S) as server:
        first = asking(server, tmp_path, cache_s=86_400)
        before = fetched(first, of("facts"), TimeRange(0, NOW))
        first.close()
        later = NOW + 3 * NS_PER_DAY
        second = asking(server, tmp_path, now=later, cache_s=86_400)
        after = fetched(second, of("facts"), TimeRange(0, later))
        second.close()
    assert len(server.requests) == 5
    # Said three days ago: what it tells of then is not told as of now, and coverage ends before its age.
    seen = after[after["accession"] == "OVERVIEW"]
    assert set(seen["ts_init"]) == {NOW} and set(before[before["accession"] == "OVERVIEW"]["ts_init"]) == {NOW - 1}
    assert second.spec.capability(of("facts")).settles_ns > 7 * NS_PER_DAY
    assert second.spec.capability(of()).settles_ns >= 6 * 3_600 * NS_PER_S
