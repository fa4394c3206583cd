"""The tables: one per dataset, and the store's own."""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from types import MappingProxyType

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from nautilus_data.core.dataset import DATASETS, Dataset, Kind, Series

METADATA = MetaData()

# Without STRICT a text that slipped into a number's column would break every later read of the table.
_HAS_STRICT = sqlite3.sqlite_version_info >= (3, 37)
_INT64 = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")
# Decimals are text on every database: exact, and "" can say "not known".
_TYPES: MappingProxyType[Kind, TypeEngine | type[TypeEngine]] = MappingProxyType(
    {
        Kind.NS: _INT64,
        Kind.PRICE: _INT64,
        Kind.FLOAT: Double().with_variant(sqlite.REAL(), "sqlite"),
        Kind.INT: _INT64,
        Kind.BOOL: Boolean().with_variant(sqlite.INTEGER(), "sqlite"),
        Kind.TEXT: Text,
        Kind.DECIMAL: Text,
        Kind.JSON: Text,
        Kind.INSTRUMENT: Integer,
    }
)
_BLANK = MappingProxyType({Kind.FLOAT: float("nan"), Kind.BOOL: False, Kind.TEXT: "", Kind.JSON: "{}"})


def _column(name: str, kind: Kind) -> Column:
    # SQLite keeps NaN as NULL, so floats alone may be NULL.
    return Column(name, _TYPES[kind], nullable=kind is Kind.FLOAT, default=_BLANK.get(kind, 0))


def is_clustered(dataset: Dataset) -> bool:
    """Is the table laid out by its key? Market data is: many narrow rows, read in the key's order."""
    return Kind.PRICE in dataset.columns.values()


def _indexes(dataset: Dataset) -> list[Index]:
    if is_clustered(dataset):
        return []
    found = [Index(f"ix_{dataset.name}_time", dataset.time)]
    for name, kind in dataset.columns.items():
        if kind is Kind.INSTRUMENT:
            found.append(Index(f"ix_{dataset.name}_{name}", name, dataset.time))
    return found


def _table(dataset: Dataset) -> Table:
    key = dataset.key
    columns = [_column(name, kind) for name, kind in dataset.columns.items()]
    if dataset.is_series:
        key = ("series", *key)
        columns.insert(0, Column("series", Integer, nullable=False))
    return Table(
        dataset.name,
        METADATA,
        *columns,
        PrimaryKeyConstraint(*key),
        *_indexes(dataset),
        sqlite_with_rowid=not is_clustered(dataset),
        sqlite_strict=_HAS_STRICT,
        postgresql_partition_by=f"RANGE ({dataset.time})" if is_clustered(dataset) else None,
    )


def _own_table(name: str, key: str, columns: str, *more: Column | Index) -> Table:
    kinds = (part.split(":") for part in columns.split())
    return Table(name, METADATA, *(_column(n, Kind[kind]) for n, kind in kinds), *more, PrimaryKeyConstraint(key))


TABLES: MappingProxyType[str, Table] = MappingProxyType(
    {dataset.name: _table(dataset) for dataset in DATASETS.values()}
)

SERIES_FIELDS = tuple(field.name for field in fields(Series))
SERIES = Table(
    "series",
    METADATA,
    Column("id", Integer, primary_key=True),
    *(Column(name, Text, nullable=False) for name in SERIES_FIELDS),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint(*SERIES_FIELDS),
)
INSTRUMENT_IDS = Table(
    "instrument_ids",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("instrument_id", Text, nullable=False, unique=True),
)
COVERAGE = Table(
    "coverage",
    METADATA,
    Column("series", ForeignKey(SERIES.c.id), primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("end", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)
JOBS = Table(
    "jobs",
    METADATA,
    Column("id", Integer, primary_key=True),
    *(_column(name, Kind.TEXT) for name in ("kind", "title", "status", "message")),
    _column("params", Kind.JSON),
    *(_column(name, Kind.INT) for name in ("done", "total")),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    *(_column(name, Kind.NS) for name in ("ts_created", "ts_started", "ts_finished", "ts_updated")),
    Index("ix_jobs_status", "status"),
)
LEASES = _own_table("leases", "name", "name:TEXT holder:TEXT ts_expires:NS")
CURSORS = _own_table("cursors", "stream", "stream:TEXT entry:INT ts_updated:NS")
ENGINE_RUNS = _own_table(
    "engine_runs",
    "id",
    "id:TEXT status:TEXT error:TEXT pid:INT config:JSON pace:FLOAT ts_started:NS ts_stopped:NS"
    " ts_updated:NS replayed_to:NS bars_sent:INT bars_total:INT log_tail:TEXT",
    Column("is_paused", Boolean, nullable=False, default=False),
)
BUS_DEAD_LETTERS = Table(
    "bus_dead_letters",
    METADATA,
    Column("stream", Text, nullable=False),
    Column("entry", BigInteger, nullable=False),
    Column("handler", Text, nullable=False),
    *(_column(name, Kind.TEXT) for name in ("topic", "trader_id", "reason", "state")),
    Column("payload", LargeBinary, nullable=False),
    *(_column(name, Kind.INT) for name in ("size", "attempts")),
    *(_column(name, Kind.NS) for name in ("ts_first", "ts_last")),
    PrimaryKeyConstraint("stream", "entry", "handler"),
    Index("ix_bus_dead_letters_ts_last", "ts_last"),
)
BUS_INCIDENTS = _own_table(
    "bus_incidents",
    "id",
    "id:TEXT kind:TEXT subject:TEXT trader_id:TEXT stream:TEXT reader:TEXT ts_started:NS ts_detected:NS ts_cleared:NS"
    " from_entry:INT to_entry:INT count:INT detail:TEXT evidence:TEXT",
    Index("ix_bus_incidents_ts_detected", "ts_detected"),
)
BUS_READERS = _own_table("bus_readers", "name", "name:TEXT role:TEXT status:JSON ts_updated:NS")
SIGNALS = _own_table("signals", "name", "name:TEXT ts_sent:NS")
BACKFILL_PLANS = _own_table(
    "backfill_plans",
    "job",
    "job:INT series:INT start:NS end:NS mode:TEXT overlap_start:NS overlap_end:NS note:TEXT ts_planned:NS"
    " ts_estimated:NS",
)
BACKFILL_REQUESTS = Table(
    "backfill_requests",
    METADATA,
    *(Column(name, _INT64, nullable=False) for name in ("job", "ordinal")),
    Column("series", Integer, nullable=False),
    *(_column(name, Kind.NS) for name in ("start", "end")),
    *(_column(name, Kind.TEXT) for name in ("state", "error")),
    *(_column(name, Kind.INT) for name in ("expected", "cost", "rows", "attempts")),
    *(_column(name, Kind.NS) for name in ("ts_asked", "ts_answered")),
    PrimaryKeyConstraint("job", "ordinal"),
    Index("ix_backfill_requests_series", "series", "start"),
    sqlite_with_rowid=False,
)
BAD_ROWS = Table(
    "bad_rows",
    METADATA,
    Column("series", Integer, nullable=False),
    Column("ts_event", _INT64, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("reason", "row")),
    _column("job", Kind.INT),
    _column("ts_seen", Kind.NS),
    PrimaryKeyConstraint("series", "ts_event", "reason", "row"),
    sqlite_with_rowid=False,
)
BACKFILL_SCHEDULES = _own_table(
    "backfill_schedules", "series", "series:INT every_s:INT ts_next:NS ts_last:NS last_job:INT"
)
LISTINGS = _own_table(
    "listings", "instrument_id", "instrument_id:TEXT name:TEXT kind:TEXT currency:TEXT origin:TEXT ts_updated:NS"
)
INSTRUMENT_ALIASES = Table(
    "instrument_aliases",
    METADATA,
    *(Column(name, Text, nullable=False) for name in ("instrument_id", "source", "symbol")),
    PrimaryKeyConstraint("instrument_id", "source"),
    Index("ix_instrument_aliases_symbol", "symbol"),
)
SOURCE_SWITCHES = _own_table("source_switches", "name", "name:TEXT is_enabled:BOOL ts_updated:NS")
SOURCE_ORDER = _own_table("source_order", "name", "name:TEXT place:INT")
SOURCE_STATES = _own_table("source_states", "name", "name:TEXT status:JSON ts_updated:NS")
SERIES_CHOICES = _own_table("series_choices", "series_id", "series_id:TEXT is_kept:BOOL ts_updated:NS")
QUOTE_WATCHES = Table(
    "quote_watches",
    METADATA,
    *(Column(name, Text, nullable=False) for name in ("source", "instrument_id", "kind")),
    _column("ts_asked", Kind.NS),
    PrimaryKeyConstraint("source", "instrument_id", "kind"),
)
# A price that is not known is an empty text.
LATEST_VALUES = Table(
    "latest_values",
    METADATA,
    *(Column(name, Text, nullable=False) for name in ("source", "instrument_id", "kind")),
    *(_column(name, Kind.DECIMAL) for name in ("price", "bid", "ask", "previous", "volume")),
    _column("is_delayed", Kind.BOOL),
    *(_column(name, Kind.NS) for name in ("ts_event", "ts_received")),
    PrimaryKeyConstraint("source", "instrument_id", "kind"),
)
_SHEET = ("user", "instrument_id", "timeframe")
DRAWINGS = Table(
    "drawings",
    METADATA,
    *(Column(name, Text, nullable=False) for name in (*_SHEET, "drawing_id")),
    *(_column(name, Kind.TEXT) for name in ("kind", "points", "style", "text")),
    *(_column(name, Kind.NS) for name in ("ts_created", "ts_updated")),
    PrimaryKeyConstraint(*_SHEET, "drawing_id"),
)
DRAWING_SHEETS = Table(
    "drawing_sheets",
    METADATA,
    *(Column(name, Text, nullable=False) for name in _SHEET),
    _column("version", Kind.INT),
    PrimaryKeyConstraint(*_SHEET),
)
USERS = _own_table(
    "users", "name", "name:TEXT password_hash:TEXT role:TEXT oauth:TEXT ts_created:NS ts_changed:NS ts_last_login:NS"
)
# Of what lets somebody in only a hash is kept; `ref` names it and is no secret.
SESSIONS = _own_table(
    "sessions",
    "hash",
    "hash:TEXT ref:TEXT user:TEXT ts_created:NS ts_seen:NS ts_expires:NS address:TEXT agent:TEXT",
    Index("ix_sessions_ref", "ref"),
    Index("ix_sessions_user", "user"),
)
API_KEYS = _own_table(
    "api_keys",
    "ref",
    "ref:TEXT hash:TEXT owner:TEXT title:TEXT role:TEXT areas:TEXT ts_created:NS ts_expires:NS ts_last_used:NS",
    Index("ix_api_keys_owner", "owner"),
)
TOKEN_FAMILIES = _own_table(
    "token_families",
    "ref",
    "ref:TEXT user:TEXT ts_created:NS ts_expires:NS ts_ended:NS address:TEXT agent:TEXT",
    Index("ix_token_families_user", "user"),
)
REFRESH_TOKENS = _own_table(
    "refresh_tokens",
    "hash",
    "hash:TEXT family:TEXT ts_created:NS ts_expires:NS ts_used:NS",
    Index("ix_refresh_tokens_family", "family"),
)
SHARES = _own_table(
    "shares",
    "ref",
    "ref:TEXT hash:TEXT owner:TEXT page:TEXT query:TEXT hides_amounts:BOOL ts_created:NS ts_expires:NS ts_opened:NS",
    Index("ix_shares_hash", "hash"),
    Index("ix_shares_owner", "owner"),
)
LOGIN_FAILURES = Table(
    "login_failures",
    METADATA,
    *(Column(name, Text, nullable=False) for name in ("kind", "subject")),
    _column("tries", Kind.INT),
    *(_column(name, Kind.NS) for name in ("ts_last", "ts_locked")),
    PrimaryKeyConstraint("kind", "subject"),
    Index("ix_login_failures_ts_last", "ts_last"),
)
SIGNING_KEYS = _own_table("signing_keys", "name", "name:TEXT key:TEXT ts_created:NS")
# Triggers refuse to change or delete what is here: see `append_only`.
AUDIT = _own_table(
    "audit",
    "seq",
    "seq:INT ts:NS actor:TEXT role:TEXT door:TEXT ref:TEXT act:TEXT target:TEXT outcome:TEXT detail:TEXT address:TEXT"
    " correlation:TEXT hash:TEXT",
)
JOB_ORIGINS = _own_table("job_origins", "job", "job:INT correlation:TEXT actor:TEXT")
