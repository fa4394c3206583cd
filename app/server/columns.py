"""Columns: what rows are made of, and a service's table as such rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args, get_origin

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from app.server.formats import is_time

Time = Annotated[
    str, Field(json_schema_extra={"format": "date-time"}, examples=["2024-01-05T13:30:00.000000000Z"])
]  # fmt: skip
Day = Annotated[date, Field(examples=["2023-12-31"])]
NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
Exact = Annotated[str, Field(pattern=NUMBER, examples=["1200.5"])]
_Model = TypeVar("_Model", bound=BaseModel)
EVENT = "what it is about: a day, or one end of a period; UTC"
INIT = "since when it is known, UTC"
EXACT = "decimal as text, exact, in `unit`"


def as_rows(found: pd.DataFrame | Iterable[Mapping[str, Any]], row: type[BaseModel]) -> pd.DataFrame:
    """A table with the columns of `row`, each of its kind: decimals exact as text, days as dates, times as int64 ns.

    What is '' or NaN is None where the row lets it be. A field with a `validation_alias` is a column of that name.
    """
    frame = found if isinstance(found, pd.DataFrame) else pd.DataFrame(list(found), dtype=object)
    cells = {name: _cells(frame, name, field) for name, field in row.model_fields.items()}
    return pd.DataFrame(cells, index=frame.index).reset_index(drop=True)


def as_model(found: Mapping[str, Any], model: type[_Model], **more: object) -> _Model:
    """One answer that is no table: as `as_rows`, with times as ISO 8601."""
    told = {}
    for name, field in model.model_fields.items():
        source = field.validation_alias if isinstance(field.validation_alias, str) else name
        if source in found:
            told[source] = _one(name, found[source], _kind(field.annotation)[1])
    return model(**{**told, **more})


def instants(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Times (ns) among which 0 is 1970; NA where nothing was known, which `ts_init` of 0 says."""
    told = {name: frame[name].astype("Int64") for name in names}
    if "ts_init" in frame:
        told = {name: values.where(frame["ts_init"] != 0) for name, values in told.items()}
    return frame.assign(**told)


def text(ns: int) -> str:
    """Nanoseconds as ISO 8601 UTC, of 1970 too."""
    return f"{np.datetime64(int(ns), 'ns')}Z"


def day(value: Any) -> date | None:
    """The day nanoseconds are of; None for 0."""
    return datetime.fromtimestamp(int(value) // 10**9, UTC).date() if value and not _is_missing(value) else None


def _cells(frame: pd.DataFrame, name: str, field: FieldInfo) -> pd.Series:
    source = field.validation_alias if isinstance(field.validation_alias, str) else name
    if source not in frame:
        return pd.Series([None] * len(frame), frame.index, dtype=object)
    values = frame[source]
    kind, may_lack = _kind(field.annotation)
    if is_time(name):
        return values if pd.api.types.is_integer_dtype(values) else values.map(_whole).astype("int64")
    if kind is int:
        return values if pd.api.types.is_integer_dtype(values) else values.map(_number).astype("Int64")
    if kind is float:
        return values.map(lambda value: np.nan if value is None else value).astype("float64")
    if kind is date:
        return pd.Series([day(value) for value in values], frame.index, dtype=object)
    shown = _may_lack if may_lack else _plain
    return pd.Series([shown(value) for value in values], frame.index, dtype=object)


def _kind(annotation: Any) -> tuple[type, bool]:
    """Which kind of cell, and whether it may be missing."""
    parts = [one for one in get_args(annotation) if one is not NoneType] if NoneType in get_args(annotation) else []
    bare = parts[0] if parts else annotation
    bare = get_args(bare)[0] if get_origin(bare) is Annotated else bare
    return get_origin(bare) or bare, bool(parts)


def _one(name: str, value: Any, may_lack: bool) -> Any:
    if is_time(name):
        return text(value) if value else None
    return _may_lack(value) if may_lack else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return None if _is_missing(value) else value


def _may_lack(value: Any) -> Any:
    return None if isinstance(value, str) and value == "" else _plain(value)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _whole(value: Any) -> int:
    return 0 if _is_missing(value) else int(value)


def _number(value: Any) -> Any:
    return pd.NA if _is_missing(value) else int(value)
