"""REST of the directory of instruments."""

from __future__ import annotations

ROOT = "/api/v1/instruments"


def test_instruments_are_searched_by_name_symbol_and_alias(client) -> None:
    for text in ("tesla", "TSLA"):
        assert client.get("/api/v1/instruments", params={"match": text}).json()[0]["instrument_id"] == "TSLA.NASDAQ"
    assert client.get("/api/v1/instruments", params={"match": "EURUSD=X"}).json()[0]["kind"] == "FX"


def test_an_alias_is_kept_and_forgotten(client, workspace) -> None:
    told = {"instrument_id": "TSLA.NASDAQ", "source": "yahoo", "symbol": "TSLA.X"}
    assert client.post("/api/v1/instruments/alias", json=told).json() == {"message": "kept"}
    assert workspace.instruments.aliases("yahoo")["TSLA.NASDAQ"] == "TSLA.X"
    client.post("/api/v1/instruments/alias", json={**told, "symbol": ""})
    assert "TSLA.NASDAQ" not in workspace.instruments.aliases("yahoo")
    assert client.post("/api/v1/instruments/alias", json={**told, "source": "nowhere"}).status_code == 404


def test_a_source_that_cannot_be_searched_says_so(client) -> None:
    answer = client.post("/api/v1/instruments/find", json={"text": "apple", "source": "sample"})
    assert answer.status_code == 409 and "can't be searched" in answer.json()["detail"]
