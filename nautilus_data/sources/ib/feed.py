"""Feed: live quotes, five-second bars, account values and positions; asked for again after each loss."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from nautilus_data.core.instrument import PRICE_DECIMALS
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.errors import DashboardError
from nautilus_data.sources.ib import verdicts
from nautilus_data.sources.ib.contracts import what_to_show
from nautilus_data.sources.ib.session import Session
from nautilus_data.sources.ib.verdicts import Verdict, judge, to_error

logger = logging.getLogger(__name__)

_BAR_S = 5
_LIVE, _DELAYED, _DELAYED_TYPES = 1, 3, (3, 4)
# Prices and sizes of delayed data have numbers of their own, also where nothing else says that they are.
_DELAYED_TICKS = range(66, 77)
_NOT_KNOWN = (-1.0, 0.0)
_AGAIN_S = 60.0
QUOTES = "quotes"


class Line(NamedTuple):
    """One subscription: quotes, or five-second bars of a price type."""

    instrument_id: str
    kind: str = QUOTES


@dataclass(frozen=True)
class Quote:
    """The latest prices of an instrument; None: not known. Delayed ones are 15 to 20 minutes old."""

    instrument_id: str
    bid: Decimal | None
    ask: Decimal | None
    last: Decimal | None
    bid_size: float | None
    ask_size: float | None
    volume: float | None
    previous_close: Decimal | None
    is_delayed: bool
    ts_received: int

    @property
    def price(self) -> Decimal | None:
        """The middle of bid and ask, else the last trade."""
        return (self.bid + self.ask) / 2 if self.bid and self.ask else self.last


@dataclass(frozen=True)
class RealtimeBar:
    """Five seconds of an instrument; `ts_event` is their end."""

    instrument_id: str
    price_type: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: float | None
    ts_event: int
    ts_received: int


class Feed:
    """Lives in the gateway's loop; what it gathered may be read from any thread."""

    def __init__(self, clock: Callable[[], int], on_value: Callable[[Quote | RealtimeBar], None]) -> None:
        self._clock, self._on_value = clock, on_value
        self._session: Session | None = None
        self._contracts: dict[Line, Any] = {}
        self._requests: dict[int, Line] = {}
        self._bars: dict[Line, Any] = {}
        self.quotes: dict[str, Quote] = {}
        self.bars: dict[Line, RealtimeBar] = {}
        self.refusals: dict[Line, str] = {}

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(self._contracts)

    def attach(self, session: Session) -> None:
        """Ask a new connection for all that is wanted."""
        self._session = session
        self._requests.clear()
        self._bars.clear()
        # Live where the login may, delayed where it may not; each says which it is.
        session.ib.reqMarketDataType(_DELAYED)
        for line in self._contracts:
            self._ask(line)

    def detach(self) -> None:
        self._session = None

    def want(self, line: Line, contract: Any) -> None:
        if line not in self._contracts:
            self._contracts[line] = contract
            self._ask(line)

    def drop(self, line: Line) -> None:
        """Free the market data line; the login has a hundred."""
        if line in self._contracts:
            self._cancel(line)
            del self._contracts[line]
            self.refusals.pop(line, None)

    def data_lost(self) -> None:
        """The gateway forgot its subscriptions, and the library does not ask again."""
        for line in self._contracts:
            self._ask_again(line)

    def refused(self, req_id: int, code: int, text: str) -> None:
        line = self._requests.get(req_id)
        if line is None:
            return
        if code in verdicts.DELAYED:
            self._note_delay(line)
        elif code in verdicts.ASK_AGAIN:
            self._ask_again(line)
        elif error := to_error(code, text, f"live {line.kind} of {line.instrument_id}"):
            self._note_refusal(line, code, text, error)

    def _note_delay(self, line: Line) -> None:
        """Until the gateway says that they are live."""
        if self._session and (ticker := self._session.ib.ticker(self._contracts[line])):
            ticker.marketDataType = _DELAYED

    def _note_refusal(self, line: Line, code: int, text: str, error: DashboardError) -> None:
        logger.warning("no live data instrument=%s reason=%s", line.instrument_id, error)
        self.refusals[line] = str(error)
        if judge(code, text) is Verdict.RETRY:
            asyncio.get_running_loop().call_later(_AGAIN_S, self._ask_again, line)

    def _ask_again(self, line: Line) -> None:
        if line in self._contracts and self._session:
            self._cancel(line)
            self._ask(line)

    def _ask(self, line: Line) -> None:
        if self._session is None or self._session.lost.done():
            return
        self.refusals.pop(line, None)
        ib, contract = self._session.ib, self._contracts[line]
        if line.kind == QUOTES:
            ticker = ib.reqMktData(contract, "", False, False)
            ticker.marketDataType = _LIVE
            ticker.updateEvent.connect(lambda ticker: self._take_quote(line, ticker), keep_ref=True)
            self._requests[ib.wrapper.ticker2ReqId["mktData"][ticker]] = line
        else:
            bars = ib.reqRealTimeBars(contract, _BAR_S, what_to_show(contract.secType, line.kind), False)
            bars.updateEvent.connect(lambda bars, is_new: self._take_bar(line, bars[-1]), keep_ref=True)
            self._bars[line] = bars
            self._requests[bars.reqId] = line

    def _cancel(self, line: Line) -> None:
        self._requests = {req_id: other for req_id, other in self._requests.items() if other != line}
        if self._session is None or self._session.lost.done():
            return
        ib = self._session.ib
        if line.kind == QUOTES:
            if ticker := ib.ticker(self._contracts[line]):
                ticker.updateEvent.clear()
            ib.cancelMktData(self._contracts[line])
        # A list of the library: false while no bar has come.
        elif (bars := self._bars.pop(line, None)) is not None:
            ib.cancelRealTimeBars(bars)

    def _take_quote(self, line: Line, ticker: Any) -> None:
        if any(tick.tickType in _DELAYED_TICKS for tick in ticker.ticks):
            ticker.marketDataType = _DELAYED
        quote = Quote(
            instrument_id=line.instrument_id,
            bid=_price(ticker.bid),
            ask=_price(ticker.ask),
            last=_price(ticker.last),
            bid_size=_size(ticker.bidSize),
            ask_size=_size(ticker.askSize),
            volume=_size(ticker.volume),
            previous_close=_price(ticker.close),
            is_delayed=ticker.marketDataType in _DELAYED_TYPES,
            ts_received=self._clock(),
        )
        if quote.price is not None:
            # Whatever was said before, it is served.
            self.refusals.pop(line, None)
            self.quotes[line.instrument_id] = quote
            self._on_value(quote)

    def _take_bar(self, line: Line, bar: Any) -> None:
        prices = [_price(value) for value in (bar.open_, bar.high, bar.low, bar.close)]
        if None in prices:
            return
        ends = (int(bar.time.timestamp()) + _BAR_S) * NS_PER_S
        taken = RealtimeBar(line.instrument_id, line.kind, *prices, _size(bar.volume), ends, self._clock())
        self.refusals.pop(line, None)
        self.bars[line] = taken
        self._on_value(taken)


def _price(value: float | None) -> Decimal | None:
    """Outside the session a gateway says -1, 0 or nothing."""
    if value is None or not math.isfinite(value) or value in _NOT_KNOWN:
        return None
    # Twenty digits of a sum of floats are no price.
    return Decimal(repr(round(value, PRICE_DECIMALS)))


def _size(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) and value >= 0 else None
