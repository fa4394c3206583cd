"""Indicators: what Alpha Vantage computes of an instrument's prices, as a frame."""

from __future__ import annotations

import re
from types import MappingProxyType

import numpy as np
import pandas as pd

from nautilus_data.core.calendar import session_closes
from nautilus_data.core.dataset import parse_timeframe, show_timeframe
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.errors import SkippableError
from nautilus_data.sources.alpha_vantage.call import Call, Said
from nautilus_data.sources.alpha_vantage.cells import NEW_YORK, CellError, day, moment, number
from nautilus_data.sources.alpha_vantage.document import lines_of, read

INTERVALS = MappingProxyType(
    {
        "1-MINUTE": "1min", "5-MINUTE": "5min", "15-MINUTE": "15min", "30-MINUTE": "30min", "1-HOUR": "60min",
        "1-DAY": "daily", "1-WEEK": "weekly", "1-MONTH": "monthly",
    }
)  # fmt: skip
_NAME, _PARAMETER = re.compile(r"[A-Z][A-Z0-9_]{1,19}"), re.compile(r"[a-z][a-z0-9]{0,19}")
# What most take, and what those that take nothing of the kind leave unread.
_USUAL = MappingProxyType({"time_period": "10", "series_type": "close"})
_RESERVED = frozenset({"function", "symbol", "apikey", "interval", "datatype"})


def call_of(name: str, symbol: str, timeframe: str, params: dict[str, object]) -> Call:
    """SkippableError for a name or parameter that can be none of an indicator."""
    timeframe = parse_timeframe(timeframe)
    if timeframe not in INTERVALS:
        steps = ", ".join(map(show_timeframe, INTERVALS))
        raise SkippableError(f"Alpha Vantage has no indicators of {show_timeframe(timeframe)}; it has {steps}")
    wrong = [key for key in params if key in _RESERVED or not _PARAMETER.fullmatch(key.replace("_", ""))]
    if not _NAME.fullmatch(name) or wrong:
        what = ", ".join(wrong) or name
        raise SkippableError(
            f"not an indicator of Alpha Vantage's, or not a parameter of one: {what!r}; write SMA, RSI"
        )
    given = {key: str(value) for key, value in params.items()}
    asked = {"symbol": symbol, "interval": INTERVALS[timeframe], **_USUAL, **given}
    return Call(function=name, params=MappingProxyType(asked), age_s=21_600.0)


def indicator_frame(said: Said, instrument_id: str) -> pd.DataFrame:
    """`ts_event` and a column of each of its lines, NaN where there is no value; in order of time.

    A day's value stands at the session's close, one of an intraday bar at the time it is named by.
    """
    lines = lines_of(read(said.body))
    rows: dict[int, dict[str, float]] = {}
    for line in lines:
        try:
            values = {name: number(cell) for name, cell in line.items() if name not in ("timestamp", "time")}
            rows[_time(line["timestamp"])] = {
                name: float("nan") if value is None else float(value) for name, value in values.items()
            }
        except CellError:
            # A line without a time or of words is none.
            continue
    times = np.array(sorted(rows), "int64")
    frame = pd.DataFrame([rows[at] for at in times.tolist()])
    frame.insert(0, "ts_event", _closes(times, instrument_id))
    return frame


def _time(cell: object) -> int:
    try:
        return day(cell)
    except CellError:
        return moment(cell, NEW_YORK)


def _closes(times: np.ndarray, instrument_id: str) -> np.ndarray:
    is_day = times % NS_PER_DAY == 0
    if not is_day.any():
        return times
    closes = session_closes(instrument_id, pd.DatetimeIndex(times.astype("datetime64[ns]")))
    return np.where(is_day, np.where(closes > 0, closes, times + NS_PER_DAY), times)
