"""Lines come from memory or by seeks, and are the same either way."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nautilus_data.core.dataset import Series
from nautilus_data.core.resample import Columns, resample, whole
from nautilus_data.core.timerange import NS_PER_S, TimeRange, to_ns
from nautilus_data.store import Lines, Store
from tests.store.test_seeks import random_bars

MINUTE = 60 * NS_PER_S
FIRST = to_ns("2024-06-03")
COUNT = 3_000
SERIES = Series(instrument_id="BTC.KRAKEN", source="x", timeframe="1-MINUTE")


def minute(number: int) -> int:
    return FIRST + number * MINUTE


@pytest.fixture
def line(sqlite_store: Store) -> Store:
    sqlite_store.write(SERIES, random_bars(np.arange(1, COUNT + 1) * MINUTE + FIRST))
    return sqlite_store


def same(found: Columns, wanted: Columns) -> bool:
    return all(np.array_equal(found[name], wanted[name], equal_nan=True) for name in wanted if name != "ts_init")


@pytest.mark.parametrize(
    ("few", "some", "many"),
    [(10_000, 10_000, 10_000), (10, 10_000, 10_000), (10, 100, 10_000), (10, 100, 1_000)],
    ids=["few", "some", "held", "long"],
)
def test_however_a_line_is_read_it_is_the_same(line: Store, few: int, some: int, many: int) -> None:
    lines, every = Lines(line, few=few, some=some, many=many), Lines(line).read(SERIES)
    for span in (TimeRange(minute(0), minute(COUNT + 1)), TimeRange(minute(700), minute(1_200)), None):
        for _ in range(2):
            times = every["ts_event"]
            is_in = slice(None) if span is None else (times >= span.start) & (times < span.end)
            assert same(lines.read(SERIES, span), {name: values[is_in] for name, values in every.items()})
    span = whole(SERIES, "1-HOUR", TimeRange(minute(700), minute(1_200)))
    wanted = resample(Lines(line).read(SERIES, span), SERIES, "1-HOUR", minute(COUNT))
    for _ in range(2):
        assert same(lines.together(SERIES, "1-HOUR", span, minute(COUNT)), wanted)


def test_the_newest_bars_come_in_order(line: Store) -> None:
    lines = Lines(line)
    assert lines.last(SERIES, 3)["ts_event"].tolist() == [minute(n) for n in (COUNT - 2, COUNT - 1, COUNT)]
    span = TimeRange(minute(0), minute(10))
    assert lines.last(SERIES, 2, span)["ts_event"].tolist() == [minute(8), minute(9)]


@pytest.mark.parametrize("some", [10_000, 100])
def test_what_is_held_is_read_again_once_rows_changed(line: Store, some: int) -> None:
    lines, span = Lines(line, few=10, some=some), TimeRange(minute(0), minute(COUNT + 5))
    assert len(lines.read(SERIES, span)["ts_event"]) == COUNT
    line.write(SERIES, random_bars(np.array([minute(COUNT + 1)])))
    assert len(lines.read(SERIES, span)["ts_event"]) == COUNT + 1


def test_a_line_is_long_from_a_number_of_bars_on_and_gaps_do_not_make_it_so(line: Store) -> None:
    assert Lines(line, many=COUNT - 1).is_long(SERIES)
    assert not Lines(line, many=COUNT).is_long(SERIES)
    line.write(SERIES, random_bars(np.array([minute(100 * COUNT)])))
    lines = Lines(line, many=2 * COUNT)
    assert not lines.is_long(SERIES)
    line.write(SERIES, random_bars(np.arange(2, COUNT + 2) * MINUTE + minute(100 * COUNT)))
    assert lines.is_long(SERIES)


def test_no_more_is_held_than_may_be(line: Store) -> None:
    other = Series(instrument_id="ETH.KRAKEN", source="x", timeframe="1-MINUTE")
    line.write(other, random_bars(np.arange(1, COUNT + 1) * MINUTE + FIRST))
    lines = Lines(line, most_bytes=COUNT * 6 * 8 + 1, few=10, some=10)
    for series in (SERIES, other):
        lines.read(series)
    assert (lines.is_cheap(SERIES, None), lines.is_cheap(other, None)) == (False, True)
    assert [series for series, _ in lines.held()] == [other]


def test_two_who_want_a_whole_line_at_once_read_it_once(line: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lines, read, reads, both = Lines(line, few=10, some=100), line.read, [], threading.Barrier(2)

    def slowly(*asked: object, **more: object) -> object:
        reads.append(asked)
        time.sleep(0.1)
        return read(*asked, **more)

    monkeypatch.setattr(line, "read", slowly)
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda _: both.wait() >= 0 and lines.read(SERIES), range(2)))
    assert same(*found)
    assert len(found[0]["ts_event"]) == COUNT
    assert len(reads) == 1
