"""Backfill answers: what its routes take and give, described for the API documentation."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Mode = Literal["missing", "missing+failed", "all"]


class SourceBackfill(BaseModel):
    """A backfill from the source the route names."""

    instrument_id: str = Field(description="SYMBOL.VENUE, or a symbol only one instrument has; UNRATE.FRED or UNRATE")
    dataset: str = Field("", description="default: what the source is mostly asked for, bars or observations")
    timeframe: str = "1-DAY"
    start: str | None = Field(None, description="ISO 8601; default: all the source has")
    end: str | None = None
    adjustment: str | None = Field(None, description="raw, split or total; default: the first the source has")
    price_type: str = Field("LAST", description="LAST, BID, ASK or MID, of sources that have quotes too")
    mode: Mode = Field("missing", description="missing; missing+failed: what was refused too; all: stored bars too")
    dry_run: bool = Field(False, description="only say what would be asked")


class BackfillRequest(SourceBackfill):
    source: str = "sample"
    adjustment: str | None = "raw"


class BackfillAnswer(BaseModel):
    title: str
    requests: int
    job_id: int | None = Field(description="null: nothing was missing, or a dry run")


class PlannedRequest(BaseModel):
    ordinal: int
    start: str | None = Field(description="ISO 8601 UTC")
    end: str | None
    expected: int = Field(description="bars by the instrument's calendar; 0 of what no calendar tells of")
    cost: int = Field(description="what it takes of the source's quota")


class PlanAnswer(BaseModel):
    title: str
    instrument_id: str
    dataset: str
    source: str
    timeframe: str
    adjustment: str
    price_type: str
    mode: Mode
    start: str | None
    end: str | None
    requests: int
    cost: int
    rows: int = Field(description="rows expected; 0 of what no calendar tells of")
    estimated_end: str | None = Field(description="when it should be done, started now")
    planned: list[PlannedRequest]


class AskedRequest(PlannedRequest):
    state: str = Field(description="NOT_ASKED, DONE, EMPTY, REFUSED or FAILED")
    rows: int
    attempts: int
    error: str
    ts_asked: str | None
    ts_answered: str | None


class BackfillJob(BaseModel):
    id: int
    title: str
    status: str
    done: int
    total: int
    message: str = Field(description="progress, why it pauses, or how it ended")
    cancel_requested: bool
    ts_created: str | None
    ts_started: str | None
    ts_finished: str | None
    ts_updated: str | None


class BackfillStatus(BaseModel):
    is_running: bool
    jobs: list[BackfillJob] = Field(description="newest first")
    requests: list[AskedRequest] | None = Field(description="of the job asked for; null: none was")


class WhichJob(BaseModel):
    job_id: int | None = Field(None, description="null: every backfill that waits or runs")


class Stopped(BaseModel):
    stopped: list[int] = Field(description="jobs asked to stop; what they stored stays")


class Retry(BaseModel):
    job_id: int
    ordinal: int | None = Field(None, description="one request; null: all that failed or were refused")


class Retried(BaseModel):
    job_id: int
    to_ask: int = Field(description="requests to be asked again")


class InstrumentLine(BaseModel):
    instrument_id: str
    name: str
    kind: str
    currency: str
    origin: str = Field(description="predefined, or the source that told")
    aliases: dict[str, str] = Field(description="each source's symbol")


class FindRequest(BaseModel):
    text: str = Field(min_length=1, max_length=100)
    source: str = "yahoo"
    limit: int = Field(10, ge=1, le=50)


class Alias(BaseModel):
    instrument_id: str
    source: str
    symbol: str = Field("", max_length=100, description="empty: forget it")


class HistoricalBar(BaseModel):
    ts_event: str | None = Field(description="close of the bar, ISO 8601 UTC")
    open: str
    high: str
    low: str
    close: str
    volume: float | None


class HistoricalBars(BaseModel):
    instrument_id: str
    timeframe: str
    source: str = Field(description="where these bars come from")
    adjustment: str
    price_type: str
    bars: list[HistoricalBar] = Field(description="the newest of the span, in order of time; prices as exact texts")
