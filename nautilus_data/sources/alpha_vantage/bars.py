"""Bars: Alpha Vantage's time series as rows, each bar at its close; what is not over yet is left out.

Its daily, weekly and monthly prices are as traded; "adjusted close" is adjusted for splits and dividends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.core.calendar import calendar_name, session_closes, sessions
from nautilus_data.core.dataset import Series, timeframe_ns
from nautilus_data.core.instrument import PRICE_DECIMALS
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.sources.alpha_vantage.cells import NEW_YORK, CellError, Refused, day, moment, number, told
from nautilus_data.sources.alpha_vantage.document import lines_of, read

_PRICES = ("open", "high", "low", "close")
_TICK = Decimal(1).scaleb(-PRICE_DECIMALS)
_MOST = Decimal(2**63 - 1).scaleb(-PRICE_DECIMALS)
# When the last bar of a day ends, by the wall clock: one that stands at it is named by its end.
_LAST_ENDS = (timedelta(hours=16), timedelta(hours=20))
_COLUMNS = ("ts_event", "ts_init", *_PRICES, "volume")


@dataclass(frozen=True)
class Rows:
    """Bars in order of time, and rows that are none."""

    bars: pd.DataFrame
    refused: list[Refused]


def bars(body: bytes, series: Series, said_at: int) -> Rows:
    """The bars of an answer, given at `said_at`."""
    is_intraday = timeframe_ns(series.timeframe) < NS_PER_DAY
    lines, refused = lines_of(read(body)), []
    found = _read(lines, series, refused, (lambda cell: moment(cell, NEW_YORK)) if is_intraday else day)
    if found.empty:
        return Rows(found[list(_COLUMNS)], refused)
    timed = _steps(found, series) if is_intraday else _days(found, series, said_at)
    return Rows(timed[timed["ts_init"] <= said_at][list(_COLUMNS)].reset_index(drop=True), refused)


def _read(
    lines: list[dict[str, Any]], series: Series, refused: list[Refused], time_of: Callable[[object], int]
) -> pd.DataFrame:
    """Rows with their own time as `at`; the last of two with the same time is the one that counts."""
    by_time: dict[int, dict[str, Any]] = {}
    for line in lines:
        at = 0
        try:
            at = time_of(line["timestamp"])
            by_time[at] = {"at": at, "ts_event": at, "ts_init": at, **_prices(line, series.adjustment)}
        except CellError as error:
            refused.append(told(at, error, line))
    rows = [by_time[at] for at in sorted(by_time)]
    frame = pd.DataFrame(rows, columns=["at", *_COLUMNS])
    return frame.astype({name: "int64" for name in ("at", "ts_event", "ts_init", *_PRICES)} | {"volume": "float64"})


def _prices(line: dict[str, Any], adjustment: str) -> dict[str, Any]:
    values = {name: number(line.get(name)) for name in _PRICES}
    if missing := [name for name, value in values.items() if value is None]:
        raise CellError(f"no {missing[0]}")
    if not all(values.values()):
        raise CellError("a price of zero")
    if adjustment == "total":
        adjusted = number(line.get("adjusted close"))
        if not adjusted:
            raise CellError("no adjusted close")
        values = {name: value * adjusted / values["close"] for name, value in values.items()}
    if max(map(abs, values.values())) > _MOST:
        raise CellError("a price is too large")
    volume = number(line.get("volume"))
    ticks = {name: int((value / _TICK).to_integral_value(ROUND_HALF_EVEN)) for name, value in values.items()}
    return {**ticks, "volume": float("nan") if volume is None else float(volume)}


def _days(found: pd.DataFrame, series: Series, said_at: int) -> pd.DataFrame:
    """Each at the close of its day, the last of its week or month; known then, in FX at midnight in London."""
    days = pd.DatetimeIndex(found["at"].to_numpy().astype("datetime64[ns]"))
    closes = session_closes(series.instrument_id, days)
    midnights = days.as_unit("ns").asi8 + NS_PER_DAY
    ends = np.where(closes > 0, closes, midnights)
    known = np.maximum(ends, midnights) if "/" in series.instrument_id else ends
    timed = found.assign(ts_event=ends, ts_init=known)
    return timed if series.timeframe == "1-DAY" else timed[_is_over(days, series, said_at)]


def _is_over(days: pd.DatetimeIndex, series: Series, said_at: int) -> np.ndarray:
    """Does no session of the same week or month follow? Where no calendar tells, has it ended?"""
    unit = "W" if series.timeframe == "1-WEEK" else "M"
    periods = days.to_period(unit)
    ends = pd.DatetimeIndex(periods.end_time).as_unit("ns").asi8
    if calendar_name(series.instrument_id) is None:
        return ends < said_at
    is_over = np.ones(len(days), bool)
    for more in range(1, 8):
        later = days + pd.Timedelta(days=more)
        is_over &= ~((later.to_period(unit) == periods) & (session_closes(series.instrument_id, later) > 0))
    return is_over | (ends < said_at - 7 * NS_PER_DAY)


def _steps(found: pd.DataFrame, series: Series) -> pd.DataFrame:
    """Bars of the regular session alone, each at its end and no later than its session's."""
    step, at = timeframe_ns(series.timeframe), found["at"].to_numpy()
    starts = at - step if _are_ends(at) else at
    name = calendar_name(series.instrument_id) or "XNYS"
    known = sessions(name, TimeRange(int(starts.min()) - NS_PER_DAY, int(starts.max()) + NS_PER_DAY))
    places = np.clip(np.searchsorted(known.opens, starts, side="right") - 1, 0, len(known.opens) - 1)
    closes = known.closes[places]
    is_inside = (starts >= known.opens[places]) & (starts < closes)
    ends = np.minimum(starts + step, closes)
    return found.assign(ts_event=ends, ts_init=ends)[is_inside]


def _are_ends(at: np.ndarray) -> bool:
    """Answers of before 2022 name a bar by its end, later ones by its start."""
    local = pd.DatetimeIndex(at.astype("datetime64[ns]"), tz="UTC").tz_convert(NEW_YORK)
    latest = max(local - local.normalize())
    return latest.to_pytimedelta() in _LAST_ENDS
