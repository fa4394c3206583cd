"""REST of NautilusTrader's catalogs: the same jobs as the page's and the command line's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened, Queued
from app.server.asked import like
from app.server.catalogs_answers import (
    CatalogJobRow,
    CatalogRow,
    CatalogState,
    ExportOrder,
    ImportOrder,
    IntervalRow,
    ShelfRow,
)
from app.server.columns import as_rows
from app.server.rows import Paged, table
from app.server.searched import Search, searched
from nautilus_data import TimeRange

ROUTER = APIRouter(prefix="/api/v1/catalog", tags=["catalog"])
_ALL_JOBS = 1_000
_Name = Annotated[
    str, *like(r"[^\x00-\x1f\x7f-\x9f]+", "the name of a catalog", 1000),
    Query(description="name or path of a catalog that is listed"),
]  # fmt: skip
_Type = Annotated[str, *like("[a-z0-9_]+", "a type of data", 60), Query(description="as bar")]
_Identifier = Annotated[
    str, *like(r"[^\x00-\x1f\x7f-\x9f]+", "an identifier", 200), Query(description="as AAPL.NASDAQ-1-DAY-LAST-EXTERNAL")
]  # fmt: skip
_AS_THEY_STAND = Search()
_Shelves = searched("identifier", "state", "rows", "end")
_JobId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@table(ROUTER, "", CatalogRow)
def catalogs(opened: Opened, page: Paged) -> Any:
    """The catalogs in the data folder, and others that were exported to or imported from."""
    return page.rows(as_rows(opened.catalog.list(), CatalogRow), CatalogRow, ["path"])


@ROUTER.get("/status")
def status(opened: Opened) -> CatalogState:
    """Can anything be exported or imported here?"""
    return CatalogState(is_available=not opened.catalog.reason, reason=opened.catalog.reason or None)


@table(ROUTER, "/describe", ShelfRow)
def describe(opened: Opened, page: Paged, name: _Name = "main", search: _Shelves = _AS_THEY_STAND) -> Any:
    """What a catalog holds, type by type, beside what the store has."""
    found = opened.catalog.describe(_listed(opened, name))
    return page.rows(as_rows(search.of(found), ShelfRow), ShelfRow, ["type", "identifier"])


@table(ROUTER, "/intervals", IntervalRow)
def intervals(opened: Opened, page: Paged, type: _Type, identifier: _Identifier, name: _Name = "main") -> Any:
    """What the names of a list's files say is known, in order."""
    name = _checked(opened, name, type, identifier)
    return page.rows(_spans(opened.catalog.intervals(name, type, identifier)), IntervalRow, ["ts_start"])


@table(ROUTER, "/coverage", IntervalRow)
def coverage(opened: Opened, page: Paged, type: _Type, identifier: _Identifier, name: _Name = "main") -> Any:
    """What the store covers of a list that was exported from it; no rows for others."""
    name = _checked(opened, name, type, identifier)
    return page.rows(_spans(opened.catalog.covered(name, type, identifier) or ()), IntervalRow, ["ts_start"])


@ROUTER.post("/export", status_code=202)
def export(opened: Opened, asked: ExportOrder) -> Queued:
    """Write stored bars into a catalog; what is there and unchanged stays as it is."""
    names = [opened.instruments.resolve(name) for name in asked.instruments]
    found = opened.catalog.series(
        names, asked.timeframe, asked.source, asked.adjustment, asked.price_type, asked.session
    )
    return Queued(job_id=opened.catalog.export(found, asked.to, asked.start, asked.end, asked.decimals))


@ROUTER.post("/import", status_code=202)
def import_(opened: Opened, asked: ImportOrder) -> Queued:
    """Take bars out of a catalog into the store, as source `catalog`."""
    return Queued(job_id=opened.catalog.import_(asked.path, asked.adjustment, asked.names))


@table(ROUTER, "/jobs", CatalogJobRow)
def jobs(opened: Opened, page: Paged) -> Any:
    """Exports and imports, the newest first."""
    found = [{name: getattr(job, name) for name in CatalogJobRow.model_fields} for job in _jobs(opened)]
    return page.rows(as_rows(found, CatalogJobRow), CatalogJobRow, ["id"])


@ROUTER.post("/jobs/{job_id}/cancel", status_code=202)
def cancel(opened: Opened, job_id: _JobId) -> Queued:
    """Stop a job after the file it is at; what is written stays."""
    _check(opened, job_id)
    opened.catalog.cancel(job_id)
    return Queued(job_id=job_id)


@ROUTER.post("/jobs/{job_id}/again", status_code=202)
def again(opened: Opened, job_id: _JobId) -> Queued:
    """Queue the same once more: it goes on where it was."""
    _check(opened, job_id)
    return Queued(job_id=opened.catalog.again(job_id))


def _jobs(opened: Any) -> list[Any]:
    return opened.catalog.jobs(_ALL_JOBS)


def _check(opened: Any, job_id: int) -> None:
    if all(job.id != job_id for job in _jobs(opened)):
        raise HTTPException(404, f"there is no catalog job {job_id}: GET /api/v1/catalog/jobs lists them")


def _listed(opened: Any, name: str) -> str:
    """A catalog that is known here; others' folders are nobody's to look into."""
    known = opened.catalog.list()
    if name not in {*known["name"], *known["path"]}:
        raise HTTPException(404, f"there is no catalog {name!r}: GET /api/v1/catalog lists those there are")
    return name


def _checked(opened: Any, name: str, kind: str, identifier: str) -> str:
    found = opened.catalog.describe(_listed(opened, name))
    if found[(found["type"] == kind) & (found["identifier"] == identifier)].empty:
        raise HTTPException(
            404, f"{name} has no {kind} of {identifier!r}: GET /api/v1/catalog/describe lists all it has"
        )
    return name


def _spans(spans: Iterable[TimeRange]) -> pd.DataFrame:
    rows = [{"ts_start": one.start, "ts_end": one.end} for one in spans]
    return as_rows(rows, IntervalRow)
