"""Yahoo's chart document as rows: prices as they were quoted, raw and adjusted apart, each bar at its close.

Yahoo restates: open, high, low, close and volume are adjusted for every split up to today, and `adjclose` for dividends
too. So `split` is what it sends, `total` scales a bar to its `adjclose`, and `raw` undoes the splits after the bar.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from nautilus_data.core.calendar import calendar_name, session_closes, sessions
from nautilus_data.core.dataset import Series, timeframe_ns
from nautilus_data.core.instrument import PRICE_SCALE
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.errors import RetryableError, SkippableError

_PRICES = ("open", "high", "low", "close")
_MOST = 2**63 / PRICE_SCALE
_LATEST_S = 4_000_000_000
_FX_CLOSE = pd.Timedelta(hours=17)
# Prices of the time before several splits carry the rounding of Yahoo's adjusted ones, times the splits.
_RAW_DECIMALS = 4
# Their day is a session of the calendar in whatever zone Yahoo counts it.
_ROUND_THE_CLOCK = ("CURRENCY", "CRYPTOCURRENCY", "FUTURE")
# What Yahoo calls the same step.
_SAME_STEP = {"60m": "1h"}
# So far apart are the row of the latest trade and the time the document says it was at.
_LATEST_TRADE_S = 60


@dataclass(frozen=True)
class Chart:
    """The one result of a chart document."""

    meta: dict[str, Any]
    starts: list[Any]
    columns: dict[str, list[Any]]
    events: dict[str, Any]

    @classmethod
    def of(cls, document: dict[str, Any]) -> Chart:
        """Raises RetryableError for a document that lacks what every chart has."""
        try:
            results = document["chart"]["result"]
            found = results[0] if results else {"meta": {}}
            quote, adjusted = _indicators(found)
            starts = found.get("timestamp") or []
            # Indices and pairs may have no volume, intraday bars no adjusted close.
            given = {**quote, "adjclose": adjusted}
            columns = {name: given.get(name) or [] for name in _PRICES}
            columns |= {name: given.get(name) or [None] * len(starts) for name in ("volume", "adjclose")}
            chart = cls(found["meta"], starts, columns, found.get("events") or {})
            ZoneInfo(chart.zone)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError):
            raise RetryableError("Yahoo Finance: the answer is not a chart: parts of it are missing") from None
        if {len(starts)} != {len(values) for values in columns.values()}:
            raise RetryableError("Yahoo Finance: the answer was cut short: its columns are not of one length")
        return chart

    @property
    def first_traded_ns(self) -> int:
        """0 = Yahoo doesn't say."""
        return int(self.meta.get("firstTradeDate") or 0) * NS_PER_S

    @property
    def zone(self) -> str:
        return self.meta.get("exchangeTimezoneName") or "UTC"

    @property
    def kind(self) -> str:
        return self.meta.get("instrumentType") or ""

    def splits(self) -> list[tuple[int, Decimal]]:
        """When (seconds) and how many shares one became."""
        found = (self.events.get("splits") or {}).values()
        said = ((int(one["date"]), Decimal(str(one["numerator"])), Decimal(str(one["denominator"]))) for one in found)
        return sorted((date, shares / before) for date, shares, before in said if shares > 0 and before > 0)


@dataclass(frozen=True)
class Rows:
    """Bars in Yahoo's order, true or not, and rows that are none: `ts_event`, `reason`, `row` (JSON)."""

    bars: pd.DataFrame
    refused: pd.DataFrame


def bars(document: dict[str, Any], series: Series, splits: list[tuple[int, Decimal]], final_before: int) -> Rows:
    """The bars of a chart; one that closes (or, in FX, becomes known) at `final_before` or later may still change."""
    chart = Chart.of(document)
    check_step(chart, series.timeframe)
    raw = pd.DataFrame({name: _numbers(values) for name, values in chart.columns.items()})
    starts = _numbers(chart.starts)
    raw["start"] = np.where((starts > 0) & (starts < _LATEST_S), starts, 0).astype("int64")
    times = bar_times(chart, raw["start"].to_numpy(), series)
    reasons = _unusable(raw, series.adjustment)
    reasons = np.where(reasons == "", times["reason"], reasons)
    may_be = reasons == ""
    prices = _adjusted(raw, may_be, series.adjustment, splits, chart.zone)
    found = pd.concat([times[["ts_event", "ts_init"]], prices], axis=1)
    is_final, is_bar = (times["ts_init"] < final_before).to_numpy(), reasons == ""
    is_none = _is_latest_trade(chart, raw["start"].to_numpy(), times["ts_event"].to_numpy(), is_bar)
    is_none |= _is_without_trades(raw, reasons, series)
    is_bar, wrong = is_bar & ~is_none, is_final & ~is_bar & ~is_none
    refused = {"ts_event": times["ts_event"][wrong], "reason": reasons[wrong], "row": _as_json(raw[wrong])}
    return Rows(found[is_final & is_bar].reset_index(drop=True), pd.DataFrame(refused).reset_index(drop=True))


def bar_times(chart: Chart, starts: np.ndarray, series: Series) -> pd.DataFrame:
    """`ts_event` and `ts_init` of bars that start at these seconds, and the reason why one is no bar."""
    if timeframe_ns(series.timeframe) == NS_PER_DAY:
        return _days(chart, starts, series)
    return _steps(chart, starts * NS_PER_S, series)


def check_step(chart: Chart, timeframe: str) -> None:
    """Yahoo has answered with a coarser step than asked for: SkippableError."""
    said = chart.meta.get("dataGranularity") or ""
    said, wanted = _SAME_STEP.get(said, said), {"1-DAY": "1d", "1-HOUR": "1h"}.get(timeframe) or _minutes(timeframe)
    if said and said != wanted:
        raise SkippableError(f"Yahoo Finance answered with bars of {said} where {wanted} was asked for")


def quoted(values: np.ndarray) -> np.ndarray:
    """The numbers Yahoo meant: it sends float32 written out as doubles, 44.2599983215332 for 44.26."""
    single, meant = values.astype("float32"), values.copy()
    is_open = single.astype("float64") == values
    for decimals in range(9):
        rounded = np.round(values, decimals)
        fits = is_open & (rounded.astype("float32") == single)
        meant[fits] = rounded[fits]
        is_open &= ~fits
    return meant


def _indicators(found: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    indicators = found.get("indicators") or {}
    adjusted = (indicators.get("adjclose") or [{}])[0].get("adjclose") or []
    return (indicators.get("quote") or [{}])[0] or {}, adjusted


def _numbers(values: list[Any]) -> np.ndarray:
    """Float64; NaN for null and for what is no number."""
    try:
        return np.array(values, "float64")
    except (TypeError, ValueError):
        return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").to_numpy("float64", na_value=np.nan)


def _unusable(raw: pd.DataFrame, adjustment: str) -> np.ndarray:
    """Why a row can't be a bar at all; '' where it may."""
    prices = raw[list(_PRICES)].to_numpy("float64")
    reasons = np.full(len(raw), "", dtype=object)
    if adjustment == "total":
        reasons[~(raw["adjclose"].to_numpy("float64") > 0)] = "no adjusted close"
    reasons[np.isnan(prices).any(axis=1)] = "a price is missing"
    reasons[np.isnan(prices).all(axis=1)] = "no prices"
    reasons[(np.abs(prices) >= _MOST).any(axis=1)] = "a price is too large"
    reasons[(prices == 0).any(axis=1)] = "a price of zero"
    reasons[raw["start"].to_numpy() <= 0] = "no time"
    return reasons


def _is_latest_trade(chart: Chart, starts: np.ndarray, ends: np.ndarray, is_bar: np.ndarray) -> np.ndarray:
    """The latest trade as one row more, which Yahoo puts behind the bars; a last bar that holds it is one itself."""
    found = np.zeros(len(starts), bool)
    if len(starts) and abs(int(starts[-1]) - int(chart.meta.get("regularMarketTime") or 0)) <= _LATEST_TRADE_S:
        found[-1] = not is_bar[-1] or ends[-1] in ends[:-1]
    return found


def _is_without_trades(raw: pd.DataFrame, reasons: np.ndarray, series: Series) -> np.ndarray:
    """Minutes and hours nobody traded in come as rows of nulls; a whole day without prices is a fault of Yahoo's."""
    is_empty = (reasons == "no prices") & ~(raw["volume"].to_numpy("float64") > 0)
    return is_empty & (timeframe_ns(series.timeframe) < NS_PER_DAY)


def _adjusted(
    raw: pd.DataFrame, usable: np.ndarray, adjustment: str, splits: list[tuple[int, Decimal]], zone: str
) -> pd.DataFrame:
    """Prices in ticks and volume as the adjustment has them; 0 in rows that can't be used."""
    prices = {name: np.where(usable, quoted(raw[name].to_numpy("float64")), 0.0) for name in _PRICES}
    volume = raw["volume"].to_numpy("float64")
    if adjustment == "total":
        scale = np.divide(raw["adjclose"].to_numpy("float64"), prices["close"], out=np.zeros(len(raw)), where=usable)
        prices = {name: values * scale for name, values in prices.items()}
    if adjustment == "raw" and splits:
        factor = _shares_since(raw["start"].to_numpy(), splits, zone)
        prices = {name: _unsplit(values, factor) for name, values in prices.items()}
        volume = np.round(volume / factor)
    ticks = {name: np.rint(values * PRICE_SCALE).astype("int64") for name, values in prices.items()}
    return pd.DataFrame({**ticks, "volume": volume}, index=raw.index)


def _shares_since(starts: np.ndarray, splits: list[tuple[int, Decimal]], zone: str) -> np.ndarray:
    """How many of today's shares a share of each bar's day has become."""
    days, factor = _local(starts, zone), np.ones(len(starts))
    for date, ratio in splits:
        factor[days < _local(np.array([date]), zone)[0]] *= float(ratio)
    return factor


def _unsplit(values: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """As traded. What was split more than joined is no finer than the exchange's own steps."""
    whole = values * factor
    return np.where(factor > 1, np.round(whole, _RAW_DECIMALS), whole)


def _local(starts: np.ndarray, zone: str) -> pd.DatetimeIndex:
    """The date at the exchange."""
    return pd.to_datetime(starts, unit="s", utc=True).tz_convert(zone).normalize().tz_localize(None)


def _days(chart: Chart, starts: np.ndarray, series: Series) -> pd.DataFrame:
    days = _local(starts, chart.zone)
    usual = _usual_ends(chart, days)
    if chart.kind == "CURRENCY":
        # A day of FX closes in New York, holidays too; Yahoo's ends at midnight in London, and is known then.
        closes = _at(days + _FX_CLOSE, "America/New_York")
        return pd.DataFrame({"ts_event": closes, "ts_init": np.maximum(closes, usual), "reason": ""})
    is_kept = _keeps(chart, series, starts * NS_PER_S)
    closes = session_closes(series.instrument_id, days) if is_kept else np.zeros(len(days), "int64")
    ends = np.where(closes > 0, closes, usual)
    return pd.DataFrame({"ts_event": ends, "ts_init": ends, "reason": ""})


def _usual_ends(chart: Chart, days: pd.DatetimeIndex) -> np.ndarray:
    """The end of each day as the chart's trading period has it: its usual close, or midnight."""
    regular = (chart.meta.get("currentTradingPeriod") or {}).get("regular") or {}
    start, end = int(regular.get("start") or 0), int(regular.get("end") or 0)
    after = pd.Timedelta(days=1)
    if start < end < start + 23 * 3600:
        local = pd.Timestamp(end, unit="s", tz="UTC").tz_convert(chart.zone)
        after = pd.Timedelta(hours=local.hour, minutes=local.minute)
    return _at(days + after, chart.zone)


def _at(walls: pd.DatetimeIndex, zone: str) -> np.ndarray:
    """Nanoseconds of times on the wall clock of a zone."""
    local = walls.tz_localize(zone, ambiguous=np.ones(len(walls), bool), nonexistent="shift_forward")
    return local.tz_convert("UTC").as_unit("ns").asi8


def _steps(chart: Chart, starts: np.ndarray, series: Series) -> pd.DataFrame:
    step, name = timeframe_ns(series.timeframe), _keeps(chart, series, starts)
    ends, reasons = starts + step, np.full(len(starts), "", dtype=object)
    anchors = np.zeros(len(starts), "int64")
    if name and len(starts):
        known = sessions(name, TimeRange(int(starts.min()) - NS_PER_DAY, int(starts.max()) + NS_PER_DAY))
        places = np.clip(np.searchsorted(known.opens, starts, side="right") - 1, 0, len(known.opens) - 1)
        opens, closes = known.opens[places], known.closes[places]
        inside = (starts >= opens) & (starts < closes)
        rests = np.where((known.rests[places] > 0) & (starts < known.rests[places]), known.rests[places], closes)
        resumed = (known.rests[places] > 0) & (starts >= known.resumes[places])
        anchors[inside] = np.where(resumed, known.resumes[places], opens)[inside]
        ends[inside] = np.minimum(ends, rests)[inside]
        if chart.kind not in _ROUND_THE_CLOCK:
            reasons[~inside] = f"outside the sessions of {name}"
    reasons[((starts - anchors) % step != 0) & (starts % step != 0)] = "stamped with the last trade, not a bar's start"
    return pd.DataFrame({"ts_event": ends, "ts_init": ends, "reason": reasons})


def _keeps(chart: Chart, series: Series, starts: np.ndarray) -> str:
    """The calendar whose sessions the instrument keeps; '' where none is known, and for an index of elsewhere."""
    name = calendar_name(series.instrument_id) or ""
    if not name or not len(starts) or chart.kind in _ROUND_THE_CLOCK:
        return name
    last = pd.Timestamp(int(starts.max()), tz="UTC")
    zone = sessions(name, TimeRange(last.value - 7 * NS_PER_DAY, last.value + 7 * NS_PER_DAY)).zone
    return name if last.tz_convert(zone).utcoffset() == last.tz_convert(chart.zone).utcoffset() else ""


def _minutes(timeframe: str) -> str:
    return f"{timeframe.partition('-')[0]}m"


def _as_json(rows: pd.DataFrame) -> list[str]:
    plain = rows.astype(object).where(rows.notna(), None).to_dict("records")
    return [json.dumps(row) for row in plain]
