"""What differs between databases: opening, upserts, size, and what an error means."""

from __future__ import annotations

import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from nautilus_data.errors import ConfigError, DashboardError, FatalError, RetryableError, SkippableError
from nautilus_data.store.buckets import postgresql_buckets, sqlite_buckets
from nautilus_data.store.bulk import Chunk, copy_in, run_each
from nautilus_data.store.partitions import PERIODS, SAID, Partitions, convert

BUSY_TIMEOUT_S = 15.0
_FORMS = "write sqlite:////absolute/path.sqlite or postgresql://user:password@host:5432/database"


class Dialect(ABC):
    """One kind of database; `insert` is its INSERT that knows ON CONFLICT, `buckets` puts bars together."""

    insert: ClassVar[Any]
    buckets: ClassVar[Callable[..., Any]]

    def __init__(self, url: URL) -> None:
        self.url = url

    @property
    def name(self) -> str:
        """The URL without password and options."""
        return self.url.set(query={}).render_as_string(hide_password=True)

    @abstractmethod
    def open(self) -> Engine:
        """An engine; connections are made later."""

    @abstractmethod
    def make_tables(self, engine: Engine, metadata: MetaData) -> None:
        """Make what is missing, safe against another process doing the same."""

    @abstractmethod
    def size_bytes(self, connection: Connection) -> int:
        """Bytes the database takes."""

    @abstractmethod
    def lock(self, connection: Connection, name: str) -> None:
        """Until the transaction ends, nobody else holds this name."""

    @abstractmethod
    def upsert(self, connection: Connection, statement: str, table: Table, chunks: Iterable[Chunk]) -> int:
        """Run an upsert for every row of the chunks; how many rows changed."""

    @abstractmethod
    def make_room(self, table: str, times: Callable[[], Iterable[int]]) -> None:
        """Whatever rows at some times need before they can be written."""

    def drop_old(self, connection: Connection, table: str, before: int, is_kept: str) -> int:
        """Drop whole parts of a table that end before a time and have no row that is kept; how many rows went."""
        return 0

    @abstractmethod
    def layout(self) -> str:
        """How the big tables are laid out, in a few words."""

    @abstractmethod
    def partition(self, engine: Engine, tables: Iterable[Table]) -> dict[str, int]:
        """Cut tables that are in one piece by time, all or none; how many rows of each were moved."""

    @abstractmethod
    def explain(self, error: BaseException) -> DashboardError:
        """The driver's error as ours, saying what to do."""


class SQLite(Dialect):
    """A file of this machine in WAL mode: many readers, one writer at a time."""

    insert = staticmethod(sqlite.insert)
    buckets = staticmethod(sqlite_buckets)

    def __init__(self, url: URL, busy_timeout_s: float = BUSY_TIMEOUT_S, max_pages: int | None = None) -> None:
        super().__init__(url)
        self._busy_timeout_s = busy_timeout_s
        self._max_pages = max_pages

    @property
    def path(self) -> Path | None:
        """The file, or None for a database in memory."""
        return None if self.url.database in (None, "", ":memory:") else Path(self.url.database)

    def open(self) -> Engine:
        if self.path:
            self._make_folder(self.path.parent)
        # A database in memory lives in its one connection, so threads take turns.
        limits = {"pool_size": 8, "max_overflow": -1} if self.path else {"pool_size": 1, "max_overflow": 0}
        engine = create_engine(
            self.url,
            poolclass=QueuePool,
            hide_parameters=True,
            connect_args={"timeout": self._busy_timeout_s, "check_same_thread": False, "isolation_level": None},
            **limits,
        )
        event.listen(engine, "connect", self._set_up)
        event.listen(engine, "begin", _begin)
        return engine

    def make_tables(self, engine: Engine, metadata: MetaData) -> None:
        if self.path:
            self._switch_to_wal(engine)
        with engine.connect() as connection:
            present = {row[0] for row in connection.execute(text("SELECT name FROM sqlite_master"))}
        if not present.issuperset(metadata.tables):
            with engine.execution_options(is_write=True).begin() as connection:
                metadata.create_all(connection)

    def size_bytes(self, connection: Connection) -> int:
        if not self.path:
            pages, size = (connection.exec_driver_sql(f"PRAGMA page_{what}").scalar_one() for what in ("count", "size"))
            return pages * size
        if not self.path.exists():
            # SQLite would go on writing to a file that has no name any more.
            raise FatalError(f"the database {self.path} was moved or deleted while in use: restart at once")
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def lock(self, connection: Connection, name: str) -> None:
        """A write transaction is alone as it is."""

    def upsert(self, connection: Connection, statement: str, table: Table, chunks: Iterable[Chunk]) -> int:
        return run_each(connection, statement, chunks)

    def make_room(self, table: str, times: Callable[[], Iterable[int]]) -> None:
        """A file has room for any time."""

    def layout(self) -> str:
        return "SQLite, clustered"

    def partition(self, engine: Engine, tables: Iterable[Table]) -> dict[str, int]:
        raise ConfigError("only PostgreSQL's tables are partitioned: SQLite keeps each clustered by its key as it is")

    def explain(self, error: BaseException) -> DashboardError:
        code = getattr(error, "sqlite_errorcode", None)
        # No code: the driver refused the values before SQLite saw them.
        kind, advice = _DOES_NOT_FIT if code is None else _SQLITE_ERRORS.get(code & 0xFF, _UNEXPECTED)
        return kind(f"the database {self.path or 'in memory'}: {error}; {advice}")

    def _make_folder(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"can't make the folder of the database: {error}; choose another") from error

    def _switch_to_wal(self, engine: Engine) -> None:
        deadline = time.monotonic() + self._busy_timeout_s
        raw = engine.raw_connection()
        try:
            while raw.cursor().execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                # Two processes making one new file: here SQLite doesn't wait by itself.
                try:
                    raw.cursor().execute("PRAGMA journal_mode = WAL")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)
        finally:
            raw.close()

    def _set_up(self, connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -16384")
        # After a large backfill the log gives its space back.
        connection.execute("PRAGMA journal_size_limit = 67108864")
        if self._max_pages:
            connection.execute(f"PRAGMA max_page_count = {self._max_pages}")


def _begin(connection: Connection) -> None:
    # A deferred write that starts as a read can't wait for the lock: it fails at once.
    is_write = connection.get_execution_options().get("is_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


_UNEXPECTED = (FatalError, "this is not expected: keep this message and report it")
_DOES_NOT_FIT = (SkippableError, "this row can't be stored; nothing of the batch was")
_SQLITE_ERRORS = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: (RetryableError, "the disk is full: free some space. Nothing of this write was kept"),
        sqlite3.SQLITE_BUSY: (RetryableError, "another process is writing: try again"),
        sqlite3.SQLITE_LOCKED: (RetryableError, "another thread is writing: try again"),
        sqlite3.SQLITE_IOERR: (RetryableError, "the disk can't be read or written: check it and its free space"),
        sqlite3.SQLITE_INTERRUPT: (RetryableError, "try again"),
        sqlite3.SQLITE_CORRUPT: (
            FatalError,
            "the file is damaged and was left as it is: move it away or put a copy in its place, then start again",
        ),
        sqlite3.SQLITE_NOTADB: (
            FatalError,
            "this file is no SQLite database and was left as it is: move it away or choose another DATABASE_URL",
        ),
        sqlite3.SQLITE_CANTOPEN: (FatalError, "the file can't be opened: check the path and its permissions"),
        sqlite3.SQLITE_READONLY: (FatalError, "the file can't be written: check its permissions"),
        sqlite3.SQLITE_PERM: (FatalError, "the file can't be used: check its permissions"),
        sqlite3.SQLITE_CONSTRAINT: _DOES_NOT_FIT,
        sqlite3.SQLITE_TOOBIG: _DOES_NOT_FIT,
        sqlite3.SQLITE_MISMATCH: _DOES_NOT_FIT,
    }
)


class PostgreSQL(Dialect):
    """A server, through psycopg 3."""

    insert = staticmethod(postgresql.insert)
    buckets = staticmethod(postgresql_buckets)

    def open(self) -> Engine:
        try:
            engine = create_engine(
                self.url.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                hide_parameters=True,
                paramstyle="format",
                max_overflow=20,
            )
        except ImportError as error:
            raise ConfigError(f"PostgreSQL needs psycopg: pip install 'psycopg[binary]' ({error})") from error
        self._connection_error = engine.dialect.loaded_dbapi.OperationalError
        self._partitions = Partitions(engine)
        return engine

    def make_tables(self, engine: Engine, metadata: MetaData) -> None:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(7365748)"))
            metadata.create_all(connection)

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
        cut = [f"{name} by {SAID[unit]}" for name, unit in PERIODS.items() if self._is_cut(name)]
        return f"PostgreSQL, partitioned: {', '.join(cut)}" if cut else "PostgreSQL, in one piece"

    def partition(self, engine: Engine, tables: Iterable[Table]) -> dict[str, int]:
        whole = [table for table in tables if table.name in PERIODS and not self._is_cut(table.name)]
        with engine.begin() as connection:
            moved = {table.name: convert(connection, table) for table in whole}
        self._partitions.forget()
        return moved

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
        kind, advice = _POSTGRESQL_ERRORS.get(state, _POSTGRESQL_ERRORS.get(state[:2], _UNEXPECTED))
        return kind(f"{message}; {advice}")

    def _without_password(self, error: BaseException) -> str:
        first_line = str(error).strip().split("\n")[0]
        return first_line.replace(str(self.url.password), "***") if self.url.password else first_line


_NO_PARTITION = "23514"
_UNREACHED = (RetryableError, "check DATABASE_URL, and that the server runs and can be reached")
_POSTGRESQL_ERRORS = MappingProxyType(
    {
        "08": _UNREACHED,
        "28": (ConfigError, "the login was refused: correct DATABASE_URL"),
        "3D": (ConfigError, "there is no such database: correct DATABASE_URL"),
        "22": _DOES_NOT_FIT,
        "23": _DOES_NOT_FIT,
        "40": (RetryableError, "another transaction was in the way: try again"),
        "53100": (RetryableError, "the server's disk is full: free some space. Nothing of this write was kept"),
        "53": (RetryableError, "the server is short of something: try again later"),
        "55": (RetryableError, "another transaction was in the way: try again"),
        "57": _UNREACHED,
    }
)


def dialect_of(url: str, **options: Any) -> Dialect:
    """The dialect of a URL; a ConfigError shows the forms and never the URL."""
    parsed = _parse(url)
    backend = parsed.get_backend_name() if parsed else ""
    if parsed and backend == "sqlite":
        return SQLite(parsed, **options)
    if parsed and backend in ("postgresql", "postgres"):
        return PostgreSQL(parsed)
    raise ConfigError(f"DATABASE_URL is not understood; {_FORMS}")


def _parse(url: str) -> URL | None:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        return None
