"""Following: a job watched from the command line, and somebody there who works on it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from nautilus_data.core.job import Job
from nautilus_data.engine import Identity
from nautilus_data.errors import DashboardError
from nautilus_data.permissions import Permitted
from nautilus_data.settings import child_environment

# A worker that was killed is back within this time; one of our own needs longer to start.
_WORKER_S, _START_S, _LOOK_S = 5.0, 20.0, 0.3


def follow(workspace: Permitted, job_id: int, tell: Callable[[Job], object]) -> Job:
    """A job once it has ended."""
    asked_at, seen = time.monotonic(), None
    while not (job := workspace.store.job(job_id)).status.is_final:
        if workspace.overview.worker().alive:
            asked_at = time.monotonic()
        elif time.monotonic() - asked_at > _WORKER_S:
            raise DashboardError(
                f"job {job_id} waits, but no worker runs: start the server, or python -m nautilus_data worker"
            )
        if job != seen:
            tell(seen := job)
        time.sleep(_LOOK_S)
    return job


@contextmanager
def bar(console: Console, is_quiet: bool) -> Iterator[Callable[[Job], object]]:
    """A progress bar, and what to tell each change of a job."""
    if is_quiet:
        yield lambda job: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
               TextColumn("{task.fields[message]}"))  # fmt: skip
    with Progress(*columns, console=console, transient=True) as progress:
        line = progress.add_task("waiting", total=None, message="")

        def tell(job: Job) -> None:
            state = str(job.status).lower()
            progress.update(line, description=state, completed=job.done, total=job.total or None, message=job.message)

        yield tell


@contextmanager
def a_worker(workspace: Permitted) -> Iterator[None]:
    """Somebody who works while this lasts: the one that does already, or a child of ours."""
    if workspace.overview.worker().alive:
        yield
        return
    me, settings = Identity.of(), workspace.settings
    words = ["-m", "nautilus_data", "worker", "--backfills-only", "--supervisor", f"{me.pid}:{me.created}"]
    with (settings.nautilus_data_dir / "backfill.log").open("ab") as log:
        child = subprocess.Popen([sys.executable, *words], env=child_environment(settings), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + _START_S
        while not workspace.overview.worker().alive and time.monotonic() < deadline:
            if child.poll() is not None:
                raise DashboardError(f"the worker for this job did not start: see {log.name}")
            time.sleep(_LOOK_S)
        yield
    finally:
        child.terminate()
        child.wait(_START_S)
