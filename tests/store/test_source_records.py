"""What is kept of the sources, on each database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from nautilus_data.core.timerange import TimeRange
from nautilus_data.store import SourceRecords, Store, WatchKey
from tests.store.conftest import DAILY, Clock, bars

KEY = WatchKey("interactive_brokers", "AAPL.NASDAQ", "quotes")
VALUE = {"price": "219.50", "bid": "219.4", "ask": "219.6", "previous": "", "volume": "12.0", "is_delayed": True,
         "ts_event": 5, "ts_received": 6}  # fmt: skip


@pytest.fixture
def store(open_store: Callable[..., Store], url: str) -> Store:
    return open_store(url)


def test_nothing_is_kept_at_first(store: Store) -> None:
    assert store.source_records() == SourceRecords()


def test_switches_and_order_are_kept_as_last_said(store: Store, open_store: Callable[..., Store], url: str) -> None:
    store.switch_source("yahoo", False)
    store.switch_source("sample", False)
    store.switch_source("sample", True)
    store.save_source_order(["sample", "yahoo"])
    store.save_source_order(["yahoo", "nautilus", "sample"])
    again = open_store(url).source_records()
    assert again.switches == {"sample": True, "yahoo": False}
    assert again.order == ("yahoo", "nautilus", "sample")


def test_a_state_is_what_was_told_last_and_when(store: Store, clock: Clock) -> None:
    store.save_source_state("x", {"state": "connecting", "history": [{"at": 1}]})
    clock.now += 1
    store.save_source_state("x", {"state": "connected"})
    assert store.source_records().states == {"x": {"state": "connected", "ts_updated": clock.now}}


def test_a_live_value_is_exact_and_goes_with_its_watch(store: Store, clock: Clock) -> None:
    store.save_watch(KEY)
    store.save_watch(KEY._replace(kind="LAST"))
    store.save_latest_values([])
    store.save_latest_values([{**KEY._asdict(), **VALUE}, {**KEY._asdict(), **VALUE, "kind": "LAST"}])
    store.save_latest_values([{**KEY._asdict(), **VALUE, "price": "219.123456789", "is_delayed": False}])
    found = store.source_records()
    assert found.watches == {KEY: clock.now, KEY._replace(kind="LAST"): clock.now}
    assert {row["kind"]: (row["price"], row["is_delayed"]) for row in found.latest} == {
        "quotes": ("219.123456789", False), "LAST": ("219.50", True),
    }  # fmt: skip
    store.remove_watch(KEY)
    found = store.source_records()
    assert [row["kind"] for row in found.latest] == ["LAST"] == [key.kind for key in found.watches]


def test_revisions_of_all_series_are_read_at_once(store: Store) -> None:
    other = replace(DAILY, source="yahoo")
    assert store.revisions("bars") == {}
    for series in (other, DAILY):
        store.write(series, bars(), TimeRange(0, 10))
    before = store.revisions("bars")
    assert list(before) == sorted([DAILY, other], key=str)
    assert before == {series: store.revision(series) for series in before}
    store.write(DAILY, bars(close=101), TimeRange(0, 10))
    after = store.revisions("bars")
    assert after[DAILY] > before[DAILY] and after[other] == before[other]
    assert store.revisions("fills") == {}
