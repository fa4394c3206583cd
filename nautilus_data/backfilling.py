"""Backfilling: the worker's part that runs backfills side by side and queues the top-ups that are due."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable, Sequence

from nautilus_data.cataloging import Cataloging
from nautilus_data.core.job import BACKFILL
from nautilus_data.engine import Identity
from nautilus_data.gateways import Gateways
from nautilus_data.services.backfill import Backfill, run_job
from nautilus_data.services.catalog import KINDS as CATALOG_KINDS
from nautilus_data.services.overview import LEASE_S, WORKER_LEASE, holder_name, is_gone
from nautilus_data.settings import Settings
from nautilus_data.store import Store
from nautilus_data.workspace import open_workspace

_LOG = logging.getLogger(__name__)
_AT_ONCE = 4
_DUE_S, _RENEW_S, _TICK_S = 5.0, 1.0, 0.1


class Backfilling:
    """Only the holder of the worker's lease runs them; one job of a series at a time, so that none is asked twice.

    `start_others` queue what is due for other reasons than a schedule.
    """

    def __init__(self, backfill: Backfill, store: Store, start_others: Sequence[Callable[[], object]] = ()) -> None:
        self._backfill, self._store, self._start_others = backfill, store, start_others
        self._running: dict[asyncio.Task[int], str] = {}
        # Those put off, by title, and when they go on.
        self._later: dict[str, int] = {}
        self._has_lost = False
        self._looked_at = float("-inf")

    async def tick(self) -> None:
        """Start what is queued, up to the number that may run side by side; the worker calls this often."""
        await self._requeue_orphans()
        if time.monotonic() - self._looked_at >= _DUE_S:
            self._looked_at = time.monotonic()
            await asyncio.to_thread(self._backfill.start_due)
            for start in self._start_others:
                await asyncio.to_thread(start)
        self._later = {title: at for title, at in self._later.items() if at > self._backfill.time_in(0)}
        while len(self._running) < _AT_ONCE:
            besides = [*self._running.values(), *self._later]
            job = await asyncio.to_thread(self._store.claim_job, [BACKFILL], besides)
            if job is None:
                return
            task = asyncio.create_task(run_job(self._backfill, self._store, job), name=f"backfill {job.id}")
            self._running[task] = job.title

    async def stop(self) -> None:
        """Let go of what runs; the next worker goes on with it."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _requeue_orphans(self) -> None:
        """A job whose runner failed with the store is queued again once nothing else runs."""
        for task in [task for task in self._running if task.done()]:
            title = self._running.pop(task)
            if error := task.exception():
                self._has_lost = True
                _LOG.error("a backfill lost its runner reason=%r", error)
            elif goes_on_at := task.result():
                self._later[title] = goes_on_at
        if self._has_lost and not self._running:
            await asyncio.to_thread(self._store.requeue_jobs, [BACKFILL])
            self._has_lost = False


class BackfillWorker:
    """A worker of backfills and catalogs, while the command line that started it lives and no other one works."""

    def __init__(self, settings: Settings, owner: Identity) -> None:
        self._workspace = open_workspace(settings)
        self._store, self._owner = self._workspace.store, owner
        self._name = holder_name(socket.gethostname(), Identity.of())
        self._backfilling = Backfilling(self._workspace.backfill, self._store)
        self._gateways = Gateways(self._workspace)
        self._cataloging = Cataloging(self._store, settings)
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until SIGTERM, until its owner is gone, or until another worker holds the lease."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        try:
            if await asyncio.to_thread(self._take):
                self._store.requeue_jobs([BACKFILL, *CATALOG_KINDS])
                await self._work()
        finally:
            await self._backfilling.stop()
            await self._gateways.stop()
            await self._cataloging.stop()
            self._store.release_lease(WORKER_LEASE, self._name)
            self._workspace.close()

    async def _work(self) -> None:
        renewed_at = time.monotonic()
        while not self._stopping.is_set() and self._owner.is_alive:
            await self._backfilling.tick()
            await self._gateways.tick()
            await self._cataloging.tick()
            if time.monotonic() - renewed_at >= _RENEW_S:
                renewed_at = time.monotonic()
                if not await asyncio.to_thread(self._take):
                    return
            await asyncio.sleep(_TICK_S)

    def _take(self) -> bool:
        lease = self._store.lease(WORKER_LEASE)
        if lease is not None and lease[0] != self._name and is_gone(lease[0]):
            self._store.release_lease(WORKER_LEASE, lease[0])
        return self._store.acquire_lease(WORKER_LEASE, self._name, LEASE_S)
