"""Backfills: ask for gaps only, keep what came, tell how it went."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar

import pandas as pd
import pytest

from nautilus_data.core.dataset import BARS, OBSERVED_SERIES, Series
from nautilus_data.core.job import BACKFILL, Job, Status
from nautilus_data.core.macro_series import observations_of
from nautilus_data.core.plan import State
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.errors import FatalError, RetryableError, SkippableError
from nautilus_data.services.backfill import Backfill, run_job
from nautilus_data.sources import Capability, Source, SourceSpec
from nautilus_data.sources.arch_package import ArchPackage
from nautilus_data.store import Store

DAY = NS_PER_DAY
HISTORY = TimeRange(100 * DAY, 130 * DAY)


class Daily(Source):
    """One bar a day at midnight; `answers` says what goes wrong with which request."""

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="daily",
        title="Daily",
        url="",
        capabilities=(
            Capability(dataset="bars", timeframes=("1-DAY",), max_span_ns=10 * DAY, history=HISTORY),
            Capability(dataset="bars", timeframes=("1-HOUR",)),
        ),
    )

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.asked: list[TimeRange] = []

    async def extract(self, series: Series, span: TimeRange) -> list[int]:
        self.asked.append(span)
        if self.answers and (error := self.answers.pop(0)):
            raise error
        return [day * DAY for day in range(span.start // DAY, span.end // DAY + 1)]

    def normalize(self, payload: list[int], series: Series) -> pd.DataFrame:
        prices = dict.fromkeys(("open", "high", "low", "close"), 1_000_000_000)
        return pd.DataFrame({"ts_event": payload, "ts_init": payload}).astype("int64").assign(**prices, volume=1.0)


Made = tuple[Backfill, Daily]


@pytest.fixture
def make(store: Store) -> Callable[..., Made]:
    def build(*answers: Exception | None, now: int = 1_000 * DAY) -> Made:
        source = Daily(*answers)
        return Backfill({"daily": source}, store, clock=lambda: now, waits=lambda: [0.0, 0.0]), source

    return build


def run(backfill: Backfill, store: Store, **span: Any) -> Job:
    """A backfill as page and worker do it."""
    number = backfill.start(backfill.plan("A.B", "daily", "1d", **span))
    job = carry_out(backfill, store)
    assert job.id == number
    return job


def carry_out(backfill: Backfill, store: Store) -> Job:
    job = store.claim_job([BACKFILL])
    asyncio.run(run_job(backfill, store, job))
    return store.job(job.id)


def series() -> Series:
    return Series(instrument_id="A.B", source="daily")


def test_all_the_source_has_is_fetched_in_chunks_it_can_answer(make: Callable[..., Made], store: Store) -> None:
    backfill, source = make()
    job = run(backfill, store)
    assert [span.duration_ns for span in source.asked] == [10 * DAY] * 3
    assert (job.status, job.message, job.done, job.total) == (Status.SUCCEEDED, "30 bars stored in 3 requests", 3, 3)
    assert store.read(series())["ts_event"].tolist() == [day * DAY for day in range(100, 130)]


def test_only_gaps_are_asked_for(make: Callable[..., Made], store: Store) -> None:
    backfill, source = make()
    run(backfill, store, start=105 * DAY, end=112 * DAY)
    plan = backfill.plan("A.B", "daily", "1d")
    assert plan.chunks == (
        TimeRange(100 * DAY, 105 * DAY),
        TimeRange(112 * DAY, 122 * DAY),
        TimeRange(122 * DAY, 130 * DAY),
    )
    assert plan.covered == (TimeRange(105 * DAY, 112 * DAY),)
    run(backfill, store)
    assert backfill.plan("A.B", "daily", "1d").is_empty
    assert store.summary(series())[0] == 30
    assert sum(span.duration_ns for span in source.asked) == 30 * DAY


def test_a_job_taken_up_again_goes_on_where_it_was(make: Callable[..., Made], store: Store) -> None:
    backfill, _ = make(None, FatalError("the worker dies here"))
    number = run(backfill, store).id
    assert store.job(number).status is Status.FAILED
    again, source = make()
    assert run(again, store).message == "20 bars stored in 2 requests"
    assert source.asked[0].start == 110 * DAY


def test_what_the_source_refuses_is_skipped_with_its_reason(make: Callable[..., Made], store: Store) -> None:
    backfill, _ = make(None, SkippableError("no data before 1970-04-30"))
    job = run(backfill, store)
    assert (job.status, job.message) == (
        Status.SUCCEEDED,
        "20 bars stored in 3 requests; 1 refused: no data before 1970-04-30",
    )
    assert backfill.spans(series())[2] == [(TimeRange(110 * DAY, 120 * DAY), "no data before 1970-04-30")]
    row = backfill.coverage().iloc[0]
    assert (row["rows"], row["gaps"], row["skipped"], row["watermark"]) == (20, 0, 1, 130 * DAY)


def test_a_job_the_source_refuses_whole_has_failed(make: Callable[..., Made], store: Store) -> None:
    job = run(make(*[SkippableError("it knows no A.B")] * 3)[0], store)
    assert (job.status, job.message) == (Status.FAILED, "refused: it knows no A.B")


def test_a_source_that_fails_for_a_while_is_asked_again(make: Callable[..., Made], store: Store) -> None:
    backfill, source = make(RetryableError("busy"), RetryableError("busy", retry_after=0.0))
    assert run(backfill, store).status is Status.SUCCEEDED
    assert len(source.asked) == 5


def test_a_request_that_goes_on_failing_fails_alone_and_is_retried_in_the_same_job(
    make: Callable[..., Made], store: Store
) -> None:
    backfill, source = make(None, *[RetryableError("down: try later")] * 3)
    job = run(backfill, store)
    assert (job.status, job.done) == (Status.FAILED, 3)
    assert "20 bars stored in 3 requests; 1 failed: down: try later" in job.message
    assert store.coverage(series()) == [TimeRange(100 * DAY, 110 * DAY), TimeRange(120 * DAY, 130 * DAY)]
    failed = backfill.plan_of(job.id).entries[1]
    assert (failed.state, failed.attempts, failed.error, failed.rows) == (State.FAILED, 3, "down: try later", 0)
    source.asked.clear()
    assert backfill.retry(job.id) == 1
    again = carry_out(backfill, store)
    assert (again.id, again.status, again.done) == (job.id, Status.SUCCEEDED, 3)
    assert source.asked == [TimeRange(110 * DAY, 120 * DAY)]


def test_a_source_that_is_down_is_given_up_after_three_requests(make: Callable[..., Made], store: Store) -> None:
    backfill, source = make(*[RetryableError("down")] * 9)
    job = run(backfill, store, end=to_ns("1970-05-11"))
    assert len(source.asked) == 9
    assert "3 requests failed one after another, the last: down" in job.message
    source.spec.capability(series())
    assert backfill.resume(job.id) == 3
    assert carry_out(backfill, store).status is Status.SUCCEEDED


def test_a_fault_in_a_source_fails_its_job(make: Callable[..., Made], store: Store) -> None:
    job = run(make(KeyError("close"))[0], store)
    assert job.status is Status.FAILED
    assert "KeyError('close')" in job.message


def test_a_job_asked_to_stop_stops_after_its_chunk(make: Callable[..., Made], store: Store) -> None:
    backfill, _ = make()
    number = backfill.start(backfill.plan("A.B", "daily", "1d"))
    job = store.claim_job([BACKFILL])
    backfill.cancel(number)
    asyncio.run(run_job(backfill, store, job))
    assert store.job(number).message == "stopped after 0 of 3 requests; 0 bars stored"
    assert store.job(number).status is Status.CANCELLED


def test_a_queued_job_is_cancelled_at_once(make: Callable[..., Made], store: Store) -> None:
    backfill, _ = make()
    number = backfill.start(backfill.plan("A.B", "daily", "1d"))
    backfill.cancel(number)
    assert store.claim_job([BACKFILL]) is None
    assert [job.status for job in backfill.jobs()] == [Status.CANCELLED]


def test_coverage_never_reaches_past_now(make: Callable[..., Made], store: Store) -> None:
    now = 105 * DAY + 7
    run(make(now=now)[0], store, end=120 * DAY)
    assert store.coverage(series()) == [TimeRange(100 * DAY, now)]


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"instrument_id": "AB"}, ValueError, "SYMBOL.VENUE"),
        ({"timeframe": "1x"}, ValueError, "not a timeframe"),
        ({"timeframe": "5m"}, SkippableError, "Daily has no raw 5m bars"),
        ({"adjustment": "total"}, SkippableError, "Daily has no total 1d bars"),
        ({"source": "nobody"}, SkippableError, "there are: daily"),
        ({"start": 120 * DAY, "end": 120 * DAY}, ValueError, "the span is empty"),
        ({"start": 2_000 * DAY, "timeframe": "1h"}, ValueError, "not in the future"),
        ({"start": 10 * DAY, "end": 20 * DAY}, ValueError, "choose a span inside"),
        ({"start": "soon"}, ValueError, "soon"),
    ],
)
def test_a_plan_says_what_is_wrong(make: Callable[..., Made], asked: dict, error: type, words: str) -> None:
    backfill, _ = make()
    with pytest.raises(error, match=words):
        backfill.plan(**{"instrument_id": "A.B", "source": "daily", "timeframe": "1d"} | asked)


def test_times_may_be_text(make: Callable[..., Made]) -> None:
    plan = make()[0].plan("A.B", "daily", "1d", start="1970-04-15", end="1970-04-16")
    assert plan.span == TimeRange(to_ns("1970-04-15"), to_ns("1970-04-16"))


def test_a_plan_can_be_carried_out_without_a_worker(make: Callable[..., Made], store: Store) -> None:
    backfill, _ = make()
    assert asyncio.run(backfill.fetch(backfill.plan("A.B", "daily", "1d"))) == "30 bars stored in 3 requests"
    assert len(store.read(series())) == 30


def test_series_nobody_backfilled_are_not_in_the_coverage(make: Callable[..., Made], store: Store) -> None:
    store.write(Series(instrument_id="A.B", source="nautilus"), BARS.empty())
    assert make()[0].coverage().empty


@pytest.fixture
def arch(store: Store) -> Backfill:
    pytest.importorskip("arch", reason="the package arch, of the demo, is not installed")
    return Backfill({"daily": Daily(), "arch": ArchPackage()}, store)


def test_of_a_source_of_observations_observations_are_planned(arch: Backfill) -> None:
    plan = arch.plan("CPILFESL.FRED", "arch")
    assert (plan.series.dataset, plan.title) == ("observations", "CPILFESL.FRED observations from arch")
    assert (plan.requests, plan.rows) == (1, 0)
    assert arch.plan("A.B", "daily").series.dataset == "bars"
    with pytest.raises(SkippableError, match="Series in the arch package has no bars; it has observations"):
        arch.plan("CPILFESL.FRED", "arch", dataset="bars")
    with pytest.raises(SkippableError, match="has no nonsense; it has observations"):
        arch.plan("CPILFESL.FRED", "arch", dataset="nonsense")


def test_observations_are_backfilled_described_and_covered(arch: Backfill, store: Store) -> None:
    arch.start(arch.plan("CPILFESL.FRED", "arch", start="1957-01-01"))
    job = carry_out(arch, store)
    assert (job.status, job.message) == (Status.SUCCEEDED, "743 observations stored in 1 request")
    rows = store.read(observations_of("CPILFESL", "arch"))
    # Dates and times before 1970 are as good as any.
    assert (rows["ts_event"].iloc[0], rows["value"].iloc[0]) == (to_ns("1957-01-01"), 28.5)
    (told,) = store.read(OBSERVED_SERIES, where={"source": "arch"})["title"]
    assert told.endswith("in the arch package up to 2018-11-01")
    assert arch.coverage().empty
    row = arch.coverage("observations").iloc[0]
    assert (row["label"], row["rows"], row["gaps"], row["dataset"]) == (
        "CPILFESL.FRED observations", 743, 0, "observations",
    )  # fmt: skip
    assert arch.coverage("").equals(arch.coverage("observations"))
    assert arch.plan("CPILFESL.FRED", "arch", start="1957-01-01").is_empty


def test_observations_without_a_schedule_are_topped_up_too(arch: Backfill, store: Store) -> None:
    asyncio.run(arch.fetch(arch.plan("CPILFESL.FRED", "arch", start="1957-01-01", end="2000-01-01")))
    regular = Backfill({"arch": ArchPackage()}, store, top_up_s=3_600)
    (job_id,) = regular.start_due()
    assert [one.series.dataset for one in regular.schedules()] == ["observations"]
    assert carry_out(regular, store).id == job_id
    assert regular.coverage("observations")["rows"].tolist() == [743]
