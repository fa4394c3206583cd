"""Worker: the process that alone writes — ingest, backfills, engine runs, equity history."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote, urlsplit

from nautilus_data.bus import Subscriber
from nautilus_data.core.dataset import QUOTES, TRADES
from nautilus_data.core.job import BACKFILL, Job
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.engine import Identity
from nautilus_data.errors import DashboardError, FatalError
from nautilus_data.services.backfill import run_job
from nautilus_data.services.engine import DEFAULT_START, DEFAULT_WARMUP, KINDS, START, STOP, EngineKeeper
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.overview import LEASE_S, WORKER_LEASE, holder_name, is_gone
from nautilus_data.settings import Settings
from nautilus_data.transport import State
from nautilus_data.workspace import Workspace, bus_url, make_subscriber, open_workspace, system_messages

_LOG = logging.getLogger(__name__)
_GROUP = "nautilus-dashboard"
_BACKFILLS_AT_ONCE = 2
_ADJUSTMENTS = ("total", "raw")


class Worker:
    """Everything with a side effect, behind one lease."""

    def __init__(self, settings: Settings, supervisor: Identity | None = None) -> None:
        self._settings = settings
        self._name = holder_name(socket.gethostname(), Identity.of())
        self._workspace: Workspace = open_workspace(settings)
        self._store = self._workspace.store
        self._subscriber: Subscriber | None = None
        self._ingest: Ingest | None = None
        self._ingesting: threading.Thread | None = None
        self._has_orphans = False
        self._stop = threading.Event()
        self._stopping = asyncio.Event()
        # One thread, so that commands to the node and its restarts never overlap.
        self._engine_thread = ThreadPoolExecutor(1, "engine")
        self._supervisor = supervisor or Identity.of()
        self._keeper = EngineKeeper(
            self._store,
            self._workspace.live,
            self._workspace.sources,
            settings.nautilus_data_dir / "engine",
            self._redis_of_node,
            self._supervisor,
            self._bus_up_since,
        )

    async def run(self) -> None:
        """Until SIGTERM or SIGINT, or until another worker holds the lease."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        if not await self._take_lease():
            self._workspace.close()
            return
        # Jobs a dead worker left running go back to the queue: coverage makes them go on where they were.
        self._store.requeue_jobs([BACKFILL, *KINDS])
        await self._in_engine_thread(self._keeper.adopt)
        if self._settings.is_demo:
            self._prepare_demo()
        duties = [
            self._every(1.0, self._keep_ingesting),
            self._every(1.0, self._renew),
            self._every(1.0, self._follow_supervisor),
            self._every(0.2, self._run_commands),
            self._every(0.2, self._run_backfills),
            self._every(1.0, lambda: self._in_engine_thread(self._keeper.tick)),
            self._every(
                self._settings.equity_clock_s, lambda: asyncio.to_thread(self._workspace.portfolio.record_equity)
            ),
            self._every(3600.0, lambda: asyncio.to_thread(self._forget_old)),
        ]
        tasks = [asyncio.create_task(duty) for duty in duties]
        await self._stopping.wait()
        await self._shut_down(tasks)

    async def _shut_down(self, tasks: list[asyncio.Task]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            if self._keeper.owns_node:
                await self._in_engine_thread(self._keeper.stop)
            self._stop.set()
            if self._ingesting is not None:
                await asyncio.to_thread(self._ingesting.join, 5)
            self._store.release_lease(WORKER_LEASE, self._name)
        except DashboardError as error:
            _LOG.error("the worker did not end cleanly reason=%s", error)
        self._stop.set()
        self._workspace.close()

    async def _take_lease(self) -> bool:
        """Wait for it; False when told to stop, or when the server is gone, before it came."""
        while not self._stopping.is_set() and self._supervisor.is_alive:
            lease = self._store.lease(WORKER_LEASE)
            if lease is not None and lease[0] != self._name and is_gone(lease[0]):
                self._store.release_lease(WORKER_LEASE, lease[0])
            if self._store.acquire_lease(WORKER_LEASE, self._name, LEASE_S):
                return True
            await asyncio.sleep(0.5)
        return False

    async def _follow_supervisor(self) -> None:
        if not self._supervisor.is_alive:
            _LOG.warning("the server is gone; the worker stops")
            self._stopping.set()

    async def _renew(self) -> None:
        if not await asyncio.to_thread(self._store.acquire_lease, WORKER_LEASE, self._name, LEASE_S):
            _LOG.error("another worker holds the lease; this one stops")
            self._keeper.owns_node = False
            self._stopping.set()

    async def _keep_ingesting(self) -> None:
        """Start the ingest thread once Redis has an address, and again should it ever end."""
        if self._ingesting is not None and self._ingesting.is_alive():
            return
        self._subscriber = await asyncio.to_thread(make_subscriber, self._settings, _GROUP)
        if self._subscriber is None:
            return
        # The demo replays totally adjusted bars; a node of the user's says nothing about adjustment.
        adjustment = "total" if self._settings.is_demo else "raw"
        self._ingest = Ingest(
            self._subscriber,
            self._store,
            self._workspace.live,
            adjustment,
            lambda: system_messages(self._settings),
        )
        self._workspace.overview.subscriber = self._subscriber
        self._ingesting = threading.Thread(target=self._ingest.run, args=(self._stop,), name="ingest", daemon=True)
        self._ingesting.start()

    def _prepare_demo(self) -> None:
        """Backfill what the demo lacks, and have a node started when all of it is there."""
        backfill, sample = self._workspace.backfill, self._workspace.sources["sample"]
        waiting = {job.title for job in self._store.jobs(1_000, kinds=[BACKFILL], active=True)}
        for adjustment in _ADJUSTMENTS if not sample.unavailable_reason() else ():
            for known in sample.instruments():
                plan = backfill.plan(known.instrument_id, "sample", adjustment=adjustment)
                if not plan.is_empty and plan.title not in waiting:
                    backfill.start(plan)
        is_asked = bool(self._store.jobs(1, kinds=[START], active=True))
        is_wanted = not (self._keeper.is_running or is_asked or self._was_stopped())
        if is_wanted and self._workspace.engine.is_available:
            self._workspace.engine.start(DEFAULT_START, DEFAULT_WARMUP, self._settings.demo_pace)

    def _was_stopped(self) -> bool:
        """Did a person stop the node since this server started? Then a new worker leaves it so."""
        last = self._store.jobs(1, kinds=[START, STOP])
        return bool(last) and last[0].kind == STOP and last[0].ts_created > self._supervisor.created * 1e9

    async def _run_commands(self) -> None:
        backfilling = any(job.kind == BACKFILL and _is_demo_history(job) for job in self._store.jobs(50, active=True))
        kinds = [kind for kind in KINDS if not (kind == START and backfilling)]
        while job := self._store.claim_job(kinds):
            await self._in_engine_thread(lambda job=job: self._keeper.carry_out(job))

    async def _run_backfills(self) -> None:
        if self._has_orphans:
            # Nothing runs now: what is RUNNING lost its runner when the store failed.
            self._store.requeue_jobs([BACKFILL])
        self._has_orphans = True
        jobs = [job for _ in range(_BACKFILLS_AT_ONCE) if (job := self._store.claim_job([BACKFILL]))]
        await asyncio.gather(*(run_job(self._workspace.backfill, self._store, job) for job in jobs))
        self._has_orphans = False

    def _forget_old(self) -> None:
        before = time.time_ns() - self._settings.retention_days * NS_PER_DAY
        for dataset in (QUOTES, TRADES):
            self._store.prune(dataset, before)

    async def _every(self, period_s: float, duty: Callable[[], Awaitable[Any]]) -> None:
        """The worker's loop: a duty that fails is told and tried again next time, the others go on."""
        while not self._stopping.is_set():
            wait_s = period_s
            try:
                await duty()
            except DashboardError as error:
                _LOG.error("duty failed reason=%s", error)
                wait_s = max(period_s, 1.0)
            except Exception:
                _LOG.exception("duty failed")
                wait_s = max(period_s, 1.0)
            await asyncio.sleep(wait_s)

    async def _in_engine_thread(self, action: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._engine_thread, action)

    def _bus_up_since(self) -> int:
        """0 as well while ingest is stuck: then silence says nothing about the node."""
        link = self._subscriber.connection if self._subscriber else None
        if self._ingest is None or self._ingest.error:
            return 0
        return link.connected_at if link is not None and link.state is State.CONNECTED else 0

    def _redis_of_node(self) -> dict[str, Any]:
        """Where the node publishes."""
        url = bus_url(self._settings)
        if url is None:
            raise FatalError("there is no Redis for the node to publish to: install redis-server or valkey-server")
        parts = urlsplit(url)
        return {
            "redis_host": parts.hostname,
            "redis_port": parts.port or 6379,
            "redis_password": unquote(parts.password or ""),
        }


def _is_demo_history(job: Job) -> bool:
    series = job.params.get("series", {})
    return series.get("source") == "sample" and series.get("adjustment") == "total"
