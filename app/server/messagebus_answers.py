"""Message bus answers: what its routes take and give, described for the API documentation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.server.asked import like
from app.server.columns import Exact, Time

MOST = 1_000
_Key = Annotated[str, *like(r"[^\x00-\x1f\x7f-\x9f]+", "the key of a row", 2000)]


class StreamRow(BaseModel):
    stream: str = Field(description="key in Redis")
    trader_id: str
    topic: str = Field(description="of its last entry; empty where one stream carries all topics")
    entries: int | None = Field(description="in Redis now; null: not known")
    read: int = Field(description="entries this process read")
    rate: float = Field(description="entries a second")
    first_id: str | None
    last_id: str | None
    first_at: Time | None = Field(description="from the entry id: Redis' clock at the write")
    last_at: Time | None
    lag: int | None = Field(description="entries not yet read; null: this Redis can't tell")
    memory_bytes: int | None
    is_trimmed: bool | None = Field(description="were entries dropped from its beginning? null: not known")
    last_message_at: Time | None
    state: Literal["live", "idle", "silent", "gone"]


class IncidentRow(BaseModel):
    id: str
    kind: str
    severity: Literal["bad", "warn"]
    subject: str
    trader_id: str
    stream: str
    ts_started: Time | None
    ts_detected: Time | None
    ts_cleared: Time | None = Field(description="null: open")
    from_id: str | None
    to_id: str | None
    count: int | None = Field(description="entries it is about; null: can't be known")
    detail: str
    evidence: str | None = Field(description="what cleared it")
    reader: str = Field(description="which process told")


class Acknowledge(BaseModel):
    id: _Key = Field(description="of an incident that can't clear itself")


class DeadLetterRow(BaseModel):
    key: str = Field(description="stream|entry id|handler")
    stream: str
    entry_id: str
    handler: str
    topic: str
    trader_id: str
    reason: str
    size: int = Field(description="bytes of the payload")
    attempts: int
    ts_first: Time | None
    ts_last: Time | None
    state: Literal["dead", "queued", "replayed", "discarded"]
    preview: str = Field(description="the payload's beginning as text")


class Keys(BaseModel):
    keys: list[_Key] = Field(min_length=1, max_length=MOST, description="keys of dead letters")


class Acknowledged(BaseModel):
    message: str


class Discarded(BaseModel):
    discarded: int


class MessageRow(BaseModel):
    stream: str
    entry_id: str
    written_at: Time | None = Field(validation_alias="at", description="when Redis wrote it")
    trader_id: str
    topic: str
    type: str
    size: int = Field(description="bytes of the payload")
    decoded: str = Field(description="as JSON; other text where it can't be")
    raw: str = Field(description="the payload as text or hex")
    is_cut: bool = Field(description="only the beginning is here")


class BookRow(BaseModel):
    trader_id: str
    instrument_id: str


class BookState(BaseModel):
    trader_id: str
    instrument_id: str
    bids: int = Field(description="levels")
    asks: int = Field(description="levels")
    is_complete: bool = Field(description="false: levels may be missing, `note` says why")
    note: str | None
    ts_event: Time | None
    received_at: Time | None


class LevelRow(BaseModel):
    side: Literal["bid", "ask"]
    place: int = Field(ge=1, description="1 is the best")
    price: Exact = Field(description="decimal as text, exact")
    size: Exact = Field(description="decimal as text, exact")
    orders: int


class Capacity(BaseModel):
    used_bytes: int | None
    limit_bytes: int | None = Field(description="null: not known, or no limit")
    policy: str | None = Field(description="maxmemory-policy; noeviction: one refused write ends a node's publishing")
    bytes_per_s: float | None
    holds_s: float | None = Field(description="seconds Redis can hold at this rate")
    note: str | None


class ReaderRow(BaseModel):
    name: str
    role: str
    host: str
    pid: int
    state: str
    connected_at: Time | None
    last_message_at: Time | None
    reconnect_attempts: int
    error_message: str | None
    messages_received: int
    lag_entries: int | None
    lag_ms: float | None
    mode: str | None = Field(description="group, cursors or tail")
    ts_updated: Time | None
    is_fresh: bool = Field(description="false: it was not heard from lately")


class TypeRow(BaseModel):
    type: str
    count: int = Field(ge=0, description="messages since this process reads")
    is_known: bool = Field(description="false: without a decoder, kept raw")


class RateRow(BaseModel):
    ts_event: Time = Field(validation_alias="second", description="the second it is of, UTC")
    kind: str
    rate: float = Field(description="entries a second")


class ChangeRow(BaseModel):
    ts_event: Time
    state: str
    reason: str | None
