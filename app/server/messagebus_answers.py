"""Message bus answers: what its routes take and give, described for the API documentation."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

MOST = 1_000


class Stream(BaseModel):
    stream: str = Field(description="key in Redis")
    trader_id: str
    topic: str = Field(description="of its last entry; empty where one stream carries all topics")
    entries: int | None = Field(description="in Redis now; null: not known")
    read: int = Field(description="entries this process read")
    rate: float = Field(description="entries a second")
    first_id: str | None
    last_id: str | None
    first_at: str | None = Field(description="ISO 8601 UTC, from the entry id: Redis' clock at the write")
    last_at: str | None
    lag: int | None = Field(description="entries not yet read; null: this Redis can't tell")
    memory_bytes: int | None
    is_trimmed: bool | None = Field(description="were entries dropped from its beginning? null: not known")
    last_message_at: str | None
    state: str = Field(description="live, idle, silent or gone")


class Streams(BaseModel):
    total: int = Field(description="streams that match, on all pages")
    streams: list[Stream]


class Incident(BaseModel):
    id: str
    kind: str
    severity: str = Field(description="bad or warn")
    subject: str
    trader_id: str
    stream: str
    ts_started: str | None
    ts_detected: str | None
    ts_cleared: str | None = Field(description="null: open")
    from_id: str | None
    to_id: str | None
    count: int | None = Field(description="entries it is about; null: can't be known")
    detail: str
    evidence: str | None = Field(description="what cleared it")
    reader: str = Field(description="which process told")


class Acknowledge(BaseModel):
    id: str = Field(min_length=1, description="of an incident that can't clear itself")


class DeadLetter(BaseModel):
    key: str = Field(description="stream|entry id|handler")
    stream: str
    entry_id: str
    handler: str
    topic: str
    trader_id: str
    reason: str
    size: int
    attempts: int
    ts_first: str | None
    ts_last: str | None
    state: str = Field(description="dead, queued, replayed or discarded")
    preview: str = Field(description="the payload's beginning as text")


class Keys(BaseModel):
    keys: list[str] = Field(min_length=1, max_length=MOST, description="keys of dead letters")


class Replayed(BaseModel):
    job_id: int = Field(description="the worker carries it out: GET /api/v1/jobs")


class Discarded(BaseModel):
    discarded: int


class SeenMessage(BaseModel):
    stream: str
    entry_id: str
    at: str | None = Field(description="ISO 8601 UTC, when Redis wrote it")
    trader_id: str
    topic: str
    type: str
    size: int = Field(description="bytes of the payload")
    decoded: Any = Field(description="as JSON; text where it can't be")
    raw: str = Field(description="the payload as text or hex")
    is_cut: bool = Field(description="only the beginning is here")


class BookName(BaseModel):
    trader_id: str
    instrument_id: str


class Level(BaseModel):
    price: str
    size: str
    orders: int


class Book(BaseModel):
    trader_id: str
    instrument_id: str
    bids: list[Level] = Field(description="best first")
    asks: list[Level] = Field(description="best first")
    is_complete: bool = Field(description="false: levels may be missing, `note` says why")
    note: str
    ts_event: str | None
    received_at: str | None


class CapacityAnswer(BaseModel):
    used_bytes: int | None
    limit_bytes: int | None = Field(description="null: not known, or no limit")
    policy: str = Field(description="maxmemory-policy; noeviction: one refused write ends a node's publishing")
    bytes_per_s: float | None
    holds_s: float | None = Field(description="seconds Redis can hold at this rate")
    note: str


class BusReader(BaseModel):
    name: str
    role: str
    host: str
    pid: int
    state: str
    connected_at: str | None
    last_message_at: str | None
    reconnect_attempts: int
    error_message: str | None
    messages_received: int
    lag_entries: int | None
    lag_ms: float | None
    mode: str = Field(description="group, cursors or tail")
    ts_updated: str | None
    is_fresh: bool = Field(description="false: it was not heard from lately")


class Types(BaseModel):
    types: dict[str, int] = Field(description="messages by type since this process reads")
    unknown: list[str] = Field(description="types without a decoder: kept raw")
