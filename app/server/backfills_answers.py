"""Backfill answers: what its routes take and give, described for the API documentation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.server.asked import TimeText
from app.server.columns import Time
from app.server.lines import Adjustment, DatasetName, InstrumentText, PriceType, SourceName, TimeframeText

Mode = Literal["missing", "missing+failed", "all"]
JobState = Literal["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
RequestState = Literal["NOT_ASKED", "DONE", "EMPTY", "REFUSED", "FAILED"]
JobId = Annotated[int, Field(ge=1, lt=2**63, description="as /api/v1/historical/backfill/status lists them")]
Ordinal = Annotated[int, Field(ge=0, lt=2**31)]


class SourceBackfill(BaseModel):
    """A backfill from the source the route names."""

    instrument_id: InstrumentText = Field(
        description="SYMBOL.VENUE, or a symbol only one instrument has; UNRATE.FRED or UNRATE", examples=["AAPL.NASDAQ"]
    )
    dataset: DatasetName | Literal[""] = Field(
        "", description="default: what the source is mostly asked for, bars or observations"
    )
    timeframe: TimeframeText = Field("1-DAY", description="1m, 5m, 1h, 1d, or 1-DAY")
    start: TimeText | None = Field(None, description="default: all the source has")
    end: TimeText | None = Field(None, description="to before this time; default: now")
    adjustment: Adjustment | None = Field(None, description="default: the first the source has")
    price_type: PriceType = Field("LAST", description="BID, ASK or MID of sources that have quotes too")
    mode: Mode = Field("missing", description="missing; missing+failed: what was refused too; all: stored bars too")
    dry_run: bool = Field(False, description="only say what would be asked")


class BackfillRequest(SourceBackfill):
    source: SourceName = "sample"
    adjustment: Adjustment | None = Field("raw", description="null: the first the source has")


class BackfillAnswer(BaseModel):
    title: str
    requests: int
    job_id: int | None = Field(description="null: nothing was missing, or a dry run")


class PlannedRequest(BaseModel):
    ordinal: int
    start: Time | None
    end: Time | None
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
    start: Time | None
    end: Time | None
    requests: int
    cost: int
    rows: int = Field(description="rows expected; 0 of what no calendar tells of")
    estimated_end: Time | None = Field(description="when it should be done, started now")
    planned: list[PlannedRequest]


class AskedRequest(PlannedRequest):
    state: RequestState
    rows: int
    attempts: int
    error: str
    ts_asked: Time | None
    ts_answered: Time | None


class RequestRow(BaseModel):
    ordinal: int
    state: RequestState
    ts_start: Time | None
    ts_end: Time | None = Field(description="to before this time")
    expected: int = Field(description="bars by the instrument's calendar; 0 of what no calendar tells of")
    rows: int = Field(description="rows it brought")
    cost: int = Field(description="what it takes of the source's quota")
    attempts: int
    error: str
    ts_asked: Time | None
    ts_answered: Time | None


class BackfillJob(BaseModel):
    id: int
    title: str
    status: JobState
    done: int = Field(description="requests that were answered")
    total: int
    message: str = Field(description="progress, why it pauses, or how it ended")
    cancel_requested: bool
    ts_created: Time | None
    ts_started: Time | None
    ts_finished: Time | None
    ts_updated: Time | None


class BackfillStatus(BaseModel):
    is_running: bool
    jobs: list[BackfillJob] = Field(description="newest first")
    requests: list[AskedRequest] | None = Field(description="of the job asked for; null: none was")


class WhichJob(BaseModel):
    job_id: JobId | None = Field(None, description="null: every backfill that waits or runs")


class OneJob(BaseModel):
    job_id: JobId


class Stopped(BaseModel):
    stopped: list[int] = Field(description="jobs asked to stop; what they stored stays")


class Retry(BaseModel):
    job_id: JobId
    ordinal: Ordinal | None = Field(None, description="one request; null: all that failed or were refused")


class Retried(BaseModel):
    job_id: int
    to_ask: int = Field(description="requests to be asked again")
