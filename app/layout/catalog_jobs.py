"""Jobs on page `catalog`: exports and imports that wait, run and ended; the worker runs them."""

from __future__ import annotations

from typing import Any

import panel as pn

from app.layout.commands import Commands
from app.layout.live_table import LiveTable
from app.layout.paged_table import BUILD_S
from app.layout.permission import may
from app.layout.reading import Reading, Trouble
from app.layout.rest_link import heading
from app.layout.status import Board
from app.views import catalog as views
from nautilus_data.core.job import Job

_LIMIT = 200
_JOBS_S = 0.5


class CatalogJobs:
    """Closing the page changes nothing."""

    def __init__(self, page: Any) -> None:
        self._page, self._service = page, page.workspace.catalog
        self.reading = Reading(self._read, _JOBS_S)
        self.running = Board(on_action=self.stop if may(page.workspace, "catalog.cancel") else None)
        self.board = Board()
        needs = {"again": "catalog.again", "stop": "catalog.cancel"}
        self.commands = Commands(self._press, page.workspace, needs, sizing_mode="stretch_width", margin=(8, 0))
        self.table = LiveTable(
            views.JOBS, ["id"], "Nothing was exported or imported yet.", rest="catalog.jobs", page_size=10,
            build_s=BUILD_S, on_click=self.choose,
        )  # fmt: skip
        self._chosen = pn.Column(sizing_mode="stretch_width", margin=0)
        self._trouble = Trouble(
            "Jobs", self.reading, self.running, self._chosen,
            heading("All of them: a click shows what one said", "catalog.jobs"), self.table.layout,
        )  # fmt: skip
        self.layout = self._trouble.layout

    @property
    def jobs(self) -> list[Job]:
        return self.reading.answer[0] if self.reading.answer else []

    def open(self) -> None:
        self.table.settle()
        self.reading.now(self._show)

    def live(self) -> None:
        self.reading.live()
        self._show()

    def choose(self, job_id: int) -> None:
        self._page.job = int(job_id)
        self._show()

    def stop(self, key: str) -> None:
        self._page.do("Stop", lambda: self._service.cancel(int(key)), lambda _: self.open())

    def _read(self) -> tuple[list[Job], str]:
        """Jobs, and why nobody works on them, where that is so."""
        jobs = self._service.jobs(_LIMIT)
        if all(job.status.is_final for job in jobs):
            return jobs, ""
        worker = self._page.workspace.overview.worker()
        return jobs, "" if worker.alive else worker.note

    def _show(self) -> None:
        self._trouble.show()
        if self.reading.answer is None:
            return
        jobs, nobody = self.reading.answer
        active = [job for job in jobs if not job.status.is_final]
        self.running.show([views.running(active, self._page.now, nobody)])
        self.table.show(views.jobs_frame(jobs), self._page.context())
        self.table.select(self._page.job)
        self._show_chosen(next((job for job in jobs if job.id == self._page.job), None))

    def _show_chosen(self, job: Job | None) -> None:
        if job is not None:
            self.board.show([views.chosen(job, self._page.zone)])
            has_ended = job.status.is_final
            self.commands.show(
                [("again", "Once more: what is there stays", "", has_ended), ("stop", "Stop", "bad", not has_ended),
                 ("close", "Close", "", True)]
            )  # fmt: skip
        shown = [self.board, self.commands] if job else []
        if self._chosen.objects != shown:
            self._chosen[:] = shown

    def _press(self, command: str) -> None:
        job_id = self._page.job
        if command == "again":
            self._page.do("Once more", lambda: self._service.again(job_id), self._page.show_job)
        elif command == "stop":
            self.stop(str(job_id))
        else:
            self._page.job = 0
            self._show()
