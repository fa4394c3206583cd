"""History of Interactive Brokers: which bars over which span in one request, and bars as rows of the dataset."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from nautilus_data.core.calendar import session_closes
from nautilus_data.core.dataset import BARS, Series, show_timeframe, timeframe_ns
from nautilus_data.core.instrument import PRICE_SCALE
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.errors import SkippableError
from nautilus_data.sources.base import Capability
from nautilus_data.sources.ib import contracts
from nautilus_data.sources.ib.contracts import PRICE_TYPES, sec_type_of
from nautilus_data.sources.ib.sessions import REGULAR_HOURS, Listing

DAILY = "1-DAY"
BAR_SIZES = MappingProxyType(
    {f"{count}-SECOND": f"{count} secs" for count in (1, 5, 10, 15, 30)}
    | {f"{count}-MINUTE": f"{count} min{'s' * (count > 1)}" for count in (1, 2, 3, 5, 10, 15, 20, 30)}
    | {f"{count}-HOUR": f"{count} hour{'s' * (count > 1)}" for count in (1, 2, 3, 4, 8)}
    | {DAILY: "1 day"}
)
_MINUTE, _HOUR = 60, 3_600
_DAY = 24 * _HOUR


class Step(NamedTuple):
    """A duration, the seconds it holds in any case, and the bars the vendor recommends it for (seconds)."""

    text: str
    holds_s: int
    shortest_s: int
    longest_s: int


# A week is asked for six days and a month for 27, as they may be counted in trading days, the broken first one too.
_STEPS = (
    Step("60 S", 60, 1, _MINUTE),
    Step("1800 S", 1_800, 1, 30 * _MINUTE),
    Step("3600 S", 3_600, 5, _HOUR),
    Step("14400 S", 14_400, 10, 3 * _HOUR),
    Step("28800 S", 28_800, 30, 8 * _HOUR),
    Step("86400 S", _DAY, _MINUTE, 8 * _HOUR),
    Step("1 W", 6 * _DAY, 3 * _MINUTE, _DAY),
    Step("1 M", 27 * _DAY, 30 * _MINUTE, _DAY),
    Step("1 Y", 365 * _DAY, _DAY, _DAY),
)
_SHORT_BARS_S, _SHORT_BARS_DAYS = 30, 180
_PRICES, _MOST_TICKS = ("open", "high", "low", "close"), 2.0**63
# Of the largest number a gateway can write, which stands for none.
_UNSET = 1e300
_QUOTED_ONLY = ("CASH", "CFD")
_WITH_CALENDAR = ("STK", "IND", "FUT", "CONTFUT", "CASH")
# Without a subscription the newest fifteen minutes are not in an answer, and nothing says so.
_SETTLES_NS = 20 * 60 * NS_PER_S


class Bar(NamedTuple):
    """A bar as the gateway gives it: epoch seconds of its start, or yyyymmdd of its trading day."""

    stamp: str
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True)
class Answer:
    """What a gateway said, and when it was asked (ns)."""

    listing: Listing
    bars: tuple[Bar, ...]
    asked_at: int


@dataclass(frozen=True)
class Query:
    """A historical request, but for its contract."""

    end: str
    duration: str
    bar_size: str
    what: str
    is_regular: bool


def capabilities() -> tuple[Capability, ...]:
    """One for each timeframe, as each has its own longest span; bars with dividends only from today backwards."""
    total = Capability(dataset="bars", timeframes=(DAILY,), adjustments=("total",), settles_ns=_SETTLES_NS)
    return (_capability(DAILY), total, *(_capability(timeframe) for timeframe in BAR_SIZES if timeframe != DAILY))


def _capability(timeframe: str) -> Capability:
    return Capability(
        dataset="bars",
        timeframes=(timeframe,),
        adjustments=("split", "raw"),
        max_span_ns=_max_span_ns(timeframe),
        depth_ns=_SHORT_BARS_DAYS * NS_PER_DAY if seconds_of(timeframe) <= _SHORT_BARS_S else None,
        settles_ns=_SETTLES_NS,
    )


def seconds_of(timeframe: str) -> int:
    return timeframe_ns(timeframe) // NS_PER_S


def check(series: Series) -> None:
    """SkippableError when Interactive Brokers has no such series, and what to choose instead."""
    kind, name = sec_type_of(series.instrument_id), series.instrument_id
    if series.price_type not in PRICE_TYPES:
        raise SkippableError(f"{name}: price type {series.price_type} is not known; there are {', '.join(PRICE_TYPES)}")
    if kind in _QUOTED_ONLY and series.price_type == "LAST":
        raise SkippableError(f"{name} has no trades at Interactive Brokers: choose price type MID, BID or ASK")
    if kind == "IND" and series.price_type != "LAST":
        raise SkippableError(f"{name} is an index and has no quotes at Interactive Brokers: choose price type LAST")
    splits = kind == "STK"
    if splits and series.adjustment == "raw":
        raise SkippableError(f"{name}: Interactive Brokers adjusts prices for splits: choose adjustment split")
    if not splits and series.adjustment != "raw":
        raise SkippableError(f"{name} has neither splits nor dividends: choose adjustment raw")
    if series.adjustment == "total" and series.price_type != "LAST":
        raise SkippableError(f"{name}: only trades are adjusted for dividends: choose price type LAST")


def what_to_show(series: Series) -> str:
    if series.adjustment == "total":
        return "ADJUSTED_LAST"
    return contracts.what_to_show(sec_type_of(series.instrument_id), series.price_type)


def ends_now(series: Series) -> bool:
    """Is it given up to now only, so that one request has to reach back to the start?"""
    return series.adjustment == "total" or sec_type_of(series.instrument_id) == "CONTFUT"


def in_regular_hours(series: Series) -> bool:
    return series.session == "regular" and sec_type_of(series.instrument_id) in REGULAR_HOURS


def plan(series: Series, span: TimeRange, now: int) -> Query:
    """The one request that holds all bars that close in the span; SkippableError when there can be none."""
    check(series)
    if span.start >= now:
        raise SkippableError(f"{series}: {span} lies in the future")
    if seconds_of(series.timeframe) <= _SHORT_BARS_S and span.end <= now - _SHORT_BARS_DAYS * NS_PER_DAY:
        raise SkippableError(f"{series}: such bars are kept for {_SHORT_BARS_DAYS} days: choose a later span")
    what, is_regular = what_to_show(series), in_regular_hours(series)
    if ends_now(series):
        return Query("", _to_now(series, TimeRange(span.start, now)), BAR_SIZES[series.timeframe], what, is_regular)
    end = datetime.fromtimestamp(_end_s(series.timeframe, min(span.end, now + 1)), UTC)
    return Query(
        f"{end:%Y%m%d %H:%M:%S} UTC", duration(series.timeframe, span), BAR_SIZES[series.timeframe], what, is_regular
    )


def duration(timeframe: str, span: TimeRange) -> str:
    """The shortest duration that holds all bars which close in a span."""
    bar_s = seconds_of(timeframe)
    # One bar more, as the first to close in it begins before.
    needed_s = -(-span.duration_ns // NS_PER_S) + bar_s
    if _is_on_grid(bar_s):
        first = -(-span.start // (bar_s * NS_PER_S))
        needed_s = max(1, _end_s(timeframe, span.end) // bar_s - first + 1) * bar_s
    for step in _fitting(bar_s):
        if step.holds_s >= needed_s:
            return step.text
    days = _max_span_ns(timeframe) / NS_PER_DAY
    raise SkippableError(
        f"{span} is too long for one request of {show_timeframe(timeframe)} bars: {days:.3g} days at most"
    )


def _end_s(timeframe: str, end: int) -> int:
    """Up to when to ask (s): where the last bar that closes before an end closes, if that is known."""
    bar_s = seconds_of(timeframe)
    return (end - 1) // (bar_s * NS_PER_S) * bar_s if _is_on_grid(bar_s) else -((1 - end) // NS_PER_S)


def _is_on_grid(bar_s: int) -> bool:
    """Do bars close on full steps of UTC, whatever the exchange's zone?"""
    return 30 * _MINUTE % bar_s == 0


def _max_span_ns(timeframe: str) -> int:
    bar_s = seconds_of(timeframe)
    return (_longest(timeframe) - (0 if _is_on_grid(bar_s) else bar_s)) * NS_PER_S


def to_frame(answer: Answer, series: Series) -> pd.DataFrame:
    """Bars of the dataset in the order they came, stamped with their close; one that still forms is left out."""
    bars, closes = _dated(answer, series)
    is_taken = _is_priced(bars, series) & (closes <= answer.asked_at)
    bars, closes = bars[is_taken], closes[is_taken]
    if bars.empty:
        return BARS.empty()
    prices = {name: np.rint(bars[name].to_numpy() * PRICE_SCALE).astype("int64") for name in _PRICES}
    volume = bars["volume"].to_numpy()
    is_unknown = (volume == -1) | (volume > _UNSET)
    return pd.DataFrame(
        # Quotes have no volume, and an answer says -1.
        {"ts_event": closes, "ts_init": closes, **prices, "volume": np.where(is_unknown, np.nan, volume)}
    )


def without_price(answer: Answer, series: Series) -> pd.DataFrame:
    """Bars that can't be rows of the dataset: `ts_event`, `reason`, `row`."""
    bars, closes = _dated(answer, series)
    wrong = ~_is_priced(bars, series)
    rows = [json.dumps(dict(zip(Bar._fields, map(str, row), strict=True))) for row in bars[wrong].to_numpy(object)]
    return pd.DataFrame({"ts_event": closes[wrong], "reason": "no price, or one too large", "row": rows})


def _dated(answer: Answer, series: Series) -> tuple[pd.DataFrame, np.ndarray]:
    """An answer's bars, and when each closes."""
    bars = pd.DataFrame(answer.bars, columns=Bar._fields).astype(dict.fromkeys((*_PRICES, "volume"), "float64"))
    if bars.empty:
        return bars, np.array([], "int64")
    dating = _daily_closes if series.timeframe == DAILY else _intraday_closes
    stamps, places = np.unique(bars["stamp"].to_numpy("int64"), return_inverse=True)
    return bars, dating(stamps, answer.listing, series)[places]


def _is_priced(bars: pd.DataFrame, series: Series) -> np.ndarray:
    prices = bars[list(_PRICES)]
    told = prices.abs() * PRICE_SCALE < _MOST_TICKS
    # Where nobody bids an answer says -1; trades of a future have been that cheap.
    return (told if series.price_type == "LAST" else told & (prices != -1)).all(axis=1).to_numpy(bool)


def _daily_closes(stamps: np.ndarray, listing: Listing, series: Series) -> np.ndarray:
    days = [datetime.strptime(str(stamp), "%Y%m%d").date() for stamp in stamps]
    usual = np.array([listing.usual_close(day, series.session) for day in days], "int64")
    if series.session != "regular":
        return usual
    known = session_closes(listing.instrument_id, pd.DatetimeIndex(days))
    return np.where(known > 0, known, usual)


def _intraday_closes(stamps: np.ndarray, listing: Listing, series: Series) -> np.ndarray:
    """Ends of bars; those of hours end on the clock of the exchange, so 09:30 to 10:00 is a bar of one hour."""
    opens = stamps * NS_PER_S
    bar = timeframe_ns(series.timeframe)
    local = pd.DatetimeIndex(opens.view("M8[ns]")).tz_localize(UTC).tz_convert(listing.zone).tz_localize(None)
    closes = opens + bar - local.as_unit("ns").asi8 % bar
    # A session may end between two marks of the clock; no bar reaches into the next one.
    closes[:-1] = np.minimum(closes[:-1], opens[1:])
    if series.session == "regular" and listing.sec_type in _WITH_CALENDAR:
        ends = session_closes(listing.instrument_id, local.normalize())
        closes = np.where((ends > opens) & (ends < closes), ends, closes)
    return closes


def _fitting(bar_s: int) -> list[Step]:
    return [step for step in _STEPS if step.shortest_s <= bar_s <= step.longest_s]


def _longest(timeframe: str) -> int:
    return _fitting(seconds_of(timeframe))[-1].holds_s


def _to_now(series: Series, span: TimeRange) -> str:
    if series.timeframe == DAILY:
        return f"{-(-span.duration_ns // (365 * NS_PER_DAY))} Y"
    try:
        # Now is within a bar, so one more is needed.
        return duration(series.timeframe, TimeRange(span.start - timeframe_ns(series.timeframe), span.end))
    except SkippableError as error:
        raise SkippableError(
            f"{series} is given up to now only, and {error}: choose single contracts or longer bars"
        ) from None
