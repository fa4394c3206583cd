"""REST of Interactive Brokers: its connection, search, and what its account holds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query

from app.server.answers import Opened, Queued
from app.server.asked import Symbol, like
from app.server.columns import as_model, as_rows
from app.server.rows import Paged, table
from app.server.shown import headers, shown
from app.server.sources import BROKERS
from app.server.sources_answers import BalanceRow, ChangeRow, HeldRow, IbConnection, InstrumentRow, OutageRow

ROUTER = APIRouter(prefix="/api/v1/ib", tags=["interactive brokers"])
_Verb = Annotated[Literal["connect", "disconnect", "reconnect"], Path(description="what the worker shall do")]
_Kind = Annotated[
    str, *like(r"[A-Za-z]*", "a kind of contract", 12, 0), Query(description="STK, FUT, CASH, IND, OPT, CRYPTO, BOND …")
]
_Currency = Annotated[
    str, *like(r"[A-Za-z]*", "a currency", 6, 0), Query(description="as USD; default: whichever")
]  # fmt: skip


@ROUTER.get("/connection/status")
def status(opened: Opened) -> IbConnection:
    """As the worker, which holds the connection, told last."""
    told = opened.desk.connection()
    return as_model(told, IbConnection, is_connected=told["state"] == "connected")


@table(ROUTER, "/connection/history", ChangeRow)
def history(opened: Opened, page: Paged) -> Any:
    """Changes of the connection's state, the newest first."""
    found = sorted(opened.desk.connection()["history"], key=lambda one: -one["at"])
    rows = [{"ts_event": one["at"], "state": one["state"], "reason": one["reason"]} for one in found]
    return page.rows(as_rows(rows, ChangeRow), ChangeRow, ["ts_event", "state"])


@table(ROUTER, "/connection/outages", OutageRow)
def outages(opened: Opened, page: Paged) -> Any:
    """Times without live data, the newest first."""
    found = sorted(opened.desk.connection()["outages"], key=lambda one: -one["start"])
    rows = [{"ts_start": one["start"], "ts_end": one["end"], "reason": one["reason"]} for one in found]
    return page.rows(as_rows(rows, OutageRow), OutageRow, ["ts_start"])


@ROUTER.post("/connection/{verb}", status_code=202)
def command(opened: Opened, verb: _Verb) -> Queued:
    """Connect, disconnect or start over; the worker does it."""
    return Queued(job_id=getattr(opened.desk, verb)(BROKERS))


@table(ROUTER, "/instruments/search/{query:path}", InstrumentRow)
def search(opened: Opened, page: Paged, query: Symbol, sec_type: _Kind = "STK", currency: _Currency = "") -> Any:
    """Contracts of one kind, stocks unless another is named; `limit` of them are asked for."""
    found = opened.desk.search(BROKERS, query, page.limit, sec_type=sec_type.upper(), currency=currency.upper())
    return page.rows(as_rows(map(vars, found), InstrumentRow), InstrumentRow, ["instrument_id", "symbol"])


@table(ROUTER, "/account", BalanceRow, headers=headers("Told-At"))
def account(opened: Opened, page: Paged) -> Any:
    """Balances, as the broker told them last."""
    found = opened.desk.account()
    answer = page.rows(as_rows(found, BalanceRow), BalanceRow, ["account", "tag", "currency"])
    return shown(answer, told_at=found.attrs["ts_updated"])


@table(ROUTER, "/positions", HeldRow, headers=headers("Told-At"))
def positions(opened: Opened, page: Paged) -> Any:
    """Positions held with the broker, whoever opened them, as it told them last."""
    found = opened.desk.positions()
    answer = page.rows(as_rows(found, HeldRow), HeldRow, ["account", "instrument_id"])
    return shown(answer, told_at=found.attrs["ts_updated"])
