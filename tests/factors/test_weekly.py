import numpy as np

from nautilus_data.core.observation import Known
from nautilus_data.factors.weekly import Weeks, mean_of_four, months_of_weeks, weeks_of
from tests.factors.lines import at

NONE = float("nan")


def known(values: dict[str, float]) -> Known:
    return Known(np.array([at(day) for day in values]), np.array(list(values.values())))


def test_a_missing_week_has_its_place() -> None:
    weeks = weeks_of(known({"1969-12-20": 1.0, "1970-01-03": 3.0}))
    np.testing.assert_array_equal(weeks.values, [1.0, NONE, 3.0])
    assert (weeks.first, weeks.last) == (at("1969-12-20"), at("1970-01-03"))


def test_a_line_without_values_has_no_weeks_and_no_months() -> None:
    weeks = mean_of_four(weeks_of(known({})))
    assert len(weeks) == len(months_of_weeks(weeks)) == 0


def test_the_mean_of_four_needs_all_four() -> None:
    means = mean_of_four(Weeks(0, np.array([1.0, 2.0, 3.0, 6.0, 5.0, NONE, 7.0])))
    np.testing.assert_array_equal(means.values, [NONE, NONE, NONE, 3.0, 4.0, NONE, NONE])


def test_a_month_has_the_value_of_the_last_week_that_ended_in_it() -> None:
    days = ["2024-01-20", "2024-01-27", "2024-02-03", "2024-02-10", "2024-02-17", "2024-02-24", "2024-03-02"]
    months = months_of_weeks(weeks_of(known({day: float(place) for place, day in enumerate(days)})))
    assert months.values.tolist() == [1.0, 5.0, 6.0]
    assert months.first == (2024 - 1970) * 12
