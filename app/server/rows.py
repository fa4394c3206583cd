"""Rows: a table as JSON, CSV, Arrow or Parquet, a page at a time; the same rows a page of the app shows."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
from fastapi import APIRouter, Depends, Query, Request, Response
from pyarrow import ipc, parquet
from pydantic import BaseModel
from starlette.exceptions import HTTPException

Format = Literal["json", "csv", "arrow", "parquet"]
MEDIA_TYPES: dict[str, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORMATS = {media: {"schema": {"type": "string"}} if name == "csv" else _BINARY
            for name, media in MEDIA_TYPES.items() if name != "json"}  # fmt: skip
_LINK = {
    "Link": {
        "description": '`<address of the rows that follow>; rel="next"`; not there: these were the last',
        "schema": {"type": "string"},
    }
}
_NO_CURSOR = "there are no rows after this cursor: take it from the Link header of the answer before"
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Page:
    """How an answer is wanted: its format, and which part of the rows."""

    def __init__(
        self,
        request: Request,
        format: Annotated[
            Format | None, Query(description="instead of `Accept`; arrow: the streaming format of Arrow IPC")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="rows in this answer at most")] = 100,
        cursor: Annotated[
            str | None, Query(max_length=2000, description="from the `Link` of the answer before; none: the first rows")
        ] = None,
    ) -> None:
        self.format: str = format or wanted(request.headers.get("accept", ""))
        self.limit = limit
        self.after = None if cursor is None else _read_cursor(cursor)
        self._url = request.url

    def rows(self, frame: pd.DataFrame, row: type[BaseModel], key: Sequence[str]) -> Response:
        """The rows that follow the cursor. `frame` stands in its order, whole; `key` names a row among the others.

        The fields of `row` choose the columns: `ts_…` and `…_at` are int64 UTC nanoseconds, 0 for none.
        """
        rest = frame if self.after is None else frame.iloc[_place(frame, key, self.after) :]
        shown = rest.iloc[: self.limit]
        last = shown.iloc[-1] if len(rest) > len(shown) else None
        return self.answer(shown, row, None if last is None else [_plain(last[name]) for name in key])

    def answer(self, frame: pd.DataFrame, row: type[BaseModel], after: list[Any] | None) -> Response:
        """These rows, all of them; `after` is the key of the last one where more follow."""
        link = {} if after is None else {"Link": f'<{self._next(after)}>; rel="next"'}
        shown = frame.reindex(columns=list(row.model_fields))
        return Response(_WRITERS[self.format](shown), headers={**link, "Vary": "Accept"},
                        media_type=MEDIA_TYPES[self.format])  # fmt: skip

    def _next(self, after: list[Any]) -> str:
        url = self._url.include_query_params(cursor=_cursor(after))
        return f"{url.path}?{url.query}"


class LongPage(Page):
    """As `Page`, for what has many rows."""

    def __init__(
        self,
        request: Request,
        format: Annotated[
            Format | None, Query(description="instead of `Accept`; arrow: the streaming format of Arrow IPC")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=100_000, description="rows in this answer at most")] = 500,
        cursor: Annotated[
            str | None, Query(max_length=2000, description="from the `Link` of the answer before; none: the first rows")
        ] = None,
    ) -> None:
        super().__init__(request, format, limit, cursor)


Paged = Annotated[Page, Depends(Page)]
LongPaged = Annotated[LongPage, Depends(LongPage)]


def table(
    router: APIRouter, path: str, row: type[BaseModel], headers: Mapping[str, Any] = MappingProxyType({}), **more: Any
) -> Callable[..., Any]:
    """Declare a route whose answer is rows: `@table(ROUTER, "/orders", OrderRow)` over a function with a `Paged`.

    `headers` are described beside `Link`.
    """
    answer = {"content": _FORMATS, "headers": {**_LINK, **headers}}
    return router.get(path, response_model=list[row], responses={200: answer, **more.pop("responses", {})}, **more)


def wanted(accept: str) -> str:
    """The format an `Accept` header asks for, the first of ours with the greatest weight; JSON when it doesn't say."""
    names = {media: name for name, media in MEDIA_TYPES.items()} | {"*/*": "json", "application/*": "json"}
    names |= {"text/*": "csv", "text/html": "json"}
    found = [(_weight(part), names.get(part.partition(";")[0].strip().lower())) for part in accept.split(",")]
    known = [(weight, name) for weight, name in found if name and weight > 0]
    if not known and accept.strip():
        raise HTTPException(406, f"rows come as {', '.join(MEDIA_TYPES.values())}: ask for one of them")
    return max(known, key=lambda one: one[0])[1] if known else "json"


def is_time(name: str) -> bool:
    """Is a column of this name UTC nanoseconds?"""
    return name.startswith("ts_") or name.endswith("_at")


def iso(ns: pd.Series) -> pd.Series:
    """Nanoseconds as ISO 8601 UTC with all nine decimals; None for 0, which in a column of Int64 is 1970."""
    values = pd.to_numeric(ns).fillna(0).to_numpy(dtype="int64")
    is_none = ns.isna().to_numpy() if _may_lack(ns) else values == 0
    texts = np.datetime_as_string(values.view("datetime64[ns]"), unit="ns").astype(object) + "Z"
    return pd.Series(np.where(is_none, None, texts), index=ns.index, dtype=object)


def to_arrow(frame: pd.DataFrame) -> pa.Table:
    """The rows as an Arrow table, times as UTC timestamps in nanoseconds."""
    made = pa.Table.from_pandas(frame, preserve_index=False)
    for place, field in enumerate(made.schema):
        if is_time(field.name) and pa.types.is_integer(field.type):
            ints = made.column(place).cast(pa.int64())
            if not _may_lack(frame[field.name]):
                ints = pa.compute.if_else(pa.compute.equal(ints, 0), pa.scalar(None, pa.int64()), ints)
            made = made.set_column(place, field.name, ints.cast(pa.timestamp("ns", "UTC")))
    return made.replace_schema_metadata(None)


def _may_lack(values: pd.Series) -> bool:
    """Does the column say itself what is not there?"""
    return isinstance(values.dtype, pd.Int64Dtype)


def _json(frame: pd.DataFrame) -> bytes:
    columns = {name: _column(name, frame[name]) for name in frame.columns}
    names = list(columns)
    return msgspec.json.encode([dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)])


def _column(name: str, values: pd.Series) -> list[Any]:
    if is_time(name):
        return iso(values).tolist()
    if pd.api.types.is_float_dtype(values):
        array = values.to_numpy(dtype="float64")
        return np.where(np.isfinite(array), array.astype(object), None).tolist()
    return [_plain(value) for value in values.tolist()]


def _csv(frame: pd.DataFrame) -> bytes:
    shown = frame.copy()
    for name in shown.columns:
        if is_time(name):
            shown[name] = iso(shown[name])
        elif not pd.api.types.is_numeric_dtype(shown[name]):
            shown[name] = shown[name].map(_harmless)
    return shown.to_csv(index=False).encode()


def _harmless(value: Any) -> Any:
    """Text a spreadsheet would run gets a quote in front; a number as text is left alone, a list is JSON."""
    if isinstance(value, list | tuple):
        return json.dumps(list(value))
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def _arrow(frame: pd.DataFrame) -> bytes:
    made, out = to_arrow(frame), io.BytesIO()
    with ipc.new_stream(out, made.schema) as stream:
        stream.write_table(made)
    return out.getvalue()


def _parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    parquet.write_table(to_arrow(frame), out)
    return out.getvalue()


def _plain(value: Any) -> Any:
    """A cell as JSON has it."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return str(value) if not isinstance(value, str | int | float | bool | list | dict | None) else value


def _place(frame: pd.DataFrame, key: Sequence[str], after: list[Any]) -> int:
    """Where the rows after this key begin; rows that came meanwhile are neither skipped nor shown twice."""
    if len(after) != len(key):
        raise HTTPException(404, _NO_CURSOR)
    is_same = np.ones(len(frame), dtype=bool)
    for name, value in zip(key, after, strict=True):
        is_same &= (frame[name] == value).to_numpy(dtype=bool)
    found = np.flatnonzero(is_same)
    if not len(found):
        raise HTTPException(404, "the row this cursor stands at is gone: ask for the first rows again")
    return int(found[-1]) + 1


def _cursor(after: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(after, separators=(",", ":")).encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> list[Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise HTTPException(404, _NO_CURSOR)
    return found


def _weight(part: str) -> float:
    for word in part.split(";")[1:]:
        name, _, value = word.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


_WRITERS: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "json": _json, "csv": _csv, "arrow": _arrow, "parquet": _parquet,
}  # fmt: skip
