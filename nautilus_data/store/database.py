"""Database: connections, transactions and errors, under everything the store keeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.exc import DBAPIError

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import ConfigError, FatalError, RetryableError
from nautilus_data.store.dialects import dialect_of
from nautilus_data.store.tables import INSTRUMENT_IDS, METADATA, SERIES, SERIES_FIELDS, TABLES


@dataclass(frozen=True, kw_only=True)
class StoreStats:
    """What the store's card shows; `url` holds no secrets, `layout` says how the big tables are laid out."""

    url: str
    size_bytes: int
    layout: str = ""
    rows: dict[str, int] = field(default_factory=dict)


class Database:
    """Opens the database and makes its tables; the base of what the store keeps.

    `clock` gives nanoseconds; `options` go to the dialect (`busy_timeout_s`, `max_pages`).
    """

    def __init__(self, url: str, *, clock: Callable[[], int] = time.time_ns, **options: Any) -> None:
        self._dialect = dialect_of(url, **options)
        self._clock = clock
        self._engine = self._dialect.open()
        self._reader = self._dialect.reader(self._engine)
        self._writer = self._engine.execution_options(is_write=True)
        self._instruments: dict[str, int] = {}
        self._series: dict[Series, int] = {}
        self._counts: tuple[float, dict[str, int]] = (0.0, {})
        self._counting = Lock()
        self._prepare()

    @property
    def name(self) -> str:
        """The URL without secrets."""
        return self._dialect.name

    @property
    def server(self) -> str:
        """What keeps it and in which version: `sqlite 3.40.1`; it is not asked for this."""
        dialect = self._engine.dialect
        version = getattr(dialect, "server_version_info", None) or dialect.dbapi.sqlite_version_info
        return f"{dialect.name} {'.'.join(map(str, version))}"

    def close(self) -> None:
        """Give the connections back."""
        self._dialect.close()
        self._engine.dispose()

    def stats(self) -> StoreStats:
        """Size and rows; counting again waits until it is cheap."""
        with self._reading() as connection:
            size = self._dialect.size_bytes(connection)
            rows = self._count(connection)
        return StoreStats(url=self.name, size_bytes=size, layout=self._dialect.layout(), rows=rows)

    def bars_came(self, span: TimeRange) -> None:
        """Bring up to date what the database keeps beside the bars of a span, once a backfill has written them."""
        with self._translated():
            self._dialect.bars_came(self._engine, span)

    def partition(self) -> dict[str, int]:
        """Cut tables an older version made in one piece by time, all or none; how many rows of each were moved."""
        with self._translated():
            return self._dialect.partition(self._engine, TABLES.values())

    def _prepare(self) -> None:
        try:
            with self._translated():
                self._dialect.make_tables(self._engine, METADATA)
                self._check_columns()
        except RetryableError as error:
            self.close()
            raise ConfigError(f"can't open the store: {error}") from error
        except FatalError:
            self.close()
            raise

    def _check_columns(self) -> None:
        found = inspect(self._engine).get_multi_columns()
        for name, table in METADATA.tables.items():
            present = {column["name"] for (_, of), columns in found.items() if of == name for column in columns}
            if not present.issuperset(column.name for column in table.columns):
                raise FatalError(
                    f"the database {self.name} was made by another version: its table {name} differs;"
                    " move it away or choose another DATABASE_URL"
                )

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing."""
        with self._translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        driver_error = self._engine.dialect.loaded_dbapi.Error
        try:
            yield
        except DBAPIError as error:
            raise self._dialect.explain(error.orig or error) from error
        except (driver_error, OverflowError, UnicodeEncodeError) as error:
            raise self._dialect.explain(error) from error

    def _count(self, connection: Connection) -> dict[str, int]:
        with self._counting:
            due_at, counts = self._counts
            started = time.monotonic()
            if started >= due_at:
                counts = {
                    name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                    for name, table in TABLES.items()
                }
                self._counts = (started + 50 * (time.monotonic() - started), counts)
            return dict(counts)

    def _instrument_numbers(self, names: set[str]) -> dict[str, int]:
        """Numbers of instrument ids; new ones are given and committed first, so they can be remembered."""
        missing = names - self._instruments.keys()
        if missing:
            with self._writing() as connection:
                new = self._dialect.insert(INSTRUMENT_IDS).on_conflict_do_nothing()
                connection.execute(new, [{"instrument_id": name} for name in sorted(missing)])
            self._learn_instruments()
        return self._instruments

    def _learn_instruments(self) -> None:
        with self._reading() as connection:
            rows = connection.execute(select(INSTRUMENT_IDS.c.instrument_id, INSTRUMENT_IDS.c.id)).all()
        self._instruments = dict(tuple(row) for row in rows)

    def _series_number(self, series: Series, *, create: bool = False) -> int | None:
        number = self._series.get(series)
        if number is None:
            number = self._find_series(series)
            if number is None and create:
                self._add_series(series)
                number = self._find_series(series)
            if number is not None:
                self._series[series] = number
        return number

    def _find_series(self, series: Series) -> int | None:
        same = [SERIES.c[name] == getattr(series, name) for name in SERIES_FIELDS]
        with self._reading() as connection:
            return connection.execute(select(SERIES.c.id).where(*same)).scalar()

    def _add_series(self, series: Series) -> None:
        values = {name: getattr(series, name) for name in SERIES_FIELDS}
        with self._writing() as connection:
            connection.execute(self._dialect.insert(SERIES).values(values).on_conflict_do_nothing())
