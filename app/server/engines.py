"""REST of the demo's node: commands the worker carries out, how it stands, its log, its runs."""

from __future__ import annotations

from typing import Annotated, Literal

import pandas as pd
from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.server.answers import Opened, Queued, plain
from app.server.asked import DayText
from app.server.columns import Time, as_rows
from app.server.rows import LongPaged, Paged, table

ROUTER = APIRouter(prefix="/api/v1/engine", tags=["engine"])
State = Literal["STOPPED", "STARTING", "RUNNING", "STOPPING", "FAILED"]
_GOOD = {"RUNNING": "healthy", "STARTING": "healthy", "STOPPING": "healthy", "STOPPED": "stopped"}
_MOST_RUNS = 1_000
_Bars = Annotated[float, Field(gt=0, le=1000, description="bars a second of each instrument", examples=[1.0])]


class StartRun(BaseModel):
    start: DayText = Field("2004-01-02", description="first day replayed")
    warmup: int = Field(250, ge=0, le=10_000, description="sessions replayed unpaced first")
    pace: _Bars = 1.0


class Pace(BaseModel):
    pace: _Bars


class Pending(BaseModel):
    id: int
    kind: str
    title: str
    status: str
    message: str
    ts_created: Time | None


class EngineStatus(BaseModel):
    is_available: bool = Field(description="can a node be started here?")
    reason: str = Field(description="why not, and what to do")
    status: State
    run_id: str
    pid: int = Field(description="0: it does not run")
    pace: float = Field(description="bars a second of each instrument")
    is_paused: bool
    replayed_to: Time | None = Field(description="historical time the replay has reached, UTC")
    bars_sent: int
    bars_total: int
    error: str
    ts_started: Time | None
    ts_updated: Time | None = Field(description="when the worker saw it last")
    log_tail: str = Field(description="the newest lines of its log")
    pending: list[Pending] = Field(description="commands not yet carried out")


class EngineHealth(BaseModel):
    status: Literal["healthy", "stopped", "unhealthy", "unavailable"]
    state: State
    is_paused: bool
    reason: str = Field(description="what is wrong and what to do; empty when nothing is")
    ts_updated: Time | None = Field(description="when the worker saw it last")


class LogLine(BaseModel):
    line: int = Field(ge=1, description="from the oldest that is kept")
    text: str


class RunRow(BaseModel):
    run_id: str
    status: State
    error: str | None
    pid: int | None
    pace: float | None = Field(description="bars a second of each instrument")
    is_paused: bool
    bars_sent: int | None
    bars_total: int | None
    ts_started: Time | None
    ts_stopped: Time | None
    ts_updated: Time | None
    ts_replayed: Time | None = Field(description="historical time the replay has reached, UTC")


@ROUTER.get("")
def engine(opened: Opened) -> EngineStatus:
    """The newest run as the worker saw it last; the same as /api/v1/engine/status."""
    found = {"is_available": opened.engine.is_available, "reason": opened.engine.reason}
    return EngineStatus(**found, **plain(opened.engine.status()))


@ROUTER.get("/status")
def status(opened: Opened) -> EngineStatus:
    """The newest run as the worker saw it last, and commands on their way."""
    return engine(opened)


@ROUTER.get("/health")
def health(opened: Opened) -> EngineHealth:
    """Does the node run? What was stopped is not unhealthy."""
    found = plain(opened.engine.status())
    status = "unavailable" if not opened.engine.is_available else _GOOD.get(found["status"], "unhealthy")
    named = {"state": found["status"], "is_paused": found["is_paused"], "ts_updated": found["ts_updated"]}
    return EngineHealth(status=status, reason=opened.engine.reason or found["error"], **named)


@table(ROUTER, "/logs", LogLine)
def logs(opened: Opened, page: LongPaged) -> Response:
    """The newest lines of the node's log, the oldest of them first."""
    lines = opened.engine.status().log_tail.splitlines()
    return page.rows(pd.DataFrame({"line": range(1, len(lines) + 1), "text": lines}), LogLine, ["line"])


@table(ROUTER, "/runs", RunRow)
def runs(opened: Opened, page: Paged) -> Response:
    """Nodes that were started here, the newest first; what traders of the bus ran is at /api/v1/portfolio/runs."""
    return page.rows(as_rows(opened.engine.runs(_MOST_RUNS), RunRow), RunRow, ["run_id"])


@ROUTER.post("/start", status_code=202)
def start(opened: Opened, run: StartRun) -> Queued:
    """Start a replay of the stored history; one that runs is stopped first."""
    return Queued(job_id=opened.engine.start(start=run.start, warmup=run.warmup, pace=run.pace))


@ROUTER.post("/pause", status_code=202)
def pause(opened: Opened) -> Queued:
    """Hold the replay where it is."""
    return Queued(job_id=opened.engine.pause())


@ROUTER.post("/resume", status_code=202)
def resume(opened: Opened) -> Queued:
    """Go on with a replay that pauses."""
    return Queued(job_id=opened.engine.resume())


@ROUTER.post("/pace", status_code=202)
def pace(opened: Opened, wanted: Pace) -> Queued:
    """Replay faster or slower from now on."""
    return Queued(job_id=opened.engine.set_pace(wanted.pace))


@ROUTER.post("/stop", status_code=202)
def stop(opened: Opened) -> Queued:
    """Stop the node."""
    return Queued(job_id=opened.engine.stop())
