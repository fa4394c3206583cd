"""Source: where history is fetched from; what a source declares and what all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from nautilus_data.core.dataset import DATASETS, Dataset, Series, say_dataset, show_timeframe
from nautilus_data.core.instrument import Instrument
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import SkippableError
from nautilus_data.transport import Access, Health, Ledger, Meter, Quota, RateLimit, Tally

_FAR = 2**62
PRICE_TYPES = ("LAST", "BID", "ASK", "MID")


@dataclass(frozen=True, kw_only=True)
class Capability:
    """One dataset a source can answer for: in which timeframes, how much at once, and between which times."""

    dataset: str
    timeframes: tuple[str, ...]
    adjustments: tuple[str, ...] = ("raw",)
    price_types: tuple[str, ...] = PRICE_TYPES
    max_span_ns: int | None = None
    history: TimeRange | None = None
    # How far back from now it reaches, where that moves with the clock.
    depth_ns: int | None = None
    # What closed less than this ago may not be in an answer yet: it is asked for again later.
    settles_ns: int = 0

    def known(self, now: int) -> TimeRange | None:
        """Between which times there can be an answer; None where nothing says."""
        if self.history or self.depth_ns is None:
            return self.history
        return TimeRange(max(0, now - self.depth_ns), _FAR)


@dataclass(frozen=True, kw_only=True)
class SourceSpec:
    """What a source is called and what it can do."""

    name: str
    title: str
    url: str
    capabilities: tuple[Capability, ...]
    limits: tuple[RateLimit, ...] = ()
    # Is it switched on until a person says otherwise?
    starts_on: bool = True
    # Stays connected, and tells of prices as they change; the worker holds the connection.
    is_streaming: bool = False

    @property
    def dataset(self) -> str:
        """What it is asked for where nobody says."""
        return self.capabilities[0].dataset

    def capability(self, series: Series) -> Capability:
        """The capability that answers for a series; SkippableError when there is none."""
        for capability in self.capabilities:
            if (
                capability.dataset == series.dataset
                and series.timeframe in capability.timeframes
                and series.adjustment in capability.adjustments
            ):
                return capability
        if series.dataset not in (offered := dict.fromkeys(one.dataset for one in self.capabilities)):
            raise SkippableError(
                f"{self.title} has no {say_dataset(series.dataset)}; it has {', '.join(map(say_dataset, offered))}"
            )
        raise SkippableError(
            f"{self.title} has no {series.adjustment} {show_timeframe(series.timeframe)} {series.dataset};"
            f" {self._instead(series)}"
        )

    def _instead(self, series: Series) -> str:
        same = [one for one in self.capabilities if one.dataset == series.dataset]
        if fitting := [name for one in same if series.timeframe in one.timeframes for name in one.adjustments]:
            return f"choose adjustment {' or '.join(dict.fromkeys(fitting))}"
        frames = dict.fromkeys(show_timeframe(name) for one in same for name in one.timeframes)
        return f"choose one it lists: {', '.join(frames) or 'none'}"


@dataclass(frozen=True, kw_only=True)
class LatestPrice:
    """The latest a source has of an instrument; `delay_s` says how late its exchange lets it go out."""

    instrument_id: str
    price: Decimal
    ts_event: int
    bid: Decimal | None = None
    ask: Decimal | None = None
    currency: str = ""
    delay_s: int = 0
    session: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """One hit of a search: `symbol` is the source's own."""

    instrument_id: str
    symbol: str
    name: str
    kind: str = "Equity"
    exchange: str = ""
    currency: str = ""


class Source(ABC):
    """Declare `spec`; write `extract` (network only) and `normalize` (pure)."""

    spec: ClassVar[SourceSpec]
    # Why nobody is to ask it though it could be asked, told from outside: a person switched it off.
    told: Callable[[], str] = staticmethod(str)

    def __init__(self, access: Access | None = None, ledger: Ledger | None = None) -> None:
        self.access = access or Access()
        # Symbols of the source for instruments whose names don't tell them.
        self.aliases: Mapping[str, str] = {}
        self._given_ledger = ledger

    @cached_property
    def meter(self) -> Meter:
        """Its way past the limits, and where the way of each request is noted."""
        ledger = self._given_ledger or Ledger(self.access.folder)
        return Meter(ledger, self.spec.name, self.spec.title, self.spec.limits)

    def quota(self) -> list[Quota]:
        """Each limit, and what all processes of this machine used of it; asking spends nothing."""
        if not self.spec.limits:
            return []
        noted = self.meter.ledger.quota(self.spec.name)
        return noted or [Quota(limit.calls, 0, limit.per_s) for limit in self.spec.limits]

    def health(self) -> Health | None:
        """How the last real request went, whichever process made it; None before the first."""
        return self.meter.ledger.health(self.spec.name) if self.spec.limits else None

    def tally(self, days: int = 1) -> Tally:
        """Requests of all processes on so many days of UTC, today the last."""
        return self.meter.ledger.tally(self.spec.name, days) if self.spec.limits else Tally()

    def close(self) -> None:
        """Let go of what it keeps open."""
        if self._given_ledger is None and "meter" in self.__dict__:
            self.meter.close()

    def unavailable_reason(self) -> str:
        """Why it can't be asked now and what to do, or '' when it can."""
        return ""

    def refusal(self) -> str:
        """Why it is not to be asked, and what to do: it is switched off, or can't be asked; '' when it may be."""
        return self.told() or self.unavailable_reason()

    def instruments(self) -> list[Instrument]:
        """Instruments known without asking anybody."""
        return []

    def lines(self) -> dict[str, str]:
        """Names of lines known without asking anybody that are of no instrument, by their id."""
        return {}

    def check(self, series: Series) -> None:
        """SkippableError when it has no such series, as far as that is known before anything is asked."""
        known = self.spec.capability(series).price_types
        if series.price_type not in known:
            raise SkippableError(f"{self.spec.title} has no {series.price_type} prices; it has {', '.join(known)}")

    def interruption(self) -> str:
        """Why it can't be asked for the moment though it will be again by itself (a lost connection), or ''."""
        if reason := self.told():
            return reason
        pause = self.meter.ledger.pause(self.spec.name) if self.spec.limits else None
        return f"{self.spec.title} is left alone until {_clock(pause.until_ns)}: {pause.reason}" if pause else ""

    def chunks(self, series: Series, span: TimeRange) -> Iterable[TimeRange]:
        """The spans of the requests that answer for a span; here, equal ones of what the capability allows."""
        longest = self.spec.capability(series).max_span_ns
        return span.split(longest) if longest else [span]

    def cost(self, series: Series, span: TimeRange) -> int:
        """What one request takes of the quota."""
        return 1

    def wait_s(self, cost: int) -> float:
        """Seconds until requests of that cost together will have been let through by limits and quota."""
        return self.meter.wait_s(cost) if self.spec.limits else 0.0

    async def latest(self, instrument_ids: Iterable[str]) -> list[LatestPrice]:
        """The latest price of each that it knows."""
        raise SkippableError(f"{self.spec.title} has no latest prices")

    async def search(self, text: str, limit: int = 10) -> list[Found]:
        """Instruments whose name or symbol fits a text, the best first."""
        raise SkippableError(f"{self.spec.title} can't be searched")

    @abstractmethod
    async def extract(self, series: Series, span: TimeRange) -> Any:
        """The source's own answer for a span, untouched."""

    @abstractmethod
    def normalize(self, payload: Any, series: Series) -> pd.DataFrame:
        """That answer with the columns of the series' dataset."""

    def refused(self, payload: Any, series: Series) -> pd.DataFrame:
        """Rows of that answer that can't be rows of the dataset: `ts_event`, `reason`, `row` (JSON)."""
        return pd.DataFrame({"ts_event": pd.Series([], dtype="int64"), "reason": [], "row": []})

    def described(self, payload: Any, series: Series) -> dict[Dataset, pd.DataFrame]:
        """What else an answer tells: rows of other datasets, which are kept beside."""
        return {}

    async def fetch(self, series: Series, span: TimeRange) -> pd.DataFrame:
        """Rows of the dataset with `ts_event` in the span, conformed."""
        dataset = DATASETS[series.dataset]
        frame = dataset.conform(self.normalize(await self.extract(series, span), series))
        times = frame[dataset.time]
        return frame[(times >= span.start) & (times < span.end)].reset_index(drop=True)


def _clock(ns: int) -> str:
    return f"{pd.Timestamp(ns, tz='UTC'):%H:%M:%S} UTC"
