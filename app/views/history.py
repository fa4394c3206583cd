"""History: what lines of bars came to, one row each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd

from app.views import table
from app.views.table import Context, Field
from nautilus_data.core.dataset import show_timeframe
from nautilus_data.core.timerange import NS_PER_DAY

_YEAR_NS = 365 * NS_PER_DAY
_COLUMNS = ("instrument_id", "close", "change", "year_change", "year_high", "year_low", "bars", "start", "end", "line")


def summary(lines: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Last close, its change to the bar before and over a year, the year's range; NaN where bars don't reach."""
    return pd.DataFrame([_row(name, bars) for name, bars in lines.items() if len(bars)], columns=list(_COLUMNS))


def _row(instrument_id: str, bars: pd.DataFrame) -> dict[str, Any]:
    last, times, closes = bars.iloc[-1], bars["ts_event"], bars["close"]
    year = bars[times > last["ts_event"] - _YEAR_NS]
    before = closes[times <= last["ts_event"] - _YEAR_NS]
    return {
        "instrument_id": instrument_id,
        "close": last["close"],
        "change": last["close"] / closes.iloc[-2] - 1 if len(bars) > 1 else float("nan"),
        "year_change": last["close"] / before.iloc[-1] - 1 if len(before) else float("nan"),
        "year_high": year["high"].max(),
        "year_low": year["low"].min(),
        "bars": bars.attrs.get("total", len(bars)),
        "start": int(times.iloc[0]),
        "end": int(times.iloc[-1]),
        "line": _line(bars.attrs),
    }


def _line(attrs: Mapping[str, Any]) -> str:
    """Timeframe, source and adjustment in the words of the pickers."""
    parts = [show_timeframe(str(attrs["timeframe"]))] if attrs.get("timeframe") else []
    return " · ".join([*parts, *(str(attrs[name]) for name in ("source", "adjustment") if attrs.get(name))])


def _price(value: Any, row: Mapping[str, Any], context: Context) -> str:
    decimals = (context.precisions or {}).get(row["instrument_id"], 2)
    return table.number(value, decimals)


def _percent(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.percent(value)


def _count(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.number(value)


def _day(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.day(value, context.zone)


def _text(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return str(value)


_number = partial(Field, is_number=True)
FIELDS = (
    Field("instrument_id", "Instrument", _text),
    _number("close", "Last close", _price),
    _number("change", "To the bar before", _percent),
    _number("year_change", "One year", _percent),
    _number("year_high", "Year high", _price),
    _number("year_low", "Year low", _price),
    _number("bars", "Bars", _count),
    Field("start", "From", _day),
    Field("end", "To", _day),
    Field("line", "Line", _text),
)
