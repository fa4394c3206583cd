"""Account: balances and positions as the gateway tells them; read, never traded."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from nautilus_data.errors import RetryableError
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


async def subscribe(session: Session, timeout_s: float, is_readonly: bool) -> None:
    """Have balances and positions told from now on; with the right to trade, open orders too."""
    await session.ask(
        "account values",
        lambda client, req_id: client.reqAccountSummary(req_id, _GROUP, _TAGS),
        cancel=lambda client, req_id: client.cancelAccountSummary(req_id),
        timeout_s=timeout_s,
    )
    wanted = {"positions": session.ib.reqPositionsAsync}
    if not is_readonly:
        wanted["open orders"] = session.ib.reqAllOpenOrdersAsync
    for name, request in wanted.items():
        try:
            await asyncio.wait_for(request(), timeout_s)
        except (TimeoutError, ConnectionError):
            raise RetryableError(f"{name}: no answer of the gateway") from None


def read_values(session: Session) -> tuple[AccountValue, ...]:
    found = session.ib.wrapper.acctSummary.values()
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
