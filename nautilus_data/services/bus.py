"""Bus: what a person may ask of the message bus — streams, incidents, dead letters, messages, books, capacity."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nautilus_data.bus import Books, Inspector, Message, Router, Seen, Subscriber, Watch, entry_ns, listing
from nautilus_data.core.dead_letter import Fate
from nautilus_data.core.incident import UNKNOWN, Incident, Kind
from nautilus_data.errors import DashboardError
from nautilus_data.services.live import Live
from nautilus_data.store import Store

__all__ = ["ACKNOWLEDGE", "KINDS", "REPLAY", "SERVER", "WORKER", "BookView", "Bus", "Capacity", "Inspector", "Seen"]
REPLAY, ACKNOWLEDGE = "bus.replay", "bus.acknowledge"
KINDS = (REPLAY, ACKNOWLEDGE)
RECONNECT = "bus.reconnect"
WORKER, SERVER = "worker", "server"
_FRESH_NS = 5_000_000_000
_FORGET_NS = 3_600_000_000_000
_RATE_ROWS, _RATE_NS = 300, 5_000_000_000
_RECENT = 1_000
_SAMPLED_STREAMS = 20


@dataclass(frozen=True)
class Capacity:
    """How long Redis can hold what comes in; bytes, seconds; None where it can't be known, `note` says why."""

    used_bytes: int | None = None
    limit_bytes: int | None = None
    policy: str = ""
    bytes_per_s: float | None = None
    holds_s: float | None = None
    note: str = ""


@dataclass(frozen=True)
class BookView:
    """Price levels, best first: (price, size, orders) as exact texts and a count; times in ns."""

    trader_id: str
    instrument_id: str
    bids: tuple[tuple[str, str, int], ...] = ()
    asks: tuple[tuple[str, str, int], ...] = ()
    is_complete: bool = False
    note: str = ""
    ts_event: int = 0
    received_at: int = 0


class Bus:
    """The bus as one process reads it, and what all its readers wrote down; `attach` gives it a reader."""

    def __init__(
        self, store: Store, live: Live, router: Router, role: str, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._store, self._live, self._router, self._clock = store, live, router, clock
        self._host, self._pid, self.role = socket.gethostname(), os.getpid(), role
        self.name = f"{role} {self._host}:{self._pid}"
        self._subscriber: Subscriber | None = None
        self._watch: Watch | None = None
        self._books = Books()
        self._recent: deque[Message] = deque(maxlen=_RECENT)
        self._history: deque[tuple[int, dict[str, float]]] = deque(maxlen=_RATE_ROWS)
        self._counts: dict[str, int] = {}
        self._counted_at = 0
        self._reads: deque[tuple[int, dict[str, int]]] = deque()
        self._entry_bytes: tuple[int, float | None] = (0, None)
        self._signalled = clock()
        self._recorded_of = ""
        router.subscribe("*", self._take, "bus")

    def attach(self, subscriber: Subscriber, watch: Watch) -> None:
        """The reader this process tells of, and who watches it."""
        self._subscriber, self._watch = subscriber, watch

    def sample(self) -> None:
        """Count what came in the last second; once a second."""
        now, counts = self._clock(), dict(self._live.types)
        if self._counted_at:
            passed_s = max((now - self._counted_at) / 1e9, 1e-3)
            rates = dict.fromkeys(listing.RATE_KINDS, 0.0)
            for name, count in counts.items():
                rates[listing.rate_kind(name)] += (count - self._counts.get(name, 0)) / passed_s
            self._history.append((now, rates))
        self._counts, self._counted_at = counts, now
        streams = self._subscriber.streams if self._subscriber else {}
        self._reads.append((now, {name: seen.count for name, seen in streams.items()}))
        while len(self._reads) > 1 and now - self._reads[0][0] > _RATE_NS:
            self._reads.popleft()

    def publish(self) -> None:
        """Tell the other processes how this one reads, and hear what is asked of all; once a second."""
        self._store.save_reader(self.name, self.role, self._status())
        asked_at = self._store.signal(RECONNECT)
        if asked_at > self._signalled:
            self._signalled = asked_at
            self._retry()

    def record(self) -> None:
        """Write incidents down; what can't be written now is kept for the next time."""
        if self._watch is None:
            return
        server_run, changed = self._watch.server_run, self._watch.drain()
        try:
            if changed:
                self._store.save_incidents(changed)
            self._recorded_of = server_run
        except DashboardError:
            self._watch.put_back(changed)
            raise

    def server_run_recorded(self) -> str:
        """The run id of Redis when incidents of this address were last written down; '' when that is not known."""
        address = self._subscriber.address if self._subscriber else ""
        told = (one.get("recorded_of", "") for one in self._store.readers() if one.get("address") == address)
        return next(filter(None, told), "")

    def forget_readers(self) -> None:
        """Drop processes long gone."""
        self._store.forget_readers(self._clock() - _FORGET_NS)

    def streams(
        self,
        trader_id: str | None = None,
        match: str = "",
        sort: str = "rate",
        descending: bool = True,
        limit: int = 50,
        offset: int = 0,
        after: str = "",
    ) -> tuple[pd.DataFrame, int]:
        """Streams this process knows and how many match; `match` is a glob or a part of the key.

        `after` is the stream before the first of them; LookupError when it is none of those that match. Asks Redis
        for the memory of the rows it gives: not for the server's loop.
        """
        rows = [row for row in self._stream_rows() if listing.matches(row, trader_id or "", match)]
        frame = pd.DataFrame(rows, columns=list(listing.STREAM))
        if sort not in frame or sort == "memory_bytes":
            raise ValueError(f"can't sort by {sort!r}: choose stream, entries, read, rate, lag or last_message_at")
        frame = frame.sort_values([sort, "stream"], ascending=[not descending, True], kind="stable")
        offset = _place_after(frame["stream"], after) if after else offset
        page = frame.iloc[offset : offset + limit].reset_index(drop=True)
        sizes = self._watch.memory(page["stream"]) if self._watch and len(page) else {}
        known = [size if (size := sizes.get(name)) is not None else UNKNOWN for name in page["stream"]]
        return page.assign(memory_bytes=known), len(frame)

    def types(self) -> dict[str, int]:
        """Messages by type since this process reads."""
        return dict(self._live.types)

    def unknown_types(self) -> frozenset[str]:
        """Types that are kept raw."""
        return frozenset(self._live.unknown)

    def rate_history(self) -> pd.DataFrame:
        """One row a second and kind for the last 5 minutes: second (ns), kind, rate."""
        rows = [(at, kind, rate) for at, rates in list(self._history) for kind, rate in rates.items()]
        return pd.DataFrame(rows, columns=["second", "kind", "rate"])

    def rates(self) -> dict[str, float]:
        """Entries a second by kind over the last second."""
        return dict(self._history[-1][1]) if self._history else dict.fromkeys(listing.RATE_KINDS, 0.0)

    def incidents(self, limit: int = 200, open_only: bool = False, trader_id: str | None = None) -> pd.DataFrame:
        """What the worker wrote down and what this process sees, the last detected first."""
        own = self._watch.incidents if self._watch else []
        try:
            stored = self._store.incidents(limit, open_only=open_only, trader_id=trader_id)
        except DashboardError:
            # The page of a lost database still tells what this process sees.
            stored = []
        told = {(one.kind, one.subject) for one in stored if one.is_open}
        more = [one for one in own if one.is_open and (one.kind, one.subject) not in told]
        wanted = [one for one in more if trader_id in (None, one.trader_id) or not one.trader_id]
        return _incident_frame(sorted([*wanted, *stored], key=lambda one: -one.ts_detected)[:limit])

    def open_incidents(self) -> pd.DataFrame:
        """Those this process sees now, the worst first; asks nobody."""
        return _incident_frame(self._watch.open_incidents if self._watch else [])

    def acknowledge(self, incident_id: str) -> None:
        """A person has seen an incident that nothing else can clear; LookupError when there is none."""
        own = self._watch.incidents if self._watch else []
        found = next((one for one in [*own, *self._store.incidents(1_000)] if one.id == incident_id), None)
        if found is None:
            raise LookupError(f"there is no incident {incident_id!r}")
        if not found.kind.is_for_a_person:
            raise ValueError(f"{found.kind} is cleared by evidence alone: it ends when its cause does")
        if self._watch:
            self._watch.acknowledge(found.kind, found.subject)
        params = {"kind": str(found.kind), "subject": found.subject}
        self._store.add_job(ACKNOWLEDGE, f"Acknowledge {found.kind} {found.stream}", params)

    def dead_letters(self, limit: int = 200, trader_id: str | None = None) -> pd.DataFrame:
        """Messages no handler could take, the last first."""
        letters = self._store.dead_letters(limit, trader_id=trader_id)
        return pd.DataFrame([listing.letter_row(letter) for letter in letters], columns=list(listing.LETTER))

    def replay(self, keys: Sequence[str]) -> int:
        """Have the worker hand dead letters to their handler again; the job's id."""
        parsed = [listing.parse_key(key) for key in keys]
        self._store.set_fate(parsed, Fate.QUEUED)
        return self._store.add_job(REPLAY, f"Replay {len(keys)} dead letters", {"keys": list(keys)})

    def discard(self, keys: Sequence[str]) -> int:
        """They need no handling any more; how many."""
        return self._store.set_fate([listing.parse_key(key) for key in keys], Fate.DISCARDED)

    def inspect(self, pattern: str = "*") -> Inspector:
        """Follow the messages of a topic pattern: `*` any characters, `?` any one; close it when done."""
        return Inspector(self._router, pattern, self._recent.copy())

    def books(self, trader_id: str | None = None) -> list[tuple[str, str]]:
        """Trader and instrument of every order book."""
        known = self._books.keys()
        return sorted(key for key in known if trader_id in (None, "", key[0]))

    def book(self, instrument_id: str, trader_id: str | None = None, depth: int = 10) -> BookView | None:
        """The order book of an instrument as it stands; None when no book data came."""
        key = next((key for key in self.books(trader_id) if key[1] == instrument_id), None)
        found = self._books.get(*key) if key else None
        if found is None:
            return None
        bids, asks = found.levels(depth)
        return BookView(
            trader_id=key[0], instrument_id=instrument_id, bids=_levels(bids), asks=_levels(asks),
            is_complete=found.is_complete, note=_book_note(found), ts_event=found.ts_event,
            received_at=entry_ns(found.entry),
        )  # fmt: skip

    def capacity(self) -> Capacity:
        """How long Redis can hold what comes in at the rate of now. Asks Redis: not for the server's loop."""
        facts = self._watch.server if self._watch else None
        if facts is None:
            return Capacity(note="Redis was not asked yet")
        if facts.used_bytes is None:
            return Capacity(note=facts.note)
        limit = facts.limit_bytes or facts.machine_bytes
        rate, size = self._live.rate(), self._bytes_an_entry()
        speed = rate * size if size is not None else None
        holds_s = limit / speed if limit and speed else None
        return Capacity(facts.used_bytes, limit, facts.policy, speed, holds_s, _capacity_note(facts, size))

    def readers(self) -> pd.DataFrame:
        """Every process that reads the bus, as it told last."""
        now = self._clock()
        rows = [{**told, "is_fresh": now - told["ts_updated"] < _FRESH_NS} for told in self._store.readers()]
        cells = [[row.get(name) for name in listing.READER] for row in rows]
        return pd.DataFrame(cells, columns=list(listing.READER))

    def status(self) -> dict[str, Any]:
        """The answer of every process alike: how the worker's reader stands, else how this one does; times in ns."""
        own = {**self._status(), "name": self.name, "role": self.role, "ts_updated": self._clock()}
        try:
            told = [one for one in self._store.readers() if self._clock() - one["ts_updated"] < _FRESH_NS]
        except DashboardError:
            told = []
        chosen = next((one for one in told if one["role"] == WORKER), own)
        return {**chosen, "readers": told or [own]}

    def history(self) -> list[tuple[int, str, str]]:
        """The last changes of this process' connection: when, state, reason."""
        changes = self._subscriber.connection.history if self._subscriber else ()
        return [(change.at_ns, str(change.state), change.reason or "") for change in changes]

    def reconnect(self) -> None:
        """Every reader starts over: this process at once, the others within 2 s."""
        self._retry()
        self._store.send_signal(RECONNECT)

    def _retry(self) -> None:
        if self._subscriber is not None:
            self._subscriber.connection.retry()

    def _take(self, messages: Sequence[Message]) -> None:
        self._recent.extend(messages[-_RECENT:])
        self._books.feed(messages)

    def _status(self) -> dict[str, Any]:
        reader, watch = self._subscriber, self._watch
        base = {"host": self._host, "pid": self._pid, "recorded_of": self._recorded_of}
        if reader is None:
            return {**base, "address": "", "state": "disconnected", "connected_at": 0, "last_message_at": 0,
                    "reconnect_attempts": 0, "error_message": "no Redis to read", "messages_received": 0,
                    "lag_entries": None, "lag_ms": None, "mode": ""}  # fmt: skip
        unread = list(watch.unread.values()) if watch else []
        return {
            **base, "address": reader.address, "state": reader.connection.state.value,
            "connected_at": reader.connection.connected_at,
            "last_message_at": reader.last_message_at, "reconnect_attempts": reader.connection.reconnect_attempts,
            "error_message": reader.connection.error_message or "", "messages_received": reader.entries_read,
            "lag_entries": None if UNKNOWN in unread else sum(unread), "lag_ms": round(reader.lag_ms, 1),
            "mode": reader.mode,
        }  # fmt: skip

    def _stream_rows(self) -> list[tuple]:
        reader, watch = self._subscriber, self._watch
        if reader is None:
            return []
        now, seen = self._clock(), reader.streams
        facts, unread = (watch.streams, watch.unread) if watch else ({}, {})
        silent = {one.subject for one in watch.open_incidents if one.kind is Kind.STREAM_SILENT} if watch else set()
        rates = self._stream_rates(now, seen)
        rows = []
        for place in reader.keys.values():
            name = place[0]
            more = {"rate": rates.get(name, 0.0), "lag": unread.get(name, UNKNOWN), "is_silent": name in silent}
            rows.append(listing.stream_row(place, seen.get(name), facts.get(name), {**more, "now": now}))
        return rows

    def _stream_rates(self, now: int, seen: Mapping[str, Any]) -> dict[str, float]:
        if not self._reads:
            return {}
        then, counts = self._reads[0]
        passed_s = max((now - then) / 1e9, 1.0)
        return {name: (one.count - counts.get(name, 0)) / passed_s for name, one in seen.items()}

    def _bytes_an_entry(self) -> float | None:
        """What an entry takes in Redis, averaged over the busiest streams; asked for anew every ten seconds."""
        at, known = self._entry_bytes
        if self._clock() - at < 10 * 1e9 or self._watch is None or self._subscriber is None:
            return known
        seen, facts = self._subscriber.streams, self._watch.streams
        rates = self._stream_rates(self._clock(), seen)
        busiest = sorted((name for name in rates if name in facts), key=lambda name: -rates[name])[:_SAMPLED_STREAMS]
        sizes = {name: size for name, size in self._watch.memory(busiest).items() if size and facts[name].length}
        weights = {name: rates[name] or 1e-9 for name in sizes}
        total = sum(weights.values())
        known = sum(weights[n] * sizes[n] / facts[n].length for n in sizes) / total if total else known
        self._entry_bytes = self._clock(), known
        return known


def _place_after(streams: pd.Series, stream: str) -> int:
    names = streams.tolist()
    if stream not in names:
        raise LookupError(f"there is no stream {stream!r} among these")
    return names.index(stream) + 1


def _incident_frame(incidents: Iterable[Incident]) -> pd.DataFrame:
    return pd.DataFrame([listing.incident_row(one) for one in incidents], columns=list(listing.INCIDENT))


def _levels(levels: Iterable[Any]) -> tuple[tuple[str, str, int], ...]:
    return tuple((f"{level.price:f}", f"{level.size:f}", level.orders) for level in levels)


def _book_note(book: Any) -> str:
    if book.is_damaged:
        return f"damaged: {book.skipped} changes could not be applied since the book was last told whole"
    if book.is_crossed:
        return "crossed: the best bid is not below the best ask"
    return "" if book.is_complete else "partial: only what changed since reading began"


def _capacity_note(facts: Any, size: float | None) -> str:
    parts = [] if facts.limit_bytes else ["no maxmemory is set: the machine's memory is the limit"]
    if facts.limit_bytes and facts.policy == "noeviction":
        parts.append("noeviction: a full Redis refuses writes, and one refused write ends a node's publishing for good")
    if size:
        parts.append(f"an entry takes {size:,.0f} bytes")
    return "; ".join(parts)
