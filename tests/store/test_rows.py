"""Rows go in and come out as they were."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nautilus_data.core.dataset import BARS, COMPONENTS, DATASETS, FILLS, INSTRUMENTS, QUOTES, TRADES, Kind
from nautilus_data.core.dead_letter import DeadLetter
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import SkippableError
from nautilus_data.store import Store
from tests.store.conftest import DAILY, Clock, bars

SAMPLE = {
    Kind.NS: 1_700_000_000_123_456_789,
    Kind.PRICE: -9_223_372_036_854_775_808,
    Kind.FLOAT: 0.1,
    Kind.INT: 9_223_372_036_854_775_807,
    Kind.BOOL: True,
    Kind.TEXT: "Ünï 'quoted' \"text\"",
    Kind.DECIMAL: "123456789012345678901234567890.10",
    Kind.JSON: '{"a": [1, null]}',
    Kind.INSTRUMENT: "GBP/USD.SIM",
}


def quote(instrument_id: str, ts: int, entry: int = 1) -> tuple:
    return (instrument_id, ts, "TRADER-001", entry, ts, 1, 2, 1.0, 2.0)


def component(entry: int, state: str) -> tuple:
    return ("TRADER-001", "DataEngine", "Engine", state, 1, entry, entry, entry)


def test_bars_come_back_as_they_were_written(store: Store) -> None:
    assert store.write(DAILY, bars()) == 10
    pd.testing.assert_frame_equal(store.read(DAILY), bars())


@pytest.mark.parametrize("dataset", [d for d in DATASETS.values() if not d.is_series], ids=lambda d: d.name)
def test_every_dataset_keeps_every_value_exactly(store: Store, dataset) -> None:
    row = tuple(SAMPLE[kind] for kind in dataset.columns.values())
    assert store.write_rows({dataset: [row]}) == 1
    found = store.read(dataset)
    pd.testing.assert_frame_equal(found, dataset.conform(pd.DataFrame([row], columns=list(dataset.columns))))
    assert store.write_rows({dataset: found}) == 0


@pytest.mark.parametrize("dataset", [d for d in DATASETS.values() if not d.is_series], ids=lambda d: d.name)
def test_an_empty_dataset_reads_as_its_empty_frame(store: Store, dataset) -> None:
    pd.testing.assert_frame_equal(store.read(dataset), dataset.empty())


def test_a_series_nobody_wrote_reads_as_an_empty_frame(store: Store) -> None:
    pd.testing.assert_frame_equal(store.read(DAILY), BARS.empty())
    assert store.summary(DAILY) == (0, 0, 0)
    assert store.series_list() == []


def test_writing_the_same_rows_twice_changes_nothing(store: Store) -> None:
    store.write(DAILY, bars(), TimeRange(0, 10))
    assert store.write(DAILY, bars(), TimeRange(0, 10)) == 0
    assert store.summary(DAILY) == (10, 0, 9)


def test_only_rows_that_differ_are_changed(store: Store) -> None:
    store.write(DAILY, bars())
    revised = bars()
    revised.loc[3, "close"] = 101
    assert store.write(DAILY, revised) == 1
    assert store.read(DAILY)["close"].tolist() == [100, 100, 100, 101, 100, 100, 100, 100, 100, 100]


def test_a_bar_fetched_again_keeps_the_time_it_was_first_known(store: Store) -> None:
    store.write(DAILY, bars())
    again = bars()
    again["ts_init"] = 999
    assert store.write(DAILY, again) == 0
    assert store.read(DAILY)["ts_init"].tolist() == list(range(10))


def test_a_missing_number_stays_missing_and_is_no_change(store: Store) -> None:
    frame = bars()
    frame.loc[2, "volume"] = float("nan")
    store.write(DAILY, frame)
    assert store.write(DAILY, frame) == 0
    assert store.read(DAILY)["volume"].isna().tolist() == [n == 2 for n in range(10)]
    assert store.write(DAILY, bars()) == 1


def test_infinite_numbers_survive(store: Store) -> None:
    frame = bars(count=2)
    frame["volume"] = [float("inf"), float("-inf")]
    store.write(DAILY, frame)
    assert store.read(DAILY)["volume"].tolist() == [float("inf"), float("-inf")]


def test_tuples_are_written_like_frames(store: Store) -> None:
    rows = list(bars().itertuples(index=False, name=None))
    assert store.write(DAILY, rows) == 10
    assert store.write(DAILY, bars()) == 0


def test_series_that_differ_in_one_word_are_kept_apart(store: Store) -> None:
    total = replace(DAILY, adjustment="total")
    store.write(DAILY, bars(close=100))
    store.write(total, bars(close=50))
    assert store.read(total)["close"].unique().tolist() == [50]
    assert store.read(DAILY)["close"].unique().tolist() == [100]
    assert store.series_list() == [DAILY, total]
    assert store.series_list(adjustment="total") == [total]
    assert store.series_list(source="nobody") == []


def test_a_span_is_half_open(store: Store) -> None:
    store.write(DAILY, bars())
    assert store.read(DAILY, TimeRange(3, 6))["ts_event"].tolist() == [3, 4, 5]
    assert store.read(DAILY, TimeRange(3, 3)).empty


def test_the_last_rows_come_in_order_of_time(store: Store) -> None:
    store.write(DAILY, bars())
    assert store.read(DAILY, last=3)["ts_event"].tolist() == [7, 8, 9]
    assert store.read(DAILY, TimeRange(0, 5), last=2)["ts_event"].tolist() == [3, 4]
    assert store.read(DAILY, last=100)["ts_event"].tolist() == list(range(10))


def test_as_of_hides_what_was_not_known_yet(store: Store) -> None:
    late = bars()
    late["ts_init"] += 5
    store.write(DAILY, late)
    assert store.read(DAILY, as_of=7)["ts_event"].tolist() == [0, 1, 2]


def test_columns_can_be_chosen(store: Store) -> None:
    store.write(DAILY, bars())
    assert list(store.read(DAILY, columns=["close", "ts_event"])) == ["close", "ts_event"]


def test_rows_are_chosen_by_a_span_of_any_column(store: Store) -> None:
    store.write_rows({QUOTES: [quote("A.B", ts, entry=10 * ts) for ts in range(1, 6)]})
    found = store.read(QUOTES, where={"entry": TimeRange(20, 40), "instrument_id": "A.B"})
    assert found["ts_event"].tolist() == [2, 3]
    with pytest.raises(ValueError, match="has no column 'entri'"):
        store.read(QUOTES, where={"entri": TimeRange(20, 40)})


def test_rows_are_chosen_by_value_and_by_list(store: Store) -> None:
    store.write_rows({QUOTES: [quote("A.X", 1), quote("B.X", 2), quote("C.X", 3)]})
    assert store.read(QUOTES, where={"instrument_id": "B.X"})["ts_event"].tolist() == [2]
    assert store.read(QUOTES, where={"instrument_id": ["A.X", "C.X", "NOT.THERE"]})["ts_event"].tolist() == [1, 3]
    assert store.read(QUOTES, where={"entry": [1, 2], "trader_id": "TRADER-001"}, last=1)["ts_event"].tolist() == [3]


@pytest.mark.parametrize("nothing", ["NOT.THERE", ["NOT.THERE"], []])
def test_an_instrument_nobody_wrote_finds_nothing(store: Store, nothing) -> None:
    store.write_rows({QUOTES: [quote("A.X", 1)]})
    pd.testing.assert_frame_equal(store.read(QUOTES, where={"instrument_id": nothing}), QUOTES.empty())


@pytest.mark.parametrize("wrong", [{"where": {"colour": 1}}, {"columns": ["colour"]}])
def test_an_unknown_column_is_named(store: Store, wrong) -> None:
    store.write(DAILY, bars())
    with pytest.raises(ValueError, match="bars has no column 'colour'"):
        store.read(DAILY, **wrong)


def test_history_is_asked_for_by_series(store: Store) -> None:
    with pytest.raises(ValueError, match="name a Series"):
        store.read(BARS)
    with pytest.raises(ValueError, match="name a Series"):
        store.write_rows({BARS: [(1, 1, 1, 1, 1, 1, 1.0)]})


def test_an_older_version_never_replaces_a_newer_one(store: Store) -> None:
    store.write_rows({COMPONENTS: [component(5, "RUNNING")]})
    assert store.write_rows({COMPONENTS: [component(4, "STARTING")]}) == 0
    assert store.read(COMPONENTS)["state"].tolist() == ["RUNNING"]
    assert store.write_rows({COMPONENTS: [component(6, "STOPPED")]}) == 1
    assert store.read(COMPONENTS)["state"].tolist() == ["STOPPED"]


def test_versions_of_one_row_in_one_batch_leave_the_newest(store: Store) -> None:
    store.write_rows({COMPONENTS: [component(1, "READY"), component(3, "STOPPED"), component(2, "RUNNING")]})
    assert store.read(COMPONENTS)["state"].tolist() == ["STOPPED"]


def test_many_datasets_and_cursors_go_in_together(store: Store, clock: Clock) -> None:
    live = replace(DAILY, source="nautilus")
    trade = ("A.X", 1, "TRADER-001", 2, 1, 100, 1.0, "BUYER", "t1")
    batches = {QUOTES: [quote("A.X", 1)], TRADES: [trade], live: [(1, 2, 3, 4, 5, 6, 7.0)], FILLS: []}
    dead = DeadLetter(stream="stream", entry=6, handler="decode", reason="not MessagePack", payload=b"\xc1" * 100_000)
    assert store.write_rows(batches, cursors={"stream": 7}, dead=[dead]) == 3
    assert len(store.read(QUOTES)) == len(store.read(TRADES)) == len(store.read(live)) == 1
    assert store.cursors() == {"stream": (7, clock.now)}
    (letter,) = store.dead_letters()
    assert (letter.entry, letter.reason, len(letter.payload)) == (6, "not MessagePack", 65_536)


def test_a_bad_row_leaves_nothing_of_its_batch(store: Store) -> None:
    with pytest.raises(SkippableError, match="nothing of the batch"):
        store.write_rows(
            {QUOTES: [quote("A.X", 1)], INSTRUMENTS: [("A.X", None, *["x"] * 4, 1, 1, "", "", False, 0)]}, {"stream": 7}
        )
    assert store.read(QUOTES).empty
    assert store.cursors() == {}


@pytest.mark.parametrize("price", [2**63, None, "text"])
def test_a_price_that_does_not_fit_is_refused(store: Store, price) -> None:
    with pytest.raises(SkippableError):
        store.write(DAILY, [(1, 1, price, 1, 1, 1, 1.0)], TimeRange(0, 2))
    assert store.coverage(DAILY) == []
    assert store.read(DAILY).empty


def test_prune_goes_by_when_the_bus_brought_it(store: Store) -> None:
    store.write_rows({QUOTES: [quote(name, 100 - n, entry=n << 20) for n in range(5) for name in ("A.X", "B.X")]})
    assert store.prune(QUOTES, before=3_000_000) == 6
    assert store.read(QUOTES)["ts_event"].tolist() == [96, 96, 97, 97]


def test_the_cursor_moves_on(store: Store) -> None:
    store.write_rows({}, cursors={"a": 1, "b": 2})
    store.write_rows({}, cursors={"a": 9})
    assert {stream: entry for stream, (entry, _) in store.cursors().items()} == {"a": 9, "b": 2}


def test_the_revision_grows_only_when_rows_of_the_series_change(store: Store) -> None:
    total = replace(DAILY, adjustment="total")
    assert store.revision(DAILY) == 0
    store.write(DAILY, bars())
    first = store.revision(DAILY)
    store.write(DAILY, bars(), TimeRange(0, 10))
    store.write(total, bars())
    assert store.revision(DAILY) == first > 0
    store.write_rows({DAILY: [(50, 50, 1, 1, 1, 1, 1.0)]})
    assert store.revision(DAILY) > first


def test_more_rows_than_a_chunk_are_written(sqlite_url: str, open_store) -> None:
    store = open_store(sqlite_url)
    assert store.write(DAILY, bars(count=120_001)) == 120_001
    assert store.summary(DAILY) == (120_001, 0, 120_000)


@pytest.mark.parametrize("text", ["lone surrogate \ud800", 5.5, b"bytes", object()])
def test_a_text_that_does_not_fit_is_refused_and_the_rest_stays_readable(store: Store, text) -> None:
    store.write_rows({COMPONENTS: [component(1, "RUNNING")]})
    with contextlib.suppress(SkippableError):
        store.write_rows({COMPONENTS: [component(2, text)]})
    assert store.read(COMPONENTS)["state"].map(type).eq(str).all()


_NUMBERS = itertools.count()
_TIMES = st.integers(0, 30)
_WRITES = st.lists(st.dictionaries(_TIMES, st.integers(-(2**63), 2**63 - 1), max_size=8), max_size=6)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=_WRITES)
def test_the_store_is_a_dictionary_of_the_latest_values(sqlite_store: Store, writes) -> None:
    series = replace(DAILY, instrument_id=f"{next(_NUMBERS)}.SIM")
    expected: dict[int, int] = {}
    for batch in writes:
        changed = sum(expected.get(ts) != close for ts, close in batch.items())
        assert sqlite_store.write(series, [(ts, ts, 1, 1, 1, close, 0.0) for ts, close in batch.items()]) == changed
        expected |= batch
    found = sqlite_store.read(series)
    assert dict(zip(found["ts_event"].tolist(), found["close"].tolist(), strict=True)) == expected
    assert found["ts_event"].is_monotonic_increasing
