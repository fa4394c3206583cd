"""Interactive Brokers: bars through TWS or IB Gateway, which runs beside this program and is logged in by a person."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import ClassVar

import pandas as pd

from nautilus_data.core.dataset import Series
from nautilus_data.core.instrument import Instrument
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import DisconnectedError, SkippableError
from nautilus_data.sources.base import Found, LatestPrice, Source, SourceSpec
from nautilus_data.sources.ib import QUOTES, Answer, Gateway, Quote
from nautilus_data.sources.ib.contracts import TYPES, instrument_of
from nautilus_data.sources.ib.history import capabilities, check, ends_now, to_frame, without_price
from nautilus_data.sources.ib.pacing import RATES
from nautilus_data.transport import Access, Ledger, State

_NOT_HERE = "the worker holds the connection to Interactive Brokers: this process can't ask it itself"
_DELAY_S = 20 * 60
_QUOTE_S, _LOOK_S, _KEPT_S = 5.0, 0.05, 120.0


class InteractiveBrokers(Source):
    """Prices adjusted for splits (`split`), for dividends too (`total`); of what knows neither, as they are (`raw`).

    The volume of US stocks is in shares or in lots of 100, as the gateway is set. An alias is the name of another
    contract, as ES.CME, or a contract's number.
    """

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="interactive_brokers",
        title="Interactive Brokers",
        url="https://www.interactivebrokers.com/campus/ibkr-api-page/twsapi-doc/",
        capabilities=capabilities(),
        limits=RATES,
        starts_on=False,
        is_streaming=True,
    )

    def __init__(
        self, access: Access | None = None, ledger: Ledger | None = None, gateway: Gateway | None = None
    ) -> None:
        super().__init__(access, ledger)
        # Given by the worker, which alone has one.
        self.gateway = gateway
        # In a process without one: asks the worker's.
        self.search_there: Callable[[str, int, str, str], Awaitable[list[Found]]] | None = None
        self._instruments: dict[str, Instrument] = {}
        self._asked: dict[str, float] = {}

    def unavailable_reason(self) -> str:
        if self.gateway is None:
            return "" if self.search_there else _NOT_HERE
        status = self.gateway.status()
        if status.state is not State.CONNECTED:
            reason = status.error or "start TWS or IB Gateway and enable its API"
            return f"not connected to the gateway at {status.address} ({status.state}): {reason}"
        return status.outage or ""

    def instruments(self) -> list[Instrument]:
        """Those asked about so far."""
        return list(self._instruments.values())

    def interruption(self) -> str:
        return (self.unavailable_reason() if self.gateway else "") or super().interruption()

    def wait_s(self, cost: int) -> float:
        return self.gateway.pacing.estimate_s(cost) if self.gateway else super().wait_s(cost)

    def chunks(self, series: Series, span: TimeRange) -> Iterable[TimeRange]:
        return [span] if ends_now(self._aliased(series)) else super().chunks(series, span)

    def check(self, series: Series) -> None:
        super().check(series)
        check(self._aliased(series))

    async def extract(self, series: Series, span: TimeRange) -> Answer:
        self.check(series)
        return await self._connected().history(self._aliased(series), span, self._number(series.instrument_id))

    def normalize(self, payload: Answer, series: Series) -> pd.DataFrame:
        return to_frame(payload, series)

    def refused(self, payload: Answer, series: Series) -> pd.DataFrame:
        return without_price(payload, series)

    async def instrument(self, instrument_id: str) -> Instrument:
        """What pages and ledger need to know of it; SkippableError when unknown or ambiguous."""
        number = self._number(instrument_id)
        name = instrument_id if number else self.aliases.get(instrument_id, instrument_id)
        found = instrument_of(await self._connected().details(name, number), name)
        self._instruments[found.instrument_id] = found
        return found

    async def search(self, text: str, limit: int = 10, sec_type: str = "STK", currency: str = "") -> list[Found]:
        """Contracts of one kind, stocks unless another is named: PLTR is the stock and no pair of currencies."""
        if self.gateway is None and self.search_there:
            return await self.search_there(text, limit, sec_type, currency)
        matches = await self._connected().search(text, sec_type, currency)
        return [
            Found(
                instrument_id=match.instrument_id,
                symbol=str(match.con_id),
                name=match.name,
                kind=TYPES.get(match.sec_type, match.sec_type),
                exchange=match.exchange,
                currency=match.currency,
            )
            for match in matches[:limit]
        ]

    async def latest(self, instrument_ids: Iterable[str]) -> list[LatestPrice]:
        """Each takes one of the login's hundred lines, until it wasn't asked for in two minutes."""
        gateway, wanted = self._connected(), list(instrument_ids)
        self._drop_unused(gateway, wanted)
        outcomes = await asyncio.gather(*(self.want(name) for name in wanted), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, SkippableError):
                raise outcome
        known = [name for name, outcome in zip(wanted, outcomes, strict=True) if outcome is None]
        until = time.monotonic() + _QUOTE_S
        while time.monotonic() < until and not set(known) <= gateway.quotes().keys() | _refused(gateway):
            await asyncio.sleep(_LOOK_S)
        quotes = gateway.quotes()
        return [_to_latest(quotes[name]) for name in known if name in quotes]

    def _drop_unused(self, gateway: Gateway, wanted: Iterable[str]) -> None:
        now = time.monotonic()
        self._asked |= dict.fromkeys(wanted, now)
        for name in [name for name, asked_at in self._asked.items() if now - asked_at > _KEPT_S]:
            gateway.drop(name)
            del self._asked[name]

    async def want(self, instrument_id: str, kind: str = QUOTES) -> None:
        """Have quotes, or five-second bars of a price type, until the gateway is told to drop them."""
        await self._connected().want(instrument_id, kind, con_id=self._number(instrument_id))

    def _number(self, instrument_id: str) -> int:
        alias = self.aliases.get(instrument_id, "")
        return int(alias) if alias.isdecimal() else 0

    def _aliased(self, series: Series) -> Series:
        alias = self.aliases.get(series.instrument_id, "")
        return replace(series, instrument_id=alias) if alias and not alias.isdecimal() else series

    def _connected(self) -> Gateway:
        if self.gateway is None:
            raise DisconnectedError(_NOT_HERE)
        return self.gateway


def _refused(gateway: Gateway) -> set[str]:
    return {line.instrument_id for line in gateway.refusals()}


def _to_latest(quote: Quote) -> LatestPrice:
    return LatestPrice(
        instrument_id=quote.instrument_id,
        price=quote.price,
        ts_event=quote.ts_received,
        bid=quote.bid,
        ask=quote.ask,
        delay_s=_DELAY_S if quote.is_delayed else 0,
    )
