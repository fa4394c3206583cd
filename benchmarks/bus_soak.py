"""Minutes of a busy, mixed bus with the whole dashboard and one open page: delay, memory, CPU, and nothing lost.

Run: python -m benchmarks.bus_soak [events a second] [seconds] [--open bus]. Promise: 10,000 a second for five minutes
on two cores, p99 from an entry to the page's document below 500 ms, memory flat, every entry stored once.
Everything is real: a Redis that refuses nothing, a writer, the server with its worker, a client on the overview's
websocket. 50 streams: of 100 entries 58 are quotes, 24 trades, 8 bars and 10 the life of an order.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import psutil
import redis

from benchmarks.bus_to_page import PageClient, cards, dashboard, until_up, waits
from benchmarks.server import OwnRedis, cpu_s, load, own_redis, run_module
from nautilus_data.store import Store

_TRADER, _GROUP = "SOAK-001", "nautilus-dashboard"
_QUOTED = [f"QUOTE{number:02}/USD.SIM" for number in range(20)]
_TRADED = [f"TRADE{number:02}/USD.SIM" for number in range(10)]
_BARRED = [f"BAR{number:02}/USD.SIM" for number in range(6)]
_ORDERED = [f"ORDER{number}/USD.SIM" for number in range(4)]
_PRICED = [*_QUOTED, *_TRADED, *_BARRED]
_TICKS = ["quote"] * 58 + ["trade"] * 24 + ["bar"] * 8
_LIFE = (
    "OrderInitialized", "OrderSubmitted", "OrderAccepted", "events.fills", "OrderFilled",
    "AccountState", "PositionOpened", "AccountState", "PositionClosed", "OrderDenied",
)  # fmt: skip
_PLAN_LENGTH = 100
_BATCHES_A_SECOND = 100
_SAMPLE_S = 30.0
_WARM_UP_S = 5.0
_CATCH_UP_S = 180.0
_READ_AHEAD_S = 2.0


def plan() -> list[str]:
    """What each of 100 entries is, well mixed: the tenth of every ten belongs to an order."""
    mixed = [_TICKS[(number * 37) % len(_TICKS)] for number in range(len(_TICKS))]
    return [kind for number in range(10) for kind in (*mixed[9 * number : 9 * number + 9], _LIFE[number])]


def instrument_of(number: int, kind: str) -> str:
    names = {"quote": _QUOTED, "trade": _TRADED, "bar": _BARRED}[kind]
    return names[(number // 7) % len(names)]


class Writer:
    """Entries by their number; the price of a tick is its number."""

    def __init__(self) -> None:
        self._plan, self._encode = plan(), msgspec.msgpack.Encoder().encode

    def entry(self, number: int, now: int) -> tuple[str, dict[str, bytes | str]]:
        kind = self._plan[number % _PLAN_LENGTH]
        topic, body = (self._tick if kind in ("quote", "trade", "bar") else self._booked)(number, kind)
        body |= {"ts_event": str(now + number), "ts_init": str(now + number)}
        return f"trader-{_TRADER}:stream:{topic}", {"topic": topic, "payload": self._encode(body)}

    def ready(self) -> tuple[str, dict[str, bytes | str]]:
        topic = f"events.system.{_TRADER}"
        body = {
            "type": "ComponentStateChanged", "trader_id": _TRADER, "component_id": _TRADER, "component_type": "Trader",
            "state": "READY", "config": {}, "event_id": "ready", "ts_event": "0", "ts_init": "0",
        }  # fmt: skip
        return f"trader-{_TRADER}:stream:{topic}", {"topic": topic, "payload": self._encode(body)}

    def _tick(self, number: int, kind: str) -> tuple[str, dict]:
        name, price = instrument_of(number, kind), f"{number}.00"
        symbol = f"SIM.{name.partition('.')[0]}"
        if kind == "quote":
            prices = {"bid_price": price, "ask_price": price, "bid_size": "1", "ask_size": "1"}
            return f"data.quotes.{symbol}", {"type": "QuoteTick", "instrument_id": name, **prices}
        if kind == "trade":
            told = {"price": price, "size": "1", "aggressor_side": "BUYER", "trade_id": str(number)}
            return f"data.trades.{symbol}", {"type": "TradeTick", "instrument_id": name, **told}
        bar_type = f"{name}-1-SECOND-LAST-EXTERNAL"
        prices = dict.fromkeys(("open", "high", "low", "close"), price)
        return f"data.bars.{bar_type}", {"type": "Bar", "bar_type": bar_type, **prices, "volume": "1"}

    def _booked(self, number: int, kind: str) -> tuple[str, dict]:
        """Ten entries of a hundred tell of two orders: one that is filled, and one that is denied."""
        life, step = divmod(number, _PLAN_LENGTH)
        place, is_second = life % len(_ORDERED), step == _PLAN_LENGTH - 1
        ids = {
            "trader_id": _TRADER, "strategy_id": f"SOAK-{place:03}", "instrument_id": _ORDERED[place],
            "account_id": "SIM-001", "event_id": f"e-{number}",
        }  # fmt: skip
        if kind == "AccountState":
            return "events.account.SIM-001", ids | _account(number)
        if kind.startswith("Position"):
            return f"events.position.SOAK-{place:03}", ids | _position(kind, life)
        ids |= {"client_order_id": f"O-{life}{'-b' if is_second else ''}", "venue_order_id": f"V-{life}"}
        if kind == "events.fills":
            # The same fill again, as the node says it: its twin is ten entries away.
            return f"events.fills.{_ORDERED[place]}", ids | _fill(life) | {"event_id": f"e-{number + 10}"}
        body = _fill(life) if kind == "OrderFilled" else _ORDER
        return f"events.order.SOAK-{place:03}", ids | body | {"type": kind}


_ORDER = {
    "order_side": "BUY", "order_type": "MARKET", "quantity": "1", "time_in_force": "GTC", "post_only": False,
    "reduce_only": False, "quote_quantity": False, "options": {}, "tags": None, "reconciliation": False,
}  # fmt: skip


def _fill(life: int) -> dict:
    return {
        "type": "OrderFilled", "trade_id": f"T-{life}", "position_id": f"P-{life}", "order_side": "BUY",
        "order_type": "MARKET", "last_qty": "1", "last_px": "1.50", "currency": "USD", "commission": "0.01 USD",
        "liquidity_side": "TAKER", "info": {}, "reconciliation": False,
    }  # fmt: skip


def _account(number: int) -> dict:
    total = f"{1_000_000 - number / 1e4:.2f}"
    balance = {"type": "AccountBalance", "total": total, "locked": "0.00", "free": total, "currency": "USD"}
    return {
        "type": "AccountState", "account_type": "MARGIN", "base_currency": "USD", "balances": [balance], "margins": [],
        "reported": True, "info": {},
    }  # fmt: skip


def _position(kind: str, life: int) -> dict:
    is_open = kind == "PositionOpened"
    return {
        "type": kind, "position_id": f"P-{life}", "opening_order_id": f"O-{life}", "closing_order_id": None,
        "entry": "BUY", "side": "LONG" if is_open else "FLAT", "signed_qty": float(is_open),
        "quantity": str(int(is_open)), "peak_qty": "1", "last_qty": "1", "last_px": "1.50", "currency": "USD",
        "avg_px_open": 1.5, "avg_px_close": None if is_open else 1.6, "realized_return": 0.0,
        "realized_pnl": "0.10 USD", "duration_ns": 0, "ts_opened": str(life + 1), "ts_closed": str(int(not is_open)),
    }  # fmt: skip


def write(url: str, rate: int, seconds: float, record: Path) -> None:
    """Even batches; when each began to be sent is kept in a file, with the number of its first entry."""
    writer, client, sent, sends = Writer(), redis.Redis.from_url(url), 0, []
    batch, last_beat = rate // _BATCHES_A_SECOND, 0.0
    client.xadd(*writer.ready())
    started = time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        if passed * rate < sent + batch:
            time.sleep(max(0.0, (sent + batch) / rate - passed))
            continue
        now, pipeline = time.time_ns(), client.pipeline(transaction=False)
        sends.append((sent, now))
        for number in range(sent, sent + batch):
            pipeline.xadd(*writer.entry(number, now))
        if passed - last_beat >= 1:
            last_beat = passed
            topic = "health:heartbeat"
            pipeline.xadd(f"trader-{_TRADER}:stream:{topic}", {"topic": topic, "payload": str(now)})
        pipeline.execute()
        sent += batch
    np.save(record, np.array(sends, "int64"))


def sent_times(record: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of each instrument the numbers written and when, rising."""
    sends, kinds = np.load(record), plan()
    batch = int(sends[1, 0] - sends[0, 0])
    numbers: dict[str, list[int]] = {name: [] for name in _PRICED}
    for number in range(int(sends[-1, 0]) + batch):
        if (kind := kinds[number % _PLAN_LENGTH]) in ("quote", "trade", "bar"):
            numbers[instrument_of(number, kind)].append(number)
    columns = {name: np.array(found, "int64") for name, found in numbers.items()}
    return {name: (column, sends[column // batch, 1]) for name, column in columns.items()}


async def watch(address: str, seconds: float) -> list[tuple[int, str, int]]:
    """When which number of which instrument came to the overview."""
    client, seen = PageClient(address, "overview"), []
    await client.open()

    async def take() -> None:
        async for content in client.messages():
            now = time.time_ns()
            seen.extend((now, key, _number(value)) for key, value in cards(content) if key in _PRICED)

    task = asyncio.create_task(take())
    await asyncio.sleep(seconds)
    task.cancel()
    client.close()
    return seen


def _number(value: str) -> int:
    return int(float(value.replace(",", "")))


async def drain(address: str, page: str, seconds: float) -> None:
    """Another page, open for as long; what it is sent is read and thrown away."""
    client, patches = PageClient(address, page), 0
    await client.open()

    async def take() -> None:
        nonlocal patches
        async for _ in client.messages():
            patches += 1

    task = asyncio.create_task(take())
    await asyncio.sleep(seconds)
    task.cancel()
    client.close()
    print(f"page {page}: {patches / seconds:.1f} messages a second")


async def weigh(family: dict[str, psutil.Process], seconds: float, lag: Callable[[], int]) -> None:
    """Print memory and CPU of each process again and again."""
    started, before = time.monotonic(), {name: cpu_s(one) for name, one in family.items()}
    at = started
    while (left := started + seconds - time.monotonic()) > 0:
        await asyncio.sleep(min(_SAMPLE_S, left))
        now, used = time.monotonic(), {name: cpu_s(one) for name, one in family.items()}
        parts = [
            f"{name} {one.memory_info().rss / 1e6:,.0f} MB {(used[name] - before[name]) / (now - at):.0%}"
            for name, one in family.items()
        ]
        print(f"{now - started:5.0f} s: {', '.join(parts)}; unread {lag():,}; {load()}", flush=True)
        at, before = now, used


def unread(client: redis.Redis) -> int:
    """Entries the worker has not stored: not given to its group, or not acknowledged.

    Where a group stands is asked, not only its lag: Redis 7.0 forgets a part of its count when it reads its file again.
    """
    left = 0
    for key in client.scan_iter(_type="stream", count=1000):
        last = client.xinfo_stream(key)["last-generated-id"]
        mine = [group for group in client.xinfo_groups(key) if group["name"] == _GROUP.encode()]
        ahead = sum(max(1, group["lag"] or 0) for group in mine if group["last-delivered-id"] != last)
        left += ahead + sum(group["pending"] for group in mine) if mine else client.xlen(key)
    return left


def expected(client: redis.Redis) -> Iterator[tuple[str, int]]:
    """Rows there must be, by table: what Redis has, each thing once."""
    lengths: dict[str, int] = {}
    for key in client.scan_iter(_type="stream", count=1000):
        kind = ".".join(key.decode().partition(":stream:")[2].split(".")[:2])
        lengths[kind] = lengths.get(kind, 0) + client.xlen(key)
    yield from ((name, lengths[f"data.{name}"]) for name in ("quotes", "trades", "bars"))
    yield "order_events", lengths["events.order"]
    yield "fills", lengths["events.fills"]
    yield "positions", -(-lengths["events.position"] // 2)
    yield "balances", lengths["events.account"]


async def measure(server: OwnRedis, folder: Path, rate: int, seconds: float, page: str) -> bool:
    client, record = redis.Redis.from_url(server.url), folder / "sends.npy"
    with dashboard(folder, REDIS_URL=server.url, DEMO="off") as (address, process):
        await until_up(address)
        await asyncio.sleep(_READ_AHEAD_S)
        [worker] = process.children()
        family = {"server": process, "worker": worker, "Redis": server.process}
        print(f"start: {', '.join(f'{name} {one.memory_info().rss / 1e6:,.0f} MB' for name, one in family.items())}")
        writer = run_module("benchmarks.bus_soak", rate, seconds, "--url", server.url, "--record", record)
        others = [drain(address, page, seconds)] if page else []
        tasks = watch(address, seconds), weigh(family, seconds, lambda: unread(client)), *others
        seen, *_ = await asyncio.gather(*tasks)
        writer.wait()
        ended = time.monotonic()
        while (left := unread(client)) and time.monotonic() < ended + _CATCH_UP_S:
            await asyncio.sleep(0.2)
        print(f"the worker has stored what came {time.monotonic() - ended:.1f} s after the last entry; unread {left:,}")
    report(seen, record)
    return compare(folder, client)


def report(seen: list[tuple[int, str, int]], record: Path) -> None:
    begun = seen[0][0] + _WARM_UP_S * 1e9
    ages, delays = waits([one for one in seen if one[0] > begun], sent_times(record))
    for what, found in (("value in the page, its age when it came", ages), ("entry, until it was in the page", delays)):
        middle, worst = np.percentile(found, [50, 99])
        print(f"{what}: p50 {middle:,.0f} ms, p99 {worst:,.0f} ms, worst {found.max():,.0f} ms, n {len(found):,}")


def compare(folder: Path, client: redis.Redis) -> bool:
    """Is everything stored, and once?"""
    store = Store(f"sqlite:///{next((folder / 'data').glob('*.sqlite'))}")
    stored, is_equal = store.stats().rows, True
    for name, wanted in expected(client):
        is_equal &= stored[name] == wanted
        print(
            f"{name:13} {wanted:>10,} in Redis, {stored[name]:>10,} stored{'' if stored[name] == wanted else '  <--'}"
        )
    store.close()
    return is_equal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rate", nargs="?", type=int, default=10_000)
    parser.add_argument("seconds", nargs="?", type=float, default=300.0)
    parser.add_argument("--open", default="", help="another page to have open, such as bus")
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.url:
        write(given.url, given.rate, given.seconds, given.record)
        return
    with tempfile.TemporaryDirectory() as name, own_redis(Path(name)) as server:
        is_equal = asyncio.run(measure(server, Path(name), given.rate, given.seconds, given.open))
    if not is_equal:
        raise SystemExit("what is stored is not what Redis has")


if __name__ == "__main__":
    main()
