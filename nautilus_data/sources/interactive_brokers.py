"""Interactive Brokers: bars through TWS or IB Gateway, which runs beside this program and is logged in by a person."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from nautilus_data.core.dataset import Series
from nautilus_data.core.instrument import Instrument
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import RetryableError
from nautilus_data.sources.base import Source, SourceSpec
from nautilus_data.sources.ib import Answer, Gateway
from nautilus_data.sources.ib.contracts import instrument_of
from nautilus_data.sources.ib.history import capabilities, check, to_frame
from nautilus_data.transport import State

_NOT_HERE = "the worker holds the connection to Interactive Brokers: this process can't ask it itself"


class InteractiveBrokers(Source):
    """Prices adjusted for splits (`split`), for dividends too (`total`); of what knows neither, as they are (`raw`).

    The volume of US stocks is in shares or in lots of 100, as the gateway is set.
    """

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="interactive_brokers",
        title="Interactive Brokers",
        url="https://www.interactivebrokers.com/campus/ibkr-api-page/twsapi-doc/",
        capabilities=capabilities(),
    )

    def __init__(self, gateway: Gateway | None = None) -> None:
        self.gateway = gateway

    def unavailable_reason(self) -> str:
        if self.gateway is None:
            return _NOT_HERE
        status = self.gateway.status()
        if status.state is not State.CONNECTED:
            reason = status.error or "start TWS or IB Gateway and enable its API"
            return f"not connected to the gateway at {status.address} ({status.state}): {reason}"
        return status.outage or ""

    def check(self, series: Series) -> None:
        """SkippableError when it has no such series, before anything is asked: which adjustment, which price type."""
        check(series)

    def interruption(self) -> str:
        return self.unavailable_reason() if self.gateway else ""

    def wait_s(self, cost: int) -> float:
        return self.gateway.pacing.estimate_s(cost) if self.gateway else 0.0

    async def extract(self, series: Series, span: TimeRange) -> Answer:
        self.spec.capability(series)
        return await self._connected().history(series, span)

    def normalize(self, payload: Answer, series: Series) -> pd.DataFrame:
        return to_frame(payload, series)

    async def instrument(self, instrument_id: str) -> Instrument:
        """What pages and ledger need to know of it; SkippableError when unknown or ambiguous."""
        return instrument_of(await self._connected().details(instrument_id), instrument_id)

    def _connected(self) -> Gateway:
        if self.gateway is None:
            raise RetryableError(_NOT_HERE)
        return self.gateway
