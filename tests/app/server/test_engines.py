"""REST of the demo's node."""

from __future__ import annotations

import panel as pn
import pytest

from nautilus_data.services.engine import EngineStatus
from tests import rest
from tests.app.conftest import NOW

ROOT = "/api/v1/engine"


@pytest.fixture
def asked(stand_in):
    """A client of a stand-in."""
    pn.state.cache["workspace"] = stand_in
    yield rest.client()
    del pn.state.cache["workspace"]


def test_every_engine_command_answers_202_with_a_job(asked, stand_in) -> None:
    bodies = {"start": {"start": "2005-01-03", "warmup": 10, "pace": 5}, "pace": {"pace": 2}}
    for name in ("start", "pause", "resume", "pace", "stop"):
        assert asked.post(f"{ROOT}/{name}", json=bodies.get(name, {})).status_code == 202
    assert [asked[0] for asked in stand_in.engine.asked] == ["start", "pause", "resume", "pace", "stop"]
    assert stand_in.engine.asked[0][1] == {"start": "2005-01-03", "warmup": 10, "pace": 5.0}
    assert {act for _, act, _, _ in stand_in.audit.entries} == {
        "engine.start", "engine.pause", "engine.resume", "engine.set_pace", "engine.stop",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("command", "body", "word"),
    [("pace", {"pace": 0}, "pace"), ("start", {"start": "someday"}, "start"), ("start", {"warmup": -1}, "warmup")],
)
def test_what_is_out_of_bounds_is_named(asked, stand_in, command: str, body: dict, word: str) -> None:
    answer = asked.post(f"{ROOT}/{command}", json=body)
    assert answer.status_code == 422 and word in answer.json()["detail"]
    assert stand_in.engine.asked == []


def test_the_run_is_told_at_both_addresses(asked, stand_in) -> None:
    stand_in.engine.run = EngineStatus(status="RUNNING", run_id="r", pid=7, replayed_to=NOW, ts_started=NOW)
    found = asked.get(f"{ROOT}/status").json()
    assert (found["status"], found["pid"], found["replayed_to"]) == ("RUNNING", 7, "2026-11-18T11:06:40.000+00:00")
    assert asked.get(ROOT).json() == found


@pytest.mark.parametrize(
    ("state", "error", "status"),
    [("RUNNING", "", "healthy"), ("STOPPED", "", "stopped"), ("FAILED", "it died", "unhealthy")],
)
def test_health_tells_the_stopped_from_the_broken(asked, stand_in, state: str, error: str, status: str) -> None:
    stand_in.engine.run = EngineStatus(status=state, error=error)
    found = asked.get(f"{ROOT}/health").json()
    assert (found["status"], found["state"], found["reason"]) == (status, state, error)
    stand_in.engine.is_available, stand_in.engine.reason = False, "pip install it"
    assert asked.get(f"{ROOT}/health").json()["status"] == "unavailable"


def test_the_log_comes_as_lines(asked, stand_in) -> None:
    stand_in.engine.run = EngineStatus(log_tail="one\ntwo\nthree\n")
    assert asked.get(f"{ROOT}/logs").json() == [
        {"line": 1, "text": "one"}, {"line": 2, "text": "two"}, {"line": 3, "text": "three"},
    ]  # fmt: skip


def test_runs_are_told_newest_first(client, workspace) -> None:
    assert client.get(f"{ROOT}/runs").json() == []
    for number in (1, 2):
        workspace.store.save_engine_run(f"run-{number}", status="STOPPED", ts_started=NOW + number, pid=number)
    rows = client.get(f"{ROOT}/runs").json()
    assert [row["run_id"] for row in rows] == ["run-2", "run-1"]
    assert rows[0]["ts_started"] == "2026-11-18T11:06:40.000000002Z" and rows[0]["ts_stopped"] is None
