"""TimescaleDB's SQL is PostgreSQL's by grammar, and its windows cover what came in. It ran nowhere: see the module."""

from __future__ import annotations

import pglast
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.store import Store, timescale
from nautilus_data.store.tables import METADATA
from tests.store.conftest import DAILY, bars, emptied

SPAN = TimeRange(1_700_000_000_000_000_000, 1_700_090_000_000_000_001)
HOUR = 3_600_000_000_000
_STATEMENTS = [
    timescale.INSTALLED,
    timescale.AVAILABLE,
    timescale.HYPERTABLES,
    *(statement for table in METADATA.tables for statement in timescale.set_up(table)),
    *timescale.refresh(SPAN),
    *timescale.recompress(SPAN, SPAN.end + 900 * NS_PER_DAY),
]


@pytest.mark.parametrize("statement", _STATEMENTS)
def test_every_statement_is_understood_by_postgresql_s_grammar(statement: str) -> None:
    assert len(pglast.parse_sql(statement)) == 1


def test_only_the_big_tables_are_made_hypertables() -> None:
    assert [name for name in METADATA.tables if timescale.set_up(name)] == ["bars", "quotes", "trades"]
    assert all("migrate_data => TRUE" in timescale.set_up(name)[1] for name in ("bars", "quotes", "trades"))


def test_bars_are_compressed_by_series_in_order_of_time_and_aggregated_by_hour_and_day() -> None:
    text_of_it = "\n".join(timescale.set_up("bars"))
    assert "compress_segmentby = 'series', timescaledb.compress_orderby = 'ts_event'" in text_of_it
    assert [name for name in ("bars_1h", "bars_1d") if f"VIEW IF NOT EXISTS {name} WITH" in text_of_it] == [
        "bars_1h", "bars_1d"]  # fmt: skip


@given(start=st.integers(0, 2**60), length=st.integers(0, 2**55))
def test_a_refresh_reaches_to_the_edges_of_the_buckets_a_span_touches_and_no_further(start: int, length: int) -> None:
    span = TimeRange(start, start + length)
    for statement, width in zip(timescale.refresh(span), timescale.AGGREGATES.values(), strict=True):
        first, end = (int(part.split("'")[0]) for part in statement.split("BIGINT '")[1:])
        assert (first - 1) % width == (end - 1) % width == 0
        assert first <= max(span.start, 1) < first + width or span.start == 0
        last = max(span.start, span.end - 1)
        assert end - width <= last < end or last == 0


def test_chunks_too_young_to_be_compressed_are_left_alone() -> None:
    assert timescale.recompress(SPAN, SPAN.end) == []
    (statement,) = timescale.recompress(SPAN, SPAN.end + 61 * NS_PER_DAY)
    assert f"BIGINT '{SPAN.end + NS_PER_DAY}'" in statement


@pytest.mark.postgres
def test_without_the_extension_nothing_of_it_happens(postgres_url: str, open_store) -> None:
    store: Store = open_store(emptied(postgres_url))
    store.write(DAILY, bars())
    store.bars_came(TimeRange(0, 10))
    with store._reading() as connection:
        assert connection.execute(text(timescale.INSTALLED)).first() is None
        assert connection.execute(text("SELECT to_regclass('bars_1h')")).scalar() is None
    assert store.stats().layout.startswith("PostgreSQL, partitioned")
