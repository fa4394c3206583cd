"""REST of what is asked for research: FRED and Alpha Vantage together, and macro factors."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app.server.answers import Opened
from app.server.asked import AsOf
from app.server.columns import as_rows
from app.server.macro_answers import StandingRow
from app.server.macro_factors import standings
from app.server.rows import Paged, table
from app.server.shown import headers
from app.server.sources import together
from app.server.sources_answers import AllHealth, SourceRow

ROUTER = APIRouter(prefix="/api/v1/nautilus-data", tags=["research data"])
_SOURCES = ("fred", "alpha_vantage")


@ROUTER.get("/health")
def health(opened: Opened) -> AllHealth:
    """In a word, from the last real requests: asking this asks nobody."""
    return together(opened, _SOURCES)


@table(ROUTER, "/status", SourceRow)
def status(opened: Opened, page: Paged) -> Any:
    """How FRED and Alpha Vantage stand, and what is left of their quotas."""
    found = opened.desk.list()
    return page.rows(as_rows(found[found["name"].isin(_SOURCES)], SourceRow), SourceRow, ["name"])


@table(ROUTER, "/fred/macro-factors", StandingRow, headers=headers("As-Of", "Notice"))
def macro_factors(opened: Opened, page: Paged, as_of: AsOf = None) -> Any:
    """Every macro factor's value at a time, and the series it lacks; each one's history is at /api/v1/macro/factors."""
    return standings(opened, page, as_of)
