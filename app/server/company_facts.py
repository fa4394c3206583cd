"""REST of what a company reported, as it was known at a time: facts, statements, restatements."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import AsOf, Cik, DayText, at_time, like
from app.server.columns import as_rows
from app.server.companies_answers import (
    FactRow,
    FigureRow,
    Frequency,
    ItemRow,
    Kind,
    RestatementRow,
    TagRow,
    VersionRow,
)
from app.server.filings import known
from app.server.rows import LongPaged, Paged, table
from app.server.shown import headers, shown
from nautilus_data import to_ns

ROUTER = APIRouter(prefix="/api/v1/edgar", tags=["edgar"])
_CONCEPT = r"[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?"
_Concept = Annotated[
    str, *like(_CONCEPT, "a concept or a tag", 300, hint="revenue, or us-gaap:Revenues"),
    Query(description="revenue, or us-gaap:Revenues"),
]  # fmt: skip
_Frequency = Annotated[Frequency, Query(description="ttm: twelve months to each quarter's end")]
_End = Annotated[DayText, Query(description="the day it is of, or the last of its period")]
_Start = Annotated[DayText | None, Query(description="the first of its period; none: it is of one moment")]
_SHOWN = headers("As-Of")


@table(ROUTER, "/ticker/{cik}/facts", FactRow, headers=_SHOWN)
@table(ROUTER, "/companies/{cik}/facts", FactRow, headers=_SHOWN)
def facts(
    opened: Opened, page: LongPaged, cik: Cik, concept: _Concept | None = None, frequency: _Frequency = "quarterly",
    as_of: AsOf = None,
) -> Any:  # fmt: skip
    """One concept or tag over time, the earliest first; with none named, the key figures there are now."""
    name, at = known(opened, cik), at_time(as_of)
    if concept is None:
        found = opened.filings.figures(name, at).rename(columns={"key": "concept"})
    else:
        found = opened.filings.fact(name, concept, frequency, at).assign(concept=concept)
    answer = page.rows(as_rows(found, FactRow), FactRow, ["concept", "ts_start", "ts_event", "unit"])
    return shown(answer, as_of=at)


@table(ROUTER, "/companies/{cik}/figures", FigureRow, headers=_SHOWN)
def figures(opened: Opened, page: Paged, cik: Cik, as_of: AsOf = None) -> Any:
    """Key figures of the last twelve months, or the last day, and a year before."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.figures(name, at)
    return shown(page.rows(as_rows(found, FigureRow), FigureRow, ["concept"]), as_of=at)


@table(ROUTER, "/companies/{cik}/tags", TagRow, headers=_SHOWN)
def tags(opened: Opened, page: LongPaged, cik: Cik, as_of: AsOf = None) -> Any:
    """Every taxonomy:tag anything was known of."""
    name, at = known(opened, cik), at_time(as_of)
    found = [{"tag": one} for one in opened.filings.tags(name, at)]
    return shown(page.rows(as_rows(found, TagRow), TagRow, ["tag"]), as_of=at)


@table(ROUTER, "/companies/{cik}/facts/versions", VersionRow, headers=_SHOWN)
def versions(
    opened: Opened, page: Paged, cik: Cik, concept: _Concept, end: _End, start: _Start = None, as_of: AsOf = None
) -> Any:
    """Every version of one value, in the order they became known."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.versions(name, concept, 0 if start is None else to_ns(start), to_ns(end), at)
    if found.empty:
        raise HTTPException(404, f"no {concept} of {name} from {start or 'one moment'} to {end} was known then")
    answer = page.rows(as_rows(found, VersionRow), VersionRow, ["tag", "ts_init", "accession", "ts_start", "ts_event"])
    return shown(answer, as_of=at)


@table(ROUTER, "/companies/{cik}/statements", ItemRow, headers=headers("As-Of", "Currency"))
def statements(
    opened: Opened, page: LongPaged, cik: Cik, kind: Kind = "income", frequency: _Frequency = "annual",
    as_of: AsOf = None,
) -> Any:  # fmt: skip
    """A statement over time as it was known: restated values say what they were, computed ones of what."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.statement(name, kind, frequency, at)
    answer = page.rows(as_rows(found.frame, ItemRow), ItemRow, ["concept", "ts_start", "ts_event"])
    return shown(answer, as_of=at, currency=found.currency)


@table(ROUTER, "/companies/{cik}/restatements", RestatementRow, headers=headers("As-Of", "Total-Count"))
def restatements(opened: Opened, page: LongPaged, cik: Cik, as_of: AsOf = None) -> Any:
    """Each time a filing said a value differently than the one before, the newest first."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.restatements(name, at)
    key = ["tag", "unit", "ts_start", "ts_event", "ts_init", "accession"]
    answer = page.rows(as_rows(found, RestatementRow), RestatementRow, key)
    return shown(answer, as_of=at, total_count=len(found))
