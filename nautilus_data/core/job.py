"""Job: something the worker runs, with status and progress."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

# The kind of a backfill's row; services that count such rows need not know the backfill service.
BACKFILL = "backfill"


class Status(StrEnum):
    """QUEUED → RUNNING → SUCCEEDED | FAILED | CANCELLED; QUEUED → CANCELLED."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        return self in (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


class JobOrigin(NamedTuple):
    """The request or job that asked for a job, and the name of who did."""

    correlation: str
    actor: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """One row of the `jobs` table; times are UTC nanoseconds, 0 = not yet."""

    id: int
    kind: str
    title: str
    params: dict[str, Any] = field(default_factory=dict)
    status: Status = Status.QUEUED
    done: int = 0
    total: int = 0
    message: str = ""
    cancel_requested: bool = False
    ts_created: int = 0
    ts_started: int = 0
    ts_finished: int = 0
    ts_updated: int = 0

    @property
    def fraction(self) -> float | None:
        """Share done, or None while the total is not known."""
        if self.status is Status.SUCCEEDED:
            return 1.0
        return self.done / self.total if self.total else None
