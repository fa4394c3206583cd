"""TimescaleDB: the big tables as hypertables, compressed, with hours and days of bars kept ready.

Nothing of this is done where the extension is not installed. It has never run on TimescaleDB: none could be had where
this was made. Every statement is parsed by PostgreSQL's own grammar in a test, and uses what TimescaleDB 2.16 and
later document: hypertables and continuous aggregates on integer time, an offset of their buckets, compression, upserts
into compressed chunks. Reads and writes go through the same SQL as on PostgreSQL, which is tested there.

Hours and days of the continuous aggregates are those of UTC. They are for SQL of one's own: bars of the pages keep to
the sessions of exchanges, which no fixed bucket can.
"""

from __future__ import annotations

from types import MappingProxyType

from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange

INSTALLED = "SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'"
AVAILABLE = "SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'"
HYPERTABLES = (
    "SELECT hypertable_name FROM timescaledb_information.hypertables WHERE hypertable_schema = current_schema()"
)
AGGREGATES = MappingProxyType({"bars_1h": 3_600 * NS_PER_S, "bars_1d": NS_PER_DAY})
# Table: length of a chunk, what its compressed rows are kept together by, days until they are compressed.
_LAYOUT = MappingProxyType(
    {
        "bars": (30 * NS_PER_DAY, "series", 60),
        "quotes": (NS_PER_DAY, "instrument_id", 2),
        "trades": (NS_PER_DAY, "instrument_id", 2),
    }
)
_NOW = """
CREATE OR REPLACE FUNCTION nautilus_now() RETURNS BIGINT LANGUAGE SQL STABLE AS
$$ SELECT (extract(epoch FROM now()) * 1000000000)::bigint $$
"""


def set_up(table: str) -> list[str]:
    """What makes a plain table a compressed hypertable, rows that are there moved; nothing for a table that stays."""
    if table not in _LAYOUT:
        return []
    chunk_ns, kept_together, days = _LAYOUT[table]
    statements = [
        _NOW,
        f"SELECT create_hypertable('{table}', 'ts_event', chunk_time_interval => BIGINT '{chunk_ns}',"
        " if_not_exists => TRUE, migrate_data => TRUE)",
        f"SELECT set_integer_now_func('{table}', 'nautilus_now', replace_if_exists => TRUE)",
        f"ALTER TABLE {table} SET (timescaledb.compress, timescaledb.compress_segmentby = '{kept_together}',"
        f" timescaledb.compress_orderby = '{_order(table)}')",
        f"SELECT add_compression_policy('{table}', BIGINT '{days * NS_PER_DAY}', if_not_exists => TRUE)",
    ]
    if table == "bars":
        statements += [statement for name in AGGREGATES for statement in _aggregate(name)]
    return statements


def refresh(span: TimeRange) -> list[str]:
    """What brings the aggregates up to date after bars of a span came in; each in no transaction.

    Only buckets that lie within a window are refreshed, so it reaches to the edges of those the span touches.
    """
    return [
        f"CALL refresh_continuous_aggregate('{name}', BIGINT '{start}', BIGINT '{end}')"
        for name, width in AGGREGATES.items()
        for start, end in [_window(span, width)]
    ]


def recompress(span: TimeRange, now: int) -> list[str]:
    """What compresses again the chunks of bars a span was written into, those old enough to be compressed."""
    chunk_ns, _, days = _LAYOUT["bars"]
    newer, older = span.start - chunk_ns, min(span.end + chunk_ns, now - days * NS_PER_DAY)
    if older <= newer:
        return []
    return [
        "SELECT compress_chunk(chunk, if_not_compressed => TRUE) FROM"
        f" show_chunks('bars', newer_than => BIGINT '{newer}', older_than => BIGINT '{older}') AS chunk"
    ]


def _aggregate(name: str) -> list[str]:
    width = AGGREGATES[name]
    # A bar belongs to the bucket with start < time <= end: an offset of 1 ns makes it one with start <= time < end.
    return [
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {name}"
        " WITH (timescaledb.continuous, timescaledb.materialized_only = FALSE) AS"
        f" SELECT series, time_bucket(BIGINT '{width}', ts_event, BIGINT '1') AS bucket,"
        " first(open, ts_event) AS open, max(high) AS high, min(low) AS low, last(close, ts_event) AS close,"
        " sum(volume) AS volume, count(*) AS bars, max(ts_event) AS ts_event"
        " FROM bars GROUP BY series, bucket WITH NO DATA",
        f"SELECT add_continuous_aggregate_policy('{name}', start_offset => BIGINT '{40 * width}',"
        f" end_offset => BIGINT '{width}', schedule_interval => INTERVAL '1 hour', if_not_exists => TRUE)",
    ]


def _window(span: TimeRange, width: int) -> tuple[int, int]:
    first, last = (span.start - 1) // width, (max(span.start, span.end - 1) - 1) // width
    return first * width + 1, (last + 1) * width + 1


def _order(table: str) -> str:
    return "ts_event" if table == "bars" else "ts_event, trader_id, entry"
