"""REST of backfills: plan, start, stop, retry and go on; the same jobs as the page's and the command line's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Path, Query, Response
from starlette.exceptions import HTTPException

from app.server.answers import Opened, Queued, iso, plain
from app.server.backfills_answers import (
    AskedRequest,
    BackfillAnswer,
    BackfillJob,
    BackfillRequest,
    BackfillStatus,
    OneJob,
    PlanAnswer,
    PlannedRequest,
    RequestRow,
    Retried,
    Retry,
    SourceBackfill,
    Stopped,
    WhichJob,
)
from app.server.columns import as_rows
from app.server.rows import LongPaged, Paged, table
from app.server.searched import Search, searched

ROUTER = APIRouter(prefix="/api/v1", tags=["backfill"])
_AS_THEY_STAND = Search()
_Requests = searched("ordinal", "state", "attempts", "ts_answered", "rows", "cost", "expected")
_ALL_JOBS = 10_000
_NAMED = {"ib": "interactive_brokers", "yfinance": "yahoo"}
PathJob = Annotated[int, Path(ge=1, lt=2**63)]


@ROUTER.post("/backfills", status_code=202)
@ROUTER.post("/historical/backfill/start", status_code=202)
def start(opened: Opened, asked: BackfillRequest) -> BackfillAnswer:
    """Plan what is missing and queue it; nothing is asked twice."""
    return _start(opened, asked, asked.source)


@ROUTER.post("/historical/backfill/plan")
def plan(opened: Opened, asked: BackfillRequest) -> PlanAnswer:
    """The exact requests a backfill would make, and their cost; nothing is asked and nothing queued."""
    found = _plan(opened, asked, asked.source)
    fields = ("instrument_id", "dataset", "source", "timeframe", "adjustment", "price_type")
    named = {name: getattr(found.series, name) for name in fields}
    return PlanAnswer(
        title=found.title, mode=found.mode.value, start=iso(found.span.start), end=iso(found.span.end),
        requests=found.requests, cost=found.cost, rows=found.rows, estimated_end=iso(found.ts_estimated),
        planned=[PlannedRequest(**_request(one, PlannedRequest)) for one in found.entries], **named,
    )  # fmt: skip


@table(ROUTER, "/historical/backfill/status", BackfillJob, BackfillStatus)
def status(
    opened: Opened,
    page: Paged,
    job_id: Annotated[int | None, Query(ge=1, lt=2**63, description="one job, as JSON with its requests")] = None,
) -> Response:
    """Every backfill, whoever started it, the newest first."""
    jobs, requests = opened.backfill.jobs(_ALL_JOBS), None
    if job_id is not None:
        _check_job(jobs, job_id)
        jobs, found = [job for job in jobs if job.id == job_id], opened.backfill.plan_of(job_id)
        requests = [_request(one, AskedRequest) for one in (found.entries if found else ())]
    is_running = any(not job.status.is_final for job in jobs)
    rows = [{name: getattr(job, name) for name in BackfillJob.model_fields} for job in jobs]
    frame = as_rows(pd.DataFrame(rows, columns=list(BackfillJob.model_fields)), BackfillJob)
    return page.rows(frame, BackfillJob, ["id"], ("jobs", {"is_running": is_running, "requests": requests}))


@table(ROUTER, "/historical/backfill/jobs/{job_id}/requests", RequestRow)
def requests(opened: Opened, page: LongPaged, job_id: PathJob, search: _Requests = _AS_THEY_STAND) -> Response:
    """What a backfill asks, request by request, and how each was answered."""
    _check_job(opened.backfill.jobs(_ALL_JOBS), job_id)
    found = opened.backfill.plan_of(job_id)
    rows = [
        {**vars(one), "ts_start": one.span.start, "ts_end": one.span.end, "state": one.state.value}
        for one in (found.entries if found else ())
    ]
    found = search.of(pd.DataFrame(rows, columns=list(RequestRow.model_fields)))
    return page.rows(as_rows(found, RequestRow), RequestRow, ["ordinal"])


@ROUTER.post("/historical/backfill/stop", status_code=202)
def stop(opened: Opened, which: WhichJob) -> Stopped:
    """Stop one backfill, or all that wait or run."""
    jobs = opened.backfill.jobs(_ALL_JOBS)
    if which.job_id is not None:
        _check_job(jobs, which.job_id)
    active = [job.id for job in jobs if not job.status.is_final and which.job_id in (None, job.id)]
    for job_id in active:
        opened.backfill.cancel(job_id)
    return Stopped(stopped=active)


@ROUTER.post("/historical/backfill/retry", status_code=202)
def retry(opened: Opened, asked: Retry) -> Retried:
    """Ask again what failed or was refused, in the same job."""
    _check_job(opened.backfill.jobs(_ALL_JOBS), asked.job_id)
    count = opened.backfill.retry(asked.job_id, asked.ordinal)
    if not count:
        raise HTTPException(409, "nothing to ask again: the job still runs, or nothing of it failed or was refused")
    return Retried(job_id=asked.job_id, to_ask=count)


@ROUTER.post("/historical/backfill/resume", status_code=202)
def resume(opened: Opened, asked: OneJob) -> Retried:
    """Go on with a job that was stopped or gave up."""
    _check_job(opened.backfill.jobs(_ALL_JOBS), asked.job_id)
    count = opened.backfill.resume(asked.job_id)
    if not count:
        raise HTTPException(409, "nothing to go on with: the job still runs, or all of it was answered")
    return Retried(job_id=asked.job_id, to_ask=count)


@ROUTER.post("/backfills/{job_id}/cancel", status_code=202)
def cancel(opened: Opened, job_id: PathJob) -> Queued:
    """Stop a backfill; what it stored stays."""
    _check_job(opened.backfill.jobs(_ALL_JOBS), job_id)
    opened.backfill.cancel(job_id)
    return Queued(job_id=job_id)


def _from(source: str) -> Callable[[Any, SourceBackfill], BackfillAnswer]:
    def backfill(opened: Opened, asked: SourceBackfill) -> BackfillAnswer:
        """Plan what is missing from this source and queue it; with `dry_run` only say what would be asked."""
        return _start(opened, asked, source)

    return backfill


for _name, _source in _NAMED.items():
    ROUTER.add_api_route(
        f"/{_name}/backfill", _from(_source), methods=["POST"], status_code=202, name=f"backfill from {_source}"
    )


def _start(opened: Any, asked: SourceBackfill, source: str) -> BackfillAnswer:
    found = _plan(opened, asked, source)
    job_id = None if found.is_empty or asked.dry_run else opened.backfill.start(found)
    return BackfillAnswer(title=found.title, requests=found.requests, job_id=job_id)


def _plan(opened: Any, asked: SourceBackfill, source: str) -> Any:
    adjustment = asked.adjustment or _first_adjustment(opened, source)
    name = opened.instruments.resolve(asked.instrument_id, source)
    return opened.backfill.plan(
        name, source, asked.timeframe, asked.start, asked.end, adjustment, asked.mode, asked.price_type, asked.dataset
    )


def _first_adjustment(opened: Any, source: str) -> str:
    known = {one.spec.name: one for one in opened.backfill.sources()}
    bars = [one for one in known[source].spec.capabilities if one.dataset == "bars"] if source in known else []
    return bars[0].adjustments[0] if bars else "raw"


def _check_job(jobs: list[Any], job_id: int) -> None:
    if all(job.id != job_id for job in jobs):
        raise HTTPException(404, f"there is no backfill {job_id}: GET /api/v1/historical/backfill/status lists them")


def _request(one: Any, shape: type) -> dict[str, Any]:
    told = plain({name: getattr(one, name) for name in shape.model_fields if hasattr(one, name)})
    return {**told, "start": iso(one.span.start), "end": iso(one.span.end)}
