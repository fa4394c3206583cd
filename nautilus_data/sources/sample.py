"""Sample: real daily bars of four US stocks up to 2013, from the `bokeh-sampledata` package; no network."""

from __future__ import annotations

import asyncio
from datetime import time
from decimal import Decimal
from importlib.util import find_spec
from types import MappingProxyType
from typing import ClassVar

import exchange_calendars
import numpy as np
import pandas as pd

from nautilus_data.core.dataset import Series
from nautilus_data.core.instrument import PRICE_SCALE, Instrument
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.errors import FatalError, SkippableError
from nautilus_data.sources.base import Capability, Source, SourceSpec

_VENUES = MappingProxyType({"AAPL": "NASDAQ", "GOOG": "NASDAQ", "IBM": "NYSE", "MSFT": "NASDAQ"})
# NASDAQ and NYSE keep the same sessions, early closes included.
_CALENDAR = "XNYS"
_HISTORY = TimeRange.of("2000-03-01", "2013-03-02")
_ZONE = "America/New_York"


class Sample(Source):
    """Prices as traded; `total` scales each bar so that its close is the package's dividend- and split-adjusted one.

    Volume is as traded in both: the package does not tell splits from dividends.
    """

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="sample",
        title="Sample data",
        url="https://docs.bokeh.org/en/latest/docs/reference/sampledata.html",
        capabilities=(
            Capability(
                dataset="bars",
                timeframes=("1-DAY",),
                adjustments=("raw", "total"),
                price_types=("LAST",),
                max_span_ns=366 * NS_PER_DAY,
                history=_HISTORY,
            ),
        ),
    )

    def unavailable_reason(self) -> str:
        if find_spec("bokeh_sampledata") is None:
            return "the package bokeh-sampledata is not installed: pip install bokeh-sampledata"
        return ""

    def instruments(self) -> list[Instrument]:
        return [
            # Adjusted prices don't fall on the cent, so ticks are finer than the exchange's.
            Instrument(
                instrument_id=f"{symbol}.{venue}",
                raw_symbol=symbol,
                price_precision=4,
                price_increment=Decimal("0.0001"),
            )
            for symbol, venue in _VENUES.items()
        ]

    async def extract(self, series: Series, span: TimeRange) -> pd.DataFrame:
        symbol, _, venue = series.instrument_id.rpartition(".")
        if _VENUES.get(symbol) != venue:
            known = ", ".join(f"{name}.{place}" for name, place in _VENUES.items())
            raise SkippableError(f"{self.spec.title} has no {series.instrument_id}; it has {known}")
        if reason := self.unavailable_reason():
            raise FatalError(reason)
        rows = await asyncio.to_thread(_load)
        days = pd.to_datetime(rows["date"])
        first, last = (pd.Timestamp(ns) for ns in (span.start - NS_PER_DAY, span.end + NS_PER_DAY))
        return rows[(rows["ticker"] == symbol) & (days >= first) & (days < last)]

    def normalize(self, payload: pd.DataFrame, series: Series) -> pd.DataFrame:
        scale = 1.0
        if series.adjustment == "total":
            scale = (payload["adj_close"] / payload["close"]).to_numpy()
        prices = {name: _ticks(payload[name].to_numpy() * scale) for name in ("open", "high", "low", "close")}
        closes = _session_closes(pd.DatetimeIndex(payload["date"]))
        volume = payload["volume"].to_numpy("float64")
        return pd.DataFrame({"ts_event": closes, "ts_init": closes, **prices, "volume": volume})


def _load() -> pd.DataFrame:
    from bokeh_sampledata import stocks  # optional package: bokeh-sampledata

    return stocks.data


def _ticks(prices: np.ndarray) -> np.ndarray:
    return np.rint(prices * PRICE_SCALE).astype("int64")


def _session_closes(days: pd.DatetimeIndex) -> np.ndarray:
    """Close of each day's session (ns), early closes included; 16:00 New York on a day the calendar lacks."""
    if days.empty:
        return np.array([], "int64")
    usual = (days.normalize() + pd.Timedelta(hours=time(16).hour)).tz_localize(_ZONE).tz_convert("UTC")
    calendar = exchange_calendars.get_calendar(_CALENDAR, start="2000-01-01", end="2013-12-31")
    places = calendar.closes.index.get_indexer(days.normalize())
    closes = calendar.closes.array.as_unit("ns").asi8
    return np.where(places >= 0, closes[places], usual.as_unit("ns").asi8)
