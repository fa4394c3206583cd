"""REST over the services."""

import panel as pn
import pytest

from app.server.api import index_page, plain
from nautilus_data import errors
from nautilus_data.services.overview import BusStatus
from tests import rest
from tests.app.conftest import NOW

HOST = {"Host": "127.0.0.1:5006"}


@pytest.fixture
def client(stand_in):
    pn.state.cache["workspace"] = stand_in
    yield rest.client()
    del pn.state.cache["workspace"]


def test_health_says_status_environment_and_debug(client) -> None:
    assert client.get("/health").json() == {"status": "ok", "environment": "development", "debug": False}


def test_messagebus_status_has_the_six_fields_and_iso_times(client) -> None:
    assert client.get("/api/v1/messagebus/status").json() == {
        "connection_state": "connected",
        "connected_at": "2026-11-18T11:06:30.000+00:00",
        "last_message_at": "2026-11-18T11:06:39.000+00:00",
        "reconnect_attempts": 0,
        "error_message": None,
        "messages_received": 7,
    }


def test_a_time_not_known_is_null(client, stand_in) -> None:
    stand_in.bus.told |= {"state": "reconnecting", "connected_at": 0, "last_message_at": 0, "error_message": "refused"}
    found = client.get("/api/v1/messagebus/status").json()
    assert found["connected_at"] is None and found["last_message_at"] is None
    assert found["error_message"] == "refused"


def test_status_tells_what_the_overview_shows(client) -> None:
    found = client.get("/api/v1/status").json()
    assert set(found) == {"is_demo", "bus", "store", "worker", "sources", "nodes", "jobs"}
    assert found["worker"]["heartbeat_at"].startswith("2026-11-18T")


@pytest.mark.parametrize("path", ["/health", "/api/v1/status", "/docs", "/openapi.json", "/"])
def test_a_foreign_host_is_refused_everywhere(client, path: str) -> None:
    answer = client.get(path, headers={"Host": "evil.example:5006"})
    assert answer.status_code == 403 and "127.0.0.1" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["127.0.0.1:5006", "localhost:5006", "localhost", "[::1]:5006"])
def test_every_name_of_this_machine_is_let_in(client, host: str) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:8888"},
        {"Origin": "http://localhost:5006"},
        {"Origin": "https://127.0.0.1:5006"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
    ],
)
def test_another_origin_changes_nothing(client, stand_in, headers: dict[str, str]) -> None:
    answer = client.post("/api/v1/engine/stop", headers={**HOST, **headers})
    assert answer.status_code == 403 and answer.json()["title"] == "Forbidden"
    assert stand_in.engine.asked == []


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://127.0.0.1:5006", "Sec-Fetch-Site": "same-origin"}])
def test_our_own_pages_and_command_lines_may_change_things(client, stand_in, headers: dict[str, str]) -> None:
    assert client.post("/api/v1/engine/stop", headers={**HOST, **headers}).json() == {"job_id": 1}
    assert stand_in.engine.asked == [("stop",)]


def test_every_engine_command_answers_202_with_a_job(client, stand_in) -> None:
    bodies = {"start": {"start": "2005-01-03", "warmup": 10, "pace": 5}, "pace": {"pace": 2}}
    for name in ("start", "pause", "resume", "pace", "stop"):
        assert client.post(f"/api/v1/engine/{name}", json=bodies.get(name, {})).status_code == 202
    assert [asked[0] for asked in stand_in.engine.asked] == ["start", "pause", "resume", "pace", "stop"]
    assert stand_in.engine.asked[0][1] == {"start": "2005-01-03", "warmup": 10, "pace": 5.0}


def test_a_pace_out_of_bounds_is_named(client, stand_in) -> None:
    answer = client.post("/api/v1/engine/pace", json={"pace": 0})
    assert answer.status_code == 422 and "pace" in answer.json()["detail"]
    assert stand_in.engine.asked == []


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(errors.ConfigError("pip install it"), 409), (errors.RetryableError("database is locked"), 503)],
)
def test_a_refusal_says_what_to_do(client, stand_in, refusal: Exception, status: int) -> None:
    stand_in.engine.refusal = refusal
    answer = client.post("/api/v1/engine/pause")
    assert (answer.status_code, answer.json()["detail"]) == (status, str(refusal))


def test_an_unexpected_failure_hides_its_traceback_unless_debugging(client, stand_in) -> None:
    stand_in.overview.is_broken = True
    hidden = client.get("/api/v1/status")
    assert hidden.status_code == 500 and "disk full" not in hidden.text
    stand_in.settings = stand_in.settings.model_copy(update={"debug": True})
    assert "disk full" in client.get("/api/v1/status").json()["traceback"]


def test_docs_fetch_nothing_from_elsewhere(client) -> None:
    page = client.get("/docs").text
    assert "http://" not in page.replace("http://127.0.0.1", "") and "https://" not in page
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        assert client.get(f"/docs-assets/{name}").status_code == 200
    assert client.get("/docs-assets/..%2Fcore.py").status_code == 404


def test_without_a_workspace_the_answer_says_so() -> None:
    answer = rest.client().get("/health")
    assert answer.status_code == 503 and "app.server" in answer.json()["detail"]


def test_the_index_links_to_every_page_and_leads_to_the_overview() -> None:
    page = index_page(["market", "overview"])
    assert 'href="market"' in page and 'href="overview"' in page and "url=overview" in page


def test_records_become_json_whatever_their_depth() -> None:
    assert plain({"bus": BusStatus(connected_at=NOW, silent=("A",))})["bus"]["silent"] == ["A"]
