"""Watch: looks at the reader, the nodes and Redis all the time, and keeps what is wrong as incidents."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from redis import Redis
from redis.exceptions import RedisError

from nautilus_data.bus import checks
from nautilus_data.bus.checks import Finding, NodeSeen
from nautilus_data.bus.losses import Losses, Place
from nautilus_data.bus.message import entry_id, entry_text
from nautilus_data.bus.streams import (
    ServerFacts,
    StreamFacts,
    count_between,
    first_after,
    server_facts,
    stream_facts,
    stream_memory,
)
from nautilus_data.bus.subscriber import StreamSeen, Subscriber
from nautilus_data.core.incident import Incident, Kind
from nautilus_data.errors import DashboardError
from nautilus_data.transport import State

logger = logging.getLogger(__name__)

_RAW = ("XINFO STREAM", "XINFO GROUPS", "MEMORY USAGE", "TIME", "XRANGE")
_COST_FACTOR, _MOST_ASK_S = 30, 10.0
# Unread entries that are counted one by one, when nothing else tells whether some were lost.
_MOST_COUNTED = 1_000
# A process that did not look for so long was frozen, and its reader with it.
_FROZEN_NS = 1_000_000_000
_KEPT = 200
# More streams of one trader that fall silent at once are one incident: a market that closed.
_MOST_SILENT = 20


class Watch:
    """`look` in a thread of its own, twice a second, `ask` in another; everything else may be read from any thread.

    `nodes()` gives what is known of each trader's node, as `listener` heard it, the subscriber itself unless told
    otherwise. Incidents are this reader's view: `reader` is its name.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        nodes: Callable[[], Iterable[NodeSeen]],
        reader: str,
        silence_s: float = 5.0,
        clock: Callable[[], int] = time.time_ns,
        listener: Subscriber | None = None,
        ask_s: float = 1.0,
    ) -> None:
        self._subscriber, self._nodes, self._reader = subscriber, nodes, reader
        self._listener, self._ask_s = listener or subscriber, ask_s
        self._silence_s, self._clock = silence_s, clock
        self._losses = Losses()
        self._lock = threading.Lock()
        self._open: dict[tuple[Kind, str], Incident] = {}
        self._over: deque[Incident] = deque(maxlen=_KEPT)
        self._changed: dict[str, Incident] = {}
        self._client: Redis | None = None
        self._next_ask = 0.0
        self._seen: dict[str, StreamSeen] = {}
        # Since when (ns) what was heard is of now, and of which connection that was found.
        self._current_since = self._current_of = self._looked_at = 0
        self.server: ServerFacts | None = None
        self._known_run = ""
        # The run id of Redis as of what `drain` gave out last or gives out next.
        self.server_run = ""
        self.streams: dict[str, StreamFacts] = {}
        self._before: dict[str, StreamFacts] = {}
        self.unread: dict[str, int] = {}
        self.asked_at = 0
        self.problem = ""

    @property
    def open_incidents(self) -> list[Incident]:
        """The worst first, then the oldest."""
        with self._lock:
            found = list(self._open.values())
        return sorted(found, key=lambda incident: (not incident.kind.is_bad, incident.ts_started))

    @property
    def incidents(self) -> list[Incident]:
        """Those open and the last that were cleared."""
        with self._lock:
            return [*self._open.values(), *reversed(self._over)]

    def adopt(self, incidents: Iterable[Incident], server_run: str = "") -> None:
        """Take over what a reader of this name before this one left open: only evidence clears it.

        What this one found by itself is given out once more, in case nobody wrote it down. `server_run` is the run id
        of Redis when that reader last wrote something down: one that differs since is a restart nobody recorded.
        """
        with self._lock:
            self._known_run = server_run or self._known_run
            for incident in incidents:
                if (own := self._open.get((incident.kind, incident.subject))) is not None:
                    self._changed.pop(own.id, None)
                self._open[incident.kind, incident.subject] = incident
            self._changed |= {one.id: one for one in self._open.values() if one.reader == self._reader}

    def drain(self) -> list[Incident]:
        """What changed since the last call, to be written down."""
        with self._lock:
            changed, self._changed = list(self._changed.values()), {}
        return changed

    def put_back(self, incidents: Iterable[Incident]) -> None:
        """They could not be written down."""
        with self._lock:
            for incident in incidents:
                self._changed.setdefault(incident.id, incident)

    def tell(self, finding: Finding) -> None:
        """What somebody else found."""
        self._take([finding])

    def acknowledge(self, kind: Kind, subject: str) -> None:
        """A person has seen it."""
        self._take([Finding(kind=kind, subject=subject, is_trouble=False, evidence="seen by a person")])

    def look(self) -> None:
        """What can be told without asking Redis: never waits."""
        self._take(self._look(self._clock()))

    def ask(self) -> None:
        """Ask Redis when it is time; waits for an answer, never raises on what Redis does."""
        if time.monotonic() >= self._next_ask and self._subscriber.connection.state is State.CONNECTED:
            self._ask()

    def memory(self, streams: Iterable[str]) -> dict[str, int | None]:
        """Bytes of these streams as Redis estimates them; from any thread."""
        keys = {name: key for key, (name, _) in self._subscriber.keys.items()}
        wanted = {keys[name]: name for name in streams if name in keys}
        client = None
        try:
            client = self._subscriber.link.connect(_RAW)
            return {wanted[key]: size for key, size in stream_memory(client, wanted).items()}
        except (RedisError, OSError, DashboardError):
            return {}
        finally:
            if client is not None:
                client.connection_pool.disconnect()

    def payload(self, stream: str, entry: int) -> bytes | None:
        """An entry's payload, if Redis still has it; from any thread."""
        keys = {name: key for key, (name, _) in self._subscriber.keys.items()}
        client = self._subscriber.link.connect(_RAW)
        try:
            place = entry_text(entry)
            answer = client.execute_command("XRANGE", keys.get(stream, stream.encode()), place, place)
        except RedisError as error:
            raise self._subscriber.link.explain(error) from None
        finally:
            client.connection_pool.disconnect()
        fields = answer[0][1] if answer else []
        return dict(zip(fields[::2], fields[1::2], strict=False)).get(b"payload")

    def close(self) -> None:
        if self._client is not None:
            self._client.connection_pool.disconnect()

    def _look(self, now: int) -> Iterator[Finding]:
        reader = self._subscriber
        yield checks.link(reader.connection, reader.address, now)
        if reader.connection.state is not State.CONNECTED or not self._is_current(now):
            # Nothing is heard, or what was said long ago, so silence says nothing about nodes and streams.
            return
        ahead = int((self.server.clock_ahead_ms or 0) * 1e6) if self.server is not None else 0
        now, since, answered_at = now + ahead, self._current_since + ahead, self._listener.answered_at + ahead
        nodes, streams = list(self._nodes()), reader.streams
        for node in nodes:
            quiet = checks.quiet_node(node, now, self._silence_s, since)
            yield from filter(None, (checks.heartbeat(node, now, since, answered_at), quiet))
        yield from self._silent(streams, nodes, now, since)
        yield checks.behind(reader.lag_ms, streams, self.streams, self._before)
        if (incident := self._open.get((Kind.REDIS_RESTARTED, reader.address))) is not None:
            yield checks.restarted(incident, nodes, self._silence_s)

    def _is_current(self, now: int) -> bool:
        """Has all been read that was there when the connection was made?"""
        link = self._listener.connection
        is_new = self._current_of != link.connected_at or now - self._looked_at > _FROZEN_NS
        self._looked_at = now
        if is_new and self._listener.is_caught_up:
            self._current_of, self._current_since = link.connected_at, now
        return link.state is State.CONNECTED and self._current_of == link.connected_at

    def _silent(
        self, streams: Mapping[str, StreamSeen], nodes: Iterable[NodeSeen], now: int, since: int
    ) -> Iterator[Finding]:
        nodes = list(nodes)
        beats = {node.trader_id: node.heartbeat_at for node in nodes if checks.is_alive(node, now)}
        found = list(checks.quiet_streams(streams, beats, now, since))
        new: dict[str, list[Finding]] = {}
        for finding in found:
            if finding.is_trouble and (finding.kind, finding.subject) not in self._open:
                new.setdefault(finding.trader_id, []).append(finding)
        # They fall silent within moments of each other, not within one look.
        known = Counter(one.trader_id for one in self.open_incidents if one.kind is Kind.STREAM_SILENT)
        many = {name for name, findings in new.items() if len(findings) + known[name] > _MOST_SILENT}
        yield from (one for one in found if not (one.is_trouble and one.trader_id in many))
        for trader_id in many:
            yield checks.silent_at_once(trader_id, new[trader_id])
        ended = {node.trader_id for node in nodes if node.state in checks.ENDED}
        silent = [one for one in self.open_incidents if one.kind is Kind.STREAM_SILENT]
        yield from checks.silence_over(silent, streams, ended, beats.keys() - new.keys())

    def _ask(self) -> None:
        # What it costs is processor time: a process that was frozen meanwhile has spent none.
        started, spent_s, cost_s = time.monotonic(), time.thread_time(), 0.0
        try:
            self._take(self._ask_redis(self._connected()))
            self.server_run = self._known_run
            self.problem, cost_s = "", time.thread_time() - spent_s
        except (RedisError, OSError, DashboardError) as error:
            self.problem = str(self._subscriber.link.explain(error))
            self.close()
            self._client = None
        # Thousands of streams are asked less often: looking must not become the main work.
        self._next_ask = started + max(self._ask_s, min(_MOST_ASK_S, _COST_FACTOR * cost_s))

    def _connected(self) -> Redis:
        if self._client is None:
            self._client = self._subscriber.link.connect(_RAW)
        return self._client

    def _ask_redis(self, client: Redis) -> Iterator[Finding]:
        before, self.server = self.server, server_facts(client, self._clock)
        with self._lock:
            known_run, self._known_run = self._known_run, self.server.run_id or self._known_run
        address, group = self._subscriber.address, self._group
        yield checks.memory(self.server, before, address)
        keys, self._seen = self._subscriber.keys, self._subscriber.streams
        told = stream_facts(client, keys, group)
        streams = {keys[key][0]: facts for key, facts in told.items() if facts is not None}
        rewound = [name for name, facts in streams.items() if self._place(name, facts).position > facts.last]
        if (known_run and known_run != self._known_run) or rewound:
            yield self._restart(rewound)
        for gone in self.streams.keys() - streams.keys():
            self._losses.forget(gone)
        self._before, self.streams = self.streams, streams
        yield from self._lost(client, {keys[key][0]: key for key in keys}, streams)
        self.asked_at = self._clock()

    def _lost(self, client: Redis, keys: Mapping[str, bytes], streams: Mapping[str, StreamFacts]) -> Iterator[Finding]:
        unread = {}
        for name, facts in streams.items():
            place = self._place(name, facts)
            if place.position > facts.last:
                continue
            if (finding := self._losses.check(name, facts, place, self._clock())) is not None:
                yield finding
            if self._losses.needs_count(name, facts, place):
                ids = entry_text(place.position), entry_text(facts.last)
                count = count_between(client, keys[name], *ids, _MOST_COUNTED)
                if count is not None and (finding := self._losses.note_count(name, facts, place, count)) is not None:
                    yield finding
            unread[name] = self._losses.unread(name, facts, place)
            if self._losses.needs_head(name, facts, place):
                head = first_after(client, keys[name], entry_text(place.position))
                self._losses.note_head(name, entry_id(head) if head else 0)
        self.unread = unread

    def _restart(self, rewound: list[str]) -> Finding:
        lost = f"; {len(rewound)} streams are shorter than what was read of them" if rewound else ""
        for name in rewound:
            self._losses.forget(name)
        losses = [change.at_ns for change in self._subscriber.connection.history if change.state is State.RECONNECTING]
        return Finding(
            kind=Kind.REDIS_RESTARTED, subject=self._subscriber.address, is_trouble=True,
            since=losses[-1] if losses else 0,
            detail=f"Redis was started anew{lost}. A node whose write failed meanwhile publishes nothing until it is"
            " restarted itself",
        )  # fmt: skip

    @property
    def _group(self) -> str:
        return self._subscriber.group if self._subscriber.mode == "group" else ""

    def _place(self, name: str, facts: StreamFacts) -> Place:
        if self._group:
            return Place(facts.delivered or 0, facts.entries_read, True)
        seen = self._seen.get(name)
        return Place(seen.entry, seen.count) if seen else Place(0, 0)

    def _take(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            with self._lock:
                self._take_one(finding)

    def _take_one(self, finding: Finding) -> None:
        key = finding.kind, finding.subject
        known = self._open.get(key)
        if finding.is_trouble and known is None:
            self._open[key] = changed = self._incident(finding)
            logger.warning("incident kind=%s subject=%s detail=%s", finding.kind, finding.subject, finding.detail)
        elif finding.is_trouble and known is not None and finding.count > known.count:
            changed = replace(known, count=finding.count, detail=finding.detail, to_entry=finding.to_entry)
            self._open[key] = changed
        elif finding.is_trouble is False and known is not None:
            changed = self._open.pop(key).cleared(self._clock(), finding.evidence)
            self._over.append(changed)
            logger.info("incident over kind=%s subject=%s evidence=%s", *key, finding.evidence)
        else:
            return
        self._changed[changed.id] = changed

    def _incident(self, finding: Finding) -> Incident:
        now = self._clock()
        return Incident(
            kind=finding.kind, subject=finding.subject, ts_started=finding.since or now, ts_detected=now,
            trader_id=finding.trader_id, stream=finding.stream, from_entry=finding.from_entry,
            to_entry=finding.to_entry, count=finding.count, detail=finding.detail, reader=self._reader,
        )  # fmt: skip
