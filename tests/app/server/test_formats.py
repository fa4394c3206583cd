"""Formats: the same rows as JSON, CSV, Arrow and Parquet."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import ipc, parquet
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.server.formats import MEDIA_TYPES, Ticks, to_arrow, wanted, write

_BIG = 2**63 - 1


class Row(BaseModel):
    ts_event: str | None
    seen_at: str | None
    open: Annotated[Decimal, Ticks()]
    amount: Decimal | None
    count: int | None
    share: float | None
    is_open: bool | None
    side: Literal["BUY", "SELL"] | None
    note: str
    day: date | None
    tags: list[str]


_ROW = st.fixed_dictionaries(
    {
        "ts_event": st.integers(0, _BIG),
        "open": st.integers(-_BIG, _BIG),
        "amount": st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=9),
        "count": st.none() | st.integers(-_BIG, _BIG),
        "share": st.none() | st.floats(),
        "is_open": st.none() | st.booleans(),
        "side": st.sampled_from(["BUY", "SELL", None]),
        "note": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
        "day": st.none() | st.dates(date(1678, 1, 1), date(2261, 12, 31)),
        "tags": st.lists(st.text(st.characters(exclude_categories=["Cs"]))),
    }
)


def frame_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[name for name in Row.model_fields if name != "seen_at"], dtype=object)
    return frame.astype({"ts_event": "int64", "open": "int64"})


def read(body: bytes, format: str) -> list[dict[str, object]]:
    """The rows as a client reads them, each value as JSON has it."""
    if format == "json":
        return json.loads(body)
    if format == "csv":
        return [_of_csv(row) for row in csv.DictReader(io.StringIO(body.decode(), newline=""))]
    table = ipc.open_stream(body).read_all() if format == "arrow" else parquet.read_table(io.BytesIO(body))
    columns = {name: _of_arrow(table.column(name)) for name in table.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _of_csv(row: dict[str, str]) -> dict[str, object]:
    kinds = {"count": int, "share": float, "is_open": lambda text: text == "true", "tags": json.loads}
    told = {name: kinds.get(name, str)(text) if text else None for name, text in row.items()}
    return {**told, "note": row["note"]}


def _of_arrow(column: pa.ChunkedArray) -> list[object]:
    if pa.types.is_timestamp(column.type):
        times = column.cast(pa.int64()).to_pylist()
        return [None if ns is None else f"{np.datetime64(ns, 'ns')}Z" for ns in times]
    if pa.types.is_decimal(column.type):
        return [f"{value.normalize() + 0:f}" for value in column.to_pylist()]
    if pa.types.is_date(column.type):
        return [day and day.isoformat() for day in column.to_pylist()]
    field = column.to_pylist()
    return [json.loads(text) for text in field] if all(str(text).startswith("[") for text in field) else field


@settings(max_examples=40)
@given(st.lists(_ROW, max_size=4))
def test_rows_are_the_same_in_all_formats(rows: list[dict[str, object]]) -> None:
    # A note that a list looks like would be read as one by this test's own reader.
    rows = [{**row, "note": "n" + str(row["note"])} for row in rows]
    table = to_arrow(frame_of(rows), Row)
    found = {name: read(write(table, name), name) for name in MEDIA_TYPES}
    assert found["json"] == found["csv"] == found["arrow"] == found["parquet"]
    assert len(found["json"]) == len(rows)


@settings(max_examples=60)
@given(_ROW)
def test_nothing_is_rounded(row: dict[str, object]) -> None:
    (told,) = read(write(to_arrow(frame_of([row]), Row), "json"), "json")
    assert Decimal(told["open"]) == Decimal(row["open"]).scaleb(-9)
    assert (None if told["amount"] is None else Decimal(told["amount"])) == row["amount"]
    assert (told["count"], told["note"], told["tags"]) == (row["count"], row["note"], row["tags"])
    share = row["share"]
    assert told["share"] == (share if share is not None and np.isfinite(share) else None)
    assert told["ts_event"] == (f"{np.datetime64(row['ts_event'], 'ns')}Z" if row["ts_event"] else None)


def test_the_types_are_those_of_the_model_whether_there_are_rows_or_not() -> None:
    schema = to_arrow(frame_of([]), Row).schema
    assert [str(field.type) for field in schema] == [
        "timestamp[ns, tz=UTC]", "timestamp[ns, tz=UTC]", "decimal128(19, 9)", "string", "int64", "double", "bool",
        "string", "string", "date32[day]", "string",
    ]  # fmt: skip


def test_a_column_that_says_what_it_lacks_may_tell_of_1970() -> None:
    frame = pd.DataFrame({"ts_event": pd.array([0, None], "Int64"), "seen_at": [0, 1]})
    told = read(write(to_arrow(frame, Row), "json"), "json")
    assert [one["ts_event"] for one in told] == ["1970-01-01T00:00:00.000000000Z", None]
    assert [one["seen_at"] for one in told] == [None, "1970-01-01T00:00:00.000000001Z"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", '=HYPERLINK("x")']
)
def test_text_a_spreadsheet_would_run_is_quoted_in_csv_alone(text: str) -> None:
    table = to_arrow(frame_of([]).reindex([0]).assign(note=text, tags=[[text]], ts_event=1, open=1), Row)
    (row,) = csv.DictReader(io.StringIO(write(table, "csv").decode(), newline=""))
    assert row["note"] == f"'{text}"
    assert not row["tags"].startswith(("=", "+", "-", "@"))
    assert read(write(table, "json"), "json")[0]["note"] == text


@pytest.mark.parametrize("text", ["-5.25", "+3", "-1e9"])
def test_a_number_as_text_stays_one(text: str) -> None:
    table = to_arrow(frame_of([]).reindex([0]).assign(note=text, ts_event=1, open=1), Row)
    (row,) = csv.DictReader(io.StringIO(write(table, "csv").decode(), newline=""))
    assert row["note"] == text


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("", "json"), ("*/*", "json"), ("text/csv", "csv"), ("text/html,application/xhtml+xml,*/*;q=0.8", "json"),
        ("application/vnd.apache.parquet", "parquet"), ("text/csv;q=0.5, application/vnd.apache.arrow.stream", "arrow"),
        ("application/json;q=0, text/csv;q=0.1", "csv"), ("text/csv; q=nonsense, application/json;q=0.1", "json"),
    ],
)  # fmt: skip
def test_the_format_is_the_one_asked_for_most(accept: str, format: str) -> None:
    assert wanted(accept) == format


def test_what_there_is_not_is_said() -> None:
    with pytest.raises(HTTPException, match="text/csv"):
        wanted("image/png")
