"""REST of executions."""

from __future__ import annotations

import pytest

from tests.services.said import T0, fill, instrument, ns, order, position, ready

ROOT = "/api/v1/portfolio"
FX = "GBP/USD.SIM"
ASKED = {"instrument_id": FX}


def traded(ms: int, side: str, name: str, **fields: object) -> object:
    ids = {"event_id": f"f-{name}", "trade_id": f"x-{name}", "client_order_id": f"O-{name}"}
    return fill(ms, **{**ids, "order_side": side, "last_qty": "10", "commission": "0.10 USD", **fields})


@pytest.fixture
def round_trip(feed) -> None:
    state = {"currency": "USD", "ts_opened": str(ns(T0 + 1)), "peak_qty": "10"}
    feed(ready(T0), instrument(FX))
    feed(order("OrderInitialized", T0, client_order_id="O-1", order_side="BUY", order_type="MARKET", quantity="10"))
    feed(traded(T0 + 1, "BUY", "1", last_px="1.50"), traded(T0 + 2, "SELL", "2", last_px="1.70"))
    feed(position(T0 + 2, type="PositionClosed", side="FLAT", quantity="0", ts_closed=str(ns(T0 + 2)), **state))


def test_a_round_trip_is_told_with_its_profit(client, round_trip) -> None:
    (row,) = client.get(f"{ROOT}/round-trips", params=ASKED).json()
    assert (row["side"], row["quantity"], row["held_qty"], row["entries"], row["exits"]) == ("LONG", "10", "0", 1, 1)
    assert (float(row["pnl"]), float(row["net_pnl"]), row["paid"]) == (2.0, 1.8, {"USD": "0.20"})
    assert row["lasted_s"] == 0.001 and row["run_id"] == str(ns(T0))
    assert client.get(f"{ROOT}/round-trips", params={**ASKED, "run_id": 1}).json() == []
    assert client.get(f"{ROOT}/round-trips", params={**ASKED, "end": "2001-01-01"}).json() == []


def test_the_life_of_an_order_is_told_event_by_event(client, round_trip) -> None:
    asked = {"trader_id": "T-1", "run_id": ns(T0), "client_order_id": "O-1"}
    rows = client.get(f"{ROOT}/orders/life", params=asked).json()
    assert [row["type"] for row in rows] == ["OrderInitialized", "OrderFilled"]
    assert (rows[0]["filled_qty"], rows[1]["filled_qty"], rows[1]["trade_id"]) == ("0", "10", "x-1")
    first = client.get(f"{ROOT}/orders/life", params={**asked, "limit": 1})
    assert client.get(first.links["next"]["url"]).json() == rows[1:]
    missing = client.get(f"{ROOT}/orders/life", params={**asked, "client_order_id": "O-9"})
    assert missing.status_code == 404 and "O-9" in missing.json()["detail"]


def test_working_orders_are_told(client, feed) -> None:
    feed(ready(T0), instrument(FX))
    terms = {"order_side": "BUY", "order_type": "LIMIT", "quantity": "10", "options": {"price": "1.5"}}
    feed(order("OrderInitialized", T0, client_order_id="O-1", **terms),
         order("OrderAccepted", T0 + 1, client_order_id="O-1"))  # fmt: skip
    (row,) = client.get(f"{ROOT}/orders/working", params=ASKED).json()
    assert (row["client_order_id"], row["status"], row["left_qty"], row["price"]) == ("O-1", "ACCEPTED", "10", "1.5")
    assert client.get(f"{ROOT}/orders/working", params={"instrument_id": "AAPL.NASDAQ"}).json() == []


@pytest.mark.parametrize("path", ["round-trips", "orders/working", "orders/life"])
def test_what_is_needed_is_named(client, path: str) -> None:
    answer = client.get(f"{ROOT}/{path}")
    assert answer.status_code == 422 and "id" in answer.json()["detail"]
