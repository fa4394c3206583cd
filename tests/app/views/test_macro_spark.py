"""A line a hand wide."""

import numpy as np

from app.views.macro_spark import HEIGHT, WIDTH, spark


def test_the_smallest_is_at_the_bottom_and_the_last_has_a_dot() -> None:
    drawn = spark(np.array([1.0, 3.0, 2.0]), np.array([0, 1, 2]))
    assert 'points="2.5,21.5 60.0,2.5 117.5,12.0"' in drawn and 'cx="117.5" cy="12.0"' in drawn
    assert f"0 0 {WIDTH} {HEIGHT}" in drawn


def test_values_lie_where_their_dates_are() -> None:
    assert 'points="2.5,21.5 14.0,2.5 117.5,21.5"' in spark(np.array([1.0, 2.0, 1.0]), np.array([0, 1, 10]))


def test_a_flat_line_is_in_the_middle_and_one_value_is_no_line() -> None:
    assert "2.5,12.0 117.5,12.0" in spark(np.array([5.0, 5.0]), np.array([0, 1]))
    assert spark(np.array([5.0]), np.array([0])) == spark(np.array([np.nan, 1.0]), np.array([0, 1])) == ""
