import pandas as pd

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.activity import ActivityImpulse
from nautilus_data.factors.inflation import InflationMomentum
from nautilus_data.factors.quadrant import GrowthInflationQuadrant
from tests.factors.activity_lines import activity_lines
from tests.factors.lines import DAY_NS, monthly

# Prices that rise by 0.1 % a month for two years, then by 0.4 % for one, and so on.
PACE = ([1.001] * 24 + [1.004] * 12) * 7


def lines() -> dict[str, Vintages]:
    prices = pd.Series(PACE).cumprod() * 100
    return {**activity_lines(), "PCEPILFE": monthly("2000-01", prices.tolist()[:240], late_days=58)}


def test_the_quadrant_is_the_sign_of_growth_by_the_sign_of_inflation_momentum() -> None:
    of = lines()
    found = GrowthInflationQuadrant().compute(of)
    growth, momentum = ActivityImpulse().compute(of), InflationMomentum().compute(of)
    for row in found.itertuples():
        impulse = growth[growth["ts_init"] <= row.ts_init]["value"].iloc[-1]
        pace = momentum[momentum["ts_init"] <= row.ts_init]["value"].iloc[-1]
        label = f"growth {'faster' if impulse > 0 else 'slower'}, inflation {'rising' if pace > 0 else 'falling'}"
        assert GrowthInflationQuadrant.states[int(row.value)] == label
    assert set(found["value"]) == {0.0, 1.0, 2.0, 3.0}


def test_the_quadrant_turns_when_prices_come_though_activity_says_nothing_new() -> None:
    of = lines()
    found = GrowthInflationQuadrant().compute(of)
    of_activity = set(ActivityImpulse().compute(of)["ts_init"])
    assert any(moment not in of_activity for moment in found["ts_init"])


def test_there_is_no_quadrant_once_prices_are_no_longer_published() -> None:
    of = lines()
    end = int(of["PCEPILFE"].dates[200])
    cut = GrowthInflationQuadrant().compute({**of, "PCEPILFE": of["PCEPILFE"].until(end)})
    newest = int(of["PCEPILFE"].until(end).dates[-1])
    assert len(cut)
    assert cut["ts_init"].max() <= newest + 160 * DAY_NS


def test_there_is_no_quadrant_without_prices() -> None:
    assert len(GrowthInflationQuadrant().compute(activity_lines())) == 0
