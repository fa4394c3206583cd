"""Overview: how bus, store, worker, sources, nodes and jobs stand."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nautilus_data.bus import Subscriber, Watch, alive_ns
from nautilus_data.core.entry import entry_ns
from nautilus_data.core.job import BACKFILL, Job
from nautilus_data.engine import Identity
from nautilus_data.errors import DashboardError
from nautilus_data.services.live import Live, Node
from nautilus_data.sources import Source
from nautilus_data.store import Store
from nautilus_data.transport import State

WORKER_LEASE = "worker"
LEASE_S = 4.0
# After one heartbeat nobody knows when the next is due.
_UNKNOWN_RHYTHM_S = 30.0
_NEW_WORKER_S = 30.0
_ENDED = ("STOPPED", "DISPOSED")


@dataclass(frozen=True)
class BusStatus:
    """The message bus as this process reads it; times in ns, 0 = never.

    `incidents` counts what is wrong now, `trouble` tells the worst of it, `is_bad` when values shown are old or wrong.
    """

    state: str = "disconnected"
    connected_at: int = 0
    last_message_at: int = 0
    reconnect_attempts: int = 0
    error_message: str = ""
    messages_received: int = 0
    rate: float = 0.0
    lag_entries: int | None = None
    lag_ms: float | None = None
    streams: int = 0
    address: str = ""
    silent: tuple[str, ...] = ()
    note: str = ""
    garbage: int = 0
    incidents: int = 0
    trouble: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class StoreStatus:
    url: str
    size_bytes: int = 0
    rows: tuple[tuple[str, int], ...] = ()
    ok: bool = True
    error: str = ""
    layout: str = ""


@dataclass(frozen=True)
class WorkerStatus:
    """Who writes to the store; `ingested_at` is the time of the last bus entry written there."""

    alive: bool = False
    holder: str = ""
    heartbeat_at: int = 0
    ingested_at: int = 0
    note: str = "no worker has run yet"


@dataclass(frozen=True)
class SourceStatus:
    name: str
    title: str
    is_available: bool
    reason: str
    last_used_at: int = 0


@dataclass(frozen=True)
class NodeStatus:
    trader_id: str
    state: str
    heartbeat_at: int
    is_stale: bool
    run_id: int
    note: str
    last_message_at: int = 0


def holder_name(host: str, process: Identity) -> str:
    """`host:pid:created`: who holds the lease."""
    return f"{host}:{process.pid}:{process.created}"


def is_gone(holder: str) -> bool:
    """Is a lease holder known to be dead? Only a process of this host can be known."""
    if not holder.startswith(f"{socket.gethostname()}:"):
        return False
    _, pid, created = holder.rsplit(":", 2)
    return not Identity(int(pid), float(created)).is_alive


class Overview:
    """Gathers what the status cards, the header and `/api/v1/status` show."""

    def __init__(
        self,
        store: Store,
        live: Live,
        sources: Mapping[str, Source],
        address: Callable[[], str],
        silence_s: float,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._store = store
        self._live = live
        self._sources = sources
        self.subscriber: Subscriber | None = None
        self.watch: Watch | None = None
        self._address = address
        self._silence_s = silence_s
        self._holder = ""
        self._replaced_at = 0
        self._clock = clock

    def status(self) -> dict[str, object]:
        """Keys bus, store, worker, sources, nodes, jobs; each a record or a list of records."""
        return {
            "bus": self.bus(),
            "store": self.store(),
            "worker": self.worker(),
            "sources": self.sources(),
            "nodes": self.nodes(),
            "jobs": self.jobs(),
        }

    def bus(self) -> BusStatus:
        reader = self.subscriber
        if reader is None:
            return BusStatus(address=self._address(), note="this process does not read the bus")
        link, wrong = reader.connection, self.watch.open_incidents if self.watch else []
        return BusStatus(
            state=link.state.value, connected_at=link.connected_at, last_message_at=reader.last_message_at,
            reconnect_attempts=link.reconnect_attempts, error_message=link.error_message or "",
            messages_received=reader.entries_read, rate=self._live.rate(), lag_entries=reader.lag(),
            lag_ms=self._live.lag_ms(), streams=len(reader.keys), address=self._address(), silent=self._silent(),
            note=self._bus_note(), garbage=self._live.garbage, incidents=len(wrong),
            trouble=f"{wrong[0].kind}: {wrong[0].subject}" if wrong else "",
            is_bad=any(one.kind.is_bad for one in wrong),
        )  # fmt: skip

    def store(self) -> StoreStatus:
        try:
            stats = self._store.stats()
        except DashboardError as error:
            return StoreStatus(url=self._store.name, ok=False, error=str(error))
        return StoreStatus(stats.url, stats.size_bytes, tuple(sorted(stats.rows.items())), layout=stats.layout)

    def can_read(self) -> bool:
        """Can the store be read? It is asked for next to nothing."""
        try:
            self._store.lease(WORKER_LEASE)
        except DashboardError:
            return False
        return True

    def worker(self) -> WorkerStatus:
        try:
            lease, cursors = self._store.lease(WORKER_LEASE), self._store.cursors()
        except DashboardError as error:
            return WorkerStatus(note=str(error))
        if lease is None:
            return WorkerStatus()
        holder, expires = lease
        seen_at = expires - int(LEASE_S * 1e9)
        alive = self._clock() < expires and not is_gone(holder)
        self._note_holder(holder)
        ingested = max((entry_ns(entry) for entry, _ in cursors.values()), default=0)
        note = self._worker_note(alive)
        return WorkerStatus(alive, holder, seen_at, ingested, note)

    def _note_holder(self, holder: str) -> None:
        if self._holder and holder != self._holder:
            self._replaced_at = self._clock()
        self._holder = holder

    def _worker_note(self, alive: bool) -> str:
        if not alive:
            return "the worker ended or hangs; the server starts another"
        is_new = self._replaced_at and self._clock() - self._replaced_at < _NEW_WORKER_S * 1e9
        return "took over from a worker that ended" if is_new else ""

    def sources(self) -> list[SourceStatus]:
        last: dict[str, int] = {}
        for job in self._store.jobs(200, kinds=[BACKFILL]):
            name = job.params["series"]["source"]
            last[name] = max(last.get(name, 0), job.ts_updated)
        found = []
        for name, source in self._sources.items():
            reason = source.refusal()
            found.append(SourceStatus(name, source.spec.title, not reason, reason, last.get(name, 0)))
        return found

    def nodes(self) -> list[NodeStatus]:
        """Every trader seen on the bus; liveness by heartbeat, else by its last message."""
        return [self._node(node) for name, node in sorted(self._live.nodes.copy().items()) if name]

    def jobs(self, limit: int = 12) -> list[Job]:
        return self._store.jobs(limit)

    def _node(self, node: Node) -> NodeStatus:
        now = self._clock()
        heard_at, limit_ns = node.heartbeat_at, alive_ns(node, _UNKNOWN_RHYTHM_S)
        if not heard_at:
            heard_at, limit_ns = node.last_message_at, int(self._silence_s * 1e9)
        is_stale = now - heard_at > limit_ns
        return NodeStatus(
            node.trader_id, node.state, node.heartbeat_at, is_stale, node.run_id, self._node_note(node, is_stale),
            node.last_message_at,
        )  # fmt: skip

    def _node_note(self, node: Node, is_stale: bool) -> str:
        if not is_stale:
            return "" if node.heartbeat_at else "publishes no heartbeat: a silent node can't be told from a dead one"
        if node.state in _ENDED:
            return "stopped"
        link = self.subscriber.connection if self.subscriber else None
        if link is None or link.state is not State.CONNECTED:
            return "the bus can't be read now"
        if node.heartbeat_at and link.connected_at > node.heartbeat_at:
            return "publishing ended when Redis went away: restart the node"
        return "silent: the node is dead, cut off, or publishing ended"

    def _silent(self) -> tuple[str, ...]:
        """Traders whose streams had a rhythm and lost it."""
        return tuple(node.trader_id for node in self.nodes() if node.is_stale and node.state not in _ENDED)

    def _bus_note(self) -> str:
        reader = self.subscriber
        if reader is None or reader.connection.state is not State.CONNECTED:
            return ""
        if not reader.keys:
            return "connected; no stream found: start a node whose message bus writes to this Redis"
        if self._clock() - reader.last_message_at > self._silence_s * 1e9:
            return "connected, but nothing arrives: the streams are silent"
        return ""
