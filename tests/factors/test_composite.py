import numpy as np
import pytest

from nautilus_data.core.observation import Known, Vintages
from nautilus_data.factors.composite import readings, scores, state
from tests.factors.activity_lines import activity_lines, composite_at
from tests.factors.lines import at, monthly

EXPANSION = [0.3] * 24


def month_of(day: str) -> int:
    return int(np.datetime64(day, "M").astype("int64"))


def of_months(values: list[float]) -> Known:
    return monthly("2000-01", values).at(at("2100-01-01"))


def test_the_score_of_a_line_is_that_of_its_growth_by_the_months_up_to_it() -> None:
    # Growth of +1 and −1 % in turn: of sixty the mean is 0 and the sample's sd √(60 / 59).
    found = scores("PAYEMS", of_months([100.0, 100.0 * np.exp(0.01)] * 30 + [100.0]))
    assert np.isnan(found.values[:60]).all()
    assert found.values[60] == pytest.approx(-0.9916317)
    assert found.first == month_of("2000-01")


def test_more_unemployment_scores_low() -> None:
    assert scores("UNRATE", of_months([4.0, 4.2] * 30 + [4.0])).values[60] == pytest.approx(0.9916317)


def test_starts_are_measured_against_five_years_and_may_lack_a_month_of_them() -> None:
    steady = [1000.0] * 119
    found = scores("HOUST", of_months([*steady, 1000.0 * np.exp(0.6)]))
    # Above the mean of the five years that end with it by 60 − 1; of the 72 months that have such a mean the others
    # are at 0: their mean is 59 / 72, the sd 59 / √72, so the score 71 / √72, cut at 4.
    assert found.values[119] == 4.0
    steady[100] = float("nan")
    assert not np.isnan(scores("HOUST", of_months([*steady, 1010.0])).values[119])


def test_a_is_what_pandas_makes_of_the_same_vintage() -> None:
    lines = activity_lines()
    found = readings(lines, least=5)
    assert found is not None
    missing = int(np.searchsorted(found.known, at("2018-11-30")))
    for place in (0, len(found.known) // 2, missing, len(found.known) - 1):
        expected = composite_at(lines, int(found.known[place]))
        assert expected.index[-1].ordinal == found.months[place]
        recent = expected.to_numpy()[-14:]
        np.testing.assert_allclose(found.recent[place, -len(recent) :], recent, rtol=1e-9)


def test_the_newest_month_counts_once_five_lines_have_it() -> None:
    lines = activity_lines()
    found = readings(lines, least=5)
    assert found is not None
    # Of November 2019: payrolls and unemployment on 5 December, claims, retail sales on 15 December, production on the
    # 16th makes five.
    is_new = found.months == month_of("2019-11")
    assert str(found.known[is_new][0].astype("datetime64[ns]").astype("datetime64[D]")) == "2019-12-16"
    # Starts, real income and trade sales revise it or A's unit later.
    assert is_new.sum() >= 3
    more = readings(lines, least=8)
    assert more is not None
    assert (more.months[-1], found.months[-1]) == (month_of("2019-12"), month_of("2019-12"))
    assert more.known[more.months == month_of("2019-11")][0] > found.known[is_new][0]


def test_a_revision_of_the_past_changes_later_readings_only() -> None:
    lines = activity_lines()
    jobs = lines["PAYEMS"]
    moment = at("2019-07-15")
    past = jobs.known < moment
    revised = Vintages(
        np.append(jobs.dates, jobs.dates[past]),
        np.append(jobs.known, np.full(past.sum(), moment)),
        np.append(jobs.values, jobs.values[past] * np.linspace(1.0, 1.05, past.sum())),
    )
    before, after = readings(lines, least=5), readings({**lines, "PAYEMS": revised}, least=5)
    assert before is not None
    assert after is not None
    upto = int(np.searchsorted(before.known, moment))
    np.testing.assert_array_equal(after.recent[:upto], before.recent[:upto])
    assert after.known[upto] == moment
    # The months before the newest change with it: they are of the same vintage.
    assert not np.allclose(after.recent[upto, :-1], after.recent[upto - 1, :-1])


def test_there_is_no_composite_of_less_than_five_years_or_without_an_input() -> None:
    assert readings(activity_lines(months=118), least=5) is None
    lines = activity_lines()
    assert readings({name: line for name, line in lines.items() if name != "ICSA"}, least=5) is None
    assert readings({**lines, "ICSA": Vintages.nothing()}, least=5) is None
    assert readings({**lines, "RRSFS": Vintages.nothing()}, least=5) is not None


@pytest.mark.parametrize(
    ("averages", "expected"),
    [
        ([*EXPANSION, -0.7], 1),
        ([*EXPANSION, -0.71], 0),
        # A contraction lasts until +0.20 is passed, however far above −0.70 it has come.
        ([*EXPANSION, -0.71, -0.1, 0.2], 0),
        ([*EXPANSION, -0.71, -0.1, 0.21], 2),
        ([*EXPANSION, -0.71, 0.21, -0.69], 1),
        ([0.1, 0.0], 2),
        # More than two years: the 25th month after the first.
        ([*EXPANSION[1:], 0.3, 0.71], 2),
        ([*EXPANSION, 0.3, 0.71], 3),
        ([*EXPANSION, 0.3, 1.0], 3),
        ([*EXPANSION, 0.3, 1.01], 4),
        ([*EXPANSION, 0.3, 0.7], 2),
        # Two years are counted from where the last contraction ended, not from its first month above trend.
        ([*EXPANSION, -0.8, *[0.1] * 30, 0.3, *[0.3] * 23, 1.2], 2),
        ([*EXPANSION, -0.8, *[0.1] * 30, 0.3, *[0.3] * 24, 1.2], 4),
        ([float("nan"), float("nan"), *EXPANSION, 1.2], 2),
    ],
)
def test_the_state_remembers_what_was_passed_before(averages: list[float], expected: int) -> None:
    assert state(np.array(averages)) == expected
