"""Gateway: this machine's one connection to TWS or IB Gateway, asked from any thread."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange
from nautilus_data.sources.ib import account
from nautilus_data.sources.ib.account import AccountValue, Holding
from nautilus_data.sources.ib.desk import Desk, Match
from nautilus_data.sources.ib.feed import QUOTES, Feed, Line, Quote, RealtimeBar
from nautilus_data.sources.ib.history import Answer
from nautilus_data.sources.ib.keeper import Keeper
from nautilus_data.sources.ib.pacing import Pacing
from nautilus_data.sources.ib.session import Pace, Session
from nautilus_data.transport import Connection, State

logger = logging.getLogger(__name__)

CLIENT_IDS = 5
_OUTAGES = 50
_ACCOUNT_S = 10.0


@dataclass(frozen=True)
class Status:
    """What a card shows; `error` and `outage` say what to do."""

    state: State
    address: str
    client_id: int | None
    client_ids: tuple[int, int]
    server_version: int | None
    error: str | None
    outage: str | None
    farms: dict[str, str]
    lines: int
    calls_used: int
    calls_left: int

    @property
    def is_delivering(self) -> bool:
        """Connected, and the gateway is connected to Interactive Brokers."""
        return self.state is State.CONNECTED and self.outage is None


class Gateway:
    """Start it, ask, stop it; only the worker has one."""

    def __init__(
        self,
        host: str,
        port: int,
        pacing: Pacing,
        *,
        client_id: int = 1,
        is_readonly: bool = True,
        pace: Pace | None = None,
        connection: Connection | None = None,
        clock: Callable[[], int] = time.time_ns,
        on_value: Callable[[Quote | RealtimeBar], None] = lambda value: None,
    ) -> None:
        self.pacing, self._clock, self._is_readonly = pacing, clock, is_readonly
        self._client_ids = range(client_id, client_id + CLIENT_IDS)
        # A gateway's daily restart takes one to three minutes: so long it is RECONNECTING, not ERROR.
        self.connection = connection or Connection("interactive_brokers", max_s=30.0, tries=12)
        self._keeper = Keeper(host, port, self._client_ids, pace or Pace(), self.connection, self)
        self._feed = Feed(clock, on_value)
        self._desk = Desk(pacing, clock)
        self._farms: dict[str, str] = {}
        self._outage: tuple[int, str] | None = None
        self._outages: deque[tuple[TimeRange, str]] = deque(maxlen=_OUTAGES)
        self._reading: asyncio.Task | None = None
        self.is_account_told = False

    def start(self) -> None:
        """Connect, and stay connected; ConfigError when the client library is not installed."""
        self._keeper.start()

    def stop(self) -> None:
        """Disconnect; what is pending fails."""
        self._keeper.stop()

    def retry(self) -> None:
        """Try again now; for a person's button."""
        self.connection.retry()

    def status(self) -> Status:
        # Read once: the connection's thread changes it meanwhile.
        state = self.connection.state
        session = self._keeper.session if state is State.CONNECTED else None
        used, outage = self.pacing.used(), self._outage
        return Status(
            state=state,
            address=self._keeper.address,
            client_id=self._keeper.client_id if session else None,
            client_ids=(self._client_ids[0], self._client_ids[-1]),
            server_version=session.server_version if session else None,
            error=self.connection.error_message,
            outage=outage[1] if outage else None,
            farms=dict(self._farms),
            lines=len(self._feed.lines),
            calls_used=used,
            calls_left=max(0, self.pacing.quota - used),
        )

    def outages(self) -> list[tuple[int, int, str]]:
        """Since when nothing came, until when (0: still so) and why, oldest first.

        Bars of such a span are no gap of their own: history is what was asked for and answered, never what came live.
        """
        over = [(span.start, span.end, why) for span, why in self._outages]
        return [*over, (self._outage[0], 0, self._outage[1])] if self._outage else over

    async def details(self, instrument_id: str, con_id: int = 0) -> Any:
        """The contract's details, the library's object; SkippableError when unknown or ambiguous."""
        return await self._keeper.call(lambda session: self._desk.details(session, instrument_id, con_id))

    async def search(self, text: str, sec_type: str = "STK", currency: str = "") -> list[Match]:
        """Contracts of one kind whose symbol or name begins so; currency '': any."""
        return await self._keeper.call(lambda session: self._desk.search(session, text, sec_type, currency))

    async def history(self, series: Series, span: TimeRange, con_id: int = 0) -> Answer:
        """The bars of one request; waits for its turn."""
        return await self._keeper.call(lambda session: self._desk.history(session, series, span, con_id))

    async def head(self, series: Series) -> int:
        """When its history begins (ns)."""
        return await self._keeper.call(lambda session: self._desk.head(session, series))

    async def want(self, instrument_id: str, kind: str = QUOTES, con_id: int = 0) -> None:
        """Have quotes, or five-second bars of a price type (LAST, BID, ASK, MID), until dropped."""

        async def subscribe(session: Session) -> None:
            details = await self._desk.details(session, instrument_id, con_id)
            self._feed.want(Line(instrument_id, kind), details.contract)

        await self._keeper.call(subscribe)

    def drop(self, instrument_id: str, kind: str = QUOTES) -> None:
        """Want it no longer."""
        self._keeper.tell(self._feed.drop, Line(instrument_id, kind))

    def quotes(self) -> dict[str, Quote]:
        """The latest of each instrument wanted."""
        return dict(self._feed.quotes)

    def realtime_bars(self) -> dict[Line, RealtimeBar]:
        """The latest of each line wanted."""
        return dict(self._feed.bars)

    def refusals(self) -> dict[Line, str]:
        """Subscriptions the gateway does not serve, and why."""
        return dict(self._feed.refusals)

    async def account_values(self) -> tuple[AccountValue, ...]:
        """Balances of all accounts of the login; empty until `is_account_told`."""

        async def read(session: Session) -> tuple[AccountValue, ...]:
            return account.read_values(session)

        return await self._keeper.call(read)

    async def holdings(self) -> tuple[Holding, ...]:
        """Positions of all accounts of the login, under NautilusTrader's names."""

        async def read(session: Session) -> tuple[Holding, ...]:
            rows = account.read_positions(session)
            names = {row.contract.conId: await self._desk.name(session, row.contract) for row in rows}
            return account.to_holdings(rows, names)

        return await self._keeper.call(read)

    def attached(self, session: Session) -> None:
        # A gateway may say so while it logs in.
        self.outage(session.outage)
        self._feed.attach(session)
        self.is_account_told = False
        self._reading = asyncio.ensure_future(self._read_account(session))

    def detached(self, reason: str) -> None:
        self._outage = self._outage or (self._clock(), reason)
        self._farms.clear()
        self._feed.detach()
        self.is_account_told = False
        if self._reading:
            self._reading.cancel()

    def outage(self, reason: str | None) -> None:
        """The gateway lost Interactive Brokers, or has it back."""
        self.connection.note(reason)
        if reason:
            self._outage = (self._outage[0] if self._outage else self._clock()), reason
        elif self._outage:
            since, why = self._outage
            self._outage = None
            self._outages.append((TimeRange(since, max(since, self._clock())), why))

    def farm(self, name: str, state: str) -> None:
        self._farms[name] = state

    def data_lost(self) -> None:
        self._feed.data_lost()

    def refused(self, req_id: int, code: int, text: str) -> None:
        self._feed.refused(req_id, code, text)

    async def _read_account(self, session: Session) -> None:
        if late := await account.subscribe(session, _ACCOUNT_S, self._is_readonly):
            logger.warning("the gateway does not tell all of the account missing=%s", ", ".join(late))
        self.is_account_told = True
