"""A service's table as rows of their kinds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field

from app.server.columns import Day, Exact, Time, as_model, as_rows, instants, text

AT = 1_704_461_400_123_456_789


class Row(BaseModel):
    name: str
    note: str | None
    price: Exact | None
    count: int | None
    share: float | None
    filed: Day | None
    ts_event: Time | None
    is_out: bool | None
    tags: list[str]
    ts_known: Time | None = Field(validation_alias="known_since")


def found(**changes: object) -> dict[str, object]:
    return {
        "name": "", "note": "", "price": Decimal("1E+3"), "count": 2, "share": 0.5, "filed": 86_400 * 10**9,
        "ts_event": AT, "is_out": True, "tags": ["a"], "known_since": 7, "more": 1, **changes,
    }  # fmt: skip


def test_each_cell_is_of_its_kind_and_what_is_not_asked_for_is_left_out() -> None:
    (row,) = as_rows([found()], Row).to_dict("records")
    assert row == {
        "name": "", "note": None, "price": "1000", "count": 2, "share": 0.5, "filed": date(1970, 1, 2),
        "ts_event": AT, "is_out": True, "tags": ["a"], "ts_known": 7,
    }  # fmt: skip


def test_what_is_missing_is_none_and_whole_numbers_stay_whole() -> None:
    rows = as_rows([found(count=2**62 + 1), found(price=None, count=None, share=np.nan, filed=0, ts_event=None)], Row)
    assert rows["count"].tolist() == [2**62 + 1, pd.NA] and rows["ts_event"].tolist() == [AT, 0]
    assert rows.loc[1, "price"] is None and rows.loc[1, "filed"] is None and np.isnan(rows.loc[1, "share"])


def test_a_table_of_nothing_has_all_columns() -> None:
    assert as_rows([], Row).columns.tolist() == list(Row.model_fields) == as_rows(pd.DataFrame(), Row).columns.tolist()


def test_rows_are_numbered_anew() -> None:
    frame = pd.DataFrame([found(name="a"), found(name="b")]).iloc[::-1]
    assert as_rows(frame, Row).loc[0, "name"] == "b"


def test_zero_is_1970_where_something_was_known() -> None:
    frame = instants(pd.DataFrame({"ts_event": [0, 0], "ts_init": [5, 0]}), "ts_event")
    assert frame["ts_event"].tolist() == [0, pd.NA]
    assert instants(pd.DataFrame({"day": [0]}), "day")["day"].tolist() == [0]


def test_one_answer_tells_its_times_as_text() -> None:
    told = as_model(found(filed=None), Row)
    assert (told.ts_event, told.note, told.name) == ("2024-01-05T13:30:00.123456789Z", None, "")
    assert told.ts_known == text(7) == "1970-01-01T00:00:00.000000007Z"
    assert as_model(found(filed=None, ts_event=0), Row).ts_event is None
