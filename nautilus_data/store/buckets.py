"""Buckets: bars put together inside the database, one row a bucket, by one range and two seeks each."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection

from nautilus_data.core.timerange import TimeRange

# A volume that is not known makes its bucket's unknown, as adding NaN does.
_TOGETHER = (
    "min(b.ts_event) AS first, max(b.ts_event) AS last, max(b.high) AS high, min(b.low) AS low,"
    " CASE WHEN count(b.volume) = count(*) THEN sum(b.volume) END AS volume, count(*) AS bars"
)
_COLUMNS = "x.last, l.ts_init, f.open, x.high, x.low, l.close, x.volume, x.bars"
_ENDS = (
    " JOIN bars f ON f.series = {series} AND f.ts_event = x.first"
    " JOIN bars l ON l.series = {series} AND l.ts_event = x.last"
)
_INSIDE = "b.series = {series} AND b.ts_event > g.start_ns AND b.ts_event <= g.end_ns"
ROW = np.dtype(
    [("start_ns", "int64"), ("last", "int64"), ("ts_init", "int64"), ("open", "int64"), ("high", "int64"),
     ("low", "int64"), ("close", "int64"), ("volume", "float64"), ("bars", "int64")]
)  # fmt: skip


_STRAYS = "SELECT b.ts_event FROM {edges} g CROSS JOIN bars b WHERE " + _INSIDE + " ORDER BY b.ts_event"
_ARRAYS = "unnest(%s::bigint[], %s::bigint[]) AS"


def sqlite_buckets(
    connection: Connection, series: int, starts: np.ndarray, ends: np.ndarray, *, only_times: bool = False
) -> Any:
    """A cursor over the buckets that have bars, in order, or over the times in them.

    The edges are laid down in a table of the connection's own.
    """
    cursor = connection.connection.cursor()
    cursor.execute("CREATE TEMP TABLE IF NOT EXISTS bucket_edges (start_ns INTEGER PRIMARY KEY, end_ns INTEGER)")
    cursor.execute("DELETE FROM bucket_edges")
    cursor.executemany("INSERT INTO bucket_edges VALUES (?, ?)", zip(starts.tolist(), ends.tolist(), strict=True))
    number = str(int(series))
    if only_times:
        return cursor.execute(_STRAYS.format(edges="bucket_edges", series=number))
    # CROSS JOIN keeps the order of the loops: buckets outside, a range of the clustered key inside.
    together = f"SELECT g.start_ns, {_TOGETHER} FROM bucket_edges g CROSS JOIN bars b ON {_INSIDE} GROUP BY g.start_ns"
    text = f"SELECT x.start_ns, {_COLUMNS} FROM ({together}) x{_ENDS.replace(' JOIN', ' CROSS JOIN')}"
    return cursor.execute(text.format(series=number))


def postgresql_buckets(
    connection: Connection, series: int, starts: np.ndarray, ends: np.ndarray, *, only_times: bool = False
) -> Any:
    """As `sqlite_buckets`, the edges given as arrays."""
    cursor, edges = connection.connection.cursor(binary=True), (starts.tolist(), ends.tolist())
    if only_times:
        inside = f"SELECT b.ts_event FROM bars b WHERE {_INSIDE}"
        text = f"SELECT x.ts_event FROM {_ARRAYS} g(start_ns, end_ns) CROSS JOIN LATERAL ({inside}) x ORDER BY 1"
    else:
        text = (
            f"SELECT g.start_ns, {_COLUMNS} FROM {_ARRAYS} g(start_ns, end_ns)"
            f" CROSS JOIN LATERAL (SELECT {_TOGETHER} FROM bars b WHERE {_INSIDE}) x{_ENDS} ORDER BY g.start_ns"
        )
    return cursor.execute(text.format(series=int(series)), edges)


def clipped(starts: np.ndarray, ends: np.ndarray, span: TimeRange) -> tuple[np.ndarray, np.ndarray]:
    """Edges that let nothing in from outside a span, those without any room left out."""
    starts, ends = np.maximum(starts, span.start - 1), np.minimum(ends, span.end - 1)
    has_room = ends > starts
    return starts[has_room], ends[has_room]
