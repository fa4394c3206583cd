"""REST of how it stands: health, status, the reader that stores, and jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.server.answers import Opened, opened_workspace, plain
from app.server.asked import like
from app.server.columns import Time, as_rows
from app.server.rows import LongPaged, table

ROUTER = APIRouter(tags=["status"])
_MOST = 10_000
State = Literal["disconnected", "connecting", "connected", "reconnecting", "error"]
Correlation = Annotated[
    str, *like("[!-~]*", "the id of a request", 200, 0), Query(description="of one request alone: its `request_id`")
]


class Health(BaseModel):
    status: Literal["ok", "degraded"] = Field(description="degraded: the store can't be read")
    environment: str | None = Field(None, description="told to who is logged in")
    debug: bool | None = Field(None, description="told to who is logged in")


class BusStatus(BaseModel):
    """The message bus as this process reads it."""

    state: State
    connected_at: Time | None
    last_message_at: Time | None
    reconnect_attempts: int
    error_message: str
    messages_received: int = Field(description="every entry read once, heartbeats included")
    rate: float = Field(description="entries a second")
    lag_entries: int | None = Field(description="entries not read yet; null: not known")
    lag_ms: float | None
    streams: int
    address: str
    silent: list[str] = Field(description="traders whose streams had a rhythm and lost it")
    note: str
    garbage: int = Field(description="entries nobody could read")
    incidents: int = Field(description="how many things are wrong now")
    trouble: str = Field(description="the worst of them")
    is_bad: bool = Field(description="values shown are old or wrong")


class StoreStatus(BaseModel):
    url: str = Field(description="without a password")
    size_bytes: int
    rows: list[tuple[str, int]] = Field(description="of each table")
    ok: bool
    error: str
    layout: str


class WorkerStatus(BaseModel):
    """Who writes to the store."""

    alive: bool
    holder: str
    heartbeat_at: Time | None
    ingested_at: Time | None = Field(description="time of the last bus entry written")
    note: str


class SourceStatus(BaseModel):
    name: str
    title: str
    is_available: bool
    reason: str = Field(description="why not, and what to do")
    last_used_at: Time | None


class NodeStatus(BaseModel):
    trader_id: str
    state: str
    heartbeat_at: Time | None
    is_stale: bool
    run_id: int = Field(description="when its run began, UTC nanoseconds; 0: nobody saw it begin")
    note: str
    last_message_at: Time | None


class JobStatus(BaseModel):
    id: int
    kind: str
    title: str
    params: dict[str, object]
    status: Literal["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
    done: int
    total: int
    message: str
    cancel_requested: bool
    ts_created: Time | None
    ts_started: Time | None
    ts_finished: Time | None
    ts_updated: Time | None


class Status(BaseModel):
    is_demo: bool
    bus: BusStatus
    store: StoreStatus
    worker: WorkerStatus
    sources: list[SourceStatus]
    nodes: list[NodeStatus]
    jobs: list[JobStatus] = Field(description="the newest; all are at /api/v1/jobs")


class MessageBusStatus(BaseModel):
    connection_state: State
    connected_at: Time | None
    last_message_at: Time | None
    reconnect_attempts: int
    error_message: str | None
    messages_received: int = Field(description="every entry read once, heartbeats included")


class Asked(BaseModel):
    message: str


class JobRow(BaseModel):
    id: int
    kind: str = Field(examples=["backfill"])
    title: str
    status: Literal["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]
    done: int = Field(description="parts of it that are done")
    total: int = Field(description="0: not known")
    message: str = Field(description="progress, why it waits, or how it ended")
    actor: str = Field(description="who asked for it; empty: it was due by itself")
    correlation: str = Field(description="the request that asked for it, as in log and audit")
    ts_created: Time
    ts_finished: Time | None


@ROUTER.get("/health", response_model_exclude_none=True)
def health(request: Request) -> Health:
    """Can it be used? Open to everybody."""
    found = opened_workspace()
    status = "ok" if found.overview.can_read() else "degraded"
    if request.scope.get("state", {}).get("identity") is None:
        return Health(status=status)
    return Health(status=status, environment=found.settings.environment, debug=found.settings.debug)


@ROUTER.get("/api/v1/status")
def status(opened: Opened) -> Status:
    """What the overview page shows."""
    return Status(is_demo=opened.is_demo, **plain(opened.overview.status()))


@ROUTER.get("/api/v1/messagebus/status")
def messagebus(opened: Opened) -> MessageBusStatus:
    """How the reader that stores stands, whichever process is asked; all are at /api/v1/messagebus/readers."""
    found = plain(opened.bus.status())
    named = {**found, "connection_state": found["state"], "error_message": found["error_message"] or None}
    return MessageBusStatus(**named)


@ROUTER.post("/api/v1/messagebus/reconnect", status_code=202)
def reconnect(opened: Opened) -> Asked:
    """Every reader starts over, as after the tries were exhausted."""
    opened.bus.reconnect()
    return Asked(message="asked: see /api/v1/messagebus/status")


@table(ROUTER, "/api/v1/jobs", JobRow)
def jobs(opened: Opened, page: LongPaged, correlation: Correlation = "") -> Response:
    """The newest 10,000 jobs of all kinds, the newest first, with who asked for each."""
    return page.rows(as_rows(opened.system.jobs(_MOST, correlation), JobRow), JobRow, ["id"])
