"""Alpha Vantage through the backfill: what is stored, what coverage says, and a job that waits for the next day."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautilus_data.core.dataset import OBSERVED_SERIES, Series
from nautilus_data.core.job import Job, Status
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, to_ns
from nautilus_data.services.backfill import Backfill, run_job
from nautilus_data.sources.alpha_vantage import AlphaVantage
from nautilus_data.store import Store
from nautilus_data.transport import Access, Ledger
from tests.loopback_alpha_vantage import API_KEY, LoopbackAlphaVantage, article, loopback_alpha_vantage
from tests.sources.alpha_vantage_asked import NOW, of


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Waiting between two requests takes no time here: the job's own clock would call it a jump."""


class LeapingClock(Clock):
    """The ledger's: each time it is asked is two seconds later, so that nobody waits for the limit of a second."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.asked = clock, 0

    def __call__(self) -> int:
        self.asked += 1
        return self.clock.now + self.asked * 2 * NS_PER_S


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[LoopbackAlphaVantage]:
    with loopback_alpha_vantage(clock=lambda: clock.now / NS_PER_S) as made:
        made.articles = [article(f"https://n.example/{day}", f"202405{day}T101500") for day in range(10, 15)]
        yield made


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def backfill(server: LoopbackAlphaVantage, store: Store, clock: Clock, tmp_path: Path) -> Iterator[Backfill]:
    access = Access(folder=tmp_path, base_url=server.url, api_key=API_KEY, cache_s=86_400)
    source = AlphaVantage(access, Ledger(tmp_path, LeapingClock(clock)), clock=clock)
    yield Backfill({"alpha_vantage": source}, store, clock=clock)
    source.close()


def run(backfill: Backfill, store: Store, series: Series, *besides: str) -> Job:
    job_id = backfill.start(backfill.plan_series(series))
    asyncio.run(run_job(backfill, store, store.claim_job(["backfill"], besides)))
    return store.job(job_id)


@pytest.mark.parametrize(
    ("series", "requests"),
    [
        (of(), 1),
        (of(timeframe="1-WEEK", adjustment="total"), 1),
        (of("corporate_actions"), 2),
        (of("facts"), 5),
        (of("news"), 3),
        (of("observations", "CPI.ALPHAVANTAGE"), 1),
    ],
)
def test_each_dataset_is_stored_and_what_may_still_change_is_asked_for_again(
    backfill: Backfill, store: Store, server: LoopbackAlphaVantage, clock: Clock, series: Series, requests: int
) -> None:
    job = run(backfill, store, series)
    assert job.status is Status.SUCCEEDED, job.message
    before = store.read(series)
    assert len(before) and len(server.requests) == requests
    covered = store.coverage(series)
    assert NOW - 9 * NS_PER_DAY < covered[-1].end < NOW
    if series.dataset == "observations":
        assert store.read(OBSERVED_SERIES)["series_id"].tolist() == ["CPI"]
    # An hour later the answers are used again, and nothing is lost or doubled.
    clock.now += 600 * NS_PER_S
    assert run(backfill, store, series).status is Status.SUCCEEDED
    assert len(store.read(series)) == len(before)
    if series.dataset != "news":
        assert len(server.requests) == requests


def test_a_job_beyond_the_day_waits_until_it_is_over_and_says_so(
    backfill: Backfill, store: Store, server: LoopbackAlphaVantage
) -> None:
    for name in ("IBM", "AAPL"):
        run(backfill, store, of("facts", f"{name}.NYSE"))
    while len(server.requests) < 18:
        server.symbols[f"S{len(server.requests)}"] = "NYSE"
        run(backfill, store, of(instrument_id=f"S{len(server.requests)}.NYSE"))
    job = run(backfill, store, of(instrument_id="SPY.ARCA"))
    assert job.status is Status.QUEUED
    assert job.message.startswith("waits until 2024-05-16 ")
    assert "25 requests in 24 h are spent but for 7, kept for what is more urgent" in job.message
    assert len(server.requests) == 18 and store.coverage(of(instrument_id="SPY.ARCA")) == []
    # A company's statements are let through.
    server.companies.add("MSFT")
    assert run(backfill, store, of("facts", "MSFT.NASDAQ"), job.title).status is Status.SUCCEEDED
    assert len(server.requests) == 23


def test_a_plan_counts_its_requests_before_any_is_asked(backfill: Backfill, server: LoopbackAlphaVantage) -> None:
    plan = backfill.plan_series(of("facts"))
    assert [entry.cost for entry in plan.entries] == [5]
    assert plan.ts_estimated - plan.ts_planned < 60 * NS_PER_S
    assert to_ns("1900-01-01") == plan.span.start and not server.requests
