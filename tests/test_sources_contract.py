"""What every source promises, whichever it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from types import MappingProxyType

import pandas as pd
import pytest

from nautilus_data.core.dataset import DATASETS, Series, parse_timeframe, timeframe_ns
from nautilus_data.core.instrument import split_instrument_id
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.sources import SOURCES, Source
from nautilus_data.sources.alpha_vantage import AlphaVantage
from nautilus_data.sources.edgar import Edgar
from nautilus_data.sources.fred import Fred
from nautilus_data.sources.interactive_brokers import InteractiveBrokers
from nautilus_data.sources.yahoo import Yahoo
from nautilus_data.transport import Access, Ledger
from tests.edgar_documents import fact, held, report, submission, trade
from tests.loopback_alpha_vantage import API_KEY as ALPHA_VANTAGE_KEY
from tests.loopback_alpha_vantage import article, loopback_alpha_vantage
from tests.loopback_edgar import WHO, Company, Filing, loopback_edgar
from tests.loopback_fred import API_KEY, Line, loopback_fred
from tests.loopback_gateway import LoopbackGateway
from tests.loopback_yahoo import loopback_yahoo
from tests.sources.ib.connected import NO_LIMITS, connected

# A Wednesday in the middle of New York's session.
NOW = to_ns("2024-05-15T16:00")
# What has no instruments is asked for one of its lines, by source and dataset.
LINES = MappingProxyType(
    {
        ("arch", "observations"): "VIXCLS.FRED",
        ("fred", "observations"): "UNRATE.FRED",
        ("fred", "releases"): "50.FRED",
        ("alpha_vantage", "observations"): "CPI.ALPHAVANTAGE",
        ("edgar", "filings"): "CIK0000320193.SEC",
        ("edgar", "facts"): "CIK0000320193.SEC",
        ("edgar", "insider_trades"): "CIK0000320193.SEC",
        ("edgar", "holdings"): "CIK0000320193.SEC",
    }
)


@pytest.fixture(scope="module", params=list(SOURCES))
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    if request.param in ("sample", "arch"):
        yield SOURCES[request.param]()
        return
    if request.param == "interactive_brokers":
        with loopback_interactive_brokers() as made:
            yield made
        return
    if request.param == "fred":
        with loopback_economy() as made:
            yield made
        return
    if request.param == "edgar":
        with loopback_registry() as made:
            yield made
        return
    if request.param == "alpha_vantage":
        with loopback_free_plan() as made:
            yield made
        return
    # A ledger whose clock leaps, so that nobody waits for the limits.
    ticks = count(NOW, 10 * NS_PER_S)
    with loopback_yahoo(clock=lambda: NOW / NS_PER_S) as server:
        made = Yahoo(Access(base_url=server.url), Ledger(clock=lambda: next(ticks)), clock=lambda: NOW)
        yield made
        made.close()


@contextmanager
def loopback_economy() -> Iterator[Source]:
    """Three years of one line, each month published in the next one with the one before revised, and those days."""
    days = [f"{year}-{month:02d}-05" for year in (2021, 2022, 2023) for month in range(1, 13)]
    months = [day.replace("-05", "-01") for day in days]
    vintages = [(day, {months[at - 1]: 4.0 + at / 10, months[at - 2]: 4.1}) for at, day in enumerate(days) if at > 1]
    line = Line({"units": "Percent", "frequency_short": "M"}, vintages, release=(50, "Employment Situation"))
    ticks = count(NOW, 10 * NS_PER_S)
    with loopback_fred({"UNRATE": line}, releases={50: days}, clock=lambda: NOW / NS_PER_S) as server:
        access = Access(base_url=server.url, api_key=API_KEY)
        made = Fred(access, Ledger(clock=lambda: next(ticks)), clock=lambda: NOW)
        yield made
        made.close()


@contextmanager
def loopback_free_plan() -> Iterator[Source]:
    """A free plan, and a ledger whose clock leaps by hours, so that nobody waits for the next day."""
    ticks = count(NOW, 7_200 * NS_PER_S)
    with loopback_alpha_vantage(clock=lambda: NOW / NS_PER_S) as server:
        server.articles = [article(f"https://news.example/{day}", f"202405{day}T101500") for day in range(10, 15)]
        access = Access(base_url=server.url, api_key=ALPHA_VANTAGE_KEY)
        made = AlphaVantage(access, Ledger(clock=lambda: next(ticks)), clock=lambda: NOW)
        yield made
        made.close()


@contextmanager
def loopback_registry() -> Iterator[Source]:
    """A company that files each quarter, its insiders' reports, and holdings of its own."""
    quarters = [f"{year}-{month}" for year in (2022, 2023, 2024) for month in ("02", "05", "08", "11")][:10]
    number = {month: f"0000320193-{place:02d}" for place, month in enumerate(quarters, 10)}
    filings = [
        one
        for month in quarters
        for one in (
            Filing(f"{number[month]}-000001", "10-Q", f"{month}-03", f"{month}-01", f"{month}-03T21:00:00.000Z"),
            Filing(f"{number[month]}-000002", "4", f"{month}-05", document="f4.xml",
                   body=report(trade(day=f"{month}-02"))),
            Filing(f"{number[month]}-000003", "13F-HR", f"{month}-14", f"{month}-01",
                   body=submission(held("IBM", "459200101", 5))),
        )
    ]  # fmt: skip
    facts = [fact(f"{month}-01", 10 + place, f"{number[month]}-000001", f"{month}-03")
             for place, month in enumerate(quarters)]  # fmt: skip
    company = Company("Apple Inc.", {"AAPL": "Nasdaq"}, filings, {"us-gaap": {"Assets": {"USD": facts}}})
    ticks = count(NOW, 10 * NS_PER_S)
    with loopback_edgar({"0000320193": company}, most_per_s=1_000) as server:
        access = Access(base_url=server.url, user_agent=WHO)
        made = Edgar(access, Ledger(clock=lambda: next(ticks)), clock=lambda: NOW)
        yield made
        made.close()


@contextmanager
def loopback_interactive_brokers() -> Iterator[Source]:
    """One stock known, and fewer timeframes, as a month of seconds is a thousand requests."""
    with (
        LoopbackGateway(clock=lambda: NOW / NS_PER_S) as loopback,
        connected(loopback, limits=NO_LIMITS, clock=lambda: NOW) as gateway,
    ):
        loopback.checks_pacing = False
        made = InteractiveBrokers(gateway=gateway)
        some = [one for one in made.spec.capabilities if {"1-DAY", "1-HOUR", "15-MINUTE"} & set(one.timeframes)]
        made.spec = replace(made.spec, capabilities=tuple(some))
        asyncio.run(made.instrument("AAPL.NASDAQ"))
        yield made
        made.close()


def known_series(source: Source) -> list[Series]:
    """One for each timeframe and adjustment it offers, of the first instrument or of a line it knows."""
    every = [
        Series(
            dataset=one.dataset,
            instrument_id=line_of(source, one.dataset),
            source=source.spec.name,
            timeframe=step,
            adjustment=kind,
        )
        for one in source.spec.capabilities
        for step in one.timeframes
        for kind in one.adjustments
    ]
    return [series for series in every if is_offered(source, series)]


def line_of(source: Source, dataset: str) -> str:
    """What of a dataset it is asked for."""
    return LINES.get((source.spec.name, dataset)) or source.instruments()[0].instrument_id


def is_offered(source: Source, series: Series) -> bool:
    """Some adjustments are for other kinds of instruments."""
    try:
        source.check(series)
    except SkippableError:
        return False
    return True


def a_month(source: Source, series: Series) -> TimeRange:
    """The last there is of a series; of what happens rarely, all."""
    known = source.spec.capability(series).known(NOW)
    days = max(30, 12 * timeframe_ns(series.timeframe) // NS_PER_DAY) if series.dataset == "bars" else 10_000
    end = min(known.end, NOW) if known else NOW
    return TimeRange(max(end - days * NS_PER_DAY, known.start if known else 0), end)


def bar_series(source: Source) -> list[Series]:
    return [series for series in known_series(source) if series.dataset == "bars"]


def fetched(source: Source, series: Series, span: TimeRange) -> pd.DataFrame:
    """Every request of a span, one after the other."""
    parts = [asyncio.run(source.fetch(series, part)) for part in source.chunks(series, span)]
    return pd.concat(parts, ignore_index=True)


def test_its_spec_is_complete(source: Source) -> None:
    spec = source.spec
    assert SOURCES[spec.name] is type(source)
    assert spec.title
    assert spec.url.startswith("https://")
    assert spec.capabilities
    for capability in spec.capabilities:
        assert DATASETS[capability.dataset].is_series
        assert capability.timeframes == tuple(map(parse_timeframe, capability.timeframes))
        assert set(capability.adjustments) <= {"raw", "split", "total"}
        assert capability.max_span_ns is None or capability.max_span_ns > 0


def test_its_instruments_are_named_as_nautilus_names_them(source: Source) -> None:
    names = [instrument.instrument_id for instrument in source.instruments()]
    assert len(names) == len(set(names))
    for instrument in source.instruments():
        assert all(split_instrument_id(instrument.instrument_id))
        assert instrument.price_increment.as_tuple().exponent == -instrument.price_precision


def test_its_reason_for_not_being_there_says_what_to_do(source: Source) -> None:
    reason = source.unavailable_reason()
    assert reason == "" or ":" in reason


def test_its_own_payload_becomes_rows_of_the_dataset(source: Source) -> None:
    for series in known_series(source):
        span = list(source.chunks(series, a_month(source, series)))[-1]
        frame = source.normalize(asyncio.run(source.extract(series, span)), series)
        conformed = DATASETS[series.dataset].conform(frame)
        assert len(conformed)
        assert not conformed.duplicated(list(DATASETS[series.dataset].key)).any()
        assert (conformed["ts_init"] >= conformed["ts_event"]).all()


def test_bars_are_possible_ones(source: Source) -> None:
    for series in bar_series(source):
        frame = fetched(source, series, a_month(source, series))
        assert (frame["high"] >= frame[["open", "close", "low"]].max(axis=1)).all()
        assert (frame["low"] <= frame[["open", "close"]].min(axis=1)).all()
        assert (frame["low"] > 0).all()


def test_rows_outside_the_span_are_left_out(source: Source) -> None:
    for series in bar_series(source):
        whole = asyncio.run(source.fetch(series, list(source.chunks(series, a_month(source, series)))[-1]))
        first, last = (int(whole["ts_event"].iloc[place]) for place in (1, -2))
        inner = asyncio.run(source.fetch(series, TimeRange(first, last)))
        assert inner["ts_event"].tolist() == whole["ts_event"].tolist()[1:-2]


def test_pieces_of_a_span_make_the_whole(source: Source) -> None:
    series = known_series(source)[0]
    span = a_month(source, series)
    longest = max(7 * NS_PER_DAY, span.duration_ns // 50) + 11
    pieces = [asyncio.run(source.fetch(series, part)) for part in span.split(longest)]
    assert sum(map(len, pieces)) == len(asyncio.run(source.fetch(series, span)))


def test_a_span_without_rows_is_an_empty_frame(source: Source) -> None:
    series = known_series(source)[0]
    end = a_month(source, series).end
    empty = asyncio.run(source.fetch(series, TimeRange(end - 1, end)))
    assert list(empty.columns) == list(DATASETS[series.dataset].columns)
    assert empty.empty
    assert empty.dtypes.equals(DATASETS[series.dataset].empty().dtypes)


def test_an_instrument_it_does_not_know_is_refused(source: Source) -> None:
    series = replace(known_series(source)[0], instrument_id="NOBODY.NOWHERE")
    with pytest.raises(SkippableError, match="NOBODY"):
        asyncio.run(source.fetch(series, a_month(source, series)))


def test_a_timeframe_it_does_not_have_is_refused(source: Source) -> None:
    series = Series(instrument_id="A.B", source=source.spec.name, timeframe="7-SECOND")
    with pytest.raises(SkippableError, match=source.spec.title):
        source.spec.capability(series)


def test_it_tells_its_quota_without_spending_any(source: Source) -> None:
    before = source.quota()
    assert [entry.limit for entry in before] == [limit.calls for limit in source.spec.limits]
    assert all(0 <= entry.used <= entry.limit and entry.left == entry.limit - entry.used for entry in source.quota())


def test_a_request_costs_at_least_one(source: Source) -> None:
    for series in known_series(source):
        assert source.cost(series, a_month(source, series)) >= 1
        assert source.wait_s(1) >= 0


def test_no_row_is_refused_where_all_are_true(source: Source) -> None:
    for series in bar_series(source):
        span = list(source.chunks(series, a_month(source, series)))[-1]
        refused = source.refused(asyncio.run(source.extract(series, span)), series)
        assert list(refused.columns) == ["ts_event", "reason", "row"] and refused.empty
