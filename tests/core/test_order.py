"""Orders folded from their events."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_a_cancel_that_comes_after_the_last_fill_does_not_unfill() -> None:
    order = fold_order([initialized(), filled(2, "10", "5"), event("OrderCanceled", 3)])
    assert (order["status"], order["filled_qty"]) == ("FILLED", "10")


def test_a_fill_that_completes_a_canceled_order_fills_it() -> None:
    order = fold_order([initialized(), event("OrderCanceled", 2), filled(3, "10", "5")])
    assert order["status"] == "FILLED"


def test_a_fill_before_the_events_that_caused_it_counts_whole() -> None:
    """The bus writes effects before causes."""
    events = [filled(1, "10", "5"), initialized(2), event("OrderSubmitted", 3), event("OrderAccepted", 4)]
    assert fold_order(events)["status"] == "FILLED"


def test_an_emulated_order_takes_the_terms_it_is_released_with_and_keeps_its_beginning() -> None:
    events = [
        initialized(1, order_type="STOP_MARKET", options={"trigger_price": "9"}), event("OrderEmulated", 2),
        event("OrderReleased", 3), initialized(4), event("OrderSubmitted", 5), filled(6, "3", "9"),
    ]  # fmt: skip
    states = [fold_order(events[:count])["status"] for count in range(1, 7)]
    assert states == ["INITIALIZED", "EMULATED", "RELEASED", "RELEASED", "SUBMITTED", "PARTIALLY_FILLED"]
    order = fold_order(events)
    assert (order["type"], order["trigger_price"], order["ts_init"]) == ("MARKET", "9", 1)


def test_a_change_to_an_emulated_order_does_not_send_it_to_the_venue() -> None:
    order = fold_order([initialized(), event("OrderEmulated", 2), event("OrderUpdated", 3, trigger_price="8")])
    assert (order["status"], order["trigger_price"]) == ("EMULATED", "8")


def test_a_pending_cancel_of_a_partly_filled_order_is_pending() -> None:
    order = fold_order([initialized(), filled(2, "4", "5"), event("OrderPendingCancel", 3)])
    assert (order["status"], order["filled_qty"]) == ("PENDING_CANCEL", "4")


def voided(entry: int, qty: str, trade: str = "x", **fields) -> dict:
    return event("OrderFillVoided", entry, trade_id=trade, voided_qty=qty, **fields)


@pytest.mark.parametrize(
    ("events", "status", "filled_qty"),
    [
        ([filled(3, "10", "5", trade_id="x"), voided(4, "10")], "VOIDED", "0"),
        ([filled(3, "10", "5", trade_id="x"), voided(4, "4")], "VOIDED", "6"),
        # Each tells the whole quantity of its trade.
        ([filled(3, "10", "5", trade_id="x"), voided(4, "4"), voided(5, "6")], "VOIDED", "4"),
        ([filled(3, "4", "5", trade_id="x"), voided(4, "4")], "ACCEPTED", "0"),
        ([filled(3, "4", "5", trade_id="x"), voided(4, "1")], "PARTIALLY_FILLED", "3"),
        ([filled(3, "4", "5", trade_id="x"), event("OrderCanceled", 4), voided(5, "4")], "CANCELED", "0"),
        ([filled(3, "10", "5", trade_id="x"), voided(4, "10", is_reopened=True)], "ACCEPTED", "0"),
        ([filled(3, "10", "5", trade_id="x"), voided(4, "3", is_reopened=True)], "PARTIALLY_FILLED", "7"),
        (
            [filled(3, "10", "5", trade_id="x"), voided(4, "3", is_reopened=True), filled(5, "3", "5", trade_id="y")],
            "FILLED", "10",
        ),
        # Its fill was never told.
        ([voided(3, "10")], "VOIDED", "0"),
    ],
)  # fmt: skip
def test_a_fill_that_is_voided_counts_no_more(events: list[dict], status: str, filled_qty: str) -> None:
    order = fold_order([initialized(), event("OrderAccepted", 2), *events])
    assert (order["status"], order["filled_qty"]) == (status, filled_qty)


_KINDS = st.sampled_from(
    ["OrderInitialized", "OrderSubmitted", "OrderAccepted", "OrderUpdated", "OrderPendingCancel", "OrderCanceled",
     "OrderTriggered", "OrderRejected", "OrderExpired", "OrderFilled", "OrderCancelRejected", "Unknown"]
)  # fmt: skip


@st.composite
def _lives(draw: st.DrawFn) -> list[dict]:
    """Events of one order, some in one entry, some seen twice; fills of 1 to 5 at cents."""
    events = []
    for number in range(draw(st.integers(1, 12))):
        terms = {"last_qty": str(draw(st.integers(1, 5))), "last_px": f"{draw(st.integers(1, 9999)) / 100:.2f}"}
        one = event(draw(_KINDS), draw(st.integers(1, 8)), quantity=draw(st.sampled_from(["5", "10", None])), **terms)
        events.append(one | {"event_id": f"e-{number}"})
    return events + draw(st.lists(st.sampled_from(events), max_size=4))


@given(events=_lives(), random=st.randoms())
def test_an_order_is_the_same_in_whatever_order_its_events_come(events: list[dict], random: Random) -> None:
    shuffled = random.sample(events, len(events))
    assert str(fold_order(events)) == str(fold_order(shuffled))


@given(events=_lives())
def test_what_is_filled_is_the_sum_of_the_fills_each_once(events: list[dict]) -> None:
    fills = {one["event_id"]: one for one in events if one["type"] == "OrderFilled"}.values()
    order = fold_order(events)
    assert Decimal(order["filled_qty"]) == sum(Decimal(one["last_qty"]) for one in fills)
    if fills:
        assert min(float(one["last_px"]) for one in fills) - 1e-9 <= order["avg_px"]
    if order.get("quantity") and fills and Decimal(order["filled_qty"]) >= Decimal(order["quantity"]):
        assert order["status"] == "FILLED"
