"""Bulk: many rows at once, the way each database takes them fastest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, islice
from types import MappingProxyType

import numpy as np
from sqlalchemy import Connection, Table

# Below this a staging table costs more than it saves.
_FEW = 300
_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TAIL = b"\xff\xff"
# How PostgreSQL's binary COPY wants a number of its column types: big-endian.
_WIRE = MappingProxyType({"BIGINT": ">i8", "INTEGER": ">i4", "DOUBLE PRECISION": ">f8", "BOOLEAN": ">i1"})


class Chunk:
    """Rows to bind, given as tuples or as columns."""

    def __init__(self, size: int, rows: Iterable[tuple] = (), columns: list[np.ndarray] | None = None) -> None:
        self.size = size
        self.columns = columns
        self._rows = rows

    def tuples(self) -> Iterable[tuple]:
        if self.columns is None:
            return self._rows
        return zip(*(column.tolist() for column in self.columns), strict=True)


def run_each(connection: Connection, statement: str, chunks: Iterable[Chunk]) -> int:
    """Bind row after row; how many changed something."""
    cursor = connection.connection.cursor()
    changed = 0
    for chunk in chunks:
        cursor.executemany(statement, chunk.tuples())
        changed += max(cursor.rowcount, 0)
    cursor.close()
    return changed


def copy_in(connection: Connection, statement: str, table: Table, chunks: Iterable[Chunk]) -> int:
    """COPY into a staging table of the connection's own, then one upsert out of it; a few rows are bound instead."""
    chunks = iter(chunks)
    first = list(islice(chunks, 1))
    if not first or first[0].size < _FEW:
        return run_each(connection, statement, chain(first, chunks))
    stage, names = f"stage_{table.name}", ", ".join(f'"{column.name}"' for column in table.columns)
    is_unique = True
    with connection.connection.cursor() as cursor:
        cursor.execute(
            f'CREATE TEMP TABLE IF NOT EXISTS "{stage}" (LIKE "{table.name}" INCLUDING DEFAULTS,'
            " stage_order BIGINT GENERATED ALWAYS AS IDENTITY) ON COMMIT DELETE ROWS"
        )
        last_key: tuple | None = None
        for chunk in chain(first, chunks):
            _copy(cursor, f'COPY "{stage}" ({names}) FROM STDIN', table, chunk)
            is_unique, last_key = _goes_up(table, chunk, is_unique, last_key)
        cursor.execute(_merge_text(statement, table, stage, names, is_unique))
        changed = cursor.rowcount
        cursor.execute(f'TRUNCATE "{stage}"')
    return changed


def _copy(cursor: object, statement: str, table: Table, chunk: Chunk) -> None:
    wire = _wire_type(table)
    if chunk.columns is not None and wire is not None:
        with cursor.copy(f"{statement} (FORMAT BINARY)") as copy:
            copy.write(_packed(chunk, wire))
        return
    with cursor.copy(statement) as copy:
        for row in chunk.tuples():
            copy.write_row(row)


def _packed(chunk: Chunk, wire: np.dtype) -> bytes:
    """Rows as binary COPY has them: the number of fields, then length and value of each."""
    rows = np.zeros(chunk.size, wire)
    rows["count"] = len(chunk.columns)
    for place, column in enumerate(chunk.columns):
        rows[f"size{place}"] = wire[f"value{place}"].itemsize
        rows[f"value{place}"] = column
    return b"".join((_HEAD, rows.tobytes(), _TAIL))


@cache
def _wire_type(table: Table) -> np.dtype | None:
    """The layout of a row; None when a column is no number."""
    kinds = [column.type.compile(_postgresql()) for column in table.columns]
    if not all(kind in _WIRE for kind in kinds):
        return None
    fields = ((f"size{place}", ">i4", f"value{place}", _WIRE[kind]) for place, kind in enumerate(kinds))
    pairs = [pair for size, four, value, kind in fields for pair in ((size, four), (value, kind))]
    return np.dtype([("count", ">i2"), *pairs])


@cache
def _postgresql() -> object:
    from sqlalchemy.dialects import postgresql  # only where there is a PostgreSQL

    return postgresql.dialect()


def _goes_up(table: Table, chunk: Chunk, is_unique: bool, last: tuple | None) -> tuple[bool, tuple | None]:
    """Are all rows of one series so far in rising order of time, and so no key there twice?"""
    if not is_unique or chunk.columns is None or [*table.primary_key.columns.keys()] != ["series", "ts_event"]:
        return False, None
    times = chunk.columns[list(table.columns.keys()).index("ts_event")]
    rises = bool((times[1:] > times[:-1]).all()) and (last is None or times[0] > last[0])
    return rises, (times[-1],)


@cache
def _merge_text(statement: str, table: Table, stage: str, names: str, is_unique: bool) -> str:
    """The upsert with the staging table in place of its values; of rows with one key, the last or latest."""
    head, tail = statement[: statement.index(" VALUES ")], statement[statement.index(" ON CONFLICT") :]
    if is_unique:
        return f'{head} SELECT {names} FROM "{stage}"{tail}'
    key = [f'"{column.name}"' for column in table.primary_key]
    order = [*key, *_latest_first(statement, table), "stage_order DESC"]
    return f'{head} SELECT DISTINCT ON ({", ".join(key)}) {names} FROM "{stage}" ORDER BY {", ".join(order)}{tail}'


def _latest_first(statement: str, table: Table) -> Iterator[str]:
    """Where the upsert keeps newer versions, the newest of the staged ones comes first."""
    for column in table.columns:
        if f"excluded.{column.name} >= {table.name}.{column.name}" in statement:
            yield f'"{column.name}" DESC'
