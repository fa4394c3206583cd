"""REST of backfills, of the directory of instruments and of stored bars; the same jobs as the page's and the CLI's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened, Queued, iso, plain
from app.server.backfills_answers import (
    Alias,
    AskedRequest,
    BackfillAnswer,
    BackfillJob,
    BackfillRequest,
    BackfillStatus,
    FindRequest,
    HistoricalBar,
    HistoricalBars,
    InstrumentLine,
    PlanAnswer,
    PlannedRequest,
    Retried,
    Retry,
    SourceBackfill,
    Stopped,
    WhichJob,
)
from nautilus_data import errors

ROUTER = APIRouter(prefix="/api/v1")
_ALL_JOBS = 1_000
_PRICES = ("open", "high", "low", "close")
_SCALE = 9
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
# The names clients know them by, and the sources they are here.
_NAMED = {"ib": "interactive_brokers", "yfinance": "yahoo"}


@ROUTER.post("/backfills", status_code=202, tags=["backfill"])
@ROUTER.post("/historical/backfill/start", status_code=202, tags=["backfill"])
def start(opened: Opened, asked: BackfillRequest) -> BackfillAnswer:
    """Plan what is missing and queue it; nothing is asked twice."""
    return _start(opened, asked, asked.source)


@ROUTER.post("/historical/backfill/plan", tags=["backfill"])
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


@ROUTER.get("/historical/backfill/status", tags=["backfill"])
def status(
    opened: Opened,
    job_id: Annotated[int | None, Query(description="one job, with its requests")] = None,
    limit: Annotated[int, Query(ge=1, le=_ALL_JOBS)] = 50,
) -> BackfillStatus:
    """Every backfill, whoever started it."""
    jobs = opened.backfill.jobs(_ALL_JOBS)
    requests = None
    if job_id is not None:
        _check_job(jobs, job_id)
        found = opened.backfill.plan_of(job_id)
        requests = [AskedRequest(**_request(one, AskedRequest)) for one in (found.entries if found else ())]
    shown = [job for job in jobs if job_id in (None, job.id)][:limit]
    is_running = any(not job.status.is_final for job in shown)
    return BackfillStatus(is_running=is_running, jobs=[_job(job) for job in shown], requests=requests)


@ROUTER.post("/historical/backfill/stop", status_code=202, tags=["backfill"])
def stop(opened: Opened, which: WhichJob) -> Stopped:
    """Stop one backfill, or all that wait or run."""
    jobs = opened.backfill.jobs(_ALL_JOBS)
    if which.job_id is not None:
        _check_job(jobs, which.job_id)
    active = [job.id for job in jobs if not job.status.is_final and which.job_id in (None, job.id)]
    for job_id in active:
        opened.backfill.cancel(job_id)
    return Stopped(stopped=active)


@ROUTER.post("/historical/backfill/retry", status_code=202, tags=["backfill"])
def retry(opened: Opened, asked: Retry) -> Retried:
    """Ask again what failed or was refused, in the same job."""
    _check_job(opened.backfill.jobs(_ALL_JOBS), asked.job_id)
    count = opened.backfill.retry(asked.job_id, asked.ordinal)
    if not count:
        raise HTTPException(409, "nothing to ask again: the job still runs, or nothing of it failed or was refused")
    return Retried(job_id=asked.job_id, to_ask=count)


@ROUTER.post("/backfills/{job_id}/cancel", status_code=202, tags=["backfill"])
def cancel(opened: Opened, job_id: int) -> Queued:
    """Stop a backfill; what it stored stays."""
    _check_job(opened.backfill.jobs(_ALL_JOBS), job_id)
    opened.backfill.cancel(job_id)
    return Queued(job_id=job_id)


@ROUTER.get("/instruments", tags=["instruments"])
def instruments(
    opened: Opened,
    match: Annotated[str, Query(description="part of an id, a name or a source's symbol")] = "",
    kind: Annotated[str, Query(description="stock, ETF, FX, future or index")] = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 30,
) -> list[InstrumentLine]:
    """The directory, what fits best first."""
    return _lines(opened.instruments.search(match, kind, limit))


@ROUTER.post("/instruments/find", tags=["instruments"])
def find(opened: Opened, asked: FindRequest) -> list[InstrumentLine]:
    """Ask a source, and keep what it finds in the directory."""
    return _lines(asyncio.run(opened.instruments.find(asked.text, asked.source, asked.limit)))


@ROUTER.post("/instruments/alias", tags=["instruments"])
def alias(opened: Opened, told: Alias) -> dict[str, str]:
    """Say what a source calls an instrument."""
    known = [source.spec.name for source in opened.backfill.sources()]
    if told.source not in known:
        raise HTTPException(404, f"no source is called {told.source!r}; there are: {', '.join(known)}")
    opened.instruments.set_alias(told.instrument_id, told.source, told.symbol)
    return {"message": "kept" if told.symbol else "forgotten"}


@ROUTER.get("/market-data/historical/bars", tags=["market data"])
def bars(
    opened: Opened,
    instrument_id: Annotated[str, Query(description="SYMBOL.VENUE, or a symbol only one instrument has")],
    timeframe: str = "1-DAY",
    source: Annotated[str, Query(description="auto: the first by priority that has such bars")] = "auto",
    adjustment: Annotated[str, Query(description="raw, split, total, or any")] = "any",
    start: datetime | None = None,
    end: datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> HistoricalBars:
    """Stored bars, never of two sources or adjustments at once."""
    name = opened.instruments.resolve(instrument_id)
    series = _series(opened, name, timeframe, source, adjustment)
    span = opened.coverage.extent([series])
    first, last = max(span.start, _ns(start, span.start)), min(span.end, _ns(end, span.end))
    rows = opened.market.stored(series, replace(span, start=first, end=last), limit) if first < last else None
    named = {field: getattr(series, field) for field in ("timeframe", "source", "adjustment", "price_type")}
    told = [] if rows is None else [_bar(row) for row in rows.to_dict("records")]
    return HistoricalBars(instrument_id=name, bars=told, **named)


def _from(source: str) -> Callable[[Any, SourceBackfill], BackfillAnswer]:
    def backfill(opened: Opened, asked: SourceBackfill) -> BackfillAnswer:
        """Plan what is missing from this source and queue it."""
        return _start(opened, asked, source)

    return backfill


for _name, _source in _NAMED.items():
    ROUTER.add_api_route(
        f"/{_name}/backfill", _from(_source), methods=["POST"], status_code=202, tags=["backfill"],
        name=f"backfill from {_source}",
    )  # fmt: skip


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


def _job(job: Any) -> BackfillJob:
    return BackfillJob(**plain({name: getattr(job, name) for name in BackfillJob.model_fields}))


def _lines(frame: Any) -> list[InstrumentLine]:
    return [InstrumentLine(**row) for row in frame.to_dict("records")]


def _series(opened: Any, name: str, timeframe: str, source: str, adjustment: str) -> Any:
    known = [one for one in opened.coverage.series(timeframe) if one.instrument_id == name]
    order = list(opened.desk.order())
    fitting = [one for one in known if source in ("auto", one.source) and adjustment in ("any", one.adjustment)]
    if not fitting:
        told = ", ".join(f"{one.adjustment} from {one.source}" for one in known) or "none: start a backfill"
        raise errors.SkippableError(f"no such {timeframe} bars of {name} are stored; there are: {told}")
    return min(fitting, key=lambda one: (order.index(one.source) if one.source in order else len(order), str(one)))


def _bar(row: dict[str, Any]) -> HistoricalBar:
    volume = row["volume"] if row["volume"] == row["volume"] else None
    return HistoricalBar(
        ts_event=iso(int(row["ts_event"])), volume=volume, **{name: _price(row[name]) for name in _PRICES}
    )


def _price(ticks: Any) -> str:
    return format(Decimal(int(ticks)).scaleb(-_SCALE).normalize(), "f")


def _ns(when: datetime | None, default: int) -> int:
    """Nanoseconds; a time without a zone is UTC."""
    if when is None:
        return default
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - _FIRST) // timedelta(microseconds=1) * 1_000
