"""Actions: Alpha Vantage's dividends and splits as rows, each at the open of the day it takes effect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.sources.alpha_vantage.call import Said
from nautilus_data.sources.alpha_vantage.cells import CellError, Refused, day, next_opens, number, plain, told
from nautilus_data.sources.alpha_vantage.document import read, rows_of

FUNCTIONS = ("DIVIDENDS", "SPLITS")
_COLUMNS = ("ts_event", "ts_init", "kind", "amount", "currency", "numerator", "denominator")


def corporate_actions(said: Iterable[Said]) -> tuple[pd.DataFrame, list[Refused]]:
    """Rows of CORPORATE_ACTIONS, those announced for days to come too; and rows that can't be such."""
    rows: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for one in said:
        for row in rows_of(read(one.body), "data"):
            try:
                rows.append(_dividend(row) if one.call.function == "DIVIDENDS" else _split(row))
            except CellError as error:
                refused.append(told(0, error, row))
    frame = pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"ts_event": "int64", "ts_init": "int64"})
    opens = next_opens(frame["ts_event"].to_numpy(), np.zeros(len(frame), bool))
    frame = frame.assign(ts_event=opens, ts_init=opens).drop_duplicates(["ts_event", "kind"], keep="first")
    return frame.sort_values("ts_event", kind="stable", ignore_index=True), refused


def _dividend(row: object) -> dict[str, Any]:
    """The currency is not told."""
    at, amount = _at(row, "ex_dividend_date"), number(row.get("amount"))
    if amount is None or amount <= 0:
        raise CellError("no amount")
    return _row(at, kind="dividend", amount=plain(amount.normalize()))


def _split(row: object) -> dict[str, Any]:
    at, factor = _at(row, "effective_date"), number(row.get("split_factor"))
    if factor is None or factor <= 0:
        raise CellError("no split factor")
    return _row(at, kind="split", numerator=plain(factor.normalize()), denominator="1")


def _at(row: object, name: str) -> int:
    if not isinstance(row, dict):
        raise CellError("not a row")
    return day(row.get(name))


def _row(at: int, **said: str) -> dict[str, Any]:
    empty = dict.fromkeys(("amount", "currency", "numerator", "denominator"), "")
    return {"ts_event": at, "ts_init": at, **empty, **said}
