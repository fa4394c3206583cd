"""What was known at a time: exactly the versions known then, whatever came later."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.core.observation import Cursor, Vintages, known

DAY = 86_400 * 10**9
VERSIONS = st.dictionaries(
    st.tuples(st.integers(-5, 12), st.integers(0, 30)),
    st.one_of(st.sampled_from([1.0, 2.0, 3.0]), st.just(float("nan"))),
    max_size=60,
)


def frame_of(versions: dict[tuple[int, int], float]) -> pd.DataFrame:
    rows = [(date * DAY, since * DAY, value, "vintage") for (date, since), value in versions.items()]
    return pd.DataFrame(rows, columns=["ts_event", "ts_init", "value", "known_by"]).astype(
        {"ts_event": "int64", "ts_init": "int64", "value": "float64"}
    )


def by_hand(versions: dict[tuple[int, int], float], as_of: int) -> dict[int, float]:
    """The last version of each date, one after the other."""
    found: dict[int, float] = {}
    for (date, since), value in sorted(versions.items(), key=lambda item: item[0][1]):
        if since <= as_of:
            found[date] = value
    return found


def same(a: dict[int, float], dates: np.ndarray, values: np.ndarray) -> bool:
    dates = (dates // DAY).tolist()
    return dates == sorted(a) and np.array_equal([a[date] for date in dates], values, equal_nan=True)


@given(VERSIONS, st.integers(-1, 31))
def test_a_line_is_what_its_last_known_versions_say(versions: dict[tuple[int, int], float], as_of: int) -> None:
    line, wanted = Vintages.of(frame_of(versions)), by_hand(versions, as_of)
    at = line.at(as_of * DAY)
    assert same(wanted, at.dates, at.values)
    rows = known(frame_of(versions), as_of * DAY)
    assert same(wanted, rows["ts_event"].to_numpy(), rows["value"].to_numpy())
    assert (rows["ts_init"] <= as_of * DAY).all()
    assert (line.known_at(as_of * DAY) <= as_of * DAY).all()


@given(VERSIONS, st.integers(-1, 31), st.integers(-1, 31))
def test_what_comes_later_changes_nothing_before(versions: dict[tuple[int, int], float], cut: int, as_of: int) -> None:
    line = Vintages.of(frame_of(versions))
    upto, before = line.until(cut * DAY), min(cut, as_of) * DAY
    assert (upto.known <= cut * DAY).all()
    assert np.array_equal(upto.at(before).dates, line.at(before).dates)
    assert np.array_equal(upto.at(before).values, line.at(before).values, equal_nan=True)


@given(VERSIONS, st.lists(st.integers(-1, 31), max_size=8))
def test_a_cursor_says_what_the_line_says(versions: dict[tuple[int, int], float], times: list[int]) -> None:
    line = Vintages.of(frame_of(versions))
    cursor = Cursor(line)
    for time in sorted(times):
        found, wanted = cursor.at(time * DAY), line.at(time * DAY)
        assert np.array_equal(found.dates, wanted.dates)
        assert np.array_equal(found.values, wanted.values, equal_nan=True)


@given(VERSIONS)
def test_the_first_versions_are_those_nothing_was_known_before(versions: dict[tuple[int, int], float]) -> None:
    first = Vintages.of(frame_of(versions)).first()
    wanted = {date: min(since for other, since in versions if other == date) for date, _ in versions}
    assert dict(zip((first.dates // DAY).tolist(), (first.known // DAY).tolist(), strict=True)) == wanted


def test_a_version_that_says_the_same_is_no_news() -> None:
    line = Vintages.of(frame_of({(0, 1): 5.0, (0, 2): 5.0, (0, 3): 6.0, (0, 4): 5.0}))
    assert (line.known // DAY).tolist() == [1, 3, 4]
    assert line.at(2 * DAY).values.tolist() == [5.0]
    assert (line.known_at(2 * DAY) // DAY).tolist() == [1]
    assert line.events().tolist() == [1 * DAY, 3 * DAY, 4 * DAY]


def test_a_line_without_versions_knows_nothing() -> None:
    assert len(Vintages.nothing()) == len(Vintages.nothing().at(0)) == len(Vintages.nothing().first()) == 0
