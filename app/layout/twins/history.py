"""Twins of pages sources, backfill and catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.layout.twins.twin import Twin, instant, listed
from app.views.coverage_map import cells_for, series_of
from app.views.rest_text import Asked, asked, posted

_MOST = 1_000
_MOST_ROWS = 100_000
_NAMES = ("instrument_id", "source", "timeframe", "adjustment", "price_type", "dataset")
_NO_CELL = "Choose a cell of the map."


def _paged(path: str, part: str, limit: int = _MOST_ROWS, **more: Any) -> Callable[[Any], Asked]:
    """A table of pages: its filter and order."""
    return lambda page: asked(path, **page.parts[part].table.asked, **more, limit=limit)


def _requests(page: Any) -> Asked | None:
    table = page.parts["jobs"].detail.requests
    path = "historical/backfill/jobs/{}/requests"
    return asked(path, page.job, **table.asked, limit=_MOST_ROWS) if page.job else None


def _plan(page: Any) -> Asked | None:
    plan = page.parts["jobs"].planning.plan
    if plan is None:
        return None
    named = {name: getattr(plan.series, name) for name in _NAMES}
    span = {"start": instant(plan.span.start), "end": instant(plan.span.end)}
    return posted("historical/backfill/plan", **named, **span, mode=plan.mode.value)


def _map(page: Any) -> Asked:
    shown = page.parts["coverage"].asked
    span, count = shown.pop("span"), shown.pop("count")
    more = {"start": instant(span.start), "end": instant(span.end)} if span else {}
    return asked("historical/backfill/coverage/map", **shown, **more, cells=cells_for(count), limit=_MOST_ROWS)


def _cell(what: str) -> Callable[[Any], Asked | None]:
    def ask(page: Any) -> Asked | None:
        detail = page.parts["coverage"].detail
        if detail.cell is None:
            return None
        series = series_of(detail.cell)
        named = {name: getattr(series, name) for name in _NAMES}
        span = {"start": instant(detail.span.start), "end": instant(detail.span.end)}
        return asked(f"historical/backfill/coverage/{what}", **named, **span, limit=_MOST_ROWS)

    return ask


def _shelves(page: Any) -> Asked | None:
    if not page.catalog:
        return None
    table = page.parts["catalogs"].content.shelves
    return asked("catalog/describe", name=page.catalog, **table.asked, limit=_MOST)


def _intervals(page: Any) -> Asked | None:
    chosen = page.parts["catalogs"].content.chosen
    if not (page.catalog and chosen):
        return None
    kind, identifier = chosen
    return asked("catalog/intervals", name=page.catalog, type=kind, identifier=identifier, limit=_MOST)


TWINS = {
    "sources.list": Twin("Sources", listed("multi-datasource/status")),
    "sources.connection": Twin("Connection", lambda page: asked("ib/connection/status", has_rows=False)),
    "sources.history": Twin("State changes", listed("ib/connection/history")),
    "sources.outages": Twin("Without live data", listed("ib/connection/outages")),
    "sources.account": Twin("Account", listed("ib/account")),
    "sources.positions": Twin("Positions", listed("ib/positions")),
    "sources.quotes": Twin("Live quotes", listed("multi-datasource/watches")),
    "sources.disagreements": Twin("Disagreements", _paged("multi-datasource/disagreements", "disagreements", _MOST)),
    "backfill.running": Twin("Waiting and running", listed("historical/backfill/status")),
    "backfill.jobs": Twin("Jobs", listed("historical/backfill/status")),
    "backfill.requests": Twin("Requests of the job", _requests, "Choose a job."),
    "backfill.plan": Twin("Plan", _plan, "Nothing is planned."),
    "backfill.coverage": Twin("Coverage", _map),
    "backfill.cell_requests": Twin("Requests about the cell", _cell("requests"), _NO_CELL),
    "backfill.cell_answers": Twin("Answers about the cell", _cell("answers"), _NO_CELL),
    "backfill.cell_refused": Twin("Refused rows of the cell", _cell("bad-rows"), _NO_CELL),
    "backfill.schedules": Twin("Schedules", _paged("historical/backfill/schedules", "schedules", off=True)),
    "backfill.instruments": Twin("Instruments", _paged("instruments", "instruments", _MOST)),
    "backfill.refused": Twin("Refused rows", _paged("historical/backfill/bad-rows", "refused")),
    "catalog.catalogs": Twin("Catalogs", listed("catalog")),
    "catalog.shelves": Twin("Content", _shelves, "Choose a catalog."),
    "catalog.intervals": Twin("Intervals", _intervals, "Choose a list of the catalog."),
    "catalog.running": Twin("Waiting and running", listed("catalog/jobs")),
    "catalog.jobs": Twin("Jobs", listed("catalog/jobs")),
}
