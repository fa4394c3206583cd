"""REST of NautilusTrader's catalogs: the same jobs as the page's and the command line's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.server.answers import Opened, Queued, iso, plain

ROUTER = APIRouter(prefix="/api/v1/catalog", tags=["catalog"])
_ALL_JOBS = 1_000
_Name = Annotated[str, Query(description="name below NAUTILUS_DATA_DIR/catalog, or an absolute path")]


class CatalogLine(BaseModel):
    name: str
    path: str
    series: int = Field(description="types and identifiers in it")
    types: str
    files: int
    size_bytes: int
    ts_modified: str | None


class Catalogs(BaseModel):
    is_available: bool
    reason: str | None = Field(description="why nothing can be exported or imported, and what to do")
    catalogs: list[CatalogLine]


class Interval(BaseModel):
    start: str | None = Field(description="ISO 8601 UTC")
    end: str | None
    start_ns: int
    end_ns: int = Field(description="the first nanosecond that is not in it")


class ShelfLine(BaseModel):
    type: str
    identifier: str
    series: str | None
    adjustment: str | None
    state: str = Field(
        description="up to date, behind, changed since, unfinished, overlapping, unreadable, not from here,"
        " another store's"
    )
    detail: str | None
    files: int
    rows: int | None
    start: str | None
    end: str | None
    intervals: list[Interval]
    coverage: int | None = Field(description="unbroken spans the store covers; null: not from here")
    size_bytes: int
    ts_modified: str | None


class ExportRequest(BaseModel):
    instruments: list[str] = Field([], description="SYMBOL.VENUE, or symbols only one has; none: all that fit")
    to: str = Field("main", description="name below NAUTILUS_DATA_DIR/catalog, or an absolute path")
    timeframe: str = ""
    source: str = ""
    adjustment: str = "raw"
    price_type: str = ""
    session: str = ""
    start: str | None = Field(None, description="ISO 8601; default: all that is stored")
    end: str | None = None
    decimals: Literal["instrument", "data"] = "instrument"


class ImportRequest(BaseModel):
    path: str = Field(description="folder of a catalog, or its name below NAUTILUS_DATA_DIR/catalog")
    adjustment: Literal["raw", "split", "total"] = "raw"
    names: list[str] = Field([], description="instruments or bar types; none: all")


class CatalogJob(BaseModel):
    id: int
    kind: str
    title: str
    status: str
    done: int = Field(description="bars of an export, files of an import")
    total: int
    message: str
    cancel_requested: bool
    ts_created: str | None
    ts_started: str | None
    ts_finished: str | None


@ROUTER.get("")
def catalogs(opened: Opened) -> Catalogs:
    """The catalogs in the data folder, and others that were exported to or imported from."""
    service = opened.catalog
    rows = [CatalogLine(**plain(row)) for row in service.list().to_dict("records")]
    return Catalogs(is_available=not service.reason, reason=service.reason or None, catalogs=rows)


@ROUTER.get("/describe")
def describe(opened: Opened, name: _Name = "main") -> list[ShelfLine]:
    """What a catalog holds, type by type, beside what the store has."""
    return [_shelf(opened, name, row) for row in opened.catalog.describe(name).to_dict("records")]


@ROUTER.post("/export", status_code=202)
def export(opened: Opened, asked: ExportRequest) -> Queued:
    """Write stored bars into a catalog; what is there and unchanged stays as it is."""
    names = [opened.instruments.resolve(name) for name in asked.instruments]
    found = opened.catalog.series(
        names, asked.timeframe, asked.source, asked.adjustment, asked.price_type, asked.session
    )
    return Queued(job_id=opened.catalog.export(found, asked.to, asked.start, asked.end, asked.decimals))


@ROUTER.post("/import", status_code=202)
def import_(opened: Opened, asked: ImportRequest) -> Queued:
    """Take bars out of a catalog into the store, as source `catalog`."""
    return Queued(job_id=opened.catalog.import_(asked.path, asked.adjustment, asked.names))


@ROUTER.get("/jobs")
def jobs(opened: Opened, limit: Annotated[int, Query(ge=1, le=_ALL_JOBS)] = 50) -> list[CatalogJob]:
    """Exports and imports, the newest first."""
    return [_job(job) for job in opened.catalog.jobs(limit)]


@ROUTER.post("/jobs/{job_id}/cancel", status_code=202)
def cancel(opened: Opened, job_id: int) -> Queued:
    """Stop a job after the file it is at; what is written stays."""
    _check(opened, job_id)
    opened.catalog.cancel(job_id)
    return Queued(job_id=job_id)


@ROUTER.post("/jobs/{job_id}/again", status_code=202)
def again(opened: Opened, job_id: int) -> Queued:
    """Queue the same once more: it goes on where it was."""
    _check(opened, job_id)
    return Queued(job_id=opened.catalog.again(job_id))


def _check(opened: Any, job_id: int) -> None:
    if all(job.id != job_id for job in opened.catalog.jobs(_ALL_JOBS)):
        raise HTTPException(404, f"there is no catalog job {job_id}: GET /api/v1/catalog/jobs lists them")


def _job(job: Any) -> CatalogJob:
    return CatalogJob(**plain({name: getattr(job, name) for name in CatalogJob.model_fields}))


def _shelf(opened: Any, name: str, row: dict[str, Any]) -> ShelfLine:
    spans = opened.catalog.intervals(name, row["type"], row["identifier"])
    told = {key: None if value == "" or value != value else value for key, value in row.items()}
    told |= {key: iso(int(row[key])) for key in ("start", "end", "ts_modified")}
    intervals = [Interval(start=iso(one.start), end=iso(one.end), start_ns=one.start, end_ns=one.end) for one in spans]
    return ShelfLine(**{**told, "intervals": intervals})
