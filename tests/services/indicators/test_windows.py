"""What formulas are made of, against the plainest way to say the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import talib

from nautilus_data.services.indicators import windows

VALUES = 100 + np.random.default_rng(5).normal(0, 1, 3_000).cumsum()


def plainly(values: np.ndarray, length: int, reduce: Callable[[np.ndarray], float]) -> np.ndarray:
    found = [reduce(values[end - length : end]) for end in range(length, len(values) + 1)]
    return np.append(np.full(length - 1, np.nan), found)


@pytest.mark.parametrize("length", [2, 20, 999])
def test_sums_and_deviations_are_those_of_each_window(length: int) -> None:
    assert np.allclose(windows.rolling_sum(VALUES, length), plainly(VALUES, length, np.sum), rtol=1e-13, equal_nan=True)
    assert np.allclose(windows.deviation(VALUES, length), plainly(VALUES, length, np.std), rtol=1e-11, equal_nan=True)


def test_small_deviations_of_large_prices_are_kept() -> None:
    ticks = 1e6 + 1e-6 * np.random.default_rng(1).integers(0, 5, 500)
    assert np.allclose(windows.deviation(ticks, 20)[19:], plainly(ticks, 20, np.std)[19:], rtol=1e-4)


def test_equal_values_deviate_by_nothing_at_all() -> None:
    assert set(windows.deviation(np.full(50, 0.1), 20)[19:]) == {0.0}


def test_an_exponential_average_begins_with_the_first_value() -> None:
    found = windows.ema(np.array([4.0, 8.0, 8.0]), 3)
    assert np.array_equal(found, [np.nan, np.nan, 7.0], equal_nan=True)


def test_averages_begin_with_the_first_known_value() -> None:
    late = np.append([np.nan, np.nan], VALUES)
    for average in (windows.ema, windows.wilder):
        assert np.array_equal(average(late, 10)[2:], average(VALUES, 10), equal_nan=True)


def test_wilders_average_begins_with_the_plain_one() -> None:
    found = windows.wilder(VALUES, 14)
    assert np.isnan(found[:13]).all()
    assert found[13] == pytest.approx(VALUES[:14].mean(), rel=1e-15)
    assert found[14] == pytest.approx((13 * found[13] + VALUES[14]) / 14, rel=1e-14)


def test_wilders_average_of_the_true_range_is_the_one_of_the_library() -> None:
    high, low = VALUES + 1, VALUES - 1
    ours = windows.wilder(np.append(np.nan, windows.true_range(high, low, VALUES)[1:]), 14)
    assert np.allclose(ours, talib.ATR(high, low, VALUES, 14), rtol=1e-12, equal_nan=True)


def test_nothing_divided_by_nothing_is_not_known() -> None:
    assert np.array_equal(
        windows.ratio(np.array([0.0, 1, 6]), np.array([0.0, 0, 3])), [np.nan, np.nan, 2], equal_nan=True
    )
