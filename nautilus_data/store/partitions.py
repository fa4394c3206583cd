"""Partitions: PostgreSQL's big tables cut by time, so that old years are cheap to keep and quick to drop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.schema import CreateTable

# Bars are kept for good, ticks go after a few days.
PERIODS = MappingProxyType({"bars": "Y", "quotes": "M", "trades": "M"})
SAID = MappingProxyType({"Y": "year", "M": "month"})
_LOCK = 7_365_749
_NS = 1_000_000_000
_FIRST, _LAST = -(2**63) + 1, 2**63 - 1


@dataclass(frozen=True, order=True)
class Period:
    """A year or month of UTC; `number` counts them from 1970."""

    number: int
    unit: str

    @property
    def label(self) -> str:
        """`2024` or `2024_05`."""
        return str(self._day(self.number))[: 4 if self.unit == "Y" else 7].replace("-", "_")

    @property
    def start(self) -> int:
        """Nanoseconds; before the first that fit 64 bits for the earliest."""
        return self._ns(self.number)

    @property
    def end(self) -> int:
        """Nanoseconds just past it; beyond 64 bits for the last."""
        return self._ns(self.number + 1)

    @property
    def bounds(self) -> str:
        """As PostgreSQL takes them."""
        start = "MINVALUE" if self.start < _FIRST else str(self.start)
        return f"FROM ({start}) TO ({'MAXVALUE' if self.end > _LAST else self.end})"

    def _ns(self, number: int) -> int:
        return int(self._day(number).astype("datetime64[s]").astype("int64")) * _NS

    def _day(self, number: int) -> np.datetime64:
        return np.datetime64(number, self.unit).astype("datetime64[D]")


def periods_of(times: Iterable[int] | np.ndarray, unit: str) -> list[Period]:
    """Those that some times are in, in order; none where they are no times: the database says so better."""
    try:
        known = np.asarray(times if isinstance(times, np.ndarray) else list(times), "int64")
    except (TypeError, ValueError, OverflowError):
        return []
    # The smallest number of 64 bits is no time to numpy.
    edges = np.maximum([known.min(), known.max()], _FIRST) if len(known) else known
    first, last = _numbers(edges, unit) if len(known) else (0, -1)
    if last - first < 2:
        return [Period(number, unit) for number in range(first, last + 1)]
    return [Period(int(number), unit) for number in np.unique(_numbers(np.maximum(known, _FIRST), unit))]


def _numbers(times: np.ndarray, unit: str) -> np.ndarray:
    return times.astype("datetime64[ns]").astype(f"datetime64[{unit}]").astype("int64")


class Partitions:
    """Made before rows are written, each in a transaction of its own; other workers may do the same at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cut: frozenset[str] | None = None
        self._made: dict[str, set[Period]] = {}

    def forget(self) -> None:
        """Look again: another process made, dropped or converted some."""
        self._cut, self._made = None, {}

    def cut_tables(self) -> frozenset[str]:
        """Tables that are partitioned; those of older stores are not."""
        if self._cut is None:
            with self._engine.connect() as connection:
                self._cut = frozenset(connection.execute(text(_CUT_TABLES)).scalars())
        return self._cut

    def make_room(self, table: str, times: Callable[[], Iterable[int] | np.ndarray]) -> None:
        """Every partition that rows at some times need."""
        if table not in PERIODS or table not in self.cut_tables():
            return
        made = self._made.setdefault(table, set())
        missing = [period for period in periods_of(times(), PERIODS[table]) if period not in made]
        if missing:
            with self._engine.begin() as connection:
                add(connection, table, missing)
            made.update(missing)

    def drop(self, connection: Connection, table: str, before: int, is_kept: str) -> int:
        """Drop what ends before a time and has no row that `is_kept`; how many rows went."""
        gone = 0
        for name, end in _ends(connection, table).items():
            still_wanted = text(f'SELECT 1 FROM "{name}" AS "{table}" WHERE {is_kept} LIMIT 1')
            if end > before or connection.execute(still_wanted).first():
                continue
            gone += connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            connection.execute(text(f'DROP TABLE "{name}"'))
            self._made.clear()
        return gone


def add(connection: Connection, table: str, periods: Iterable[Period]) -> None:
    """Make partitions that are not there. Attaching, unlike PARTITION OF, lets others read and write meanwhile."""
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    present = set(connection.execute(text(_PARTITIONS), {"parent": table}).scalars())
    for period in periods:
        name = f"{table}_{period.label}"
        if name not in present:
            connection.execute(text(f'CREATE TABLE "{name}" (LIKE "{table}" INCLUDING ALL)'))
            connection.execute(text(f'ALTER TABLE "{table}" ATTACH PARTITION "{name}" FOR VALUES {period.bounds}'))


def convert(connection: Connection, table: Table) -> int:
    """Make a table that is in one piece a partitioned one, in the caller's transaction; how many rows were moved.

    Others wait meanwhile, and the rows take their space twice until it ends.
    """
    name, old = table.name, f"{table.name}_in_one_piece"
    connection.execute(text(f'LOCK TABLE "{name}" IN ACCESS EXCLUSIVE MODE'))
    numbers = f"extract(year FROM {_AT}) - 1970" if PERIODS[name] == "Y" else _MONTHS
    found = connection.execute(text(f'SELECT DISTINCT ({numbers})::int FROM "{name}"')).scalars()
    periods = [Period(number, PERIODS[name]) for number in sorted(found)]
    connection.execute(text(f'ALTER TABLE "{name}" RENAME TO "{old}"'))
    connection.execute(text(f'ALTER INDEX "{name}_pkey" RENAME TO "{old}_pkey"'))
    connection.execute(CreateTable(table))
    add(connection, name, periods)
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    moved = connection.execute(text(f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM "{old}"')).rowcount
    connection.execute(text(f'DROP TABLE "{old}"'))
    return moved


def _ends(connection: Connection, table: str) -> dict[str, int]:
    """Where each partition ends, by its name."""
    names = connection.execute(text(_PARTITIONS), {"parent": table}).scalars()
    unit, ends = PERIODS[table], {}
    for name in names:
        label = name.removeprefix(f"{table}_").replace("_", "-")
        number = int(np.datetime64(label, unit).astype("int64"))
        ends[name] = Period(number, unit).end
    return ends


_CUT_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'p' AND n.nspname = current_schema()
"""
_PARTITIONS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass(:parent) ORDER BY c.relname
"""
# A second is taken off what lies before 1970 by flooring, as numpy does.
_AT = "(timestamp '1970-01-01' + floor(ts_event / 1000000000.0) * interval '1 second')"
_MONTHS = f"(extract(year FROM {_AT}) - 1970) * 12 + extract(month FROM {_AT}) - 1"
