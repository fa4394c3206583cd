"""Jobs: one export or import run to its end, its row kept true."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from nautilus_data.core.job import Job, Status
from nautilus_data.errors import DashboardError
from nautilus_data.services.catalog.definitions import Definitions
from nautilus_data.services.catalog.exporting import Exporting
from nautilus_data.services.catalog.importing import Importing
from nautilus_data.services.catalog.line import FILE_ROWS
from nautilus_data.services.catalog.order import EXPORT, IMPORT, Cancelled, ExportOrder, ImportOrder
from nautilus_data.sources import Source
from nautilus_data.store import Store, work_on

_LOG = logging.getLogger(__name__)
KINDS = (EXPORT, IMPORT)
_TELL_S = 0.3


def run_job(store: Store, sources: Mapping[str, Source], job: Job, file_rows: int = FILE_ROWS) -> None:
    """Carry out a job; needs nautilus_trader, so it is called in a process of its own."""
    with work_on(store, job):
        _run(store, sources, job, file_rows)


def _run(store: Store, sources: Mapping[str, Source], job: Job, file_rows: int) -> None:
    try:
        message, status = _carry_out(store, sources, job, file_rows), Status.SUCCEEDED
    except Cancelled as stopped:
        message, status = str(stopped), Status.CANCELLED
    except OSError as error:
        reason = error.strerror or error
        message = f"a file can't be written or read: {reason}; see to it and start again, it goes on where it was"
        status = Status.FAILED
        _LOG.warning("catalog job failed job=%s reason=%r", job.id, error)
    except (DashboardError, ValueError) as error:
        message, status = str(error), Status.FAILED
        _LOG.warning("catalog job failed job=%s reason=%s", job.id, error)
    except Exception as error:
        # The job's own boundary: what was not foreseen is told on the page, too.
        message, status = f"unexpected: {error!r}; see the worker's log", Status.FAILED
        _LOG.exception("catalog job failed job=%s", job.id)
    store.update_job(job.id, status=status, message=message)


def _carry_out(store: Store, sources: Mapping[str, Source], job: Job, file_rows: int) -> str:
    progress = _Progress(store, job.id)
    if job.kind == EXPORT:
        order, definitions = ExportOrder.of(job.params), Definitions(store, sources)
        return Exporting(store, definitions, order, progress.tell, progress.is_cancelled, file_rows).run()

    def remember(key: str) -> None:
        store.update_job(job.id, params={**job.params, "after": key})

    order = ImportOrder.of(job.params)
    return Importing(store, order, progress.tell, progress.is_cancelled, remember).run()


class _Progress:
    """Told a few times a second at most; whether to stop is asked as often."""

    def __init__(self, store: Store, job_id: int) -> None:
        self._store, self._job_id = store, job_id
        self._told_at = float("-inf")
        self._is_cancelled = False

    def tell(self, done: int, total: int, message: str) -> None:
        now = time.monotonic()
        if done == total or now - self._told_at >= _TELL_S:
            self._told_at = now
            job = self._store.update_job(self._job_id, done=done, total=total, message=message)
            self._is_cancelled = job.cancel_requested

    def is_cancelled(self) -> bool:
        return self._is_cancelled
