"""Sources answers: what the routes of the sources take and give, described for the API documentation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.server.asked import like
from app.server.columns import Exact, Time

InstrumentId = Annotated[
    str, *like(r"[^\x00-\x20\x7f-\x9f]+\.[A-Za-z0-9_-]+", "SYMBOL.VENUE, as in AAPL.NASDAQ", 64),
    Field(examples=["AAPL.NASDAQ"]),
]  # fmt: skip
WatchKind = Literal["quotes", "LAST", "MID", "BID", "ASK"]
_SHARE = "of a whole: 0.01 is 1 %"


class SourceRow(BaseModel):
    name: str
    title: str
    url: str | None = Field(description="what it is, and under which terms")
    is_enabled: bool
    is_available: bool
    reason: str | None = Field(description="why it can't be asked now, and what to do")
    state: str = Field(
        description="ok, error, paused, not used, not set up, switched off; of a connection: connected, connecting,"
        " reconnecting, disconnected, error, no worker"
    )
    priority: int = Field(ge=1, description="1 answers first for a bar that several have")
    last_ok_at: Time | None = Field(description="of the last real request, UTC; nothing is asked to find out")
    last_error: str | None
    last_error_at: Time | None
    latency_ms: float | None
    quota_used: int = Field(ge=0, description="requests, of the limit that is nearest to its end")
    quota_limit: int = Field(ge=0, description="0: no limit")
    quota_left: int
    quota_window_s: float
    is_streaming: bool
    capabilities: str
    note: str | None


class QuotaRow(BaseModel):
    source: str
    limit: int = Field(ge=1, description="requests in a window")
    used: int = Field(ge=0, description="by all processes of this machine")
    left: int
    window_s: float


class SourceHealth(BaseModel):
    status: Literal["healthy", "unhealthy", "disabled", "unknown"] = Field(
        description="disabled: switched off or not set up; unknown: before the first request"
    )
    state: str
    reason: str | None


class AllHealth(BaseModel):
    status: Literal["healthy", "degraded", "unhealthy", "disabled", "unknown"] = Field(
        description="of those that were asked: healthy: none is ill; degraded: some are; unhealthy: all are; unknown:"
        " none was asked; disabled: none can be"
    )
    sources: dict[str, SourceHealth]


class Order(BaseModel):
    names: list[Annotated[str, Field(max_length=40)]] = Field(
        max_length=50, description="sources, the one that answers first in front; nautilus is the live bus"
    )


class Switched(BaseModel):
    source: str
    is_enabled: bool


class WatchRow(BaseModel):
    source: str
    instrument_id: str
    kind: WatchKind = Field(description="quotes, or the price type of five-second bars")
    ts_asked: Time
    note: str | None = Field(description="why nothing comes, and what to do")
    price: Exact | None = Field(description="the last value that came; null, as those that follow: none did")
    bid: Exact | None
    ask: Exact | None
    volume: Exact | None
    is_delayed: bool | None
    is_stale: bool | None = Field(description="its source is not connected now")
    ts_event: Time | None
    ts_received: Time | None


class WatchOrder(BaseModel):
    instrument_id: InstrumentId
    kind: WatchKind = Field("quotes", description="quotes, or the price type of five-second bars")


class LatestRow(BaseModel):
    source: str
    instrument_id: str
    kind: str
    price: Exact | None
    bid: Exact | None
    ask: Exact | None
    volume: Exact | None
    is_delayed: bool
    is_stale: bool = Field(description="its source is not connected now")
    ts_event: Time | None
    ts_received: Time | None


class DisagreementRow(BaseModel):
    instrument_id: str
    timeframe: str
    adjustment: str
    ts_event: Time
    source_a: str
    source_b: str
    close_a: Exact
    close_b: Exact
    difference: float | None = Field(description=f"of b from a, {_SHARE}")


class IbConnection(BaseModel):
    connection_state: str = Field(
        validation_alias="state",
        description="connected, connecting, reconnecting, disconnected, error, no worker or switched off",
    )
    is_connected: bool
    address: str
    client_id: int | None
    server_version: int | None
    connected_at: Time | None
    reconnect_attempts: int
    error_message: str | None = Field(validation_alias="error")
    outage: str | None = Field(description="connected to the gateway, but the gateway is not to Interactive Brokers")
    farms: dict[str, str]
    market_data_lines: int = Field(validation_alias="lines", description="live quotes and 5 s bars")
    calls_used: int
    calls_left: int
    told_at: Time | None = Field(validation_alias="ts_updated", description="when the worker told this")


class ChangeRow(BaseModel):
    ts_event: Time
    state: str
    reason: str | None


class OutageRow(BaseModel):
    ts_start: Time
    ts_end: Time | None = Field(description="null: it lasts")
    reason: str | None


class BalanceRow(BaseModel):
    account: str
    tag: str = Field(description="as Interactive Brokers calls it, as NetLiquidation")
    value: str = Field(description="as told: a decimal, or words")
    currency: str = Field(description="empty where it is of none, or of all")


class HeldRow(BaseModel):
    account: str
    instrument_id: str
    quantity: Exact = Field(description="decimal as text, exact; negative: short")
    average_cost: Exact | None = Field(description="decimal as text, exact")


class InstrumentRow(BaseModel):
    instrument_id: str
    symbol: str = Field(description="the source's own; of Interactive Brokers the contract's number")
    name: str
    kind: str
    exchange: str | None
    currency: str | None


class Quote(BaseModel):
    instrument_id: str
    price: Exact
    bid: Exact | None
    ask: Exact | None
    currency: str | None
    ts_event: Time | None
    delay_s: int = Field(ge=0, description="how late its exchange lets it go out")
    session: str | None
