"""The map of what is stored, missing, proven empty and refused; and where two sources disagree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.answer import Taken
from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import BARS, NO_DATA, OBSERVATIONS, Series
from nautilus_data.core.plan import Plan, Request, State
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.services.coverage import Cover, Coverage
from nautilus_data.store import Store

HOURLY = Series(instrument_id="AAPL.NASDAQ", source="yahoo", timeframe="1-HOUR")
UNKNOWN = Series(instrument_id="A.B", source="yahoo", timeframe="1-HOUR")
WEEK = TimeRange.of("2024-11-25", "2024-12-02")
TIMES = expected(HOURLY, WEEK).due


@pytest.fixture
def coverage(store: Store) -> Coverage:
    return Coverage(store, lambda: to_ns("2025-01-01"))


def bars(times: np.ndarray, close: int = 10**11) -> pd.DataFrame:
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    return BARS.conform(pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": 1.0}))


def put(store: Store, times: np.ndarray, *holes: tuple[TimeRange, str], series: Series = HOURLY) -> None:
    store.settle(series, Taken(state=State.DONE, rows=bars(times), covered=WEEK, holes=holes))


def day(number: int) -> TimeRange:
    return TimeRange(WEEK.start + number * NS_PER_DAY, WEEK.start + (number + 1) * NS_PER_DAY)


def test_each_day_has_its_own_state(store: Store, coverage: Coverage) -> None:
    first, second = (TIMES[(day(n).start <= TIMES) & (day(n).end > TIMES)] for n in (0, 1))
    kept = np.setdiff1d(TIMES, [*first[2:3], *second])
    put(store, kept, (day(1), NO_DATA), (TimeRange(int(TIMES[-1]) - 5, int(TIMES[-1]) + 1), "high below low"))
    store.write(HOURLY, bars(kept[:-1]))
    with store._writing() as connection:
        connection.exec_driver_sql(f"DELETE FROM bars WHERE ts_event = {TIMES[-1]}")
    cells = coverage.map([HOURLY], WEEK, 7)
    assert cells["state"].tolist() == [
        Cover.GAP, Cover.EMPTY, Cover.COVERED, Cover.NONE, Cover.REFUSED, Cover.NONE, Cover.NONE,
    ]  # fmt: skip
    assert cells["expected"].tolist() == [7, 7, 7, 0, 4, 0, 0]
    assert cells["missing"].tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert cells["stored"].sum() == len(kept) - 1


def test_gaps_name_the_minutes_and_how_many_bars(store: Store, coverage: Coverage) -> None:
    put(store, np.delete(TIMES, [3, 4, 20]))
    found = coverage.gaps(HOURLY)
    assert found["bars"].tolist() == [2, 1]
    assert found["end"].tolist() == [TIMES[4] + 1, TIMES[20] + 1]
    put(store, TIMES)
    assert coverage.gaps(HOURLY).empty


def test_without_a_calendar_what_was_not_asked_is_missing(store: Store, coverage: Coverage) -> None:
    store.cover(UNKNOWN, day(0))
    store.cover(UNKNOWN, day(2), NO_DATA)
    cells = coverage.map([UNKNOWN], TimeRange(WEEK.start, day(2).end), 3)
    assert cells["state"].tolist() == [Cover.NONE, Cover.GAP, Cover.EMPTY]
    assert coverage.gaps(UNKNOWN)["start"].tolist() == [day(1).start]


def test_nothing_is_expected_of_the_future(store: Store) -> None:
    store.write(HOURLY, bars(TIMES[:7]), day(0))
    cells = Coverage(store, lambda: day(0).end).map([HOURLY], WEEK, 1)
    assert cells["state"].tolist() == [Cover.COVERED]


def test_a_cell_leads_to_requests_answers_and_refused_rows(store: Store, coverage: Coverage) -> None:
    plan = Plan(series=HOURLY, span=WEEK, entries=(Request(ordinal=0, span=WEEK, expected=25),))
    job_id = store.add_backfill(plan, {})
    when = int(TIMES[0])
    taken = Taken(
        state=State.DONE, rows=bars(TIMES[1:]), covered=WEEK, holes=[(TimeRange(when, when + 1), "negative price")],
        bad=[(when, "negative price", "{}")], error="1 rows refused",
    )  # fmt: skip
    store.settle(HOURLY, taken, job_id, 0)
    cell = coverage.cell(HOURLY, day(0))
    assert cell.requests[["job", "state", "rows", "error"]].to_numpy().tolist() == [
        [job_id, "DONE", 24, "1 rows refused"]
    ]
    assert cell.answers["reason"].tolist() == ["", "negative price", ""]
    assert cell.bad_rows["ts_event"].tolist() == [when]
    assert coverage.cell(HOURLY, day(1)).bad_rows.empty


def test_series_are_chosen_by_timeframe_and_source(store: Store, coverage: Coverage) -> None:
    put(store, TIMES)
    store.write(UNKNOWN, bars(TIMES))
    assert coverage.series("1h", "yahoo") == [HOURLY]
    assert coverage.series("1d") == []
    assert coverage.map([], WEEK).empty
    assert coverage.extent([HOURLY]) == WEEK


def test_two_sources_that_disagree_on_a_bar_are_listed(store: Store, coverage: Coverage) -> None:
    other = Series(instrument_id="AAPL.NASDAQ", source="interactive_brokers", timeframe="1-HOUR")
    put(store, TIMES)
    store.write(other, bars(TIMES))
    assert coverage.disagreements("AAPL.NASDAQ", "1h").empty
    store.write(other, bars(TIMES[5:6], 10**11 + 10**8))
    found = coverage.disagreements("AAPL.NASDAQ", "1h")
    assert found["ts_event"].tolist() == [TIMES[5]]
    assert found["difference_bp"].tolist() == pytest.approx([10], rel=0.01)
    assert {*found["source"], *found["other"]} == {"yahoo", "interactive_brokers"}
    assert coverage.disagreements("AAPL.NASDAQ", "1h", tolerance_bp=20).empty


def test_ten_thousand_cells_take_less_than_a_second(
    store: Store, coverage: Coverage, record_property: Callable[[str, object], None]
) -> None:
    series = [Series(instrument_id=f"S{number}.NASDAQ", source="yahoo") for number in range(100)]
    span = TimeRange.of("2022-01-01", "2025-01-01")
    days = expected(series[0], span).due
    for one in series:
        store.write(one, bars(days), span)
    cells = coverage.map(series, span, 100)
    assert (len(cells), set(cells["state"])) == (10_000, {Cover.COVERED})


MONTHLY = Series(dataset="observations", instrument_id="UNRATE.FRED", source="fred")


def publish(store: Store, first: str, *known: str) -> None:
    """Observations that became known on days, and answers from `first` to the end of 2024."""
    times = [to_ns(when) for when in known]
    rows = pd.DataFrame({"ts_event": times, "ts_init": times, "value": 4.0, "known_by": "vintage"})
    span = TimeRange.of(first, "2025-01-01")
    store.settle(MONTHLY, Taken(state=State.DONE, rows=OBSERVATIONS.conform(rows), covered=span))


def test_observations_are_covered_where_they_were_asked_for_though_nothing_came(
    store: Store, coverage: Coverage
) -> None:
    publish(store, "2024-01-01", "2024-04-05", "2024-04-26", "2024-07-05")
    cells = coverage.map([MONTHLY], TimeRange.of("2023-11-02", "2024-10-28"), 6)
    assert cells["state"].tolist() == [
        Cover.GAP, Cover.EMPTY, Cover.COVERED, Cover.COVERED, Cover.COVERED, Cover.COVERED,
    ]  # fmt: skip
    assert cells["stored"].tolist() == cells["expected"].tolist() == [0, 0, 2, 0, 1, 0]
    assert cells["unasked"].tolist() == cells["missing"].tolist() == [1, 0, 0, 0, 0, 0]
    assert set(cells["dataset"]) == {"observations"}


def test_what_an_answer_says_is_never_there_stays_covered_behind_the_first_row(
    store: Store, coverage: Coverage
) -> None:
    """A top-up of a month in which nothing was published."""
    publish(store, "2024-01-01", "2024-01-05")
    store.cover(MONTHLY, TimeRange.of("2024-06-01", "2024-07-01"), NO_DATA)
    cells = coverage.map([MONTHLY], TimeRange.of("2024-06-01", "2024-07-01"), 3)
    assert set(cells["state"]) == {Cover.COVERED}


def test_a_line_nothing_is_known_of_is_empty(store: Store, coverage: Coverage) -> None:
    store.cover(MONTHLY, WEEK, NO_DATA)
    assert set(coverage.map([MONTHLY], WEEK, 3)["state"]) == {Cover.EMPTY}


def test_a_map_of_observations_begins_with_the_first(store: Store, coverage: Coverage) -> None:
    publish(store, "1700-01-01", "1948-02-10", "1948-03-10")
    assert coverage.extent([MONTHLY]) == TimeRange.of("1948-02-10", "2025-01-01")


def test_gaps_of_observations_are_spans_nobody_asked_about(store: Store, coverage: Coverage) -> None:
    publish(store, "2024-01-01", "2024-04-05")
    store.clear(MONTHLY, TimeRange.of("2024-02-01", "2024-03-01"))
    found = coverage.gaps(MONTHLY)
    assert found.to_numpy().tolist() == [[to_ns("2024-02-01"), to_ns("2024-03-01"), 0]]


def test_series_of_a_dataset_are_told_from_the_others(store: Store, coverage: Coverage) -> None:
    put(store, TIMES)
    publish(store, "2024-01-01", "2024-04-05")
    assert coverage.series() == [HOURLY]
    assert coverage.series(dataset="observations") == [MONTHLY]
    assert coverage.series(dataset="") == [HOURLY, MONTHLY]


def test_refused_rows_of_observations_belong_to_every_cell(store: Store, coverage: Coverage) -> None:
    """When they would have been known is not told by their time."""
    bad = [(to_ns("2024-01-01"), "not a number", "{}")]
    store.settle(MONTHLY, Taken(state=State.REFUSED, covered=WEEK, bad=bad, error="1 row refused"))
    assert coverage.cell(MONTHLY, day(0)).bad_rows[["dataset", "reason"]].to_numpy().tolist() == [
        ["observations", "not a number"]
    ]
