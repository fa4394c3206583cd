import numpy as np

from nautilus_data.factors.base import frame_of, nothing
from nautilus_data.factors.standing import DAY_NS, news, standing


def test_what_stands_is_the_row_known_last() -> None:
    frame = frame_of([(0, 10 * DAY_NS, 1.0), (5 * DAY_NS, 20 * DAY_NS, 2.0)])
    times = np.array([9, 10, 19, 20, 30, 36]) * DAY_NS
    dates, values = standing(frame, times, longest_days=30)
    np.testing.assert_array_equal(values, [np.nan, 1.0, 1.0, 2.0, 2.0, np.nan])
    assert dates[1:].tolist() == [0, 0, 5 * DAY_NS, 5 * DAY_NS, 5 * DAY_NS]


def test_of_nothing_nothing_stands() -> None:
    assert np.isnan(standing(nothing(), np.array([1, 2]), 30)[1]).all()


def test_rows_that_repeat_the_one_before_are_no_news() -> None:
    frame = frame_of([(0, 1, 1.0), (0, 2, 1.0), (0, 3, 2.0), (1, 4, 2.0), (1, 5, 2.0)])
    assert news(frame)["ts_init"].tolist() == [1, 3, 4]
    assert len(news(nothing())) == 0
