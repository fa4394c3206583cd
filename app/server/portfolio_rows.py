"""Portfolio rows: what REST tells of accounts, positions, orders, fills, equity and totals."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from app.server.columns import Exact, Time

RunId = Annotated[
    str, Field(pattern="^[0-9]+$", description="when the run began, UTC ns", examples=["1795000000000000000"])
]
Money = Annotated[Exact, Field(description="exact, in `currency`")]
_SIGNED = "exact; below 0 of a short position"
_PX = "average; a float, as NautilusTrader has it"


class TraderRow(BaseModel):
    trader_id: str = Field(examples=["DEMO-001"])


class RunRow(BaseModel):
    trader_id: str = Field(examples=["DEMO-001"])
    run_id: RunId
    ts_started: Time | None = Field(description="null: nobody saw it begin")
    ts_last: Time | None = Field(description="when its accounts were told last")


class AccountRow(BaseModel):
    trader_id: str
    run_id: RunId
    account_id: str
    account_type: str = Field(description="CASH, MARGIN or BETTING")
    currency: str
    base_currency: str | None = Field(description="null: the account has several currencies")
    total: Money | None
    locked: Money | None
    free: Money | None
    ts_event: Time | None


class PositionRow(BaseModel):
    trader_id: str
    run_id: RunId
    position_id: str
    strategy_id: str
    instrument_id: str
    account_id: str | None
    side: str = Field(description="LONG, SHORT or FLAT")
    signed_qty: Exact | None = Field(description=_SIGNED)
    peak_qty: Exact | None = Field(description="exact; the most that was held")
    avg_px_open: float | None = Field(description=_PX)
    avg_px_close: float | None = Field(description=_PX)
    mark: Exact | None = Field(description="the latest price; null: not known, or of an earlier run")
    mark_kind: str | None = Field(description="what the mark is: bar, trade, quote")
    ts_marked: Time | None = Field(description="when the mark came, UTC")
    unrealized_pnl: Money | None = Field(description="null: not known")
    realized_pnl: Money | None = Field(description="as NautilusTrader says, commissions in it")
    realized_return: float | None = Field(description="a fraction: 0.01 is 1 %")
    value: Money | None = Field(description="what it adds to its account's balance to make equity")
    currency: str | None
    ts_opened: Time | None
    ts_closed: Time | None = Field(description="null: open")
    ts_last: Time | None


class OrderRow(BaseModel):
    trader_id: str
    run_id: RunId
    client_order_id: str
    venue_order_id: str | None
    strategy_id: str | None
    instrument_id: str | None
    account_id: str | None
    side: str | None = Field(description="BUY or SELL")
    type: str | None = Field(description="MARKET, LIMIT, STOP_MARKET and so on")
    time_in_force: str | None
    quantity: Exact | None
    filled_qty: Exact | None
    avg_px: float | None = Field(description=_PX)
    price: Exact | None
    trigger_price: Exact | None
    status: str | None = Field(description="as NautilusTrader's OrderStatus, and VOIDED")
    reason: str | None = Field(description="why it was denied, rejected or canceled")
    ts_init: Time | None = Field(description="when it was made, UTC")
    ts_last: Time | None = Field(description="when it changed last, UTC")


class FillRow(BaseModel):
    trader_id: str
    run_id: RunId
    event_id: str
    client_order_id: str
    venue_order_id: str | None
    trade_id: str | None
    position_id: str | None
    strategy_id: str | None
    instrument_id: str
    account_id: str | None
    side: str | None = Field(description="BUY or SELL")
    type: str | None
    liquidity_side: str | None = Field(description="MAKER or TAKER")
    last_qty: Exact | None
    last_px: Exact | None
    currency: str | None = Field(description="of the price")
    commission: Exact | None = Field(description="exact, in `commission_currency`")
    commission_currency: str | None
    ts_event: Time | None = Field(description="the node's own clock, UTC")
    ts_bar: Time | None = Field(description="the replayed time; null when live")


class EquityRow(BaseModel):
    trader_id: str
    currency: str
    ts_event: Time = Field(description="when it was looked at, UTC")
    ts_replayed: Time | None = Field(description="how far a replay was then; null when live")
    balance: float | None = Field(description="in `currency`, to plot")
    unrealized_pnl: float | None
    equity: float | None
    unpriced: int = Field(description="open positions that are not in it")


class TotalRow(BaseModel):
    currency: str
    balance: Money | None
    realized_pnl: Money | None
    unrealized_pnl: Money | None
    equity: Money | None = Field(description="balance and the positions' value; null: not known")
    unpriced: int = Field(description="open positions that are not in it")
