"""Checks: what each fact about nodes, streams and Redis says: trouble, over, or nothing either way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from nautilus_data.bus.streams import ServerFacts, StreamFacts
from nautilus_data.bus.subscriber import StreamSeen
from nautilus_data.core.entry import entry_ns
from nautilus_data.core.incident import UNKNOWN, Kind
from nautilus_data.transport import Connection, State

ENDED = ("STOPPED", "DISPOSED")
_FULL, _ROOM = 0.95, 0.9
_MISSED_BEATS, _SLACK_S = 2.0, 0.25
_SILENT_AFTER_S, _SILENT_GAPS, _RHYTHM_PAGES = 2.0, 5.0, 20
_BEHIND_MS, _CAUGHT_UP_MS = 10_000, 2_000
_CONNECTING_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check says of one subject: True trouble, False evidence that it is over, None can't tell."""

    kind: Kind
    subject: str
    is_trouble: bool | None
    since: int = 0
    trader_id: str = ""
    stream: str = ""
    from_entry: int = 0
    to_entry: int = 0
    count: int = UNKNOWN
    detail: str = ""
    evidence: str = ""


class NodeSeen(Protocol):
    """What is known of one trader's node; times in ns, 0 = never."""

    trader_id: str
    state: str
    heartbeat_at: int
    heartbeat_s: float
    last_message_at: int


def link(connection: Connection, address: str, now: int) -> Finding:
    """Does the reader have its Redis?"""
    state, reason = connection.state, connection.error_message or ""
    is_slow = state is State.CONNECTING and now - connection.changed_at > _CONNECTING_S * 1e9
    is_trouble: bool | None = state in (State.RECONNECTING, State.ERROR) or is_slow
    if not is_trouble and state is not State.CONNECTED:
        is_trouble = None
    return Finding(
        kind=Kind.REDIS_GONE, subject=address, is_trouble=is_trouble, since=connection.changed_at,
        detail=reason or "no answer: what the pages show is from before", evidence="Redis answers again",
    )  # fmt: skip


def memory(facts: ServerFacts, before: ServerFacts | None, address: str) -> Finding:
    """Is Redis so full that it drops streams, or refuses a write and so silences nodes for good?"""
    refused = _grown(facts.refused_writes, before and before.refused_writes)
    evicted = _grown(facts.evicted_keys, before and before.evicted_keys)
    share = facts.used_bytes / facts.limit_bytes if facts.used_bytes and facts.limit_bytes else 0.0
    is_trouble: bool | None = bool(refused or evicted) or share >= _FULL
    if facts.used_bytes is None or (not is_trouble and share > _ROOM):
        is_trouble = None
    what = f"{share:.0%} of maxmemory, policy {facts.policy}"
    if refused:
        what = f"it refused {refused} writes ({what}): a node publishes nothing after one; make room, restart the node"
    elif evicted:
        what = f"it evicted {evicted} keys ({what}): raise maxmemory, or have the nodes trim (autotrim_mins)"
    return Finding(
        kind=Kind.REDIS_FULL, subject=address, is_trouble=is_trouble, detail=what,
        evidence=f"{share:.0%} used, nothing refused or evicted since",
    )  # fmt: skip


def heartbeat(node: NodeSeen, now: int) -> Finding | None:
    """Has a node that beats missed its beat?"""
    if not node.heartbeat_at or not node.heartbeat_s:
        return None
    due, late_s = node.heartbeat_at + int(node.heartbeat_s * 1e9), (now - node.heartbeat_at) / 1e9
    is_late = late_s > _MISSED_BEATS * node.heartbeat_s + _SLACK_S and node.state not in ENDED
    goes_on = node.last_message_at > due + int(node.heartbeat_s * 1e9)
    return Finding(
        kind=Kind.HEARTBEAT_MISSED, subject=node.trader_id, trader_id=node.trader_id, is_trouble=is_late, since=due,
        detail="its heartbeat alone stopped: other messages come" if goes_on
        else f"no heartbeat, due every {node.heartbeat_s:.3g} s: the node is dead, frozen or cut off, or its"
             " publishing ended with a failed write; it may still trade",
        evidence="the node stopped by itself" if node.state in ENDED else "its heartbeat came again",
    )  # fmt: skip


def quiet_node(node: NodeSeen, now: int, silence_s: float) -> Finding | None:
    """Without a heartbeat only silence tells."""
    if node.heartbeat_at or not node.last_message_at or not node.trader_id:
        return None
    is_quiet = now - node.last_message_at > silence_s * 1e9 and node.state not in ENDED
    return Finding(
        kind=Kind.NODE_SILENT, subject=node.trader_id, trader_id=node.trader_id, is_trouble=is_quiet,
        since=node.last_message_at, detail="nothing comes, and it publishes no heartbeat: dead or idle can't be told",
        evidence="the node stopped by itself" if node.state in ENDED else "messages come again",
    )  # fmt: skip


def quiet_streams(streams: Mapping[str, StreamSeen], alive: set[str], now: int) -> Iterator[Finding]:
    """Streams of market data that had a rhythm and lost it while their node lives."""
    for name, seen in streams.items():
        if seen.pages < _RHYTHM_PAGES or seen.trader_id not in alive or not seen.topic.startswith("data."):
            continue
        limit_ns = max(_SILENT_AFTER_S * 1e9, _SILENT_GAPS * seen.rhythm_ns)
        yield Finding(
            kind=Kind.STREAM_SILENT, subject=name, stream=name, trader_id=seen.trader_id,
            is_trouble=now - seen.last_seen_at > limit_ns, since=seen.last_seen_at, from_entry=seen.entry,
            detail=f"its longest pause lately was {seen.rhythm_ns / 1e9:.3g} s: the feed stopped, or the market closed",
            evidence="an entry came",
        )  # fmt: skip


def behind(lag_ms: float, streams: Mapping[str, StreamSeen], facts: Mapping[str, StreamFacts]) -> Finding:
    """Is the reader so late that entries may be trimmed before it comes to them?"""
    worst, part = "", 0.0
    for name, told in facts.items():
        position = told.delivered if told.delivered is not None else streams[name].entry if name in streams else 0
        window, late = told.last - told.first, told.last - position
        if position and told.trimmed and window > 0 and late / window > part:
            worst, part = name, late / window
    is_trouble: bool | None = part > 0.5 or lag_ms > _BEHIND_MS
    if not is_trouble and (part > 0.25 or lag_ms > _CAUGHT_UP_MS):
        is_trouble = None
    near = f"; {part:.0%} of what {worst} holds is unread: beyond that it is trimmed unread" if part > 0.5 else ""
    return Finding(
        kind=Kind.READER_BEHIND, subject="reader", stream=worst if part > 0.5 else "", is_trouble=is_trouble,
        detail=f"entries are read {lag_ms / 1e3:.1f} s after they came{near}", evidence="the reader has caught up",
    )  # fmt: skip


class Losses:
    """Finds entries that were trimmed before they were read, by comparing what Redis says at two moments."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        # The first unread entry there was, where Redis does not count.
        self.heads: dict[str, int] = {}
        # Entries read and lost so far, less what the reader's own count says.
        self._offset: dict[str, int] = {}

    def check(self, name: str, now: StreamFacts, position: int, read: int | None) -> Finding | None:
        """`position`: the last entry read, `read`: how many were; both as the same reader or group counts."""
        is_new = name not in self._seen
        self._seen.add(name)
        if position >= now.last or not now.first:
            self._settle(name, now, read)
            return None
        if not position:
            # Nothing read yet: what was trimmed before is history that was never ours.
            self._offset.setdefault(name, max(0, (now.trimmed or 0) - (read or 0)))
            return None
        if now.first <= position:
            return None
        return self._count(name, now, is_new, position, read)

    def unread(self, name: str, now: StreamFacts, position: int, read: int | None) -> int:
        """Entries behind; -1 where this Redis does not tell."""
        if position >= now.last:
            return 0
        if now.added is None or read is None:
            return UNKNOWN
        return max(0, min(now.length, now.added - read - self._offset.get(name, 0)))

    def forget(self, name: str) -> None:
        self._seen.discard(name)
        self.heads.pop(name, None)
        self._offset.pop(name, None)

    def _settle(self, name: str, now: StreamFacts, read: int | None) -> None:
        self.heads.pop(name, None)
        if now.added is not None and read is not None:
            self._offset[name] = now.added - read

    def _count(self, name: str, now: StreamFacts, is_new: bool, position: int, read: int | None) -> Finding | None:
        count = UNKNOWN
        if now.trimmed is not None and read is not None:
            count = now.trimmed - read - self._offset.get(name, 0)
            if count <= 0:
                return None
            self._offset[name] = self._offset.get(name, 0) + count
        elif not is_new and not position < self.heads.pop(name, 0) < now.first:
            return None
        is_sure = not is_new or count != UNKNOWN
        return Finding(
            kind=Kind.TRIMMED_UNREAD, subject=f"{name} {position}", stream=name, is_trouble=True,
            since=entry_ns(position), from_entry=position, to_entry=now.first, count=count,
            detail="entries were trimmed before they were read: they are lost to what is shown and stored" if is_sure
            else "entries may have been trimmed while nobody read; this Redis does not count them",
        )  # fmt: skip


def _grown(now: int | None, before: int | None) -> int:
    return max(0, now - before) if now is not None and before is not None else 0
