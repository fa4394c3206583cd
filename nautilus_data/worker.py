"""Worker: the process that alone writes — ingest, backfills, engine runs, equity history."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote, urlsplit

from nautilus_data.backfilling import Backfilling
from nautilus_data.cataloging import Cataloging
from nautilus_data.core.dataset import Series
from nautilus_data.core.job import BACKFILL, Job
from nautilus_data.engine import Identity
from nautilus_data.errors import DashboardError, FatalError
from nautilus_data.gateways import Gateways
from nautilus_data.ingesting import Ingesting
from nautilus_data.services.bus import KINDS as BUS_KINDS
from nautilus_data.services.bus import WORKER
from nautilus_data.services.catalog import KINDS as CATALOG_KINDS
from nautilus_data.services.engine import DEFAULT_START, DEFAULT_WARMUP, KINDS, START, STOP, EngineKeeper
from nautilus_data.services.overview import LEASE_S, WORKER_LEASE, holder_name, is_gone
from nautilus_data.services.sources import COMMANDS as SOURCE_COMMANDS
from nautilus_data.settings import Settings
from nautilus_data.workspace import Workspace, bus_url, open_workspace

_LOG = logging.getLogger(__name__)
_ADJUSTMENTS = ("total", "raw")


class Worker:
    """Everything with a side effect, behind one lease."""

    def __init__(self, settings: Settings, supervisor: Identity | None = None) -> None:
        self._settings = settings
        self._name = holder_name(socket.gethostname(), Identity.of())
        self._workspace: Workspace = open_workspace(settings, role=WORKER)
        self._store = self._workspace.store
        self._ingesting = Ingesting(self._workspace, self._take)
        others = (self._workspace.macro.start_due, self._workspace.filings.start_due)
        self._backfilling = Backfilling(self._workspace.backfill, self._store, others)
        self._gateways = Gateways(self._workspace)
        self._cataloging = Cataloging(self._store, settings)
        self._has_lead = False
        self._predecessor_seen_at = 0
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
            lambda: self._ingesting.up_since,
            logs_folder=str(settings.nautilus_data_dir / "logs"),
        )

    async def run(self) -> None:
        """Until SIGTERM or SIGINT. Every worker shares the ingest; the one that holds the lease does the rest."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        settle_collector()
        # Its own tail: of the group's entries a worker may see a part only.
        self._workspace.start_tail(is_watched=False)
        shared = [asyncio.create_task(self._every(1.0, self._keep_ingesting))]
        if not await self._take_the_lead():
            await self._shut_down(shared)
            return
        # Jobs a dead worker left running go back to the queue: coverage makes them go on where they were.
        self._store.requeue_jobs([BACKFILL, *KINDS, *BUS_KINDS, *SOURCE_COMMANDS, *CATALOG_KINDS])
        await self._in_engine_thread(self._keeper.adopt)
        if self._settings.is_demo:
            self._prepare_demo()
        duties = [
            self._every(1.0, self._renew),
            self._every(1.0, self._follow_supervisor),
            self._every(0.2, self._run_commands),
            self._every(0.2, self._backfilling.tick),
            self._every(0.5, self._gateways.tick),
            self._every(0.5, self._cataloging.tick),
            self._every(0.2, lambda: asyncio.to_thread(self._reconcile)),
            self._every(1.0, lambda: self._in_engine_thread(self._keeper.tick)),
            self._every(
                self._settings.equity_clock_s, lambda: asyncio.to_thread(self._workspace.portfolio.record_equity)
            ),
            self._every(3600.0, lambda: asyncio.to_thread(self._forget_old)),
        ]
        tasks = [*shared, *(asyncio.create_task(duty) for duty in duties)]
        await self._stopping.wait()
        await self._shut_down(tasks)

    async def _shut_down(self, tasks: list[asyncio.Task]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._backfilling.stop()
        await self._gateways.stop()
        await self._cataloging.stop()
        try:
            if self._has_lead and self._keeper.owns_node:
                await self._in_engine_thread(self._keeper.stop)
            await asyncio.to_thread(self._ingesting.stop)
            for lease in filter(None, (WORKER_LEASE, self._ingesting.slot)):
                self._store.release_lease(lease, self._name)
        except DashboardError as error:
            _LOG.error("the worker did not end cleanly reason=%s", error)
        self._workspace.close()

    async def _take_the_lead(self) -> bool:
        """Wait for the lease; False when told to stop, or when the server is gone, before it came."""
        while not self._stopping.is_set() and self._supervisor.is_alive:
            before = self._store.lease(WORKER_LEASE)
            if await asyncio.to_thread(self._take, WORKER_LEASE):
                if before is not None and before[0] != self._name:
                    self._predecessor_seen_at = before[1] - int(LEASE_S * 1e9)
                self._has_lead = self._ingesting.may_lead = True
                return True
            await asyncio.sleep(0.5)
        return False

    def _take(self, name: str) -> bool:
        """Take or renew a lease; one whose holder is known to be dead need not run out first."""
        lease = self._store.lease(name)
        if lease is not None and lease[0] != self._name and is_gone(lease[0]):
            self._store.release_lease(name, lease[0])
        return self._store.acquire_lease(name, self._name, LEASE_S)

    async def _keep_ingesting(self) -> None:
        try:
            await asyncio.to_thread(self._ingesting.keep)
        except FatalError as error:
            _LOG.error("this worker stops reason=%s", error)
            self._stopping.set()

    def _reconcile(self) -> None:
        if self._ingesting.is_ready and not self._ingesting.leads:
            self._ingesting.lead(self._predecessor_seen_at)
        self._ingesting.reconcile()

    async def _follow_supervisor(self) -> None:
        if not self._supervisor.is_alive:
            _LOG.warning("the server is gone; the worker stops")
            self._stopping.set()

    async def _renew(self) -> None:
        if not await asyncio.to_thread(self._store.acquire_lease, WORKER_LEASE, self._name, LEASE_S):
            _LOG.error("another worker holds the lease; this one stops")
            self._keeper.owns_node = False
            self._stopping.set()

    def _prepare_demo(self) -> None:
        """Backfill what the demo lacks, and have a node started when all of it is there."""
        backfill, sample = self._workspace.backfill, self._workspace.sources["sample"]
        waiting = {job.title for job in self._store.jobs(1_000, kinds=[BACKFILL], active=True)}
        for adjustment in _ADJUSTMENTS if not sample.unavailable_reason() else ():
            for known in sample.instruments():
                plan = backfill.plan(known.instrument_id, "sample", adjustment=adjustment)
                if not plan.is_empty and plan.title not in waiting:
                    backfill.start(plan)
        # Behind the bars the node waits for.
        offline = self._workspace.sources["arch"]
        for instrument_id in offline.lines() if not offline.refusal() else ():
            series = Series(dataset="observations", instrument_id=instrument_id, source="arch")
            if str(series) not in waiting:
                backfill.start_missing(series)
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
        while self._ingesting.is_ready and (job := self._store.claim_job(BUS_KINDS)):
            await asyncio.to_thread(self._ingesting.carry_out, job)

    def _forget_old(self) -> None:
        self._workspace.retention.forget_old()
        self._workspace.bus.forget_readers()

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


def settle_collector() -> None:
    """What is loaded by now lives as long as the process; a collector that walks it slows a fast reader by a half."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _is_demo_history(job: Job) -> bool:
    series = job.params.get("series", {})
    return series.get("source") == "sample" and series.get("adjustment") == "total"
