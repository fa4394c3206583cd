"""Live: what the bus said last, kept in memory by whoever reads it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from nautilus_data.bus import (
    AccountState,
    Bar,
    ComponentStateChanged,
    Garbage,
    Heartbeat,
    Message,
    OrderEvent,
    PositionEvent,
    QuoteTick,
    Raw,
    TradeTick,
    bar_series,
    entry_ns,
)
from nautilus_data.core.dataset import timeframe_ns

_RATE_WINDOW_S = 5.0
_HISTORY = 600
# A bar that closed this many of its own lengths before it was published is replayed history.
_REPLAY_FACTOR = 3


@dataclass(frozen=True)
class Price:
    """The latest price of an instrument: a quote's middle, a trade or a bar's close; times in ns."""

    instrument_id: str
    kind: str
    price: Decimal
    bid: Decimal | None
    ask: Decimal | None
    volume: float | None
    previous: Decimal | None
    ts_event: int
    ts_received: int
    trader_id: str


@dataclass(frozen=True)
class LiveBar:
    """A bar as it came; `is_replayed` when it is history published anew."""

    instrument_id: str
    timeframe: str
    price_type: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    ts_event: int
    ts_init: int
    is_replayed: bool


@dataclass(frozen=True)
class Node:
    """What is known of one trader's node."""

    trader_id: str
    state: str = "UNKNOWN"
    run_id: int = 0
    heartbeat_at: int = 0
    heartbeat_s: float = 0.0
    last_message_at: int = 0


class Live:
    """Takes bus messages, keeps the last of each; safe to read from other threads."""

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: deque[tuple[int, int]] = deque()
        self._lags: deque[tuple[int, int]] = deque(maxlen=64)
        self.version = 0
        self.booked_version = 0
        self.bars_version = 0
        self.messages = 0
        self.garbage = 0
        self.unknown: dict[str, int] = {}
        self.prices: dict[str, Price] = {}
        self.bars: dict[tuple[str, str], LiveBar] = {}
        self.nodes: dict[str, Node] = {}
        self.replay_times: dict[str, deque[tuple[int, int]]] = {}

    def feed(self, messages: Iterable[Message]) -> None:
        """Take one page of messages, in the order they were read."""
        count, seen = 0, {}
        for message in messages:
            count += 1
            seen[message.trader_id] = max(seen.get(message.trader_id, 0), message.entry)
            take = _TAKERS.get(type(message.body))
            if take is not None:
                take(self, message)
        for trader_id, entry in seen.items():
            self._see_trader(trader_id, entry_ns(entry))
        self._count(count, max(seen.values(), default=0))

    def rate(self) -> float:
        """Entries a second over the last 5 seconds."""
        now = self._clock()
        with self._lock:
            recent = sum(count for at, count in self._counts if now - at <= _RATE_WINDOW_S * 1e9)
        return recent / _RATE_WINDOW_S

    def lag_ms(self) -> float | None:
        """Worst delay between an entry's own time and its reading in the last 5 seconds; None when nothing came."""
        now = self._clock()
        with self._lock:
            recent = [lag for at, lag in self._lags if now - at <= _RATE_WINDOW_S * 1e9]
        return max(recent) / 1e6 if recent else None

    def bar_before(self, instrument_id: str, ts_init: int) -> int:
        """`ts_event` of the replayed bar that was current at a node's time `ts_init`; 0 when not replaying."""
        for known_at, ts_event in reversed(self.replay_times.get(instrument_id, ())):
            if known_at <= ts_init:
                return ts_event
        return 0

    def replayed_to(self) -> int:
        """Historical time the replay has reached; 0 when nothing is replayed."""
        return max((times[-1][1] for times in self.replay_times.values() if times), default=0)

    def _count(self, count: int, last: int) -> None:
        now = self._clock()
        with self._lock:
            self.messages += count
            self._counts.append((now, count))
            if last:
                self._lags.append((now, max(0, now - entry_ns(last))))
            while self._counts and now - self._counts[0][0] > _RATE_WINDOW_S * 1e9:
                self._counts.popleft()
        self.version += 1

    def _see_trader(self, trader_id: str, seen_at: int) -> None:
        node = self.nodes.get(trader_id) or Node(trader_id)
        self.nodes[trader_id] = replace(node, last_message_at=max(node.last_message_at, seen_at))

    def _take_quote(self, message: Message) -> None:
        body = message.body
        bid, ask = Decimal(body.bid_price), Decimal(body.ask_price)
        self._set_price(message, body.instrument_id, "quote", (bid + ask) / 2, bid=bid, ask=ask)

    def _take_trade(self, message: Message) -> None:
        body = message.body
        self._set_price(message, body.instrument_id, "trade", Decimal(body.price), volume=float(body.size))

    def _take_bar(self, message: Message) -> None:
        body = message.body
        series = bar_series(body.bar_type)
        instrument_id, timeframe = series.instrument_id, series.timeframe
        is_replayed = body.ts_init - body.ts_event > _REPLAY_FACTOR * _bar_ns(timeframe)
        bar = LiveBar(
            instrument_id, timeframe, series.price_type, body.open, body.high, body.low, body.close, body.volume,
            body.ts_event, body.ts_init, is_replayed,
        )  # fmt: skip
        self.bars[instrument_id, timeframe] = bar
        self.bars_version += 1
        if is_replayed:
            times = self.replay_times.setdefault(instrument_id, deque(maxlen=_HISTORY))
            if not times or times[-1][0] <= body.ts_init:
                times.append((body.ts_init, body.ts_event))
        else:
            self.replay_times.pop(instrument_id, None)
        self._set_price(message, instrument_id, "bar", Decimal(body.close), volume=float(body.volume))

    def _set_price(self, message: Message, instrument_id: str, kind: str, price: Decimal, **more: object) -> None:
        old = self.prices.get(instrument_id)
        # A bar summarizes prices that a quote or trade already told better.
        if old and kind == "bar" and old.kind != "bar" and old.ts_event >= message.body.ts_event:
            return
        values = {"bid": None, "ask": None, "volume": None, **more}
        self.prices[instrument_id] = Price(
            instrument_id=instrument_id, kind=kind, price=price, previous=old.price if old else None,
            ts_event=message.body.ts_event, ts_received=entry_ns(message.entry), trader_id=message.trader_id, **values,
        )  # fmt: skip

    def _take_booked(self, message: Message) -> None:
        self.booked_version += 1

    def _take_component(self, message: Message) -> None:
        self.booked_version += 1
        body = message.body
        if body.component_type != "Trader":
            return
        node = self.nodes.get(body.trader_id) or Node(body.trader_id)
        if message.is_run_start:
            node = replace(node, run_id=entry_ns(message.entry))
            self._forget_replay(entry_ns(message.entry))
        self.nodes[body.trader_id] = replace(node, state=body.state)

    def _forget_replay(self, before: int) -> None:
        """A new run replays from its own start; bars of it may have been read before its READY."""
        for instrument_id, times in list(self.replay_times.items()):
            kept = deque((pair for pair in times if pair[0] >= before), maxlen=_HISTORY)
            if kept:
                self.replay_times[instrument_id] = kept
            else:
                del self.replay_times[instrument_id]

    def _take_heartbeat(self, message: Message) -> None:
        node = self.nodes.get(message.trader_id) or Node(message.trader_id)
        now = entry_ns(message.entry)
        gap_s = (now - node.heartbeat_at) / 1e9 if node.heartbeat_at else 0.0
        # The interval is not published; the smallest one seen is taken, outages are longer.
        interval = min(gap_s, node.heartbeat_s or gap_s) if gap_s > 0.2 else node.heartbeat_s
        self.nodes[message.trader_id] = replace(node, heartbeat_at=now, heartbeat_s=interval)

    def _take_garbage(self, message: Message) -> None:
        self.garbage += 1

    def _take_unknown(self, message: Message) -> None:
        kind = getattr(message.body, "type", "") or "untyped"
        self.unknown[kind] = self.unknown.get(kind, 0) + 1


def _bar_ns(timeframe: str) -> int:
    try:
        return timeframe_ns(timeframe)
    except ValueError:
        return timeframe_ns("1-DAY")


_TAKERS = MappingProxyType(
    {
        QuoteTick: Live._take_quote,
        TradeTick: Live._take_trade,
        Bar: Live._take_bar,
        ComponentStateChanged: Live._take_component,
        Heartbeat: Live._take_heartbeat,
        Garbage: Live._take_garbage,
        Raw: Live._take_unknown,
        **dict.fromkeys((OrderEvent, PositionEvent, AccountState), Live._take_booked),
    }
)
