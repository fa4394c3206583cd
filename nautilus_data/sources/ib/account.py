"""Account: balances and positions as the gateway tells them; read, never traded."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from nautilus_data.errors import DashboardError
from nautilus_data.sources.ib.session import Session

_GROUP = "All"
_TAGS = (
    "AccountType,NetLiquidation,TotalCashValue,SettledCash,BuyingPower,EquityWithLoanValue,GrossPositionValue,"
    "InitMarginReq,MaintMarginReq,AvailableFunds,ExcessLiquidity,Cushion,Leverage,$LEDGER:ALL"
)


@dataclass(frozen=True)
class AccountValue:
    """One line of an account, as text; `amount` where it is a number."""

    account: str
    tag: str
    value: str
    currency: str

    @property
    def amount(self) -> Decimal | None:
        try:
            amount = Decimal(self.value)
        except InvalidOperation:
            return None
        return amount if amount.is_finite() else None


@dataclass(frozen=True)
class Holding:
    """A position; `average_cost` of futures is of a whole contract."""

    account: str
    instrument_id: str
    con_id: int
    quantity: Decimal
    average_cost: Decimal | None


async def subscribe(session: Session, timeout_s: float, is_readonly: bool) -> list[str]:
    """Have balances and positions told from now on; with the right to trade, open orders too. What did not come."""
    requests = {"positions": session.ib.reqPositionsAsync}
    if not is_readonly:
        requests["open orders"] = session.ib.reqAllOpenOrdersAsync
    late = []
    for name, request in requests.items():
        try:
            await asyncio.wait_for(request(), timeout_s)
        except (TimeoutError, ConnectionError):
            late.append(name)
    try:
        await _subscribe_values(session, timeout_s)
    except (TimeoutError, ConnectionError):
        late.append("account values")
    return late


async def _subscribe_values(session: Session, timeout_s: float) -> None:
    try:
        await session.ask(
            "account values",
            lambda client, req_id: client.reqAccountSummary(req_id, _GROUP, _TAGS),
            cancel=lambda client, req_id: client.cancelAccountSummary(req_id),
            timeout_s=timeout_s,
        )
    except DashboardError:
        # Two of a login may have a summary; of one account at a time anybody has updates.
        for name in session.ib.client.getAccounts()[:1]:
            await asyncio.wait_for(session.ib.reqAccountUpdatesAsync(name), timeout_s)


def read_values(session: Session) -> tuple[AccountValue, ...]:
    wrapper = session.ib.wrapper
    found = (wrapper.acctSummary or wrapper.accountValues).values()
    return tuple(AccountValue(row.account, row.tag, row.value, row.currency) for row in found)


def read_positions(session: Session) -> list[Any]:
    """The library's positions: account, contract, position, avgCost."""
    return session.ib.positions()


def to_holdings(positions: Iterable[Any], names: dict[int, str]) -> tuple[Holding, ...]:
    return tuple(
        Holding(
            row.account,
            names.get(row.contract.conId, row.contract.localSymbol or row.contract.symbol),
            row.contract.conId,
            Decimal(repr(row.position)),
            Decimal(repr(row.avgCost)) if math.isfinite(row.avgCost) else None,
        )
        for row in positions
    )
