"""What may not be kept on disk is in memory, and everybody on this machine sees it there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.answer import Taken
from nautilus_data.core.dataset import OBSERVED_SERIES, Series
from nautilus_data.core.macro_series import observations_of
from nautilus_data.core.plan import Plan, Request, State
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store import SplitStore, Store

UNRATE = observations_of("UNRATE")
ASIDE, HERE = UNRATE, observations_of("VIXCLS", "arch")
SPAN = TimeRange(0, 100)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def store(url: str) -> Iterator[SplitStore]:
    opened = SplitStore(url, ["fred"])
    yield opened
    opened.forget()


def rows(*values: float) -> pd.DataFrame:
    times = list(range(10, 10 + len(values)))
    return pd.DataFrame({"ts_event": times, "ts_init": times, "value": list(values), "known_by": "vintage"})


def described(source: str) -> pd.DataFrame:
    texts = dict.fromkeys(OBSERVED_SERIES.columns, "")
    times = dict.fromkeys(("first_date", "last_date", "ts_updated", "ts_init"), 1)
    return pd.DataFrame([{**texts, **times, "source": source, "series_id": "X"}])


def on_disk(tmp_path: Path) -> bytes:
    return b"".join(path.read_bytes() for path in tmp_path.glob("store.sqlite*"))


def test_each_source_is_kept_where_it_may_be(store: SplitStore, tmp_path: Path) -> None:
    store.write(ASIDE, rows(4.125, 4.25), SPAN)
    store.write(HERE, rows(17.5), SPAN)
    assert store.read(ASIDE)["value"].tolist() == [4.125, 4.25]
    assert store.read(HERE)["value"].tolist() == [17.5]
    with sqlite3.connect(tmp_path / "store.sqlite") as database:
        assert database.execute("SELECT value FROM observations").fetchall() == [(17.5,)]
    assert store.coverage(ASIDE) == store.coverage(HERE) == [SPAN]
    assert store.summary(ASIDE) == (2, 10, 11)
    assert set(store.series_list("observations")) == {ASIDE, HERE}


def test_another_process_reads_the_same_memory(store: SplitStore, url: str) -> None:
    store.write(ASIDE, rows(4.125), SPAN)
    other = SplitStore(url, ["fred"])
    assert other.read(ASIDE)["value"].tolist() == [4.125]
    before = other.revision(ASIDE)
    store.write(ASIDE, rows(4.5), SPAN)
    assert other.revision(ASIDE) > before
    other.close()


def test_what_is_forgotten_is_asked_for_again(url: str) -> None:
    store = SplitStore(url, ["fred"])
    store.write(ASIDE, rows(4.125), SPAN)
    store.forget()
    again = SplitStore(url, ["fred"])
    assert again.read(ASIDE).empty
    assert again.gaps(ASIDE, SPAN) == [SPAN]
    again.forget()


def test_an_answer_is_kept_aside_and_its_request_is_noted_in_the_store(store: SplitStore, url: str) -> None:
    plan = Plan(series=ASIDE, span=SPAN, entries=(Request(ordinal=0, span=SPAN),))
    job = store.add_backfill(plan, {})
    bad = [(20, "no value", '{"value": "4.99 or so"}')]
    taken = Taken(state=State.DONE, rows=rows(4.125), covered=SPAN, bad=bad)
    store.settle(ASIDE, taken, job, 0, "1 of 1 requests answered")
    [request] = store.backfill_requests(job)
    assert (request.state, request.rows) == (State.DONE, 1)
    assert store.job(job).done == 1
    assert store.bad_rows(ASIDE)["reason"].tolist() == store.bad_rows()["reason"].tolist() == ["no value"]
    plain = Store(url)
    assert plain.read(ASIDE).empty and plain.bad_rows().empty and not plain.coverage(ASIDE)
    plain.close()


def test_what_sources_say_of_their_series_is_read_as_one(store: SplitStore, url: str) -> None:
    store.write_rows({OBSERVED_SERIES: pd.concat([described("fred"), described("arch")], ignore_index=True)})
    assert sorted(store.read(OBSERVED_SERIES)["source"]) == ["arch", "fred"]
    plain = Store(url)
    assert plain.read(OBSERVED_SERIES)["source"].tolist() == ["arch"]
    plain.close()


def test_two_databases_share_no_memory(tmp_path: Path, store: SplitStore) -> None:
    store.write(ASIDE, rows(4.125), SPAN)
    other = SplitStore(f"sqlite:///{tmp_path / 'other.sqlite'}", ["fred"])
    assert other.read(ASIDE).empty
    other.forget()


def test_the_memory_is_readable_by_nobody_else(store: SplitStore) -> None:
    store.write(ASIDE, rows(4.125), SPAN)
    assert store.memory.file.parent.stat().st_mode & 0o077 == 0


def test_rows_are_counted_wherever_they_lie(store: SplitStore) -> None:
    store.write(ASIDE, rows(4.125, 4.25), SPAN)
    store.write(HERE, rows(17.5), SPAN)
    assert store.stats().rows["observations"] == 3


def test_an_answer_can_be_cleared(store: SplitStore) -> None:
    store.cover(ASIDE, SPAN, "refused")
    assert store.failures(ASIDE) == [(SPAN, "refused")]
    store.clear(ASIDE, SPAN)
    assert store.coverage(ASIDE) == []


def test_series_are_told_apart_by_their_source_alone(store: SplitStore) -> None:
    bars = Series(instrument_id="AAPL.NASDAQ", source="sample")
    store.cover(bars, SPAN)
    assert store.series_list("bars") == [bars]


def test_revisions_of_both_are_told(store: SplitStore) -> None:
    store.write(ASIDE, rows(1.0), SPAN)
    store.write(HERE, rows(1.0), SPAN)
    before = store.revisions("observations")
    store.write(ASIDE, rows(2.0), SPAN)
    after = store.revisions("observations")
    assert list(after) == list(before) == sorted([ASIDE, HERE], key=str)
    assert after[ASIDE] > before[ASIDE] == store.revision(HERE) and after[HERE] == before[HERE]


def test_no_memory_is_taken_before_something_is_written(store: SplitStore, url: str) -> None:
    assert store.read(ASIDE).empty and store.coverage(ASIDE) == []
    assert store.stats().rows["observations"] == 0
    assert not store.memory.exists
    other = SplitStore(url, ["fred"])
    other.write(ASIDE, rows(4.125), SPAN)
    assert store.read(ASIDE)["value"].tolist() == [4.125]
    other.close()


def test_memory_whose_database_is_gone_is_given_back(store: SplitStore, tmp_path: Path) -> None:
    gone = SplitStore(f"sqlite:///{tmp_path / 'gone.sqlite'}", ["fred"])
    gone.write(ASIDE, rows(4.125), SPAN)
    gone.close()
    (tmp_path / "gone.sqlite").unlink()
    assert gone.memory.exists
    store.write(ASIDE, rows(4.125), SPAN)
    assert not gone.memory.exists
    assert store.memory.exists
