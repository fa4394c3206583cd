"""REST of catalogs, on a store of its own; a test plays the worker."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from nautilus_data import Workspace
from tests.services.catalogs import NAME, SERIES, keep, run

pytest.importorskip("nautilus_trader")
ROOT = "/api/v1/catalog"


def test_an_export_is_queued_done_listed_and_described(client: TestClient, workspace: Workspace) -> None:
    assert client.get(ROOT).json() == []
    assert client.get(f"{ROOT}/status").json() == {"is_available": True, "reason": None}
    keep(workspace.store)
    answer = client.post(f"{ROOT}/export", json={"instruments": ["AAPL"], "to": "mine"})
    assert answer.status_code == 202, answer.text
    run(workspace.store, answer.json()["job_id"])
    (line,) = client.get(ROOT).json()
    assert (line["name"], line["types"], line["files"]) == ("mine", "bar, equity", 4)
    bars, _ = client.get(f"{ROOT}/describe", params={"name": "mine"}).json()
    assert (bars["identifier"], bars["state"], bars["rows"], bars["coverage"]) == (NAME, "up to date", 300, 1)
    assert bars["series"] == str(SERIES)
    asked = {"name": "mine", "type": "bar", "identifier": NAME}
    first, second, last = client.get(f"{ROOT}/intervals", params=asked).json()
    assert first["ts_start"] == "2024-03-04T14:30:00.000000000Z" and first["ts_end"] == second["ts_start"]
    covered = client.get(f"{ROOT}/coverage", params=asked).json()
    assert covered == [{"ts_start": first["ts_start"], "ts_end": last["ts_end"]}]
    missing = client.get(f"{ROOT}/intervals", params={**asked, "identifier": "../../etc"})
    assert missing.status_code == 404 and "describe lists all it has" in missing.json()["detail"]


def test_an_import_is_queued_stopped_and_asked_again(client: TestClient, workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "theirs" / "data").mkdir(parents=True)
    asked = client.post(f"{ROOT}/import", json={"path": str(tmp_path / "theirs"), "adjustment": "split"})
    job_id = asked.json()["job_id"]
    assert client.post(f"{ROOT}/jobs/{job_id}/cancel").status_code == 202
    (job,) = client.get(f"{ROOT}/jobs").json()
    assert (job["status"], job["kind"], job["title"]) == ("CANCELLED", "catalog.import", "Import bars from theirs")
    again = client.post(f"{ROOT}/jobs/{job_id}/again").json()["job_id"]
    assert workspace.store.job(again).params["adjustment"] == "split"
    assert client.post(f"{ROOT}/jobs/999/cancel").status_code == 404


def test_what_is_not_possible_says_why(client: TestClient, workspace: Workspace) -> None:
    keep(workspace.store, 5)
    answers = [
        (client.post(f"{ROOT}/export", json={"timeframe": "1d"}), 409, "no such bars are stored"),
        (client.post(f"{ROOT}/export", json={"to": "../out"}), 409, "leads out of"),
        (client.post(f"{ROOT}/export", json={"decimals": "many"}), 422, "decimals"),
        (
            client.post(f"{ROOT}/import", json={"path": str(workspace.settings.nautilus_data_dir)}),
            409,
            "no NautilusTrader catalog",
        ),
        (client.get(f"{ROOT}/describe"), 404, "there is no catalog 'main'"),
        (client.get(f"{ROOT}/describe", params={"name": "/etc"}), 404, "there is no catalog '/etc'"),
        (client.get(f"{ROOT}/describe", params={"name": "a\x00b"}), 422, "not the name of a catalog"),
        (client.post(f"{ROOT}/export", json={"start": "soon"}), 422, "not a time"),
        (client.post(f"{ROOT}/export", json={"timeframe": "x"}), 422, "not a timeframe"),
        (client.post(f"{ROOT}/jobs/{2**64}/again"), 422, "job_id"),
    ]
    for answer, code, words in answers:
        assert (answer.status_code, words in answer.json()["detail"]) == (code, True), answer.text
