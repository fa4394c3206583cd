"""Live: what the bus said last, kept in memory by whoever reads it."""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median_low
from types import MappingProxyType

from nautilus_data.bus import (
    AccountState,
    Bar,
    ComponentStateChanged,
    Garbage,
    Heartbeat,
    InstrumentStatus,
    Latest,
    LiveBar,
    Message,
    OrderEvent,
    PositionEvent,
    Price,
    QuoteTick,
    Raw,
    TradeTick,
    TradingStateChanged,
    entry_ns,
    is_requested,
)

_LOG = logging.getLogger(__name__)
_RATE_WINDOW_S = 5.0
_KEPT_REPLAY_TIMES = 20_000
_MOST_TYPES = 1_000
_BEAT_GAPS = 5
_UNREADABLE = (ValueError, ArithmeticError, TypeError, AttributeError)
_UNTYPED, _OTHERS, _GARBAGE = "untyped", "other types", "unreadable"
# Their messages name the trader themselves, whatever their stream's key says.
_NAME_TRADER = (OrderEvent, PositionEvent, ComponentStateChanged, TradingStateChanged)


@dataclass(frozen=True)
class Node:
    """What is known of one trader's node."""

    trader_id: str
    state: str = "UNKNOWN"
    run_id: int = 0
    heartbeat_at: int = 0
    heartbeat_s: float = 0.0
    beat_gaps_s: tuple[float, ...] = ()
    last_message_at: int = 0


@dataclass(frozen=True)
class Quoted:
    """The latest price a source tells as it changes; those of the bus are apart. Times in ns."""

    instrument_id: str
    source: str
    kind: str
    price: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    previous: Decimal | None
    volume: Decimal | None
    is_delayed: bool
    is_stale: bool
    ts_event: int
    ts_received: int


class Live:
    """Takes bus messages, keeps the last of each; one thread feeds it, others read."""

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: deque[tuple[int, int]] = deque()
        self._lags: deque[tuple[int, int]] = deque(maxlen=64)
        self._latest = Latest()
        self.quoted: tuple[Quoted, ...] = ()
        self.version = 0
        self.booked_version = 0
        self.bars_version = 0
        self.messages = 0
        self.garbage = 0
        self.types: dict[str, int] = {}
        self.unknown: dict[str, int] = {}
        self.nodes: dict[str, Node] = {}
        self.runs: dict[str, list[int]] = {}
        self.components: dict[tuple[str, str, str], tuple[str, int]] = {}
        self.trading_states: dict[str, tuple[str, int]] = {}
        self.statuses: dict[str, InstrumentStatus] = {}
        self._status_entries: dict[str, int] = {}
        # Of each trader and instrument: when bars were published (ns, rising) and the historical time of each.
        self._replays: dict[tuple[str, str], tuple[list[int], list[int]]] = {}

    def feed(self, messages: Sequence[Message]) -> None:
        """Take one page of messages, in the order they were read."""
        by_type: dict[type, list[Message]] = defaultdict(list)
        for message in messages:
            by_type[type(message.body)].append(message)
        requested = {topic for topic in {message.topic for message in messages} if is_requested(topic)}
        quotes, trades = (_new(by_type.get(kind, ()), requested) for kind in (QuoteTick, TradeTick))
        self._latest.take_quotes(quotes)
        self._latest.take_trades(trades)
        if len(quotes) + len(trades) < len(messages):
            for message in _new(messages, requested):
                if type(message.body) in _TAKERS:
                    self._take(message)
        self._count_types(by_type)
        self._count(len(messages), self._see_traders(messages, by_type))

    def take_quoted(self, quoted: tuple[Quoted, ...]) -> None:
        """What sources tell besides the bus, all of it anew."""
        if quoted != self.quoted:
            self.quoted = quoted
            self.version += 1

    def price(self, instrument_id: str, trader_id: str | None = None) -> Price | None:
        """The latest price a trader's node told; with no trader the newest over all of them."""
        return self._latest.price(instrument_id, trader_id)

    def prices(self, trader_id: str | None = None) -> dict[str, Price]:
        """The latest price of each instrument."""
        return self._latest.prices(trader_id)

    def bar(self, instrument_id: str, timeframe: str, trader_id: str | None = None) -> LiveBar | None:
        """The newest bar."""
        return self._latest.bar(instrument_id, timeframe, trader_id)

    def has_live_bars(self, instrument_id: str, timeframe: str) -> bool:
        """Does any trader publish bars as they happen, not history anew?"""
        return any(not bar.is_replayed for bar in self._latest.bars(instrument_id, timeframe))

    def instruments(self, trader_id: str | None = None) -> list[str]:
        """Ids of all instruments a price came of."""
        return self._latest.instruments(trader_id)

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

    def replay_times(self, trader_id: str, instrument_id: str) -> tuple[list[int], list[int]]:
        """When replayed bars were published, and the historical time of each, both rising; empty without a replay."""
        published, historical = self._replay(trader_id, instrument_id)
        # Whoever feeds may be between the two.
        count = min(len(published), len(historical))
        return published[:count], historical[:count]

    def replayed_to(self, trader_id: str | None = None) -> int:
        """Historical time the replay (of a trader) has reached; 0 when nothing is replayed."""
        return max(
            (
                historical[-1]
                for (name, _), (_, historical) in list(self._replays.items())
                if trader_id is None or name in (trader_id, "")
            ),
            default=0,
        )

    def _take(self, message: Message) -> None:
        try:
            _TAKERS[type(message.body)](self, message)
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

    def _count_types(self, by_type: Mapping[type, Sequence[Message]]) -> None:
        for kind, found in by_type.items():
            # A Raw is counted by the type it names.
            if kind is not Raw:
                name = _GARBAGE if kind is Garbage else kind.__name__
                self.types[name] = self.types.get(name, 0) + len(found)

    def _see_traders(self, messages: Sequence[Message], by_type: Mapping[type, Sequence[Message]]) -> int:
        """Note when each trader was heard last; the newest entry of all."""
        # Entries of a stream come in order, so its last message is its newest.
        heard = [*{message.stream: message for message in messages}.values()]
        for kind in _NAME_TRADER:
            heard += by_type.get(kind, ())
        seen: dict[str, int] = {}
        for message in heard:
            seen[message.trader_id] = max(seen.get(message.trader_id, 0), message.entry)
        for trader_id, entry in seen.items():
            node = self.nodes.get(trader_id) or Node(trader_id)
            self.nodes[trader_id] = replace(node, last_message_at=max(node.last_message_at, entry_ns(entry)))
        return max(seen.values(), default=0)

    def _take_bar(self, message: Message) -> None:
        bar = self._latest.take_bar(message)
        self.bars_version += 1
        self._note_replay(message.trader_id, bar.instrument_id, bar)

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

    def _take_booked(self, message: Message) -> None:
        self.booked_version += 1

    def _take_component(self, message: Message) -> None:
        self.booked_version += 1
        body = message.body
        if message.is_run_start:
            self._begin_run(body.trader_id, entry_ns(message.entry))
        self.components[body.trader_id, body.component_id, body.component_type] = body.state, body.ts_event
        if body.component_type == "Trader":
            node = self.nodes.get(body.trader_id) or Node(body.trader_id)
            self.nodes[body.trader_id] = replace(node, state=body.state)

    def _take_trading_state(self, message: Message) -> None:
        body = message.body
        self.trading_states[body.trader_id] = body.state, body.ts_event

    def _take_status(self, message: Message) -> None:
        name = message.body.instrument_id
        if message.entry >= self._status_entries.get(name, 0):
            self.statuses[name], self._status_entries[name] = message.body, message.entry

    def _begin_run(self, trader_id: str, run_id: int) -> None:
        runs = self.runs.get(trader_id, [])
        self.runs[trader_id] = sorted({*runs, run_id})
        node = self.nodes.get(trader_id) or Node(trader_id)
        # The gap between two runs is no heartbeat interval, and another run may have another one.
        fresh = {} if node.heartbeat_at > run_id else {"heartbeat_at": 0, "heartbeat_s": 0.0, "beat_gaps_s": ()}
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
        # The interval is not published: the median of the last gaps is taken, for outages are longer and what a node
        # says after one comes faster.
        gaps = (*node.beat_gaps_s, gap_s)[-_BEAT_GAPS:] if gap_s > 0.2 else node.beat_gaps_s
        interval = median_low(gaps) if gaps else 0.0
        self.nodes[message.trader_id] = replace(node, heartbeat_at=now, heartbeat_s=interval, beat_gaps_s=gaps)

    def _take_garbage(self, message: Message) -> None:
        self.garbage += 1

    def _take_unknown(self, message: Message) -> None:
        name = message.body.type or _UNTYPED
        # Whoever publishes can name as many types as there are messages.
        name = name if name in self.types or len(self.types) < _MOST_TYPES else _OTHERS
        for counts in (self.types, self.unknown):
            counts[name] = counts.get(name, 0) + 1


def _new(messages: Sequence[Message], requested: set[str]) -> Sequence[Message]:
    """Without what answers a request: that may be old, and is no latest value."""
    return [message for message in messages if message.topic not in requested] if requested else messages


_TAKERS = MappingProxyType(
    {
        Bar: Live._take_bar,
        ComponentStateChanged: Live._take_component,
        TradingStateChanged: Live._take_trading_state,
        InstrumentStatus: Live._take_status,
        Heartbeat: Live._take_heartbeat,
        Garbage: Live._take_garbage,
        Raw: Live._take_unknown,
        **dict.fromkeys((OrderEvent, PositionEvent, AccountState), Live._take_booked),
    }
)
