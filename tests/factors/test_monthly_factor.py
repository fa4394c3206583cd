import numpy as np

from nautilus_data.factors.monthly import Months
from nautilus_data.factors.monthly_factor import mean_of_three, together

NONE = float("nan")


def test_lines_are_brought_to_the_months_all_of_them_reach() -> None:
    first, (one, other) = together(Months(10, np.array([1.0, 2.0, 3.0])), Months(11, np.array([5.0, 6.0, 7.0])))
    assert first == 11
    assert (one.tolist(), other.tolist()) == ([2.0, 3.0], [5.0, 6.0])


def test_lines_that_never_meet_have_no_months() -> None:
    assert [len(line) for line in together(Months(0, np.ones(2)), Months(5, np.ones(2)))[1]] == [0, 0]
    assert [len(line) for line in together(Months(0, np.empty(0)), Months(5, np.ones(2)))[1]] == [0, 0]


def test_the_mean_of_three_is_of_all_three() -> None:
    means = mean_of_three(Months(0, np.array([1.0, 2.0, 6.0, NONE, 5.0, 7.0, 9.0])))
    np.testing.assert_array_equal(means, [NONE, NONE, 3.0, NONE, NONE, NONE, 7.0])


def test_the_mean_of_three_can_do_with_two_but_not_before_the_line_begins() -> None:
    means = mean_of_three(Months(0, np.array([1.0, 2.0, 6.0, NONE, 5.0, NONE, NONE])), least=2)
    np.testing.assert_array_equal(means, [NONE, NONE, 3.0, 4.0, 5.5, NONE, NONE])
