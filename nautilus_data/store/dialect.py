"""Dialect: what differs between databases: opening, upserts, layout, size, and what an error means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
from sqlalchemy import Connection, Engine, MetaData, Table
from sqlalchemy.engine import URL

from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import DashboardError, FatalError, SkippableError
from nautilus_data.store.bulk import Chunk

UNEXPECTED = (FatalError, "this is not expected: keep this message and report it")
DOES_NOT_FIT = (SkippableError, "this row can't be stored; nothing of the batch was")


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

    def read_arrow(self, query: str, names: Sequence[str]) -> dict[str, np.ndarray] | None:
        """Columns of numbers, outside of any transaction; None where rows must be fetched."""
        return None

    def close(self) -> None:
        """Give back what is beside the engine."""
        return

    def reader(self, engine: Engine) -> Engine:
        """The engine that reads are made through."""
        return engine

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
    def bars_came(self, engine: Engine, span: TimeRange) -> None:
        """Bring up to date what is kept beside the bars of a span; outside of transactions."""

    @abstractmethod
    def partition(self, engine: Engine, tables: Iterable[Table]) -> dict[str, int]:
        """Cut tables that are in one piece by time, all or none; how many rows of each were moved."""

    @abstractmethod
    def explain(self, error: BaseException) -> DashboardError:
        """The driver's error as ours, saying what to do."""
