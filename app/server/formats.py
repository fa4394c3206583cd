"""Formats: a frame as its row model says, written as JSON, CSV, Arrow or Parquet; the same values in each."""

from __future__ import annotations

import csv
import io
import json
import types
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute, ipc, parquet
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.exceptions import HTTPException

Format = Literal["json", "csv", "arrow", "parquet"]
MEDIA_TYPES: dict[str, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
# What a spreadsheet would take for a formula; the last four are what some keyboards write.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_TIME, _PRICE = pa.timestamp("ns", "UTC"), pa.decimal128(19, 9)
_PLAIN = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string(), Decimal: pa.string(),
          date: pa.date32()}  # fmt: skip
# Marks a column of text that holds JSON.
_JSON = {b"content": b"json"}


class Ticks:
    """Marks a price that a frame has as int64 at 9 decimals: `open: Annotated[Decimal, Ticks()]`."""


def is_time(name: str) -> bool:
    """Is a column of this name UTC nanoseconds?"""
    return name.startswith("ts_") or name.endswith("_at")


def wanted(accept: str) -> str:
    """The format an `Accept` header asks for, the first of ours with the greatest weight; JSON when it doesn't say."""
    names = {media: name for name, media in MEDIA_TYPES.items()} | {"*/*": "json", "application/*": "json"}
    names |= {"text/*": "csv", "text/html": "json"}
    known = [(weight, names[media]) for media, weight in weights(accept).items() if media in names and weight > 0]
    if not known and accept.strip():
        raise HTTPException(406, f"rows come as {', '.join(MEDIA_TYPES.values())}: ask for one of them")
    return max(known, key=lambda one: one[0])[1] if known else "json"


def weights(accept: str) -> dict[str, float]:
    """How much each media type of an `Accept` header is wanted, 0 to 1."""
    parts = [part for part in accept.split(",") if part.strip()]
    return {part.partition(";")[0].strip().lower(): _weight(part) for part in parts}


def to_arrow(frame: pd.DataFrame, row: type[BaseModel]) -> pa.Table:
    """The columns a row has, of the types it says: times as UTC timestamps in ns, exact numbers as text.

    Prices in ticks become decimals. What is missing or not finite is null, as is a column that is not there, and a
    time of 0 unless its column is one of Int64, which says itself what it lacks.
    """
    fields, arrays = [], []
    for name, field in row.model_fields.items():
        kind = _kind(name, field)
        values = frame[name] if name in frame.columns else pd.Series([None] * len(frame), dtype=object)
        arrays.append(_array(values, kind, field))
        fields.append(pa.field(name, pa.string() if kind is None else kind, metadata=_JSON if kind is None else None))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def write(table: pa.Table, format: str) -> bytes:
    """The rows in a format of MEDIA_TYPES."""
    return _WRITERS[format](table)


def _kind(name: str, field: FieldInfo) -> pa.DataType | None:
    """The Arrow type of a field; None of one that is more than a value, and is written as JSON."""
    if is_time(name):
        return _TIME
    if any(isinstance(mark, Ticks) for mark in field.metadata):
        return _PRICE
    return _kind_of(field.annotation)


def _kind_of(annotation: Any) -> pa.DataType | None:
    if get_origin(annotation) is Annotated:
        return _kind_of(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [_kind_of(one) for one in get_args(annotation) if one is not type(None)]
        return kinds[0] if all(kind == kinds[0] for kind in kinds) else None
    if get_origin(annotation) is Literal or (isinstance(annotation, type) and issubclass(annotation, Enum)):
        return pa.string()
    return _PLAIN.get(annotation)


def _array(values: pd.Series, kind: pa.DataType | None, field: FieldInfo) -> pa.Array:
    if kind is None:
        return pa.array([None if _is_missing(value) else _encoded(value) for value in values], pa.string())
    if kind == _TIME:
        return _times(values)
    if kind == _PRICE:
        return _decimals(values)
    if kind == pa.int64():
        return _integers(values)
    if kind == pa.float64():
        return _floats(values)
    if kind == pa.bool_():
        return pa.array([None if _is_missing(value) else bool(value) for value in values], kind)
    if kind == pa.date32():
        return pa.array([None if _is_missing(value) else value for value in values.tolist()], kind)
    told = _exact if _is_decimal(field.annotation) else _text
    return pa.array([None if _is_missing(value) else told(value) for value in values.tolist()], pa.string())


def _times(values: pd.Series) -> pa.Array:
    ints = _integers(values)
    if not isinstance(values.dtype, pd.Int64Dtype):
        ints = compute.if_else(compute.equal(ints, 0), pa.scalar(None, pa.int64()), ints)
    return ints.cast(_TIME)


def _is_decimal(annotation: Any) -> bool:
    return annotation is Decimal or Decimal in get_args(annotation)


def _integers(values: pd.Series) -> pa.Array:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu":
        return pa.array(values.to_numpy()).cast(pa.int64())
    return pa.array([None if _is_missing(value) else int(value) for value in values.tolist()], pa.int64())


def _floats(values: pd.Series) -> pa.Array:
    array = pd.to_numeric(values).to_numpy(dtype="float64", na_value=np.nan)
    return pa.array(array, mask=~np.isfinite(array))


def _decimals(values: pd.Series) -> pa.Array:
    """Ticks as decimals of 128 bits, whose upper half repeats the sign."""
    if values.dtype != "int64":
        texts = [None if _is_missing(value) else Decimal(int(value)).scaleb(-9) for value in values.tolist()]
        return pa.array(texts, _PRICE)
    wide = np.empty((len(values), 2), "int64")
    wide[:, 0] = values.to_numpy()
    wide[:, 1] = wide[:, 0] >> 63
    return pa.Array.from_buffers(_PRICE, len(values), [None, pa.py_buffer(wide)])


def _exact(value: Any) -> str | None:
    """A number as text, without an exponent; None where it is none."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return format(number, "f") if number.is_finite() else None


def _text(value: Any) -> str:
    return str(value).encode(errors="replace").decode()


def _encoded(value: Any) -> str:
    return json.dumps(value, default=_unwrapped, ensure_ascii=True)


def _unwrapped(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return list(value) if isinstance(value, Iterable) else str(value)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def _column(table: pa.Table, place: int) -> list[Any]:
    """The values of a column as JSON has them."""
    column, field = table.column(place), table.schema.field(place)
    if field.type == _TIME:
        return _iso(column)
    if field.type == _PRICE:
        texts = compute.utf8_rtrim(compute.utf8_rtrim(column.cast(pa.string()), "0"), ".").to_pylist()
        # What is next to nothing comes as 1E-9.
        return [f"{Decimal(text).normalize():f}" if text and "E" in text else text for text in texts]
    return column.to_pylist()


def _iso(column: pa.ChunkedArray) -> list[str | None]:
    """ISO 8601 UTC with all nine decimals."""
    times = column.cast(pa.int64()).fill_null(0).to_numpy().view("datetime64[ns]")
    texts = np.datetime_as_string(times, unit="ns").astype(object) + "Z"
    return np.where(column.is_null().to_numpy(), None, texts).tolist()


def _json(table: pa.Table) -> bytes:
    columns = [_column(table, place) for place in range(table.num_columns)]
    for place, field in enumerate(table.schema):
        if field.metadata:
            columns[place] = [None if text is None else msgspec.Raw(text.encode()) for text in columns[place]]
    names = table.column_names
    return msgspec.json.encode([dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)])


def _csv(table: pa.Table) -> bytes:
    columns = [_column(table, place) for place in range(table.num_columns)]
    for place, field in enumerate(table.schema):
        if field.type == pa.string():
            columns[place] = [_harmless(text) for text in columns[place]]
        elif field.type == pa.bool_():
            columns[place] = [None if value is None else str(value).lower() for value in columns[place]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.column_names)
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue().encode()


def _harmless(text: str | None) -> str | None:
    """Text a spreadsheet would run gets a quote in front; a number as text is left alone."""
    if text is None or not text.startswith(_FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def _arrow(table: pa.Table) -> bytes:
    out = pa.BufferOutputStream()
    with ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    return out.getvalue().to_pybytes()


def _parquet(table: pa.Table) -> bytes:
    out = pa.BufferOutputStream()
    parquet.write_table(table, out)
    return out.getvalue().to_pybytes()


def _weight(part: str) -> float:
    for word in part.split(";")[1:]:
        name, _, value = word.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


_WRITERS: dict[str, Callable[[pa.Table], bytes]] = {
    "json": _json, "csv": _csv, "arrow": _arrow, "parquet": _parquet,
}  # fmt: skip
