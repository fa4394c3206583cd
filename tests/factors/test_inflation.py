import numpy as np
import pytest

from nautilus_data.factors.inflation import (
    ConsumerInflation,
    CoreInflation,
    ExpectationsGap,
    InflationMomentum,
    InflationRegime,
    bands,
    confirmed,
)
from tests.factors.lines import at, line, monthly, vintages

NONE = float("nan")
YEAR = [100.0] * 12
# Over a year of 100: 2.0, 2.0, 2.6, 2.4, 2.7 and 2.8 %.
RISING = [102.0, 102.0, 102.6, 102.4, 102.7, 102.8]


def test_core_inflation_is_over_the_same_month_a_year_before() -> None:
    found = CoreInflation().compute({"PCEPILFE": monthly("2024-01", [*YEAR, 102.5])})
    assert found["value"].tolist() == pytest.approx([2.5])
    assert found["ts_event"].tolist() == [at("2025-01-01")]


def test_a_new_base_year_of_prices_changes_no_inflation() -> None:
    prices = vintages("2024-01", {"2025-02-28": [*YEAR, 102.5], "2025-03-28": [110.0] * 12 + [112.75, 113.3]})
    found = CoreInflation().compute({"PCEPILFE": prices})
    # 112.75 on 110 is 2.5 %, 113.3 on 110 is 3 %; one vintage on another would be 12.75 %.
    assert found["value"].tolist() == pytest.approx([2.5, 3.0])


def test_revised_prices_change_later_rows_only() -> None:
    prices = vintages("2024-01", {"2025-02-28": [*YEAR, 102.5], "2025-03-05": [100.0] * 11 + [99.0, 102.5]})
    revised = vintages("2024-01", {"2025-02-28": [*YEAR, 102.5], "2025-03-05": [100.4, *[100.0] * 11, 102.5]})
    assert CoreInflation().compute({"PCEPILFE": prices})["value"].tolist() == pytest.approx([2.5])
    found = CoreInflation().compute({"PCEPILFE": revised})
    assert found["value"].tolist() == pytest.approx([2.5, 2.0916335])
    assert found["ts_init"].tolist() == [at("2025-02-28"), at("2025-03-05")]


def test_october_2025_has_no_consumer_inflation_and_neither_has_october_2026() -> None:
    prices = monthly("2024-10", [*YEAR, NONE, 103.0, *[103.0] * 10, 104.0, 106.09])
    found = ConsumerInflation().compute({"CPIAUCSL": prices})
    assert at("2025-10-01") not in found["ts_event"].tolist()
    assert at("2026-10-01") not in found["ts_event"].tolist()
    by_month = found.set_index("ts_event")["value"]
    # November 2025 on November 2024, not on the row twelve before; November 2026 on November 2025.
    assert by_month[at("2025-11-01")] == pytest.approx(3.0)
    assert by_month[at("2026-11-01")] == pytest.approx(3.0)


def test_momentum_is_three_months_by_the_year_less_twelve_months() -> None:
    prices = monthly("2024-01", [100.0] * 9 + [102.0, 102.2, 102.6, 103.0])
    # (103 / 102)⁴ = 1.0397962; 103 / 100 = 1.03.
    assert InflationMomentum().compute({"PCEPILFE": prices})["value"].tolist() == pytest.approx([0.979617], abs=1e-6)


def test_bands_hold_their_lower_limit_and_the_last_its_upper() -> None:
    inflation = np.array([-0.1, 0.0, 1.49, 1.5, 2.49, 2.5, 4.0, 4.01, NONE])
    np.testing.assert_array_equal(bands(inflation), [0, 1, 1, 2, 2, 3, 3, 4, NONE])


def test_a_state_is_entered_after_two_months_in_a_row() -> None:
    states = np.array([2.0, 2.0, 3.0, 2.0, 3.0, 4.0, 4.0, NONE, 3.0, 3.0])
    np.testing.assert_array_equal(confirmed(states, 2), [NONE, 2, 2, 2, 2, 2, 4, NONE, 4, 3])


def test_with_a_confirmation_of_one_month_the_state_is_the_month_s() -> None:
    states = np.array([2.0, 3.0, NONE, 2.0])
    np.testing.assert_array_equal(confirmed(states, 1), states)
    assert len(confirmed(np.empty(0), 2)) == 0


def test_the_inflation_regime_keeps_its_state_for_one_month_outside() -> None:
    found = InflationRegime().compute({"PCEPILFE": monthly("2024-01", [*YEAR, *RISING])})
    labels = [InflationRegime.states[int(value)] for value in found["value"]]
    # January's 2.0 is not confirmed; 2.6 in March and 2.7 in May are one month outside, June's 2.8 the second.
    assert labels == ["target", "target", "target", "target", "elevated"]
    assert found["ts_event"].tolist()[0] == at("2025-02-01")


def test_a_revision_takes_a_confirmation_back_in_later_rows_only() -> None:
    revised = [*YEAR, *RISING[:4], 102.4, 102.8]
    prices = vintages("2024-01", {"2025-07-31": [*YEAR, *RISING], "2025-08-29": revised})
    found = InflationRegime().compute({"PCEPILFE": prices})
    assert found["value"].tolist() == [3.0, 2.0]
    assert found["ts_init"].tolist() == [at("2025-07-31"), at("2025-08-29")]


def test_expectations_are_measured_against_what_agrees_with_the_target() -> None:
    found = ExpectationsGap().compute({"T5YIFR": line({"2025-01-02": 2.34, "2025-01-03": NONE, "2025-01-06": 2.2})})
    assert found["value"].tolist() == pytest.approx([0.04, -0.1])
    found = ExpectationsGap(anchor=2.0).compute({"T5YIFR": line({"2025-01-02": 2.34})})
    assert found["value"].tolist() == pytest.approx([0.34])
