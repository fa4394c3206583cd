"""Subscriber: reads NautilusTrader's message bus from Redis Streams and stays connected."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from nautilus_data.bus.cursor import Cursor, Group, Ids, Key, Reply, Tail
from nautilus_data.bus.link import Link, Pace
from nautilus_data.bus.message import Message, Reader, entry_id, trader_id_of
from nautilus_data.bus.records import Garbage
from nautilus_data.transport import Connection

logger = logging.getLogger(__name__)

_RAW_COMMANDS = ("SCAN", "XREAD", "XREADGROUP", "XREVRANGE", "XAUTOCLAIM", "XINFO GROUPS", "XGROUP CREATE", "XACK")
_STREAM_GONE = ("NOGROUP", "WRONGTYPE", "UNBLOCKED")
_PAGE_ENTRIES = 10_000
_MIN_COUNT, _MAX_COUNT = 50, 1000


@dataclass(frozen=True)
class StreamSeen:
    """What was read of one stream so far."""

    entry: int
    count: int
    last_seen_at: int


@dataclass(frozen=True)
class Page:
    """Messages of one read; call `ack()` once they are safe (group mode; else it does nothing)."""

    messages: list[Message]
    ids: Ids
    _ack: Callable[[Ids], None] = field(repr=False)

    def ack(self) -> None:
        """Never raises: an ack that can't be sent now is sent after the next reconnect."""
        self._ack(self.ids)


class Subscriber:
    """All streams that match `patterns`, page by page, in the caller's thread; counters may be read from any.

    `link`: a URL, read at `pace`, or a Link, whose own pace counts.
    Without `group` a tail: positions are kept here, from `start`. With it, a consumer group: see `bus.cursor.Group`.
    """

    def __init__(
        self,
        link: str | Link,
        patterns: Sequence[str] = ("*",),
        *,
        group: str | None = None,
        consumer: str = "dashboard",
        start: str | Mapping[str, int] = "beginning",
        min_idle_s: float = 60.0,
        connection: Connection | None = None,
        pace: Pace | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._link = link if isinstance(link, Link) else Link(link, pace)
        self._pace = self._link.pace
        self.address = self._link.address
        self.connection = connection or Connection(f"redis {self.address}")
        self._patterns, self._clock = tuple(patterns), clock
        self._cursor: Cursor = Group(group, consumer, min_idle_s) if group else Tail(start)
        self._reader = Reader()
        self._client: Redis | None = None
        self._keys: dict[Key, tuple[str, str]] = {}
        self._seen: dict[str, StreamSeen] = {}
        self._troubles: dict[str, str | None] = {}
        self._next_discovery = 0.0
        self.entries_read = 0
        self.garbage_read = 0
        self.last_message_at = 0

    def __repr__(self) -> str:
        return f"Subscriber({self.address}, {', '.join(self._patterns)})"

    @property
    def streams(self) -> dict[str, StreamSeen]:
        """What was read of each stream that exists; keys as text."""
        return self._seen.copy()

    @property
    def entries_lost(self) -> int:
        """Entries trimmed after they were given to the group and before they were acknowledged."""
        return self._cursor.lost if isinstance(self._cursor, Group) else 0

    def check(self) -> None:
        """Connect once; FatalError or RetryableError says what is wrong and what to do."""
        self._link.check()

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
        for client in self.connection.sessions(self._connect, stop, self._link.probe):
            self._client = client
            try:
                yield from self._session(client, stop)
            except (RedisError, OSError) as error:
                self.connection.lost(self._link.explain(error))
            finally:
                self._client = None
                client.connection_pool.disconnect()

    def _connect(self) -> Redis:
        client = self._link.connect(_RAW_COMMANDS)
        try:
            self._cursor.resume(client)
        except (RedisError, OSError) as error:
            client.connection_pool.disconnect()
            raise self._link.explain(error) from None
        self._troubles.clear()
        self._next_discovery = 0.0
        return client

    def _session(self, client: Redis, stop: threading.Event) -> Iterator[Page]:
        while not stop.is_set():
            if time.monotonic() >= self._next_discovery:
                self._discover(client)
            if not self._keys:
                # A Redis without streams must be missed as soon as one with them.
                stop.wait(min(self._pace.discover_s, self._pace.block_s / 2))
                client.ping()
                continue
            count = max(_MIN_COUNT, min(_MAX_COUNT, _PAGE_ENTRIES // len(self._keys)))
            page = self._page(self._read(client, count))
            if page.messages:
                yield page
                if len(page.messages) < count:
                    stop.wait(self._pace.rest_s)

    def _read(self, client: Redis, count: int) -> Reply:
        block_s = max(0.001, min(self._pace.block_s, self._next_discovery - time.monotonic()))
        try:
            return self._cursor.read(client, count, int(block_s * 1000) or 1)
        except ResponseError as error:
            if not str(error).startswith(_STREAM_GONE):
                raise
            # Flushed, or replaced under the same name: all are looked up again.
            logger.warning("streams changed under the reader, looking again reason=%s", error)
            self._forget(set(self._keys))
            self._discover(client)
            return []

    def _discover(self, client: Redis) -> None:
        started = time.monotonic()
        found = set().union(*(_scan(client, pattern) for pattern in self._patterns))
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
        now = self._clock()
        for key, entries in reply:
            name, trader_id = self._keys[key]
            messages += self._reader.read(name, trader_id, entries)
            ids[key] = [entry[0] for entry in entries]
            seen = self._seen.get(name)
            count = len(entries) + (seen.count if seen else 0)
            self._seen[name] = StreamSeen(entry_id(entries[-1][0]), count, now)
        if messages:
            self.entries_read += len(messages)
            self.garbage_read += sum(type(message.body) is Garbage for message in messages)
            self.last_message_at = now
        return Page(messages, ids, self._ack)

    def _ack(self, ids: Ids) -> None:
        self._tell("acknowledge", self._cursor.ack(self._client, ids))

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
