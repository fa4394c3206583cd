"""REST of the coverage map: what is stored, missing, empty and refused of each series, cell by cell of equal time."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import EVER, like
from app.server.columns import Time, as_rows
from app.server.lines import DatasetName, SourceName, Spanned, TimeframeText
from app.server.rows import LongPaged, table
from nautilus_data.core.dataset import HISTORIES, parse_timeframe

ROUTER = APIRouter(prefix="/api/v1/historical/backfill", tags=["backfill"])
_MOST_SERIES = 100
_KEY = ["instrument_id", "source", "timeframe", "adjustment", "price_type", "dataset", "ts_start"]
_Match = Annotated[
    str, *like(r"[^\x00-\x1f\x7f-\x9f]*", "a part of an id", 100, 0), Query(description="a part of the instrument's id")
]  # fmt: skip


class CellRow(BaseModel):
    instrument_id: str
    source: str
    timeframe: str
    adjustment: str
    price_type: str
    dataset: str
    ts_start: Time
    ts_end: Time
    expected: int = Field(description="rows, by the calendar; 0: not known")
    stored: int
    missing: int = Field(description="expected, and nobody asked")
    empty: int = Field(description="expected, and the source has none")
    refused: int = Field(description="expected, and the source refused")
    unasked: int = Field(description="of the missing, those before the first and after the last answer")
    answered: bool
    state: str = Field(description="what most of the cell is")


@table(ROUTER, "/coverage/map", CellRow)
def coverage_map(
    opened: Opened,
    page: LongPaged,
    within: Spanned,
    dataset: Annotated[DatasetName, Query(description="bars, observations and so on")] = "bars",
    timeframe: Annotated[TimeframeText | None, Query(description="1m, 1d, or 1-DAY; default: all")] = None,
    source: Annotated[SourceName | None, Query(description="one source alone")] = None,
    match: _Match = "",
    first: Annotated[int, Query(ge=0, le=100_000, description="so many series are left out in front")] = 0,
    cells: Annotated[int, Query(ge=1, le=1_000, description="of each series; a hundred series have an answer")] = 100,
) -> Response:
    """One row a series and cell, as the map of page backfill draws them; by default of all time."""
    fitting = _series(opened, dataset, timeframe, source, match)[first : first + _MOST_SERIES]
    span = within.span if within.span.start != EVER.start and within.span.end != EVER.end else None
    found = opened.coverage.map(fitting, span, cells).rename(columns={"start": "ts_start", "end": "ts_end"})
    return page.rows(as_rows(found, CellRow), CellRow, _KEY)


def _series(opened: Any, dataset: str, timeframe: str | None, source: str | None, match: str) -> list[Any]:
    if dataset not in HISTORIES:
        raise HTTPException(404, f"no history is kept of {dataset!r}; it is of: {', '.join(HISTORIES)}")
    wanted = None if timeframe is None else parse_timeframe(timeframe)
    return [
        one
        for one in opened.coverage.series(dataset=dataset)
        if wanted in (None, one.timeframe) and source in (None, one.source)
        and match.strip().lower() in one.instrument_id.lower()
    ]  # fmt: skip
