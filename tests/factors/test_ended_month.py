import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.ended_month import ended_months
from tests.factors.lines import DAY_NS, at, daily, line, steady


def test_a_month_s_mean_is_known_when_its_last_weekday_is_published() -> None:
    # January 2025 has 23 weekdays, 1 to 23: mean 12; its last, Friday the 31st, is known the day after.
    found = ended_months(daily("2025-01-01", range(1, 24)))
    assert found.dates.tolist() == [at("2025-01-01")]
    assert found.values.tolist() == [12.0]
    assert found.known.tolist() == [at("2025-02-01")]


def test_a_month_that_goes_on_has_no_mean() -> None:
    assert len(ended_months(daily("2025-01-01", [4.0] * 22))) == 0
    assert len(ended_months(Vintages.nothing())) == 0


def test_a_last_weekday_published_as_missing_ends_the_month_all_the_same() -> None:
    # Good Friday, 29 March 2024, was the last weekday of its month.
    values = [5.0] * 20 + [np.nan]
    found = ended_months(daily("2024-03-01", values))
    assert found.values.tolist() == [5.0]
    assert found.known.tolist() == [at("2024-03-30")]


def test_without_its_last_weekday_a_month_ends_with_the_next_one_s_first_value() -> None:
    first = daily("2024-03-01", [5.0] * 20)
    april = line({"2024-04-01": 9.0})
    both = Vintages(
        *(np.concatenate([getattr(first, name), getattr(april, name)]) for name in ("dates", "known", "values"))
    )
    found = ended_months(both)
    assert found.values.tolist() == [5.0]
    assert found.known.tolist() == [at("2024-04-02")]


def test_a_line_with_weekends_ends_with_the_month_s_last_day() -> None:
    # 31 August 2024 was a Saturday.
    dates = np.arange(at("2024-08-01"), at("2024-09-01"), DAY_NS)
    line_ = Vintages(dates, dates + DAY_NS, np.full(31, 5.33))
    assert ended_months(line_, weekends=True).known.tolist() == [at("2024-09-01")]
    assert ended_months(line_).known.tolist() == [at("2024-08-31")]
    assert len(ended_months(line_.until(at("2024-08-31")), weekends=True)) == 0


def test_a_part_of_a_month_is_not_the_month() -> None:
    found = ended_months(steady("2025-01-20", "2025-02-28", 4.0))
    assert found.dates.tolist() == [at("2025-02-01")]


def test_a_value_that_came_after_the_month_had_ended_is_not_in_its_mean() -> None:
    whole = daily("2025-01-01", [1.0] * 22 + [24.0])
    known = whole.known.copy()
    known[whole.dates == at("2025-01-15")] = at("2025-02-10")
    values = np.where(whole.dates == at("2025-01-15"), 999.0, whole.values)
    found = ended_months(Vintages(whole.dates, known, values))
    # 21 times 1 and 24, of 22 days.
    assert found.values.tolist() == pytest.approx([45 / 22])
