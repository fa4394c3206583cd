"""Alpha Vantage's recorded answers in the right datasets, and any damage to an answer: an error of ours, or rows."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.core.dataset import BARS, CORPORATE_ACTIONS, FACTS, NEWS, OBSERVATIONS, to_float
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.errors import DashboardError, FatalError, RetryableError, SkippableError
from nautilus_data.sources.alpha_vantage import AlphaVantage, actions, facts, indicators, news, observations, quotes
from nautilus_data.sources.alpha_vantage.bars import bars
from nautilus_data.sources.alpha_vantage.document import NotInPlanError, problem
from nautilus_data.sources.alpha_vantage.lines import LINES
from nautilus_data.sources.alpha_vantage.source import Payload, reading
from nautilus_data.transport import Access
from tests.sources.alpha_vantage_asked import RECORDED, RECORDINGS, days, moments, needs_recordings, of, recorded, said

EVER = TimeRange(0, RECORDED)
SOURCE = AlphaVantage(Access(api_key="k" * 16))


@needs_recordings
@pytest.mark.parametrize(
    ("file", "series", "count", "last", "close"),
    [
        ("TIME_SERIES_DAILY_IBM.csv", of(), 100, "2026-05-15 16:00", 219.30),
        ("TIME_SERIES_DAILY_IBM_compact.json", of(), 100, "2023-11-10 16:00", 149.02),
        ("TIME_SERIES_DAILY_ADJUSTED_GME.json", of(adjustment="total"), 400, "2021-12-08 16:00", 173.65),
        ("TIME_SERIES_WEEKLY_TSLA.json", of(timeframe="1-WEEK"), 564, "2021-04-23 16:00", 729.40),
        ("TIME_SERIES_INTRADAY_AAPL_15min.json", of(timeframe="15-MINUTE"), 46, "2021-08-18 16:00", 146.36),
        ("TIME_SERIES_INTRADAY_IBM.csv", of(timeframe="5-MINUTE"), 52, "2026-05-15 16:00", 219.30),
        ("FX_DAILY_EUR_USD.csv", of(instrument_id="EUR/USD.IDEALPRO"), 100, "2026-05-15 17:00", 1.1625),
        ("FX_DAILY_CHF_USD_full.json", of(instrument_id="CHF/USD.IDEALPRO"), 1911, "2022-03-21 17:00", 1.0737),
    ],
)
def test_recorded_bars_end_with_the_last_close(file: str, series: object, count: int, last: str, close: float) -> None:
    body = (RECORDINGS / file).read_bytes()
    assert problem(body, RECORDED) is None
    rows = bars(body, series, RECORDED)
    frame = BARS.conform(rows.bars)
    assert len(frame) == count and not rows.refused and not frame.duplicated("ts_event").any()
    assert moments(frame["ts_event"])[-1] == last
    assert to_float(frame["close"])[-1] == close


@needs_recordings
def test_recorded_statements_and_earnings_become_facts() -> None:
    answers = [
        recorded("INCOME_STATEMENT", "INCOME_STATEMENT_IBM.json"), recorded("EARNINGS", "EARNINGS_IBM.json"),
        recorded("OVERVIEW", "OVERVIEW_IBM.json"),
    ]  # fmt: skip
    frame, refused = facts.facts(answers)
    FACTS.conform(frame)
    assert not refused and not frame.duplicated(list(FACTS.key)).any()
    # IBM's revenue of 2023 and 2024 as printed in its annual reports.
    years = frame[(frame["tag"] == "totalRevenue") & (frame["form"] == "annual")]
    revenue = dict(zip(days(years["ts_event"]), years["value"], strict=True))
    assert revenue["2024-12-31"] == "62753000000" and years["fiscal_period"].unique().tolist() == ["FY"]
    assert dict(zip(days(years["ts_event"]), years["fiscal_year"], strict=True))["2024-12-31"] == 2024
    earned = frame[(frame["tag"] == "reportedEPS") & (frame["ts_event"] == to_ns("2026-03-31"))].iloc[0]
    # On 22 April after the close, so known when trading began the day after.
    assert moments(pd.Series([earned["ts_init"]])) == ["2026-04-23 09:30"] and earned["value"] == "1.91"
    before = frame[(frame["tag"] == "reportedEPS") & (frame["ts_event"] == to_ns("1996-06-30"))].iloc[0]
    assert moments(pd.Series([before["ts_init"]])) == ["1996-07-25 09:30"]
    assert dict(zip(frame["tag"], frame["value"], strict=True))["PEGRatio"] == "2.152"
    other, refused = facts.facts([recorded("OVERVIEW", "OVERVIEW_AAPL.json")])
    assert len(other) > 30 and not refused


@needs_recordings
def test_recorded_lines_become_observations() -> None:
    found = {"CPI": 1360, "WTI": 484, "COPPER": 0, "UNEMPLOYMENT": 0, "NONFARM_PAYROLL": 0, "RETAIL_SALES": 0,
             "DURABLES": 0, "FEDERAL_FUNDS_RATE": 0, "TREASURY_YIELD": 0}  # fmt: skip
    for function, count in found.items():
        line = LINES[f"{'TREASURY_YIELD_10YEAR' if function == 'TREASURY_YIELD' else function}.ALPHAVANTAGE"]
        frame, refused = observations.observations(recorded(function, f"{function}.csv"), line)
        OBSERVATIONS.conform(frame)
        assert not refused and len(frame) >= max(count, 300)
    cpi, _ = observations.observations(recorded("CPI", "CPI.csv"), LINES["CPI.ALPHAVANTAGE"])
    values = dict(zip(days(cpi["ts_event"]), cpi["value"], strict=True))
    assert values["2025-09-01"] == 324.8 and pd.isna(values["2025-10-01"])


@needs_recordings
def test_recorded_news_splits_quotes_searches_and_indicators() -> None:
    frame, refused = news.news([recorded("NEWS_SENTIMENT", "NEWS_SENTIMENT.json")], "AAPL")
    NEWS.conform(frame)
    assert len(frame) == 50 and not refused and frame["score"].between(-1, 1).all()
    splits, refused = actions.corporate_actions([recorded("SPLITS", "SPLITS_IBM.csv")])
    CORPORATE_ACTIONS.conform(splits)
    assert splits["numerator"].tolist() == ["2", "1.046"] and not refused
    assert str(quotes.latest_price(recorded("GLOBAL_QUOTE", "GLOBAL_QUOTE_IBM.csv"), "IBM.NYSE").price) == "219.3000"
    assert (
        str(quotes.latest_price(recorded("GLOBAL_QUOTE", "GLOBAL_QUOTE_MSFT.json"), "MSFT.NASDAQ").price) == "112.1300"
    )
    rate = quotes.latest_rate(
        recorded("CURRENCY_EXCHANGE_RATE", "CURRENCY_EXCHANGE_RATE_USD_JPY.json"), "USD/JPY.IDEALPRO"
    )
    assert str(rate.price) == "158.73166867"
    hits = quotes.hits(recorded("SYMBOL_SEARCH", "SYMBOL_SEARCH.csv"), {}, 10)
    assert [hit.instrument_id for hit in hits][:2] == ["TSCO.LSE", "TSCDF.SMART"]
    for file, columns in (
        ("BBANDS_IBM_weekly.csv", 3), ("RSI_IBM_weekly.csv", 1), ("SMA_IBM_weekly.csv", 1), ("SMA_MSFT_15min.json", 1),
    ):  # fmt: skip
        values = indicators.indicator_frame(recorded("", file), "IBM.NYSE")
        assert len(values) > 200 and values.shape[1] == columns + 1 and values["ts_event"].is_monotonic_increasing


@needs_recordings
def test_recorded_notices_and_reported_words_get_their_kind() -> None:
    reported = json.loads((RECORDINGS.parent / "reported_error_texts.json").read_text())
    texts = [one["text"].encode() for one in reported if one["source"] == "alpha_vantage"]
    files = [(RECORDINGS / name).read_bytes() for name in ("rate_limit_Note_200.json", "premium_Information_200.json")]
    kinds = [type(problem(body, RECORDED)) for body in (*texts, *files)]
    assert kinds == [SkippableError, RetryableError, RetryableError, FatalError, RetryableError, NotInPlanError]
    waits = [problem(body, RECORDED).retry_after for body in texts[1:3]]
    assert waits[0] > 3_600 and waits[1] == 1.5


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12)
    | st.sampled_from(["None", "-", ".", "1.5", "2024-05-14", "20240514T101500", "pre-market", "1e99"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["data", "feed", "quarterlyReports", "annualReports", "quarterlyEarnings", "fiscalDateEnding",
             "reportedDate", "reportedEPS", "totalRevenue", "Time Series (Daily)", "2024-05-14", "1. open", "2. high",
             "3. low", "4. close", "5. adjusted close", "date", "value", "ex_dividend_date", "amount",
             "effective_date", "split_factor", "ticker_sentiment", "ticker", "url", "time_published", "Global Quote",
             "05. price", "07. latest trading day", "Information", "Currency", "bestMatches", "1. symbol"]
        ) | st.text(max_size=5), inner, max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip
SERIES = (
    of(), of(timeframe="1-WEEK", adjustment="total"), of(timeframe="5-MINUTE"), of(instrument_id="EUR/USD.IDEALPRO"),
    of("facts"), of("news"), of("corporate_actions"), of("observations", "CPI.ALPHAVANTAGE"),
)  # fmt: skip
FUNCTIONS = {"facts": facts.FUNCTIONS, "corporate_actions": actions.FUNCTIONS}


def read_all(body: bytes) -> None:
    """Rows of every dataset, or an error of ours."""
    for series in SERIES:
        answers = tuple(said(name, body) for name in FUNCTIONS.get(series.dataset, ("",)))
        payload = Payload(series=series, span=EVER, said=answers)
        try:
            frame, refused = SOURCE.normalize(payload, series), SOURCE.refused(payload, series)
            assert list(refused.columns) == ["ts_event", "reason", "row"]
            assert (frame["ts_init"] >= frame["ts_event"]).all()
        except DashboardError:
            continue
    for read in (
        lambda one: quotes.latest_price(one, "IBM.NYSE"), lambda one: quotes.hits(one, {}, 5), quotes.exchanges_in,
        lambda one: indicators.indicator_frame(one, "IBM.NYSE"), lambda one: quotes.latest_rate(one, "EUR/USD.SIM"),
    ):  # fmt: skip
        try:
            with reading():
                read(said("", body))
        except DashboardError:
            continue


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_json_is_rows_or_an_error_of_ours(document: object) -> None:
    body = json.dumps(document).encode()
    found = problem(body, RECORDED)
    assert found is None or isinstance(found, DashboardError)
    read_all(body)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:.-0123456789abc\n', max_size=80).map(str.encode))
def test_any_bytes_are_rows_or_an_error_of_ours(body: bytes) -> None:
    found = problem(body, RECORDED)
    assert found is None or isinstance(found, DashboardError)
    read_all(body)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["timestamp,open,high,low,close,volume", "timestamp,value", "ex_dividend_date,amount", "time,SMA"]),
    st.lists(
        st.lists(st.sampled_from(["", "None", "1.5", "-1", "x", "2024-05-14", "1e99", "2024-05-14 10:00"]), min_size=6)
    ),
)
def test_any_table_is_rows_or_an_error_of_ours(header: str, rows: list[list[str]]) -> None:
    width = header.count(",") + 1
    read_all("\n".join([header, *(",".join(row[:width]) for row in rows)]).encode())
