"""Streams: what Redis itself says of its streams, its memory and its clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import NoPermissionError

from nautilus_data.bus.message import entry_id

_CHUNK = 500


@dataclass(frozen=True)
class StreamFacts:
    """One stream: entry ids as ints, 0 = none; None where this Redis does not tell (before version 7).

    `delivered`, `entries_read`, `lag` and `pending` are the consumer group's, None without one.
    """

    length: int
    first: int
    last: int
    added: int | None = None
    delivered: int | None = None
    entries_read: int | None = None
    lag: int | None = None
    pending: int | None = None

    @property
    def trimmed(self) -> int | None:
        """Entries that were in the stream once and are not any more."""
        return None if self.added is None else self.added - self.length


@dataclass(frozen=True)
class ServerFacts:
    """Redis itself; None where this user may not ask."""

    version: str = ""
    run_id: str = ""
    used_bytes: int | None = None
    limit_bytes: int | None = None
    policy: str = ""
    evicted_keys: int | None = None
    refused_writes: int | None = None
    machine_bytes: int | None = None
    clock_ahead_ms: float | None = None
    note: str = ""


def stream_facts(client: Redis, keys: Iterable[bytes], group: str = "") -> dict[bytes, StreamFacts | None]:
    """Of each key; None where it is gone. `client` must give raw replies; costs two commands a stream with a group."""
    keys, found = list(keys), {}
    for first in range(0, len(keys), _CHUNK):
        part = keys[first : first + _CHUNK]
        # The group first: what is delivered meanwhile must not lie behind the end of the stream.
        asked = [command for key in part for command in (("XINFO GROUPS", key), ("XINFO STREAM", key))]
        answers = _ask(client, asked if group else [("XINFO STREAM", key) for key in part])
        groups, streams = (answers[::2], answers[1::2]) if group else ([None] * len(part), answers)
        for key, stream, mine in zip(part, streams, groups, strict=True):
            found[key] = _facts(stream, mine, group.encode()) if isinstance(stream, list) else None
    return found


def stream_memory(client: Redis, keys: Iterable[bytes]) -> dict[bytes, int | None]:
    """Bytes each key takes, as Redis estimates it; None where it can't be asked."""
    keys = list(keys)
    answers = _ask(client, [("MEMORY USAGE", key, "SAMPLES", 5) for key in keys])
    return {key: answer if isinstance(answer, int) else None for key, answer in zip(keys, answers, strict=True)}


def first_after(client: Redis, key: bytes, entry: str) -> bytes | None:
    """Id of the first entry after this one."""
    answer = client.execute_command("XRANGE", key, f"({entry}", "+", "COUNT", 1)
    return answer[0][0] if answer else None


def count_between(client: Redis, key: bytes, after: str, until: str, most: int) -> int | None:
    """Entries after one id up to another; None when there are more than `most`."""
    answer = client.execute_command("XRANGE", key, f"({after}", until, "COUNT", most + 1)
    return len(answer) if len(answer) <= most else None


def server_facts(client: Redis, clock: Callable[[], int] = time.time_ns) -> ServerFacts:
    """Raises what redis-py raises when Redis can't be reached; a user who may not ask gets a note."""
    asked_at = clock()
    seconds, micros = client.execute_command("TIME")
    ahead_ms = int(seconds) * 1e3 + int(micros) / 1e3 - (asked_at + clock()) / 2e6
    try:
        info: dict[str, Any] = {}
        for section in ("server", "memory", "stats", "errorstats"):
            info |= client.info(section)
    except NoPermissionError:
        return ServerFacts(clock_ahead_ms=ahead_ms, note="this Redis user may not ask for INFO: memory is not known")
    return ServerFacts(
        version=str(info.get("redis_version", "")),
        run_id=str(info.get("run_id", "")),
        used_bytes=info.get("used_memory"),
        limit_bytes=info.get("maxmemory"),
        policy=str(info.get("maxmemory_policy", "")),
        evicted_keys=info.get("evicted_keys"),
        refused_writes=_refused(info),
        machine_bytes=info.get("total_system_memory"),
        clock_ahead_ms=ahead_ms,
    )


def _refused(info: Mapping[str, Any]) -> int:
    """Writes refused because of memory or disk, since Redis started."""
    named = (info.get(f"errorstat_{name}", {}) for name in ("OOM", "MISCONF"))
    return sum(int(found.get("count", 0)) for found in named if isinstance(found, dict))


def _ask(client: Redis, commands: list[tuple]) -> list[Any]:
    with client.pipeline(transaction=False) as pipeline:
        for command in commands:
            pipeline.execute_command(*command)
        return pipeline.execute(raise_on_error=False)


def _facts(stream: list[Any], groups: Any, group: bytes) -> StreamFacts:
    told = _named(stream)
    first = told.get(b"first-entry")
    mine = next((named for item in _listed(groups) if (named := _named(item)).get(b"name") == group), {})
    return StreamFacts(
        length=told[b"length"],
        first=entry_id(first[0]) if first else 0,
        last=entry_id(told[b"last-generated-id"]),
        added=told.get(b"entries-added"),
        delivered=entry_id(mine[b"last-delivered-id"]) if mine else None,
        entries_read=mine.get(b"entries-read"),
        lag=mine.get(b"lag"),
        pending=mine.get(b"pending"),
    )


def _listed(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else []


def _named(flat: Any) -> dict[bytes, Any]:
    return dict(zip(flat[::2], flat[1::2], strict=False)) if isinstance(flat, list) else {}
