"""Attacks on REST: what is put where a name, a number or a body belongs is refused or served rightly, to no effect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import quote

import panel as pn
import pytest
import sqlalchemy
from fastapi.testclient import TestClient

from app.server.api import make_app
from nautilus_data.core.identity import Role
from nautilus_data.settings import load_settings
from nautilus_data.workspace import Workspace, open_workspace
from tests import rest
from tests.app.server.gated import Gated
from tests.well_filled import PASSWORD, Filled, fill_all

INJECTED = {
    "sql": "x' OR '1'='1'; DROP TABLE bars;--",
    "html": "<script>alert(1)</script>",
    "formula": "=cmd|' /C calc'!A0",
    "path": "../../../../etc/passwd",
    "nul": "\x00",
    "header": "a\r\nSet-Cookie: a=b",
    "number": "9" * 400,
}
# What tells how we are built, or what lies on this machine.
TOLD = re.compile(r"sqlalchemy|sqlite|traceback|site-packages|\.py\b|SELECT |root:x|errno|pydantic", re.IGNORECASE)
# They ask a source: of what they are given, its own tests tell.
ASKS = re.compile(r"/search|/quote/|/feed$")
SLOW = {"wait_s": "0"}
DRAWINGS = "/api/v1/drawings/one?instrument_id=AAPL.NASDAQ"
DRAWN = {"kind": "text", "text": "a note", "points": [{"ts_event": "2024-01-05T00:00:00Z", "price": 1.5}]}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Filled]]:
    folder = tmp_path_factory.mktemp("attacked")
    opened = open_workspace(load_settings(nautilus_data_dir=folder, demo="off", fred_store=True))
    pn.state.cache["workspace"] = opened
    yield opened, fill_all(opened)
    del pn.state.cache["workspace"]
    opened.close()


@pytest.fixture(scope="module")
def workspace(filled: tuple[Workspace, Filled]) -> Workspace:
    return filled[0]


@pytest.fixture(scope="module")
def client(filled: tuple[Workspace, Filled]) -> TestClient:
    """Of an admin, who may ask for everything."""
    found = rest.client(filled[0].keys.identity(filled[1].keys[Role.ADMIN], "127.0.0.1"))
    # What sources know without being asked is written down the first time.
    assert found.get("/api/v1/instruments").status_code == 200
    return found


def reads() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each address that is read, and the parameters that are text."""
    for path, methods in make_app().openapi()["paths"].items():
        if "get" in methods and not ASKS.search(path):
            yield path, methods["get"].get("parameters", [])


def stored(workspace: Workspace) -> dict[str, int]:
    """Rows of each table but the audit log, which grows with what is refused."""
    engine = sqlalchemy.create_engine(workspace.settings.store_url)
    with engine.connect() as connection:
        names = sqlalchemy.inspect(connection).get_table_names()
        return {name: connection.execute(sqlalchemy.text(f'SELECT count(*) FROM "{name}"')).scalar_one()
                for name in names if name != "audit"}  # fmt: skip


def asked(client: TestClient, path: str, parameters: list[dict[str, Any]], attacked: str, value: str) -> Any:
    given = {one["name"]: _good(one) for one in parameters if one.get("required") or one["in"] == "path"}
    given |= {name: text for name, text in SLOW.items() if any(one["name"] == name for one in parameters)}
    given[attacked] = value
    in_path = {one["name"] for one in parameters if one["in"] == "path"}
    for name in in_path:
        path = path.replace(f"{{{name}}}", quote(str(given[name]), safe=""))
    return client.get(path, params={name: text for name, text in given.items() if name not in in_path})


def _good(parameter: dict[str, Any]) -> str:
    known = {"cik": "0000001234", "series_id": "UNRATE", "instrument_id": "AAPL.NASDAQ", "key": "curve_level",
             "job_id": "1", "source": "sample", "end": "2023-12-31", "date": "2023-12-01"}  # fmt: skip
    return known.get(parameter["name"], "x")


@pytest.mark.parametrize("value", INJECTED.values(), ids=INJECTED)
def test_what_is_put_into_any_parameter_is_refused_or_found_nowhere(
    client: TestClient, workspace: Workspace, value: str
) -> None:
    before = stored(workspace)
    for path, parameters in reads():
        for one in parameters:
            answer = asked(client, path, parameters, one["name"], value)
            where = f"{path} {one['name']}"
            assert answer.status_code < 500, where
            assert answer.status_code == 200 or answer.headers["content-type"] == "application/problem+json", where
            told = answer.text.replace(value, "") if answer.status_code != 200 else ""
            assert not TOLD.search(told), (where, told[:300])
            assert "set-cookie" not in answer.headers, where
    assert stored(workspace) == before


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"kind": "text", "kind": "arrow", "points": []}',
        b'{"text": "\\ud800", "kind": "text", "points": [{"ts_event": "2024-01-05", "price": 1}]}',
        b'{"kind": "text", "points": [{"ts_event": "2024-01-05", "price": 1e400}]}',
        b'{"kind": "text", "points": [{"ts_event": "2024-01-05", "price": NaN}]}',
        b'{"kind": "text", "points": [{"ts_event": "9999999-01-05", "price": 1}]}',
        b'{"kind": "text", "points": [{"ts_event": ' + b"9" * 5_000 + b', "price": 1}]}',
        b"\xff\xfe{}",
        b"null",
        b"",
    ],
    ids=range(11),
)
def test_a_body_that_is_none_is_refused(client: TestClient, body: bytes) -> None:
    for content_type in ("application/json", "text/plain", "application/xml", "application/x-www-form-urlencoded"):
        answer = client.put(DRAWINGS, content=body, headers={"Content-Type": content_type})
        assert 400 <= answer.status_code < 500, (content_type, answer.text[:200])
        assert answer.headers["content-type"] == "application/problem+json" and not TOLD.search(answer.text)
    assert client.get("/api/v1/drawings?instrument_id=AAPL.NASDAQ").json() == []


def test_a_method_named_in_a_header_or_the_query_is_not_taken(client: TestClient) -> None:
    assert client.put(DRAWINGS, json=DRAWN).status_code == 200
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        client.get(DRAWINGS.replace("/one", ""), headers={name: "DELETE"})
        client.post(DRAWINGS, headers={name: "DELETE"})
    client.post(f"{DRAWINGS}&_method=DELETE")
    assert [one["drawing_id"] for one in client.get(DRAWINGS.replace("/one", "")).json()] == ["one"]
    assert client.delete(DRAWINGS).status_code == 200


def test_many_parameters_are_told_apart_from_those_there_are(client: TestClient) -> None:
    many = "&".join(f"x{number}=1" for number in range(3_000))
    assert client.get(f"/api/v1/jobs?{many}").status_code == 422
    assert client.get("/api/v1/jobs?" + "&".join(["limit=1"] * 3_000)).status_code in (200, 422)


def test_what_somebody_drew_is_no_formula_in_a_spreadsheet(client: TestClient) -> None:
    text = '=HYPERLINK("http://x","<script>alert(1)</script>")'
    assert client.put(DRAWINGS, json={**DRAWN, "text": text}).status_code == 200
    listed = DRAWINGS.replace("/one", "")
    assert client.get(listed).json()[0]["text"] == text
    assert "\"'=HYPERLINK(" in client.get(f"{listed}&format=csv").text
    assert client.delete(DRAWINGS).status_code == 200


@pytest.mark.parametrize("name", ["../admin", "a b", "<b>", "admin.person\x00", "ADM\u0130N", "", "x" * 500, "\uff41"])
def test_no_user_has_a_name_that_is_none(client: TestClient, name: str) -> None:
    answer = client.post("/api/v1/users", json={"name": name, "password": PASSWORD, "role": "admin"})
    assert answer.status_code in (409, 422) and not TOLD.search(answer.text.replace(name, ""))


@pytest.mark.parametrize("page", ["../users", "portfolio?x=1", "//evil.example", "http://evil.example", "a\r\nX: y"])
def test_a_link_opens_a_page_of_ours_and_nothing_else(client: TestClient, page: str) -> None:
    told = {"page": page, "query": "trader=<script>", "hides_amounts": True, "hours": 1}
    assert client.post("/api/v1/shares", json=told).status_code in (409, 422)


def test_of_two_who_use_a_refresh_token_at_once_one_gets_the_next_and_the_login_ends(
    client: TestClient, workspace: Workspace
) -> None:
    workspace.users.add("racer", PASSWORD, Role.VIEWER)
    for _ in range(5):
        pair = client.post("/api/v1/auth/token", json={"name": "racer", "password": PASSWORD}).json()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(partial(renew, client), [pair["refresh_token"]] * 8))
        won = [one.json()["refresh_token"] for one in answers if one.status_code == 200]
        assert len(won) <= 1 and {one.status_code for one in answers} <= {200, 401}
        # Somebody has a copy: neither goes on.
        assert all(renew(client, token).status_code == 401 for token in won)


def renew(client: TestClient, token: str) -> Any:
    return client.post("/api/v1/auth/refresh", json={"refresh_token": token})


def test_who_is_not_there_is_refused_in_the_same_words_as_who_is(client: TestClient) -> None:
    told = []
    for name in ("admin.person", "nobody.at.all"):
        answer = client.post("/api/v1/auth/token", json={"name": name, "password": "not the password"})
        told.append((answer.status_code, {k: v for k, v in answer.json().items() if k != "request_id"}))
    assert told[0] == told[1] and told[0][0] == 401


def test_a_refusal_has_no_more_of_what_was_sent_than_it_needs(client: TestClient) -> None:
    canary = "s3cr3t-" * 3_000
    answer = client.post("/api/v1/auth/token", json={"name": ["x"], "password": {"deep": canary}})
    assert answer.status_code == 422 and "s3cr3t" not in answer.text
    assert len(json.dumps(answer.json())) < 3_000


@pytest.mark.parametrize("size", [40_000, 1_000_000])
def test_an_address_without_end_is_cut_off_and_the_server_goes_on(locked_server: Gated, size: int) -> None:
    host = locked_server.address.encode()
    told = b""
    # The line is cut while it is still being written.
    with suppress(ConnectionError):
        told = locked_server.raw(b"GET /health?x=" + b"A" * size + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
    assert told == b"" or told.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431", b"HTTP/1.1 414"))
    assert locked_server.ask("/health").status == 200
