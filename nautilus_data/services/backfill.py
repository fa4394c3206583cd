"""Backfill: plan what is missing, fetch it chunk by chunk, report progress."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

import pandas as pd

from nautilus_data.core.dataset import NO_DATA, Series, parse_timeframe, show_timeframe
from nautilus_data.core.instrument import split_instrument_id
from nautilus_data.core.job import BACKFILL, Job, Status
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.errors import DashboardError, RetryableError, SkippableError
from nautilus_data.sources import Source
from nautilus_data.store import Store
from nautilus_data.transport import delays

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What a backfill would ask: one request per chunk."""

    series: Series
    span: TimeRange
    chunks: tuple[TimeRange, ...]
    covered: tuple[TimeRange, ...]

    @property
    def requests(self) -> int:
        return len(self.chunks)

    @property
    def is_empty(self) -> bool:
        return not self.chunks

    @property
    def title(self) -> str:
        return str(self.series)


class Backfill:
    """Plans and starts backfills; the worker runs them."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        store: Store,
        clock: Callable[[], int] = time.time_ns,
        waits: Callable[[], Iterable[float]] = lambda: delays(1.0, 60.0, 5),
    ) -> None:
        self._sources = sources
        self._store = store
        self._clock = clock
        self._waits = waits

    def sources(self) -> list[Source]:
        """Every source there is, available or not."""
        return list(self._sources.values())

    def plan(
        self,
        instrument_id: str,
        source: str = "sample",
        timeframe: str = "1-DAY",
        start: str | int | None = None,
        end: str | int | None = None,
        adjustment: str = "raw",
    ) -> Plan:
        """What is missing of a span, in chunks the source can answer; default span: all the source has.

        Raises SkippableError or ValueError when the source can't answer for it.
        """
        split_instrument_id(instrument_id)
        series = Series(
            instrument_id=instrument_id, source=source, timeframe=parse_timeframe(timeframe), adjustment=adjustment
        )
        asked_from = None if start is None else to_ns(start)
        asked_to = None if end is None else to_ns(end)
        return self.plan_series(series, asked_from, asked_to)

    def plan_series(self, series: Series, start: int | None = None, end: int | None = None) -> Plan:
        """As `plan`, for a series that is already made."""
        capability = self._source(series.source).spec.capability(series)
        now = self._clock()
        known = capability.history or TimeRange(0, now)
        first = known.start if start is None else start
        last = min(known.end if end is None else end, now)
        if last <= first:
            raise ValueError("the span is empty: choose an end after its start, and not in the future")
        span = TimeRange(first, last).intersect(known)
        if span is None:
            raise ValueError(f"the source has {series.instrument_id} only in {known}: choose a span inside")
        gaps = self._store.gaps(series, span)
        longest = capability.max_span_ns or span.duration_ns or NS_PER_DAY
        chunks = tuple(chunk for gap in gaps for chunk in gap.split(longest))
        return Plan(series, span, chunks, tuple(span.subtract(gaps)))

    def start(self, plan: Plan) -> int:
        """Queue a plan for the worker; the job's id."""
        params = {"series": asdict(plan.series), "start": plan.span.start, "end": plan.span.end}
        return self._store.add_job(BACKFILL, plan.title, params)

    def cancel(self, job_id: int) -> None:
        """Ask a job to stop after the chunk it is at; what it stored stays."""
        self._store.request_cancel(job_id)

    def jobs(self, limit: int = 50) -> list[Job]:
        """Newest first."""
        return self._store.jobs(limit, kinds=[BACKFILL])

    def coverage(self) -> pd.DataFrame:
        """One row per series with history: span covered, rows stored, gaps inside, watermark (ns; 0 = none)."""
        rows = [self._coverage_row(series) for series in self._store.series_list("bars")]
        columns = ["label", "instrument_id", "source", "timeframe", "adjustment", "start", "end", "rows", "gaps",
                   "watermark", "skipped"]  # fmt: skip
        return pd.DataFrame([row for row in rows if row], columns=columns)

    def spans(self, series: Series) -> tuple[list[TimeRange], list[TimeRange], list[tuple[TimeRange, str]]]:
        """Covered spans, gaps between the first and the last of them, and spans without data with the reason why."""
        covered = self._store.coverage(series)
        if not covered:
            return [], [], []
        whole = TimeRange(covered[0].start, covered[-1].end)
        return covered, whole.subtract(covered), self._store.skipped(series)

    async def run(
        self, job: Job, on_progress: Callable[[int, int, str], None], is_cancelled: Callable[[], bool]
    ) -> str:
        """Fetch and store each missing chunk; returns the closing message.

        Raises RetryableError or FatalError with the series' name; what was stored before stays.
        """
        series = Series(**job.params["series"])
        plan = await asyncio.to_thread(self.plan_series, series, job.params["start"], job.params["end"])
        return await self.fetch(plan, on_progress, is_cancelled)

    async def fetch(
        self,
        plan: Plan,
        on_progress: Callable[[int, int, str], None] = lambda done, total, message: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> str:
        """Fetch and store a plan in this process, without the worker: for notebooks and reports; else `start` it."""
        series, source, rows, refusals = plan.series, self._source(plan.series.source), 0, []
        for done, chunk in enumerate(plan.chunks):
            if await asyncio.to_thread(is_cancelled):
                raise Cancelled(f"stopped after {done} of {plan.requests} requests; {rows} bars stored")
            await asyncio.to_thread(on_progress, done, plan.requests, f"{chunk}")
            try:
                rows += await self._fetch_chunk(source, series, chunk)
            except SkippableError as error:
                refusals.append(str(error))
                await asyncio.to_thread(self._store.cover, series, chunk, str(error))
        if refusals and len(refusals) == plan.requests:
            raise SkippableError(f"refused: {refusals[0]}")
        await asyncio.to_thread(on_progress, plan.requests, plan.requests, "")
        note = f"; {len(refusals)} chunks skipped, see coverage" if refusals else ""
        return f"{rows} bars stored in {plan.requests} requests{note}" if plan.chunks else "nothing was missing"

    async def _fetch_chunk(self, source: Source, series: Series, chunk: TimeRange) -> int:
        # Asked before the source answers: what happens meanwhile may not be in the answer.
        asked_at = self._clock()
        frame = await self._fetch(source, series, chunk)
        covered = TimeRange(chunk.start, max(chunk.start, min(chunk.end, asked_at)))
        if frame.empty:
            await asyncio.to_thread(self._store.cover, series, covered, NO_DATA)
            return 0
        return await asyncio.to_thread(self._store.write, series, frame, covered)

    async def _fetch(self, source: Source, series: Series, chunk: TimeRange) -> pd.DataFrame:
        for wait_s in self._waits():
            try:
                return await source.fetch(series, chunk)
            except RetryableError as error:
                _LOG.warning("source failed, trying again series=%s chunk=%s reason=%s", series, chunk, error)
                await asyncio.sleep(wait_s if error.retry_after is None else error.retry_after)
        return await source.fetch(series, chunk)

    def _source(self, name: str) -> Source:
        if name not in self._sources:
            raise SkippableError(f"no source is called {name!r}; there are: {', '.join(self._sources)}")
        return self._sources[name]

    def _coverage_row(self, series: Series) -> dict[str, object] | None:
        covered, gaps, skipped = self.spans(series)
        if not covered:
            return None
        rows, _, _ = self._store.summary(series)
        return {
            "label": f"{series.instrument_id} {show_timeframe(series.timeframe)}",
            "instrument_id": series.instrument_id,
            "source": series.source,
            "timeframe": series.timeframe,
            "adjustment": series.adjustment,
            "start": covered[0].start,
            "end": covered[-1].end,
            "rows": rows,
            "gaps": len(gaps),
            "watermark": self._store.watermark(series) or 0,
            "skipped": sum(reason != NO_DATA for _, reason in skipped),
        }


class Cancelled(SkippableError):
    """A person asked the job to stop."""


async def run_job(backfill: Backfill, store: Store, job: Job) -> None:
    """Run one backfill job and keep its row true to the end."""

    def progress(done: int, total: int, message: str) -> None:
        store.update_job(job.id, done=done, total=total, message=message)

    def is_cancelled() -> bool:
        return store.job(job.id).cancel_requested

    try:
        message, status = await backfill.run(job, progress, is_cancelled), Status.SUCCEEDED
    except Cancelled as stopped:
        message, status = str(stopped), Status.CANCELLED
    except (DashboardError, ValueError) as error:
        message, status = f"{job.title}: {error}", Status.FAILED
        _LOG.warning("backfill failed job=%s reason=%s", job.id, error)
    except Exception as error:
        # The worker's loop: a fault in one source ends its job and nothing else.
        message, status = f"{job.title}: unexpected: {error!r}; see the worker's log", Status.FAILED
        _LOG.exception("backfill failed job=%s", job.id)
    await asyncio.to_thread(store.update_job, job.id, status=status, message=message)
