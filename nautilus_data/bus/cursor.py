"""Cursor: how far a reader has come: kept here (Tail) or by Redis (Group)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from redis import Redis
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError

from nautilus_data.bus.message import entry_id, entry_text

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
    """What Subscriber asks of either."""

    def resume(self, client: Redis) -> None: ...
    def adopt(self, client: Redis, keys: Iterable[Key]) -> str | None: ...
    def forget(self, keys: Iterable[Key]) -> None: ...
    def read(self, client: Redis, count: int, block_ms: int) -> Reply: ...
    def ack(self, client: Redis | None, ids: Ids) -> str | None: ...
    def lag(self, client: Redis) -> int | None: ...


class Tail:
    """One position per stream in this process's memory; nothing is written to Redis.

    `start`: "beginning", "end", or the last entry read of each stream (others from their beginning).
    Streams that appear later are read from their beginning.
    """

    def __init__(self, start: str | Mapping[str, int] = "beginning") -> None:
        self._at_end = start == "end"
        self._given = (
            {} if isinstance(start, str) else {key.encode(): entry_text(e).encode() for key, e in start.items()}
        )
        self._positions: dict[Key, bytes] = {}
        self._is_caught_up = False

    def resume(self, client: Redis) -> None:
        """Start a stream over whose last entry is older than what was read: it is another stream by the same name."""
        for key, last in _last_ids(client, list(self._positions)).items():
            if entry_id(last) < entry_id(self._positions[key]):
                self._positions[key] = _START

    def adopt(self, client: Redis, keys: Iterable[Key]) -> str | None:
        keys = list(keys)
        ends = _last_ids(client, keys) if self._at_end else {}
        self._at_end = False
        for key in keys:
            self._positions[key] = self._given.pop(key, None) or ends.get(key, _START)
        return None

    def forget(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._positions.pop(key, None)

    def read(self, client: Redis, count: int, block_ms: int) -> Reply:
        command = ("XREAD", "COUNT", count, "BLOCK", block_ms, "STREAMS", *self._positions, *self._positions.values())
        reply = client.execute_command(*command) or []
        for key, entries in reply:
            self._positions[key] = entries[-1][0]
        self._is_caught_up = all(len(entries) < count for _, entries in reply)
        return reply

    def ack(self, client: Redis | None, ids: Ids) -> str | None:
        return None

    def lag(self, client: Redis) -> int | None:
        return 0 if self._is_caught_up else None


class Group:
    """A consumer of a consumer group: at least once, across restarts.

    First the consumer's own pending entries (a predecessor read but did not acknowledge them), then new ones; now and
    then what a dead consumer left for `min_idle_s`. Entries held (read, not yet acknowledged) are not given out twice.
    """

    def __init__(
        self, group: str, consumer: str, min_idle_s: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._group, self._consumer, self._min_idle_s, self._clock = group, consumer, min_idle_s, clock
        self._held: dict[Key, set[bytes]] = {}
        self._unsent: Ids = {}
        self._pending: dict[Key, bytes] = {}
        self._claims: dict[Key, bytes] = {}
        self._next_claim = 0.0
        self._is_caught_up = False
        self.lost = 0

    def resume(self, client: Redis) -> None:
        """After a reconnect: send the acks that did not get through, then look for replies that never arrived."""
        self._pending = dict.fromkeys(self._held, _START)
        self.ack(client, {})

    def adopt(self, client: Redis, keys: Iterable[Key]) -> str | None:
        """Join the group on these streams, made at their beginning; a text tells of those that could not be."""
        keys, trouble = list(keys), None
        with client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.execute_command("XGROUP CREATE", key, self._group, "0")
            answers = pipeline.execute(raise_on_error=False)
        for key, answer in zip(keys, answers, strict=True):
            if isinstance(answer, ResponseError) and not str(answer).startswith("BUSYGROUP"):
                trouble = trouble if "requires the key to exist" in str(answer) else explain_refusal(answer)
                continue
            self._held.setdefault(key, set())
            if isinstance(answer, ResponseError):
                self._pending[key] = _START
        return trouble

    def forget(self, keys: Iterable[Key]) -> None:
        for key in keys:
            for known in (self._held, self._unsent, self._pending, self._claims):
                known.pop(key, None)

    def knows(self, key: Key) -> bool:
        return key in self._held

    def read(self, client: Redis, count: int, block_ms: int) -> Reply:
        if self._pending:
            return self._hold(client, self._read_pending(client, count))
        if self._clock() >= self._next_claim:
            self._claims = dict.fromkeys(self._held, _START)
            self._next_claim = self._clock() + self._min_idle_s
        if self._claims:
            return self._hold(client, self._claim(client, count))
        reply = self._xreadgroup(client, count, dict.fromkeys(self._held, b">"), block_ms)
        self._is_caught_up = all(len(entries) < count for _, entries in reply)
        for key, entries in reply:
            self._held[key].update([entry[0] for entry in entries])
        return reply

    def ack(self, client: Redis | None, ids: Ids) -> str | None:
        """Acknowledge; what Redis does not hear now is told it after the next reconnect. A text tells of trouble."""
        for key, raw_ids in ids.items():
            if key in self._held:
                self._unsent.setdefault(key, []).extend(raw_ids)
        if client is None or not self._unsent:
            return None
        try:
            self._send_acks(client)
        except RedisError as error:
            return explain_refusal(error)
        for key, raw_ids in self._unsent.items():
            self._held[key].difference_update(raw_ids)
        self._unsent = {}
        return None

    def lag(self, client: Redis) -> int | None:
        """Entries not yet given to the group; exact from Redis 7 on, before that only known when it is none."""
        keys = list(self._held)
        with client.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.execute_command("XINFO GROUPS", key)
            answers = pipeline.execute(raise_on_error=False)
        groups = [
            dict(zip(item[::2], item[1::2], strict=True))
            for answer in answers
            if isinstance(answer, list)
            for item in answer
        ]
        lags = [group.get(b"lag") for group in groups if group.get(b"name") == self._group.encode()]
        if None in lags:
            return 0 if self._is_caught_up else None
        return sum(lags)

    def _xreadgroup(self, client: Redis, count: int, ids: Mapping[Key, bytes], block_ms: int | None) -> Reply:
        block = () if block_ms is None else ("BLOCK", block_ms)
        group = ("XREADGROUP", "GROUP", self._group, self._consumer)
        return client.execute_command(*group, "COUNT", count, *block, "STREAMS", *ids, *ids.values()) or []

    def _read_pending(self, client: Redis, count: int) -> Reply:
        reply = self._xreadgroup(client, count, self._pending, None)
        for key, entries in reply:
            if entries:
                self._pending[key] = entries[-1][0]
            else:
                del self._pending[key]
        return reply

    def _claim(self, client: Redis, count: int) -> Reply:
        with client.pipeline(transaction=False) as pipeline:
            for key, position in self._claims.items():
                idle_ms = int(self._min_idle_s * 1000)
                pipeline.execute_command(
                    "XAUTOCLAIM", key, self._group, self._consumer, idle_ms, position, "COUNT", count
                )
            answers = dict(zip(self._claims, pipeline.execute(), strict=True))
        self._claims = {key: answer[0] for key, answer in answers.items() if answer[0] != _START}
        for key, answer in answers.items():
            self._count_lost(key, len(answer[2]) if len(answer) > 2 else 0)
            if None in answer[1]:
                # Redis 6.2 does not name what was trimmed; among the own pending entries it does.
                self._pending[key] = _START
        return [(key, answer[1]) for key, answer in answers.items() if answer[1]]

    def _hold(self, client: Redis, reply: Reply) -> Reply:
        """Drop what is held already and what was trimmed unread (acknowledged at once), keep the rest."""
        fresh = []
        for key, entries in reply:
            held = self._held[key]
            trimmed = [entry[0] for entry in entries if entry and entry[1] is None]
            self._report_lost(client, key, trimmed)
            kept = [entry for entry in entries if entry and entry[1] is not None and entry[0] not in held]
            held.update(entry[0] for entry in kept)
            if kept:
                fresh.append((key, kept))
        return fresh

    def _report_lost(self, client: Redis, key: Key, raw_ids: list[bytes]) -> None:
        if raw_ids:
            self._count_lost(key, len(raw_ids))
            self.ack(client, {key: raw_ids})

    def _count_lost(self, key: Key, count: int) -> None:
        if count:
            self.lost += count
            logger.warning("entries were trimmed before they were stored stream=%r count=%d", key, count)

    def _send_acks(self, client: Redis) -> None:
        with client.pipeline(transaction=False) as pipeline:
            for key, raw_ids in self._unsent.items():
                for first in range(0, len(raw_ids), _MAX_ACK):
                    pipeline.execute_command("XACK", key, self._group, *raw_ids[first : first + _MAX_ACK])
            pipeline.execute()


def _last_ids(client: Redis, keys: list[Key]) -> dict[Key, bytes]:
    with client.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.execute_command("XREVRANGE", key, "+", "-", "COUNT", 1)
        answers = pipeline.execute(raise_on_error=False)
    return {key: answer[0][0] for key, answer in zip(keys, answers, strict=True) if isinstance(answer, list) and answer}
