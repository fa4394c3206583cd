"""Rows: a table as JSON, CSV, Arrow or Parquet, a page at a time; the same rows a page of the app shows."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import msgspec
import numpy as np
import pandas as pd
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.server.formats import MEDIA_TYPES, Format, is_time, to_arrow, wanted, write

__all__ = ["LongPage", "LongPaged", "Page", "Paged", "etag_of", "is_time", "table"]

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORMATS = {media: {"schema": {"type": "string"}} if name == "csv" else _BINARY
            for name, media in MEDIA_TYPES.items() if name != "json"}  # fmt: skip
_HEADERS = {
    "Link": {
        "description": '`<address of the rows that follow>; rel="next"`; not there: these were the last',
        "schema": {"type": "string"},
    },
    "ETag": {"description": "send it as If-None-Match: 304 while the rows are the same", "schema": {"type": "string"}},
}
_LONGEST, _CUT = 100, "#"
_NO_CURSOR = "there are no rows after this cursor: take it from the Link header of the answer before"
_FORMAT = Query(description="instead of `Accept`; arrow: the streaming format of Arrow IPC")
_CURSOR = Query(max_length=2000, description="from the `Link` of the answer before; none: the first rows")


class Page:
    """How an answer is wanted: its format, and which part of the rows."""

    def __init__(
        self,
        request: Request,
        format: Annotated[Format | None, _FORMAT] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="rows in this answer at most")] = 100,
        cursor: Annotated[str | None, _CURSOR] = None,
    ) -> None:
        self.format: str = format or wanted(request.headers.get("accept", ""))
        self.limit = limit
        self.after = None if cursor is None else _read_cursor(cursor)
        # As it was asked, `?` and line ends in a name percent-encoded.
        self._path = quote(request.scope["path"])
        self._query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]

    def time_after(self) -> int:
        """The cursor of rows that follow each other in time alone (ns)."""
        time = self.after[0] if self.after and len(self.after) == 1 else None
        if type(time) is not int or abs(time) >= 2**63:
            raise HTTPException(404, _NO_CURSOR)
        return time

    def rows(
        self,
        frame: pd.DataFrame,
        row: type[BaseModel],
        key: Sequence[str],
        within: tuple[str, Mapping[str, Any]] | None = None,
    ) -> Response:
        """The rows that follow the cursor. `frame` stands in its order, whole; `key` names a row among the others.

        The fields of `row` choose the columns: `ts_…` and `…_at` are int64 UTC nanoseconds, 0 for none. `within` is as
        `answer` takes it.
        """
        rest = frame if self.after is None else frame.iloc[_place(frame, key, self.after) :]
        shown = rest.iloc[: self.limit]
        last = shown.iloc[-1] if len(rest) > len(shown) else None
        return self.answer(shown, row, None if last is None else [_plain(last[name]) for name in key], within)

    def answer(
        self,
        frame: pd.DataFrame,
        row: type[BaseModel],
        after: list[Any] | None,
        within: tuple[str, Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """These rows, all of them; `after` is the key of the last one where more follow.

        `within`: as JSON the rows are a field of this name beside these others.
        """
        body = write(to_arrow(frame, row), self.format)
        if within is not None and self.format == "json":
            name, others = within
            body = msgspec.json.encode({**others, name: msgspec.Raw(body)})
        link = {} if after is None else {"Link": f'<{self._next(after)}>; rel="next"'}
        told = {**(headers or {}), **link, "Vary": "Accept", "ETag": etag_of(body)}
        return Response(body, headers=told, media_type=MEDIA_TYPES[self.format])

    def _next(self, after: list[Any]) -> str:
        return f"{self._path}?{urlencode([*self._query, ('cursor', _cursor(after))])}"


class LongPage(Page):
    """As `Page`, for what has many rows."""

    def __init__(
        self,
        request: Request,
        format: Annotated[Format | None, _FORMAT] = None,
        limit: Annotated[int, Query(ge=1, le=100_000, description="rows in this answer at most")] = 500,
        cursor: Annotated[str | None, _CURSOR] = None,
    ) -> None:
        super().__init__(request, format, limit, cursor)


Paged = Annotated[Page, Depends(Page)]
LongPaged = Annotated[LongPage, Depends(LongPage)]


def table(
    router: APIRouter, path: str, row: type[BaseModel], model: Any = None, headers: Mapping[str, Any] | None = None,
    **more: Any,
) -> Callable[..., Any]:  # fmt: skip
    """Declare a route whose answer is rows: `@table(ROUTER, "/orders", OrderRow)` over a function with a `Paged`.

    `model`: what it is as JSON where that is more than a list of rows.
    """
    answer = {"content": _FORMATS, "headers": {**_HEADERS, **(headers or {})}}
    responses = {200: answer, **more.pop("responses", {})}
    return router.get(path, response_model=model or list[row], responses=responses, **more)


def etag_of(body: bytes) -> str:
    """The name of a body. Weak: the same rows may be packed otherwise on their way."""
    return f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def _plain(value: Any) -> Any:
    """A cell as a cursor has it; of a long text its hash, so that an address bears it."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{_CUT}{hashlib.blake2b(value.encode(errors='replace'), digest_size=16).hexdigest()}"
    return str(value) if not isinstance(value, str | int | float | bool | None) else value


def _place(frame: pd.DataFrame, key: Sequence[str], after: list[Any]) -> int:
    """Where the rows after this key begin; rows that came meanwhile are neither skipped nor shown twice."""
    if len(after) != len(key):
        raise HTTPException(404, _NO_CURSOR)
    is_same = np.ones(len(frame), dtype=bool)
    for name, value in zip(key, after, strict=True):
        values = frame[name].map(_plain) if isinstance(value, str) and value.startswith(_CUT) else frame[name]
        same = values.isna() if value is None else values == value
        is_same &= same.to_numpy(dtype=bool)
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
    if not isinstance(found, list) or not all(isinstance(one, str | int | float | None) for one in found):
        raise HTTPException(404, _NO_CURSOR)
    return found
