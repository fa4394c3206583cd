"""COPY and a staging table end as row after row would."""

from __future__ import annotations

import pytest

from nautilus_data.core.dataset import FILLS, POSITIONS, QUOTES
from nautilus_data.store import Store
from tests.store.conftest import DAILY, bars

MANY = 1_000


def quotes(count: int) -> list[tuple]:
    return [(f"I{n % 7}.X", n, 'T"1\t\n\\', n, n, 1, 2, 0.5, float("nan")) for n in range(count)]


def position(number: int, entry: int, side: str) -> tuple:
    return ("T-1", 1, f"P{number}", 5, entry, "S", "A.B", "ACC", side, "1", "1", 1.0, 1.0, "0", "USD", 0.0, 0, entry)


def test_rows_with_texts_come_in_as_they_are(store: Store) -> None:
    assert store.write_rows({QUOTES: quotes(MANY)}) == MANY
    found = store.read(QUOTES)
    assert found["trader_id"].unique().tolist() == ['T"1\t\n\\']
    assert found["ts_event"].tolist() == list(range(MANY))
    assert found["instrument_id"].iloc[8] == "I1.X"
    assert found["ask_size"].isna().all()
    assert store.write_rows({QUOTES: quotes(MANY)}) == 0


def test_of_many_versions_of_a_row_in_one_batch_the_newest_stays(store: Store) -> None:
    rows = [position(n, 10, "OLD") for n in range(MANY)]
    rows += [position(n, 30, "NEW") for n in range(MANY)] + [position(n, 20, "LATE") for n in range(MANY)]
    store.write_rows({POSITIONS: rows})
    assert store.read(POSITIONS)["side"].unique().tolist() == ["NEW"]
    store.write_rows({POSITIONS: [position(n, 25, "STALE") for n in range(MANY)]})
    assert store.read(POSITIONS)["side"].unique().tolist() == ["NEW"]


def test_several_batches_in_one_transaction_don_t_mix(store: Store) -> None:
    store.write_rows({QUOTES: quotes(MANY), DAILY: bars(0, 120_000)})
    assert (len(store.read(QUOTES)), store.summary(DAILY)[0]) == (MANY, 120_000)


def test_a_batch_that_fails_leaves_nothing_and_the_next_one_works(store: Store) -> None:
    broken = [*quotes(MANY), ("A.B", "not a time", "T", 1, 1, 1, 2, 0.5, 0.5)]
    with pytest.raises(Exception, match="can't be stored"):
        store.write_rows({QUOTES: broken})
    assert store.read(QUOTES).empty
    assert store.write_rows({QUOTES: quotes(MANY)}) == MANY
    assert store.read(FILLS).empty
