"""Backfill: plan history and see the cost first, follow the jobs, see what is stored and why the rest is not."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import param

from app.layout.backfill_coverage import Coverage
from app.layout.backfill_jobs import Jobs
from app.layout.backfill_lists import BadRows, Instruments, Schedules
from app.layout.tabbed_page import TabbedPage

_VIEWS = MappingProxyType(
    {"jobs": "Jobs", "coverage": "Coverage", "schedules": "Schedules", "instruments": "Instruments",
     "refused": "Refused rows"}
)  # fmt: skip


class Backfill(TabbedPage):
    """The page writes a job; the worker runs it; closing the page changes nothing."""

    title = "Backfill"
    views = _VIEWS
    in_url = ("view", "job")

    view = param.Selector(default="jobs", objects=list(_VIEWS), doc="what is shown; in the URL")
    job = param.Integer(default=0, bounds=(0, None), doc="the job whose requests are shown; in the URL")

    def make_parts(self) -> dict[str, Any]:
        return {
            "jobs": Jobs(self), "coverage": Coverage(self), "schedules": Schedules(self),
            "instruments": Instruments(self), "refused": BadRows(self),
        }  # fmt: skip

    def counts(self) -> dict[str, tuple[str, str]]:
        active = sum(not job.status.is_final for job in self.parts["jobs"].jobs)
        return {"jobs": (str(active), "")} if active else {}

    def show_job(self, job_id: int) -> None:
        """The requests of a job, from wherever it is named."""
        self.view = "jobs"
        self.parts["jobs"].choose(job_id)

    def plan_span(self, series: Any, span: Any, mode: Any) -> None:
        """Plan exactly a span of a series."""
        self.view = "jobs"
        self.parts["jobs"].planning.plan_span(series, span, mode)


Backfill.serve()
