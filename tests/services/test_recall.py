"""Last prices from the store, for a process that follows no bus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nautilus_data.core.dataset import EQUITY, INSTRUMENTS, QUOTES, Series
from nautilus_data.services.live import Live
from nautilus_data.services.recall import recall
from nautilus_data.store import Store

S = 1_000_000_000
DAY = 86_400 * S
NOW = 1_800_000_000 * S
BARS = Series(instrument_id="AAPL.NASDAQ", source="nautilus", adjustment="total")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield found
    found.close()


def recalled(store: Store) -> Live:
    live = Live()
    recall(store, live)
    return live


def put_bars(store: Store, *bars: tuple[int, int, int]) -> None:
    """Each bar as day, published at (s after NOW), close."""
    rows = [(day * DAY, NOW + at * S, *([close * 10**9] * 4), 100.0) for day, at, close in bars]
    store.write(BARS, rows)


def test_what_was_published_last_counts_not_what_happened_last(store: Store) -> None:
    put_bars(store, (100, 3, 31), (101, 4, 32), (4000, 1, 90), (4001, 2, 91))
    live = recalled(store)
    assert live.price("AAPL.NASDAQ").price == 32
    assert live.price("AAPL.NASDAQ").previous == 31
    assert live.replayed_to() == 101 * DAY


def test_bars_an_earlier_replay_left_behind_are_no_price_of_this_one(store: Store) -> None:
    put_bars(store, (100, 3, 31), (101, 4, 32), (102, 5, 33))
    equity = {"trader_id": "T-001", "run_id": 2, "ts_event": NOW, "ts_replayed": 101 * DAY, "balance": "1"}
    store.write_rows({EQUITY: [_row(EQUITY, equity)]})
    price = recalled(store).price("AAPL.NASDAQ")
    assert (price.price, price.previous, price.ts_event) == (32, 31, 101 * DAY)


def test_a_stored_quote_newer_than_the_bars_is_the_price(store: Store) -> None:
    put_bars(store, (100, 1, 31))
    known = {"instrument_id": "AAPL.NASDAQ", "raw_symbol": "AAPL"}
    quote = {"instrument_id": "AAPL.NASDAQ", "ts_event": NOW + 9 * S, "trader_id": "T-001",
             "entry": (NOW // 1_000_000 + 9_000) << 20, "ts_init": NOW + 9 * S, "bid_price": 40 * 10**9,
             "ask_price": 42 * 10**9, "bid_size": 1.0, "ask_size": 1.0}  # fmt: skip
    store.write_rows({INSTRUMENTS: [_row(INSTRUMENTS, known)], QUOTES: [_row(QUOTES, quote)]})
    price = recalled(store).price("AAPL.NASDAQ")
    assert (price.kind, price.price, price.trader_id) == ("quote", 41, "T-001")


def test_an_empty_store_recalls_nothing(store: Store) -> None:
    assert recalled(store).prices() == {}


def _row(dataset, given: dict) -> tuple:
    empty = dataset.empty()
    return tuple(
        given.get(name, "" if empty[name].dtype == object else empty[name].dtype.type(0).item())
        for name in dataset.columns
    )
