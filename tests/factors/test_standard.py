import numpy as np
import pytest

from nautilus_data.factors.standard import expanding_z, rolling


def test_a_score_is_of_the_window_up_to_its_value() -> None:
    # 1, 2, 3: mean 2, sd 1; 1, 2, 3, 6: mean 3, sd √(14 / 3) = 2.160247.
    scores = expanding_z(np.array([1.0, 2.0, 3.0, 6.0]), least=3)
    np.testing.assert_allclose(scores, [np.nan, np.nan, 1.0, 3 / 2.160247], rtol=1e-6)


def test_a_later_value_changes_no_earlier_score() -> None:
    values = np.random.default_rng(3).normal(100, 5, 400)
    whole = expanding_z(values)
    for end in (60, 61, 200):
        np.testing.assert_array_equal(expanding_z(values[:end]), whole[:end])


def test_scores_agree_with_those_of_each_window_computed_anew() -> None:
    values = np.cumsum(np.random.default_rng(4).normal(0, 1, 300)) + 1e6
    scores = expanding_z(values)
    anew = [(values[end - 1] - values[:end].mean()) / values[:end].std(ddof=1) for end in range(60, 301)]
    np.testing.assert_allclose(scores[59:], np.clip(anew, -4, 4), rtol=1e-7)


def test_scores_stop_at_the_limit() -> None:
    scores = expanding_z(np.array([*[0.0, 1.0] * 50, 1e6, -1e9]))
    assert scores[-2:].tolist() == [4.0, -4.0]


def test_missing_values_are_out_of_the_window_and_stay_missing() -> None:
    scores = expanding_z(np.array([1.0, np.nan, 2.0, 3.0, np.nan]), least=3)
    np.testing.assert_array_equal(scores, [np.nan, np.nan, np.nan, 1.0, np.nan])


def test_a_window_without_spread_has_no_score() -> None:
    assert np.isnan(expanding_z(np.full(100, 4.33))).all()
    assert np.isnan(expanding_z(np.full(100, np.nan))).all()
    assert len(expanding_z(np.empty(0))) == 0


def test_a_window_ends_at_each_value() -> None:
    np.testing.assert_array_equal(rolling(np.array([1.0, 2.0, 3.0]), 2), [[np.nan, 1.0], [1.0, 2.0], [2.0, 3.0]])


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_there_are_as_many_windows_as_values(count: int) -> None:
    assert rolling(np.arange(count, dtype=float), 3).shape == (count, 3)
