"""Checks: what each fact about nodes, streams and Redis says: trouble, over, or nothing either way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Protocol

from nautilus_data.bus.streams import ServerFacts, StreamFacts
from nautilus_data.bus.subscriber import StreamSeen
from nautilus_data.core.entry import entry_ns
from nautilus_data.core.incident import UNKNOWN, Incident, Kind
from nautilus_data.transport import Connection, State

ENDED = ("STOPPED", "DISPOSED")
_FULL, _ROOM = 0.95, 0.9
# A look more and it is told within two heartbeats of a second each.
_MISSED_BEATS, _SLACK_S = 1.75, 0.05
# How much later than due a beat may come, as a part of its interval.
_LATE_BEAT = 0.25
_SILENT_AFTER_S, _SILENT_GAPS, _RHYTHM_PAGES, _OUTLIVED_NS = 2.0, 5.0, 20, 500_000_000
_BEHIND_MS, _CAUGHT_UP_MS = 10_000, 2_000
_CONNECTING_S = 2.0
_STOPPED = "the node stopped by itself"


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


def heartbeat(node: NodeSeen, now: int, since: int = 0, answered_at: int | None = None) -> Finding | None:
    """Has a node that beats missed its beat? Before `since` nobody listened, and after `answered_at` Redis was mute."""
    if not node.heartbeat_at or not node.heartbeat_s:
        return None
    beat_ns, limit_ns = int(node.heartbeat_s * 1e9), alive_ns(node)
    due, has_ended = node.heartbeat_at + beat_ns, node.state in ENDED
    is_trouble = not has_ended and _is_over(limit_ns, node.heartbeat_at, since, now)
    if is_trouble and answered_at is not None and answered_at < due + _LATE_BEAT * beat_ns:
        # A Redis that froze before the beat was due keeps it from us: nothing is known of the node.
        is_trouble = None
    return Finding(
        kind=Kind.HEARTBEAT_MISSED, subject=node.trader_id, trader_id=node.trader_id, is_trouble=is_trouble, since=due,
        detail="its heartbeat alone stopped: other messages come" if node.last_message_at > due + beat_ns
        else f"no heartbeat, due every {node.heartbeat_s:.3g} s: the node is dead, frozen or cut off, or its"
             " publishing ended with a failed write; it may still trade",
        evidence=_STOPPED if has_ended else "its heartbeat came again",
    )  # fmt: skip


def quiet_node(node: NodeSeen, now: int, silence_s: float, since: int = 0) -> Finding | None:
    """Without a heartbeat only silence tells. Before `since` nobody listened."""
    if not node.last_message_at or not node.trader_id:
        return None
    is_known = bool(node.heartbeat_at) or node.state in ENDED
    return Finding(
        kind=Kind.NODE_SILENT, subject=node.trader_id, trader_id=node.trader_id,
        is_trouble=not is_known and _is_over(silence_s * 1e9, node.last_message_at, since, now),
        since=node.last_message_at, detail="nothing comes, and it publishes no heartbeat: dead or idle can't be told",
        evidence=_STOPPED if node.state in ENDED else "messages come again",
    )  # fmt: skip


def quiet_streams(
    streams: Mapping[str, StreamSeen], beats: Mapping[str, int], now: int, since: int = 0
) -> Iterator[Finding]:
    """Streams of market data that had a rhythm and lost it while their node lives; `beats`: its last heartbeat.

    Before `since` nobody listened.
    """
    for name, seen in streams.items():
        if seen.pages < _RHYTHM_PAGES or seen.trader_id not in beats or not seen.topic.startswith("data."):
            continue
        limit_ns = max(_SILENT_AFTER_S * 1e9, _SILENT_GAPS * seen.rhythm_ns)
        is_trouble = _is_over(limit_ns, seen.last_seen_at, since, now)
        # A node that froze fell silent as a whole: one that lives beat after the stream's last entry.
        if is_trouble and beats[seen.trader_id] < entry_ns(seen.entry) + _OUTLIVED_NS:
            is_trouble = None
        yield Finding(
            kind=Kind.STREAM_SILENT, subject=name, stream=name, trader_id=seen.trader_id, is_trouble=is_trouble,
            since=seen.last_seen_at, from_entry=seen.entry,
            detail=f"its longest pause lately was {seen.rhythm_ns / 1e9:.3g} s: the feed stopped, or the market closed",
            evidence="an entry came",
        )  # fmt: skip


def restarted(incident: Incident, nodes: Iterable[NodeSeen], silence_s: float) -> Finding:
    """A restart of Redis is over once every node that was at work before was heard since."""
    nodes = list(nodes)
    is_idle = bool(nodes) and all(node.state in ENDED for node in nodes)
    is_heard = any(node.last_message_at > incident.ts_detected for node in nodes)
    waiting = any(
        node.last_message_at <= incident.ts_detected and node.state not in ENDED
        and (node.heartbeat_at or node.last_message_at) >= incident.ts_started - alive_ns(node, silence_s)
        for node in nodes
    )  # fmt: skip
    is_over = not waiting and (is_heard or is_idle)
    return Finding(
        kind=incident.kind, subject=incident.subject, is_trouble=False if is_over else None,
        evidence="every node was heard since" if is_heard else "every node had stopped by itself",
    )  # fmt: skip


def behind(
    lag_ms: float,
    streams: Mapping[str, StreamSeen],
    facts: Mapping[str, StreamFacts],
    before: Mapping[str, StreamFacts],
) -> Finding:
    """Is the reader so late that entries may be trimmed before it comes to them? `before`: the facts of a look ago."""
    worst, part = "", 0.0
    for name, told in facts.items():
        position = told.delivered if told.delivered is not None else streams[name].entry if name in streams else 0
        window, late = told.last - told.first, told.last - position
        # A rare message that came just now is not late, however long ago the one before was.
        is_late = name in before and 0 < position < before[name].last
        if is_late and told.trimmed != 0 and window > 0 and late / window > part:
            worst, part = name, late / window
    is_trouble: bool | None = part > 0.5 or lag_ms > _BEHIND_MS
    if not is_trouble and (part > 0.25 or lag_ms > _CAUGHT_UP_MS):
        is_trouble = None
    near = f"; {min(part, 1):.0%} of {worst} is unread, beyond that it is trimmed unread" if part > 0.5 else ""
    return Finding(
        kind=Kind.READER_BEHIND, subject="reader", stream=worst if part > 0.5 else "", is_trouble=is_trouble,
        detail=f"entries are read {lag_ms / 1e3:.1f} s after they came{near}", evidence="the reader has caught up",
    )  # fmt: skip


def silent_at_once(trader_id: str, findings: list[Finding]) -> Finding:
    """Many streams of one trader as one incident: a market that closed."""
    return Finding(
        kind=Kind.STREAM_SILENT, subject=f"streams of {trader_id}", trader_id=trader_id, is_trouble=True,
        since=min(one.since for one in findings), count=len(findings),
        detail=f"{len(findings)} streams of market data fell silent at once: the feed stopped, or the market closed",
    )  # fmt: skip


def silence_over(
    silent: Iterable[Incident], streams: Mapping[str, StreamSeen], ended: Set[str], loud: Set[str]
) -> Iterator[Finding]:
    """What ends a silence beside an entry; `ended`: traders that stopped, `loud`: those none of whose streams is new
    to silence.
    """
    for one in silent:
        evidence = ""
        if one.trader_id in ended:
            evidence = _STOPPED
        elif one.stream and one.stream not in streams:
            evidence = "the stream is there no more"
        elif not one.stream and one.trader_id in loud:
            evidence = "entries came"
        if evidence:
            yield Finding(kind=one.kind, subject=one.subject, is_trouble=False, evidence=evidence)


def is_alive(node: NodeSeen, now: int) -> bool:
    """Does its heartbeat come?"""
    is_beating = bool(node.heartbeat_s) and node.state not in ENDED
    return is_beating and now - node.heartbeat_at <= alive_ns(node)


def alive_ns(node: NodeSeen, silence_s: float = 0.0) -> int:
    """How long after its last sign a node still counts as alive."""
    limit_s = _MISSED_BEATS * node.heartbeat_s + _SLACK_S if node.heartbeat_s else silence_s
    return int(limit_s * 1e9)


def _is_over(limit_ns: float, heard_at: int, since: int, now: int) -> bool | None:
    """Is it silent for too long? None where too little was listened to to know."""
    if now - heard_at <= limit_ns:
        return False
    return True if now - max(heard_at, since) > limit_ns else None


def _grown(now: int | None, before: int | None) -> int:
    return max(0, now - before) if now is not None and before is not None else 0
