"""Backfilling: the worker's part that runs backfills side by side and queues the top-ups that are due."""

from __future__ import annotations

import asyncio
import logging
import time

from nautilus_data.core.job import BACKFILL
from nautilus_data.services.backfill import Backfill, run_job
from nautilus_data.store import Store

_LOG = logging.getLogger(__name__)
_AT_ONCE = 4
_DUE_S = 5.0


class Backfilling:
    """Only the holder of the worker's lease runs them; one job of a series at a time, so that none is asked twice."""

    def __init__(self, backfill: Backfill, store: Store) -> None:
        self._backfill, self._store = backfill, store
        self._running: dict[asyncio.Task[None], str] = {}
        self._has_lost = False
        self._looked_at = float("-inf")

    async def tick(self) -> None:
        """Start what is queued, up to the number that may run side by side; the worker calls this often."""
        await self._requeue_orphans()
        if time.monotonic() - self._looked_at >= _DUE_S:
            self._looked_at = time.monotonic()
            await asyncio.to_thread(self._backfill.start_due)
        while len(self._running) < _AT_ONCE:
            job = await asyncio.to_thread(self._store.claim_job, [BACKFILL], self._running.values())
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
            self._running.pop(task)
            if error := task.exception():
                self._has_lost = True
                _LOG.error("a backfill lost its runner reason=%r", error)
        if self._has_lost and not self._running:
            await asyncio.to_thread(self._store.requeue_jobs, [BACKFILL])
            self._has_lost = False
