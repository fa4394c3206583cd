"""Backfill's verbs: plan, start, stop, retry, schedule; what is stored; and one job run to its end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from functools import partial

import pandas as pd

from nautilus_data.core.answer import tells_of_refused_rows
from nautilus_data.core.dataset import HISTORIES, NO_DATA, Series, parse_timeframe, say_dataset, show_timeframe
from nautilus_data.core.instrument import split_instrument_id
from nautilus_data.core.job import BACKFILL, Job, Status
from nautilus_data.core.plan import Mode, Plan, State, say_count
from nautilus_data.core.timerange import NS_PER_S, TimeRange, merge, say_time, to_ns
from nautilus_data.errors import DashboardError, RetryableError, SkippableError
from nautilus_data.services.backfill.planner import Planner
from nautilus_data.services.backfill.run import PostponedError, Run, Tell, Tools, patiently
from nautilus_data.sources import Source
from nautilus_data.store import Schedule, Store, work_on
from nautilus_data.transport import delays, until_stopped

_LOG = logging.getLogger(__name__)
_COVERAGE = (
    "label", "instrument_id", "source", "timeframe", "adjustment", "start", "end", "rows", "gaps", "watermark",
    "skipped", "price_type", "dataset",
)  # fmt: skip
_TO_RETRY = (State.FAILED, State.REFUSED)


class Backfill:
    """Plans and starts backfills; the worker runs them.

    `top_up_s` tops every series up that often that has no schedule of its own; 0 leaves them alone.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        store: Store,
        clock: Callable[[], int] = time.time_ns,
        waits: Callable[[], Iterable[float]] = lambda: delays(1.0, 60.0, 5),
        top_up_s: int = 0,
    ) -> None:
        self._sources = sources
        self._store = store
        self._clock = clock
        self._tools = Tools(store=store, clock=clock, waits=waits)
        self._planner = Planner(sources, store, clock)
        self._top_up_s = top_up_s
        self.pauses = self._tools.pauses

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
        mode: str = Mode.MISSING,
        price_type: str = "LAST",
        dataset: str = "",
    ) -> Plan:
        """What would be asked for a span, request by request; default span: all the source has.

        `dataset`: where none is named, what the source is mostly asked for: bars, or observations.
        `mode`: `missing`, `missing+failed` (what was refused, too) or `all` (what is stored, too).
        Raises SkippableError or ValueError when the source can't answer for it.
        """
        split_instrument_id(instrument_id)
        series = Series(
            instrument_id=instrument_id, source=source, timeframe=parse_timeframe(timeframe), adjustment=adjustment,
            price_type=price_type, dataset=dataset or self._source(source).spec.dataset,
        )  # fmt: skip
        asked_from, asked_to = (None if when is None else to_ns(when) for when in (start, end))
        return self.plan_series(series, asked_from, asked_to, mode)

    def plan_series(
        self, series: Series, start: int | None = None, end: int | None = None, mode: str = Mode.MISSING
    ) -> Plan:
        """As `plan`, for a series that is already made."""
        return self._planner.plan(series, start, end, _mode(mode))

    def start(self, plan: Plan) -> int:
        """Queue a plan for the worker, which asks what it lists and nothing else; the job's id."""
        params = {
            "series": asdict(plan.series), "start": plan.span.start, "end": plan.span.end, "mode": plan.mode.value,
        }  # fmt: skip
        return self._store.add_backfill(plan, params)

    def start_missing(self, series: Series, mode: str = Mode.MISSING) -> int:
        """Queue what a series lacks up to now; the job, 0 when it lacks nothing."""
        plan = self.plan_series(series, mode=mode)
        return 0 if plan.is_empty else self.start(plan)

    def cancel(self, job_id: int) -> None:
        """Ask a job to stop, whatever it waits for; what it stored stays."""
        self._store.request_cancel(job_id)

    def retry(self, job_id: int, ordinal: int | None = None) -> int:
        """Ask one request, or all that failed or were refused, again, in the same job; how many are to be asked."""
        for request in self._store.backfill_requests(job_id, _TO_RETRY):
            plan = self._store.backfill_plan(job_id)
            if request.state is State.REFUSED and ordinal in (None, request.ordinal):
                self._store.clear(plan.series, request.span)
        return self._store.reopen_backfill(job_id, _TO_RETRY, ordinal)

    def resume(self, job_id: int) -> int:
        """Go on with a job that was stopped or gave up, failed requests included; how many are to be asked."""
        return self._store.reopen_backfill(job_id, (State.FAILED,))

    def jobs(self, limit: int = 50) -> list[Job]:
        """Newest first."""
        return self._store.jobs(limit, kinds=[BACKFILL])

    def plan_of(self, job_id: int) -> Plan | None:
        """The plan of a job with the state, attempts and error of each request; None for one that had none."""
        return self._store.backfill_plan(job_id)

    def coverage(self, dataset: str = "bars") -> pd.DataFrame:
        """One row per series with history: span covered, rows stored, gaps inside, watermark (ns; 0 = none).

        "": of every dataset.
        """
        names = [dataset] if dataset else HISTORIES
        rows = [self._coverage_row(series) for name in names for series in self._store.series_list(name)]
        return pd.DataFrame([row for row in rows if row], columns=_COVERAGE)

    def spans(self, series: Series) -> tuple[list[TimeRange], list[TimeRange], list[tuple[TimeRange, str]]]:
        """Covered spans, gaps between the first and the last of them, and spans without data with the reason why."""
        covered = self._store.coverage(series)
        if not covered:
            return [], [], []
        whole = TimeRange(covered[0].start, covered[-1].end)
        return covered, whole.subtract(covered), self._store.skipped(series)

    def schedule(self, series: Series, every_s: int) -> None:
        """Top a series up every so many seconds from now on."""
        if every_s < 1:
            raise ValueError("top up every second at most: give the seconds between two top-ups")
        self._source(series.source).check(series)
        known = {one.series: one for one in self._store.schedules()}.get(series, Schedule(series=series, every_s=0))
        self._store.save_schedule(replace(known, every_s=every_s, ts_next=self._clock()))

    def unschedule(self, series: Series) -> None:
        """Top a series up no more, whatever the setting says of those without a schedule."""
        self._store.save_schedule(Schedule(series=series, every_s=0))

    def schedules(self) -> list[Schedule]:
        """What is topped up by itself, how often, when last and when next."""
        return [one for one in self._store.schedules() if one.every_s]

    def start_due(self) -> list[int]:
        """Queue the top-ups that are due; their jobs. The worker calls this every few seconds."""
        if self._top_up_s:
            self._schedule_the_rest()
        now = self._clock()
        return [job for one in self.schedules() if one.ts_next <= now and (job := self._top_up(one, now))]

    async def run(
        self, job: Job, on_progress: Tell = lambda done, total, message: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> str:  # fmt: skip
        """Ask what a job's plan lists and was not asked yet; returns the closing message.

        Raises Cancelled, RetryableError, SkippableError or FatalError; what was stored before stays.
        """
        plan = await asyncio.to_thread(self._store.backfill_plan, job.id)
        if plan is None:
            # Queued by a release that kept no plans.
            series = Series(**job.params["series"])
            plan = await asyncio.to_thread(self.plan_series, series, job.params["start"], job.params["end"])
            return await self.fetch(plan, on_progress, is_cancelled)
        return await self.fetch(plan, on_progress, is_cancelled, job.id)

    async def fetch(
        self, plan: Plan, on_progress: Tell = lambda done, total, message: None,
        is_cancelled: Callable[[], bool] = lambda: False, job_id: int = 0,
    ) -> str:  # fmt: skip
        """Fetch and store a plan in this process, without the worker: for notebooks and reports; else `start` it."""
        run = Run(plan, self._source(plan.series.source), self._tools, job_id, on_progress)

        def stop() -> str:
            try:
                return "stopped" if is_cancelled() else ""
            except RetryableError:
                # The store is away: the run waits for it by itself.
                return ""

        try:
            if reason := await asyncio.to_thread(stop):
                raise Cancelled(reason)
            await until_stopped(run.carry_out(), stop, Cancelled)
        except Cancelled:
            raise Cancelled(f"stopped after {_sum(run)}") from None
        except PostponedError as error:
            raise PostponedError(f"{error}; {_sum(run)}", error.retry_after) from error
        except RetryableError as error:
            raise RetryableError(f"{error}; {_sum(run)}") from error
        finally:
            answered_before = {one.ordinal for one in plan.entries if not one.state.is_open}
            await asyncio.to_thread(self._tell_what_came, run, answered_before)
        return _closing(run)

    def time_in(self, seconds: float) -> int:
        """The time so many seconds from now (ns)."""
        return self._clock() + int(seconds * NS_PER_S)

    def _tell_what_came(self, run: Run, answered_before: set[int]) -> None:
        """The bars are stored whatever becomes of this: what the database keeps beside them only comes later."""
        if not run.are_bars:
            return
        came = merge(one.span for one in run.requests.values() if one.rows and one.ordinal not in answered_before)
        try:
            for span in came:
                self._store.bars_came(span)
        except DashboardError as error:
            _LOG.warning("aggregates were not refreshed reason=%s", error)

    def _source(self, name: str) -> Source:
        return self._planner.source(name)

    def _schedule_the_rest(self) -> None:
        known = {one.series for one in self._store.schedules()}
        for series in (one for name in HISTORIES for one in self._store.series_list(name)):
            if series not in known and series.source in self._sources and self._store.coverage(series):
                self._store.save_schedule(Schedule(series=series, every_s=self._top_up_s, ts_next=self._clock()))

    def _top_up(self, due: Schedule, now: int) -> int:
        """Queue what a series lacks up to now, unless its last top-up still runs; the job, 0 without one."""
        job_id = 0
        try:
            if not self._is_active(due.last_job):
                covered = self._store.coverage(due.series)
                plan = self.plan_series(due.series, covered[0].start if covered else None)
                job_id = 0 if plan.is_empty else self.start(plan)
        except (DashboardError, ValueError) as error:
            _LOG.warning("can't top up series=%s reason=%s", due.series, error)
        last = job_id or due.last_job
        self._store.save_schedule(replace(due, ts_last=now, ts_next=now + due.every_s * NS_PER_S, last_job=last))
        return job_id

    def _is_active(self, job_id: int) -> bool:
        return bool(job_id) and not self._store.job(job_id).status.is_final

    def _coverage_row(self, series: Series) -> dict[str, object] | None:
        covered, gaps, skipped = self.spans(series)
        if not covered:
            return None
        rows, _, _ = self._store.summary(series)
        return {
            "label": f"{series.instrument_id} {_what(series)}",
            "instrument_id": series.instrument_id,
            "source": series.source,
            "timeframe": series.timeframe,
            "adjustment": series.adjustment,
            "start": covered[0].start,
            "end": covered[-1].end,
            "rows": rows,
            "gaps": len(gaps),
            "watermark": covered[0].end,
            "skipped": sum(reason != NO_DATA for _, reason in skipped),
            "price_type": series.price_type,
            "dataset": series.dataset,
        }


class Cancelled(SkippableError):
    """A person asked the job to stop."""


async def run_job(backfill: Backfill, store: Store, job: Job) -> int:
    """Run one backfill job and keep its row true to the end.

    0, or the time (ns) before which a job that was put off, and is queued again, need not be taken up.
    """
    with work_on(store, job):
        return await _run(backfill, store, job)


async def _run(backfill: Backfill, store: Store, job: Job) -> int:
    goes_on_at = 0

    def progress(done: int, total: int, message: str) -> None:
        store.update_job(job.id, done=done, total=total, message=message)

    def is_cancelled() -> bool:
        return store.job(job.id).cancel_requested

    try:
        message, status = await backfill.run(job, progress, is_cancelled), Status.SUCCEEDED
    except Cancelled as stopped:
        message, status = str(stopped), Status.CANCELLED
    except PostponedError as error:
        goes_on_at = backfill.time_in(error.retry_after)
        message, status = f"waits until {say_time(goes_on_at)} UTC: {error}", Status.QUEUED
        _LOG.warning("backfill is put off job=%s reason=%s", job.id, error)
    except (DashboardError, ValueError) as error:
        message, status = str(error), Status.FAILED
        _LOG.warning("backfill failed job=%s reason=%s", job.id, error)
    except Exception as error:
        # The worker's loop: a fault in one source ends its job and nothing else.
        message, status = f"unexpected: {error!r}; see the worker's log", Status.FAILED
        _LOG.exception("backfill failed job=%s", job.id)
    await patiently(partial(store.update_job, job.id, status=status, message=message), waits=backfill.pauses)
    return goes_on_at


def _what(series: Series) -> str:
    return show_timeframe(series.timeframe) if series.dataset == "bars" else say_dataset(series.dataset)


def _mode(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        raise ValueError(f"there is no mode {text!r}; write {', '.join(Mode)}") from None


def _sum(run: Run) -> str:
    answered = [one for one in run.requests.values() if not one.state.is_open]
    stored = say_count(sum(one.rows for one in answered), run.row)
    return f"{len(answered)} of {say_count(len(run.requests), 'request')}; {stored} stored"


def _closing(run: Run) -> str:
    """What a run brought; an error when some or all of it failed."""
    requests = list(run.requests.values())
    if not requests:
        return "nothing was missing"
    states, errors = Counter(one.state for one in requests), {one.state: one.error for one in requests}
    stored = say_count(sum(one.rows for one in requests), run.row)
    told = f"{stored} stored in {say_count(len(requests), 'request')}"
    for state, word in ((State.FAILED, "failed"), (State.REFUSED, "refused")):
        if states[state]:
            told += f"; {states[state]} {word}: {errors[state]}"
    if nothing := sum(one.expected for one in requests if one.state is State.EMPTY):
        told += f"; of {say_count(nothing, 'bar')} expected the source has none"
    if run.note:
        told += f"; {run.note}"
    if states[State.FAILED]:
        raise RetryableError(f"{told}. Retry them, or resume the job")
    if states[State.REFUSED] == len(requests):
        raise SkippableError(f"refused: {errors[State.REFUSED]}")
    refused_rows = [one.error for one in requests if one.state is State.DONE and tells_of_refused_rows(one.error)]
    return told + (f"; {refused_rows[0]}" if refused_rows else "")
