import pytest

from nautilus_data.factors.credit import CreditImpulse, HighYieldImpulse
from tests.factors.lines import daily, weekdays

FIRST = "2024-01-01"


def test_the_credit_impulse_is_the_change_over_63_days_in_basis_points() -> None:
    found = CreditImpulse().compute({"BAA10Y": daily(FIRST, [1.60, *[1.70] * 62, 1.85, 1.50])})
    # 1.85 - 1.60 and 1.50 - 1.70
    assert found["value"].tolist() == pytest.approx([25.0, -20.0])
    assert found["ts_event"].tolist() == weekdays(FIRST, 65)[63:].tolist()


def test_the_days_of_the_impulse_are_a_parameter() -> None:
    found = CreditImpulse(days=5).compute({"BAA10Y": daily(FIRST, [1.6, 1.6, 1.6, 1.6, 1.6, 1.7])})
    assert found["value"].tolist() == pytest.approx([10.0])


def test_a_line_shorter_than_the_change_has_none() -> None:
    assert len(CreditImpulse().compute({"BAA10Y": daily(FIRST, [1.6] * 63)})) == 0


def test_the_high_yield_impulse_begins_with_the_252nd_value() -> None:
    spreads = [3.0 + day / 100 for day in range(253)]
    found = HighYieldImpulse().compute({"BAMLH0A0HYM2": daily(FIRST, spreads)})
    assert found["ts_event"].tolist() == weekdays(FIRST, 253)[251:].tolist()
    assert found["value"].tolist() == pytest.approx([63.0, 63.0])
    assert len(HighYieldImpulse().compute({"BAMLH0A0HYM2": daily(FIRST, spreads[:251])})) == 0
