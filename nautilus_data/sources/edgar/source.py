"""Edgar: what companies file with the SEC, each with when it could be known; asked over HTTP."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from nautilus_data.core.dataset import COMPANIES, Dataset, Series, say_dataset
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.errors import FatalError, SkippableError
from nautilus_data.sources.base import Capability, Found, Source, SourceSpec
from nautilus_data.sources.edgar.companies import ENDING, instrument_of, ranked, resolved
from nautilus_data.transport import Access, Ledger, RateLimit, ask_in_thread

if TYPE_CHECKING:
    from nautilus_data.sources.edgar.registry import Answer, Registry
    from nautilus_data.sources.edgar.session import EdgarApi

_SERIES_ID = re.compile(r"CIK([0-9]{10})\.SEC")
_FAR = 2**62
_YEAR_NS = 365 * NS_PER_DAY
# Documents a large company, or a manager, has in a year: what is reckoned with before its filings are known.
_A_YEAR = {"insider_trades": 60, "holdings": 5}


def _capability(dataset: str, since: str) -> Capability:
    # What is filed after hours bears the next day, and may be listed a little later.
    return Capability(
        dataset=dataset, timeframes=("1-DAY",), price_types=("LAST",), history=TimeRange.of(since, _FAR),
        settles_ns=36 * 3600 * NS_PER_S,
    )  # fmt: skip


class Edgar(Source):
    """What became known of a company in a span: what it filed, what its XBRL says, insiders' trades, 13F holdings."""

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="edgar",
        title="SEC EDGAR",
        url="https://www.sec.gov/edgar",
        capabilities=(
            _capability("filings", "1993-01-01"),
            _capability("facts", "2009-01-01"),
            # Before, they are texts to be read by eye.
            _capability("insider_trades", "2003-05-05"),
            _capability("holdings", "2013-05-01"),
        ),
        # The SEC's own is 10 a second from one address, all its hosts together.
        limits=(RateLimit(5, 1),),
    )

    def __init__(
        self, access: Access | None = None, ledger: Ledger | None = None, clock: Callable[[], int] = time.time_ns
    ) -> None:
        super().__init__(access, ledger)
        self._clock = clock
        self._lock = Lock()
        self._made_api: EdgarApi | None = None
        self._made_registry: Registry | None = None

    def unavailable_reason(self) -> str:
        if self.access.user_agent:
            return ""
        return (
            'nobody to write to: set EDGAR_USER_AGENT to who asks, as in "name name@example.com"; the SEC wants no key'
        )

    def check(self, series: Series) -> None:
        super().check(series)
        found = _SERIES_ID.fullmatch(series.instrument_id)
        if not found or not found.group(1).strip("0"):
            raise SkippableError(
                f"no company of SEC EDGAR's: {series.instrument_id}; write its CIK in ten digits, as"
                f" {instrument_of('320193')}, which a search for its ticker or name finds"
            )

    def chunks(self, series: Series, span: TimeRange) -> Iterable[TimeRange]:
        """The whole at once; by calendar year of what is in a document for each filing."""
        if series.dataset not in _A_YEAR:
            return [span]
        edges = pd.date_range(pd.Timestamp(span.start), pd.Timestamp(span.end), freq="YS", normalize=True)
        inner = [ns for ns in edges.as_unit("ns").asi8.tolist() if span.start < ns < span.end]
        return [TimeRange(*pair) for pair in zip([span.start, *inner], [*inner, span.end], strict=True)]

    def cost(self, series: Series, span: TimeRange) -> int:
        """Requests: the list of filings, and of what is in documents one for each; so many are usual, until known."""
        if series.dataset not in _A_YEAR:
            return 1
        registry = self._made_registry
        known = registry.documents(series.dataset, _cik_of(series), span) if registry else None
        return 1 + (round(_A_YEAR[series.dataset] * span.duration_ns / _YEAR_NS) if known is None else known)

    async def extract(self, series: Series, span: TimeRange) -> Answer:
        self._demand_who_asks()
        self.check(series)
        now = self._clock()
        if span.start >= now:
            raise SkippableError(f"{self.spec.title} has nothing of {span}: it lies in the future")
        return await ask_in_thread(self._ask, series, span, now)

    def normalize(self, payload: Answer, series: Series) -> pd.DataFrame:
        return payload.frame()

    def refused(self, payload: Answer, series: Series) -> pd.DataFrame:
        frame = pd.DataFrame(payload.refused, columns=["ts_event", "reason", "row"])
        return frame.astype({"ts_event": "int64"})

    def described(self, payload: Answer, series: Series) -> dict[Dataset, pd.DataFrame]:
        company = payload.company()
        return {} if company is None else {COMPANIES: company}

    async def company_list(self) -> pd.DataFrame:
        """All companies with tickers: text columns cik (ten digits), ticker, name, exchange; one row a ticker."""
        self._demand_who_asks()
        return await ask_in_thread(lambda: self._registry.companies())

    async def resolve(self, text: str) -> str:
        """The id of the company a ticker, a CIK or a name means; SkippableError when it is of none, or of several."""
        return instrument_of(resolved(text, await self.company_list()))

    async def current(self, form: str = "", count: int = 100) -> pd.DataFrame:
        """The newest filings of all companies, the newest first; columns as `feed.COLUMNS`. `form` takes in its /A."""
        self._demand_who_asks()
        return await ask_in_thread(lambda: self._registry.current(form, count, self._clock()))

    async def full_text(
        self, text: str, forms: Iterable[str] = (), span: TimeRange | None = None, count: int = 100
    ) -> pd.DataFrame:
        """Documents of all companies filed since 2001 that have these words; columns as `fulltext.COLUMNS`.

        Words in quotation marks stand together. `span`: filed in it. `attrs["total"]` is how many there are.
        """
        self._demand_who_asks()
        if not text.strip():
            raise SkippableError(f"{self.spec.title} wants words to look for in what was filed: write some")
        params = {"q": text.strip(), "forms": ",".join(forms)}
        if span:
            first, last = (f"{pd.Timestamp(ns):%Y-%m-%d}" for ns in (span.start, max(span.start, span.end - 1)))
            params |= {"dateRange": "custom", "startdt": first, "enddt": last}
        return await ask_in_thread(lambda: self._registry.full_text(params, count, self._clock()))

    async def search(self, text: str, limit: int = 10) -> list[Found]:
        if not text.strip():
            return []
        hits = ranked(text, await self.company_list()).head(limit)
        return [
            Found(instrument_id=instrument_of(one.cik), symbol=one.ticker, name=one.name, kind="Company",
                  exchange=one.exchange)
            for one in hits.itertuples(index=False)
        ]  # fmt: skip

    def close(self) -> None:
        if self._made_api:
            self._made_api.close()
        super().close()

    def _demand_who_asks(self) -> None:
        if reason := self.unavailable_reason():
            raise FatalError(f"{self.spec.title}: {reason}")

    @property
    def _registry(self) -> Registry:
        with self._lock:
            if self._made_registry is None:
                # Most processes never ask: lxml, and the HTTP client.
                from nautilus_data.sources.edgar.registry import Registry

                # As above.
                from nautilus_data.sources.edgar.session import EdgarApi

                self._made_api = EdgarApi(self.access, self.meter)
                self._made_registry = Registry(self._made_api)
            return self._made_registry

    def _ask(self, series: Series, span: TimeRange, now: int) -> Answer:
        try:
            return self._registry.answer(series.dataset, _cik_of(series), span, now)
        except SkippableError as error:
            what = say_dataset(series.dataset)
            raise SkippableError(f"{series.instrument_id}: no {what} are had of it: {error}") from None


def _cik_of(series: Series) -> str:
    return series.instrument_id.removeprefix("CIK").removesuffix(ENDING)
