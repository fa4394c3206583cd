"""REST of the sources: how each stands, switches, Interactive Brokers' connection and search, Yahoo's quotes."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.server.answers import Opened, Queued, iso, plain
from nautilus_data import errors

ROUTER = APIRouter(prefix="/api/v1", tags=["sources"])
_BROKERS, _YAHOO = "interactive_brokers", "yahoo"
# What people call them.
_SHORT = {"ib": _BROKERS, "ibkr": _BROKERS, "yfinance": _YAHOO}
_GOOD, _UNKNOWN = ("ok", "connected"), "not used"
_Text = Annotated[str, Query(max_length=100)]


class SourceRow(BaseModel):
    name: str
    title: str
    is_enabled: bool
    is_available: bool
    reason: str | None = Field(description="why it can't be asked now, and what to do")
    state: str = Field(
        description="ok, error, paused, not used, switched off; of a connection: connected, connecting, reconnecting,"
        " disconnected, error, no worker"
    )
    priority: int = Field(description="1 answers first for a bar that several have")
    last_ok_at: str | None = Field(description="ISO 8601 UTC, of the last real request; nothing is asked to find out")
    last_error: str | None
    last_error_at: str | None
    latency_ms: float | None
    quota_used: int
    quota_limit: int = Field(description="0: no limit")
    quota_left: int
    quota_window_s: float
    is_streaming: bool
    capabilities: str
    note: str | None


class AllSources(BaseModel):
    sources: list[SourceRow]


class SourceHealth(BaseModel):
    status: str = Field(description="healthy, unhealthy, disabled (or not set up), or unknown before the first request")
    state: str
    reason: str | None


class AllHealth(BaseModel):
    status: str = Field(description="healthy when all that are switched on are; degraded; unhealthy when none is")
    sources: dict[str, SourceHealth]


class Change(BaseModel):
    at: str
    state: str
    reason: str | None


class IbConnection(BaseModel):
    connection_state: str
    is_connected: bool
    address: str
    client_id: int | None
    server_version: int | None
    connected_at: str | None
    reconnect_attempts: int
    error_message: str | None
    outage: str | None = Field(description="connected to the gateway, but the gateway is not to Interactive Brokers")
    farms: dict[str, str]
    market_data_lines: int
    calls_used: int
    calls_left: int
    history: list[Change]
    told_at: str | None = Field(description="when the worker told this")


class Instrument(BaseModel):
    instrument_id: str
    symbol: str = Field(description="the source's own; of Interactive Brokers the contract's number")
    name: str
    kind: str
    exchange: str
    currency: str


class SearchAnswer(BaseModel):
    query: str
    sec_type: str
    instruments: list[Instrument]


class Quote(BaseModel):
    instrument_id: str
    price: str = Field(description="decimal as text, exact")
    bid: str | None
    ask: str | None
    currency: str
    ts_event: str | None
    delay_s: int = Field(description="how late its exchange lets it go out")
    session: str


class Switched(BaseModel):
    source: str
    is_enabled: bool


@ROUTER.get("/ib/connection/status")
def ib_status(opened: Opened) -> IbConnection:
    """As the worker, which holds the connection, told last."""
    told = opened.desk.connection()
    names = ("address", "client_id", "server_version", "reconnect_attempts", "farms", "calls_used", "calls_left")
    return IbConnection(
        **{name: told[name] for name in names},
        connection_state=told["state"], is_connected=told["state"] == "connected", market_data_lines=told["lines"],
        connected_at=iso(told["connected_at"]), error_message=told["error"] or None, outage=told["outage"] or None,
        history=[_change(one) for one in told["history"]],
        told_at=iso(told["ts_updated"]),
    )  # fmt: skip


@ROUTER.post("/ib/connection/{verb}", status_code=202)
def ib_command(opened: Opened, verb: str) -> Queued:
    """`connect`, `disconnect` or `reconnect`."""
    if verb not in ("connect", "disconnect", "reconnect"):
        raise HTTPException(404, f"there is no {verb!r}: write connect, disconnect or reconnect")
    return Queued(job_id=getattr(opened.desk, verb)(_BROKERS))


@ROUTER.get("/ib/instruments/search/{query:path}")
def ib_search(
    opened: Opened, query: str, sec_type: _Text = "STK", currency: _Text = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> SearchAnswer:  # fmt: skip
    """Contracts of one kind: stocks unless another is named."""
    found = opened.desk.search(_BROKERS, query, limit, sec_type=sec_type.upper(), currency=currency.upper())
    return SearchAnswer(query=query, sec_type=sec_type.upper(), instruments=[plain(one) for one in found])


@ROUTER.get("/yfinance/health")
def yahoo_health(opened: Opened) -> SourceHealth:
    """From the last real request: asking this asks Yahoo nothing."""
    return health_of(opened, _YAHOO)


@ROUTER.get("/yfinance/status")
def yahoo_status(opened: Opened) -> SourceRow:
    return row_of(opened, _YAHOO)


@ROUTER.get("/yfinance/quote/{symbol:path}")
def yahoo_quote(opened: Opened, symbol: str) -> Quote:
    """The latest price, of an instrument or of a symbol as Yahoo writes it; it takes a request of the quota."""
    return quote_of(opened, _YAHOO, symbol)


@ROUTER.get("/multi-datasource/status")
def all_status(opened: Opened) -> AllSources:
    """Every source, in order of priority."""
    return AllSources(sources=_rows(opened))


@ROUTER.get("/multi-datasource/health")
def all_health(opened: Opened) -> AllHealth:
    found = {row.name: _health(row) for row in _rows(opened)}
    is_well = [one.status == "healthy" for one in found.values() if one.status in ("healthy", "unhealthy")]
    status = "healthy" if all(is_well) else "degraded" if any(is_well) else "unhealthy"
    return AllHealth(status=status, sources=found)


@ROUTER.post("/multi-datasource/enable/{source}")
def enable(opened: Opened, source: str) -> Switched:
    """Kept across restarts; every process hears of it within two seconds."""
    name = _known(opened, source)
    opened.desk.enable(name)
    return Switched(source=name, is_enabled=True)


@ROUTER.post("/multi-datasource/disable/{source}")
def disable(opened: Opened, source: str) -> Switched:
    """Nobody asks it from then on; backfills of it wait."""
    name = _known(opened, source)
    opened.desk.disable(name)
    return Switched(source=name, is_enabled=False)


def row_of(opened: Opened, name: str) -> SourceRow:
    """How one source stands."""
    return next(row for row in _rows(opened) if row.name == name)


def health_of(opened: Opened, name: str) -> SourceHealth:
    """How one source stands, by its last real request."""
    return _health(row_of(opened, name))


def quote_of(opened: Opened, source: str, symbol: str) -> Quote:
    """A source's latest price of what a text means."""
    price = opened.desk.quote(source, _instrument(opened, source, symbol))
    texts = {name: None if (value := getattr(price, name)) is None else str(value) for name in ("price", "bid", "ask")}
    return Quote(
        **texts, instrument_id=price.instrument_id, currency=price.currency, ts_event=iso(price.ts_event),
        delay_s=price.delay_s, session=price.session,
    )  # fmt: skip


def _known(opened: Opened, source: str) -> str:
    name = _SHORT.get(source, source)
    if name not in opened.sources:
        raise HTTPException(404, f"no source is called {source!r}; there are: {', '.join(opened.sources)}")
    return name


def _rows(opened: Opened) -> list[SourceRow]:
    return [_source_row(row) for row in opened.desk.list().to_dict("records")]


def _source_row(row: dict[str, Any]) -> SourceRow:
    texts = {name: row[name] or None for name in ("reason", "last_error", "note")}
    latency = None if math.isnan(row["latency_ms"]) else round(row["latency_ms"], 1)
    return SourceRow(**{**plain(row), **texts, "latency_ms": latency})


def _health(row: SourceRow) -> SourceHealth:
    return SourceHealth(status=_word(row), state=row.state, reason=row.reason or row.note or row.last_error)


def _word(row: SourceRow) -> str:
    # What lacks its key is not ill: nobody has set it up.
    if not row.is_enabled or not (row.is_available or row.is_streaming):
        return "disabled"
    if row.state == _UNKNOWN and row.is_available:
        return "unknown"
    return "healthy" if row.state in _GOOD else "unhealthy"


def _change(told: dict[str, Any]) -> Change:
    return Change(at=iso(told["at"]), state=told["state"], reason=told["reason"] or None)


def _instrument(opened: Opened, source: str, symbol: str) -> str:
    """The instrument a text means: of the directory, or what the source finds under exactly this symbol."""
    try:
        return opened.instruments.resolve(symbol)
    except errors.SkippableError:
        found = [one for one in opened.desk.search(source, symbol) if one.symbol.upper() == symbol.upper()]
        if not found:
            title = row_of(opened, source).title
            raise HTTPException(404, f"{title} has no {symbol!r}: look for it by name first") from None
        return found[0].instrument_id
