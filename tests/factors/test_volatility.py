import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.volatility import (
    LEVELS,
    VarianceRiskPremium,
    VolatilityPercentile,
    VolatilityPercentileRegime,
    VolatilityRegime,
    VolatilityTermStructure,
    log_returns,
    states_of,
    with_hysteresis,
)
from tests.factors.lines import daily, line

CALM, NORMAL, ELEVATED, STRESS, CRISIS = range(5)


def regimes(*closes: float, **parameters: float) -> list[float]:
    return VolatilityRegime(**parameters).compute({"VIXCLS": daily("2020-01-06", closes)})["value"].tolist()


def test_the_first_close_has_the_state_it_lies_in() -> None:
    assert [regimes(close)[0] for close in (14.99, 15.0, 19.9, 20.0, 30.0, 39.9, 40.0, 82.69)] == [
        CALM, NORMAL, NORMAL, ELEVATED, STRESS, STRESS, CRISIS, CRISIS,
    ]  # fmt: skip


def test_a_state_is_left_at_the_fifth_close_beyond_its_edge_and_the_margin() -> None:
    assert regimes(18, 21.5, 21.5, 21.5, 21.5, 21.5) == [NORMAL] * 5 + [ELEVATED]
    # 20.9 is beyond 20 by less than 1: it does not count, and the count begins anew.
    assert regimes(18, 21.5, 21.5, 21.5, 21.5, 20.9, 21.5, 21.5) == [NORMAL] * 8
    # Down from elevated, 19.5 is beyond 20 by less than 1.
    assert regimes(25, 19.5, 19.5, 19.5, 19.5, 19.5, 19.5) == [ELEVATED] * 7
    assert regimes(25, 18.5, 18.5, 18.5, 18.5, 18.5) == [ELEVATED] * 5 + [NORMAL]


def test_closes_beyond_one_edge_and_then_the_other_are_not_in_a_row() -> None:
    assert regimes(18, 22, 22, 22, 13, 13, 22, 22) == [NORMAL] * 8


def test_a_jump_of_the_vix_goes_as_far_as_all_five_closes_do() -> None:
    assert regimes(18, 22, 25, 35, 45, 57.8, 50, 50, 50) == [NORMAL] * 5 + [ELEVATED, ELEVATED, STRESS, CRISIS]
    assert regimes(50, 35, 25, 18, 13, 12, 12) == [CRISIS] * 5 + [STRESS, ELEVATED]


def test_a_close_just_at_the_margin_does_not_count() -> None:
    assert regimes(18, 21, 21, 21, 21, 21) == [NORMAL] * 6
    assert regimes(25, 19, 19, 19, 19, 19) == [ELEVATED] * 6


def test_closes_and_margin_are_parameters() -> None:
    assert regimes(18, 20.5, 20.5, closes=2, margin=0.0) == [NORMAL, NORMAL, ELEVATED]


def test_no_close_gives_no_state() -> None:
    assert with_hysteresis(np.empty(0), LEVELS, 1.0, 5).tolist() == []
    assert np.isnan(states_of(np.array([np.nan]), LEVELS)).all()


def test_the_percentile_is_the_rank_among_the_last_years_closes() -> None:
    # 251 closes of 10.00 to 12.50 and then 11.005: above 101 of them, so rank 102 of 252.
    closes = [10 + day / 100 for day in range(251)] + [11.005]
    found = VolatilityPercentile(years=1).compute({"VIXCLS": daily("2020-01-06", closes)})
    assert found["value"].tolist() == pytest.approx([100 * 102 / 252])


def test_the_percentile_forgets_closes_older_than_its_years() -> None:
    closes = [80.0] * 10 + [10 + day / 100 for day in range(252)]
    found = VolatilityPercentile(years=1).compute({"VIXCLS": daily("2020-01-06", closes)})
    assert found["value"].iloc[-1] == 100.0


@pytest.mark.parametrize(
    ("rank", "state"), [(50, CALM), (51, NORMAL), (151, NORMAL), (152, ELEVATED), (215, STRESS), (240, CRISIS)]
)
def test_the_percentile_regime_begins_at_20_60_85_and_95_percent(rank: int, state: int) -> None:
    # 51 / 252 is 20.2 %, 152 / 252 is 60.3 %, 215 / 252 is 85.3 %, 240 / 252 is 95.2 %.
    closes = [10.0 + day for day in range(251)] + [10.0 + rank - 1.5]
    found = VolatilityPercentileRegime(years=1).compute({"VIXCLS": daily("2020-01-06", closes)})
    assert found["value"].tolist() == [state]


def test_the_term_structure_is_inverted_where_one_month_is_above_three() -> None:
    lines = {
        "VIXCLS": line({"2020-03-16": 82.69, "2020-06-01": 28.0}),
        "VXVCLS": line({"2020-03-16": 60.0, "2020-06-01": 32.0}),
    }
    assert VolatilityTermStructure().compute(lines)["value"].tolist() == pytest.approx([1.378167, 0.875], abs=1e-6)


def test_the_variance_risk_premium_is_implied_less_realised_variance() -> None:
    # 22 returns of +1 % and -1 % (log) by turns: 22 %² a month. VIX 24: 576 / 12 = 48.
    prices = [4000 * np.exp(0.01 * (day % 2)) for day in range(23)]
    lines = {"SP500": daily("2024-01-01", prices), "VIXCLS": daily("2024-01-01", [24.0] * 23)}
    assert VarianceRiskPremium().compute(lines)["value"].tolist() == pytest.approx([26.0])


def test_returns_over_more_days_than_there_are_are_not_known() -> None:
    assert np.isnan(log_returns(np.array([100.0, 101.0]), 63)).all()
    np.testing.assert_allclose(log_returns(np.array([100.0, -1.0, 110.0])), [np.nan] * 3)
    assert log_returns(np.array([100.0, 110.0]))[1] == pytest.approx(9.531018)


def test_a_holiday_is_not_a_close() -> None:
    closes = daily("2020-01-06", [18, 21.5, 21.5, np.nan, 21.5, 21.5, 21.5])
    found = VolatilityRegime().compute({"VIXCLS": closes})["value"].tolist()
    assert found == [NORMAL] * 5 + [ELEVATED]
    assert len(VolatilityRegime().compute({"VIXCLS": Vintages.nothing()})) == 0
