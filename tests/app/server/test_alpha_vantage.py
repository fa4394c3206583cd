"""REST of Alpha Vantage, with a loopback one that counts requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from nautilus_data import Workspace, load_settings, open_workspace
from tests.loopback_alpha_vantage import API_KEY, LoopbackAlphaVantage, loopback_alpha_vantage

ROOT = "/api/v1/nautilus-data/alpha-vantage"


@pytest.fixture
def server() -> Iterator[LoopbackAlphaVantage]:
    with loopback_alpha_vantage(daily=25) as found:
        yield found


@pytest.fixture
def workspace(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[Workspace]:
    """Without a key, unless the test asks for `server`."""
    found = {}
    if "server" in request.fixturenames:
        found = {"alpha_vantage_base_url": request.getfixturevalue("server").url, "alpha_vantage_api_key": API_KEY}
    opened = open_workspace(load_settings(nautilus_data_dir=data_dir, demo="off", **found))
    yield opened
    opened.close()


def test_a_quote_is_exact_and_an_instrument_is_found(server: LoopbackAlphaVantage, client: TestClient) -> None:
    told = client.get(f"{ROOT}/quote/IBM.NYSE").json()
    assert isinstance(told["price"], str) and float(told["price"]) > 0
    assert told["instrument_id"] == "IBM.NYSE"
    (found,) = client.get(f"{ROOT}/search", params={"text": "IBM"}).json()
    assert (found["instrument_id"], found["symbol"]) == ("IBM.NYSE", "IBM")
    assert len(server.asked("GLOBAL_QUOTE")) == 1 and len(server.asked("SYMBOL_SEARCH")) == 1
    left = {one["limit"]: one["left"] for one in client.get(f"{ROOT}/limits").json()["limits"]}
    assert left[25] == 25 - len(server.requests)
    assert client.get(f"{ROOT}/health").json()["status"] == "healthy"


def test_the_plan_says_what_a_day_buys_and_asks_nobody(server: LoopbackAlphaVantage, client: TestClient) -> None:
    names = ["IBM.NYSE", "AAPL.NASDAQ", "MSFT.NASDAQ", "SPY.ARCA"]
    answer = client.get(f"{ROOT}/plan", params={"instrument": names})
    turns = answer.json()
    assert len(turns) == 8 and [one["dataset"] for one in turns[:4]] == ["facts"] * 4
    assert turns[0]["calls"] > 1 and turns[0]["priority"] == "fundamentals" and not turns[0]["waits"]
    assert sum(one["calls"] for one in turns) > 25 - 2 and turns[-1]["waits"]
    assert turns[-1]["ts_due"] > turns[0]["ts_due"]
    assert "X-Refusal" not in answer.headers and server.requests == []


def test_without_instruments_the_plan_is_of_the_jobs_that_wait(
    server: LoopbackAlphaVantage, client: TestClient, workspace: Workspace
) -> None:
    assert client.get(f"{ROOT}/plan").json() == []
    answer = client.get(f"{ROOT}/plan", params={"instrument": "IBM.NYSE", "dataset": "filings"})
    assert answer.status_code == 409 and "Alpha Vantage has no filings" in answer.json()["detail"]
    workspace.backfill.start(workspace.backfill.plan("IBM.NYSE", "alpha_vantage", dataset="facts"))
    (turn,) = client.get(f"{ROOT}/plan").json()
    assert (turn["instrument_id"], turn["dataset"]) == ("IBM.NYSE", "facts")


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("quote/IBM.NYSE", 409, "set ALPHA_VANTAGE_API_KEY"),
        ("search?text=ibm", 409, "set ALPHA_VANTAGE_API_KEY"),
        ("search", 422, "text"),
        ("search?text=%00", 422, "not words to look for"),
        ("quote/A%01", 422, "not an instrument or a symbol"),
        ("plan?dataset=poems", 422, "'bars'"),
        ("plan?timeframe=never", 422, "not a timeframe: 'never'; write 1m"),
    ],
)
def test_what_is_not_possible_says_why(client: TestClient, path: str, code: int, words: str) -> None:
    answer = client.get(f"{ROOT}/{path}")
    assert (answer.status_code, words in answer.json()["detail"]) == (code, True), answer.text


def test_without_a_key_it_is_not_set_up_and_not_ill(client: TestClient) -> None:
    found = client.get(f"{ROOT}/health").json()
    assert found["status"] == "disabled" and "ALPHA_VANTAGE_API_KEY" in found["reason"]
    answer = client.get(f"{ROOT}/plan", params={"instrument": ["IBM.NYSE"]})
    assert "ALPHA_VANTAGE_API_KEY" in answer.headers["X-Refusal"] and answer.json() == []
    told = client.get(f"{ROOT}/limits").json()
    assert "ALPHA_VANTAGE_API_KEY" in told["refusal"]
    assert [one["limit"] for one in told["limits"]] == [1, 25]
    assert client.get(f"{ROOT}/status").json()["title"] == "Alpha Vantage"


def test_a_symbol_nobody_has_is_not_found_and_the_key_is_told_to_nobody(
    server: LoopbackAlphaVantage, client: TestClient
) -> None:
    answer = client.get(f"{ROOT}/quote/NOBODYHASIT")
    assert answer.status_code == 404 and "Alpha Vantage has no 'NOBODYHASIT'" in answer.json()["detail"]
    server.daily = 1
    answer = client.get(f"{ROOT}/quote/AAPL.NASDAQ")
    assert answer.status_code == 503 and API_KEY not in answer.text, answer.text


def test_every_route_is_described(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    mine = [route for path, methods in paths.items() if path.startswith(ROOT) for route in methods.values()]
    assert len(mine) == 6
    assert all(route["tags"] == ["alpha vantage"] and route["description"] for route in mine)
