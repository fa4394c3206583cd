"""FRED: economic series with every vintage there is, and the days they are released on; asked through fredapi."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from nautilus_data.core.dataset import OBSERVED_SERIES, Dataset, Series
from nautilus_data.core.macro_series import MACRO_SERIES, NAMESPACE, observations_of, series_id_of, substitute
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.errors import FatalError, SkippableError
from nautilus_data.sources.base import Capability, Found, Source, SourceSpec
from nautilus_data.sources.fred.refusal import KEY_PAGE
from nautilus_data.sources.fred.releases import Calendar
from nautilus_data.sources.fred.rows import Answer
from nautilus_data.transport import Access, Ledger, RateLimit, ask_in_thread

if TYPE_CHECKING:
    from nautilus_data.sources.fred.archive import Archive
    from nautilus_data.sources.fred.session import FredApi

HISTORY = TimeRange.of("1700-01-01", 2**62)
_SERIES_ID, _RELEASE_ID = re.compile(r"[A-Z0-9_.]{1,25}"), re.compile(r"[0-9]{1,6}")
# Fewer days than the vintages of one answer.
_DAILY_CHUNK_NS = 1_900 * NS_PER_DAY
_MOST_RELEASE_DATES = 1_000
_ENDING = f".{NAMESPACE}"


def _capability(dataset: str) -> Capability:
    # FRED knows to the day when something was published.
    settles_ns = 36 * 3600 * NS_PER_S
    return Capability(
        dataset=dataset, timeframes=("1-DAY",), price_types=("LAST",), history=HISTORY, settles_ns=settles_ns
    )


class Fred(Source):
    """What became known in a span: every version of each value, and where nobody kept when, by its usual lag."""

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="fred",
        title="FRED",
        url="https://fred.stlouisfed.org",
        capabilities=(_capability("observations"), _capability("releases")),
        limits=(RateLimit(2, 1), RateLimit(120, 60)),
    )

    def __init__(
        self, access: Access | None = None, ledger: Ledger | None = None, clock: Callable[[], int] = time.time_ns
    ) -> None:
        super().__init__(access, ledger)
        self._clock = clock
        self._lock = Lock()
        self._made_api: FredApi | None = None
        self._made_archive: Archive | None = None

    def unavailable_reason(self) -> str:
        return "" if self.access.api_key else f"no key: set FRED_API_KEY; a free one is made at {KEY_PAGE}"

    def lines(self) -> dict[str, str]:
        return {observations_of(one.series_id).instrument_id: one.name for one in MACRO_SERIES.values()}

    def check(self, series: Series) -> None:
        super().check(series)
        name, is_ours = _id_of(series), series.instrument_id.endswith(_ENDING)
        if series.dataset == "releases":
            if not (is_ours and _RELEASE_ID.fullmatch(name)):
                raise SkippableError(f"no release of FRED's: {series.instrument_id}; write its number, as 10{_ENDING}")
        elif not (is_ours and _SERIES_ID.fullmatch(name)):
            raise SkippableError(f"no series of FRED's: {series.instrument_id}; write its id, as UNRATE{_ENDING}")
        elif instead := substitute(name):
            raise SkippableError(f"{name} is not asked for: {instead}")

    def chunks(self, series: Series, span: TimeRange) -> Iterable[TimeRange]:
        """Pieces of few enough vintages, of what has one each day; its whole past is asked for at once."""
        declared = MACRO_SERIES.get(_id_of(series)) if series.dataset == "observations" else None
        if declared and declared.frequency == "D" and span.start > HISTORY.start:
            return span.split(_DAILY_CHUNK_NS)
        return [span]

    def cost(self, series: Series, span: TimeRange) -> int:
        # What the series is, its release, and its values.
        return 1 if series.dataset == "releases" else 3

    async def extract(self, series: Series, span: TimeRange) -> Answer | Calendar:
        if reason := self.unavailable_reason():
            raise FatalError(f"{self.spec.title}: {reason}")
        self.check(series)
        now = self._clock()
        if span.start >= now:
            raise SkippableError(f"{self.spec.title} has nothing of {span}: it lies in the future")
        return await ask_in_thread(self._ask, series, span, now)

    def normalize(self, payload: Answer | Calendar, series: Series) -> pd.DataFrame:
        return payload.frame(_id_of(series)) if isinstance(payload, Calendar) else payload.frame()

    def refused(self, payload: Answer | Calendar, series: Series) -> pd.DataFrame:
        frame = pd.DataFrame(list(payload.refused), columns=["ts_event", "reason", "row"])
        return frame.astype({"ts_event": "int64"})

    def described(self, payload: Answer | Calendar, series: Series) -> dict[Dataset, pd.DataFrame]:
        if isinstance(payload, Calendar):
            return {}
        return {OBSERVED_SERIES: payload.info.row(_id_of(series), self.spec.name, payload.asked_at)}

    async def search(self, text: str, limit: int = 10) -> list[Found]:
        if reason := self.unavailable_reason():
            raise FatalError(f"{self.spec.title}: {reason}")
        if not text.strip():
            return []
        hits = await ask_in_thread(self._api.search, text, limit)
        return [_found(row) for row in hits.to_dict("records")]

    def close(self) -> None:
        if self._made_api:
            self._made_api.close()
        super().close()

    @property
    def _api(self) -> FredApi:
        with self._lock:
            if self._made_api is None:
                # Most processes never ask: fredapi, and the HTTP client.
                from nautilus_data.sources.fred.session import FredApi

                self._made_api = FredApi(self.access, self.meter)
            return self._made_api

    @property
    def _archive(self) -> Archive:
        api = self._api
        with self._lock:
            if self._made_archive is None:
                # As above.
                from nautilus_data.sources.fred.archive import Archive

                self._made_archive = Archive(api, HISTORY)
            return self._made_archive

    def _ask_release(self, release_id: str, span: TimeRange, now: int) -> Calendar:
        return Calendar(asked_at=now, span=span, days=self._api.release_dates(release_id, _MOST_RELEASE_DATES))

    def _ask_series(self, series_id: str, span: TimeRange, now: int) -> Answer:
        return self._archive.answer(series_id, span, now)

    def _ask(self, series: Series, span: TimeRange, now: int) -> Answer | Calendar:
        ask = self._ask_release if series.dataset == "releases" else self._ask_series
        try:
            return ask(_id_of(series), span, now)
        except SkippableError as error:
            raise SkippableError(f"{series.instrument_id}: {error}") from None


def _id_of(series: Series) -> str:
    return series_id_of(series).upper()


def _found(row: dict[str, object]) -> Found:
    """A hit as fredapi reads it."""
    told = {name: str(row.get(name) or "") for name in ("id", "title", "frequency", "units")}
    return Found(
        instrument_id=f"{told['id']}{_ENDING}", symbol=told["id"], name=told["title"], kind="Observations",
        exchange=told["frequency"], currency=told["units"],
    )  # fmt: skip
