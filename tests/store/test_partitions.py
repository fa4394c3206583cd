"""PostgreSQL's big tables are cut by time; rows of any year find their place, and old ones go as a whole."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.core.dataset import QUOTES
from nautilus_data.core.entry import entry_at
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.errors import ConfigError
from nautilus_data.store import Store
from nautilus_data.store.partitions import Period, periods_of
from tests.store.conftest import DAILY, bars, emptied, run_sql

YEARS = (
    "1929-10-29",
    "1969-12-31T23:59:59.999999999Z",
    "1970-01-01",
    "2008-09-15",
    "2024-12-31",
    "2025-01-01",
    "2261-06-01",
)
_CHILDREN = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{}'::regclass ORDER BY 1"


@pytest.fixture
def empty_url(postgres_url: str) -> str:
    return emptied(postgres_url)


@pytest.fixture
def store(empty_url: str, open_store) -> Store:
    return open_store(empty_url)


def children(url: str, table: str) -> list[str]:
    return [name for (name,) in run_sql(url, _CHILDREN.format(table))]


def at(*days: str) -> pd.DataFrame:
    times = np.array([to_ns(day) for day in days], "int64")
    return bars(0, len(days)).assign(ts_event=times, ts_init=times)


def quotes(day: str, count: int, entry: int) -> list[tuple]:
    return [("A.X", to_ns(day) + n, "T", entry + n, 1, 1, 2, 1.0, 2.0) for n in range(count)]


def in_one_piece(url: str) -> None:
    """The table of bars as older versions made it."""
    run_sql(
        url,
        "CREATE TABLE bars (series INTEGER NOT NULL, ts_event BIGINT NOT NULL, ts_init BIGINT NOT NULL,"
        " open BIGINT NOT NULL, high BIGINT NOT NULL, low BIGINT NOT NULL, close BIGINT NOT NULL,"
        " volume DOUBLE PRECISION, PRIMARY KEY (series, ts_event))",
    )


@given(times=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20), unit=st.sampled_from("YM"))
def test_every_time_of_64_bits_is_in_one_period(times: list[int], unit: str) -> None:
    periods = periods_of(times, unit)
    # The smallest number of 64 bits is no time: it is put with the next.
    assert all(sum(period.start <= max(ts, 1 - 2**63) < period.end for period in periods) == 1 for ts in times)
    assert periods == sorted(set(periods))


def test_what_is_no_time_has_no_period() -> None:
    assert periods_of(["not a time"], "Y") == periods_of([None], "Y") == periods_of([], "M") == []
    assert (Period(54, "Y").label, Period(54 * 12 + 4, "M").label) == ("2024", "2024_05")


@pytest.mark.postgres
def test_rows_of_any_year_find_a_partition(store: Store, empty_url: str) -> None:
    assert store.write(DAILY, at(*YEARS)) == len(YEARS)
    assert store.read(DAILY)["ts_event"].tolist() == [to_ns(day) for day in YEARS]
    assert children(empty_url, "bars") == [f"bars_{y}" for y in (1929, 1969, 1970, 2008, 2024, 2025, 2261)]
    assert store.ends(DAILY) == (to_ns(YEARS[0]), to_ns(YEARS[-1]))
    assert store.read(DAILY, last=2)["ts_event"].tolist() == [to_ns(day) for day in YEARS[-2:]]
    assert store.stats().layout == "PostgreSQL, partitioned: bars by year, quotes by month, trades by month"


@pytest.mark.postgres
def test_many_rows_are_copied_into_their_years_and_written_again_change_nothing(store: Store) -> None:
    times = to_ns("2023-12-01") + np.arange(2_000) * NS_PER_DAY // 24
    frame = bars(0, 2_000).assign(ts_event=times, ts_init=times)
    assert store.write(DAILY, frame) == 2_000
    assert store.write(DAILY, frame) == 0
    assert store.write(DAILY, frame.assign(close=7)) == 2_000
    assert store.summary(DAILY) == (2_000, int(times[0]), int(times[-1]))


@pytest.mark.postgres
def test_workers_that_make_the_same_partitions_at_once_all_write(empty_url: str, open_store) -> None:
    stores = [open_store(empty_url) for _ in range(4)]

    def write(number: int) -> int:
        series = replace(DAILY, instrument_id=f"I{number}.X")
        return stores[number % 4].write(series, at(*(f"{2000 + number % 5 + n}-05-01" for n in range(6))))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(24))) == [6] * 24
    assert len(children(empty_url, "bars")) == 10


@pytest.mark.postgres
def test_processes_make_one_new_database(empty_url: str) -> None:
    program = (
        "import sys; from nautilus_data.store import Store; from tests.store.conftest import DAILY;"
        "from tests.store.test_partitions import at;"
        f"print(Store({empty_url!r}).write(DAILY, at('2001-01-01', '2002-01-01', sys.argv[1])))"
    )
    days = ("2003-01-01", "2004-01-01")
    started = [subprocess.Popen([sys.executable, "-c", program, day], stdout=subprocess.PIPE) for day in days]
    written = [int(process.communicate(timeout=60)[0]) for process in started]
    assert sum(written) == 4
    assert len(children(empty_url, "bars")) == 4


@pytest.mark.postgres
def test_a_store_made_in_one_piece_works_on_and_is_cut_by_a_command(empty_url: str, open_store) -> None:
    in_one_piece(empty_url)
    store, other = open_store(empty_url), open_store(empty_url)
    assert store.write(DAILY, at(*YEARS), TimeRange(0, 10)) == len(YEARS)
    assert store.stats().layout == "PostgreSQL, partitioned: quotes by month, trades by month"
    assert store.partition() == {"bars": len(YEARS)}
    assert store.read(DAILY)["ts_event"].tolist() == [to_ns(day) for day in YEARS]
    assert store.coverage(DAILY) == [TimeRange(0, 10)]
    assert len(children(empty_url, "bars")) == len(YEARS)
    assert store.partition() == {}
    assert store.write(DAILY, at(*YEARS, "2031-01-01")[-3:]) == 1
    assert run_sql(empty_url, "SELECT to_regclass('bars_in_one_piece')") == [(None,)]
    assert other.write(DAILY, at("2024-12-31", "2031-01-01")) == 0


@pytest.mark.postgres
def test_a_conversion_that_fails_leaves_the_table_as_it_was(empty_url: str, open_store) -> None:
    in_one_piece(empty_url)
    store = open_store(empty_url)
    store.write(DAILY, at(*YEARS))
    run_sql(empty_url, "CREATE TABLE bars_2008 (in_the_way INTEGER)")
    with pytest.raises(Exception, match="bars_2008"):
        store.partition()
    assert len(store.read(DAILY)) == len(YEARS)
    assert children(empty_url, "bars") == []


@pytest.mark.postgres
def test_a_writer_who_missed_a_conversion_or_a_drop_is_told_to_try_again_and_then_can(
    empty_url: str, open_store
) -> None:
    in_one_piece(empty_url)
    store, other = open_store(empty_url), open_store(empty_url)
    store.write(DAILY, at("2024-01-01"))
    other.write(DAILY, at("2024-01-01"))
    store.partition()
    with pytest.raises(Exception, match="try again"):
        other.write(DAILY, at("2031-01-01"))
    assert other.write(DAILY, at("2031-01-01")) == 1


@pytest.mark.postgres
def test_months_without_anything_new_are_dropped_whole(store: Store, empty_url: str) -> None:
    now = to_ns("2024-06-20")
    old, new = entry_at(to_ns("2024-02-01")), entry_at(now)
    store.write_rows({QUOTES: [
        *quotes("2024-01-31", 5, old), *quotes("2024-02-01", 4, old), *quotes("2024-03-01", 3, new),
        *quotes("2024-06-10", 2, old), *quotes("2024-06-20", 1, new)]})  # fmt: skip
    assert store.prune(QUOTES, before=now - 7 * NS_PER_DAY) == 5 + 4 + 2
    # March is what a replay brought just now.
    assert children(empty_url, "quotes") == ["quotes_2024_03", "quotes_2024_06"]
    assert len(store.read(QUOTES)) == 4
    assert store.write_rows({QUOTES: quotes("2024-01-31", 5, new)}) == 5


def test_an_embedded_store_says_that_it_needs_no_partitions(sqlite_store: Store) -> None:
    assert sqlite_store.stats().layout == "SQLite, clustered"
    with pytest.raises(ConfigError, match="only PostgreSQL"):
        sqlite_store.partition()
