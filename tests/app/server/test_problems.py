"""Problems: every error as RFC 9457 has it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.server.problems import MEDIA_TYPE, Problem, add_problems, documented
from nautilus_data import errors
from nautilus_data.core.correlation import correlated


class Told(BaseModel):
    count: int


def failing(error: Exception) -> TestClient:
    app = FastAPI(responses=documented(404, 503))
    add_problems(app)

    @app.get("/fails")
    def fails(limit: int = 1) -> None:
        raise error

    @app.get("/wrong")
    def wrong() -> Told:
        return Told(count="many")

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (HTTPException(404, "there is no such thing"), 404, None),
        (errors.SkippableError("start a backfill"), 409, None),
        (errors.ConfigError("set FRED_API_KEY"), 409, None),
        (errors.RetryableError("the database is locked", 2.0), 503, ("retry-after", "2")),
        (errors.RefusedError("log in"), 401, ("www-authenticate", "Bearer")),
        (errors.RefusedError("too many tries", 30.0), 429, ("retry-after", "30")),
        (errors.ForbiddenError("it needs the role admin"), 403, None),
        (ValueError("a span ends before it starts"), 409, None),
    ],
)
def test_what_was_wrong_is_told_with_its_status(error: Exception, status: int, header: tuple[str, str] | None) -> None:
    with correlated("r-7"):
        answer = failing(error).get("/fails")
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    told = Problem.model_validate(answer.json())
    assert (told.status, told.instance, told.type, told.request_id) == (status, "/fails", "about:blank", "r-7")
    assert told.detail == getattr(error, "detail", str(error))
    assert header is None or answer.headers[header[0]] == header[1]


@pytest.mark.parametrize("ask", [lambda one: one.get("/fails"), lambda one: one.get("/wrong")])
def test_a_failure_of_ours_says_nothing_of_how_we_are_built(ask: Callable[[TestClient], object]) -> None:
    answer = ask(failing(OSError("/etc/secret is not there")))
    assert answer.status_code == 500
    assert "secret" not in answer.text and "Traceback" not in answer.text and "count" not in answer.text
    assert "request_id" in answer.json()["detail"]


def test_what_was_asked_wrongly_is_named_part_by_part() -> None:
    answer = failing(OSError()).get("/fails?limit=x")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"where": "query.limit", "detail": "Input should be a valid integer, unable to parse string as an integer"}
    ]
    assert answer.json()["detail"].startswith("limit: ")


def test_problems_are_in_the_description() -> None:
    described = failing(OSError()).get("/openapi.json").json()
    answer = described["paths"]["/fails"]["get"]["responses"]["503"]
    assert answer["content"][MEDIA_TYPE]["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert set(described["components"]["schemas"]["Problem"]["required"]) >= {"title", "status", "detail"}
