"""REST as a whole: errors, and what all routes say of themselves."""

from __future__ import annotations

import re

import panel as pn
import pytest

from app.server.answers import plain
from nautilus_data import errors
from nautilus_data.services.overview import BusStatus
from tests import rest
from tests.app.conftest import NOW


@pytest.fixture
def client(stand_in):
    pn.state.cache["workspace"] = stand_in
    yield rest.client()
    del pn.state.cache["workspace"]


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


def test_without_a_workspace_the_answer_says_so() -> None:
    answer = rest.client().get("/health")
    assert answer.status_code == 503 and "app.server" in answer.json()["detail"]


def test_who_is_not_known_is_refused_but_for_health(stand_in) -> None:
    pn.state.cache["workspace"] = stand_in
    nobody = rest.client(None)
    assert nobody.get("/health").json() == {"status": "ok"}
    refused = nobody.get("/api/v1/status")
    assert refused.status_code == 401 and "log in" in refused.json()["detail"]
    del pn.state.cache["workspace"]


def test_an_address_that_is_none_says_where_they_are_listed(client) -> None:
    answer = client.get("/api/v1/nothing/here")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "/docs" in answer.json()["detail"]


def test_records_become_json_whatever_their_depth() -> None:
    assert plain({"bus": BusStatus(connected_at=NOW, silent=("A",))})["bus"]["silent"] == ["A"]


def _described() -> dict:
    return rest.client().get("/api/v1/openapi.json").json()


def test_every_route_says_what_it_does_and_has_a_tag() -> None:
    for path, methods in _described()["paths"].items():
        for method, route in methods.items():
            assert route.get("tags") and route.get("description"), f"{method} {path}"


def test_no_two_routes_have_the_same_name() -> None:
    routes = [route for methods in _described()["paths"].values() for route in methods.values()]
    names = [route["operationId"] for route in routes]
    assert sorted(names) == sorted(set(names))


def test_what_a_path_names_is_described() -> None:
    for path, methods in _described()["paths"].items():
        for route in methods.values():
            named = {one["name"] for one in route.get("parameters", ()) if one["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)(?::path)?}", path)), path
