"""Cataloging: the worker's part that runs exports and imports of catalogs, each in a child of its own.

`python -m nautilus_data.cataloging JOB PID:CREATED` is that child: NautilusTrader takes memory for as long as a process
lives, and a fault in its native code ends one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
import time

from nautilus_data.core.job import Job, Status
from nautilus_data.engine import Identity
from nautilus_data.logs import set_up_logs
from nautilus_data.services.catalog import KINDS, run_job
from nautilus_data.settings import Settings, child_environment, load_settings
from nautilus_data.store import Store
from nautilus_data.workspace import open_workspace

_LOG = logging.getLogger(__name__)
_STOP_S, _LOOK_S = 5.0, 0.5


class Cataloging:
    """One job at a time: two that write into one catalog would be in each other's way."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._job: Job | None = None
        self._child: subprocess.Popen[bytes] | None = None

    async def tick(self) -> None:
        """Start what is queued, see to what has ended; the worker calls this often."""
        await asyncio.to_thread(self._look)

    async def stop(self) -> None:
        """Let go of what runs; the next worker goes on with it."""
        if self._child is not None:
            await asyncio.to_thread(self._end)

    def _look(self) -> None:
        if self._child is not None:
            if self._child.poll() is None:
                return
            self._see_to_end(self._job, self._child.returncode)
            self._job = self._child = None
        job = self._store.claim_job(KINDS)
        if job is not None:
            self._job, self._child = job, self._spawn(job)

    def _spawn(self, job: Job) -> subprocess.Popen[bytes]:
        me = Identity.of()
        words = [sys.executable, "-m", "nautilus_data.cataloging", str(job.id), f"{me.pid}:{me.created}"]
        return subprocess.Popen(words, env=child_environment(self._settings), stdin=subprocess.DEVNULL)

    def _see_to_end(self, job: Job, code: int) -> None:
        """A child that could not write its last word is spoken for."""
        if not self._store.job(job.id).status.is_final:
            _LOG.error("a catalog job ended without a word job=%s code=%s", job.id, code)
            message = f"the process that worked on it ended (code {code}): start it again, it goes on where it was"
            self._store.update_job(job.id, status=Status.FAILED, message=message)

    def _end(self) -> None:
        # Killed at any moment it leaves nothing half done.
        self._child.terminate()
        try:
            self._child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def main(job_id: str, owner: str) -> int:
    """Carry out one job, for as long as the worker that claimed it lives."""
    settings = load_settings()
    set_up_logs(settings, "worker")
    pid, _, created = owner.partition(":")
    threading.Thread(target=_leave_with, args=(Identity(int(pid), float(created)),), daemon=True).start()
    workspace = open_workspace(settings)
    try:
        run_job(workspace.store, workspace.sources, workspace.store.job(int(job_id)))
    finally:
        workspace.close()
    return 0


def _leave_with(owner: Identity) -> None:
    while owner.is_alive:
        time.sleep(_LOOK_S)
    # The next worker claims the job: two at once must not write.
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
