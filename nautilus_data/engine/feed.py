"""ReplayClient: the node's data client, fed from stored bars; runs in the child only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

import numpy as np
import pandas as pd
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.common.providers import InstrumentProvider
from nautilus_trader.config import LiveDataClientConfig
from nautilus_trader.data.messages import RequestBars, SubscribeBars, UnsubscribeBars
from nautilus_trader.live.data_client import LiveMarketDataClient
from nautilus_trader.live.factories import LiveDataClientFactory
from nautilus_trader.model.currencies import Currency
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.identifiers import ClientId, InstrumentId, Symbol
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import FIXED_PRECISION, Price, Quantity

from nautilus_data.core.dataset import timeframe_ns
from nautilus_data.core.instrument import PRICE_DECIMALS, Instrument, from_ticks

CLIENT = "REPLAY"


class ReplayClient(LiveMarketDataClient):
    """Accept every subscription, answer every request with nothing, publish what `push` is given."""

    equities: tuple[Equity, ...] = ()

    def push(self, bar: Bar) -> None:
        self._handle_data(bar)

    async def _connect(self) -> None:
        for equity in self.equities:
            self._handle_data(equity)

    async def _disconnect(self) -> None:
        """Nothing is open."""

    async def _subscribe_bars(self, command: SubscribeBars) -> None:
        """Every bar is sent anyway."""

    async def _unsubscribe_bars(self, command: UnsubscribeBars) -> None:
        """Every bar is sent anyway."""

    # The node knows no past: a strategy that asks for it gets an answer, and goes on.
    async def _request_bars(self, request: RequestBars) -> None:
        self._handle_bars(request.bar_type, [], request.id, request.start, request.end, request.params)


def client_factory(equities: tuple[Equity, ...], made: list[ReplayClient]) -> type[LiveDataClientFactory]:
    """A factory whose client knows `equities` and is appended to `made`."""

    class ReplayClientFactory(LiveDataClientFactory):
        @staticmethod
        def create(
            loop: asyncio.AbstractEventLoop,
            name: str,
            config: LiveDataClientConfig,
            msgbus: MessageBus,
            cache: Cache,
            clock: LiveClock,
        ) -> ReplayClient:
            # The sandbox takes its instruments from the cache when it connects.
            for equity in equities:
                cache.add_instrument(equity)
            client = ReplayClient(loop, ClientId(name), None, msgbus, cache, clock, InstrumentProvider(), config)
            client.equities = equities
            made.append(client)
            return client

    return ReplayClientFactory


def equity_of(instrument: Instrument, ts: int) -> Equity:
    """The node's own value of an instrument; one share is a lot."""
    decimals = instrument.price_precision
    return Equity(
        instrument_id=InstrumentId.from_str(instrument.instrument_id),
        raw_symbol=Symbol(instrument.raw_symbol),
        currency=Currency.from_str(instrument.quote_currency),
        price_precision=decimals,
        price_increment=Price.from_str(str(Decimal(1).scaleb(-decimals))),
        lot_size=Quantity.from_int(1),
        ts_event=ts,
        ts_init=ts,
    )


def bar_type_of(instrument_id: str, timeframe: str) -> BarType:
    return BarType.from_str(f"{instrument_id}-{timeframe}-LAST-EXTERNAL")


@dataclass(frozen=True)
class Tape:
    """Stored bars in replay order, and where each session (a step of the timeframe) ends among them."""

    equities: tuple[Equity, ...]
    timeframe: str
    rows: pd.DataFrame
    ends: np.ndarray

    @classmethod
    def of(cls, equities: tuple[Equity, ...], timeframe: str, rows: pd.DataFrame, start: int) -> Tape:
        """Bars from `start` on; `rows` has the BARS columns and `instrument_id`."""
        rows = rows[rows["ts_event"] >= start].sort_values(["ts_event", "instrument_id"], ignore_index=True)
        session = (rows["ts_event"].to_numpy() - 1) // timeframe_ns(timeframe)
        ends = np.append(np.flatnonzero(np.diff(session)) + 1, len(rows)) if len(rows) else np.array([], int)
        return cls(equities, timeframe, rows, ends)

    def first_close(self, equity: Equity) -> float | None:
        """Of the first replayed bar; None without bars."""
        closes = self.rows.loc[self.rows["instrument_id"] == str(equity.id), "close"]
        return float(from_ticks(int(closes.iloc[0]))) if len(closes) else None

    def sessions(self, clock: LiveClock) -> Iterator[Iterator[Bar]]:
        """Bars of each session, made when asked for and so to be taken in turn: `ts_event` as it was, `ts_init` now."""
        made_of = {str(equity.id): (bar_type_of(str(equity.id), self.timeframe), equity) for equity in self.equities}
        rows = self.rows.itertuples(index=False)
        for count in np.diff(self.ends, prepend=0):
            yield (_bar(row, *made_of[row.instrument_id], clock) for row in islice(rows, count))


def _bar(row: tuple, bar_type: BarType, equity: Equity, clock: LiveClock) -> Bar:
    prices = (_price(ticks, equity.price_precision) for ticks in (row.open, row.high, row.low, row.close))
    volume = Quantity(0.0 if np.isnan(row.volume) else row.volume, equity.size_precision)
    return Bar(bar_type, *prices, volume, row.ts_event, clock.timestamp_ns())


def _price(ticks: int, decimals: int) -> Price:
    """Rounded half to even; integers all the way, as a float would not hold 9 decimals."""
    places = min(decimals, PRICE_DECIMALS)
    unit = 10 ** (PRICE_DECIMALS - places)
    whole, rest = divmod(ticks, unit)
    if 2 * rest > unit or (2 * rest == unit and whole % 2):
        whole += 1
    return Price.from_raw(whole * 10 ** (FIXED_PRECISION - places), decimals)
