"""An order's life in words, with its terms as of then."""

from __future__ import annotations

from decimal import Decimal

from nautilus_data.core.order_life import notes, tell, voided
from tests.core.test_order import event, filled, initialized
from tests.core.test_order import voided as void


def limit(entry: int = 1, **fields) -> dict:
    return initialized(entry, order_type="LIMIT", options={"price": "100"}, **fields)


def words(*events: dict) -> list[str]:
    return [step.words for step in tell(events)]


def test_a_life_is_told_in_order_and_each_event_once() -> None:
    events = [limit(), event("OrderSubmitted", 2), event("OrderAccepted", 3), event("OrderCanceled", 4)]
    told = ["Created BUY 10 LIMIT at 100", "Sent to the venue", "Accepted by the venue", "Canceled"]
    assert words(*reversed(events), events[1]) == told


def test_a_change_says_from_what_to_what_and_leaves_the_rest() -> None:
    changed = event("OrderUpdated", 3, price="101", quantity="20", trigger_price=None)
    first, _, last = tell([limit(), event("OrderAccepted", 2), changed])
    assert last.words == "Changed price 100 → 101, quantity 10 → 20"
    assert (last.from_price, last.at_price, last.quantity) == (Decimal(100), Decimal(101), Decimal(20))
    assert (first.at_price, first.trigger_price) == (Decimal(100), None)


def test_a_stop_stands_at_its_trigger_and_a_stop_limit_at_its_limit() -> None:
    [stop] = tell([initialized(order_type="STOP_MARKET", options={"trigger_price": "9"})])
    [both] = tell([initialized(order_type="STOP_LIMIT", options={"trigger_price": "9", "price": "9.5"})])
    assert (stop.at_price, both.at_price) == (Decimal(9), Decimal("9.5"))
    assert both.words == "Created BUY 10 STOP LIMIT at 9.5, trigger 9"


def test_fills_say_how_much_of_the_order_is_filled_by_then() -> None:
    steps = tell([limit(), filled(2, "4", "99.5", trade_id="x"), filled(3, "6", "100", trade_id="y")])
    assert [step.words for step in steps[1:]] == ["Filled 4 at 99.5: 4 of 10", "Filled 6 at 100: 10 of 10"]
    assert [(step.part, step.filled_qty, step.last_qty) for step in steps[1:]] == [(1, 4, 4), (2, 10, 6)]


def test_a_void_takes_back_what_it_says() -> None:
    events = [limit(), filled(2, "4", "5", trade_id="x"), filled(3, "6", "5", trade_id="y"), void(4, "3", "y")]
    last = tell(events)[-1]
    assert (last.words, last.filled_qty) == ("Fill voided: 3 of trade y, 7 of 10 is left", Decimal(7))
    assert voided(events) == {"y": Decimal(3)}


def test_each_void_tells_the_whole_of_its_trade() -> None:
    events = [limit(), filled(2, "10", "5", trade_id="x"), void(3, "4"), void(4, "6")]
    assert (tell(events)[-1].filled_qty, voided(events)) == (4, {"x": Decimal(6)})


def test_why_an_order_was_refused_is_kept() -> None:
    steps = tell([limit(), event("OrderDenied", 2, reason="NOTIONAL_EXCEEDS_MAX")])
    assert (steps[1].words, steps[1].reason) == ("Denied before it was sent", "NOTIONAL_EXCEEDS_MAX")


def test_an_emulated_order_is_held_back_released_and_becomes_another() -> None:
    events = [initialized(order_type="STOP_MARKET", options={"trigger_price": "9"}), event("OrderEmulated", 2),
              event("OrderReleased", 3, released_price="9.1"), initialized(4)]  # fmt: skip
    assert words(*events)[1:] == [
        "Held back: emulated by the node", "Released to the venue at 9.1", "Became BUY 10 MARKET, trigger 9",
    ]  # fmt: skip


def test_an_order_found_at_the_venue_has_terms_nobody_told() -> None:
    steps = tell([event("OrderAccepted", 1), filled(2, "3", "2")])
    assert [step.words for step in steps] == ["Accepted by the venue", "Filled 3 at 2: 3"]
    assert steps[0].at_price is None


def test_an_event_of_a_type_from_the_future_is_named_and_a_wrong_number_hides_nothing() -> None:
    steps = tell([limit(), event("OrderFromTheFuture", 2), event("OrderUpdated", 3, price="much")])
    assert (steps[1].words, steps[2].at_price) == ("OrderFromTheFuture", Decimal(100))


def test_what_is_special_about_an_order_is_said_once() -> None:
    made = initialized(
        order_type="TRAILING_STOP_MARKET", emulation_trigger="BID_ASK", reduce_only=True, post_only=False,
        contingency_type="OCO", linked_order_ids=["O-2"],
        options={"trailing_offset": "0.5", "trailing_offset_type": "BASIS_POINTS"},
    )  # fmt: skip
    released = initialized(4, emulation_trigger="NO_TRIGGER", contingency_type="NO_CONTINGENCY")
    assert notes([released, made]) == [
        "emulated by the node on bid ask", "trails by 0.5 basis points", "OCO with O-2", "reduce only",
    ]  # fmt: skip
    assert notes([initialized()]) == []
