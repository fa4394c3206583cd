"""Observations: a macro or commodity line as rows, known by the line's usual lag, or since they were seen."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from nautilus_data.sources.alpha_vantage.call import Said
from nautilus_data.sources.alpha_vantage.cells import CellError, Refused, day, number, told
from nautilus_data.sources.alpha_vantage.document import read, rows_of
from nautilus_data.sources.alpha_vantage.lines import Line

# The columns a day and its value have: in JSON, in CSV, and of metals.
_DAYS, _VALUES = ("date", "timestamp"), ("value", "price")


def observations(said: Said, line: Line) -> tuple[pd.DataFrame, list[Refused]]:
    """Rows of OBSERVATIONS, NaN where it says that there is no value; and rows that can't be such."""
    found: dict[int, float] = {}
    refused: list[Refused] = []
    for row in rows_of(read(said.body), "data"):
        try:
            found[day(_first(row, _DAYS))] = _value(_first(row, _VALUES))
        except CellError as error:
            refused.append(told(0, error, row))
    dates = np.array(sorted(found), "int64")
    known = line.lag.after(dates, line.frequency) if len(dates) else dates
    is_early = known > said.said_at
    frame = pd.DataFrame(
        {
            "ts_event": dates,
            "ts_init": np.where(is_early, said.ts_seen, known),
            "value": np.array([found[date] for date in dates.tolist()], "float64"),
            "known_by": np.where(is_early, "seen", "rule").astype(object),
        }
    )
    frame = frame[frame["ts_init"] >= frame["ts_event"]]
    return frame.sort_values("ts_init", kind="stable", ignore_index=True), refused


def described(said: Said, line: Line, source: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A row of OBSERVED_SERIES: as it says it, else as it was declared."""
    document = read(said.body)
    told_of = document if isinstance(document, dict) else {}
    dates = frame["ts_event"]
    row = {
        "source": source, "series_id": line.name, "title": str(told_of.get("name") or line.title),
        "units": str(told_of.get("unit") or line.units), "frequency": line.frequency, "seasonal_adjustment": "",
        "release_id": "", "release": "", "notes": "Latest values alone; when each became known is by its usual lag.",
        "first_date": int(dates.min()) if len(dates) else 0, "last_date": int(dates.max()) if len(dates) else 0,
        "ts_updated": 0, "ts_init": said.said_at,
    }  # fmt: skip
    return pd.DataFrame([row])


def _first(row: object, names: tuple[str, ...]) -> object:
    if not isinstance(row, dict):
        raise CellError("not a row")
    return next((row[name] for name in names if name in row), None)


def _value(cell: object) -> float:
    value = number(cell)
    return math.nan if value is None else float(value)
