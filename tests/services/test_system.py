"""What runs here is told as it is, and what can't be read says so."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from nautilus_data import open_workspace
from nautilus_data.core.acting import acting
from nautilus_data.core.correlation import correlated
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.services.system import COMPONENT
from nautilus_data.workspace import Workspace


@pytest.fixture
def workspace(settings) -> Iterator[Workspace]:
    opened = open_workspace(settings)
    yield opened
    opened.close()


def component(workspace: Workspace, name: str) -> dict:
    rows = workspace.system.components()
    assert list(rows.columns) == list(COMPONENT)
    return rows.set_index("name").loc[name].to_dict()


def test_server_store_and_sources_are_there_without_a_worker(workspace: Workspace) -> None:
    server, store = component(workspace, "server"), component(workspace, "store")
    assert server["state"] == "running" and str(os.getpid()) in server["note"]
    assert 0 < server["ts_started"] <= time.time_ns()
    assert (store["state"], store["health"]) == ("open", "ok") and store["version"].startswith("sqlite 3")
    assert component(workspace, "worker")["health"] == "bad"
    assert component(workspace, "engine")["state"] == "stopped"
    assert set(workspace.sources) <= set(workspace.system.components()["name"])


def test_the_worker_is_told_by_its_lease(workspace: Workspace) -> None:
    started = time.time() - 60
    workspace.store.acquire_lease("worker", f"elsewhere:4711:{started}", 60)
    found = component(workspace, "worker")
    assert (found["state"], found["health"], found["note"]) == ("running", "ok", "process 4711 on elsewhere")
    assert abs(found["ts_started"] - started * NS_PER_S) < NS_PER_S


def test_a_source_that_is_switched_off_is_no_trouble(workspace: Workspace) -> None:
    workspace.desk.disable("yahoo")
    assert (component(workspace, "yahoo")["state"], component(workspace, "yahoo")["health"]) == ("switched off", "off")


def test_versions_name_python_and_what_is_not_installed(workspace: Workspace) -> None:
    found = workspace.system.versions().set_index("name")
    assert found.loc["python", "version"].startswith("3.")
    assert found.loc["pandas", "version"]
    assert (found["version"].ne("") | found["note"].eq("not installed")).all()


def test_the_place_counts_what_lies_in_the_data_folder(workspace: Workspace, settings) -> None:
    (settings.nautilus_data_dir / "big").write_bytes(bytes(3_000_000))
    found = workspace.system.place()
    assert 3_000_000 <= found.size_bytes < 50_000_000
    assert 0 < found.free_bytes < found.total_bytes and found.pid == os.getpid()


def test_settings_are_rows_without_secrets(workspace: Workspace) -> None:
    found = workspace.system.settings().set_index("name")
    assert (found.loc["DEMO", "value"], found.loc["DEMO", "origin"]) == ("off", "given at the start")
    assert set(found[found["is_secret"]]["value"]) <= {"set", "not set"}


def test_jobs_name_who_asked_and_are_found_by_their_request(workspace: Workspace) -> None:
    ann = Identity("ann", Role.OPERATOR, Door.SESSION, "s1")
    with correlated("a-request"), acting(ann):
        mine = workspace.store.add_job("engine.start", "Start")
    other = workspace.store.add_job("engine.stop", "Stop")
    every = workspace.system.jobs().set_index("id")
    assert list(every.index) == [other, mine]
    assert (every.loc[mine, "actor"], every.loc[mine, "correlation"]) == ("ann", "a-request")
    assert every.loc[other, "actor"] == ""
    assert workspace.system.jobs(correlation="a-request")["id"].tolist() == [mine]
    assert workspace.system.jobs(correlation=f"job-{other}")["id"].tolist() == [other]
    assert workspace.system.jobs(correlation="job-999").empty and workspace.system.jobs(correlation="job-x").empty
    assert workspace.system.origins([mine])[mine].actor == "ann"
