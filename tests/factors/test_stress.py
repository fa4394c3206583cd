import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.stress import FinancialStress, FinancialStressRegime, SystemicStress, stress_states
from tests.factors.lines import DAY_NS, daily, weekdays

FIRST = "2020-01-06"


def spiked(count: int, last: float) -> Vintages:
    """0 and 2 by turns, then one value of its own."""
    return daily(FIRST, [2.0 * (day % 2) for day in range(count - 1)] + [last])


def calm_yield(count: int) -> Vintages:
    """Steps that grow: a volatility that is always the highest so far."""
    return daily(FIRST, np.cumsum([0.001 * day * (-1) ** day for day in range(count)]))


def test_stress_is_the_mean_of_the_scores_of_what_is_there() -> None:
    # Of 100 values, 99 of 0 and 2 by turns (50 zeros, 49 twos) and last 2: sum 100, squares 200, so mean 1 and
    # sd √(100 / 99); z = 1 / 1.005038 = 0.994987.
    spread, vix = spiked(100, 2.0), spiked(100, 2.0)
    # 10-year yield: the volatility of 22 changes is known for 78 of them, from day 22 on.
    yields = calm_yield(100)
    changes = np.diff(yields.values)
    volatility = np.array([np.std(changes[end - 22 : end], ddof=1) for end in range(22, 100)])
    score = (volatility[-1] - volatility.mean()) / volatility.std(ddof=1)
    found = FinancialStress().compute({"BAA10Y": spread, "VIXCLS": vix, "DGS10": yields})
    assert found["value"].iloc[-1] == pytest.approx((2 * 0.9949874 + score) / 3)
    # The 60th volatility is that of day 82.
    assert found["ts_event"].iloc[0] == spread.dates[81]


def test_a_high_yield_spread_counts_from_its_252nd_value_on() -> None:
    base = {"BAA10Y": spiked(300, 2.0), "VIXCLS": spiked(300, 2.0), "DGS10": calm_yield(300)}
    without = FinancialStress().compute(base)["value"]
    high_yield = spiked(300, 2.0)
    with_it = FinancialStress().compute({**base, "BAMLH0A0HYM2": high_yield})
    differs = with_it["value"].to_numpy() != without.to_numpy()
    assert with_it["ts_event"].to_numpy()[differs][0] == high_yield.dates[251]
    assert differs.sum() == 300 - 251
    # The last score of 300 values of 0 and 2, 150 of each: 1 / √(300 / 299).
    assert with_it["value"].iloc[-1] == pytest.approx((3 * without.iloc[-1] + np.sqrt(299 / 300)) / 4)


def test_what_is_published_weekly_counts_as_it_stood_and_holds_nothing_up() -> None:
    base = {"BAA10Y": spiked(200, 2.0), "VIXCLS": spiked(200, 2.0), "DGS10": calm_yield(200)}
    euro = daily(FIRST, 1.1 + 0.001 * np.random.default_rng(1).normal(size=200))
    weekly = Vintages(euro.dates, (euro.dates // (7 * DAY_NS) + 1) * 7 * DAY_NS + 5 * DAY_NS, euro.values)
    found, without = FinancialStress().compute({**base, "DEXUSEU": weekly}), FinancialStress().compute(base)
    assert found["ts_init"].tolist() == without["ts_init"].tolist()
    assert (found["value"] != without["value"]).any()


def test_a_falling_market_is_stress() -> None:
    base = {"BAA10Y": spiked(300, 2.0), "VIXCLS": spiked(300, 2.0), "DGS10": calm_yield(300)}
    steady = [100.0 + 0.1 * (day % 2) for day in range(280)]
    fall = daily(FIRST, [*steady, *(100 * 0.98**day for day in range(20))])
    rise = daily(FIRST, [*steady, *(100 * 1.02**day for day in range(20))])
    down, up = (FinancialStress().compute({**base, "SP500": market})["value"].iloc[-1] for market in (fall, rise))
    # Both are at the limit of ±4, among four scores.
    assert down - up == pytest.approx(8 / 4)


@pytest.mark.parametrize(("stress", "state"), [(-0.5, 0), (0.0, 0), (0.5, 1), (1.0, 1), (1.5, 2), (2.0, 2), (2.5, 3)])
def test_states_of_stress_begin_above_0_1_and_2(stress: float, state: int) -> None:
    assert stress_states(np.array([stress])).tolist() == [state]


def test_the_regime_is_that_of_the_composite() -> None:
    lines = {"BAA10Y": spiked(300, 9.0), "VIXCLS": spiked(300, 9.0), "DGS10": calm_yield(300)}
    score, state = FinancialStress().compute(lines), FinancialStressRegime().compute(lines)
    assert score["value"].iloc[-1] > 2
    assert FinancialStressRegime.states[int(state["value"].iloc[-1])] == "severe"
    assert score["ts_init"].tolist() == state["ts_init"].tolist()


def moving(count: int) -> dict[str, Vintages]:
    """Lines that all become more restless day by day: every block has the highest rank so far."""
    growing = [0.001 * day * (-1) ** day for day in range(count)]
    level = np.arange(1.0, count + 1)
    return {
        "VIXCLS": daily(FIRST, level),
        "BAA10Y": daily(FIRST, level / 100),
        "DGS3MO": daily(FIRST, np.cumsum(growing)),
        "DGS10": daily(FIRST, np.cumsum(growing)),
        "DEXUSEU": daily(FIRST, np.exp(np.cumsum(growing) / 100)),
    }


def test_systemic_stress_is_1_when_all_blocks_are_at_their_worst_together() -> None:
    # All ranks are 1, so all deviations are ½ and all correlations 1: s'Cs / 25 = 25 / 25.
    found = SystemicStress().compute(moving(700))
    assert found["value"].to_numpy() == pytest.approx(1.0)
    # 22 changes, 252 ranks of their volatility, then 252 days for the correlations.
    assert found["ts_event"].iloc[0] == weekdays(FIRST, 700)[22 + 251 + 252]


def test_systemic_stress_is_less_where_one_block_goes_the_other_way() -> None:
    lines = moving(700)
    # A VIX that falls day by day has rank 1 / n, all its correlations with the others are about -1.
    lines["VIXCLS"] = daily(FIRST, np.arange(700.0, 0.0, -1.0))
    found = SystemicStress().compute(lines)["value"].iloc[-1]
    # Four blocks of 1 and one of 1/700: (16 - 8 / 700 + 1 / 700²) / 25.
    assert found == pytest.approx((16 - 8 / 700 + 1 / 490_000) / 25, abs=2e-4)


def test_systemic_stress_needs_the_dollar_as_it_stood_then() -> None:
    lines = moving(700)
    lines["DEXUSEU"] = lines["DEXUSEU"].until(int(lines["DEXUSEU"].known[600]))
    found = SystemicStress().compute(lines)
    # The last value stands for 14 days: ten weekdays.
    assert found["ts_event"].iloc[-1] == weekdays(FIRST, 700)[610]
