"""REST of what is traded: accounts, positions, orders, fills, equity and totals of a trader's run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from app.server.answers import Opened
from app.server.asked import like
from app.server.columns import as_rows
from app.server.portfolio_rows import (
    AccountRow,
    EquityRow,
    FillRow,
    OrderRow,
    PositionRow,
    RunRow,
    TotalRow,
    TraderRow,
)
from app.server.rows import LongPaged, Page, Paged, table
from app.server.searched import Search, searched

ROUTER = APIRouter(prefix="/api/v1/portfolio", tags=["portfolio"])
_ALL = 10_000_000
Trader = Annotated[str, *like(r"[^\x00-\x1f\x7f-\x9f]+", "a trader", 100)]
Run = Annotated[int, Query(ge=0, lt=2**63, description="`run_id` of /api/v1/portfolio/runs: UTC ns")]
Currency = Annotated[
    str | None, *like("[A-Za-z0-9]{1,20}", "a currency", 20), Query(description="one currency alone, as USD")
]


# As tables of the pages have them; a row that changes meanwhile may then be met twice, or not.
_Positions, _Orders, _Fills = searched("trader_id"), searched("ts_last"), searched("ts_event")


@dataclass(frozen=True)
class Whose:
    """A trader and a run; None: all traders, each one's current run."""

    trader_id: str | None
    run_id: int | None

    @property
    def asked(self) -> dict[str, Any]:
        return {"trader_id": self.trader_id, "run_id": self.run_id}


def whose(
    trader_id: Annotated[Trader | None, Query(description="one trader alone, as DEMO-001")] = None,
    run_id: Annotated[Run | None, Query(description="an earlier run; default: the current one")] = None,
) -> Whose:
    return Whose(trader_id, run_id)


Owner = Annotated[Whose, Depends(whose)]


@table(ROUTER, "/traders", TraderRow)
def traders(opened: Opened, page: Paged) -> Response:
    """Every trader seen on the bus."""
    return page.rows(pd.DataFrame({"trader_id": opened.portfolio.traders()}), TraderRow, ["trader_id"])


@table(ROUTER, "/runs", RunRow)
def runs(
    opened: Opened, page: Paged, trader_id: Annotated[Trader | None, Query(description="one trader alone")] = None
) -> Response:
    """Runs of each trader, the newest, which is the current one, first."""
    names = opened.portfolio.traders() if trader_id is None else [trader_id]
    found = [opened.portfolio.runs(name).assign(trader_id=name) for name in names]
    frame = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(RunRow.model_fields))
    frame = frame.assign(run_id=frame["run_id"].astype(str), ts_started=frame["run_id"])
    return page.rows(as_rows(frame, RunRow), RunRow, ["trader_id", "run_id"])


@table(ROUTER, "/accounts", AccountRow)
def accounts(opened: Opened, page: Paged, owner: Owner) -> Response:
    """Balance of each account and currency, the last of the run."""
    frame = opened.portfolio.accounts(**owner.asked)
    return _rows(page, frame, AccountRow, ["trader_id", "run_id", "account_id", "currency"], ascending=True)


@table(ROUTER, "/positions", PositionRow)
def positions(
    opened: Opened,
    page: LongPaged,
    owner: Owner,
    search: _Positions,
    open_only: Annotated[bool, Query(description="false: those that are closed, too")] = True,
) -> Response:
    """Positions marked to the latest price; the newest first."""
    frame = opened.portfolio.positions(open_only, **owner.asked).rename(columns={"mark_ts": "ts_marked"})
    return _rows(page, frame, PositionRow, ["ts_opened", "trader_id", "run_id", "position_id"], search=search)


@table(ROUTER, "/orders", OrderRow)
def orders(opened: Opened, page: LongPaged, owner: Owner, search: _Orders) -> Response:
    """Orders, the newest first: by when they were made, so that none moves while it changes."""
    frame = opened.portfolio.orders(_ALL, **owner.asked)
    return _rows(page, frame, OrderRow, ["ts_init", "trader_id", "run_id", "client_order_id"], search=search)


@table(ROUTER, "/fills", FillRow)
def fills(opened: Opened, page: LongPaged, owner: Owner, search: _Fills) -> Response:
    """Fills, the newest first."""
    frame = opened.portfolio.fills(_ALL, **owner.asked)
    return _rows(page, frame, FillRow, ["ts_event", "trader_id", "run_id", "event_id"], search=search)


@table(ROUTER, "/equity", EquityRow)
def equity(opened: Opened, page: LongPaged, owner: Owner, currency: Currency = None) -> Response:
    """History of equity summed over accounts, in order of time; numbers to plot."""
    frame = opened.portfolio.equity(owner.trader_id, currency, owner.run_id)
    return _rows(page, frame, EquityRow, ["ts_event", "trader_id", "currency"], ascending=True)


@table(ROUTER, "/totals", TotalRow)
def totals(opened: Opened, page: Paged, owner: Owner) -> Response:
    """One row a currency, each figure the sum of the rows; nothing is converted."""
    return _rows(page, opened.portfolio.totals(**owner.asked), TotalRow, ["currency"], ascending=True)


def _rows(
    page: Page, frame: pd.DataFrame, row: type[BaseModel], key: list[str], ascending: bool = False,
    search: Search | None = None,
) -> Response:  # fmt: skip
    """In the order of the key, which nothing changes, so that a page never skips or repeats a row; or as asked for."""
    if "run_id" in frame:
        # What counts nanoseconds is beyond the numbers of JavaScript.
        frame = frame.assign(run_id=frame["run_id"].astype("int64").astype(str))
    found = frame if search is None else search.of(frame)
    if search is None or not search.sort:
        found = found.sort_values(key, ascending=ascending, kind="stable", ignore_index=True)
    return page.rows(as_rows(found, row), row, key)
