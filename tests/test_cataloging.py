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
from typer.testing import CliRunner

from nautilus_data import open_workspace
from nautilus_data.catalog_commands import catalog
from nautilus_data.core.job import Status
from nautilus_data.settings import Settings
from nautilus_data.workspace import Workspace
from tests.conftest import wait_until
from tests.processes import command, is_running, worker
from tests.services.catalogs import NAME, SERIES, content, keep, run

# Three files.
ROWS = 600_000


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
        (child,) = wait_until(lambda: children(process.pid), 60, "the child")
        wait_until(lambda: list(path.glob("nautilus-dashboard/bar/*.json")), 60, "the first file")
        child.send_signal(signal.SIGKILL)
        wait_until(lambda: ended(workspace, first), 10, "the job")
        assert "it goes on where it was" in workspace.store.job(first).message
        again = workspace.catalog.again(first)
        (child,) = wait_until(lambda: children(process.pid), 30, "the second child")
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not is_running(child.pid), 10, "the child to leave with its worker")
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
    bars, _ = json.loads(command("catalog", "show", "mine", "--json", settings=settings).stdout)
    assert (bars["identifier"], bars["rows"], bars["state"]) == (NAME, 300, "up to date")
    assert bars["start"].startswith("2024-03-04T14:30")
    done = command("catalog", "import", "mine", "--json", settings=settings)
    assert json.loads(done.stdout)["message"] == "300 bars in 1 file, 300 new or changed; 1 instrument added"
    done = command("catalog", "import", str(settings.nautilus_data_dir), settings=settings)
    assert (done.returncode, "no NautilusTrader catalog" in done.stderr) == (1, True)


def test_catalogs_and_intervals_are_listed_as_text_and_as_json(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(workspace.store)
    run(workspace.store, workspace.catalog.export([SERIES], to="mine"))
    monkeypatch.setenv("NAUTILUS_DATA_DIR", str(settings.nautilus_data_dir))
    monkeypatch.setenv("DEMO", "off")

    def said(*words: str) -> str:
        done = CliRunner().invoke(catalog, ["show", *words])
        assert done.exit_code == 0, done.exception
        return done.stdout

    (row,) = json.loads(said("--json"))
    assert (row["name"], row["types"], row["files"]) == ("mine", "bar, equity", 4)
    spans = json.loads(said("mine", "--intervals", "--json"))
    assert [one["start"][:16] for one in spans[:1]] == ["2024-03-04T14:30"]
    assert "up to date" in said("mine")
    assert "mine" in said()
