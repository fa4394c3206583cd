import numpy as np
import pytest

from nautilus_data.factors.activity import ActivityAverage, ActivityImpulse, ActivityIndex, ActivityRegime
from nautilus_data.factors.composite import readings
from tests.factors.activity_lines import activity_lines, composite_at


def test_the_average_and_the_impulse_are_of_one_vintage() -> None:
    lines = activity_lines()
    rows = [factor.compute(lines).iloc[-1] for factor in (ActivityIndex(), ActivityAverage(), ActivityImpulse())]
    expected = composite_at(lines, int(rows[0]["ts_init"]))
    average = expected.rolling(3).mean()
    assert rows[0]["value"] == pytest.approx(expected.iloc[-1])
    assert rows[1]["value"] == pytest.approx(average.iloc[-1])
    assert rows[2]["value"] == pytest.approx(average.iloc[-1] - average.iloc[-12:].mean())
    assert {int(row["ts_event"]) for row in rows} == {int(expected.index[-1].start_time.value)}


def test_the_impulse_is_there_as_soon_as_the_composite_is() -> None:
    lines = activity_lines(months=170)
    first = [factor.compute(lines)["ts_event"].iloc[0] for factor in (ActivityIndex(), ActivityImpulse())]
    # The first vintage of A has sixty months at once; fourteen of them are enough.
    assert first[0] == first[1]


def test_the_regime_has_the_state_of_each_vintage_once() -> None:
    lines = activity_lines()
    found, regime = readings(lines, least=5), ActivityRegime().compute(lines)
    assert found is not None
    places = np.searchsorted(found.known, regime["ts_init"].to_numpy())
    assert regime["value"].tolist() == found.states[places].tolist()
    assert len(regime) < len(found.known)
    assert len(set(regime["value"])) > 1


def test_fewer_lines_may_be_asked_for() -> None:
    lines = activity_lines()
    soon, late = ActivityIndex(least=3).compute(lines), ActivityIndex(least=8).compute(lines)
    assert soon["ts_init"].iloc[0] < late["ts_init"].iloc[0]
    with pytest.raises(ValueError, match="least"):
        ActivityIndex(least=2)
