"""Subscriber: reads NautilusTrader's message bus from Redis Streams and stays connected."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from redis import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from nautilus_data.bus.cursor import Cursor, Group, Ids, Key, Reply, Tail
from nautilus_data.bus.link import Link, Pace
from nautilus_data.bus.message import Message, Reader, trader_id_of
from nautilus_data.bus.records import Garbage
from nautilus_data.core.entry import entry_ns
from nautilus_data.transport import Connection

logger = logging.getLogger(__name__)

_RAW_COMMANDS = ("SCAN", "XREVRANGE", "XINFO GROUPS", "XGROUP CREATE")
_STREAM_GONE = ("NOGROUP", "WRONGTYPE", "UNBLOCKED")
# Of one read, whatever burst there is.
_PAGE_ENTRIES, _PAGE_BYTES = 20_000, 8 << 20
_FIRST_COUNT, _MAX_COUNT = 50, 1000
# Asking for thousands of streams costs both sides; more of them are asked less often.
_REST_PER_STREAM_S = 4e-6
_RHYTHM_KEPT = 0.98
_IDLE_NS = 1_000_000_000
# No topic comes near it, and a database could not keep the place in such a stream.
_MOST_KEY = 1_024


class StreamSeen(NamedTuple):
    """What was read of one stream so far; `rhythm_ns` is the longest time lately between two entries."""

    entry: int
    count: int
    last_seen_at: int
    topic: str = ""
    trader_id: str = ""
    pages: int = 0
    rhythm_ns: int = 0


@dataclass(frozen=True)
class Page:
    """Messages of one read; call `ack()` once they are safe (group mode; else it does nothing)."""

    messages: list[Message]
    ids: Ids
    _ack: Callable[[Ids], None] = field(repr=False)

    def ack(self) -> None:
        """Goes out with the next read; what can't be sent then is sent after the next reconnect."""
        self._ack(self.ids)


class Subscriber:
    """All streams that match `patterns`, page by page, in the caller's thread; counters may be read from any.

    `link`: a URL, read at `pace`, or a Link, whose own pace counts.
    Without `group` a tail: positions are kept here, from `start`. With it, a consumer group: see `bus.cursor.Group`;
    a Redis user who may not have one reads as a tail from where `cursors()` says, where that is given.
    """

    def __init__(
        self,
        link: str | Link,
        patterns: Sequence[str] = ("*",),
        *,
        group: str | None = None,
        consumer: str = "dashboard",
        start: str | Mapping[str, int] = "beginning",
        cursors: Callable[[], Mapping[str, int]] | None = None,
        min_idle_s: float = 60.0,
        connection: Connection | None = None,
        pace: Pace | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.link = link if isinstance(link, Link) else Link(link, pace)
        self._pace = self.link.pace
        self.address = self.link.address
        self.connection = connection or Connection(f"redis {self.address}")
        self._patterns, self._clock = tuple(patterns), clock
        self._cursor: Cursor = Group(group, consumer, min_idle_s) if group else Tail(start)
        self._cursors = cursors
        self.group = group or ""
        self._reader = Reader()
        self._client: Redis | None = None
        self._keys: dict[Key, tuple[str, str]] = {}
        self._seen: dict[str, StreamSeen] = {}
        self._troubles: dict[str, str | None] = {}
        self._next_discovery = 0.0
        self._count, self._entry_bytes = _FIRST_COUNT, 0.0
        self._lag_ns = 0
        self.entries_read = 0
        self.garbage_read = 0
        self.last_message_at = self.answered_at = 0

    def __repr__(self) -> str:
        return f"Subscriber({self.address}, {', '.join(self._patterns)})"

    @property
    def streams(self) -> dict[str, StreamSeen]:
        """What was read of each stream that exists; keys as text."""
        return self._seen.copy()

    @property
    def keys(self) -> dict[Key, tuple[str, str]]:
        """Key as Redis has it → key as text, trader."""
        return self._keys.copy()

    @property
    def mode(self) -> str:
        """`group`, `cursors` (a group was not allowed) or `tail`."""
        if isinstance(self._cursor, Group):
            return "group"
        return "cursors" if self.group else "tail"

    @property
    def is_caught_up(self) -> bool:
        """Did the last read leave nothing unread? A Redis without streams has nothing to read."""
        return self._cursor.is_caught_up or (self._next_discovery > 0 and not self._keys)

    @property
    def lag_ms(self) -> float:
        """How old the newest entry was when it was read, of the stream furthest behind; 0 once nothing comes."""
        is_idle = self._clock() - self.last_message_at > _IDLE_NS
        return 0.0 if is_idle else self._lag_ns / 1e6

    @property
    def entries_lost(self) -> int:
        """Entries trimmed after they were given to the group and before they were acknowledged."""
        return self._cursor.lost if isinstance(self._cursor, Group) else 0

    def check(self) -> None:
        """Connect once; FatalError or RetryableError says what is wrong and what to do."""
        self.link.check()

    def lag(self) -> int | None:
        """Entries behind, where that can be told cheaply; else None. May be called from another thread."""
        client = self._client
        if client is None:
            return None
        try:
            return self._cursor.lag(client)
        except (RedisError, OSError):
            return None

    def pages(self, stop: threading.Event) -> Iterator[Page]:
        """Read until `stop`; reconnects by itself, see `connection`. Never raises on what Redis does or holds."""
        for client in self.connection.sessions(self._connect, stop, self.link.probe):
            self._client = client
            try:
                yield from self._session(client, stop)
                self._cursor.finish()
            except (RedisError, OSError) as error:
                self.connection.lost(self.link.explain(error))
            finally:
                self._client = None
                client.connection_pool.disconnect()

    def _connect(self) -> Redis:
        client = self.link.connect(_RAW_COMMANDS)
        try:
            self._cursor.resume(client)
        except (RedisError, OSError) as error:
            client.connection_pool.disconnect()
            raise self.link.explain(error) from None
        self._troubles.clear()
        self._next_discovery = 0.0
        return client

    def _session(self, client: Redis, stop: threading.Event) -> Iterator[Page]:
        while not stop.is_set():
            try:
                page = self._next(client, stop)
            except NoPermissionError:
                if self._cursors is None or self.mode != "group":
                    raise
                self._use_cursors(client)
                continue
            count = len(page.messages) if page is not None else 0
            if count:
                yield page
            if count >= self._count:
                continue
            # A burst of large entries must not find many asked for.
            self._count = max(_FIRST_COUNT // 2, count)
            if count:
                stop.wait(self._pace.rest_s + _REST_PER_STREAM_S * len(self._keys))

    def _next(self, client: Redis, stop: threading.Event) -> Page | None:
        if time.monotonic() >= self._next_discovery:
            self._discover(client)
        if not self._keys:
            # A Redis without streams must be missed as soon as one with them.
            stop.wait(min(self._pace.discover_s, self._pace.block_s / 4))
            client.ping()
            self.answered_at = self._clock()
            return None
        self._count = self._next_count()
        reply = self._read(client, self._count)
        self.answered_at = self._clock()
        if self._measure(reply) >= self._count:
            # Redis works on the next read while this one is decoded and used.
            self._cursor.ask(self._next_count())
        return self._page(reply)

    def _measure(self, reply: Reply) -> int:
        """Entries of a reply; how large they are is remembered."""
        count = sum([len(entries) for _, entries in reply])
        if count:
            size = sum([len(entries) * sum(map(len, entries[-1][1])) for _, entries in reply])
            self._entry_bytes = size / count
        return count

    def _next_count(self) -> int:
        """Entries a stream to ask for: no read may bring more than memory is meant for, whatever the burst."""
        streams = len(self._keys)
        fitting = int(_PAGE_BYTES / (self._entry_bytes * streams)) if self._entry_bytes else _FIRST_COUNT
        return max(1, min(_MAX_COUNT, _PAGE_ENTRIES // streams, fitting, 2 * self._count))

    def _block_ms(self) -> int:
        block_s = max(0.001, min(self._pace.block_s, self._next_discovery - time.monotonic()))
        return int(block_s * 1000) or 1

    def _use_cursors(self, client: Redis) -> None:
        """This Redis user may only read: go on from what was stored, and leave no trace in Redis."""
        logger.info("no consumer group allowed, cursors are kept in the store address=%s", self.address)
        self._cursor = Tail(self._cursors())
        self._cursor.resume(client)
        self._keys.clear()
        self._next_discovery = 0.0

    def _read(self, client: Redis, count: int) -> Reply:
        try:
            reply = self._cursor.read(count, self._block_ms())
        except ResponseError as error:
            if not str(error).startswith(_STREAM_GONE):
                raise
            # Flushed, or replaced under the same name: all are looked up again, and a group is joined again.
            logger.warning("streams changed under the reader, looking again reason=%s", error)
            if isinstance(self._cursor, Group):
                self._forget(set(self._keys))
            self._discover(client)
            return []
        self._tell("acknowledge", self._cursor.trouble)
        return reply

    def _discover(self, client: Redis) -> None:
        started = time.monotonic()
        found = set().union(*(_scan(client, pattern) for pattern in self._patterns))
        too_long = {key for key in found if len(key) > _MOST_KEY}
        told = f"{len(too_long)} streams are not read, their keys are over {_MOST_KEY:,} bytes" if too_long else None
        self._tell("keys", told)
        found -= too_long
        self._forget(self._keys.keys() - found)
        self._adopt(client, sorted(found - self._keys.keys()))
        # A scan of a huge Redis must not become its main work.
        took_s = time.monotonic() - started
        self._next_discovery = started + max(self._pace.discover_s, 20 * took_s)

    def _adopt(self, client: Redis, keys: list[Key]) -> None:
        self._tell("streams", self._cursor.adopt(client, keys))
        for key in keys:
            if isinstance(self._cursor, Group) and not self._cursor.knows(key):
                continue
            name = key.decode(errors="backslashreplace")
            self._keys[key] = (name, trader_id_of(name))

    def _forget(self, keys: set[Key]) -> None:
        self._cursor.forget(keys)
        for key in keys:
            name, _ = self._keys.pop(key)
            self._seen.pop(name, None)

    def _page(self, reply: Reply) -> Page:
        messages: list[Message] = []
        ids: Ids = {}
        now, lag_ns = self._clock(), 0
        for key, entries in reply:
            name, trader_id = self._keys[key]
            read = self._reader.read(name, trader_id, entries)
            messages += read
            ids[key] = [entry[0] for entry in entries]
            self._see(name, trader_id, read[-1], len(read), now)
            lag_ns = max(lag_ns, now - entry_ns(read[-1].entry))
        if messages:
            self.entries_read += len(messages)
            self.garbage_read += sum([type(message.body) is Garbage for message in messages])
            self.last_message_at, self._lag_ns = now, lag_ns
            self._cursor.give(ids)
        return Page(messages, ids, self._cursor.ack)

    def _see(self, name: str, trader_id: str, last: Message, count: int, now: int) -> None:
        seen = self._seen.get(name)
        if seen is None:
            self._seen[name] = StreamSeen(last.entry, count, now, last.topic, last.trader_id or trader_id, 1)
            return
        gap = entry_ns(last.entry) - entry_ns(seen.entry)
        rhythm = max(gap, int(seen.rhythm_ns * _RHYTHM_KEPT))
        self._seen[name] = StreamSeen(
            last.entry, seen.count + count, now, last.topic, last.trader_id or trader_id, seen.pages + 1, rhythm
        )

    def _tell(self, part: str, trouble: str | None) -> None:
        """Show trouble that leaves the connection usable (Redis full, say) until it is over."""
        if trouble == self._troubles.get(part):
            return
        self._troubles[part] = trouble
        texts = [f"Redis at {self.address}, {name}: {text}" for name, text in self._troubles.items() if text]
        self.connection.note("; ".join(texts) or None)


def _scan(client: Redis, pattern: str) -> set[Key]:
    keys: set[Key] = set()
    position = b"0"
    while True:
        position, found = client.execute_command("SCAN", position, "MATCH", pattern, "COUNT", 1000, "TYPE", "stream")
        keys.update(found)
        if position == b"0":
            return keys
