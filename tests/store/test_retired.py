"""Old ticks leave as bars, whole minutes at a time, and nothing is lost on the way."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from nautilus_data.core.dataset import QUOTES, TRADES, Series
from nautilus_data.core.entry import entry_at
from nautilus_data.core.tick import MINUTE_NS, minute_bars
from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from nautilus_data.errors import DashboardError
from nautilus_data.store import Store

_NUMBERS = itertools.count()
M = MINUTE_NS
NOON = to_ns("2024-05-31T12:00Z")
LAST = Series(instrument_id="A.X", source="nautilus", timeframe="1-MINUTE")


def line_of(instrument_id: str) -> Series:
    return replace(LAST, instrument_id=instrument_id)


def trade(ts: int, price: int, came: int | None = None, instrument_id: str = "A.X") -> tuple:
    came = ts if came is None else came
    return (instrument_id, ts, "T-1", entry_at(came), came, price, 2.0, "BUYER", str(ts))


def prices(store: Store, series: Series = LAST) -> list[list[float]]:
    return store.read(series)[["ts_event", "open", "high", "low", "close", "volume"]].values.tolist()


def quarters(first: int = 1, last: int = 12) -> list[tuple]:
    """Trades 15 s apart from just after noon on, each one dearer."""
    return [trade(NOON + number * M // 4, 100 + number) for number in range(first, last + 1)]


def test_minutes_that_are_old_as_a_whole_leave_as_bars(store: Store) -> None:
    store.write_rows({TRADES: quarters()})
    # The last trade of the second minute came at the limit itself.
    assert store.retire(TRADES, NOON + 2 * M, line_of) == 4
    assert prices(store) == [[NOON + M, 101, 104, 101, 104, 8]]
    assert store.read(TRADES)["price"].tolist() == list(range(105, 113))
    assert store.retire(TRADES, NOON + NS_PER_DAY, line_of) == 8
    assert prices(store)[1:] == [[NOON + 2 * M, 105, 108, 105, 108, 8], [NOON + 3 * M, 109, 112, 109, 112, 8]]
    assert store.read(TRADES).empty
    assert store.retire(TRADES, NOON + NS_PER_DAY, line_of) == 0


def test_quotes_leave_bids_asks_and_middles(store: Store) -> None:
    store.write_rows({QUOTES: [("A.X", NOON + 1, "T", entry_at(NOON), 1, 10, 20, 1.0, 1.0)]})
    assert store.retire(QUOTES, NOON + NS_PER_DAY, line_of) == 1
    found = {name: store.read(replace(LAST, price_type=name))["close"].tolist() for name in ("BID", "ASK", "MID")}
    assert found == {"BID": [10], "ASK": [20], "MID": [15]}
    assert store.read(replace(LAST, price_type="MID"))["volume"].isna().all()


def test_a_bar_that_is_stored_stays_as_it_is(store: Store) -> None:
    store.write(LAST, [(NOON + M, 1, 5, 5, 5, 5, 5.0)])
    before = store.revision(LAST)
    store.write_rows({TRADES: quarters(1, 4)})
    assert store.retire(TRADES, NOON + NS_PER_DAY, line_of) == 4
    assert (prices(store), store.revision(LAST)) == ([[NOON + M, 5, 5, 5, 5, 5]], before)
    store.write_rows({TRADES: quarters(5, 8)})
    store.retire(TRADES, NOON + NS_PER_DAY, line_of)
    assert store.revision(LAST) > before


def test_what_a_replay_brought_just_now_is_not_old(store: Store) -> None:
    now = NOON + 100 * NS_PER_DAY
    store.write_rows({TRADES: [trade(NOON + 1, 7, came=now), *quarters(8, 8)]})
    assert store.retire(TRADES, now - NS_PER_DAY, line_of) == 1
    assert store.read(TRADES)["price"].tolist() == [7]


def test_instruments_hours_and_years_are_kept_apart(store: Store) -> None:
    times = [to_ns(day) for day in ("1999-12-31T23:59:59Z", "2000-01-01T00:00:01Z", "2024-05-31T11:00Z")]
    rows = [trade(ts, 7 + n, instrument_id=name) for n, ts in enumerate(times) for name in ("A.X", "B.X")]
    store.write_rows({TRADES: rows})
    assert store.retire(TRADES, NOON, line_of) == 6
    for name in ("A.X", "B.X"):
        found = store.read(line_of(name))
        assert found["close"].tolist() == [7, 8, 9]
        assert found["ts_event"].tolist() == [
            to_ns("2000-01-01"), to_ns("2000-01-01T00:01Z"), to_ns("2024-05-31T11:00Z")]  # fmt: skip


def test_a_failure_between_bars_and_deletion_loses_nothing(store: Store) -> None:
    store.write_rows({TRADES: quarters(1, 4)})
    with store._writing() as connection:
        for statement in _NO_BARS[connection.dialect.name]:
            connection.execute(text(statement))
    with pytest.raises(DashboardError):
        store.retire(TRADES, NOON + NS_PER_DAY, line_of)
    assert len(store.read(TRADES)) == 4
    assert store.read(LAST).empty


# Bars can't be written any more, as on a full disk.
_NO_BARS = {
    "sqlite": ["CREATE TRIGGER no_bars BEFORE INSERT ON bars BEGIN SELECT RAISE(ABORT, 'full'); END"],
    "postgresql": [
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$",
        "CREATE TRIGGER no_bars BEFORE INSERT ON bars FOR EACH ROW EXECUTE FUNCTION full_disk()",
    ],
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(
        st.tuples(st.integers(1, 6 * 60), st.integers(1, 99)), min_size=1, max_size=40, unique_by=lambda p: p[0]
    ),
    limits=st.lists(st.integers(0, 6 * 60), max_size=4).map(sorted),
)
def test_ticks_retired_bit_by_bit_make_the_bars_all_of_them_make(
    sqlite_store: Store, places: list[tuple[int, int]], limits: list[int]
) -> None:
    name = f"I{next(_NUMBERS)}.X"
    rows = [trade(NOON + place * M // 60, price, instrument_id=name) for place, price in places]
    sqlite_store.write_rows({TRADES: rows})
    wanted = minute_bars("trades", sqlite_store.read(TRADES, where={"instrument_id": name}))["LAST"]
    gone = sum(sqlite_store.retire(TRADES, NOON + limit * M // 60, line_of) for limit in limits)
    gone += sqlite_store.retire(TRADES, NOON + NS_PER_DAY, line_of)
    assert gone == len(rows)
    assert sqlite_store.read(line_of(name)).equals(wanted)
