"""Checks: trouble, over, or nothing either way, for each fact there can be."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from nautilus_data.bus import StreamSeen, checks
from nautilus_data.bus.streams import ServerFacts, StreamFacts
from nautilus_data.core.entry import entry_at
from nautilus_data.core.incident import Incident, Kind
from nautilus_data.errors import FatalError, RetryableError
from nautilus_data.transport import Connection, State

S = 1_000_000_000
NOW = 1_700_000_000 * S


@dataclass(frozen=True)
class Node:
    trader_id: str = "T-1"
    state: str = "RUNNING"
    heartbeat_at: int = NOW
    heartbeat_s: float = 1.0
    last_message_at: int = NOW


def after(seconds: float) -> int:
    return NOW + int(seconds * S)


@pytest.mark.parametrize(
    ("node", "passed_s", "since_s", "is_trouble"),
    [
        (Node(), 1.8, -10, False),
        (Node(), 1.81, -10, True),
        (Node(heartbeat_s=5.0), 8.8, -10, False),
        (Node(heartbeat_s=5.0), 8.81, -10, True),
        # It stopped by itself.
        (Node(state="STOPPED"), 100, -10, False),
        (Node(state="DISPOSED"), 100, -10, False),
        # Nobody listened until just now: neither missed nor come again.
        (Node(), 60, 59, None),
        (Node(), 60, 58.1, True),
        (Node(), 60, 70, None),
    ],
)
def test_a_heartbeat_is_missed_before_the_second_is_over(
    node: Node, passed_s: float, since_s: float, is_trouble: bool | None
) -> None:
    found = checks.heartbeat(node, after(passed_s), after(since_s))
    assert found.is_trouble is is_trouble
    assert (found.kind, found.subject, found.trader_id) == (Kind.HEARTBEAT_MISSED, "T-1", "T-1")
    assert found.since == NOW + int(node.heartbeat_s * S)


@pytest.mark.parametrize(
    ("answered_s", "is_trouble"), [(0.9, None), (1.2, None), (1.3, True), (2.1, True)], ids=lambda value: str(value)
)
def test_no_beat_is_missed_while_redis_is_mute(answered_s: float, is_trouble: bool | None) -> None:
    """It froze before the beat was due; one that answered since had none to give."""
    assert checks.heartbeat(Node(), after(2.1), after(-10), after(answered_s)).is_trouble is is_trouble
    assert checks.heartbeat(Node(), after(1.8), after(-10), after(answered_s)).is_trouble is False


def test_a_heartbeat_that_ends_alone_is_told_from_a_node_that_does() -> None:
    quiet, talking = Node(), Node(last_message_at=after(4.9))
    assert "heartbeat alone" not in checks.heartbeat(quiet, after(5)).detail
    assert "heartbeat alone" in checks.heartbeat(talking, after(5)).detail


@pytest.mark.parametrize("node", [Node(heartbeat_at=0), Node(heartbeat_s=0.0)])
def test_without_a_rhythm_no_beat_is_missed(node: Node) -> None:
    assert checks.heartbeat(node, after(100)) is None


@pytest.mark.parametrize(
    ("node", "passed_s", "since_s", "is_trouble"),
    [
        (Node(heartbeat_at=0, heartbeat_s=0), 4.9, -10, False),
        (Node(heartbeat_at=0, heartbeat_s=0), 5.1, -10, True),
        (Node(heartbeat_at=0, heartbeat_s=0), 60, 58, None),
        (Node(heartbeat_at=0, heartbeat_s=0, state="STOPPED"), 60, -10, False),
        # With a heartbeat it is that which counts.
        (Node(), 60, -10, False),
    ],
)
def test_a_node_without_a_heartbeat_is_told_silent(
    node: Node, passed_s: float, since_s: float, is_trouble: bool | None
) -> None:
    assert checks.quiet_node(node, after(passed_s), 5.0, after(since_s)).is_trouble is is_trouble


def test_a_node_never_heard_or_nobodys_is_not_judged() -> None:
    assert checks.quiet_node(Node(last_message_at=0), NOW, 5.0) is None
    assert checks.quiet_node(Node(trader_id=""), after(99), 5.0) is None


def seen(**fields: object) -> StreamSeen:
    """A quote every 100 ms, the last one at NOW."""
    basic = StreamSeen(entry_at(NOW), 100, NOW, "data.quotes.X", "T-1", pages=50, rhythm_ns=S // 10)
    return basic._replace(**fields)


@pytest.mark.parametrize(
    ("stream", "passed_s", "beat_s", "is_trouble"),
    [
        (seen(), 1.9, 1.8, False),
        (seen(), 2.1, 1.8, True),
        (seen(rhythm_ns=S), 4.9, 4.5, False),
        (seen(rhythm_ns=S), 5.1, 4.5, True),
        # Its node froze with it: the heartbeat tells.
        (seen(), 2.1, -0.2, None),
        (seen(), 2.1, 0.4, None),
    ],
)
def test_a_stream_that_lost_its_rhythm_is_silent_while_its_node_lives(
    stream: StreamSeen, passed_s: float, beat_s: float, is_trouble: bool | None
) -> None:
    [found] = checks.quiet_streams({"s": stream}, {"T-1": after(beat_s)}, after(passed_s))
    assert found.is_trouble is is_trouble
    assert (found.stream, found.from_entry) == ("s", stream.entry)


@pytest.mark.parametrize(
    "stream", [seen(pages=5), seen(trader_id="T-2"), seen(topic="events.order.S"), seen(topic="snapshots:x")]
)
def test_streams_that_never_had_a_rhythm_are_not_judged(stream: StreamSeen) -> None:
    assert not list(checks.quiet_streams({"s": stream}, {"T-1": after(99)}, after(100)))


def test_silence_before_anybody_listened_is_none() -> None:
    [found] = checks.quiet_streams({"s": seen()}, {"T-1": after(60)}, after(60), after(59))
    assert found.is_trouble is None


def link(*, changed_s: float = 0.0, lost: object = None, state: State | None = None) -> Connection:
    made = Connection("test", clock=lambda: after(changed_s))
    made.state = state or State.CONNECTED
    if lost is not None:
        made.lost(lost)
    return made


@pytest.mark.parametrize(
    ("connection", "is_trouble"),
    [
        (link(), False),
        (link(lost=RetryableError("gone")), True),
        (link(lost=FatalError("wrong password")), True),
        (link(state=State.DISCONNECTED), None),
        (link(state=State.CONNECTING, changed_s=99), None),
        (link(state=State.CONNECTING, changed_s=97.9), True),
    ],
)
def test_redis_is_gone_when_the_reader_lost_it(connection: Connection, is_trouble: bool | None) -> None:
    found = checks.link(connection, "host:1", after(100))
    assert (found.is_trouble, found.subject, found.kind) == (is_trouble, "host:1", Kind.REDIS_GONE)
    assert found.detail


def facts(**fields: object) -> ServerFacts:
    return replace(ServerFacts("7", "r", 50, 100, "noeviction", 0, 0, 1_000, 0.0), **fields)


@pytest.mark.parametrize(
    ("now", "before", "is_trouble", "word"),
    [
        (facts(), None, False, ""),
        (facts(), facts(), False, ""),
        (facts(used_bytes=96), facts(), True, "96%"),
        # Room is there again at 90 % only.
        (facts(used_bytes=92), facts(), None, ""),
        (facts(used_bytes=900, limit_bytes=0), facts(), False, ""),
        (facts(refused_writes=3), facts(), True, "refused 3 writes"),
        (facts(refused_writes=3), facts(refused_writes=3), False, ""),
        (facts(evicted_keys=7), facts(evicted_keys=2), True, "evicted 5 keys"),
        # A new server counts from nought; the first look has nothing to compare with.
        (facts(refused_writes=1), facts(refused_writes=9), False, ""),
        (facts(refused_writes=9), None, False, ""),
        (facts(used_bytes=None, limit_bytes=None), facts(), None, ""),
    ],
)
def test_redis_is_full_when_it_refuses_evicts_or_nearly_so(
    now: ServerFacts, before: ServerFacts | None, is_trouble: bool | None, word: str
) -> None:
    found = checks.memory(now, before, "host:1")
    assert found.is_trouble is is_trouble
    assert word in found.detail


def stream(first_s: float, last_s: float, delivered_s: float, added: int | None = 200) -> StreamFacts:
    first, last, delivered = (entry_at(after(at)) for at in (first_s, last_s, delivered_s))
    return StreamFacts(100, first, last, added, delivered)


@pytest.mark.parametrize(
    ("lag_ms", "told", "is_trouble"),
    [
        (0.0, {}, False),
        (10_001.0, {}, True),
        (5_000.0, {}, None),
        # A window of 60 s.
        (0.0, {"s": stream(0, 60, 60)}, False),
        (0.0, {"s": stream(0, 60, 40)}, None),
        (0.0, {"s": stream(0, 60, 29)}, True),
        # Never trimmed: only late.
        (0.0, {"s": stream(0, 60, 10, added=100)}, False),
        # This Redis does not tell whether it trims.
        (0.0, {"s": stream(0, 60, 29, added=None)}, True),
    ],
)
def test_a_reader_is_behind_at_half_the_trim_window(
    lag_ms: float, told: dict[str, StreamFacts], is_trouble: bool | None
) -> None:
    found = checks.behind(lag_ms, {}, told, told)
    assert found.is_trouble is is_trouble
    assert found.stream == ("s" if is_trouble and told else "")


def test_a_tail_is_behind_by_its_own_position() -> None:
    told = {"s": replace(stream(0, 60, 0), delivered=None)}
    assert checks.behind(0.0, {"s": seen(entry=entry_at(after(10)))}, told, told).is_trouble
    assert not checks.behind(0.0, {"s": seen(entry=entry_at(after(59)))}, told, told).is_trouble
    assert not checks.behind(0.0, {}, told, told).is_trouble


def test_a_rare_message_that_came_just_now_makes_nobody_late() -> None:
    before, now = {"s": stream(0, 60, 60)}, {"s": stream(60, 180, 60)}
    assert not checks.behind(0.0, {}, now, before).is_trouble
    assert checks.behind(0.0, {}, now, now).is_trouble


def incident(started_s: float = 0.0, detected_s: float = 3.0) -> Incident:
    return Incident(
        kind=Kind.REDIS_RESTARTED, subject="host:1", ts_started=after(started_s), ts_detected=after(detected_s)
    )


@pytest.mark.parametrize(
    ("nodes", "is_trouble"),
    [
        # Nobody was heard since: mute, or not there.
        ([Node()], None),
        ([], None),
        ([Node(last_message_at=after(4))], False),
        ([Node(last_message_at=after(4)), Node("T-2")], None),
        ([Node(last_message_at=after(4)), Node("T-2", state="STOPPED")], False),
        # This one was dead before Redis went.
        ([Node(last_message_at=after(4)), Node("T-2", heartbeat_at=after(-9), last_message_at=after(-9))], False),
        ([Node(last_message_at=after(4)), Node("T-2", heartbeat_at=0, heartbeat_s=0)], None),
        ([Node(state="STOPPED")], False),
    ],
)
def test_a_restarted_redis_is_over_once_every_node_was_heard(nodes: list[Node], is_trouble: bool | None) -> None:
    assert checks.restarted(incident(), nodes, 5.0).is_trouble is is_trouble
