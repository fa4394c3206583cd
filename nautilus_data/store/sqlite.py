"""SQLite: a file of this machine, or memory."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import ConfigError, DashboardError, FatalError, RetryableError
from nautilus_data.store import append_only
from nautilus_data.store.buckets import sqlite_buckets
from nautilus_data.store.bulk import Chunk, run_each
from nautilus_data.store.dialect import DOES_NOT_FIT, UNEXPECTED, Dialect

BUSY_TIMEOUT_S = 15.0


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
        if not present.issuperset([*metadata.tables, *append_only.SQLITE]):
            with engine.execution_options(is_write=True).begin() as connection:
                metadata.create_all(connection)
                for statement in append_only.SQLITE.values():
                    connection.exec_driver_sql(statement)

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

    def bars_came(self, engine: Engine, span: TimeRange) -> None:
        """Nothing is kept beside them."""

    def partition(self, engine: Engine, tables: Iterable[Table]) -> dict[str, int]:
        raise ConfigError("only PostgreSQL's tables are partitioned: SQLite keeps each clustered by its key as it is")

    def explain(self, error: BaseException) -> DashboardError:
        code = getattr(error, "sqlite_errorcode", None)
        # No code: the driver refused the values before SQLite saw them.
        kind, advice = DOES_NOT_FIT if code is None else _SQLITE_ERRORS.get(code & 0xFF, UNEXPECTED)
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
        sqlite3.SQLITE_CONSTRAINT: DOES_NOT_FIT,
        sqlite3.SQLITE_TOOBIG: DOES_NOT_FIT,
        sqlite3.SQLITE_MISMATCH: DOES_NOT_FIT,
    }
)
