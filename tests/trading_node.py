"""A process that does to Redis what a node does: `python -m tests.trading_node PORT [TRADER_ID]`.

Quotes 50 a second, a heartbeat each second, two small trades a second with all their events, the cache kept beside
them. As NautilusTrader's, its publishing ends for good with the first write that fails; the process goes on.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from itertools import count
from typing import Any

import redis

from tests.bus.test_cache import FX
from tests.bus.wire import ACCOUNT, FILL, ORDER, POSITION, QUOTE, READY, fields, pack

QUOTE_S, BEAT_S, TRADE_S = 0.02, 1.0, 0.5
INSTRUMENT = "GBP/USD.SIM"
QUOTES = f"data.quotes.{INSTRUMENT}"


class TradingNode:
    """One run of a trader."""

    def __init__(self, client: redis.Redis, trader_id: str = "T-1") -> None:
        self._client, self._trader_id = client, trader_id
        self._run, self._opened = str(time.time_ns()), 0
        self._numbers = count(1)
        self._quantity, self._balance = 0, 100_000

    def run(self) -> None:
        with suppress(redis.RedisError):
            self._publish()
        # Mute, and trading on.
        while True:
            time.sleep(1)

    def _publish(self) -> None:
        self._start()
        next_beat = next_trade = time.monotonic()
        while True:
            now = time.monotonic()
            if now >= next_beat:
                next_beat = max(next_beat + BEAT_S, now)
                self._say(
                    "health:heartbeat", time.strftime("%Y-%m-%dT%H:%M:%S.000000000+00:00", time.gmtime()).encode()
                )
            if now >= next_trade:
                next_trade = max(next_trade + TRADE_S, now)
                self._trade(next(self._numbers))
            self._say(QUOTES, QUOTE | self._now())
            time.sleep(QUOTE_S)

    def _start(self) -> None:
        who = {"trader_id": self._trader_id, "component_id": self._trader_id}
        for state in ("READY", "STARTING", "RUNNING"):
            self._say(f"events.system.{self._trader_id}", READY | who | {"state": state, "event_id": self._id(state)})
        self._client.set(self._key(f"instruments:{INSTRUMENT}"), pack(FX))

    def _trade(self, number: int) -> None:
        """Buy three, sell one, and so on; the cache is written before the events are out."""
        side, size = ("SELL", 1) if number % 2 == 0 else ("BUY", 3)
        now = self._now()
        self._opened = self._opened or int(now["ts_event"])
        self._quantity += size if side == "BUY" else -size
        self._balance -= 1
        mine = {"trader_id": self._trader_id, "client_order_id": self._id(f"O-{number}"), "order_side": side} | now
        made = ORDER | mine | {"type": "OrderInitialized", "event_id": self._id(f"i-{number}"), "order_type": "MARKET",
                               "quantity": str(size)}  # fmt: skip
        sent = ORDER | mine | {"type": "OrderSubmitted", "event_id": self._id(f"s-{number}"), "account_id": "SIM-001"}
        filled = FILL | mine | {
            "event_id": self._id(f"f-{number}"), "trade_id": self._id(f"x-{number}"), "last_qty": str(size),
            "position_id": self._id("P"), "venue_order_id": self._id(f"v-{number}"),
        }  # fmt: skip
        account = ACCOUNT | now | {
            "event_id": self._id(f"a-{number}"), "margins": [], "balances": [_balance(self._balance)],
        }  # fmt: skip
        self._keep(mine["client_order_id"], (made, sent, filled), account)
        for event in (made, sent, filled):
            self._say("events.order.S-1", event)
        self._say(f"events.fills.{INSTRUMENT}", filled)
        self._say("events.account.SIM-001", account)
        self._say("events.position.S-1", self._position(number, side, size, now))

    def _position(self, number: int, side: str, size: int, now: dict[str, str]) -> dict[str, Any]:
        what = {"type": "PositionOpened" if number == 1 else "PositionChanged", "event_id": self._id(f"p-{number}")}
        return POSITION | now | what | {
            "trader_id": self._trader_id, "position_id": self._id("P"), "entry": "BUY", "side": "LONG",
            "signed_qty": float(self._quantity), "quantity": str(self._quantity), "peak_qty": str(self._quantity),
            "last_qty": str(size), "ts_opened": str(self._opened),
        }  # fmt: skip

    def _keep(self, name: str, events: tuple[dict, ...], account: dict[str, Any]) -> None:
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.rpush(self._key(f"orders:{name}"), *map(pack, events))
            pipeline.sadd(self._key("index:orders"), name)
            pipeline.rpush(self._key(f"positions:{self._id('P')}"), pack(events[-1]))
            pipeline.sadd(self._key("index:positions"), self._id("P"))
            pipeline.rpush(self._key("accounts:SIM-001"), pack(account))
            pipeline.execute()

    def _say(self, topic: str, body: object) -> None:
        self._client.xadd(self._key(f"stream:{topic}"), fields(topic, body))

    def _key(self, name: str) -> str:
        return f"trader-{self._trader_id}:{name}"

    def _id(self, name: str) -> str:
        return f"{name}-{self._run[-12:]}"

    def _now(self) -> dict[str, str]:
        now = str(time.time_ns())
        return {"ts_event": now, "ts_init": now}


def _balance(total: int) -> dict[str, str]:
    return {"type": "AccountBalance", "total": str(total), "locked": "0", "free": str(total), "currency": "USD"}


if __name__ == "__main__":
    port, *names = sys.argv[1:]
    TradingNode(redis.Redis(port=int(port), retry=None), *names).run()
