"""Work: a job while it is carried out, so that its log lines bear the id of the request that asked for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from nautilus_data.core.correlation import at_job
from nautilus_data.core.job import Job
from nautilus_data.errors import DashboardError
from nautilus_data.store.store import Store

_LOG = logging.getLogger(__name__)


@contextmanager
def work_on(store: Store, job: Job) -> Iterator[None]:
    """Between the line that a job begins and the one how it stands after."""
    with at_job(job.id, _origin(store, job)):
        _LOG.info("job begins job=%s kind=%s title=%s", job.id, job.kind, job.title)
        began = time.monotonic()
        yield
        _LOG.info("job left job=%s status=%s took_s=%.3f", job.id, _status(store, job), time.monotonic() - began)


def _origin(store: Store, job: Job) -> str:
    """A job is carried out even when nobody can say who asked for it."""
    try:
        return store.job_origin(job.id).correlation
    except DashboardError:
        return ""


def _status(store: Store, job: Job) -> str:
    try:
        return str(store.job(job.id).status)
    except DashboardError:
        return "not known, the store is away"
