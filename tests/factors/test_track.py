import numpy as np

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.track import Track, common, months_before, value_before
from tests.factors.lines import DAY_NS, at, line


def days(*names: str) -> np.ndarray:
    return np.array([at(name) for name in names])


def test_a_holiday_takes_no_place_and_a_revision_changes_nothing() -> None:
    dates = days("2024-07-03", "2024-07-04", "2024-07-05", "2024-07-03")
    known = days("2024-07-04", "2024-07-05", "2024-07-06", "2024-07-20")
    track = Track.of(Vintages(dates, known, np.array([4.1, np.nan, 4.2, 9.9])))
    assert track.dates.tolist() == days("2024-07-03", "2024-07-05").tolist()
    assert track.values.tolist() == [4.1, 4.2]


def test_a_value_that_followed_one_published_as_missing_is_the_first() -> None:
    track = Track.of(
        Vintages(days("2024-07-03", "2024-07-03"), days("2024-07-04", "2024-07-08"), np.array([np.nan, 4]))
    )
    assert track.known.tolist() == [at("2024-07-08")]
    assert track.values.tolist() == [4.0]


def test_a_date_whose_value_came_after_a_later_date_s_is_left_out() -> None:
    dates = days("2024-07-01", "2024-07-02", "2024-07-03")
    known = days("2024-07-02", "2024-07-09", "2024-07-04")
    track = Track.of(Vintages(dates, known, np.array([1.0, 2.0, 3.0])))
    assert track.values.tolist() == [1.0, 3.0]
    assert (np.diff(track.known) >= 0).all()


def test_a_track_on_dates_has_nothing_that_came_later_than_asked() -> None:
    track = Track.of(line({"2024-07-01": 1.0, "2024-07-02": 2.0}, late_days=2))
    dates = days("2024-06-30", "2024-07-01", "2024-07-02")
    found = track.on(dates, days("2024-07-09", "2024-07-09", "2024-07-03"))
    np.testing.assert_array_equal(found, [np.nan, 1.0, np.nan])


def test_what_stands_is_the_last_value_known_neither_later_than_the_date_nor_stale() -> None:
    track = Track.of(line({"2024-07-01": 1.0, "2024-07-08": 2.0}, late_days=3))
    dates = days("2024-07-01", "2024-07-08", "2024-07-09", "2024-07-03", "2024-07-23", "2024-06-20")
    known = days("2024-07-02", "2024-07-09", "2024-07-11", "2024-07-20", "2024-07-24", "2024-07-24")
    np.testing.assert_array_equal(track.standing(dates, known), [np.nan, 1.0, 2.0, 1.0, np.nan, np.nan])


def test_a_line_without_values_has_nothing_anywhere() -> None:
    track = Track.of(Vintages.nothing())
    dates = days("2024-07-01")
    assert len(track) == 0
    assert np.isnan(track.on(dates, dates)).all()
    assert np.isnan(track.standing(dates, dates)).all()


def test_common_dates_are_known_when_the_last_of_them_is() -> None:
    early = Track.of(line({"2024-07-01": 1.0, "2024-07-02": 1.0, "2024-07-03": 1.0}, late_days=1))
    late = Track.of(line({"2024-07-01": 1.0, "2024-07-03": 1.0}, late_days=4))
    dates, known = common([early, late])
    assert dates.tolist() == days("2024-07-01", "2024-07-03").tolist()
    assert known.tolist() == (dates + 4 * DAY_NS).tolist()


def test_the_value_before_a_day_is_the_last_one_and_not_of_another_time() -> None:
    dates, values = days("2002-02-15", "2006-02-09", "2006-02-10"), np.array([5.4, 4.5, 4.6])
    targets = days("2002-02-14", "2002-03-01", "2002-03-02", "2006-02-09", "2006-02-12")
    np.testing.assert_array_equal(value_before(dates, values, targets), [np.nan, 5.4, np.nan, 4.5, 4.6])


def test_a_month_before_the_31st_is_the_last_day_there_was() -> None:
    moved = months_before(days("2024-03-31", "2024-03-15", "2025-02-28"), 1)
    assert moved.tolist() == days("2024-02-29", "2024-02-15", "2025-01-28").tolist()
    assert months_before(days("2024-02-29"), 12).tolist() == days("2023-02-28").tolist()
