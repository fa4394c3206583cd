"""Offer: which series a plan has, and which calls answer for one."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

import pandas as pd

from nautilus_data.core.dataset import Series, show_timeframe
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.sources.alpha_vantage import actions, facts, news
from nautilus_data.sources.alpha_vantage.call import FREE_DAILY, Call, priority_of
from nautilus_data.sources.alpha_vantage.indicators import INTERVALS
from nautilus_data.sources.alpha_vantage.lines import LINES
from nautilus_data.sources.alpha_vantage.symbols import Asset, Kind
from nautilus_data.sources.base import Capability, SourceSpec
from nautilus_data.transport import RateLimit

_HOUR_S, _DAY_S, _WEEK_S = 3_600.0, 86_400.0, 7 * 86_400.0
# 100 sessions reach back so far, and some days more that a plan may have waited.
_COMPACT_NS = 130 * NS_PER_DAY
_REACH_NS = 134 * NS_PER_DAY
_FAR = 2**62
_EVER = TimeRange.of("1900-01-01", _FAR)
_NEWS = TimeRange.of("2022-03-01", _FAR)
INTRADAY = ("1-MINUTE", "5-MINUTE", "15-MINUTE", "30-MINUTE", "1-HOUR")
_LONGER = MappingProxyType({"1-WEEK": "WEEKLY", "1-MONTH": "MONTHLY"})
_STEPS = MappingProxyType({"1-DAY": "DAILY", **_LONGER})
# How old an answer may be that is used again; what is younger than that, and some hours, settles.
_AGES = MappingProxyType(
    {"bars": 6 * _HOUR_S, "facts": _WEEK_S, "observations": _DAY_S, "corporate_actions": _DAY_S, "news": _HOUR_S / 4}
)


def offered(daily: int) -> SourceSpec:
    """What a plan of so many requests a day has; above the free one's it is a paid one."""
    is_paid = daily > FREE_DAILY
    one_price, raw = ("LAST",), ("raw",)
    deep = None if is_paid else _COMPACT_NS
    daily_kinds = ("raw", "total") if is_paid else raw
    capabilities = (
        Capability(
            dataset="bars", timeframes=("1-DAY",), adjustments=daily_kinds, price_types=one_price, depth_ns=deep,
            settles_ns=_settles("bars"),
        ),
        Capability(
            dataset="bars", timeframes=tuple(_LONGER), adjustments=("raw", "total"), price_types=one_price,
            settles_ns=_settles("bars"),
        ),
        Capability(dataset="bars", timeframes=INTRADAY, price_types=one_price, settles_ns=_settles("bars")),
        Capability(
            dataset="corporate_actions", timeframes=("1-DAY",), price_types=one_price,
            settles_ns=_settles("corporate_actions"),
        ),
        Capability(
            dataset="facts", timeframes=("1-DAY",), price_types=one_price, history=_EVER, settles_ns=_settles("facts")
        ),
        Capability(
            dataset="news", timeframes=("1-DAY",), price_types=one_price, history=_NEWS, settles_ns=_settles("news"),
            max_span_ns=365 * NS_PER_DAY,
        ),
        Capability(
            dataset="observations", timeframes=("1-DAY",), price_types=one_price, history=_EVER,
            settles_ns=_settles("observations"),
        ),
    )  # fmt: skip
    return SourceSpec(
        name="alpha_vantage", title="Alpha Vantage", url="https://www.alphavantage.co", capabilities=capabilities,
        limits=(RateLimit(1, 1.5), RateLimit(daily, _DAY_S)),
    )  # fmt: skip


def refusal_of(series: Series, asset: Asset, is_paid: bool) -> str:
    """Why there is no such series of an instrument; '' when there may be."""
    is_intraday = series.timeframe in INTRADAY
    if series.dataset == "bars" and asset.kind is not Kind.STOCK:
        if is_intraday or series.adjustment != "raw":
            return f"of a {asset.kind} it has raw bars of days, weeks and months"
    elif series.dataset in ("facts", "corporate_actions") and asset.kind is not Kind.STOCK:
        return f"a {asset.kind} has no {series.dataset.replace('_', ' ')}"
    if series.dataset == "bars" and is_intraday and not is_paid:
        step = show_timeframe(series.timeframe)
        return f"{step} bars are not in the free plan; with another one set ALPHA_VANTAGE_DAILY to its requests a day"
    return ""


def calls_of(series: Series, span: TimeRange, asset: Asset | None, now: int, is_paid: bool) -> list[Call]:
    """The calls whose answers together are about a span; `asset` is None of a macro line."""
    if asset is None:
        line = LINES[series.instrument_id]
        return [_call(series, line.function, dict(line.params))]
    if series.dataset == "facts":
        return [_call(series, function, asset.params) for function in facts.FUNCTIONS]
    if series.dataset == "corporate_actions":
        return [_call(series, function, asset.params) for function in actions.FUNCTIONS]
    if series.dataset == "news":
        asked = {"time_from": news.say_time(span.start), "time_to": news.say_time(span.end + 60 * NS_PER_S)}
        more = {"sort": "EARLIEST", "limit": str(news.MOST)}
        return [_call(series, "NEWS_SENTIMENT", {"tickers": asset.news_ticker, **asked, **more})]
    return [_bars_call(series, span, asset, now, is_paid)]


def months_of(span: TimeRange) -> Iterator[TimeRange]:
    """A span in pieces that lie in one month of UTC each."""
    start = span.start
    while start < span.end:
        following = (pd.Timestamp(start).to_period("M") + 1).to_timestamp().as_unit("ns").value
        yield TimeRange(start, min(following, span.end))
        start = following


def _bars_call(series: Series, span: TimeRange, asset: Asset, now: int, is_paid: bool) -> Call:
    if asset.kind is Kind.PAIR:
        size = {"outputsize": "full"} if series.timeframe == "1-DAY" else {}
        return _call(series, f"FX_{_STEPS[series.timeframe]}", {**asset.params, **size})
    if asset.kind is Kind.COIN:
        return _call(series, f"DIGITAL_CURRENCY_{_STEPS[series.timeframe]}", asset.params)
    if series.timeframe in INTRADAY:
        # New York's sessions begin and end on one day of UTC.
        month = f"{pd.Timestamp(max(span.start, 0)):%Y-%m}"
        asked = {"interval": INTERVALS[series.timeframe], "month": month, "outputsize": "full"}
        as_traded = {"adjusted": "false", "extended_hours": "false"}
        return _call(series, "TIME_SERIES_INTRADAY", {**asset.params, **asked, **as_traded})
    function = f"TIME_SERIES_{_STEPS[series.timeframe]}" + ("_ADJUSTED" if series.adjustment == "total" else "")
    if series.timeframe != "1-DAY":
        return _call(series, function, asset.params)
    is_far = is_paid and span.start < now - _REACH_NS
    return _call(series, function, {**asset.params, "outputsize": "full" if is_far else "compact"})


def _call(series: Series, function: str, params: dict[str, str]) -> Call:
    return Call(
        function=function, params=MappingProxyType(params), priority=priority_of(series), age_s=_AGES[series.dataset]
    )


def _settles(dataset: str) -> int:
    return int((_AGES[dataset] + 6 * _HOUR_S) * NS_PER_S)
