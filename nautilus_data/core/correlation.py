"""Correlation: one id from a request or a job to its log lines, its audit entry and its rows."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Of what runs now; empty between requests and jobs.
CORRELATION: ContextVar[str] = ContextVar("correlation", default="")
# Of the job that runs now; 0 outside of one.
JOB: ContextVar[int] = ContextVar("job", default=0)


def new_id() -> str:
    """Sixteen hexadecimal digits, no secret."""
    return secrets.token_hex(8)


@contextmanager
def correlated(correlation: str) -> Iterator[str]:
    """What is logged, recorded and queued inside bears this id."""
    before = CORRELATION.set(correlation)
    try:
        yield correlation
    finally:
        CORRELATION.reset(before)


@contextmanager
def at_job(job_id: int, origin: str) -> Iterator[None]:
    """What is logged inside bears the job, and the id it was queued with; one that nobody asked for, `job-ID`."""
    before = JOB.set(job_id)
    try:
        with correlated(origin or f"job-{job_id}"):
            yield
    finally:
        JOB.reset(before)
