"""Backfills side by side in the worker, and what a worker that is killed leaves behind."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest

from benchmarks import backfill_kill
from nautilus_data.backfilling import Backfilling
from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import NO_DATA, Series
from nautilus_data.core.job import Status
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.errors import RetryableError
from nautilus_data.services.backfill import Backfill
from nautilus_data.sources import Capability, Source, SourceSpec
from nautilus_data.store import Store

WEEK = TimeRange.of("2024-11-25", "2024-12-02")


class Slow(Source):
    """Answers a day after a moment; knows how many ask at once."""

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="slow",
        title="Slow",
        url="",
        capabilities=(Capability(dataset="bars", timeframes=("1-HOUR",), max_span_ns=NS_PER_DAY),),
    )

    def __init__(self) -> None:
        super().__init__()
        self.now: list[str] = []
        self.most: list[list[str]] = []
        self.seconds = 0.05
        # What is asked of these is to be asked hours later.
        self.put_off: set[str] = set()
        self.refusals = 0

    async def extract(self, series: Series, span: TimeRange) -> Any:
        if series.instrument_id in self.put_off:
            self.refusals += 1
            raise RetryableError("the quota of the day is spent", 7_200.0)
        self.now.append(series.instrument_id)
        self.most.append(sorted(self.now))
        await asyncio.sleep(self.seconds)
        self.now.remove(series.instrument_id)
        return expected(series, span).due

    def normalize(self, payload: Any, series: Series) -> pd.DataFrame:
        prices = dict.fromkeys(("open", "high", "low", "close"), 10**9)
        return pd.DataFrame({"ts_event": payload, "ts_init": payload, **prices, "volume": 1.0})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def source() -> Slow:
    return Slow()


@pytest.fixture
def backfill(source: Slow, store: Store) -> Backfill:
    return Backfill({"slow": source}, store)


def queue(backfill: Backfill, *names: str) -> list[int]:
    return [backfill.start(backfill.plan(name, "slow", "1h", WEEK.start, WEEK.end)) for name in names]


def work(backfill: Backfill, store: Store, until: Callable[[], bool], then: str = "") -> Backfilling:
    async def run() -> Backfilling:
        backfilling = Backfilling(backfill, store)
        deadline = time.monotonic() + 20
        while not until():
            assert time.monotonic() < deadline
            await backfilling.tick()
            await asyncio.sleep(0.01)
        if then == "stop":
            await backfilling.stop()
        return backfilling

    return asyncio.run(run())


def are_done(store: Store) -> bool:
    return not store.jobs(active=True)


def test_jobs_of_several_series_run_side_by_side(backfill: Backfill, store: Store, source: Slow) -> None:
    queue(backfill, "AAPL.NASDAQ", "MSFT.NASDAQ", "IBM.NYSE")
    work(backfill, store, lambda: are_done(store))
    assert ["AAPL.NASDAQ", "IBM.NYSE", "MSFT.NASDAQ"] in source.most
    assert {job.status for job in store.jobs()} == {Status.SUCCEEDED}


def test_two_jobs_of_one_series_never_ask_at_once(backfill: Backfill, store: Store, source: Slow) -> None:
    queue(backfill, "AAPL.NASDAQ", "AAPL.NASDAQ")
    work(backfill, store, lambda: are_done(store))
    assert {len(names) for names in source.most} == {1}
    assert len(source.most) == 4


def test_jobs_that_are_put_off_keep_nobody_waiting_and_are_asked_once(
    backfill: Backfill, store: Store, source: Slow
) -> None:
    source.put_off = {f"{letter}.NASDAQ" for letter in "ABCDE"}
    queue(backfill, *sorted(source.put_off), "AAPL.NASDAQ")
    work(backfill, store, lambda: any(job.status is Status.SUCCEEDED for job in store.jobs()))
    assert source.refusals == 5
    waiting = store.jobs(active=True)
    assert {job.status for job in waiting} == {Status.QUEUED} and len(waiting) == 5
    assert all("waits until" in job.message and "the quota of the day is spent" in job.message for job in waiting)


def test_what_a_worker_lets_go_of_the_next_one_takes_up(backfill: Backfill, store: Store, source: Slow) -> None:
    (job_id,) = queue(backfill, "AAPL.NASDAQ")
    source.seconds = 0.3
    work(backfill, store, lambda: store.job(job_id).done == 1, then="stop")
    assert store.job(job_id).status is Status.RUNNING
    store.requeue_jobs(["backfill"])
    source.most.clear()
    source.seconds = 0.0
    work(backfill, store, lambda: are_done(store))
    assert (store.job(job_id).status, len(source.most)) == (Status.SUCCEEDED, 3)


def test_top_ups_that_are_due_are_queued_by_the_worker(backfill: Backfill, store: Store) -> None:
    series = Series(instrument_id="AAPL.NASDAQ", source="slow", timeframe="1-HOUR")
    store.cover(series, TimeRange(to_ns("2024-11-25"), time.time_ns() - 7 * NS_PER_DAY), NO_DATA)
    backfill.schedule(series, 3_600)
    work(backfill, store, lambda: bool(store.jobs()) and are_done(store))
    assert store.job(backfill.schedules()[0].last_job).status is Status.SUCCEEDED


@pytest.mark.skipif("forkserver" not in multiprocessing.get_all_start_methods(), reason="needs a forkserver")
def test_a_worker_killed_again_and_again_ends_as_one_that_was_not(tmp_path: Path) -> None:
    """A small run of benchmarks/backfill_kill.py, which does it 200 times."""
    killed = backfill_kill.compare(tmp_path, kills=4, seed=5)
    assert killed.kills == 4
    assert killed.most_requests <= backfill_kill.LIMIT.calls
