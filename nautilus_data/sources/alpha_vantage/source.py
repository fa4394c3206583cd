"""Alpha Vantage: bars, corporate actions, statements, earnings, news, macro lines; 25 requests a day for nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from nautilus_data.core.dataset import OBSERVED_SERIES, Dataset, Series
from nautilus_data.core.instrument import Instrument
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.errors import FatalError, RetryableError, SkippableError
from nautilus_data.sources.alpha_vantage import actions, facts, indicators, news, observations, quotes, symbols
from nautilus_data.sources.alpha_vantage.bars import Rows, bars
from nautilus_data.sources.alpha_vantage.call import FREE_DAILY, Call, Said, priority_of
from nautilus_data.sources.alpha_vantage.cells import refused_frame
from nautilus_data.sources.alpha_vantage.document import KEY_PAGE
from nautilus_data.sources.alpha_vantage.lines import LINES
from nautilus_data.sources.alpha_vantage.offer import calls_of, months_of, offered, refusal_of
from nautilus_data.sources.alpha_vantage.turns import Turn, Wanted, turns
from nautilus_data.sources.base import Found, LatestPrice, Source, SourceSpec
from nautilus_data.transport import Access, Ledger, ask_in_thread

if TYPE_CHECKING:
    from nautilus_data.sources.alpha_vantage.session import AlphaVantageApi

# Of more news in one span the rest is not asked for: split it.
_MOST_PAGES = 20
_WEEK_S, _DAY_S = 7 * 86_400.0, 86_400.0
_MINUTE_NS = 60 * NS_PER_S
# An answer of so many bars may have left out earlier ones; so long nobody may trade.
_MOST_COMPACT, _HOLIDAYS_NS = 98, 5 * NS_PER_DAY
_DEMO = "demo"
# From the plan of a request that reaches up to now until it is asked.
_NOW_NS = 3_600 * NS_PER_S


@dataclass(frozen=True, kw_only=True)
class Payload:
    """What the calls about a series were answered."""

    series: Series
    span: TimeRange
    said: tuple[Said, ...]


class AlphaVantage(Source):
    """What its plan allows: bars raw and, of weeks and months, total; FACTS with how each became known."""

    spec: ClassVar[SourceSpec] = offered(FREE_DAILY)

    def __init__(
        self, access: Access | None = None, ledger: Ledger | None = None, clock: Callable[[], int] = time.time_ns
    ) -> None:
        super().__init__(access, ledger)
        self._clock = clock
        self._daily = self.access.daily or FREE_DAILY
        self.spec = offered(self._daily)
        self._lock = Lock()
        self._made_api: AlphaVantageApi | None = None
        # Of answers that may be used again: when each was given, and since when what it tells of now counts as known.
        self._seen: dict[tuple[str, ...], tuple[int, int]] = {}
        # Rows and refusals of an answer are asked for one after the other.
        self._read: tuple[Payload | None, Series | None, tuple[pd.DataFrame, list] | None] = (None, None, None)

    @property
    def is_paid(self) -> bool:
        return self._daily > FREE_DAILY

    def unavailable_reason(self) -> str:
        if not self.access.api_key:
            return f"no key: set ALPHA_VANTAGE_API_KEY; a free one is made at {KEY_PAGE}"
        if self.access.api_key.lower() == _DEMO:
            return f"the demo key answers a few examples alone: set ALPHA_VANTAGE_API_KEY to one made at {KEY_PAGE}"
        return ""

    def interruption(self) -> str:
        """Its quota's pauses last hours: each request says until when, so that its job waits and nobody with it."""
        return self.told()

    def instruments(self) -> list[Instrument]:
        return symbols.known_instruments()

    def lines(self) -> dict[str, str]:
        return {line.instrument_id: line.title for line in LINES.values()}

    def check(self, series: Series) -> None:
        super().check(series)
        if series.dataset == "observations":
            if series.instrument_id not in LINES:
                raise SkippableError(f"{self.spec.title} has no line {series.instrument_id}; it has {', '.join(LINES)}")
            return
        if reason := refusal_of(series, self.asset(series.instrument_id), self.is_paid):
            raise SkippableError(f"{self.spec.title} has no such series: {reason}")

    def asset(self, instrument_id: str) -> symbols.Asset:
        return symbols.asset_of(instrument_id, self.aliases.get(instrument_id, ""))

    def chunks(self, series: Series, span: TimeRange) -> Iterable[TimeRange]:
        """Intraday bars come by the month."""
        if series.dataset == "bars" and series.timeframe.endswith(("MINUTE", "HOUR")):
            return months_of(span)
        return super().chunks(series, span)

    def cost(self, series: Series, span: TimeRange) -> int:
        return len(self._calls(series, span))

    def planned(self, wanted: Iterable[Series]) -> list[Turn]:
        """What today's requests buy of these, the most urgent first, and when the rest has its turn; asks nobody."""
        now = self._clock()
        asked = self.meter.ledger.recent(self.spec.name, max(limit.per_s for limit in self.spec.limits))
        orders = [
            Wanted(series=series, calls=self.cost(series, TimeRange(now - 1, now)), priority=priority_of(series))
            for series in wanted
        ]
        return turns(orders, asked, self.spec.limits, self._daily, now)

    async def extract(self, series: Series, span: TimeRange) -> Payload:
        self._check_can_ask()
        self.check(series)
        if span.start >= self._clock():
            raise SkippableError(f"{self.spec.title} has nothing of {span}: it lies in the future")
        return await ask_in_thread(self._ask, series, span)

    def normalize(self, payload: Payload, series: Series) -> pd.DataFrame:
        return self._rows(payload, series)[0].copy()

    def refused(self, payload: Payload, series: Series) -> pd.DataFrame:
        return refused_frame(self._rows(payload, series)[1])

    def described(self, payload: Payload, series: Series) -> dict[Dataset, pd.DataFrame]:
        if series.dataset != "observations":
            return {}
        line, frame = LINES[series.instrument_id], self._rows(payload, series)[0]
        return {OBSERVED_SERIES: observations.described(payload.said[0], line, self.spec.name, frame)}

    async def latest(self, instrument_ids: Iterable[str]) -> list[LatestPrice]:
        """One request each: a person's, for which some of the day's are kept."""
        self._check_can_ask()
        found = []
        for instrument_id in instrument_ids:
            asset = self.asset(instrument_id)
            is_stock = asset.kind is symbols.Kind.STOCK
            function = "GLOBAL_QUOTE" if is_stock else "CURRENCY_EXCHANGE_RATE"
            params = asset.params if is_stock else {"from_currency": asset.symbol, "to_currency": asset.quote}
            said = await self._one(Call(function=function, params=MappingProxyType(params)))
            read = quotes.latest_price if is_stock else quotes.latest_rate
            with reading():
                found.append(await asyncio.to_thread(read, said, instrument_id))
        return found

    async def search(self, text: str, limit: int = 10) -> list[Found]:
        """One request, and one a week for the exchanges of US symbols, which a search doesn't tell."""
        self._check_can_ask()
        if not text.strip():
            return []
        params = MappingProxyType({"keywords": text.strip()})
        said = await self._one(Call(function="SYMBOL_SEARCH", params=params, age_s=_DAY_S))
        try:
            listed = await self._one(Call(function="LISTING_STATUS", age_s=_WEEK_S))
            exchanges = await asyncio.to_thread(quotes.exchanges_in, listed)
        except (RetryableError, SkippableError):
            # Found all the same; where it is listed is not known today.
            exchanges = {}
        with reading():
            return quotes.hits(said, exchanges, limit)

    async def indicator(
        self, instrument_id: str, name: str, timeframe: str = "1-DAY", **params: object
    ) -> pd.DataFrame:
        """An indicator as Alpha Vantage computes it: `ts_event` and a column of each of its lines (SMA, RSI, BBANDS…).

        Parameters go as they are named there: `time_period`, `series_type`, `nbdevup`. One request, a person's.
        """
        self._check_can_ask()
        asset = self.asset(instrument_id)
        symbol = asset.symbol + asset.quote
        said = await self._one(indicators.call_of(name.upper(), symbol, timeframe, params))
        with reading():
            return await asyncio.to_thread(indicators.indicator_frame, said, instrument_id)

    def close(self) -> None:
        if self._made_api:
            self._made_api.close()
        super().close()

    @property
    def _api(self) -> AlphaVantageApi:
        with self._lock:
            if self._made_api is None:
                # Most processes never ask: the HTTP client.
                from nautilus_data.sources.alpha_vantage.session import AlphaVantageApi

                self._made_api = AlphaVantageApi(self.access, self.meter, self._clock, self._daily)
            return self._made_api

    def _check_can_ask(self) -> None:
        if reason := self.unavailable_reason():
            raise FatalError(f"{self.spec.title}: {reason}")

    async def _one(self, call: Call) -> Said:
        return await ask_in_thread(self._api.fetch, call)

    def _calls(self, series: Series, span: TimeRange) -> list[Call]:
        asset = None if series.dataset == "observations" else self.asset(series.instrument_id)
        return calls_of(series, span, asset, self._clock(), self.is_paid)

    def _ask(self, series: Series, span: TimeRange) -> Payload:
        said: list[Said] = []
        problems: list[SkippableError] = []
        calls = self._calls(series, span)
        if series.dataset == "news":
            return Payload(series=series, span=span, said=tuple(self._pages(calls[0], span)))
        for call in calls:
            try:
                said.append(self._api.fetch(call))
            except SkippableError as error:
                # A fund has an overview and no statements.
                problems.append(error)
        if not said:
            raise SkippableError(f"{series.instrument_id}: {problems[0]}") from None
        payload = Payload(series=series, span=span, said=tuple(self._dated(one, span) for one in said))
        self._check_depth(payload)
        return payload

    def _dated(self, said: Said, span: TimeRange) -> Said:
        """When an answer was had; now is the end of a span that has hardly ended. Used again it stays what it was."""
        key = (said.call.function, *said.call.params.values())
        before, seen_at = self._seen.get(key, (0, 0))
        if before != said.said_at:
            seen_at = span.end - 1 if 0 <= said.said_at - span.end <= _NOW_NS else said.said_at
            self._seen[key] = said.said_at, seen_at
        return replace(said, seen_at=seen_at)

    def _pages(self, call: Call, span: TimeRange) -> Iterator[Said]:
        """Answers with news, each from where the one before ended."""
        params = dict(call.params)
        for _ in range(_MOST_PAGES):
            said = self._api.fetch(replace(call, params=MappingProxyType(dict(params))))
            yield said
            times = news.times_in(said)
            if len(times) < news.MOST or max(times) >= span.end:
                return
            # By the minute: more than one answer's worth in a single one is not had.
            later = max(max(times) // _MINUTE_NS * _MINUTE_NS, min(times) // _MINUTE_NS * _MINUTE_NS + _MINUTE_NS)
            params["time_from"] = news.say_time(later)
        raise SkippableError(f"more than {_MOST_PAGES * news.MOST} articles in {span}: ask for a shorter span")

    def _check_depth(self, payload: Payload) -> None:
        """An answer of the last 100 days must not pass for one about earlier ones."""
        call = payload.said[0].call
        if call.params.get("outputsize") != "compact":
            return
        frame = self._rows(payload, payload.series)[0]
        if len(frame) >= _MOST_COMPACT and int(frame["ts_event"].iloc[0]) > payload.span.start + _HOLIDAYS_NS:
            raise SkippableError(
                f"{payload.series.instrument_id}: a compact answer has the last 100 days alone, and {payload.span}"
                " begins before: ask for a later span, or for weekly or monthly bars"
            )

    def _rows(self, payload: Payload, series: Series) -> tuple[pd.DataFrame, list]:
        read_payload, read_series, rows = self._read
        if payload is not read_payload or series != read_series or rows is None:
            with reading():
                rows = self._read_rows(payload, series)
            self._read = (payload, series, rows)
        return rows

    def _read_rows(self, payload: Payload, series: Series) -> tuple[pd.DataFrame, list]:
        if series.dataset == "observations":
            return observations.observations(payload.said[0], LINES[series.instrument_id])
        if series.dataset == "facts":
            return facts.facts(payload.said)
        if series.dataset == "news":
            return news.news(payload.said, self.asset(series.instrument_id).news_ticker)
        if series.dataset == "corporate_actions":
            return actions.corporate_actions(payload.said)
        found: Rows = bars(payload.said[0].body, series, payload.said[0].said_at)
        return found.bars, found.refused


@contextmanager
def reading() -> Iterator[None]:
    """Values of another kind than its documents have: RetryableError, as for a document that was cut short."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise RetryableError(f"Alpha Vantage: the answer can't be read: {type(error).__name__}: {error}") from error
