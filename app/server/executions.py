"""REST of executions: round trips, the life of an order, working orders and marks of one instrument."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import like
from app.server.columns import Exact, Time, as_rows
from app.server.lines import InstrumentText, Spanned
from app.server.portfolio import Owner, Run, Trader
from app.server.portfolio_rows import RunId
from app.server.rows import LongPaged, Paged, table
from nautilus_data.core.round_trip import RoundTrip

ROUTER = APIRouter(prefix="/api/v1/portfolio", tags=["portfolio"])
_ALL = 1_000_000
Instrument = Annotated[InstrumentText, Query(description="SYMBOL.VENUE", examples=["AAPL.NASDAQ"])]
OrderId = Annotated[str, *like(r"[^\x00-\x1f\x7f-\x9f]+", "an order's id", 200), Query(description="client order id")]


class TripRow(BaseModel):
    trader_id: str
    run_id: RunId
    position_id: str
    strategy_id: str
    instrument_id: str
    side: str = Field(description="LONG or SHORT")
    currency: str = Field(description="of the profit")
    ts_opened: Time | None
    ts_closed: Time | None = Field(description="null: something is held")
    entries: int = Field(description="fills that opened it")
    exits: int = Field(description="fills that closed of it")
    quantity: Exact = Field(description="exact; what was closed")
    held_qty: Exact = Field(description="exact; what is still held")
    pnl: Exact | None = Field(description="realized, before commissions; first in, first out")
    net_pnl: Exact | None = Field(description="realized, less commissions in the same currency")
    booked_pnl: Exact | None = Field(description="as NautilusTrader says, commissions in it")
    return_fraction: float | None = Field(description="of what it took to enter: 0.01 is 1 %")
    lasted_s: float | None = Field(description="from the first entry to the last exit, on the chart's clock")
    paid: dict[str, str] = Field(description="commissions by currency")


class LifeRow(BaseModel):
    ts_event: Time | None = Field(description="the node's own clock, UTC")
    ts_plot: Time | None = Field(description="where it stands on a chart: the bar replayed then, else its own time")
    is_exact: bool = Field(description="false: the replayed bar was estimated")
    type: str = Field(description="OrderInitialized, OrderFilled and so on")
    words: str
    price: Exact | None
    trigger_price: Exact | None
    quantity: Exact | None
    filled_qty: Exact | None = Field(description="by then")
    reason: str | None
    trade_id: str | None


class WorkingRow(BaseModel):
    trader_id: str
    run_id: RunId
    client_order_id: str
    strategy_id: str | None
    side: str | None
    type: str | None
    time_in_force: str | None
    status: str
    quantity: Exact | None
    filled_qty: Exact | None
    left_qty: Exact | None
    price: Exact | None
    trigger_price: Exact | None
    ts_since: Time | None = Field(description="the node's own clock, UTC")
    notes: list[str]


@table(ROUTER, "/round-trips", TripRow)
def round_trips(opened: Opened, page: LongPaged, instrument_id: Instrument, owner: Owner, within: Spanned) -> Response:
    """Positions of an instrument from flat to flat, the newest first; a span is of the chart's time."""
    found = opened.executions.round_trips(instrument_id, within.chosen, **owner.asked, limit=_ALL)
    frame = pd.DataFrame(_told(found.trips), columns=list(TripRow.model_fields))
    key = ["ts_opened", "trader_id", "run_id", "position_id"]
    return page.rows(as_rows(frame.sort_values(key, ascending=False, ignore_index=True), TripRow), TripRow, key)


@table(ROUTER, "/orders/life", LifeRow)
def life(
    opened: Opened,
    page: Paged,
    trader_id: Annotated[Trader, Query(examples=["DEMO-001"])],
    run_id: Run,
    client_order_id: OrderId,
) -> Response:
    """Every event of an order, in order."""
    frame = opened.executions.life(trader_id, run_id, client_order_id)
    if frame.empty:
        raise HTTPException(404, f"run {run_id} of {trader_id} has no order {client_order_id!r}")
    numbered = as_rows(frame, LifeRow).assign(place=range(len(frame)))
    return page.rows(numbered, LifeRow, ["place"])


@table(ROUTER, "/orders/working", WorkingRow)
def working(opened: Opened, page: Paged, instrument_id: Instrument, owner: Owner) -> Response:
    """Orders of an instrument that work now, the newest first; a run that another one followed has none."""
    frame = opened.executions.working(instrument_id, **owner.asked)
    frame = frame.assign(run_id=frame["run_id"].map(str))
    key = ["ts_since", "trader_id", "client_order_id"]
    return page.rows(as_rows(frame.sort_values(key, ascending=False, ignore_index=True), WorkingRow), WorkingRow, key)


def _told(trips: tuple[RoundTrip, ...]) -> Iterator[dict[str, Any]]:
    for trip in trips:
        lasted, entries = trip.lasted_ns, [*(link.entry for link in trip.links), *(lot.entry for lot in trip.lots)]
        yield {
            **{name: str(value) for name, value in vars(trip.position).items()},
            "side": trip.side, "currency": trip.currency, "ts_opened": trip.ts_opened, "ts_closed": trip.ts_closed,
            "entries": len({entry.event_id for entry in entries}),
            "exits": len({link.exit.event_id for link in trip.links}),
            "quantity": sum(link.qty for link in trip.links), "held_qty": sum(lot.qty for lot in trip.lots),
            "pnl": trip.pnl, "net_pnl": trip.net_pnl, "booked_pnl": trip.booked_pnl,
            "return_fraction": trip.return_fraction, "lasted_s": None if lasted is None else lasted / 1e9,
            "paid": {currency: f"{amount:f}" for currency, amount in trip.paid.items()},
        }  # fmt: skip
