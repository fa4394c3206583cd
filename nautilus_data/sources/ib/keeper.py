"""Keeper: the threads of a gateway: one runs its event loop, one keeps its connection up."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from types import ModuleType
from typing import Any, Protocol, TypeVar

from nautilus_data.errors import ConfigError, DashboardError, DisconnectedError, RetryableError
from nautilus_data.sources.ib.library import load_library
from nautilus_data.sources.ib.session import ClientIdTaken, Listener, Pace, Session, TurnedAway
from nautilus_data.transport import Connection, State

logger = logging.getLogger(__name__)

_PROBE_S = 1.0
_NOBODY_THERE = "no gateway at"

Answered = TypeVar("Answered")


class Owner(Listener, Protocol):
    """Who is told of each connection, in the loop."""

    def attached(self, session: Session) -> None: ...

    def detached(self, reason: str) -> None: ...


class Keeper:
    """Connects, watches, reconnects; runs what is asked in the loop of the connection."""

    def __init__(
        self, host: str, port: int, client_ids: range, pace: Pace, connection: Connection, owner: Owner
    ) -> None:
        self.address = f"{host}:{port}"
        self._host, self._port, self._client_ids, self._pace = host, port, client_ids, pace
        self._connection, self._owner = connection, owner
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._library: ModuleType | None = None
        self._was_refused = False
        self.session: Session | None = None
        self.client_id: int | None = None

    def start(self) -> None:
        """Connect, and stay connected; ConfigError when the client library is not installed."""
        loop = asyncio.new_event_loop()
        is_ready: Future[ModuleType] = Future()
        self._threads = [threading.Thread(target=_run, args=(loop, is_ready), name="ib-loop", daemon=True)]
        self._threads[0].start()
        try:
            self._library = is_ready.result()
        except ImportError as error:
            raise ConfigError(f"can't reach Interactive Brokers ({error}): pip install ib_insync") from None
        self._loop = loop
        self._threads.append(threading.Thread(target=self._keep, name="ib-connection", daemon=True))
        self._threads[1].start()

    def stop(self) -> None:
        """Disconnect; what is pending fails."""
        self._stop.set()
        if self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._break_off)
        self._threads[1].join()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._threads[0].join()
        self._loop = None

    def tell(self, action: Callable[..., None], *args: Any) -> None:
        """Do something in the loop, soon."""
        if self._loop:
            self._loop.call_soon_threadsafe(action, *args)

    async def call(self, work: Callable[[Session], Coroutine[Any, Any, Answered]]) -> Answered:
        """Run in the gateway's loop, awaited in the caller's; RetryableError when there is no connection."""
        if self._loop is None or self._connection.state is not State.CONNECTED:
            raise DisconnectedError(self._why_not())
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._work(work), self._loop))

    async def _work(self, work: Callable[[Session], Awaitable[Answered]]) -> Answered:
        session = self.session
        if session is None or session.lost.done():
            raise DisconnectedError(self._why_not())
        task = asyncio.ensure_future(work(session))
        try:
            # Whatever it waits for, also its turn: a lost connection ends it.
            await asyncio.wait({task, session.lost}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                # One that waits for an answer was told why just now.
                await asyncio.wait({task}, timeout=0)
        finally:
            task.cancel()
        if not task.done():
            raise DisconnectedError(f"the connection was lost meanwhile: {session.lost.result()}")
        return await task

    def _why_not(self) -> str:
        reason = self._connection.error_message
        return (
            f"not connected to the gateway at {self.address} ({self._connection.state}): {reason or 'is it running?'}"
        )

    def _keep(self) -> None:
        for session in self._connection.sessions(self._connect, self._stop, self._probe):
            error = self._in_loop(self._serve(session))
            if self._stop.is_set():
                break
            self._connection.lost(error)

    def _connect(self) -> Session:
        self._was_refused = False
        return self._in_loop(self._open())

    def _in_loop(self, work: Coroutine[Any, Any, Answered]) -> Answered:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> Session:
        """Try one client id after the other; a gateway holds the one of a crashed client for a while."""
        first = self._client_ids[0] if self.client_id is None else self.client_id
        refusals: list[RetryableError] = []
        for client_id in sorted(self._client_ids, key=lambda number: (number != first, number)):
            if self._stop.is_set():
                # Nobody would break off a session that is made from now on.
                raise RetryableError("this program stops")
            session = self.session = Session(self._library, self._host, self._port, self._pace, self._owner)
            try:
                await session.open(client_id)
            except (ClientIdTaken, TurnedAway) as error:
                logger.warning("no connection with client id %d, trying the next reason=%s", client_id, error)
                refusals.append(error)
                continue
            except DashboardError as error:
                self._was_refused = str(error).startswith(_NOBODY_THERE)
                raise
            self.client_id = client_id
            return session
        if not any(isinstance(error, ClientIdTaken) for error in refusals):
            raise refusals[-1]
        raise RetryableError(
            f"all client ids from {self._client_ids[0]} to {self._client_ids[-1]} are in use at {self.address}:"
            " close another program, or set IB_CLIENT_ID to the first of five free ones"
        )

    async def _serve(self, session: Session) -> DashboardError:
        try:
            self._owner.attached(session)
            error = await session.watch()
        except ConnectionError as failure:
            error = RetryableError(f"the connection to {self.address} broke ({failure})")
        session.close(error)
        self._owner.detached(str(error))
        return error

    def _probe(self) -> bool:
        """Is a port open again that refused? Any other trouble would only be asked for anew."""
        if not self._was_refused:
            return False
        try:
            socket.create_connection((self._host, self._port), _PROBE_S).close()
        except OSError:
            return False
        return True

    def _break_off(self) -> None:
        if self.session:
            self.session.close(RetryableError("this program stops"))


def _run(loop: asyncio.AbstractEventLoop, is_ready: Future[ModuleType]) -> None:
    asyncio.set_event_loop(loop)
    # The library leaves futures behind that nobody awaits.
    loop.set_exception_handler(lambda _, context: logger.debug("in the loop of the gateway: %s", context["message"]))
    try:
        is_ready.set_result(load_library())
    except BaseException as error:
        is_ready.set_exception(error)
        loop.close()
        return
    loop.run_forever()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
