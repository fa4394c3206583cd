"""From a node's own clock to the historical time it replays, and back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.core.replay_clock import ReplayClock
from nautilus_data.core.timerange import TimeRange

BARS = [100, 200, 300, 400, 500, 600]
# Bars published each 10 of the node's clock.
EXACT = ReplayClock.of([(1_000 + 10 * number, bar) for number, bar in enumerate(BARS)])


def at(clock: ReplayClock, *times: int) -> tuple[list[int], list[bool]]:
    placed, is_exact = clock.at(np.array(times))
    return placed.tolist(), is_exact.tolist()


def test_the_bar_of_a_time_is_the_one_published_last() -> None:
    assert at(EXACT, 1_000, 1_009, 1_010, 1_049, 9_999) == ([100, 100, 200, 500, 600], [True] * 5)


def test_before_the_first_bar_it_is_the_first_and_that_is_no_certainty() -> None:
    assert at(EXACT, 5) == ([100], [False])


def test_between_what_is_known_time_is_estimated_and_is_always_a_bars() -> None:
    """Fills alone tell: one at the second bar, one at the fifth."""
    clock = ReplayClock.of([(1_010, 200), (1_040, 500)], BARS)
    assert at(clock, 1_010, 1_011, 1_021, 1_039, 1_040) == (
        [200, 200, 300, 500, 500], [False, False, False, False, True],
    )  # fmt: skip


def test_neighbouring_bars_need_no_estimate() -> None:
    clock = ReplayClock.of([(1_010, 200), (1_020, 300)], BARS)
    assert at(clock, 1_019) == ([200], [True])


def test_a_span_of_history_becomes_one_of_the_clock_that_holds_all_of_it() -> None:
    assert EXACT.wall_span(TimeRange(200, 400)) == TimeRange(1_000, 1_030)
    assert EXACT.wall_span(TimeRange(0, 150)) == TimeRange(0, 1_010)
    assert EXACT.wall_span(TimeRange(550, 900)).start == 1_040


def test_without_a_replay_a_time_is_itself() -> None:
    empty = ReplayClock.of([])
    assert (at(empty, 7), empty.is_empty) == (([7], [True]), True)
    assert empty.wall_span(TimeRange(1, 2)) == TimeRange(1, 2)


def test_nanoseconds_of_today_and_of_long_ago_are_not_rounded_away() -> None:
    now, then = 1_795_209_392_308_000_000, 1_104_786_000_000_000_000
    bars = [then + number * 86_400 * 10**9 for number in range(5_000)]
    clock = ReplayClock.of([(now, bars[0]), (now + 60 * 10**9, bars[-1])], bars)
    [placed], [is_exact] = at(clock, now + 30 * 10**9)
    assert (placed in bars, is_exact) == (True, False)
    assert abs(bars.index(placed) - 2_500) <= 1


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), min_size=1, max_size=30), st.data())
def test_what_stands_in_a_span_is_found_in_its_span_of_the_clock(pairs: list[tuple[int, int]], data: st.DataObject):
    clock = ReplayClock.of(pairs)
    start = data.draw(st.integers(0, 10**6))
    span = TimeRange(start, start + data.draw(st.integers(1, 10**6)))
    wall = clock.wall_span(span)
    times = np.array(data.draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=20)))
    placed, _ = clock.at(times)
    inside = (placed >= span.start) & (placed < span.end)
    assert all(wall.start <= time < wall.end for time in times[inside].tolist())
