"""Live: what the bus said last, kept in memory by whoever reads it."""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_right
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
from nautilus_data.core.timerange import NS_PER_S

_LOG = logging.getLogger(__name__)
_RATE_WINDOW_S = 5.0
_KEPT_REPLAY_TIMES = 20_000
# A quote or trade this young tells the price better than the bar that sums it up.
_FRESH_NS = 60 * NS_PER_S
_UNREADABLE = (ValueError, ArithmeticError, TypeError, AttributeError)
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
        # Of each trader and instrument: when bars were published (ns, rising) and the historical time of each.
        self._replays: dict[tuple[str, str], tuple[list[int], list[int]]] = {}

    def feed(self, messages: Iterable[Message]) -> None:
        """Take one page of messages, in the order they were read."""
        count, seen = 0, {}
        for message in messages:
            count += 1
            seen[message.trader_id] = max(seen.get(message.trader_id, 0), message.entry)
            self._take(message)
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

    def bar_before(self, trader_id: str, instrument_id: str, at: int) -> int:
        """`ts_event` of the replayed bar that was current at a node's time `at`; 0 when none is known."""
        published, historical = self._replay(trader_id, instrument_id)
        place = bisect_right(published, at)
        return historical[place - 1] if place else 0

    def bar_after(self, trader_id: str, instrument_id: str, at: int) -> int:
        """`ts_event` of the first bar replayed after a node's time `at`; 0 until it came."""
        published, historical = self._replay(trader_id, instrument_id)
        place = bisect_right(published, at)
        return historical[place] if place < len(historical) else 0

    def replayed_to(self) -> int:
        """Historical time the replay has reached; 0 when nothing is replayed."""
        return max((historical[-1] for _, historical in list(self._replays.values())), default=0)

    def _take(self, message: Message) -> None:
        take = _TAKERS.get(type(message.body))
        if take is None:
            return
        try:
            take(self, message)
        except _UNREADABLE as error:
            # One message that says what it must not is told of; the others are taken.
            self.garbage += 1
            _LOG.warning("message not taken stream=%s entry=%s reason=%s", message.stream, message.entry, error)

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
        bid, ask = _price(body.bid_price), _price(body.ask_price)
        # A side nobody quotes comes as 0: the middle would be half the price.
        if bid and ask:
            self._set_price(message, body.instrument_id, "quote", (bid + ask) / 2, bid=bid, ask=ask)

    def _take_trade(self, message: Message) -> None:
        body = message.body
        self._set_price(message, body.instrument_id, "trade", _price(body.price), volume=float(body.size))

    def _take_bar(self, message: Message) -> None:
        body = message.body
        series = bar_series(body.bar_type)
        instrument_id, timeframe = series.instrument_id, series.timeframe
        is_replayed = body.ts_init - body.ts_event > _REPLAY_FACTOR * _bar_ns(timeframe)
        close = _price(body.close)
        bar = LiveBar(
            instrument_id, timeframe, series.price_type, body.open, body.high, body.low, body.close, body.volume,
            body.ts_event, body.ts_init, is_replayed,
        )  # fmt: skip
        self.bars[instrument_id, timeframe] = bar
        self.bars_version += 1
        self._note_replay(message.trader_id, instrument_id, bar)
        self._set_price(message, instrument_id, "bar", close, volume=float(body.volume))

    def _note_replay(self, trader_id: str, instrument_id: str, bar: LiveBar) -> None:
        key = trader_id, instrument_id
        if not bar.is_replayed:
            self._replays.pop(key, None)
            return
        published, historical = self._replays.get(key, ([], []))
        if published and bar.ts_init < published[-1]:
            return
        if len(published) >= _KEPT_REPLAY_TIMES:
            published, historical = published[_KEPT_REPLAY_TIMES // 2 :], historical[_KEPT_REPLAY_TIMES // 2 :]
        historical.append(bar.ts_event)
        published.append(bar.ts_init)
        self._replays[key] = published, historical

    def _replay(self, trader_id: str, instrument_id: str) -> tuple[list[int], list[int]]:
        # A stream whose key names no trader has bars of nobody.
        nobodys = self._replays.get(("", instrument_id), ([], []))
        return self._replays.get((trader_id, instrument_id), nobodys)

    def _set_price(self, message: Message, instrument_id: str, kind: str, price: Decimal, **more: object) -> None:
        old, received = self.prices.get(instrument_id), entry_ns(message.entry)
        if old and _is_better(old, kind, message.body.ts_event, received):
            return
        # A trade says nothing about the quote before it, nor a quote about the last volume.
        values = {"bid": None, "ask": None, "volume": None} | (_kept(old) if old and kind != "bar" else {}) | more
        self.prices[instrument_id] = Price(
            instrument_id=instrument_id, kind=kind, price=price, previous=old.price if old else None,
            ts_event=message.body.ts_event, ts_received=received, trader_id=message.trader_id, **values,
        )  # fmt: skip

    def _take_booked(self, message: Message) -> None:
        self.booked_version += 1

    def _take_component(self, message: Message) -> None:
        self.booked_version += 1
        body = message.body
        if message.is_run_start:
            self._begin_run(body.trader_id, entry_ns(message.entry))
        if body.component_type == "Trader":
            node = self.nodes.get(body.trader_id) or Node(body.trader_id)
            self.nodes[body.trader_id] = replace(node, state=body.state)

    def _begin_run(self, trader_id: str, run_id: int) -> None:
        node = self.nodes.get(trader_id) or Node(trader_id)
        # The gap between two runs is no heartbeat interval, and another run may have another one.
        fresh = {} if node.heartbeat_at > run_id else {"heartbeat_at": 0, "heartbeat_s": 0.0}
        self.nodes[trader_id] = replace(node, run_id=run_id, **fresh)
        self._forget_replay(trader_id, run_id)

    def _forget_replay(self, trader_id: str, before: int) -> None:
        """A new run replays from its own start; bars of it may have been read before its READY."""
        for key in [key for key in self._replays if key[0] in (trader_id, "")]:
            published, historical = self._replays.pop(key)
            place = bisect_right(published, before)
            if place < len(published):
                self._replays[key] = published[place:], historical[place:]

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


def _price(text: str) -> Decimal:
    price = Decimal(text)
    if not price.is_finite():
        raise ValueError(f"not a price: {text!r}")
    return price


def _is_better(old: Price, kind: str, ts_event: int, received: int) -> bool:
    """Does the price at hand stay? Streams are read in turn, so an older entry may come later."""
    if received < old.ts_received:
        return True
    return kind == "bar" and old.kind != "bar" and ts_event - old.ts_event < _FRESH_NS


def _kept(old: Price) -> dict[str, object]:
    return {"bid": old.bid, "ask": old.ask, "volume": old.volume}


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
