"""REST of how it stands."""

from __future__ import annotations

import panel as pn
import pytest

from nautilus_data.core.acting import acting
from nautilus_data.core.correlation import correlated
from nautilus_data.core.identity import LOCAL
from tests import rest


@pytest.fixture
def asked(stand_in):
    """A client of a stand-in."""
    pn.state.cache["workspace"] = stand_in
    yield rest.client()
    del pn.state.cache["workspace"]


def test_health_says_status_environment_and_debug(asked) -> None:
    assert asked.get("/health").json() == {"status": "ok", "environment": "development", "debug": False}


def test_a_store_that_can_not_be_read_is_told(asked, stand_in) -> None:
    stand_in.overview.is_broken = True
    assert asked.get("/health").json()["status"] == "degraded"


def test_messagebus_status_has_the_six_fields_and_iso_times(asked) -> None:
    assert asked.get("/api/v1/messagebus/status").json() == {
        "connection_state": "connected",
        "connected_at": "2026-11-18T11:06:30.000+00:00",
        "last_message_at": "2026-11-18T11:06:39.000+00:00",
        "reconnect_attempts": 0,
        "error_message": None,
        "messages_received": 7,
    }


def test_a_time_not_known_is_null(asked, stand_in) -> None:
    stand_in.bus.told |= {"state": "reconnecting", "connected_at": 0, "last_message_at": 0, "error_message": "refused"}
    found = asked.get("/api/v1/messagebus/status").json()
    assert found["connected_at"] is None and found["last_message_at"] is None
    assert found["error_message"] == "refused"


def test_status_tells_what_the_overview_shows(asked) -> None:
    found = asked.get("/api/v1/status").json()
    assert set(found) == {"is_demo", "bus", "store", "worker", "sources", "nodes", "jobs"}
    assert found["worker"]["heartbeat_at"].startswith("2026-11-18T")


def test_status_of_a_workspace_that_reads_no_bus(client) -> None:
    found = client.get("/api/v1/status").json()
    assert found["bus"]["state"] == "disconnected" and found["store"]["ok"] and not found["worker"]["alive"]
    assert {one["name"] for one in found["sources"]} >= {"sample", "yahoo", "fred"}


def test_the_readers_are_asked_to_start_over(asked, stand_in) -> None:
    assert asked.post("/api/v1/messagebus/reconnect").status_code == 202
    assert stand_in.bus.done == [("reconnect",)]


def test_jobs_are_told_newest_first_with_who_asked_a_page_at_a_time(client, workspace) -> None:
    with correlated("r-1"), acting(LOCAL, ""):
        first = workspace.store.add_job("engine.stop", "Stop the node", {})
    for number in range(4):
        workspace.store.add_job("engine.pause", f"Pause {number}", {})
    answer = client.get("/api/v1/jobs", params={"limit": 3})
    rows = answer.json() + client.get(answer.links["next"]["url"]).json()
    assert [row["id"] for row in rows] == [first + 4, first + 3, first + 2, first + 1, first]
    (mine,) = client.get("/api/v1/jobs", params={"correlation": "r-1"}).json()
    assert (mine["id"], mine["actor"], mine["correlation"], mine["status"]) == (first, "local", "r-1", "QUEUED")
    assert mine["ts_created"].endswith("Z") and mine["ts_finished"] is None
