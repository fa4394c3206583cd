"""Source: where history is fetched from; what a source declares and what all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from nautilus_data.core.dataset import DATASETS, Series
from nautilus_data.core.instrument import Instrument
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import SkippableError


@dataclass(frozen=True, kw_only=True)
class Capability:
    """One dataset a source can answer for: in which timeframes, how much at once, and between which times."""

    dataset: str
    timeframes: tuple[str, ...]
    adjustments: tuple[str, ...] = ("raw",)
    max_span_ns: int | None = None
    history: TimeRange | None = None
    # What closed less than this ago may not be in an answer yet: it is asked for again later.
    settles_ns: int = 0


@dataclass(frozen=True, kw_only=True)
class SourceSpec:
    """What a source is called and what it can do."""

    name: str
    title: str
    url: str
    capabilities: tuple[Capability, ...]

    def capability(self, series: Series) -> Capability:
        """The capability that answers for a series; SkippableError when there is none."""
        for capability in self.capabilities:
            if (
                capability.dataset == series.dataset
                and series.timeframe in capability.timeframes
                and series.adjustment in capability.adjustments
            ):
                return capability
        raise SkippableError(
            f"{self.title} has no {series.adjustment} {series.timeframe} {series.dataset}; choose one it lists"
        )


class Source(ABC):
    """Declare `spec`; write `extract` (network only) and `normalize` (pure)."""

    spec: ClassVar[SourceSpec]

    def unavailable_reason(self) -> str:
        """Why it can't be asked now and what to do, or '' when it can."""
        return ""

    def instruments(self) -> list[Instrument]:
        """Instruments known without asking anybody."""
        return []

    def interruption(self) -> str:
        """Why it can't be asked for the moment though it will be again by itself (a lost connection), or ''."""
        return ""

    def chunks(self, series: Series, span: TimeRange) -> Iterable[TimeRange]:
        """The spans of the requests that answer for a span; here, equal ones of what the capability allows."""
        longest = self.spec.capability(series).max_span_ns
        return span.split(longest) if longest else [span]

    def cost(self, series: Series, span: TimeRange) -> int:
        """What one request takes of the quota."""
        return 1

    def wait_s(self, cost: int) -> float:
        """Seconds until requests of that cost together will have been let through by limits and quota."""
        return 0.0

    @abstractmethod
    async def extract(self, series: Series, span: TimeRange) -> Any:
        """The source's own answer for a span, untouched."""

    @abstractmethod
    def normalize(self, payload: Any, series: Series) -> pd.DataFrame:
        """That answer with the columns of the series' dataset."""

    async def fetch(self, series: Series, span: TimeRange) -> pd.DataFrame:
        """Rows of the dataset with `ts_event` in the span, conformed."""
        dataset = DATASETS[series.dataset]
        frame = dataset.conform(self.normalize(await self.extract(series, span), series))
        times = frame[dataset.time]
        return frame[(times >= span.start) & (times < span.end)].reset_index(drop=True)
