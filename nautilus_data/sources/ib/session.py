"""Session: one connection to TWS or IB Gateway, from its handshake until it is lost; lives in the gateway's loop."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

from nautilus_data.errors import DashboardError, DisconnectedError, FatalError, RetryableError
from nautilus_data.sources.ib import decoding, verdicts
from nautilus_data.sources.ib.verdicts import Verdict, judge, no_connection, one_line, to_error

logger = logging.getLogger(__name__)

Send = Callable[[Any, int], None]
_TOO_OLD = "version must be"
_OUTAGE_WAIT_S, _FARM_WAIT_S = 10.0, 15.0
# Some gateways tell of no account, or late; the library would wait for it until the login is given up.
_ACCOUNTS_S, _LOOK_S = 3.0, 0.05


@dataclass(frozen=True)
class Pace:
    """Seconds: a handshake may take, a request may take, between heartbeats, an answer to one may take.

    A connection on which bytes but no whole message come is given up after `garbled_s`; one on which messages come but
    no answer any more after `deaf_s`.
    """

    connect_s: float = 15.0
    request_s: float = 60.0
    beat_s: float = 1.0
    patience_s: float = 2.5
    garbled_s: float = 10.0
    deaf_s: float = 30.0


@dataclass(frozen=True)
class _Nothing:
    numBytesRecv: int = 0
    numMsgRecv: int = 0


class ClientIdTaken(RetryableError):
    """Another program uses this client id."""


class TurnedAway(RetryableError):
    """The gateway hung up without a word as soon as it was told the client id; it may be in use."""


class Listener(Protocol):
    """Who is told what the gateway says about no request of ours."""

    def outage(self, reason: str | None) -> None: ...

    def farm(self, name: str, state: str) -> None: ...

    def data_lost(self) -> None: ...

    def refused(self, req_id: int, code: int, text: str) -> None: ...


class Session:
    """Requests go out through `ask`; each ends with its answer, its error, or the loss of the connection."""

    def __init__(self, library: ModuleType, host: str, port: int, pace: Pace, listener: Listener) -> None:
        self._host, self._port, self._pace, self._listener = host, port, pace, listener
        self._loop = asyncio.get_running_loop()
        self.library, self.ib = library, library.IB()
        # It would ask for one more account summary after each outage, and a gateway gives two.
        self.ib.errorEvent -= self.ib._onError
        self.ib.errorEvent += self._on_error
        self.ib.client.conn.disconnected += self._on_closed
        self.ib.client.apiError += self._on_trouble
        self.ib.wrapper.connectAck = self._on_greeting
        decoding.watch(self.ib.client, self)
        self.lost: asyncio.Future[DashboardError] = self._loop.create_future()
        self._pending: dict[int, tuple[str, asyncio.Future]] = {}
        self._refused: dict[int, DashboardError] = {}
        self.outage: str | None = None
        self._is_greeted = self._is_open = False
        self._answered_at = math.inf
        self._broken_history: set[str] = set()

    @property
    def address(self) -> str:
        return f"{self._host}:{self._port}"

    @property
    def server_version(self) -> int:
        return self.ib.client.serverVersion()

    async def open(self, client_id: int) -> None:
        """Shake hands; ClientIdTaken, RetryableError or FatalError says why not."""
        client = self.ib.client
        self.ib.wrapper.clientId = client_id
        task = asyncio.ensure_future(client.connectAsync(self._host, self._port, client_id, self._pace.connect_s))
        patience = asyncio.ensure_future(self._do_without_accounts())
        try:
            await asyncio.wait({task, self.lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
            patience.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(outcome, BaseException) or self.lost.done():
            error = self._why_not_open(outcome)
            self.close(error)
            raise error
        self._is_open = True

    async def ask(
        self,
        doing: str,
        send: Send,
        *,
        contract: Any = None,
        cancel: Send | None = None,
        timeout_s: float | None = None,
    ) -> Any:
        """Send a request, wait for its answer; DashboardError when it is refused, late, or the connection is lost."""
        if self.lost.done():
            raise DisconnectedError(f"{doing}: {self.lost.result()}")
        if self.outage:
            raise DisconnectedError(f"{doing}: {self.outage}", _OUTAGE_WAIT_S)
        if not self.ib.client.isReady():
            raise DisconnectedError(f"{doing}: the connection to the gateway at {self.address} is closing")
        req_id = self.ib.client.getReqId()
        future = self.ib.wrapper.startReq(req_id, contract)
        self._pending[req_id] = doing, future
        try:
            send(self.ib.client, req_id)
            answer = await asyncio.wait_for(future, timeout_s or self._pace.request_s)
        except TimeoutError:
            self._give_up(req_id, cancel)
            raise RetryableError(f"{doing}: no answer of the gateway in time, asked again later") from None
        except asyncio.CancelledError:
            self._give_up(req_id, cancel)
            raise
        except ConnectionError:
            raise DisconnectedError(f"{doing}: the connection to the gateway at {self.address} was lost") from None
        except ValueError as error:
            raise RetryableError(f"{doing}: the answer can't be read ({error}): ask again") from None
        finally:
            self._pending.pop(req_id, None)
        if error := self._refused.pop(req_id, None):
            raise error
        return answer

    def is_waiting(self, req_id: int) -> bool:
        return req_id in self._pending and not self._pending[req_id][1].done()

    def unreadable(self, req_id: int, error: Exception | None) -> None:
        """An answer came that the library can't read: its request would wait for ever."""
        why = f" ({error!r})" if error else ""
        self._refuse(req_id, RetryableError(f"{self._pending[req_id][0]}: the answer can't be read{why}: ask again"))

    async def watch(self) -> DashboardError:
        """Wait until the connection is lost, frozen, garbled or deaf; the reason."""
        garbled_s = 0.0
        while True:
            await asyncio.wait({self.lost}, timeout=self._pace.beat_s)
            before = self._received()
            if await self._beat():
                if self._loop.time() - self._answered_at > self._pace.deaf_s:
                    return RetryableError(f"the gateway at {self.address} still sends, but answers nothing")
                garbled_s = 0.0
                continue
            if self.lost.done():
                return self.lost.result()
            garbled_s += self._pace.beat_s + self._pace.patience_s
            is_silent = self._received().numBytesRecv == before.numBytesRecv
            if is_silent or garbled_s >= self._pace.garbled_s:
                what = "does not answer, it is frozen" if is_silent else "sends what can't be read"
                return RetryableError(f"the gateway at {self.address} {what}")

    def close(self, reason: DashboardError) -> None:
        """Break the connection at once; all that is pending fails with the reason."""
        self._lose(reason)
        client = self.ib.client
        if client.conn.transport:
            client.conn.transport.abort()
        client.disconnect()

    async def _do_without_accounts(self) -> None:
        client = self.ib.client
        while not (client._hasReqId or client._accounts):
            await asyncio.sleep(_LOOK_S)
        await asyncio.sleep(min(_ACCOUNTS_S, self._pace.connect_s / 2))
        if not client.isReady():
            logger.warning("the gateway does not tell all at login, going on without address=%s", self.address)
            client._apiReady = True
            client.apiStart.emit()

    async def _beat(self) -> bool:
        """Did any message come in time?"""
        if self.lost.done():
            return False
        messages = self._received().numMsgRecv
        answer = self.ib.reqCurrentTimeAsync()
        await asyncio.wait({answer, self.lost}, timeout=self._pace.patience_s, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            self._answered_at = self._loop.time()
        return not self.lost.done() and (answer.done() or self._received().numMsgRecv > messages)

    def _received(self) -> Any:
        """Counts of bytes and messages; all zero once the connection is gone."""
        return self.ib.client.connectionStats() if self.ib.client.isReady() else _Nothing()

    def _give_up(self, req_id: int, cancel: Send | None) -> None:
        if cancel and self.ib.client.isReady():
            cancel(self.ib.client, req_id)
        self.ib.wrapper._endReq(req_id)

    def _lose(self, reason: DashboardError) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)
        for doing, future in self._pending.values():
            if not future.done():
                future.set_exception(DisconnectedError(f"{doing}: {reason}"))

    def _fail_pending(self, reason: str) -> None:
        for req_id, (doing, _) in list(self._pending.items()):
            self._refuse(req_id, DisconnectedError(f"{doing}: {reason}", _OUTAGE_WAIT_S))

    def _refuse(self, req_id: int, error: DashboardError) -> None:
        self._refused[req_id] = error
        # Ends nothing where the library did so already; it takes some codes for mere warnings.
        self.ib.wrapper._endReq(req_id)

    def _on_greeting(self) -> None:
        self._is_greeted = True

    def _on_closed(self, text: str) -> None:
        how = f" ({text})" if text else ""
        hint = "" if self._is_open else ": is this machine among the addresses it trusts, is its API enabled?"
        kind = TurnedAway if self._is_greeted and not self._is_open else RetryableError
        self._lose(kind(f"the gateway at {self.address} closed the connection{how}{hint}"))

    def _on_trouble(self, text: str) -> None:
        """What the client says of the connection, not the gateway."""
        if _TOO_OLD in text:
            self._lose(FatalError(f"the gateway at {self.address} is too old ({text}): update TWS or IB Gateway"))

    def _on_error(self, req_id: int, code: int, text: str, contract: Any) -> None:
        logger.debug("gateway says request=%d code=%d text=%s", req_id, code, one_line(text))
        if code in verdicts.OUTAGE:
            self.outage = f"the gateway lost its connection to Interactive Brokers ({code}): waiting until it is back"
            self._listener.outage(self.outage)
            self._fail_pending(self.outage)
        elif code in (verdicts.RESTORED, verdicts.RESTORED_DATA_LOST):
            self.outage = None
            self._listener.outage(None)
            if code == verdicts.RESTORED_DATA_LOST:
                self._listener.data_lost()
        elif code == verdicts.CLIENT_ID_TAKEN:
            self._lose(ClientIdTaken(f"client id {self.ib.wrapper.clientId} is in use at {self.address}"))
        elif state := verdicts.farm_state(code):
            self._on_farm(code, verdicts.farm_name(code, text), state)
        elif req_id in self._pending:
            self._on_request_error(req_id, code, text)
        elif req_id >= 0:
            self._listener.refused(req_id, code, text)
        elif code in verdicts.BREAKS_CONNECTION:
            self._lose(to_error(code, text, f"the connection to {self.address}"))

    def _on_farm(self, code: int, name: str, state: str) -> None:
        if code in verdicts.HISTORY_FARM:
            (self._broken_history.add if state == "broken" else self._broken_history.discard)(name)
        self._listener.farm(name, state)

    def _on_request_error(self, req_id: int, code: int, text: str) -> None:
        doing, _ = self._pending[req_id]
        if judge(code, text) is Verdict.NO_DATA:
            if self._broken_history:
                # What it says it lacks may only be out of its reach.
                farms = ", ".join(sorted(self._broken_history))
                why = f"{doing}: the gateway has no data while its connection to {farms} is broken: asked again later"
                self._refuse(req_id, RetryableError(why, _FARM_WAIT_S))
            self.ib.wrapper._endReq(req_id)
        elif error := to_error(code, text, doing):
            self._refuse(req_id, error)

    def _why_not_open(self, outcome: BaseException | None) -> DashboardError:
        said = self.lost.result() if self.lost.done() else None
        # What the gateway said counts more than how the client ended.
        if said and (isinstance(said, ClientIdTaken | FatalError) or not isinstance(outcome, Exception)):
            return said
        return no_connection(outcome, self.address, self._pace.connect_s)
