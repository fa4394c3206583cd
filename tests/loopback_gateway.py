"""A gateway on loopback that speaks the TWS API's wire protocol, with the faults of real ones on demand."""

from __future__ import annotations

import asyncio
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from tests import loopback_market as market
from tests.loopback_market import CONTRACTS, Listed

_CONTRACT = (
    "conId", "symbol", "secType", "expiry", "strike", "right", "multiplier", "exchange", "primaryExchange",
    "currency", "localSymbol", "tradingClass",
)  # fmt: skip
_PACING = "Historical Market Data Service error message:Historical data request pacing violation"
_NO_DATA = "Historical Market Data Service error message:HMDS query returned no data: {}"
_ACCOUNT = "DU1234567"
Fields = Iterable[object]


class Client:
    """One connected program."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.version = 0
        self.client_id = -1
        self.data_type = 1
        self.lines: dict[int, tuple[str, Listed]] = {}

    def send(self, *fields: object) -> None:
        self.write(frame(fields))

    def write(self, data: bytes) -> None:
        if not self.writer.is_closing():
            self.writer.write(data)

    def error(self, req_id: int, code: int, text: str) -> None:
        self.send(4, 2, req_id, code, text, *([""] if self.version >= 166 else []))


class LoopbackGateway:
    """Use as a context manager; set an attribute to bring on a fault, all from any thread."""

    def __init__(self, version: int = 176, clock: Callable[[], float] = time.time) -> None:
        self.version, self.clock = version, clock
        self.contracts: tuple[Listed, ...] = CONTRACTS
        self.port = 0
        self.clients: list[Client] = []
        self.requests: list[tuple[float, list[str]]] = []
        self.logins: list[int] = []
        self.violations: list[str] = []
        self._history: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=100))
        # Faults.
        self.taken_ids: set[int] = set()
        self.is_frozen = False
        self.is_deaf_to_history = False
        self.history_delay_s = 0.0
        self.next_history: deque[tuple[int, str] | str] = deque()
        self.without_permission: set[str] = set()
        self.banned: dict[str, tuple[int, str]] = {}
        self.is_silent_at_login = False
        self.checks_pacing = True
        self.has_account_summary = True

    def __enter__(self) -> LoopbackGateway:
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
        client.send(15, 1, _ACCOUNT)
        client.send(9, 1, 1)
        client.error(-1, 2104, "Market data farm connection is OK:usfarm")
        client.error(-1, 2106, "HMDS data farm connection is OK:ushmds")
        client.error(-1, 2158, "Sec-def data farm connection is OK:secdefnj")

    async def _answer(self, client: Client, fields: list[str]) -> None:
        if handler := getattr(self, f"_on_{fields[0]}", None):
            await handler(client, fields)

    async def _on_49(self, client: Client, fields: list[str]) -> None:
        client.send(49, 1, int(self.clock()))

    async def _on_59(self, client: Client, fields: list[str]) -> None:
        client.data_type = int(fields[2])

    async def _on_9(self, client: Client, fields: list[str]) -> None:
        req_id, wanted = int(fields[2]), contract_of(fields[3:])
        found = market.find(self.contracts, wanted)
        for one in found:
            client.write(frame(self._details(client.version, req_id, one)))
        if found:
            client.send(52, 1, req_id)
        else:
            client.error(req_id, 200, "No security definition has been found for the request")

    async def _on_81(self, client: Client, fields: list[str]) -> None:
        pattern = fields[2].upper()
        found = [one for one in self.contracts if one.symbol.startswith(pattern[:3]) or one.name.startswith(pattern)]
        rows: list[object] = []
        for one in [*found, *(one for one in self.contracts if one.sec_type == "BOND")]:
            primary = "NASDAQ.NMS" if one.primary == "NASDAQ" else one.primary or one.exchange
            rows += [one.con_id, one.symbol, one.sec_type, primary, one.currency, 1, "OPT"]
            rows += [one.name, ""] if client.version >= 176 else []
        count = len(found) + sum(one.sec_type == "BOND" for one in self.contracts)
        client.send(79, fields[1], count, *rows)

    async def _on_20(self, client: Client, fields: list[str]) -> None:
        if not self.is_deaf_to_history:
            asyncio.get_running_loop().call_later(self.history_delay_s, self._give_history, client, fields)

    async def _on_25(self, client: Client, fields: list[str]) -> None:
        text = f"Historical Market Data Service error message:API historical data query cancelled: {fields[2]}"
        client.error(int(fields[2]), 162, text)

    async def _on_87(self, client: Client, fields: list[str]) -> None:
        (one,) = market.find(self.contracts, contract_of(fields[2:]))
        begins = datetime.combine(one.listed_on, datetime.min.time(), UTC)
        client.send(88, fields[1], int(begins.timestamp()))

    async def _on_1(self, client: Client, fields: list[str]) -> None:
        (one,), req_id = market.find(self.contracts, contract_of(fields[3:])), int(fields[2])
        if one.symbol in self.without_permission:
            if client.data_type < 3:
                client.error(req_id, 354, "Requested market data is not subscribed.")
                return
            client.error(req_id, 10167, "Requested market data is not subscribed. Displaying delayed market data.")
            client.send(58, 1, req_id, 3)
        client.lines[req_id] = "quotes", one

    async def _on_2(self, client: Client, fields: list[str]) -> None:
        if client.lines.pop(int(fields[2]), None) is None:
            client.error(int(fields[2]), 300, f"Can't find EId with tickerId:{fields[2]}")

    async def _on_50(self, client: Client, fields: list[str]) -> None:
        (one,), req_id = market.find(self.contracts, contract_of(fields[3:])), int(fields[2])
        if one.symbol in self.without_permission:
            client.error(req_id, 420, "Invalid Real-time Query:No market data permissions for NASDAQ STK")
        else:
            client.lines[req_id] = "bars", one

    _on_51 = _on_2

    async def _on_61(self, client: Client, fields: list[str]) -> None:
        apple = self.contracts[0]
        client.send(
            61, 3, _ACCOUNT, apple.con_id, "AAPL", "STK", "", 0.0, "", "", "", "USD", "AAPL", "NMS", 150, 181.25
        )
        client.send(62, 1)

    async def _on_62(self, client: Client, fields: list[str]) -> None:
        if not self.has_account_summary:
            client.error(
                int(fields[2]), 322, "Error processing request:-'bI' : cause - Maximum number of requests exceeded"
            )
            return
        for tag, value in {
            "NetLiquidation": "1002345.67",
            "AccountType": "INDIVIDUAL",
            "BuyingPower": "4000000",
        }.items():
            client.send(63, 1, fields[2], _ACCOUNT, tag, value, "" if tag == "AccountType" else "USD")
        client.send(64, 1, fields[2])

    async def _on_6(self, client: Client, fields: list[str]) -> None:
        client.send(6, 2, "NetLiquidation", "1002345.67", "USD", _ACCOUNT)
        client.send(54, 1, _ACCOUNT)

    async def _on_76(self, client: Client, fields: list[str]) -> None:
        client.send(74, 1, fields[2])

    async def _on_7(self, client: Client, fields: list[str]) -> None:
        client.send(55, 1, fields[2])

    async def _on_5(self, client: Client, fields: list[str]) -> None:
        client.send(53, 1)

    _on_16 = _on_5

    # History.

    def _give_history(self, client: Client, fields: list[str]) -> None:
        req_id, wanted = int(fields[1]), contract_of(fields[2:])
        if self.is_frozen:
            return
        (one,) = market.find(self.contracts, wanted)[:1] or (None,)
        if fault := self._refusal(one, fields):
            client.error(req_id, *fault)
            return
        rows = list(self._rows(one, fields))
        kind = self.next_history.popleft() if self.next_history else ""
        if not rows and not kind:
            client.error(req_id, 162, _NO_DATA.format(f"{one.symbol}@{one.exchange}"))
            return
        if kind == "malformed":
            rows[-1] = (rows[-1][0], "not a price", *rows[-1][2:])
        if kind == "empty price":
            rows[-1] = (rows[-1][0], "nan", *rows[-1][2:])
        if kind == "shuffled":
            rows = [*reversed(rows), rows[0]]
        data = frame((17, req_id, "", "", len(rows), *(value for row in rows for value in row)))
        client.write(data[: len(data) // 2] if kind == "half" else data)

    def _rows(self, one: Listed, fields: list[str]) -> Iterator[tuple[str, ...]]:
        end_text, bar_size, duration, is_regular, what = fields[15:20]
        now = datetime.fromtimestamp(self.clock(), UTC)
        end = datetime.strptime(end_text, "%Y%m%d %H:%M:%S UTC").replace(tzinfo=UTC) if end_text else now
        start, end = market.span_of(duration, min(end, now))
        return market.bars(one, start, end, bar_size, what, is_regular == "1")

    def _refusal(self, one: Listed | None, fields: list[str]) -> tuple[int, str] | None:
        """What a gateway says instead of bars; a text in `next_history` spoils them, a pair stands for them."""
        end, bar_size, duration, _, what, _, keeps_up = fields[15:22]
        count, unit = duration.split(" ")
        if self.checks_pacing and self._is_too_fast(fields):
            self.violations.append(" ".join(fields))
            return 162, _PACING
        if self.next_history and isinstance(self.next_history[0], tuple):
            return self.next_history.popleft()
        if one is None:
            return 200, "No security definition has been found for the request"
        if keeps_up == "1" or (what == "ADJUSTED_LAST" and end):
            return 321, "Error validating request:-'bN' : cause - End date not supported with adjusted last"
        if (unit == "S" and int(count) > 86_400) or (unit == "D" and int(count) > 365):
            return 321, "Error validating request:-'bN' : cause - Historical data requests longer than a day"
        if not _is_sound(unit, int(count), market.seconds_of(bar_size)):
            return 162, "Historical Market Data Service error message:Time length exceed max."
        if what == "TRADES" and one.sec_type in ("CASH", "CFD"):
            return 162, "Historical Market Data Service error message:No historical market data for EUR/CASH: TRADES"
        return self.banned.get(one.symbol)

    def _is_too_fast(self, fields: list[str]) -> bool:
        contract, now = contract_of(fields[2:]), self.clock()
        line = f"line {contract['conId']} {contract['exchange']} {fields[19]}"
        same = f"same {' '.join(fields[2:])}"
        rules = ((line, 5, 2.0), (same, 1, 15.0), ("all", 60, 600.0))
        broken = any(sum(now - at < window for at in self._history[key]) >= most for key, most, window in rules)
        for key, *_ in rules:
            self._history[key].append(now)
        return broken

    # What the rest is made of.

    def _details(self, version: int, req_id: int, one: Listed) -> Fields:
        today = datetime.fromtimestamp(self.clock(), UTC).date()
        before = ["8"] if version < 164 else []
        sizes = ["0.0001", "0.0001", "100"] if version >= 164 else ["100"] if version == 163 else []
        local = one.local_symbol or one.symbol
        return [
            10, *before, req_id, one.symbol, one.sec_type, one.expiry, 0, "", one.exchange, one.currency, local, local,
            one.symbol, one.con_id, one.min_tick, *(["100"] if before else []), one.multiplier, "LMT", "SMART", 1, 0,
            one.name, one.primary, one.expiry[:6], "", "", "", one.zone, market.hours_text(one, False, today),
            market.hours_text(one, True, today), "", "", 0, 1, one.symbol, "", "26", "", one.stock_type, *sizes,
        ]  # fmt: skip

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


def frame(fields: Fields) -> bytes:
    data = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(data)) + data


async def read_frame(reader: asyncio.StreamReader) -> list[str]:
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    return (await reader.readexactly(length)).decode().removesuffix("\0").split("\0")


def contract_of(fields: list[str]) -> dict[str, str]:
    return dict(zip(_CONTRACT, fields, strict=False))


def _is_sound(unit: str, count: int, bar_s: int) -> bool:
    """The vendor's table of durations and bar sizes; 0 seconds: a day."""
    seconds = count * {"S": 1, "D": 86_400, "W": 604_800, "M": 2_592_000, "Y": 31_536_000}[unit]
    smallest = (
        (60, 1), (1_800, 1), (3_600, 5), (14_400, 10), (28_800, 30), (86_400, 60), (172_800, 120), (604_800, 180),
        (2_592_000, 1_800), (31_536_000, 86_400),
    )  # fmt: skip
    allowed = next((least for longest, least in smallest if seconds <= longest), 86_400)
    return (bar_s or 86_400) >= allowed
