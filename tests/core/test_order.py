"""Orders folded from their events."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import permutations

import pytest

from nautilus_data.core.order import TERMINAL, fold_order


def event(kind: str, entry: int, **fields) -> dict:
    return {"type": kind, "entry": entry, "event_id": f"{kind}-{entry}", "ts_event": entry, "ts_init": entry, **fields}


def initialized(entry: int = 1, **fields) -> dict:
    terms = {"order_side": "BUY", "order_type": "MARKET", "quantity": "10", "time_in_force": "GTC"}
    return event("OrderInitialized", entry, strategy_id="S-1", instrument_id="AAPL.NASDAQ", **(terms | fields))


def filled(entry: int, qty: str, px: str, **fields) -> dict:
    return event("OrderFilled", entry, last_qty=qty, last_px=px, **fields)


def test_an_order_keeps_the_terms_it_was_made_with() -> None:
    order = fold_order([initialized(), event("OrderSubmitted", 2, account_id="SIM-1")])
    assert (order["side"], order["quantity"], order["strategy_id"]) == ("BUY", "10", "S-1")
    assert (order["status"], order["account_id"]) == ("SUBMITTED", "SIM-1")
    assert (order["ts_init"], order["ts_last"]) == (1, 2)


def test_a_price_among_the_options_is_found() -> None:
    order = fold_order([initialized(options={"price": "1.5", "trigger_price": "1.4"})])
    assert (order["price"], order["trigger_price"]) == ("1.5", "1.4")


def test_fills_add_up_and_average_exactly() -> None:
    order = fold_order([initialized(), event("OrderAccepted", 2), filled(3, "4", "100.1"), filled(4, "6", "100.2")])
    assert (order["status"], order["filled_qty"]) == ("FILLED", "10")
    assert order["avg_px"] == float(Decimal("1001.6") / 10)


def test_a_part_of_the_quantity_is_a_partial_fill() -> None:
    order = fold_order([initialized(), filled(2, "4", "100")])
    assert (order["status"], order["filled_qty"]) == ("PARTIALLY_FILLED", "4")


def test_a_fill_seen_twice_counts_once() -> None:
    fill = filled(2, "4", "100")
    assert fold_order([initialized(), fill, fill])["filled_qty"] == "4"


def test_an_order_without_fills_has_no_average() -> None:
    order = fold_order([initialized()])
    assert order["filled_qty"] == "0"
    assert math.isnan(order["avg_px"])


def test_a_modification_of_a_partly_filled_order_leaves_it_partly_filled() -> None:
    order = fold_order([initialized(), filled(2, "4", "100"), event("OrderUpdated", 3, quantity="20", price="99")])
    assert (order["status"], order["quantity"], order["price"]) == ("PARTIALLY_FILLED", "20", "99")


def test_a_refused_cancel_leaves_the_order_accepted_with_the_reason() -> None:
    order = fold_order([initialized(), event("OrderPendingCancel", 2), event("OrderCancelRejected", 3, reason="late")])
    assert (order["status"], order["reason"]) == ("ACCEPTED", "late")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("OrderDenied", "DENIED"),
        ("OrderRejected", "REJECTED"),
        ("OrderCanceled", "CANCELED"),
        ("OrderExpired", "EXPIRED"),
    ],
)
def test_an_order_that_ended_is_never_reopened(kind: str, status: str) -> None:
    order = fold_order([initialized(), event(kind, 2, reason="why"), event("OrderAccepted", 3)])
    assert status in TERMINAL
    assert (order["status"], order["reason"]) == (status, "why")


def test_a_fill_after_the_cancel_is_counted_and_the_order_stays_canceled() -> None:
    order = fold_order([initialized(), event("OrderCanceled", 2), filled(3, "4", "100")])
    assert (order["status"], order["filled_qty"]) == ("CANCELED", "4")


def test_the_order_of_arrival_does_not_matter() -> None:
    events = [initialized(), event("OrderSubmitted", 2), event("OrderAccepted", 3), filled(4, "10", "5")]
    assert len({str(fold_order(arrived)) for arrived in permutations(events)}) == 1


def test_events_of_one_entry_follow_an_orders_own_life() -> None:
    events = [event("OrderAccepted", 1), event("OrderSubmitted", 1), initialized(1)]
    assert fold_order(events)["status"] == "ACCEPTED"


def test_an_order_found_at_the_venue_has_no_beginning() -> None:
    order = fold_order([event("OrderAccepted", 5, venue_order_id="V-1"), filled(6, "3", "2")])
    assert (order["status"], order["venue_order_id"], order["filled_qty"]) == ("PARTIALLY_FILLED", "V-1", "3")


def test_an_event_of_an_unknown_type_changes_no_status() -> None:
    assert fold_order([initialized(), event("OrderFromTheFuture", 2)])["status"] == "INITIALIZED"


def test_no_events_are_no_order() -> None:
    assert fold_order([])["status"] == ""
