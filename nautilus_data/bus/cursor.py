"""Cursor: how far a reader has come: kept here (Tail) or by Redis (Group)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Protocol

from redis import Redis
from redis.exceptions import NoPermissionError, OutOfMemoryError, RedisError, ResponseError

from nautilus_data.bus.message import entry_id, entry_text
from nautilus_data.bus.packing import pack, pack_all, receive

logger = logging.getLogger(__name__)

Key = bytes
RawEntry = list[Any]
Reply = list[tuple[Key, list[RawEntry]]]
Ids = dict[Key, list[bytes]]
_START = b"0-0"
_MAX_ACK = 10_000


def explain_refusal(error: RedisError) -> str:
    """Redis' own words in one line, and what to do where that is known; they hold no password."""
    text = " ".join(str(error).split())[:200]
    if isinstance(error, OutOfMemoryError):
        return f"it is full ({text}): raise its maxmemory or trim its streams"
    if text.startswith("MISCONF"):
        return f"it refuses writes ({text}): see to the disk its snapshots go to"
    return text


class Cursor(Protocol):
    """What Subscriber asks of either; `trouble` tells of what leaves the connection usable.

    `ask` sends the next read ahead, so that Redis works on it while the page before is being used; without `block_ms`
    the answer comes at once, even when it is none.
    """

    trouble: str | None
    is_caught_up: bool

    def resume(self, client: Redis) -> None: ...
    def adopt(self, client: Redis, keys: Iterable[Key]) -> str | None: ...
    def forget(self, keys: Iterable[Key]) -> None: ...
    def ask(self, count: int, block_ms: int = 0) -> None: ...
    def read(self, count: int, block_ms: int) -> Reply: ...
    def give(self, ids: Ids) -> None: ...
    def ack(self, ids: Ids) -> None: ...
    def finish(self) -> None: ...
    def lag(self, client: Redis) -> int | None: ...


class Tail:
    """One position per stream in this process's memory; nothing is written to Redis.

    `start`: "beginning", "end", or the last entry read of each stream (others from their beginning).
    Streams that appear later are read from their beginning.
    """

    trouble: str | None = None

    def __init__(self, start: str | Mapping[str, int] = "beginning") -> None:
        self._at_end = start == "end"
        self._given = (
            {} if isinstance(start, str) else {key.encode(): entry_text(e).encode() for key, e in start.items()}
        )
        self._positions: dict[Key, bytes] = {}
        self._packed: dict[Key, bytes] = {}
        self._packed_keys: bytes | None = None
        self._connection: Any = None
        self._asked = 0
        self.is_caught_up = False

    def resume(self, client: Redis) -> None:
        """Start a stream over whose last entry is older than what was read: it is another stream by the same name."""
        self._connection, self._asked = client.connection_pool.get_connection(), 0
        self.is_caught_up = False
        for key, last in _last_ids(client, list(self._positions)).items():
            if entry_id(last) < entry_id(self._positions[key]):
                self._move(key, _START)

    def adopt(self, client: Redis, keys: Iterable[Key]) -> str | None:
        keys = list(keys)
        ends = _last_ids(client, keys) if self._at_end else {}
        self._at_end = False
        for key in keys:
            self._move(key, self._given.pop(key, None) or ends.get(key, _START))
        self._packed_keys = None
        return None

    def forget(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._positions.pop(key, None)
            self._packed.pop(key, None)
        self._packed_keys = None

    def ask(self, count: int, block_ms: int = 0) -> None:
        if self._packed_keys is None:
            self._packed_keys = pack_all(self._positions)
        head = (b"XREAD", b"COUNT", count, *_block(block_ms), b"STREAMS")
        command = pack(*head, more=2 * len(self._positions)) + self._packed_keys + b"".join(self._packed.values())
        self._connection.send_packed_command([command])
        self._asked = count

    def read(self, count: int, block_ms: int) -> Reply:
        if not self._asked:
            self.ask(count, block_ms)
        count, self._asked = self._asked, 0
        [reply] = receive(self._connection, 1)
        if _is_error(reply):
            raise reply
        reply = [(key, entries) for key, entries in reply or () if key in self._positions]
        for key, entries in reply:
            self._move(key, entries[-1][0])
        self.is_caught_up = all(len(entries) < count for _, entries in reply)
        return reply

    def give(self, ids: Ids) -> None:
        pass

    def ack(self, ids: Ids) -> None:
        pass

    def finish(self) -> None:
        pass

    def lag(self, client: Redis) -> int | None:
        return 0 if self.is_caught_up else None

    def _move(self, key: Key, position: bytes) -> None:
        self._positions[key] = position
        self._packed[key] = pack_all((position,))


class Group:
    """A consumer of a consumer group: at least once, across restarts.

    First the consumer's own pending entries (a predecessor read but did not acknowledge them), then new ones; now and
    then what a dead consumer left for `min_idle_s`. Entries of a page given out and not yet acknowledged are not given
    out twice. Acknowledgements ride with the next read.
    """

    def __init__(
        self, group: str, consumer: str, min_idle_s: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._group, self._consumer = group.encode(), consumer.encode()
        self._min_idle_s, self._clock = min_idle_s, clock
        self._known: dict[Key, None] = {}
        self._packed_keys: bytes | None = None
        self._pages: list[Ids] = []
        self._unsent: Ids = {}
        self._pending: dict[Key, bytes] = {}
        self._claims: dict[Key, bytes] = {}
        self._connection: Any = None
        self._posted: tuple[list[tuple[Key, list[bytes]]], int] = ([], 0)
        self._asked = 0
        self._lock = threading.Lock()
        self._next_claim = 0.0
        self.is_caught_up = False
        self.trouble: str | None = None
        self.lost = 0

    def resume(self, client: Redis) -> None:
        """After a reconnect: acks that did not get through go with the next read; replies that never arrived are
        looked for among what is pending.
        """
        self._connection, self.is_caught_up = client.connection_pool.get_connection(), False
        self._take_back()
        self._pending = dict.fromkeys(self._known, _START)

    def adopt(self, client: Redis, keys: Iterable[Key]) -> str | None:
        """Join the group on these streams, made at their beginning; a text tells of those that could not be.

        Raises NoPermissionError when this Redis user may not make a group.
        """
        keys, trouble = list(keys), None
        with client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.execute_command("XGROUP CREATE", key, self._group, "0")
            answers = pipeline.execute(raise_on_error=False)
        for key, answer in zip(keys, answers, strict=True):
            if isinstance(answer, NoPermissionError):
                raise answer
            if isinstance(answer, ResponseError) and not str(answer).startswith("BUSYGROUP"):
                trouble = trouble if "requires the key to exist" in str(answer) else explain_refusal(answer)
                continue
            self._known[key] = None
            if isinstance(answer, ResponseError):
                self._pending[key] = _START
        self._packed_keys = None
        return trouble

    def forget(self, keys: Iterable[Key]) -> None:
        for key in keys:
            for known in (self._known, self._unsent, self._pending, self._claims, *self._pages):
                known.pop(key, None)
        self._packed_keys = None

    def knows(self, key: Key) -> bool:
        return key in self._known

    def ask(self, count: int, block_ms: int = 0) -> None:
        if not self._pending and self._clock() < self._next_claim and not self._claims:
            self._post(self._new_command(count, block_ms), 1)
            self._asked = count

    def read(self, count: int, block_ms: int) -> Reply:
        if not self._asked:
            if self._pending:
                return self._hold(self._read_pending(count))
            if self._clock() >= self._next_claim:
                self._claims = dict.fromkeys(self._known, _START)
                self._next_claim = self._clock() + self._min_idle_s
            if self._claims:
                return self._hold(self._claim(count))
            self.ask(count, block_ms)
        count, self._asked = self._asked, 0
        reply = [(key, entries) for key, entries in self._collect_one() if key in self._known]
        self.is_caught_up = all(len(entries) < count for _, entries in reply)
        return reply

    def give(self, ids: Ids) -> None:
        """These are out, and not acknowledged yet."""
        self._pages.append(ids)

    def ack(self, ids: Ids) -> None:
        """Acknowledge with the next read, or after the next reconnect."""
        with self._lock:
            self._pages = [page for page in self._pages if page is not ids]
            self._keep_unsent((key, raw_ids) for key, raw_ids in ids.items() if key in self._known)

    def finish(self) -> None:
        """Send the last acknowledgements, where there is somebody to hear them."""
        if self._asked:
            # What was asked ahead stays pending, and is read first next time.
            self._asked = 0
            self._collect()
        if self._unsent:
            self._post(b"", 0)
            self._collect()

    def lag(self, client: Redis) -> int | None:
        """Entries not yet given to the group; from Redis 7 on, before that only known when it is none."""
        keys = list(self._known)
        with client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.execute_command("XINFO GROUPS", key)
            answers = pipeline.execute(raise_on_error=False)
        groups = {
            key: dict(zip(item[::2], item[1::2], strict=True))
            for key, answer in zip(keys, answers, strict=True)
            if isinstance(answer, list)
            for item in answer
            if self._group in item
        }
        lags = {key: group.get(b"lag") for key, group in groups.items()}
        if None in lags.values():
            return 0 if self.is_caught_up else None
        # Redis forgets a part of the group's count when it reads its append-only file again: where it stands is sure.
        ends = _last_ids(client, [key for key, lag in lags.items() if lag])
        return sum(lags[key] for key, end in ends.items() if groups[key][b"last-delivered-id"] != end)

    def _new_command(self, count: int, block_ms: int) -> bytes:
        if self._packed_keys is None:
            self._packed_keys = pack_all(self._known) + pack_all([b">"] * len(self._known))
        head = (*self._head(count), *_block(block_ms), b"STREAMS")
        return pack(*head, more=2 * len(self._known)) + self._packed_keys

    def _head(self, count: int) -> tuple[bytes | int, ...]:
        return b"XREADGROUP", b"GROUP", self._group, self._consumer, b"COUNT", count

    def _read_pending(self, count: int) -> Reply:
        self._post(pack(*self._head(count), b"STREAMS", *self._pending, *self._pending.values()), 1)
        reply = self._collect_one()
        for key, entries in reply:
            if entries:
                self._pending[key] = entries[-1][0]
            else:
                del self._pending[key]
        return reply

    def _claim(self, count: int) -> Reply:
        idle_ms = int(self._min_idle_s * 1000)
        claims = list(self._claims.items())
        commands = [
            pack(b"XAUTOCLAIM", key, self._group, self._consumer, idle_ms, position, b"COUNT", count)
            for key, position in claims
        ]
        self._post(b"".join(commands), len(commands))
        answers = dict(zip(self._claims, self._collect(), strict=True))
        for answer in answers.values():
            if _is_error(answer):
                raise answer
        self._claims = {key: answer[0] for key, answer in answers.items() if answer[0] != _START}
        for key, answer in answers.items():
            self._count_lost(key, len(answer[2]) if len(answer) > 2 else 0)
            if None in answer[1]:
                # Redis 6.2 does not name what was trimmed; among the own pending entries it does.
                self._pending[key] = _START
        return [(key, answer[1]) for key, answer in answers.items() if answer[1]]

    def _hold(self, reply: Reply) -> Reply:
        """Drop what is out already and what was trimmed unread (acknowledged at once), keep the rest."""
        fresh = []
        for key, entries in reply:
            out = {raw for ids in (*self._pages, self._unsent) for raw in ids.get(key, ())}
            trimmed = [entry[0] for entry in entries if entry and entry[1] is None]
            self._report_lost(key, trimmed)
            kept = [entry for entry in entries if entry and entry[1] is not None and entry[0] not in out]
            if kept:
                fresh.append((key, kept))
        return fresh

    def _report_lost(self, key: Key, raw_ids: list[bytes]) -> None:
        if raw_ids:
            self._count_lost(key, len(raw_ids))
            self.ack({key: raw_ids})

    def _count_lost(self, key: Key, count: int) -> None:
        if count:
            self.lost += count
            logger.warning("entries were trimmed before they were stored stream=%r count=%d", key, count)

    def _collect_one(self) -> Reply:
        [reply] = self._collect()
        if _is_error(reply):
            raise reply
        return reply or []

    def _post(self, command: bytes, answers: int) -> None:
        """Send what is to be acknowledged, then a command; its answers are for `_collect`."""
        with self._lock:
            unsent, self._unsent = self._unsent, {}
        self._posted = [(key, batch) for key, ids in unsent.items() for batch in _batches(ids)], answers
        acks = [pack(b"XACK", key, self._group, more=len(batch)) + pack_all(batch) for key, batch in self._posted[0]]
        try:
            self._connection.send_packed_command([b"".join((*acks, command))])
        except (RedisError, OSError):
            self._take_back()
            raise

    def _collect(self) -> list[Any]:
        """The answers to what was posted, errors among them."""
        acks, answers = self._posted
        try:
            found = receive(self._connection, len(acks) + answers)
        except (RedisError, OSError):
            self._take_back()
            raise
        self._posted = [], 0
        refused = [(batch, answer) for batch, answer in zip(acks, found, strict=False) if _is_error(answer)]
        self._keep_unsent(batch for batch, _ in refused if batch[0] in self._known)
        self.trouble = explain_refusal(refused[-1][1]) if refused else None
        return found[len(acks) :]

    def _take_back(self) -> None:
        """What was posted in vain is to be sent again."""
        (acks, _), self._posted, self._asked = self._posted, ([], 0), 0
        self._keep_unsent(acks)

    def _keep_unsent(self, ids: Iterable[tuple[Key, list[bytes]]]) -> None:
        for key, raw_ids in ids:
            self._unsent.setdefault(key, []).extend(raw_ids)


def _block(block_ms: int) -> tuple[bytes | int, ...]:
    return (b"BLOCK", block_ms) if block_ms else ()


def _is_error(answer: Any) -> bool:
    return isinstance(answer, ResponseError)


def _batches(ids: list[bytes]) -> Iterable[list[bytes]]:
    if len(ids) <= _MAX_ACK:
        return (ids,)
    rest = iter(ids)
    return iter(lambda: list(islice(rest, _MAX_ACK)), [])


def _last_ids(client: Redis, keys: list[Key]) -> dict[Key, bytes]:
    with client.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.execute_command("XREVRANGE", key, "+", "-", "COUNT", 1)
        answers = pipeline.execute(raise_on_error=False)
    return {key: answer[0][0] for key, answer in zip(keys, answers, strict=True) if isinstance(answer, list) and answer}
