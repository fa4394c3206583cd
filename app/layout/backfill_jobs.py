"""Jobs on page `backfill`: the form, what runs with its pace, what ended, and the requests of the one looked at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import panel as pn

from app.layout.commands import Commands
from app.layout.live_table import LiveTable
from app.layout.paged_table import BUILD_S, PagedTable
from app.layout.permission import may
from app.layout.planning import Planning
from app.layout.reading import Reading, Trouble
from app.layout.rest_link import heading
from app.layout.status import Board
from app.views import backfill as views
from app.views import backfill_tables as tables
from app.views.paging import page as one_page
from nautilus_data.core.job import Job, JobOrigin
from nautilus_data.core.plan import State
from nautilus_data.core.timerange import NS_PER_S

_LIMIT = 200
_JOBS_S, _JOB_S = 0.5, 1.0
_PACE_NS = 60 * NS_PER_S
_SORTS = {
    "Order": ("ordinal", False), "State": ("state", True), "Attempts": ("attempts", True),
    "Newest answer": ("ts_answered", True), "Rows": ("rows", True),
}  # fmt: skip


class Rates:
    """Requests a minute of each job, over the last minute it was looked at."""

    def __init__(self) -> None:
        self._seen: dict[int, deque[tuple[int, int]]] = {}

    def take(self, jobs: Iterable[Job], now: int) -> dict[int, float]:
        jobs = list(jobs)
        self._seen = {job.id: self._seen.get(job.id, deque([(now, job.done)])) for job in jobs}
        return {job.id: rate for job in jobs if (rate := self._rate(job, now))}

    def _rate(self, job: Job, now: int) -> float:
        seen = self._seen[job.id]
        if seen[-1][1] != job.done:
            seen.append((now, job.done))
        while len(seen) > 1 and now - seen[1][0] > _PACE_NS:
            seen.popleft()
        since, before = seen[0]
        return (job.done - before) / (now - since) * 60 * NS_PER_S if now > since else 0.0


class Jobs:
    """The page writes a job, the worker runs it: closing the page changes nothing."""

    def __init__(self, page: Any) -> None:
        self._page, self._backfill, self._rates = page, page.workspace.backfill, Rates()
        self.planning = Planning(page, self._started)
        self.reading = Reading(self._read, _JOBS_S)
        self.running = Board(on_action=self.stop if may(page.workspace, "backfill.cancel") else None)
        self.table = LiveTable(
            tables.JOBS, ["id"], "No backfill was asked for yet: plan one above.", rest="backfill.jobs",
            page_size=10, build_s=BUILD_S, on_click=self.choose,
        )  # fmt: skip
        self.detail = Detail(page, self)
        self._trouble = Trouble(
            "Jobs", self.reading, self.running, heading("All jobs: a click shows requests", "backfill.jobs"),
            self.table.layout, self.detail.layout,
        )  # fmt: skip
        self.layout = pn.Column(self.planning.layout, self._trouble.layout, sizing_mode="stretch_width", margin=0)

    @property
    def jobs(self) -> list[Job]:
        return self.reading.answer[0] if self.reading.answer else []

    def open(self) -> None:
        self.planning.open()
        self.table.settle()
        self.detail.open()
        self.reading.now(self._show)

    def live(self) -> None:
        self.planning.live()
        self.reading.live()
        self._show()
        self.detail.live()

    def stop(self, key: str) -> None:
        self._page.do("Stop", lambda: self._backfill.cancel(int(key)), lambda _: self.refresh())

    def choose(self, job_id: int) -> None:
        """Show the requests of a job."""
        self._page.job = int(job_id)
        self.detail.open()

    def refresh(self) -> None:
        self.reading.now(self._show)

    def _read(self) -> tuple[list[Job], str, dict[int, JobOrigin]]:
        """Jobs, why nobody works on them, where that is so, and who asked for them."""
        jobs, workspace = self._backfill.jobs(_LIMIT), self._page.workspace
        origins = workspace.system.origins(job.id for job in jobs)
        if all(job.status.is_final for job in jobs):
            return jobs, "", origins
        worker = workspace.overview.worker()
        return jobs, "" if worker.alive else worker.note, origins

    def _started(self, job_id: int) -> None:
        self.choose(job_id)
        self.refresh()

    def _show(self) -> None:
        jobs, page = self.jobs, self._page
        active = [job for job in jobs if not job.status.is_final]
        nobody = self.reading.answer[1] if self.reading.answer else ""
        rates = self._rates.take(active, page.now)
        self.running.show([views.running(active, rates, page.now, page.zone, nobody)])
        if self.reading.answer is not None:
            self.table.show(views.jobs_frame(jobs, self.reading.answer[2]), page.context())
            self.table.select(page.job)
        self._trouble.show()


class Detail:
    """The job looked at: each request with its attempts and error, and what can be done about it."""

    def __init__(self, page: Any, jobs: Jobs) -> None:
        self._page, self._jobs, self._backfill = page, jobs, page.workspace.backfill
        self._ordinal: int | None = None
        self._told: tuple[Any, ...] = ()
        self.reading = Reading(self._read, _JOB_S)
        self.board = Board()
        self.commands = Commands(self._press, page.workspace, _NEEDS, sizing_mode="stretch_width", margin=(8, 0))
        self.requests = PagedTable(
            tables.REQUESTS, "ordinal", "No request by this filter.", self._ask, _SORTS,
            rest="backfill.requests", label="Filter: failed, refused, words of an error", on_click=self.choose,
        )  # fmt: skip
        self._trouble = Trouble("The job", self.reading, self.board, self.commands, self.requests.layout)
        self.layout = pn.Column(sizing_mode="stretch_width", margin=(12, 0, 0, 0))

    @property
    def job(self) -> Job | None:
        return self.reading.answer[0] if self.reading.answer else None

    def open(self) -> None:
        """Another job is looked at, or the view came back."""
        self._ordinal = None
        self.layout[:] = [self._trouble.layout] if self._page.job else []
        if self._page.job:
            self.reading.now(self._first)

    def live(self) -> None:
        if not self._page.job:
            return
        # What has ended stays as it is until a person has it asked again.
        if self.job is None or self.job.id != self._page.job or not self.job.status.is_final:
            self.reading.live()
        self._show()
        self.requests.show()

    def choose(self, row: dict[str, Any]) -> None:
        self._ordinal = int(row["ordinal"])
        self._show()

    def _first(self) -> None:
        self._told = ()
        self.requests.open(self._page.context())
        self._show()

    def _read(self) -> tuple[Job, list[Any], str]:
        wanted = self._page.job
        found = next((job for job in self._backfill.jobs(1_000) if job.id == wanted), None)
        if found is None:
            raise LookupError(f"there is no backfill {wanted}")
        plan = self._backfill.plan_of(wanted)
        return (found, list(plan.entries), plan.note) if plan else (found, [], "")

    def _show(self) -> None:
        self._trouble.show()
        if self.reading.answer is None:
            return
        found, requests, note = self.reading.answer
        self.board.show([views.job(found, requests, note, self._page.zone)])
        self._offer(found, requests)
        told = (found.id, found.status, found.done, found.ts_updated)
        if told != self._told:
            self._told = told
            self.requests.reading.now(self.requests.show)

    def _offer(self, found: Job, requests: list[Any]) -> None:
        """Name each button by what it would do now."""
        failed = [one for one in requests if one.state in views.TO_RETRY]
        left = [one for one in requests if one.state in (State.NOT_ASKED, State.FAILED)]
        chosen = next((one for one in failed if one.ordinal == self._ordinal), None)
        has_ended = found.status.is_final
        this = f"Retry request {chosen.ordinal}" if chosen else "Retry this one: choose a failed row"
        self.commands.show(
            [
                ("one", this, "", has_ended and chosen is not None),
                ("all", f"Retry all failed: {len(failed):,}", "", has_ended and bool(failed)),
                ("resume", f"Go on: {len(left):,} left", "", has_ended and bool(left)),
                ("stop", "Stop", "bad", not has_ended and not found.cancel_requested),
                ("close", "Close", "", True),
            ]
        )

    def _press(self, command: str) -> None:
        job_id, ordinal = self._page.job, self._ordinal
        if command == "close":
            self._page.job = 0
            self.open()
            return
        ask = {
            "one": lambda: self._backfill.retry(job_id, ordinal), "all": lambda: self._backfill.retry(job_id),
            "resume": lambda: self._backfill.resume(job_id), "stop": lambda: self._backfill.cancel(job_id),
        }[command]  # fmt: skip
        self._page.do(_TITLES[command], ask, lambda _: self._again())

    def _again(self) -> None:
        self._jobs.refresh()
        self.reading.now(self._first)

    def _ask(self, **asked: Any) -> Any:
        answer = self.reading.answer
        return one_page(views.requests_frame(answer[1] if answer else ()), **asked)


_NEEDS = {"one": "backfill.retry", "all": "backfill.retry", "resume": "backfill.resume", "stop": "backfill.cancel"}
_TITLES = {"one": "Retry", "all": "Retry all failed", "resume": "Go on", "stop": "Stop"}
