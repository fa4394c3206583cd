"""What is old goes, quotes and trades as bars where that is wanted."""

from __future__ import annotations

import pytest

from nautilus_data.core.dataset import PRICE_UPDATES, QUOTES, TRADES, Series
from nautilus_data.core.entry import entry_at
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, to_ns
from nautilus_data.services.retention import Retention
from nautilus_data.store import Store

NOW = to_ns("2024-05-31T12:00Z")


@pytest.fixture
def ticks(store: Store) -> Store:
    for days in (9, 8, 1):
        at = NOW - days * NS_PER_DAY + 1
        entry = entry_at(at)
        store.write_rows({
            QUOTES: [("A.X", at, "T", entry, at, 10, 20, 1.0, 1.0)],
            TRADES: [("A.X", at, "T", entry, at, 15, 3.0, "BUYER", "1")],
            PRICE_UPDATES: [("A.X", "mark", at, "T", entry, at, "15")],
        })  # fmt: skip
    return store


@pytest.mark.parametrize(("makes_bars", "bars"), [(True, 2), (False, 0)])
def test_ticks_older_than_so_many_days_go(ticks: Store, makes_bars: bool, bars: int) -> None:
    assert Retention(ticks, 7, makes_bars, "total", clock=lambda: NOW).forget_old() == 4
    assert [len(ticks.read(dataset)) for dataset in (QUOTES, TRADES, PRICE_UPDATES)] == [1, 1, 1]
    for price_type, close in (("LAST", 15), ("BID", 10), ("ASK", 20), ("MID", 15)):
        line = Series(
            instrument_id="A.X", source="nautilus", timeframe="1-MINUTE", adjustment="total", price_type=price_type
        )
        found = ticks.read(line)
        assert found["close"].tolist() == [close] * bars
        assert (found["ts_event"] % (60 * NS_PER_S) == 0).all()
    assert Retention(ticks, 7, makes_bars, clock=lambda: NOW).forget_old() == 0
