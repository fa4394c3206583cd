"""What comes as columns is what comes row by row; where it can't come so, rows are fetched."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from nautilus_data.core.dataset import BARS
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import RetryableError
from nautilus_data.store import Store
from nautilus_data.store.arrow import MANY, ArrowReader
from nautilus_data.store.tables import SERIES
from tests.store.conftest import DAILY, bars, emptied, run_sql

pytestmark = pytest.mark.postgres
COUNT = 3 * MANY


@pytest.fixture
def url(postgres_url: str) -> str:
    return emptied(postgres_url)


@pytest.fixture
def store(url: str, open_store) -> Store:
    store = open_store(url)
    frame = bars(0, COUNT).assign(close=np.arange(COUNT) - 2**62)
    frame.loc[7, "volume"] = np.nan
    store.write(DAILY, frame)
    return store


def row_by_row(store: Store, *given: object, **more: object) -> pd.DataFrame:
    with store._reading() as connection:
        return store._read(connection, *given, **more)


@pytest.mark.parametrize(
    "more",
    [{}, {"span": TimeRange(5, 4_000)}, {"last": MANY + 1}, {"columns": ["close", "volume"]}, {"as_of": 3_000}],
    ids=["all", "span", "last", "columns", "as of"],
)
def test_columns_are_as_the_rows_would_be(store: Store, more: dict) -> None:
    found = store.read(DAILY, **more)
    pd.testing.assert_frame_equal(found, row_by_row(store, DAILY, **more), check_exact=True)
    assert len(found) > MANY - 2


def test_the_reader_brings_numbers_with_nan_for_what_is_not_known(store: Store, url: str) -> None:
    reader = ArrowReader(make_url(url))
    for _ in range(2):
        found = reader.read("SELECT ts_event, volume FROM bars WHERE ts_event IN (6, 7) ORDER BY ts_event", ["a", "b"])
        assert (found["a"].tolist(), found["a"].dtype.name) == ([6, 7], "int64")
        assert found["b"][0] == 5.0 and np.isnan(found["b"][1])
    reader.close()


def test_what_the_reader_can_t_read_it_leaves_to_others(store: Store, url: str) -> None:
    reader = ArrowReader(make_url(url))
    assert reader.read("SELECT nothing FROM nowhere", ["x"]) is None
    assert reader.read("SELECT 1", ["x"])["x"].tolist() == [1]
    reader.close()
    assert ArrowReader(make_url("postgresql://nobody@127.0.0.1:1/x")).read("SELECT 1", ["x"]) is None


def test_a_connection_the_server_closed_is_replaced(store: Store, url: str) -> None:
    assert len(store.read(DAILY)) == COUNT
    run_sql(url, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'")  # fmt: skip
    assert len(store.read(DAILY)) == COUNT
    assert len(store.read(DAILY)) == COUNT


def test_numbers_of_a_few_rows_come_in_binary(store: Store) -> None:
    with store._reading() as connection:
        asked = select(SERIES.c.id, SERIES.c.revision)
        formats = [
            connection.execute(asked, execution_options=options).cursor.pgresult.fformat(0)
            for options in ({"is_binary": True}, {})
        ]
    assert [int(one) for one in formats] == [1, 0]
    assert store.read(DAILY, last=3)["close"].tolist() == [COUNT - 3 + n - 2**62 for n in range(3)]


def test_a_server_that_is_away_is_told_as_ever(open_store) -> None:
    with pytest.raises(Exception, match="check DATABASE_URL") as told:
        open_store("postgresql://nobody@127.0.0.1:1/x")
    assert not isinstance(told.value, RetryableError)


def test_empty_answers_have_the_right_columns(store: Store) -> None:
    pd.testing.assert_frame_equal(store.read(DAILY, TimeRange(COUNT, COUNT + 5)), BARS.empty())
