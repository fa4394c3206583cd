"""What the loopback gateway answers to each request, and how it refuses."""

from __future__ import annotations

import asyncio
import struct
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from tests import loopback_market as market
from tests.loopback_market import CONTRACTS, Listed

_CONTRACT = (
    "conId", "symbol", "secType", "expiry", "strike", "right", "multiplier", "exchange", "primaryExchange",
    "currency", "localSymbol", "tradingClass",
)  # fmt: skip
_PACING = "Historical Market Data Service error message:Historical data request pacing violation"
_NO_DATA = "Historical Market Data Service error message:HMDS query returned no data: {}"
ACCOUNT = "DU1234567"
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


class Answers:
    """One method for each kind of request, by its number in the protocol."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.contracts: tuple[Listed, ...] = CONTRACTS
        self.violations: list[str] = []
        self._history: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=100))
        # Faults.
        self.is_frozen = False
        self.is_deaf_to_history = False
        self.history_delay_s = 0.0
        self.next_history: deque[tuple[int, str] | str] = deque()
        self.without_permission: set[str] = set()
        self.banned: dict[str, tuple[int, str]] = {}
        self.checks_pacing = True
        self.has_account_summary = True

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
        client.send(61, 3, ACCOUNT, apple.con_id, "AAPL", "STK", "", 0.0, "", "", "", "USD", "AAPL", "NMS", 150, 181.25)
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
            client.send(63, 1, fields[2], ACCOUNT, tag, value, "" if tag == "AccountType" else "USD")
        client.send(64, 1, fields[2])

    async def _on_6(self, client: Client, fields: list[str]) -> None:
        client.send(6, 2, "NetLiquidation", "1002345.67", "USD", ACCOUNT)
        client.send(54, 1, ACCOUNT)

    async def _on_76(self, client: Client, fields: list[str]) -> None:
        client.send(74, 1, fields[2])

    async def _on_7(self, client: Client, fields: list[str]) -> None:
        client.send(55, 1, fields[2])

    async def _on_5(self, client: Client, fields: list[str]) -> None:
        client.send(53, 1)

    _on_16 = _on_5

    async def _on_99(self, client: Client, fields: list[str]) -> None:
        client.send(102)

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
        if not is_sound(unit, int(count), market.seconds_of(bar_size)):
            return 162, "Historical Market Data Service error message:Time length exceed max."
        if one.sec_type == "CONTFUT" and end:
            return 10339, "Setting end date/time for continuous future security type is not allowed"
        if one.sec_type == "CRYPTO" and what == "TRADES":
            return 10299, "Expected what to show is AGGTRADES, please use that instead of TRADES."
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


def frame(fields: Fields) -> bytes:
    data = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(data)) + data


async def read_frame(reader: asyncio.StreamReader) -> list[str]:
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    return (await reader.readexactly(length)).decode().removesuffix("\0").split("\0")


def contract_of(fields: list[str]) -> dict[str, str]:
    return dict(zip(_CONTRACT, fields, strict=False))


def is_sound(unit: str, count: int, bar_s: int) -> bool:
    """The vendor's table of durations and bar sizes; 0 seconds: a day."""
    seconds = count * {"S": 1, "D": 86_400, "W": 604_800, "M": 2_592_000, "Y": 31_536_000}[unit]
    smallest = (
        (60, 1), (1_800, 1), (3_600, 5), (14_400, 10), (28_800, 30), (86_400, 60), (172_800, 120), (604_800, 180),
        (2_592_000, 1_800), (31_536_000, 86_400),
    )  # fmt: skip
    allowed = next((least for longest, least in smallest if seconds <= longest), 86_400)
    return (bar_s or 86_400) >= allowed
