"""REST of the sources, over a real workspace, a loopback Yahoo and what a worker would tell."""

from __future__ import annotations

from collections.abc import Iterator

import panel as pn
import pytest
from fastapi.testclient import TestClient

from nautilus_data.settings import Settings, load_settings
from nautilus_data.workspace import Workspace, open_workspace
from tests import rest
from tests.loopback_yahoo import LoopbackYahoo, loopback_yahoo

IB = "interactive_brokers"
STATUS, HEALTH = "/api/v1/multi-datasource/status", "/api/v1/multi-datasource/health"


@pytest.fixture
def yahoo() -> Iterator[LoopbackYahoo]:
    with loopback_yahoo() as server:
        yield server


@pytest.fixture
def configured(settings: Settings, yahoo: LoopbackYahoo) -> Settings:
    return load_settings(nautilus_data_dir=settings.nautilus_data_dir, demo="off", yahoo_base_url=yahoo.url)


@pytest.fixture
def workspace(configured: Settings) -> Iterator[Workspace]:
    opened = open_workspace(configured)
    pn.state.cache["workspace"] = opened
    yield opened
    del pn.state.cache["workspace"]
    opened.close()


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return rest.client()


def tell(workspace: Workspace, **more: object) -> None:
    """As a worker does each second."""
    told = {"state": "connected", "address": "127.0.0.1:4002", "error": "", "outage": "", "client_id": 1, "lines": 2,
            "connected_at": 1_795_000_000_000_000_000, "farms": {"usfarm": "ok"},
            "history": [{"at": 1_795_000_000_000_000_000, "state": "connected", "reason": ""}]}  # fmt: skip
    workspace.store.save_source_state(IB, {**told, **more})
    workspace.desk.refresh()


def test_all_sources_are_listed_in_order_with_null_for_what_is_not_known(client: TestClient) -> None:
    found = {row["name"]: row for row in client.get(STATUS).json()["sources"]}
    assert list(found)[:4] == [IB, "yahoo", "alpha_vantage", "sample"]
    assert (found["yahoo"]["state"], found["yahoo"]["latency_ms"], found["yahoo"]["last_ok_at"]) == (
        "not used",
        None,
        None,
    )
    assert found[IB]["reason"] == "switched off on /sources"
    assert client.get("/api/v1/yfinance/status").json() == found["yahoo"]


def test_health_tells_the_unknown_from_the_well_and_asks_nobody(client: TestClient, yahoo: LoopbackYahoo) -> None:
    found = client.get(HEALTH).json()
    assert found["status"] == "healthy"
    statuses = {name: one["status"] for name, one in found["sources"].items()}
    assert [statuses[name] for name in (IB, "yahoo", "sample", "arch", "fred", "edgar", "alpha_vantage")] == [
        "disabled", "unknown", "healthy", "healthy", "disabled", "disabled", "disabled",
    ]  # fmt: skip
    assert client.get("/api/v1/yfinance/health").json()["status"] == "unknown"
    client.post("/api/v1/multi-datasource/enable/ib")
    found = client.get(HEALTH).json()
    assert (found["status"], found["sources"][IB]["state"]) == ("degraded", "no worker")
    assert yahoo.requests == []


def test_a_source_is_switched_by_its_name_or_its_short_one(client: TestClient, workspace: Workspace) -> None:
    answer = client.post("/api/v1/multi-datasource/disable/yfinance")
    assert answer.json() == {"source": "yahoo", "is_enabled": False}
    assert not workspace.desk.is_enabled("yahoo")
    refused = client.get("/api/v1/yfinance/quote/AAPL")
    assert refused.status_code == 409 and "switched off on /sources" in refused.json()["detail"]
    assert client.post("/api/v1/multi-datasource/enable/yahoo").json()["is_enabled"]
    unknown = client.post("/api/v1/multi-datasource/enable/nope")
    assert unknown.status_code == 404 and "there are: sample, yahoo" in unknown.json()["detail"]


def test_another_origin_switches_nothing(client: TestClient, workspace: Workspace) -> None:
    headers = {"Origin": "http://evil.example"}
    assert client.post("/api/v1/multi-datasource/disable/yahoo", headers=headers).status_code == 403
    assert workspace.desk.is_enabled("yahoo")


@pytest.mark.parametrize("symbol", ["AAPL", "AAPL.NASDAQ", "EURUSD=X", "EUR/USD.IDEALPRO", "BTC-USD"])
def test_a_quote_is_told_exactly_by_instrument_or_yahoos_symbol(client: TestClient, symbol: str) -> None:
    found = client.get(f"/api/v1/yfinance/quote/{symbol}").json()
    assert float(found["price"]) > 0 and isinstance(found["price"], str)
    assert found["ts_event"].endswith("+00:00")


def test_a_symbol_nobody_has_is_not_found(client: TestClient) -> None:
    answer = client.get("/api/v1/yfinance/quote/NOBODYHASIT")
    assert answer.status_code == 404 and "look for it by name" in answer.json()["detail"]


def test_the_connection_is_told_as_the_worker_told_it(client: TestClient, workspace: Workspace) -> None:
    path = "/api/v1/ib/connection/status"
    assert client.get(path).json()["connection_state"] == "switched off"
    workspace.desk.enable(IB)
    assert client.get(path).json()["connection_state"] == "no worker"
    tell(workspace)
    found = client.get(path).json()
    assert (found["connection_state"], found["is_connected"], found["error_message"]) == ("connected", True, None)
    assert found["connected_at"] == "2026-11-18T11:06:40.000+00:00" == found["history"][0]["at"]
    assert (found["client_id"], found["market_data_lines"], found["farms"]) == (1, 2, {"usfarm": "ok"})


def test_connection_commands_are_jobs_of_the_worker(client: TestClient, workspace: Workspace) -> None:
    refused = client.post("/api/v1/ib/connection/connect")
    assert refused.status_code == 409 and "switch it on first" in refused.json()["detail"]
    workspace.desk.enable(IB)
    answer = client.post("/api/v1/ib/connection/reconnect")
    assert answer.status_code == 202
    assert workspace.store.job(answer.json()["job_id"]).kind == "source.reconnect"
    assert client.post("/api/v1/ib/connection/break").status_code == 404


def test_a_search_while_switched_off_or_not_connected_says_what_to_do(client: TestClient, workspace: Workspace) -> None:
    path = "/api/v1/ib/instruments/search/PLTR"
    assert "switched off on /sources" in client.get(path).json()["detail"]
    workspace.desk.enable(IB)
    tell(workspace, state="reconnecting", error="no gateway at 127.0.0.1:4002: start TWS or IB Gateway")
    answer = client.get(path, params={"sec_type": "STK"})
    assert answer.status_code == 409 and "start TWS" in answer.json()["detail"]
    assert client.get(path, params={"limit": 0}).status_code == 422
