"""Twins of pages sources, backfill and catalog."""

from __future__ import annotations

from typing import Any

from app.layout.twins.twin import Twin
from app.views.rest_text import Asked, asked

_MOST = 1_000


def _paged(path: str, find: Any, *parts: object, **more: Any) -> Any:
    """A table of pages: its filter and order."""
    return lambda page: asked(path, *parts, **more, **find(page).asked, limit=_MOST)


def _requests(page: Any) -> Asked | None:
    table = page.parts["jobs"].detail.requests
    return asked("historical/backfill/jobs/{}/requests", page.job, **table.asked, limit=_MOST) if page.job else None


def _plan(page: Any) -> Asked | None:
    plan = page.parts["jobs"].planning.plan
    if plan is None:
        return None
    series = plan.series
    return asked("historical/backfill/plan", symbol=series.instrument_id, source=series.source, limit=_MOST)


def _map(page: Any) -> Asked | None:
    return asked("historical/backfill/coverage", limit=_MOST)


def _cell(what: str) -> Any:
    def ask(page: Any) -> Asked | None:
        cell = page.parts["coverage"].detail.cell
        if cell is None:
            return None
        return asked(f"historical/backfill/coverage/{what}", limit=_MOST)

    return ask


_DISAGREEMENTS = _paged("multi-datasource/disagreements", lambda page: page.parts["disagreements"].table)
TWINS = {
    "sources.list": Twin("Sources", lambda page: asked("multi-datasource/status")),
    "sources.connection": Twin("Connection", lambda page: asked("ib/connection/status", has_rows=False)),
    "sources.account": Twin("Account", lambda page: asked("ib/account")),
    "sources.positions": Twin("Positions", lambda page: asked("ib/positions")),
    "sources.quotes": Twin("Live quotes", lambda page: asked("multi-datasource/watches")),
    "sources.disagreements": Twin("Disagreements", _DISAGREEMENTS),
    "backfill.running": Twin("Waiting and running", lambda page: asked("historical/backfill/status", limit=200)),
    "backfill.jobs": Twin("Jobs", lambda page: asked("historical/backfill/status", limit=200)),
    "backfill.requests": Twin("Requests of the job", _requests),
    "backfill.plan": Twin("Plan", _plan),
    "backfill.coverage": Twin("Coverage", _map),
    "backfill.cell_requests": Twin("Requests about the cell", _cell("requests")),
    "backfill.cell_answers": Twin("Answers about the cell", _cell("answers")),
    "backfill.cell_refused": Twin("Refused rows of the cell", _cell("bad-rows")),
    "backfill.schedules": Twin(
        "Schedules", _paged("historical/backfill/schedules", lambda page: page.parts["schedules"].table)
    ),
    "backfill.instruments": Twin("Instruments", _paged("instruments", lambda page: page.parts["instruments"].table)),
    "backfill.refused": Twin(
        "Refused rows", _paged("historical/backfill/bad-rows", lambda page: page.parts["refused"].table)
    ),
    "catalog.catalogs": Twin("Catalogs", lambda page: asked("catalogs")),
    "catalog.shelves": Twin("Content", lambda page: asked("catalogs/describe", path=page.catalog)),
    "catalog.intervals": Twin("Intervals", lambda page: asked("catalogs/intervals", path=page.catalog)),
    "catalog.running": Twin("Waiting and running", lambda page: asked("catalogs/jobs", limit=200)),
    "catalog.jobs": Twin("Jobs", lambda page: asked("catalogs/jobs", limit=200)),
}
