"""REST of components, versions, settings, the audit log and the log lines."""

from __future__ import annotations

import json
from collections.abc import Iterator

import panel as pn
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from nautilus_data import open_workspace
from nautilus_data.core.identity import LOCAL
from nautilus_data.workspace import Workspace
from tests import rest


@pytest.fixture
def workspace(settings) -> Iterator[Workspace]:
    opened = open_workspace(settings)
    pn.state.cache["workspace"] = opened
    yield opened
    del pn.state.cache["workspace"]
    opened.close()


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return rest.client()


def pages(client: TestClient, path: str) -> list[dict]:
    """All rows, by the links of the answers."""
    rows, link = [], path
    while link:
        answer = client.get(link)
        assert answer.status_code == 200, answer.text
        rows += answer.json()
        link = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    return rows


def test_components_versions_and_place_are_those_of_the_service(workspace: Workspace, client: TestClient) -> None:
    names = [row["name"] for row in client.get("/api/v1/system/components").json()]
    assert names == workspace.system.components()["name"].tolist()
    versions = {row["name"]: row["version"] for row in client.get("/api/v1/system/versions").json()}
    assert versions["python"].startswith("3.")
    place = client.get("/api/v1/system/place").json()
    assert place["folder"] == str(workspace.settings.nautilus_data_dir) and place["free_bytes"] > 0


def test_settings_are_rows(client: TestClient) -> None:
    found = {row["name"]: row for row in client.get("/api/v1/system/settings?limit=1000").json()}
    assert (found["DEMO"]["value"], found["DEMO"]["origin"]) == ("off", "given at the start")
    assert found["REDIS_PASSWORD"]["value"] == "not set" and found["REDIS_HOST"]["value"] is None


def test_the_audit_log_is_told_newest_first_and_each_entry_once(workspace: Workspace, client: TestClient) -> None:
    for number in range(7):
        workspace.audit.record(LOCAL, "engine.start", f"run {number}", "allowed" if number % 2 else "refused")
    rows = pages(client, "/api/v1/audit?limit=3")
    assert [row["seq"] for row in rows] == list(range(7, 0, -1))
    assert rows[0]["target"] == "run 6" and rows[0]["ts_recorded"].endswith("Z")
    refused = pages(client, "/api/v1/audit?outcome=refused&limit=3")
    assert [row["target"] for row in refused] == ["run 6", "run 4", "run 2", "run 0"]
    assert [row["seq"] for row in client.get("/api/v1/audit?text=RUN%203").json()] == [4]
    assert client.get("/api/v1/audit?text=%25").json() == []


def test_a_formula_in_an_entry_is_harmless_in_csv(workspace: Workspace, client: TestClient) -> None:
    workspace.audit.record(LOCAL, "engine.start", "=HYPERLINK(1)")
    line = client.get("/api/v1/audit?format=csv").text.splitlines()[1]
    assert "'=HYPERLINK(1)" in line


def test_the_chain_is_verified_and_a_changed_entry_named(workspace: Workspace, client: TestClient) -> None:
    for number in range(3):
        workspace.audit.record(LOCAL, "engine.start", f"run {number}")
    whole = client.get("/api/v1/audit/verify").json()
    assert (whole["ok"], whole["entries"], whole["problem"]) == (True, 3, None)
    assert client.get(f"/api/v1/audit/verify?head={whole['head']}").json()["ok"]
    with workspace.store._engine.begin() as connection:
        for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type='trigger'")).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE audit SET target='run 9' WHERE seq=2"))
    broken = client.get("/api/v1/audit/verify").json()
    assert (broken["ok"], broken["broken"]) == (False, 2) and "changed" in broken["problem"]


def test_log_lines_are_told_by_level_text_and_request(workspace: Workspace, client: TestClient) -> None:
    folder = workspace.settings.nautilus_data_dir / "logs"
    folder.mkdir(exist_ok=True)
    lines = [
        {"ts": f"2026-11-26T00:00:0{number}.000000001Z", "level": level, "logger": "x", "role": "worker", "pid": 7,
         "event": f"event {number}", "fields": {"n": number}, "correlation": f"c{number}"}
        for number, level in enumerate(("INFO", "WARNING", "ERROR"))
    ]  # fmt: skip
    (folder / "worker.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    assert [row["event"] for row in pages(client, "/api/v1/logs?limit=1")] == ["event 2", "event 1", "event 0"]
    assert [row["event"] for row in client.get("/api/v1/logs?level=WARNING").json()] == ["event 2", "event 1"]
    found = client.get("/api/v1/logs?correlation=c1").json()
    assert [(row["ts_logged"], row["fields"]) for row in found] == [("2026-11-26T00:00:01.000000001Z", "n=1")]


@pytest.mark.parametrize("query", ["outcome=maybe", "cursor=WyJ4Il0", "cursor=W10", "actor=", "correlation=a%20b"])
def test_what_can_not_be_asked_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/api/v1/audit?{query}").status_code in (404, 422)
