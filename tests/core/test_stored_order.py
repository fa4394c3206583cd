"""Orders made of the stored rows of their events."""

from __future__ import annotations

import json

from nautilus_data.core.dataset import ORDER_EVENTS, ORDERS
from nautilus_data.core.stored_order import order_event, order_rows, order_text


def event(kind: str, entry: int, order: str = "O-1", **body: object) -> dict:
    row = dict.fromkeys(ORDER_EVENTS.columns, "") | {"trader_id": "T-1", "run_id": 7, "client_order_id": order}
    told = {"type": kind, "event_id": f"{kind}-{entry}", "ts_event": "2020-01-01T00:00:00Z", **body}
    return row | {"entry": entry, "ts_event": entry, "ts_init": entry, "body": json.dumps(told)}


def test_each_order_is_one_row_in_the_order_of_its_columns() -> None:
    first = event("OrderInitialized", 1, quantity="5", options={"price": "1.5"})
    rows = order_rows([event("OrderAccepted", 2), event("OrderInitialized", 3, "O-2"), first])
    found = {row[2]: dict(zip(ORDERS.columns, row, strict=True)) for row in rows}
    assert {name: one["status"] for name, one in found.items()} == {"O-1": "ACCEPTED", "O-2": "INITIALIZED"}
    assert (found["O-1"]["ts_last"], found["O-1"]["price"], found["O-2"]["quantity"]) == (2, "1.5", "")


def test_an_order_in_one_line() -> None:
    events = [order_event(event("OrderInitialized", 1, quantity="5", options={"price": "1.5"}))]
    assert order_text(events) == "INITIALIZED 0/5 @ 1.5"
    assert order_text([]) == ""
