"""Twin rows: what a page shows and what REST answers, in one form that can be told equal by a hash."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from fastapi.testclient import TestClient
from pyarrow import ipc

from app.views.rest_text import Asked

BASE = "http://127.0.0.1:5006/"
_TICKS = 10**9


def answered(client: TestClient, found: Asked) -> pa.Table:
    """What REST answers, as Arrow."""
    answer = client.get(found.address(BASE, "arrow").removeprefix(BASE.rstrip("/")))
    assert answer.status_code == 200, (found, answer.text)
    return ipc.open_stream(io.BytesIO(answer.content)).read_all()


def of_rest(table: pa.Table) -> list[list[Any]]:
    """The rows of an answer, cell by cell, to the last digit and nanosecond."""
    columns = [_rest_cells(table.column(place), field) for place, field in enumerate(table.schema)]
    return [list(row) for row in zip(*columns, strict=True)]


def of_page(frame: pd.DataFrame, table: pa.Table) -> list[list[Any]]:
    """The rows a page shows, as the columns of an answer have them; LookupError where the page lacks one of these."""
    lacks = [name for name in table.schema.names if name not in frame and table.column(name).null_count < len(table)]
    if lacks:
        raise LookupError(f"the page has no {lacks}; it has {list(frame.columns)}")
    nothing = [None] * len(frame)
    columns = [[_cell(value, field.type) for value in frame.get(field.name, nothing)] for field in table.schema]
    return [list(row) for row in zip(*columns, strict=True)]


def hashed(rows: list[list[Any]]) -> str:
    return hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()


def _rest_cells(column: pa.ChunkedArray, field: pa.Field) -> list[Any]:
    if pa.types.is_timestamp(field.type):
        return [value or None for value in column.cast(pa.int64()).to_pylist()]
    values = column.to_pylist()
    if field.metadata and field.metadata.get(b"content") == b"json":
        return [_plain(None if value is None else json.loads(value)) for value in values]
    return [_cell(value, field.type) for value in values]


def _cell(value: Any, kind: pa.DataType) -> Any:
    """None for what is not known, however that is written."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if pa.types.is_timestamp(kind):
        return int(value) or None
    if pa.types.is_date(kind):
        return str(value) if isinstance(value, date) else str(np.datetime64(int(value), "ns"))[:10] if value else None
    if pa.types.is_decimal(kind):
        return round(Decimal(str(value)) * _TICKS)
    if pa.types.is_floating(kind):
        return repr(float(value))
    if pa.types.is_integer(kind):
        return int(value)
    if pa.types.is_boolean(kind):
        return bool(value)
    return _text(value)


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return _number(value) or value or None
    if isinstance(value, Decimal):
        return _number(str(value))
    return _plain(value)


def _number(text: str) -> str | None:
    """A decimal however it is written, `1E+1` or `10`; None for what is none."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return f"{found:f}" if found.is_finite() else None


def _plain(value: Any) -> Any:
    """Lists and mappings by what is in them."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in sorted(value.items())} or None
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [_plain(one) for one in value] or None
    if isinstance(value, float):
        return repr(value) if np.isfinite(value) else None
    return str(value) if value is not None and value != "" else None
