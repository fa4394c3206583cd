"""REST of what is traded."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from tests.services.said import T0, account, fill, instrument, ns, order, position, ready, trade

ROOT = "/api/v1/portfolio"
AAPL = "AAPL.NASDAQ"


@pytest.fixture
def traded(feed) -> None:
    """T-1 is long 100 AAPL from 100, now 110, after an earlier run; T-2 has an account alone."""
    feed(ready(T0 - 1000), account(T0 - 1000, {"USD": "1.00"}))
    feed(ready(T0), instrument(AAPL), account(T0, {"USD": "1000.10", "EUR": "5"}))
    feed(
        order("OrderInitialized", T0, client_order_id="O-1", order_side="BUY", order_type="MARKET", quantity="100"),
        fill(T0 + 1, client_order_id="O-1", event_id="f-1", instrument_id=AAPL, order_side="BUY", last_qty="100",
             last_px="100.00", commission="0.10 USD"),
        position(T0 + 1, instrument_id=AAPL, side="LONG", quantity="100", avg_px_open=100.0, position_id="P-1",
                 realized_pnl="-0.10 USD"),
        trade(AAPL, "110"),
    )  # fmt: skip
    feed(ready(T0, "T-2"), account(T0, {"USD": "7"}, trader_id="T-2"))


def test_traders_and_their_runs_are_told(client, traded) -> None:
    assert client.get(f"{ROOT}/traders").json() == [{"trader_id": "T-1"}, {"trader_id": "T-2"}]
    runs = client.get(f"{ROOT}/runs", params={"trader_id": "T-1"}).json()
    assert [int(run["run_id"]) for run in runs] == [ns(T0), ns(T0 - 1000)]
    assert runs[0]["ts_started"] == "2023-11-14T22:13:20.000000000Z"
    assert len(client.get(f"{ROOT}/runs").json()) == 3


def test_money_is_exact(client, traded) -> None:
    rows = client.get(f"{ROOT}/accounts", params={"trader_id": "T-1"}).json()
    assert [(row["currency"], row["total"]) for row in rows] == [("EUR", "5"), ("USD", "1000.10")]
    assert {row["currency"]: row["equity"] for row in client.get(f"{ROOT}/totals").json()}["USD"] == "2007.10"


def test_positions_are_marked(client, traded) -> None:
    (row,) = client.get(f"{ROOT}/positions").json()
    assert (row["side"], row["signed_qty"], row["mark"], row["mark_kind"], row["unrealized_pnl"]) == (
        "LONG", "100", "110", "trade", "1000",
    )  # fmt: skip
    assert row["ts_closed"] is None and row["ts_marked"] == "2023-11-14T22:13:20.000000000Z"


def test_orders_and_fills_are_those_of_the_run(client, traded) -> None:
    (placed,) = client.get(f"{ROOT}/orders").json()
    assert (placed["client_order_id"], placed["status"], placed["filled_qty"]) == ("O-1", "FILLED", "100")
    (filled,) = client.get(f"{ROOT}/fills", params={"run_id": ns(T0)}).json()
    assert (filled["event_id"], filled["last_px"], filled["commission"]) == ("f-1", "100.00", "0.10")
    assert client.get(f"{ROOT}/fills", params={"run_id": ns(T0 - 1000)}).json() == []


def test_the_same_rows_as_the_service(client, workspace, traded) -> None:
    rows = csv.DictReader(io.StringIO(client.get(f"{ROOT}/fills?format=csv").text))
    told = workspace.portfolio.fills()
    assert [Decimal(row["last_qty"]) for row in rows] == told["last_qty"].tolist()


def test_equity_is_told_in_order_of_time(client, workspace, traded) -> None:
    assert workspace.portfolio.record_equity()
    (row,) = client.get(f"{ROOT}/equity", params={"trader_id": "T-1", "currency": "USD"}).json()
    assert (row["balance"], row["unrealized_pnl"], row["equity"]) == (1000.1, 1000.0, 2000.1)
    assert client.get(f"{ROOT}/equity", params={"currency": "JPY"}).json() == []


def test_every_fill_comes_once_though_new_ones_come_meanwhile(client, feed) -> None:
    def sold(number: int) -> object:
        return fill(T0 + number, event_id=f"f-{number}", client_order_id=f"O-{number}", trade_id=f"x-{number}")

    feed(ready(T0), *(sold(number) for number in range(1, 21)))
    path, seen = f"{ROOT}/fills?limit=6", []
    while path:
        answer = client.get(path)
        seen += [row["event_id"] for row in answer.json()]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
        feed(sold(100 + len(seen)))
    assert seen == [f"f-{number}" for number in range(20, 0, -1)]


@pytest.mark.parametrize("path", ["accounts", "positions", "orders", "fills", "equity", "totals", "runs", "traders"])
def test_nothing_booked_is_no_error(client, path: str) -> None:
    assert client.get(f"{ROOT}/{path}").json() == []
    assert client.get(f"{ROOT}/{path}?format=parquet").status_code == 200


@pytest.mark.parametrize("asked", ["run_id=-1", "run_id=x", f"run_id={2**63}", "trader_id=", "trader_id=%00"])
def test_what_the_description_forbids_is_refused(client, asked: str) -> None:
    assert client.get(f"{ROOT}/fills?{asked}").status_code == 422
