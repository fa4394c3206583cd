"""TimeRange: half-open spans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, merge, to_ns

spans = st.tuples(st.integers(-50, 50), st.integers(-50, 50)).map(lambda pair: TimeRange(min(pair), max(pair)))
many = st.lists(spans, max_size=8)


def moments(*ranges: TimeRange) -> set[int]:
    return {moment for span in ranges for moment in range(span.start, span.end)}


def is_tidy(ranges: list[TimeRange]) -> bool:
    """In order, none empty, none touching the next."""
    return all(not span.is_empty for span in ranges) and all(a.end < b.start for a, b in pairwise(ranges))


@given(many)
def test_merged_spans_hold_the_same_moments_tidily(ranges: list[TimeRange]) -> None:
    merged = merge(ranges)
    assert moments(*merged) == moments(*ranges)
    assert is_tidy(merged)
    assert merge(merged) == merged


@given(spans, many)
def test_what_is_left_and_what_was_taken_make_the_whole(span: TimeRange, taken: list[TimeRange]) -> None:
    left = span.subtract(taken)
    assert moments(*left) == moments(span) - moments(*taken)
    assert is_tidy(left)


@given(spans)
def test_a_span_without_itself_is_nothing(span: TimeRange) -> None:
    assert span.subtract([span]) == []
    assert span.subtract([]) == ([] if span.is_empty else [span])


@given(spans, spans)
def test_an_intersection_is_what_both_hold(one: TimeRange, two: TimeRange) -> None:
    common = one.intersect(two)
    assert (moments(common) if common else set()) == moments(one) & moments(two)
    assert common == two.intersect(one)


@given(spans, spans)
def test_spans_that_share_a_moment_overlap(one: TimeRange, two: TimeRange) -> None:
    if not (one.is_empty or two.is_empty):
        assert one.overlaps(two) == bool(moments(one) & moments(two)) == two.overlaps(one)


@given(spans, st.integers(1, 30))
def test_pieces_follow_each_other_and_make_the_whole(span: TimeRange, chunk_ns: int) -> None:
    pieces = list(span.split(chunk_ns))
    assert sum(piece.duration_ns for piece in pieces) == span.duration_ns
    assert all(0 < piece.duration_ns <= chunk_ns for piece in pieces)
    assert all(before.end == after.start for before, after in pairwise(pieces))
    assert moments(*pieces) == moments(span)


def test_spans_that_only_touch_do_not_overlap() -> None:
    assert not TimeRange(0, 10).overlaps(TimeRange(10, 20))
    assert TimeRange(0, 10).intersect(TimeRange(10, 20)) is None


@pytest.mark.parametrize("chunk_ns", [0, -1])
def test_a_piece_of_nothing_is_refused(chunk_ns: int) -> None:
    with pytest.raises(ValueError, match="longer than nothing"):
        list(TimeRange(0, 10).split(chunk_ns))


def test_a_span_never_ends_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        TimeRange(2, 1)


def test_the_refusal_of_a_backward_span_shows_its_times() -> None:
    with pytest.raises(ValueError, match="2000-01-02"):
        TimeRange.of("2000-01-02", "2000-01-01")


@pytest.mark.parametrize(
    "value",
    [
        "2024-03-01T12:00:00",
        "2024-03-01T12:00:00Z",
        "2024-03-01T13:00:00+01:00",
        1_709_294_400_000_000_000,
        datetime(2024, 3, 1, 12),
        datetime(2024, 3, 1, 12, tzinfo=UTC),
        datetime(2024, 3, 1, 7, tzinfo=timezone(timedelta(hours=-5))),
        pd.Timestamp("2024-03-01 12:00"),
        pd.Timestamp("2024-03-01 12:00").as_unit("s"),
        pd.Timestamp("2024-03-01 12:00", tz="UTC").as_unit("us"),
    ],
)
def test_every_form_of_a_time_is_the_same_nanosecond(value) -> None:
    assert to_ns(value) == 1_709_294_400_000_000_000


def test_nanoseconds_survive() -> None:
    assert to_ns("2024-03-01T12:00:00.123456789Z") == 1_709_294_400_123_456_789


def test_a_span_of_dates_is_as_long_as_its_days() -> None:
    span = TimeRange.of("2024-02-28", "2024-03-01")
    assert span.duration_ns == 2 * NS_PER_DAY
    assert str(span) == "2024-02-28 to 2024-03-01 UTC"
