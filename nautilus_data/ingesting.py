"""Ingesting: a worker's part in reading the bus — its consumer, its watch, the caches kept equal, commands."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable

from redis import Redis

from nautilus_data.bus import CacheReader, CacheState, Finding, RunStarts, Subscriber, WantedOrders, Watch, listing
from nautilus_data.core.dead_letter import DeadLetter, Fate
from nautilus_data.core.difference import Difference
from nautilus_data.core.incident import Kind
from nautilus_data.core.job import Job, Status
from nautilus_data.errors import DashboardError, FatalError, SkippableError
from nautilus_data.services.bus import ACKNOWLEDGE
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.seed import Seed
from nautilus_data.settings import Group
from nautilus_data.store import Store, work_on
from nautilus_data.transport import State
from nautilus_data.workspace import Workspace, make_ingester

_LOG = logging.getLogger(__name__)
_GROUP = "nautilus-dashboard"
_SLOT = "consumer "
_RECORDER = "worker"
_MOST_CONSUMERS = 100
# Between two comparisons with the caches, and to the one that decides what an open difference is.
_COMPARE_S, _DECIDE_S = 2.0, 1.0


class Ingesting:
    """Every worker shares the ingest; the one that `leads` records incidents and keeps the store equal to the caches.

    `take(name)` takes or renews a lease of this worker's.
    """

    def __init__(self, workspace: Workspace, take: Callable[[str], bool]) -> None:
        self._workspace, self._take = workspace, take
        self._settings, self._store = workspace.settings, workspace.store
        self._subscriber: Subscriber | None = None
        self._ingest: Ingest | None = None
        self._watch: Watch | None = None
        self._thread: threading.Thread | None = None
        self._seed: Seed | None = None
        self._client: Redis | None = None
        self._cache: CacheReader | None = None
        self._compared_at = float("-inf")
        self._stop = threading.Event()
        self.slot = ""
        self.may_lead = False
        self.leads = False

    @property
    def is_ready(self) -> bool:
        return self._watch is not None

    @property
    def up_since(self) -> int:
        """When the bus was connected to; 0 while it is not, and while ingest is stuck."""
        link = self._subscriber.connection if self._subscriber else None
        if self._ingest is None or self._ingest.error:
            return 0
        return link.connected_at if link is not None and link.state is State.CONNECTED else 0

    def keep(self) -> None:
        """Start the ingest once Redis has an address, and again should it ever end; FatalError when it is another's."""
        if self.slot and not self._take(self.slot):
            raise FatalError(f"another worker took over {self.slot}: this one hung for too long")
        is_off = self._settings.bus_group is Group.OFF
        if not (self._thread is not None and self._thread.is_alive()) and (self.may_lead or not is_off):
            self._start()

    def lead(self, predecessor_seen_at: int) -> None:
        """From now on the incidents are ours; a predecessor that let go of nothing had died or hung."""
        if self._watch is None:
            return
        known = [one for one in self._store.incidents(1_000, open_only=True) if one.reader == _RECORDER]
        self._watch.adopt(known, self._workspace.bus.server_run_recorded())
        gone = {"kind": Kind.READER_GONE, "subject": "worker", "since": predecessor_seen_at}
        over = "another goes on from the last entry acknowledged"
        if predecessor_seen_at:
            self._watch.tell(Finding(**gone, is_trouble=True, detail="the worker ended or hung; nothing was stored"))
        self._watch.tell(Finding(**gone, is_trouble=False, evidence=over))
        self.leads = True

    def reconcile(self) -> None:
        """Make the store equal to the nodes' caches when it is time; may be called often.

        While the reader is behind, what it lacks is still to come.
        """
        if self._seed is None or not self._subscriber.is_caught_up or not self.up_since:
            return
        if time.monotonic() - self._compared_at < (_DECIDE_S if self._seed.is_waiting else _COMPARE_S):
            return
        self._compared_at = time.monotonic()
        try:
            with self._ingest.lock:
                found = self._seed.reconcile()
        except DashboardError:
            self._hang_up()
            raise
        self._tell(found)

    def carry_out(self, job: Job) -> None:
        """A command about the bus; its row says how it went."""
        with work_on(self._store, job):
            self._carry_out(job)

    def _carry_out(self, job: Job) -> None:
        try:
            message, status = carry_out(job, self._store, self._watch, self._ingest.replay), Status.SUCCEEDED
        except (DashboardError, ValueError) as error:
            message, status = str(error), Status.FAILED
        except Exception as error:
            # The worker's loop: a command that can't be carried out must not stay in the queue.
            message, status = f"unexpected: {error!r}; see the worker's log", Status.FAILED
            _LOG.exception("command failed job=%s kind=%s", job.id, job.kind)
        self._store.update_job(job.id, status=status, message=message, done=1, total=1)

    def stop(self) -> None:
        """After the page at hand."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)
        self._hang_up()

    def _start(self) -> None:
        self.slot = self.slot or self._take_slot()
        consumer = self.slot.removeprefix(_SLOT)
        self._subscriber = make_ingester(self._settings, _GROUP, consumer, self._cursors)
        if self._subscriber is None:
            return
        # The demo replays totally adjusted bars; a node of the user's says nothing about adjustment.
        adjustment = "total" if self._settings.is_demo else "raw"
        self._ingest = Ingest(
            self._subscriber, self._store, self._workspace.live, adjustment, RunStarts(self._subscriber).before
        )
        self._seed = Seed(self._store, self._read_cache, self._ingest.run_of)
        self._watch = self._workspace.watch_over(self._subscriber, _RECORDER, lambda: self.leads)
        self._thread = threading.Thread(target=self._ingest.run, args=(self._stop,), name="ingest", daemon=True)
        self._thread.start()

    def _take_slot(self) -> str:
        """A consumer's name of its own, and a dead worker's where there is one: what it left pending is read first."""
        for number in range(_MOST_CONSUMERS):
            name = f"{_SLOT}{socket.gethostname()}-{number}"
            if self._take(name):
                return name
        raise FatalError(f"{_MOST_CONSUMERS} workers run on this host already: stop some")

    def _cursors(self) -> dict[str, int]:
        return {stream: entry for stream, (entry, _) in self._store.cursors().items()}

    def _read_cache(self, wanted: WantedOrders) -> list[CacheState]:
        if self._cache is None:
            self._client = self._subscriber.link.connect()
            self._cache = CacheReader(self._client)
        return self._cache.read(wanted)

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.connection_pool.disconnect()
        self._client = self._cache = None

    def _tell(self, found: list[Difference]) -> None:
        """A difference that was no late start is a loss; it is over once the store is found equal again."""
        lost = {f"{one.trader_id} {one.kind} {one.subject}": one for one in found if not one.is_seed}
        for subject, one in lost.items():
            detail = f"the pages said {one.was or 'nothing'}, the node's cache says {one.now}: put right"
            self._say(subject, True, one.trader_id, detail)
        for one in self._watch.open_incidents:
            is_equal = self._seed.seen_at.get(one.trader_id, 0) > one.ts_detected
            if one.kind is Kind.POSITIONS_DIFFER and one.subject not in lost and is_equal:
                self._say(one.subject, False, one.trader_id, "")

    def _say(self, subject: str, is_trouble: bool, trader_id: str, detail: str) -> None:
        finding = Finding(
            kind=Kind.POSITIONS_DIFFER, subject=subject, trader_id=trader_id, is_trouble=is_trouble, detail=detail,
            evidence="equal to the node's cache",
        )  # fmt: skip
        self._watch.tell(finding)


def carry_out(job: Job, store: Store, watch: Watch, again: Callable[[DeadLetter, bytes], str]) -> str:
    """The worker's side of a command: `again(letter, payload)` hands a dead letter over and says why it failed."""
    if job.kind == ACKNOWLEDGE:
        watch.acknowledge(Kind(job.params["kind"]), job.params["subject"])
        return "acknowledged"
    failed = []
    for key in map(listing.parse_key, job.params["keys"]):
        letter = store.dead_letter(key)
        reason = _replay(letter, watch, again) if letter else "there is no such dead letter"
        if reason:
            failed.append(reason)
        store.set_fate([key], Fate.DEAD if reason else Fate.REPLAYED, reason or None)
    done = len(job.params["keys"]) - len(failed)
    if failed:
        raise SkippableError(f"{done} replayed, {len(failed)} failed again: {failed[0]}")
    return f"{done} replayed"


def _replay(letter: DeadLetter, watch: Watch, again: Callable[[DeadLetter, bytes], str]) -> str:
    payload = letter.payload if not letter.is_cut else watch.payload(letter.stream, letter.entry)
    if payload is None:
        return f"only {len(letter.payload):,} of {letter.size:,} bytes were kept, and Redis has the entry no more"
    return again(letter, payload)
