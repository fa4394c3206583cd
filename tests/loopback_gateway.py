"""A gateway on loopback that speaks the TWS API's wire protocol, with the faults of real ones on demand."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from tests.loopback_answers import ACCOUNT, Answers, Client, read_frame
from tests.loopback_market import closes


class LoopbackGateway(Answers):
    """Use as a context manager; set an attribute to bring on a fault, all from any thread."""

    def __init__(self, version: int = 176, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self.version, self.port = version, 0
        self.clients: list[Client] = []
        self.requests: list[tuple[float, list[str]]] = []
        self.logins: list[int] = []
        self.taken_ids: set[int] = set()
        self.is_silent_at_login = False
        self.is_cut_off_at_login = False

    def __enter__(self) -> LoopbackGateway:
        # Half a second, in which it could not answer.
        closes()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.restart_begins()
        self._do(self._wind_up)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Faults and events, from the test's thread.

    def listen(self) -> None:
        """Open the port, the same one again after a restart."""

        async def start() -> None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

        self._do(start)

    def drop(self) -> None:
        """Cut all connections; the port stays open."""

        async def cut() -> None:
            for client in self.clients:
                client.writer.transport.abort()
            self.clients.clear()

        self._do(cut)

    def restart_begins(self) -> None:
        """Cut all connections and refuse new ones until `listen`."""

        async def close() -> None:
            self._server.close()

        self._do(close)
        self.drop()

    def say(self, code: int, text: str, req_id: int = -1) -> None:
        """Tell all clients."""
        self._each(lambda client: client.error(req_id, code, text))

    def forget_lines(self) -> None:
        """As after 1101: subscriptions are gone and nobody is told which."""
        self._each(lambda client: client.lines.clear())

    def quote(self, symbol: str, bid: float, ask: float, last: float) -> None:
        """To whoever subscribed; delayed where that is all they may have."""
        self._each(lambda client: self._quote(client, symbol, (bid, ask, last)))

    def realtime_bar(self, symbol: str, at: int, prices: tuple[float, float, float, float]) -> None:
        def send(client: Client) -> None:
            for req_id, (kind, one) in client.lines.items():
                if kind == "bars" and one.symbol == symbol:
                    client.send(50, 3, req_id, at, *prices, 12, 0, 3)

        self._each(send)

    def send_raw(self, data: bytes) -> None:
        self._each(lambda client: client.write(data))

    def asked(self, kind: int) -> list[list[str]]:
        """Requests of a kind, oldest first: 20 history, 9 contract details, 1 quotes, 50 real-time bars."""
        return [fields for _, fields in self.requests if fields[0] == str(kind)]

    # The wire.

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = Client(writer)
        try:
            if await reader.readexactly(4) != b"API\0":
                return
            offered = (await read_frame(reader))[0]
            client.version = min(self.version, int(offered.split("..")[1].split(" ")[0]))
            if self.is_silent_at_login:
                await reader.read()
            client.send(client.version, "20261125 10:00:00 EST")
            await self._log_in(client, await read_frame(reader))
            while not writer.is_closing():
                fields = await read_frame(reader)
                self.requests.append((self.clock(), fields))
                if not self.is_frozen:
                    await self._answer(client, fields)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            if client in self.clients:
                self.clients.remove(client)
            writer.close()

    async def _log_in(self, client: Client, fields: list[str]) -> None:
        client.client_id = int(fields[2])
        self.logins.append(client.client_id)
        if client.client_id in self.taken_ids | {other.client_id for other in self.clients}:
            client.error(
                -1, 326, "Unable to connect as the client id is already in use. Retry with a unique client id."
            )
            await client.writer.drain()
            client.writer.close()
            return
        self.clients.append(client)
        client.send(15, 1, ACCOUNT)
        client.send(9, 1, 1)
        if self.is_cut_off_at_login:
            client.error(-1, 2110, "Connectivity between TWS and server is broken. It will be restored automatically.")
        client.error(-1, 2104, "Market data farm connection is OK:usfarm")
        client.error(-1, 2106, "HMDS data farm connection is OK:ushmds")
        client.error(-1, 2158, "Sec-def data farm connection is OK:secdefnj")

    async def _answer(self, client: Client, fields: list[str]) -> None:
        if handler := getattr(self, f"_on_{fields[0]}", None):
            await handler(client, fields)

    def _quote(self, client: Client, symbol: str, prices: tuple[float, float, float]) -> None:
        for req_id, (kind, one) in client.lines.items():
            if kind == "quotes" and one.symbol == symbol:
                is_delayed = symbol in self.without_permission
                for tick, price in zip((66, 67, 68) if is_delayed else (1, 2, 4), prices, strict=True):
                    client.send(1, 6, req_id, tick, price, 300, 0)

    def _each(self, action: Callable[[Client], Any]) -> None:
        async def act() -> None:
            for client in list(self.clients):
                action(client)

        self._do(act)

    def _do(self, action: Callable[[], Any]) -> Any:
        future: Future = asyncio.run_coroutine_threadsafe(action(), self._loop)
        return future.result(10)

    async def _wind_up(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
