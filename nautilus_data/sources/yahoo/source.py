"""Yahoo Finance: daily and intraday bars, splits and dividends, latest prices, search; asked by yfinance."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from importlib.util import find_spec
from threading import Lock
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import Series, show_timeframe, timeframe_ns
from nautilus_data.core.instrument import Instrument
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.errors import FatalError, RetryableError, SkippableError
from nautilus_data.sources.base import Capability, Found, LatestPrice, Source, SourceSpec
from nautilus_data.sources.yahoo import symbols
from nautilus_data.sources.yahoo.actions import corporate_actions
from nautilus_data.sources.yahoo.chart import Chart, Rows, bars, quoted
from nautilus_data.sources.yahoo.joined import joined
from nautilus_data.transport import Access, Ledger, RateLimit, ask_in_thread

_MINUTE, _HOUR = 60 * NS_PER_S, 3600 * NS_PER_S
# Some exchanges' prices come 20 minutes late; a day of FX ends in London up to 3 hours after its close in New York.
_SETTLES, _SETTLES_DAY = 30 * _MINUTE, 4 * _HOUR
# The bars before a span's first one are asked for too, and all of it some time after it was planned.
_EDGE, _MARGIN = 2 * _HOUR, _MINUTE
_FOUR_HOURS = "4-HOUR"
_EVENTS = "div,splits,capitalGains"
_MOST_SYMBOLS = 50
# What NautilusTrader has no class of its own for.
_KINDS = MappingProxyType({"ETF": "ETF", "MUTUALFUND": "fund", "CRYPTOCURRENCY": "crypto"})


def _depth_ns(days: int) -> int:
    return days * NS_PER_DAY - _MARGIN


def _bars(timeframes: tuple[str, ...], depth_days: int | None, max_days: int | None, *more: str) -> Capability:
    return Capability(
        dataset="bars",
        timeframes=timeframes,
        adjustments=("raw", "split", *more),
        price_types=("LAST",),
        max_span_ns=max_days and max_days * NS_PER_DAY,
        depth_ns=depth_days and _depth_ns(depth_days) - _EDGE,
        settles_ns=_SETTLES_DAY if depth_days is None else _SETTLES,
    )


class Yahoo(Source):
    """What Yahoo has; prices `raw`, `split` and, daily only, `total` (for dividends too) are series apart."""

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="yahoo",
        title="Yahoo Finance",
        url="https://finance.yahoo.com",
        capabilities=(
            _bars(("1-DAY",), None, None, "total"),
            _bars(("1-MINUTE",), 8, 7),
            _bars(("5-MINUTE", "15-MINUTE"), 60, None),
            _bars(("1-HOUR",), 730, None),
            # A day less: the hours before its first bar are asked for as well.
            _bars((_FOUR_HOURS,), 729, None),
            Capability(dataset="corporate_actions", timeframes=("1-DAY",), adjustments=("raw", "split")),
        ),
        # Unpublished; what clients report as going well.
        limits=(RateLimit(5, 5), RateLimit(300, 3600)),
    )

    def __init__(
        self, access: Access | None = None, ledger: Ledger | None = None, clock: Callable[[], int] = time.time_ns
    ) -> None:
        super().__init__(access, ledger)
        self._clock = clock
        self._api_lock = Lock()
        self._made_api: Any = None
        # Rows and refusals of an answer are asked for one after the other.
        self._read: tuple[Any, Series | None, Rows | None] = (None, None, None)

    def unavailable_reason(self) -> str:
        missing = [name for name in ("yfinance", "curl_cffi") if find_spec(name) is None]
        return f"not installed: {', '.join(missing)}; pip install {' '.join(missing)}" if missing else ""

    def instruments(self) -> list[Instrument]:
        return symbols.known_instruments()

    def check(self, series: Series) -> None:
        super().check(series)
        self.symbol(series.instrument_id)

    def cost(self, series: Series, span: TimeRange) -> int:
        return 2 if self._needs_splits(series, span) else 1

    def symbol(self, instrument_id: str) -> str:
        """Yahoo's symbol: the alias given for it, or the one its name makes."""
        return self.aliases.get(instrument_id) or symbols.symbol_of(instrument_id)

    async def extract(self, series: Series, span: TimeRange) -> dict[str, Any]:
        if reason := self.unavailable_reason():
            raise FatalError(f"{self.spec.title}: {reason}")
        self.check(series)
        capability, now = self.spec.capability(series), self._clock()
        if span.start >= now:
            raise SkippableError(f"{self.spec.title} has nothing of {span}: it lies in the future")
        known = capability.known(now)
        if known and span.end <= known.start:
            step, first = show_timeframe(series.timeframe), pd.Timestamp(known.start, tz="UTC").floor("min")
            raise SkippableError(f"{self.spec.title} has {step} bars only since {first:%Y-%m-%d %H:%M} UTC")
        return await ask_in_thread(self._ask, series, span, now)

    def normalize(self, payload: dict[str, Any], series: Series) -> pd.DataFrame:
        with _reading():
            if series.dataset == "corporate_actions":
                return corporate_actions(payload, series.adjustment)
            return self._rows(payload, series).bars.copy()

    def refused(self, payload: dict[str, Any], series: Series) -> pd.DataFrame:
        if series.dataset == "corporate_actions":
            return super().refused(payload, series)
        return self._rows(payload, series).refused

    async def latest(self, instrument_ids: Iterable[str]) -> list[LatestPrice]:
        by_symbol = {self.symbol(instrument_id): instrument_id for instrument_id in instrument_ids}
        names, found = list(by_symbol), []
        for first in range(0, len(names), _MOST_SYMBOLS):
            params = {"symbols": ",".join(names[first : first + _MOST_SYMBOLS])}
            document = await ask_in_thread(self._fetch, "/v7/finance/quote", params)
            with _reading():
                rows = document["quoteResponse"]["result"] or ()
                found += [_latest(row, by_symbol[row["symbol"]]) for row in rows if row.get("symbol") in by_symbol]
        return [price for price in found if price]

    async def search(self, text: str, limit: int = 10) -> list[Found]:
        params = {"q": text, "quotesCount": limit, "newsCount": 0, "listsCount": 0, "enableFuzzyQuery": "false"}
        document = await ask_in_thread(self._fetch, "/v1/finance/search", params)
        with _reading():
            return [found for row in document.get("quotes") or () if (found := _found(row))][:limit]

    def close(self) -> None:
        if self._made_api:
            self._made_api.close()
        super().close()

    @property
    def _api(self) -> Any:
        with self._api_lock:
            if self._made_api is None:
                # A second to import, and most processes never ask: yfinance, curl_cffi.
                from nautilus_data.sources.yahoo.session import YahooApi

                self._made_api = YahooApi(self.access, self.meter)
            return self._made_api

    def _ask(self, series: Series, span: TimeRange, now: int) -> dict[str, Any]:
        symbol = self.symbol(series.instrument_id)
        try:
            if series.dataset == "corporate_actions":
                return self._chart(symbol, _everything())
            request = _request(series, span, now, self._oldest(series, now))
            payload = {**self._chart(symbol, request), "asked_at": now, "asked_from": request["period1"] * NS_PER_S}
            actions = self._later_actions(symbol, span, now) if self._needs_splits(series, span) else None
        except SkippableError as error:
            raise SkippableError(f"{series.instrument_id} ({symbol}): {error}") from None
        if actions:
            payload["actions"] = actions
        with _reading():
            self._check(series, span, Chart.of(payload), Chart.of(actions) if actions else None)
        return payload

    def _fetch(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return self._api.fetch(path, params)

    def _chart(self, symbol: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return self._fetch(f"/v8/finance/chart/{symbol}", {**params, "events": _EVENTS, "includePrePost": "false"})

    def _later_actions(self, symbol: str, span: TimeRange, now: int) -> dict[str, Any]:
        """All splits since the span; by the day where Yahoo has no quarters of the symbol."""
        try:
            return self._chart(symbol, _everything())
        except SkippableError:
            times = {"period1": span.start // NS_PER_S, "period2": now // NS_PER_S + 1}
            return self._chart(symbol, {**times, "interval": "1d"})

    def _needs_splits(self, series: Series, span: TimeRange) -> bool:
        """An answer that reaches up to now has all the splits that came after its bars."""
        return series.dataset == "bars" and series.adjustment == "raw" and span.end < self._clock()

    def _oldest(self, series: Series, now: int) -> int:
        """What Yahoo would refuse the whole request for is not asked, when a plan has waited."""
        depth_ns = self.spec.capability(series).depth_ns
        # Of hours for a longer bar one day more is there than is offered.
        more = NS_PER_DAY if series.timeframe == _FOUR_HOURS else 0
        return now - depth_ns - _EDGE - more if depth_ns else 0

    def _check(self, series: Series, span: TimeRange, chart: Chart, actions: Chart | None) -> None:
        """Is the answer about what was asked for?"""
        if problem := symbols.venue_problem(series.instrument_id, chart.meta.get("exchangeName") or ""):
            raise SkippableError(f"{self.spec.title} has no {series.instrument_id}: {problem}")
        first = max(one.first_traded_ns for one in (chart, actions or chart))
        if first >= span.end and not chart.starts:
            day = pd.Timestamp(first, tz="UTC").date()
            raise SkippableError(f"{series.instrument_id} was first traded on {day}, after the span asked for")

    def _rows(self, payload: dict[str, Any], series: Series) -> Rows:
        read_payload, read_series, rows = self._read
        if payload is not read_payload or series != read_series:
            rows = self._read_rows(payload, series)
            self._read = (payload, series, rows)
        return rows

    def _read_rows(self, payload: dict[str, Any], series: Series) -> Rows:
        chart = Chart.of(payload.get("actions") or payload)
        capability = self.spec.capability(series)
        final_before = payload.get("asked_at", self._clock()) - capability.settles_ns
        hourly = Series(**{**series.__dict__, "timeframe": "1-HOUR"}) if series.timeframe == _FOUR_HOURS else series
        found = bars(payload, hourly, chart.splits(), final_before)
        if series.timeframe != _FOUR_HOURS:
            return found
        return joined(found, series, final_before, payload.get("asked_from", 0))


@contextmanager
def _reading() -> Iterator[None]:
    """Values of another kind than Yahoo's documents have: RetryableError, as for a document that was cut short."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise RetryableError(f"Yahoo Finance: the answer can't be read: {type(error).__name__}: {error}") from error


def _everything() -> dict[str, str]:
    """All events of an instrument: coarse bars bring them as fine ones do."""
    return {"range": "max", "interval": "3mo"}


def _request(series: Series, span: TimeRange, now: int, oldest: int) -> dict[str, Any]:
    """Yahoo's bars are asked for by their start, ours by their close."""
    step = timeframe_ns(series.timeframe)
    # A day has 25 hours when clocks go back.
    lead = NS_PER_DAY + _HOUR if step == NS_PER_DAY else NS_PER_DAY if series.timeframe == _FOUR_HOURS else step
    interval = "1h" if series.timeframe == _FOUR_HOURS else show_timeframe(series.timeframe)
    start = -(-max(span.start - lead, oldest, 0) // NS_PER_S)
    return {"period1": start, "period2": min(span.end, now) // NS_PER_S + 1, "interval": interval}


def _latest(row: Mapping[str, Any], instrument_id: str) -> LatestPrice | None:
    if not row.get("regularMarketPrice"):
        return None
    return LatestPrice(
        instrument_id=instrument_id,
        price=_decimal(row["regularMarketPrice"]),
        bid=_decimal(row.get("bid")),
        ask=_decimal(row.get("ask")),
        currency=row.get("currency") or "",
        ts_event=int(row.get("regularMarketTime") or 0) * NS_PER_S,
        delay_s=60 * int(row.get("exchangeDataDelayedBy") or 0),
        session=row.get("marketState") or "",
    )


def _decimal(number: float | None) -> Decimal | None:
    """None for what is missing; Yahoo says 0 where nobody bids."""
    return Decimal(str(quoted(np.array([float(number)]))[0])) if number else None


def _found(row: Mapping[str, Any]) -> Found | None:
    symbol, exchange, kind = (str(row.get(name) or "") for name in ("symbol", "exchange", "quoteType"))
    instrument_id = symbols.instrument_id_of(symbol, exchange, kind)
    if not instrument_id:
        return None
    return Found(
        instrument_id=instrument_id,
        symbol=symbol,
        name=" ".join(str(row.get("longname") or row.get("shortname") or symbol).split()),
        kind=_KINDS.get(kind) or symbols.type_of(kind),
        exchange=row.get("exchDisp") or exchange,
    )
