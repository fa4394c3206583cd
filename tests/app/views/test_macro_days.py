"""Days a person names, and periods in words."""

import pytest

from app.views import macro_days as days
from nautilus_data.core.timerange import to_ns


def test_a_day_ends_at_midnight_in_new_york() -> None:
    assert days.end_of_day("2020-03-31") == to_ns("2020-04-01T04:00") - 1
    assert days.end_of_day("2020-01-31") == to_ns("2020-02-01T05:00") - 1


@pytest.mark.parametrize("text", ["", "soon", "2020-02-30", "2020-3-1", "1492-10-12", "9999-12-31"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert days.end_of_day(text) is None


@pytest.mark.parametrize(
    ("frequency", "words"),
    [("M", "2024-04"), ("Q", "2024 Q2"), ("A", "2024"), ("W", "week to 2024-04-01"), ("D", "2024-04-01")],
)
def test_a_period_is_named_as_people_name_it(frequency: str, words: str) -> None:
    assert days.period(to_ns("2024-04-01"), frequency) == words


def test_a_date_before_1970_is_one_too() -> None:
    assert days.date(to_ns("1948-01-01")) == "1948-01-01" and days.date(0) == "1970-01-01"
    assert days.midnight("1969-12-31") == -86_400 * 10**9


def test_a_month_back_from_its_last_day_is_the_last_of_the_month() -> None:
    assert days.back("2020-03-31", 1) == "2020-02-29"


def test_late_in_the_evening_it_is_still_the_day_before_in_new_york() -> None:
    assert days.new_york_day(to_ns("2024-03-01T03:00")) == "2024-02-29"
