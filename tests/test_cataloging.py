"""Exports by a real worker's child: memory of its own, kill -9 of either of them, and the command line."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

pytest.importorskip("nautilus_trader")
from nautilus_trader.persistence.catalog.parquet import ParquetDataCatalog

from nautilus_data import open_workspace
from nautilus_data.core.job import Status
from nautilus_data.settings import Settings
from nautilus_data.workspace import Workspace
from tests.conftest import wait_until
from tests.processes import command, worker
from tests.services.catalogs import NAME, SERIES, content, keep

# More than one file's.
ROWS = 260_000


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    opened = open_workspace(settings)
    yield opened
    opened.close()


def children(pid: int) -> list[psutil.Process]:
    """Those of a worker that carry out a catalog job."""
    found = psutil.Process(pid).children()
    return [one for one in found if "nautilus_data.cataloging" in " ".join(one.cmdline())]


def ended(workspace: Workspace, job_id: int) -> Status | None:
    job = workspace.store.job(job_id)
    return job.status if job.status.is_final else None


@pytest.mark.timeout(180)
def test_kill_minus_nine_of_child_or_worker_leaves_a_catalog_that_the_next_one_makes_whole(
    workspace: Workspace, settings: Settings
) -> None:
    keep(workspace.store, ROWS)
    path: Path = workspace.catalog.path_of("killed")
    first = workspace.catalog.export([SERIES], to="killed")
    with worker(settings, "--backfills-only") as process:
        wait_until(lambda: list(path.glob("data/bar/*/*")), 60, "the first file")
        (child,) = children(process.pid)
        child.send_signal(signal.SIGKILL)
        wait_until(lambda: ended(workspace, first), 10, "the job")
        assert "it goes on where it was" in workspace.store.job(first).message
        again = workspace.catalog.again(first)
        wait_until(lambda: children(process.pid), 30, "the second child")
        (child,) = children(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([child], timeout=5)
        assert not child.is_running()
    with worker(settings, "--backfills-only"):
        assert wait_until(lambda: ended(workspace, again), 60, "the job") is Status.SUCCEEDED
        whole = workspace.catalog.export([SERIES], to="whole")
        assert wait_until(lambda: ended(workspace, whole), 60, "the job") is Status.SUCCEEDED
    assert content(path) == content(workspace.catalog.path_of("whole"))
    assert len(ParquetDataCatalog(str(path)).bars([NAME])) == ROWS


@pytest.mark.timeout(120)
def test_the_command_line_exports_shows_and_imports(workspace: Workspace, settings: Settings) -> None:
    keep(workspace.store)
    done = command("catalog", "export", "AAPL.NASDAQ", "--to", "mine", settings=settings)
    assert (done.returncode, "300 bars written in 1 file" in done.stdout) == (0, True), done.stderr
    (row,) = json.loads(command("catalog", "show", "--json", settings=settings).stdout)
    assert (row["name"], row["types"]) == ("mine", "bar, equity")
    bars, _ = json.loads(command("catalog", "show", "mine", "--json", settings=settings).stdout)
    assert (bars["identifier"], bars["rows"], bars["state"]) == (NAME, 300, "up to date")
    spans = json.loads(command("catalog", "show", "mine", "--intervals", "--json", settings=settings).stdout)
    assert spans[0]["start"].startswith("2024-03-04T14:30")
    done = command("catalog", "import", "mine", "--json", settings=settings)
    assert json.loads(done.stdout)["message"] == "300 bars in 1 file, 300 new or changed; 1 instrument added"
    done = command("catalog", "import", str(settings.nautilus_data_dir), settings=settings)
    assert (done.returncode, "no NautilusTrader catalog" in done.stderr) == (1, True)
