import numpy as np
import pytest

from nautilus_data.core.observation import Known
from nautilus_data.factors.monthly import Months, log_change, month_start, months_of, year_over_year
from tests.factors.lines import at

JANUARY_2025 = 660


def known(values: dict[str, float]) -> Known:
    return Known(np.array([at(day) for day in values]), np.array(list(values.values())))


def test_months_are_counted_from_1970_backwards_too() -> None:
    assert months_of(known({"2025-01-01": 1.0})).first == JANUARY_2025
    assert months_of(known({"1969-12-01": 1.0})).first == -1
    assert month_start(JANUARY_2025) == at("2025-01-01")
    assert month_start(-1) == at("1969-12-01")


def test_a_missing_month_is_there_as_missing() -> None:
    months = months_of(known({"2025-09-01": 1.0, "2025-11-01": 3.0}))
    np.testing.assert_array_equal(months.values, [1.0, np.nan, 3.0])
    assert months.last == months.first + 2
    withdrawn = months_of(known({"2025-09-01": 1.0, "2025-10-01": np.nan, "2025-11-01": 3.0}))
    np.testing.assert_array_equal(withdrawn.values, [1.0, np.nan, 3.0])


def test_days_and_weeks_are_the_mean_of_those_with_a_value() -> None:
    months = months_of(known({"2025-01-04": 200.0, "2025-01-11": 220.0, "2025-01-18": np.nan, "2025-02-01": 230.0}))
    np.testing.assert_array_equal(months.values, [210.0, 230.0])


def test_nothing_known_is_no_month() -> None:
    assert len(months_of(Known(np.empty(0, "int64"), np.empty(0)))) == 0


def test_a_shift_is_by_calendar_months() -> None:
    months = Months(JANUARY_2025, np.array([1.0, np.nan, 3.0]))
    np.testing.assert_array_equal(months.shifted(1), [np.nan, 1.0, np.nan])
    np.testing.assert_array_equal(months.shifted(0), [1.0, np.nan, 3.0])
    np.testing.assert_array_equal(months.shifted(3), [np.nan] * 3)


@pytest.mark.parametrize(
    ("first", "count", "expected"),
    [
        (JANUARY_2025 - 1, 3, [np.nan, 1.0, 2.0]),
        (JANUARY_2025 + 1, 4, [2.0, 3.0, np.nan, np.nan]),
        (JANUARY_2025 + 9, 2, [np.nan, np.nan]),
        (JANUARY_2025 - 9, 2, [np.nan, np.nan]),
    ],
)
def test_months_are_laid_on_other_months(first: int, count: int, expected: list[float]) -> None:
    months = Months(JANUARY_2025, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(months.on(first, count), expected)


def test_year_over_year_is_of_the_same_month_a_year_before() -> None:
    values = np.full(26, np.nan)
    # 300.0, 309.0 a year later, and a month without its year before.
    values[0], values[12], values[25] = 300.0, 309.0, 315.0
    found = year_over_year(Months(JANUARY_2025, values))
    assert found.first == JANUARY_2025
    assert found.values[12] == pytest.approx(3.0)
    assert np.isnan(np.delete(found.values, 12)).all()


def test_a_change_of_logarithms_needs_positive_values() -> None:
    found = log_change(Months(JANUARY_2025, np.array([100.0, 110.0, 0.0, 121.0, -1.0, np.nan])))
    np.testing.assert_allclose(found.values, [np.nan, 9.531018, np.nan, np.nan, np.nan, np.nan], atol=1e-6)
    over_two = log_change(Months(JANUARY_2025, np.array([100.0, 1.0, 121.0])), by=2)
    assert over_two.values[2] == pytest.approx(19.062036)
