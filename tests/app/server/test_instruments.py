"""REST of the directory of instruments."""

from __future__ import annotations

import pytest

ROOT = "/api/v1/instruments"


def test_instruments_are_searched_by_name_symbol_and_alias(client) -> None:
    for text in ("tesla", "TSLA"):
        assert client.get(ROOT, params={"match": text}).json()[0]["instrument_id"] == "TSLA.NASDAQ"
    assert client.get(ROOT, params={"match": "EURUSD=X"}).json()[0]["kind"] == "FX"


def test_the_whole_directory_comes_page_by_page(client, workspace) -> None:
    path, seen = f"{ROOT}?limit=9", []
    while path:
        answer = client.get(path)
        seen += [row["instrument_id"] for row in answer.json()]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert seen == workspace.instruments.search("", "", 10_000)["instrument_id"].tolist()


def test_kinds_are_counted(client, workspace) -> None:
    kinds = {row["kind"]: row["instruments"] for row in client.get(f"{ROOT}/kinds").json()}
    assert sum(kinds.values()) == len(workspace.instruments.search("", "", 10_000))
    found = client.get(ROOT, params={"kind": "FX", "limit": 1000}).json()
    assert len(found) == kinds["FX"] and {row["kind"] for row in found} == {"FX"}


def test_an_alias_is_kept_listed_and_forgotten(client, workspace) -> None:
    told = {"instrument_id": "TSLA.NASDAQ", "source": "yahoo", "symbol": "TSLA.X"}
    assert client.post(f"{ROOT}/alias", json=told).json() == {"message": "kept"}
    rows = client.get(f"{ROOT}/aliases", params={"source": "yahoo", "limit": 1000}).json()
    assert [row["symbol"] for row in rows if row["instrument_id"] == "TSLA.NASDAQ"] == ["TSLA.X"]
    assert client.post(f"{ROOT}/alias", json={**told, "symbol": ""}).json() == {"message": "forgotten"}
    assert "TSLA.NASDAQ" not in workspace.instruments.aliases("yahoo")
    assert client.post(f"{ROOT}/alias", json={**told, "source": "nowhere"}).status_code == 404
    assert client.get(f"{ROOT}/aliases", params={"source": "nowhere"}).status_code == 404


def test_a_source_that_cannot_be_searched_says_so(client) -> None:
    answer = client.post(f"{ROOT}/find", json={"text": "apple", "source": "sample"})
    assert answer.status_code == 409 and "can't be searched" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{"text": ""}, {"text": "a" * 101}, {"text": "a", "limit": 51}, {"text": "a\x00"}])
def test_what_the_description_forbids_is_refused(client, body: dict) -> None:
    assert client.post(f"{ROOT}/find", json=body).status_code == 422


@pytest.mark.parametrize("instrument_id", ["AAPL", ".NASDAQ", "AAPL.", "A B.NASDAQ"])
def test_an_alias_is_of_an_instrument(client, instrument_id: str) -> None:
    told = {"instrument_id": instrument_id, "source": "yahoo", "symbol": "X"}
    assert client.post(f"{ROOT}/alias", json=told).status_code == 422
