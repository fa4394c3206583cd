"""PostgreSQL: a server, with its big tables partitioned, or as hypertables where TimescaleDB is installed."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import ConfigError, DashboardError, RetryableError
from nautilus_data.store import append_only, timescale
from nautilus_data.store.arrow import ArrowReader
from nautilus_data.store.buckets import postgresql_buckets
from nautilus_data.store.bulk import Chunk, copy_in
from nautilus_data.store.dialect import DOES_NOT_FIT, UNEXPECTED, Dialect
from nautilus_data.store.partitions import PERIODS, SAID, Partitions, convert

# psycopg.pq.Format.BINARY; psycopg is optional.
_BINARY = 1
_IDLE_S = 0.1
_LOG = logging.getLogger(__name__)


class PostgreSQL(Dialect):
    """A server, through psycopg 3."""

    insert = staticmethod(postgresql.insert)
    buckets = staticmethod(postgresql_buckets)

    def open(self) -> Engine:
        try:
            engine = create_engine(
                self.url.set(drivername="postgresql+psycopg"),
                hide_parameters=True,
                paramstyle="format",
                max_overflow=20,
            )
        except ImportError as error:
            raise ConfigError(f"PostgreSQL needs psycopg: pip install 'psycopg[binary]' ({error})") from error
        self._connection_error = engine.dialect.loaded_dbapi.OperationalError
        self._engine, self._has_timescale = engine, False
        self._partitions = Partitions(engine)
        self._arrow = ArrowReader(self.url)
        event.listen(engine, "before_cursor_execute", _ask_for_binary)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _check)
        return engine

    def close(self) -> None:
        self._arrow.close()

    def reader(self, engine: Engine) -> Engine:
        # No transaction: each statement sees what is committed when it starts, as it would in one.
        return engine.execution_options(isolation_level="AUTOCOMMIT")

    def read_arrow(self, query: str, names: Sequence[str]) -> dict[str, np.ndarray] | None:
        return self._arrow.read(query, names)

    def make_tables(self, engine: Engine, metadata: MetaData) -> None:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(7365748)"))
            self._has_timescale = _has_timescale(connection)
            if not self._has_timescale:
                metadata.create_all(connection)
                _guard(connection)
                return
            present = set(inspect(connection).get_table_names())
            _in_one_piece(metadata).create_all(connection)
            for statement in [one for name in metadata.tables.keys() - present for one in timescale.set_up(name)]:
                connection.execute(text(statement))
            _guard(connection)

    def size_bytes(self, connection: Connection) -> int:
        return connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()

    def lock(self, connection: Connection, name: str) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})

    def upsert(self, connection: Connection, statement: str, table: Table, chunks: Iterable[Chunk]) -> int:
        return copy_in(connection, statement, table, chunks)

    def make_room(self, table: str, times: Callable[[], Iterable[int]]) -> None:
        self._partitions.make_room(table, times)

    def drop_old(self, connection: Connection, table: str, before: int, is_kept: str) -> int:
        return self._partitions.drop(connection, table, before, is_kept) if self._is_cut(table) else 0

    def layout(self) -> str:
        if self._has_timescale and (hyper := self._hypertables()):
            return f"TimescaleDB, compressed hypertables: {', '.join(sorted(hyper))}"
        cut = [f"{name} by {SAID[unit]}" for name, unit in PERIODS.items() if self._is_cut(name)]
        return f"PostgreSQL, partitioned: {', '.join(cut)}" if cut else "PostgreSQL, in one piece"

    def partition(self, engine: Engine, tables: Iterable[Table]) -> dict[str, int]:
        whole = [table for table in tables if table.name in PERIODS and not self._is_cut(table.name)]
        with engine.begin() as connection:
            if self._has_timescale:
                return _as_hypertables(connection, [table.name for table in whole], self._hypertables())
            moved = {table.name: convert(connection, table) for table in whole}
        self._partitions.forget()
        return moved

    def bars_came(self, engine: Engine, span: TimeRange) -> None:
        if not self._has_timescale or "bars" not in self._hypertables():
            return
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in [*timescale.recompress(span, time.time_ns()), *timescale.refresh(span)]:
                connection.execute(text(statement))

    def _hypertables(self) -> frozenset[str]:
        with self._engine.connect() as connection:
            return frozenset(connection.execute(text(timescale.HYPERTABLES)).scalars())

    def _is_cut(self, table: str) -> bool:
        return table in self._partitions.cut_tables()

    def explain(self, error: BaseException) -> DashboardError:
        message = f"the database {self.name}: {self._without_password(error)}"
        state = getattr(error, "sqlstate", None)
        if state is None:
            # No code: no connection, or the driver refused the values before the server saw them.
            state = "08" if isinstance(error, self._connection_error) else "22"
        if state == _NO_PARTITION and "no partition of relation" in message:
            self._partitions.forget()
            return RetryableError(f"{message}; another process dropped or cut it meanwhile: try again")
        kind, advice = _POSTGRESQL_ERRORS.get(state, _POSTGRESQL_ERRORS.get(state[:2], UNEXPECTED))
        return kind(f"{message}; {advice}")

    def _without_password(self, error: BaseException) -> str:
        first_line = str(error).strip().split("\n")[0]
        return first_line.replace(str(self.url.password), "***") if self.url.password else first_line


def _ask_for_binary(connection: Connection, cursor: Any, text: str, values: Any, context: Any, many: bool) -> None:
    """Have numbers sent as they are stored: reading them from text takes three times as long."""
    if context is not None and context.execution_options.get("is_binary"):
        cursor.format = _BINARY


def _note_use(raw: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _check(raw: Any, record: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
    """Is the server still there? Asked of connections that lay idle: asking each time takes as long as a short read."""
    if time.monotonic() - record.info.get("used_at", math.inf) < _IDLE_S:
        return
    try:
        raw.execute("SELECT 1")
        raw.rollback()
    except raw.OperationalError as error:
        raise DisconnectionError from error


def _has_timescale(connection: Connection) -> bool:
    if connection.execute(text(timescale.INSTALLED)).first():
        return True
    if connection.execute(text(timescale.AVAILABLE)).first():
        _LOG.info("TimescaleDB could be used: have the database's owner run CREATE EXTENSION timescaledb")
    return False


def _guard(connection: Connection) -> None:
    present = set(connection.execute(text(append_only.PRESENT_IN_POSTGRESQL)).scalars())
    for name, statements in append_only.POSTGRESQL.items():
        if name not in present:
            connection.exec_driver_sql(statements)


def _in_one_piece(metadata: MetaData) -> MetaData:
    """The same tables, none of them partitioned: a hypertable cuts itself."""
    copied = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(copied).dialect_options["postgresql"]["partition_by"] = None
    return copied


def _as_hypertables(connection: Connection, tables: Iterable[str], present: frozenset[str]) -> dict[str, int]:
    """Tables made hypertables, their rows moved; how many each has."""
    moved = {}
    for name in tables:
        if name not in present:
            for statement in timescale.set_up(name):
                connection.execute(text(statement))
            moved[name] = connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
    return moved


_NO_PARTITION = "23514"
_UNREACHED = (RetryableError, "check DATABASE_URL, and that the server runs and can be reached")
_POSTGRESQL_ERRORS = MappingProxyType(
    {
        "08": _UNREACHED,
        "28": (ConfigError, "the login was refused: correct DATABASE_URL"),
        "3D": (ConfigError, "there is no such database: correct DATABASE_URL"),
        "22": DOES_NOT_FIT,
        "23": DOES_NOT_FIT,
        "40": (RetryableError, "another transaction was in the way: try again"),
        "53100": (RetryableError, "the server's disk is full: free some space. Nothing of this write was kept"),
        "53": (RetryableError, "the server is short of something: try again later"),
        "55": (RetryableError, "another transaction was in the way: try again"),
        "57": _UNREACHED,
    }
)
