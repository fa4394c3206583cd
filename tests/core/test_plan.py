"""What must be asked, as few requests."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import NO_DATA, Series
from nautilus_data.core.plan import entries_of, missing, proven_empty, slot_spans, together
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns

AAPL = Series(instrument_id="AAPL.NASDAQ", source="x", timeframe="1-HOUR")
UNKNOWN = Series(instrument_id="A.B", source="x", timeframe="1-HOUR")
WEEK = TimeRange.of("2024-11-25", "2024-12-02")
TIMES = expected(AAPL, WEEK).due


def test_without_a_calendar_what_was_not_answered_is_missing() -> None:
    assert missing(UNKNOWN, TimeRange(0, 100), [(TimeRange(20, 30), "")], np.array([], "int64")) == [
        TimeRange(0, 20), TimeRange(30, 100),
    ]  # fmt: skip


def test_bars_without_an_answer_about_them_are_asked_for() -> None:
    assert missing(AAPL, WEEK, [], TIMES) == [WEEK]


def test_nothing_is_missing_of_what_is_stored_or_proven_empty() -> None:
    hole = proven_empty(AAPL, WEEK, np.delete(TIMES, 3))
    answers = [(part, "") for part in WEEK.subtract(hole)] + [(hole[0], NO_DATA)]
    assert missing(AAPL, WEEK, answers, np.delete(TIMES, 3)) == []
    (lost,) = missing(AAPL, WEEK, answers, np.delete(TIMES, [3, 9]))
    assert lost.end == TIMES[9] + 1


@given(st.sets(st.integers(0, len(TIMES) - 1)))
def test_exactly_the_deleted_bars_are_missing(deleted: set[int]) -> None:
    left = np.delete(TIMES, sorted(deleted))
    found = missing(AAPL, WEEK, [(WEEK, "")], left)
    inside = [time for time in TIMES for span in found if span.start <= time < span.end]
    assert inside == [TIMES[place] for place in sorted(deleted)]


def test_spans_that_one_request_can_answer_are_put_together() -> None:
    spans = [TimeRange(0, 1), TimeRange(3, 4), TimeRange(9, 12), TimeRange(40, 41)]
    assert together(spans, 10, "1-HOUR") == [TimeRange(0, 4), TimeRange(9, 12), TimeRange(40, 41)]
    assert together(spans, None, "1-HOUR") == [TimeRange(0, 41)]


def test_a_request_that_could_bring_no_bar_is_not_made() -> None:
    chunks = list(TimeRange.of("2024-11-28", "2024-12-03").split(NS_PER_DAY))
    entries = entries_of(AAPL, chunks, lambda series, span: 2)
    assert [(entry.ordinal, entry.expected, entry.cost) for entry in entries] == [(0, 4, 2), (1, 7, 2)]


def test_the_place_of_a_bar_is_its_whole_step() -> None:
    time = to_ns("2024-11-26T16:30")
    (place,) = slot_spans(AAPL, WEEK, np.array([time]))
    assert place == TimeRange(to_ns("2024-11-26T15:30") + 1, time + 1)
    assert slot_spans(UNKNOWN, WEEK, np.array([time])) == [place]
