"""Watch: looks at the reader, the nodes and Redis all the time, and keeps what is wrong as incidents."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from redis import Redis
from redis.exceptions import RedisError

from nautilus_data.bus import checks
from nautilus_data.bus.checks import Finding, Losses, NodeSeen
from nautilus_data.bus.message import entry_id, entry_text
from nautilus_data.bus.streams import ServerFacts, StreamFacts, first_after, server_facts, stream_facts, stream_memory
from nautilus_data.bus.subscriber import StreamSeen, Subscriber
from nautilus_data.core.incident import Incident, Kind
from nautilus_data.errors import DashboardError
from nautilus_data.transport import State

logger = logging.getLogger(__name__)

_RAW = ("XINFO STREAM", "XINFO GROUPS", "MEMORY USAGE", "TIME", "XRANGE")
_ASK_S, _COST_FACTOR = 1.0, 30
_KEPT = 200
# More streams of one trader that fall silent at once are one incident: a market that closed.
_MOST_SILENT = 20
_ALIVE_BEATS = 2.0


class Watch:
    """`tick` in a thread of its own, twice a second; everything else may be read from any thread.

    `nodes()` gives what is known of each trader's node. Incidents are this reader's view: `reader` is its name.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        nodes: Callable[[], Iterable[NodeSeen]],
        reader: str,
        silence_s: float = 5.0,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._subscriber, self._nodes, self._reader = subscriber, nodes, reader
        self._silence_s, self._clock = silence_s, clock
        self._losses = Losses()
        self._lock = threading.Lock()
        self._open: dict[tuple[Kind, str], Incident] = {}
        self._over: deque[Incident] = deque(maxlen=_KEPT)
        self._changed: dict[str, Incident] = {}
        self._client: Redis | None = None
        self._next_ask = 0.0
        self._restarted: dict[str, int] = {}
        self._seen: dict[str, StreamSeen] = {}
        self.server: ServerFacts | None = None
        self.streams: dict[str, StreamFacts] = {}
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

    def adopt(self, incidents: Iterable[Incident]) -> None:
        """Take over what a reader of this name before this one left open: only evidence clears it."""
        with self._lock:
            for incident in incidents:
                self._open.setdefault((incident.kind, incident.subject), incident)

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

    def tick(self) -> None:
        """Look at everything once; never raises on what Redis does."""
        now = self._clock()
        self._take(self._look(now))
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
        """What can be told without asking Redis."""
        reader = self._subscriber
        yield checks.link(reader.connection, reader.address, now)
        if reader.connection.state is not State.CONNECTED:
            # Nothing is heard, so silence says nothing about nodes and streams.
            return
        if self.server is not None and self.server.clock_ahead_ms is not None:
            now += int(self.server.clock_ahead_ms * 1e6)
        nodes, streams = list(self._nodes()), reader.streams
        for node in nodes:
            for found in (checks.heartbeat(node, now), checks.quiet_node(node, now, self._silence_s)):
                if found is not None:
                    yield found
        yield from self._silent(streams, nodes, now)
        yield checks.behind(reader.lag_ms, streams, self.streams)
        yield from self._after_restart(nodes)

    def _silent(self, streams: Mapping[str, StreamSeen], nodes: Iterable[NodeSeen], now: int) -> Iterator[Finding]:
        alive = {node.trader_id for node in nodes if _is_alive(node, now)}
        found = list(checks.quiet_streams(streams, alive, now))
        new: dict[str, list[Finding]] = {}
        for finding in found:
            if finding.is_trouble and (finding.kind, finding.subject) not in self._open:
                new.setdefault(finding.trader_id, []).append(finding)
        many = {trader_id for trader_id, findings in new.items() if len(findings) > _MOST_SILENT}
        yield from (one for one in found if not (one.is_trouble and one.trader_id in many))
        for trader_id in many:
            count = len(new[trader_id])
            yield Finding(
                kind=Kind.STREAM_SILENT, subject=f"streams of {trader_id}", trader_id=trader_id, is_trouble=True,
                since=min(one.since for one in new[trader_id]), count=count,
                detail=f"{count} streams of market data fell silent at once: the feed stopped, or the market closed",
            )  # fmt: skip
        for (kind, subject), incident in list(self._open.items()):
            is_one = kind is Kind.STREAM_SILENT and subject == f"streams of {incident.trader_id}"
            if is_one and incident.trader_id not in many and incident.trader_id not in new:
                yield Finding(kind=kind, subject=subject, is_trouble=False, evidence="entries came")

    def _after_restart(self, nodes: Iterable[NodeSeen]) -> Iterator[Finding]:
        """A restarted Redis is over when every node that was alive before was heard since."""
        if not self._restarted:
            return
        waiting = [
            node.trader_id for node in nodes
            if node.last_message_at <= self._restarted.get(node.trader_id, 0) and node.state not in checks.ENDED
        ]  # fmt: skip
        if not waiting:
            self._restarted = {}
        yield Finding(
            kind=Kind.REDIS_RESTARTED, subject=self._subscriber.address, is_trouble=None if waiting else False,
            evidence="every node was heard since",
        )  # fmt: skip

    def _ask(self) -> None:
        started = time.monotonic()
        try:
            self._take(self._ask_redis(self._connected()))
            self.problem = ""
        except (RedisError, OSError, DashboardError) as error:
            self.problem = str(self._subscriber.link.explain(error))
            self.close()
            self._client = None
        # Thousands of streams are asked less often: looking must not become the main work.
        self._next_ask = started + max(_ASK_S, _COST_FACTOR * (time.monotonic() - started))

    def _connected(self) -> Redis:
        if self._client is None:
            self._client = self._subscriber.link.connect(_RAW)
        return self._client

    def _ask_redis(self, client: Redis) -> Iterator[Finding]:
        before, self.server = self.server, server_facts(client, self._clock)
        address, group = self._subscriber.address, self._group
        yield checks.memory(self.server, before, address)
        keys, self._seen = self._subscriber.keys, self._subscriber.streams
        told = stream_facts(client, keys, group)
        streams = {keys[key][0]: facts for key, facts in told.items() if facts is not None}
        rewound = [name for name, facts in streams.items() if self._position(name, facts) > facts.last]
        if (before and before.run_id and before.run_id != self.server.run_id) or rewound:
            yield self._restart(rewound)
        for gone in self.streams.keys() - streams.keys():
            self._losses.forget(gone)
        self.streams = streams
        yield from self._lost(client, {keys[key][0]: key for key in keys}, streams)
        self.asked_at = self._clock()

    def _lost(self, client: Redis, keys: Mapping[str, bytes], streams: Mapping[str, StreamFacts]) -> Iterator[Finding]:
        unread = {}
        for name, facts in streams.items():
            position, read = self._position(name, facts), self._read_of(name, facts)
            if position > facts.last:
                continue
            if (finding := self._losses.check(name, facts, position, read)) is not None:
                yield finding
            unread[name] = self._losses.unread(name, facts, position, read)
            if facts.added is None and 0 < position < facts.last:
                head = first_after(client, keys[name], entry_text(position))
                self._losses.heads[name] = entry_id(head) if head else 0
        self.unread = unread

    def _restart(self, rewound: list[str]) -> Finding:
        now = self._clock()
        self._restarted = {node.trader_id: now for node in self._nodes() if _is_alive(node, now)}
        lost = f"; {len(rewound)} streams are shorter than what was read of them" if rewound else ""
        for name in rewound:
            self._losses.forget(name)
        return Finding(
            kind=Kind.REDIS_RESTARTED, subject=self._subscriber.address, is_trouble=True, since=now,
            detail=f"Redis was started anew{lost}. A node whose write failed meanwhile publishes nothing until it is"
            " restarted itself",
        )  # fmt: skip

    @property
    def _group(self) -> str:
        return self._subscriber.group if self._subscriber.mode == "group" else ""

    def _position(self, name: str, facts: StreamFacts) -> int:
        if self._group:
            return facts.delivered or 0
        seen = self._seen.get(name)
        return seen.entry if seen else 0

    def _read_of(self, name: str, facts: StreamFacts) -> int | None:
        if self._group:
            return facts.entries_read
        seen = self._seen.get(name)
        return seen.count if seen else 0

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
        elif finding.is_trouble and known is not None and known.count != finding.count:
            self._open[key] = changed = replace(known, count=finding.count, detail=finding.detail)
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


def _is_alive(node: NodeSeen, now: int) -> bool:
    limit_s = _ALIVE_BEATS * node.heartbeat_s + 0.25
    return bool(node.heartbeat_s) and now - node.heartbeat_at <= limit_s * 1e9 and node.state not in checks.ENDED
