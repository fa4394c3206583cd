"""REST of the sources, over a real workspace, a loopback Yahoo and what a worker would tell."""

from __future__ import annotations

from collections.abc import Iterator

import panel as pn
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.settings import Settings, load_settings
from nautilus_data.workspace import Workspace, open_workspace
from tests import rest
from tests.loopback_yahoo import LoopbackYahoo, loopback_yahoo
from tests.services.test_sources import bars

IB = "interactive_brokers"
AT = 1_795_000_000_000_000_000
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
            "connected_at": AT, "farms": {"usfarm": "ok"},
            "history": [{"at": AT, "state": "connected", "reason": ""}]}  # fmt: skip
    workspace.store.save_source_state(IB, {**told, **more})
    workspace.desk.refresh()


def test_all_sources_are_listed_in_order_with_null_for_what_is_not_known(client: TestClient) -> None:
    found = {row["name"]: row for row in client.get(STATUS).json()}
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


@pytest.mark.parametrize("symbol", ["AAPL", "AAPL.NASDAQ", "EURUSD=X", "EUR/USD.IDEALPRO", "BTC-USD"])
def test_a_quote_is_told_exactly_by_instrument_or_yahoos_symbol(client: TestClient, symbol: str) -> None:
    found = client.get(f"/api/v1/yfinance/quote/{symbol}").json()
    assert float(found["price"]) > 0 and isinstance(found["price"], str)
    assert found["ts_event"].endswith("Z")


def test_a_symbol_nobody_has_is_not_found(client: TestClient) -> None:
    answer = client.get("/api/v1/yfinance/quote/NOBODYHASIT")
    assert answer.status_code == 404 and "look for it by name" in answer.json()["detail"]


def test_the_connection_is_told_as_the_worker_told_it(client: TestClient, workspace: Workspace) -> None:
    path = "/api/v1/ib/connection"
    assert client.get(f"{path}/status").json()["connection_state"] == "switched off"
    assert client.get(f"{path}/history").json() == client.get(f"{path}/outages").json() == []
    workspace.desk.enable(IB)
    assert client.get(f"{path}/status").json()["connection_state"] == "no worker"
    tell(workspace, outages=[{"start": AT - 10**9, "end": 0, "reason": "farm usfarm is gone"}])
    found = client.get(f"{path}/status").json()
    assert (found["connection_state"], found["is_connected"], found["error_message"]) == ("connected", True, None)
    assert (found["client_id"], found["market_data_lines"], found["farms"]) == (1, 2, {"usfarm": "ok"})
    (change,) = client.get(f"{path}/history").json()
    assert found["connected_at"] == "2026-11-18T11:06:40.000000000Z" == change["ts_event"]
    (outage,) = client.get(f"{path}/outages").json()
    assert outage == {"ts_start": "2026-11-18T11:06:39.000000000Z", "ts_end": None, "reason": "farm usfarm is gone"}


def test_account_and_positions_are_told_exactly_and_are_empty_before(client: TestClient, workspace: Workspace) -> None:
    assert client.get("/api/v1/ib/account").json() == client.get("/api/v1/ib/positions").json() == []
    value = {"account": "U1", "tag": "NetLiquidation", "value": "100000.10", "currency": "USD", "amount": "100000.10"}
    held = {"account": "U1", "instrument_id": "AAPL.NASDAQ", "quantity": "-5", "average_cost": "1.5"}
    workspace.store.save_source_state(f"{IB} account", {"values": [value], "positions": [held]})
    workspace.desk.refresh()
    answer = client.get("/api/v1/ib/account")
    assert answer.json() == [{name: value[name] for name in ("account", "tag", "value", "currency")}]
    assert answer.headers["X-Told-At"].endswith("Z")
    assert client.get("/api/v1/ib/positions").json() == [held]


def test_connection_commands_are_jobs_of_the_worker(client: TestClient, workspace: Workspace) -> None:
    refused = client.post("/api/v1/ib/connection/connect")
    assert refused.status_code == 409 and "switch it on first" in refused.json()["detail"]
    workspace.desk.enable(IB)
    answer = client.post("/api/v1/ib/connection/reconnect")
    assert answer.status_code == 202
    assert workspace.store.job(answer.json()["job_id"]).kind == "source.reconnect"
    assert client.post("/api/v1/ib/connection/break").status_code == 422


def test_a_search_while_switched_off_or_not_connected_says_what_to_do(client: TestClient, workspace: Workspace) -> None:
    path = "/api/v1/ib/instruments/search/PLTR"
    assert "switched off on /sources" in client.get(path).json()["detail"]
    workspace.desk.enable(IB)
    tell(workspace, state="reconnecting", error="no gateway at 127.0.0.1:4002: start TWS or IB Gateway")
    answer = client.get(path, params={"sec_type": "STK"})
    assert answer.status_code == 409 and "start TWS" in answer.json()["detail"]
    assert client.get(path, params={"limit": 0}).status_code == 422


def test_the_order_is_put_and_kept(client: TestClient, workspace: Workspace) -> None:
    path = "/api/v1/multi-datasource/order"
    assert client.put(path, json={"names": ["sample", "yahoo"]}).json()["names"][:2] == ["sample", "yahoo"]
    assert client.get(path).json()["names"] == list(workspace.desk.order())
    unknown = client.put(path, json={"names": ["nope"]})
    assert unknown.status_code == 404 and "no source is called 'nope'" in unknown.json()["detail"]
    assert client.put(path, json={"names": ["yahoo", "yahoo"]}).status_code == 409
    assert workspace.desk.order()[:2] == ("sample", "yahoo")


def test_what_is_watched_is_listed_with_why_nothing_comes_and_let_go(client: TestClient, workspace: Workspace) -> None:
    path, asked = "/api/v1/multi-datasource/watches", {"instrument_id": "EUR/USD.IDEALPRO", "kind": "MID"}
    off = client.post(path, json=asked)
    assert off.status_code == 409 and "switch it on first" in off.json()["detail"]
    workspace.desk.enable(IB)
    assert client.post(path, json=asked).status_code == 201
    (row,) = client.get(path).json()
    assert (row["instrument_id"], row["kind"], row["note"]) == ("EUR/USD.IDEALPRO", "MID", "no worker tells of it")
    assert client.get("/api/v1/multi-datasource/latest").json() == []
    assert client.delete(path, params=asked).status_code == 204
    assert client.get(path).json() == []
    assert client.delete(path, params=asked).status_code == 404
    assert client.post(path, json={**asked, "kind": "TICKS"}).status_code == 422
    assert client.post(path, json={**asked, "instrument_id": "EUR/USD"}).status_code == 422


def test_limits_are_rows_of_each_source(client: TestClient) -> None:
    rows = client.get("/api/v1/multi-datasource/quotas").json()
    assert {row["source"] for row in rows} >= {"yahoo", "alpha_vantage"}
    assert all(row["left"] == row["limit"] - row["used"] for row in rows)


def test_disagreements_say_their_tolerance_and_are_the_same_in_each_format(
    client: TestClient, workspace: Workspace
) -> None:
    path = "/api/v1/multi-datasource/disagreements"
    assert client.get(path).json() == []
    for source, closes in (("yahoo", [100, 100, 100]), ("sample", [101, 102, 103]), ("catalog", [104, 105, 106])):
        bars(workspace.store, source, closes)
    answer = client.get(path, params={"limit": 4})
    assert (answer.headers["X-Tolerance"], answer.headers["X-Total-Count"]) == ("0.001", "9")
    assert answer.headers["X-Complete"] == "true"
    first = answer.json()
    others = client.get(answer.links["next"]["url"]).json()
    sizes = [abs(row["difference"]) for row in [*first, *others]]
    assert sizes == sorted(sizes, reverse=True) and len(first) == 4
    assert len({str(row) for row in [*first, *others]}) == 8 == len(sizes)
    table = pa.ipc.open_stream(client.get(path, params={"format": "arrow"}).content).read_all()
    assert table.num_rows == 9 and table.schema.field("ts_event").type == pa.timestamp("ns", "UTC")


def test_a_viewer_reads_and_changes_nothing(workspace: Workspace) -> None:
    viewer = rest.client(Identity("eve", Role.VIEWER, Door.KEY))
    assert viewer.get(STATUS).status_code == 200
    for method, path, body in (
        ("post", "/api/v1/multi-datasource/disable/yahoo", None),
        ("put", "/api/v1/multi-datasource/order", {"names": ["sample"]}),
        ("post", "/api/v1/multi-datasource/watches", {"instrument_id": "A.B"}),
        ("post", "/api/v1/ib/connection/connect", None),
    ):
        answer = viewer.request(method, path, json=body)
        assert answer.status_code == 403 and "operator" in answer.json()["detail"], answer.text
    assert rest.client(None).get(STATUS).status_code == 401


@pytest.mark.parametrize("symbol", ["%00", "A%0AB", "x" * 65])
def test_a_symbol_that_can_be_none_is_refused_before_anybody_is_asked(
    client: TestClient, yahoo: LoopbackYahoo, symbol: str
) -> None:
    assert client.get(f"/api/v1/yfinance/quote/{symbol}").status_code in (404, 422)
    assert yahoo.requests == []
