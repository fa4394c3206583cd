"""Coverage tells asked, refused and not asked apart."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nautilus_data.core.timerange import TimeRange
from nautilus_data.store import Store
from tests.store.conftest import DAILY, bars


def test_nothing_is_covered_at_first(store: Store) -> None:
    assert store.coverage(DAILY) == []
    assert store.gaps(DAILY, TimeRange(0, 10)) == [TimeRange(0, 10)]
    assert store.watermark(DAILY) is None


def test_rows_and_coverage_are_written_together(store: Store) -> None:
    store.write(DAILY, bars(), TimeRange(0, 20))
    assert store.coverage(DAILY) == [TimeRange(0, 20)]
    assert store.gaps(DAILY, TimeRange(5, 30)) == [TimeRange(20, 30)]


def test_an_empty_answer_covers_too(store: Store) -> None:
    assert store.write(DAILY, bars(count=0), TimeRange(0, 20)) == 0
    assert store.gaps(DAILY, TimeRange(0, 20)) == []


def test_spans_that_touch_become_one(store: Store) -> None:
    for span in (TimeRange(0, 10), TimeRange(20, 30), TimeRange(10, 20)):
        store.cover(DAILY, span)
    assert store.coverage(DAILY) == [TimeRange(0, 30)]
    assert store.watermark(DAILY) == 30


def test_the_watermark_stops_at_the_first_gap(store: Store) -> None:
    store.cover(DAILY, TimeRange(0, 10))
    store.cover(DAILY, TimeRange(15, 30))
    assert store.watermark(DAILY) == 10
    assert store.gaps(DAILY, TimeRange(0, 40)) == [TimeRange(10, 15), TimeRange(30, 40)]


def test_a_refused_span_is_covered_and_keeps_its_reason(store: Store) -> None:
    store.cover(DAILY, TimeRange(0, 10))
    store.cover(DAILY, TimeRange(10, 20), "delisted")
    assert store.coverage(DAILY) == [TimeRange(0, 20)]
    assert store.skipped(DAILY) == [(TimeRange(10, 20), "delisted")]


def test_a_later_answer_replaces_a_refusal(store: Store) -> None:
    store.cover(DAILY, TimeRange(0, 30), "delisted")
    store.cover(DAILY, TimeRange(10, 20))
    assert store.skipped(DAILY) == [(TimeRange(0, 10), "delisted"), (TimeRange(20, 30), "delisted")]
    assert store.coverage(DAILY) == [TimeRange(0, 30)]


def test_a_cleared_span_is_a_gap_again_and_its_rows_stay(store: Store) -> None:
    store.write(DAILY, bars(), TimeRange(0, 10))
    store.cover(DAILY, TimeRange(10, 20), "refused")
    store.clear(DAILY, TimeRange(5, 15))
    assert store.gaps(DAILY, TimeRange(0, 20)) == [TimeRange(5, 15)]
    assert store.skipped(DAILY) == [(TimeRange(15, 20), "refused")]
    assert store.summary(DAILY) == (10, 0, 9)


def test_clearing_an_unknown_series_does_nothing(store: Store) -> None:
    store.clear(DAILY, TimeRange(0, 10))
    assert store.series_list() == []


def test_coverage_belongs_to_one_series(store: Store) -> None:
    store.cover(DAILY, TimeRange(0, 10))
    assert store.coverage(replace(DAILY, source="yahoo")) == []


_NUMBERS = count()
_SPANS = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda pair: TimeRange(min(pair), max(pair)))
_STEPS = st.lists(st.tuples(st.sampled_from(["", "refused", "delisted", "clear"]), _SPANS), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_each_moment_keeps_its_latest_answer(sqlite_store: Store, steps) -> None:
    series = replace(DAILY, instrument_id=f"{next(_NUMBERS)}.SIM")
    expected: dict[int, str] = {}
    for answer, span in steps:
        moments = range(span.start, span.end)
        if answer == "clear":
            sqlite_store.clear(series, span)
            expected = {moment: reason for moment, reason in expected.items() if moment not in moments}
        else:
            sqlite_store.cover(series, span, answer)
            expected |= dict.fromkeys(moments, answer)
    covered = sqlite_store.coverage(series)
    assert {moment for span in covered for moment in range(span.start, span.end)} == set(expected)
    assert all(before.end < after.start for before, after in pairwise(covered))
    skipped = {moment: why for span, why in sqlite_store.skipped(series) for moment in range(span.start, span.end)}
    assert skipped == {moment: why for moment, why in expected.items() if why}
