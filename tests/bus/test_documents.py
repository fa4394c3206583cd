"""Documents answer by name, whatever they hold."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from nautilus_data.bus.documents import _ENUMS, Command, Report, Snapshot, with_names

CLASSES = {
    "order_side": "OrderSide", "order_type": "OrderType", "time_in_force": "TimeInForce", "order_status": "OrderStatus",
    "position_side": "PositionSide", "liquidity_side": "LiquiditySide", "contingency_type": "ContingencyType",
    "trigger_type": "TriggerType", "trailing_offset_type": "TrailingOffsetType",
}  # fmt: skip


@pytest.mark.skipif(find_spec("nautilus_trader") is None, reason="nautilus_trader is not installed")
@pytest.mark.parametrize("key", CLASSES)
def test_numbers_have_nautilus_traders_names(key) -> None:
    from nautilus_trader.model import enums

    theirs = {member.value: member.name for member in getattr(enums, CLASSES[key])}
    known = {number: name for number, name in enumerate(_ENUMS[key]) if name}
    # An earlier version lacks what a later one adds at the end.
    assert known == theirs | {15: "VOIDED"} if key == "order_status" else known == theirs


@pytest.mark.parametrize("value", ["BUY", None, 99, -1, True, 1.0, [1]])
def test_what_is_no_known_number_stays(value) -> None:
    assert with_names({"order_side": value}) == {"order_side": value}


@pytest.mark.parametrize("held", [None, 5, [], {}, {"V-1": None}, {"V-1": [5, None]}])
def test_a_mass_status_of_nothing_holds_itself_alone(held) -> None:
    report = Report("ExecutionMassStatus", {"order_reports": held})
    assert [part.type for part in report.reports] == ["ExecutionMassStatus"]


def test_what_is_not_told_is_empty() -> None:
    assert (Command("SubmitOrder", {"trader_id": 5}).trader_id, Snapshot("OrderSnapshot", {}).subject_id) == ("", "")
