"""REST of what is stored: series, gaps, refused rows, schedules; and all that is known about one span of a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import EVER
from app.server.backfills_answers import RequestState
from app.server.columns import Time, as_rows
from app.server.lines import (
    Adjustment,
    DatasetName,
    InstrumentText,
    PriceType,
    SourceName,
    Spanned,
    TimeframeText,
)
from app.server.rows import LongPaged, table
from app.server.searched import Search, searched
from nautilus_data import TimeRange
from nautilus_data.core.dataset import HISTORIES, Series, parse_timeframe
from nautilus_data.core.timerange import NOTHING

ROUTER = APIRouter(prefix="/api/v1/historical/backfill", tags=["backfill"])
_ALL = 1_000_000
_AS_THEY_STAND = Search()
_Refused = searched("ts_seen", "ts_event", "instrument_id", "reason")
_Scheduled = searched("instrument_id", "state", "ts_next")
_OFF = {"state": "off", "every_s": 0, "ts_next": 0, "ts_last": 0, "last_job": 0}
_SERIES = ["instrument_id", "source", "timeframe", "adjustment", "price_type", "dataset"]


class SeriesFields(BaseModel):
    instrument_id: str
    source: str
    timeframe: str
    adjustment: str


class CoverageRow(SeriesFields):
    price_type: str
    dataset: str = Field(description="bars, observations and so on")
    ts_start: Time | None = Field(description="from here on something was answered")
    ts_end: Time | None
    rows: int = Field(description="stored")
    gaps: int = Field(description="spans between the first and the last answer that nobody asked about")
    ts_watermark: Time | None = Field(description="end of the first unbroken coverage")
    skipped: int = Field(description="spans the source refused")


class GapRow(BaseModel):
    ts_start: Time
    ts_end: Time
    bars: int = Field(description="that are missing; 0: not known, as without a calendar")


class BadRow(SeriesFields):
    dataset: str
    ts_event: Time | None = Field(description="time of the row")
    reason: str = Field(description="why it can't be true")
    row: str = Field(description="as it came")
    job: int
    ts_seen: Time


class CellRequestRow(BaseModel):
    job: int
    ordinal: int
    state: RequestState
    ts_start: Time | None
    ts_end: Time | None
    attempts: int
    rows: int
    expected: int
    error: str
    ts_asked: Time | None
    ts_answered: Time | None


class AnswerRow(BaseModel):
    ts_start: Time | None
    ts_end: Time | None
    reason: str = Field(description="empty: rows came; why the source has none, or refused")


class ScheduleRow(SeriesFields):
    price_type: str
    dataset: str
    state: Literal["on", "off"]
    every_s: int = Field(ge=0, description="seconds between two top-ups; 0: it is off")
    ts_next: Time | None
    ts_last: Time | None
    last_job: int = Field(description="0: none yet")


class SchedulePut(BaseModel):
    every_s: int = Field(ge=1, le=31_536_000, description="seconds between two top-ups", examples=[86_400])


class Changed(BaseModel):
    series: str
    every_s: int = Field(description="0: topped up no more")


@dataclass(frozen=True)
class Line:
    """One stored series, by all that names it."""

    series: Series


def line(
    instrument_id: Annotated[InstrumentText, Query(description="SYMBOL.VENUE, UNRATE.FRED", examples=["AAPL.NASDAQ"])],
    source: Annotated[SourceName, Query(examples=["sample"])],
    timeframe: Annotated[TimeframeText, Query(description="1m, 1d, or 1-DAY")] = "1-DAY",
    adjustment: Adjustment = "raw",
    price_type: PriceType = "LAST",
    dataset: Annotated[DatasetName, Query(description="bars, observations and so on")] = "bars",
) -> Line:
    if dataset not in HISTORIES:
        raise HTTPException(404, f"no history is kept of {dataset!r}; it is of: {', '.join(HISTORIES)}")
    return Line(
        Series(
            instrument_id=instrument_id, source=source, timeframe=parse_timeframe(timeframe), adjustment=adjustment,
            price_type=price_type, dataset=dataset,
        )
    )  # fmt: skip


OneLine = Annotated[Line, Depends(line)]
Dataset = Annotated[DatasetName | None, Query(description="one dataset alone, as bars or observations")]


@table(ROUTER, "/coverage", CoverageRow)
def coverage(opened: Opened, page: LongPaged, dataset: Dataset = None) -> Response:
    """Every series with history: what was asked and answered, stored, missing."""
    if dataset is not None and dataset not in HISTORIES:
        raise HTTPException(404, f"no history is kept of {dataset!r}; it is of: {', '.join(HISTORIES)}")
    frame = opened.backfill.coverage(dataset or "").rename(
        columns={"start": "ts_start", "end": "ts_end", "watermark": "ts_watermark"}
    )
    ordered = frame.sort_values(_SERIES, ignore_index=True)
    return page.rows(as_rows(ordered, CoverageRow), CoverageRow, _SERIES)


@table(ROUTER, "/gaps", GapRow)
def gaps(opened: Opened, page: LongPaged, of: OneLine, within: Spanned) -> Response:
    """Where rows of a series are missing that should be there; by default between the first and the last answer."""
    frame = opened.coverage.gaps(of.series, _closed(within.span, opened.coverage.extent([of.series])))
    return page.rows(as_rows(_spans(frame), GapRow), GapRow, ["ts_start", "ts_end"])


@table(ROUTER, "/bad-rows", BadRow)
def bad_rows(opened: Opened, page: LongPaged, search: _Refused = _AS_THEY_STAND) -> Response:
    """Rows a source gave that can't be true, and were not stored; the newest first unless another order is asked."""
    return _bad_rows(page, search.of(opened.coverage.bad_rows(_ALL)))


@table(ROUTER, "/coverage/requests", CellRequestRow)
def cell_requests(opened: Opened, page: LongPaged, of: OneLine, within: Spanned) -> Response:
    """What was asked about a span of a series, the newest first."""
    frame = _spans(opened.coverage.cell(of.series, within.span).requests)
    return page.rows(as_rows(frame, CellRequestRow), CellRequestRow, ["job", "ordinal"])


@table(ROUTER, "/coverage/answers", AnswerRow)
def cell_answers(opened: Opened, page: LongPaged, of: OneLine, within: Spanned) -> Response:
    """What was answered about a span of a series."""
    frame = _spans(opened.coverage.cell(of.series, within.span).answers)
    return page.rows(as_rows(frame, AnswerRow), AnswerRow, ["ts_start", "ts_end", "reason"])


@table(ROUTER, "/coverage/bad-rows", BadRow)
def cell_bad_rows(opened: Opened, page: LongPaged, of: OneLine, within: Spanned) -> Response:
    """Rows about a span of a series that can't be true."""
    return _bad_rows(page, opened.coverage.cell(of.series, within.span).bad_rows)


@table(ROUTER, "/schedules", ScheduleRow)
def schedules(
    opened: Opened,
    page: LongPaged,
    search: _Scheduled = _AS_THEY_STAND,
    off: Annotated[bool, Query(description="series that are not topped up, too")] = False,
) -> Response:
    """What is topped up by itself, the next due first."""
    rows = [{**vars(one.series), **vars(one), "state": "on"} for one in opened.backfill.schedules()]
    if off:
        known = {tuple(row[name] for name in _SERIES) for row in rows}
        others = [vars(one) for one in opened.coverage.series(dataset="")]
        rows += [{**one, **_OFF} for one in others if tuple(one[name] for name in _SERIES) not in known]
    frame = pd.DataFrame(rows, columns=list(ScheduleRow.model_fields))
    return page.rows(as_rows(search.of(frame), ScheduleRow), ScheduleRow, _SERIES)


@ROUTER.put("/schedules")
def schedule(opened: Opened, of: OneLine, wanted: SchedulePut) -> Changed:
    """Top a series up by itself from now on."""
    opened.backfill.schedule(of.series, wanted.every_s)
    return Changed(series=str(of.series), every_s=wanted.every_s)


@ROUTER.delete("/schedules")
def unschedule(opened: Opened, of: OneLine) -> Changed:
    """Top a series up no more."""
    if all(one.series != of.series for one in opened.backfill.schedules()):
        raise HTTPException(404, f"{of.series} is not topped up: GET this address lists what is")
    opened.backfill.unschedule(of.series)
    return Changed(series=str(of.series), every_s=0)


def _closed(span: TimeRange, whole: TimeRange | None) -> TimeRange:
    """A span that ends, where nothing was said, with what was answered."""
    if whole is None:
        return NOTHING if EVER.start == span.start or EVER.end == span.end else span
    start = whole.start if span.start == EVER.start else span.start
    end = whole.end if span.end == EVER.end else span.end
    return TimeRange(start, max(start, end))


def _bad_rows(page: LongPaged, frame: pd.DataFrame) -> Response:
    # The text of a row tells it from others of the same time.
    key = ["ts_seen", "instrument_id", "source", "timeframe", "adjustment", "ts_event", "reason", "row"]
    return page.rows(as_rows(frame, BadRow), BadRow, key)


def _spans(frame: Any) -> pd.DataFrame:
    return frame.rename(columns={"start": "ts_start", "end": "ts_end"})
