from __future__ import annotations

import statistics

import pytest

from tests.factors.company.last_row import last_reason, last_value

EPS = [1.0, 1.1, 1.2, 1.3, 1.1, 1.15, 1.4, 1.2, 1.3, 1.2, 1.5, 1.6, 1.9]
ASSETS = {"Assets": [1]}


def sue(eps: list[float]) -> float:
    change = [later - earlier for earlier, later in zip(eps[:-4], eps[4:], strict=True)]
    return change[-1] / statistics.stdev(change[:-1])


def test_the_surprise_is_a_years_difference_by_the_deviation_of_the_eight_before() -> None:
    assert len(EPS) == 4 + 8 + 1
    assert last_value("sue", {"EarningsPerShareBasic": EPS}, ASSETS) == pytest.approx(sue(EPS))
    assert last_value("sue", {"EarningsPerShareBasic": [9.0, *EPS]}, ASSETS) == pytest.approx(sue(EPS))


def test_six_differences_do_and_five_do_not() -> None:
    assert last_value("sue", {"EarningsPerShareBasic": EPS[2:]}, ASSETS) == pytest.approx(sue(EPS[2:]))
    reason = last_reason("sue", {"EarningsPerShareBasic": EPS[3:]}, ASSETS)
    assert reason == "Earnings per share, basic of 11 quarters in a row up to 2024-12-31 is not known"


def test_diluted_earnings_do_where_basic_ones_are_not_told() -> None:
    assert last_value("sue", {"EarningsPerShareDiluted": EPS}, ASSETS) == pytest.approx(sue(EPS))


def test_differences_that_never_vary_give_no_surprise() -> None:
    steady = [1.0 + 0.1 * place for place in range(13)]
    assert "not above 0" in last_reason("sue", {"EarningsPerShareBasic": steady}, ASSETS)
