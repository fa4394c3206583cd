"""Service: indicators over the stored lines of bars, kept as long as the bars stay the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from functools import partial
from typing import Protocol

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import parse_timeframe
from nautilus_data.core.timerange import TimeRange
from nautilus_data.services.indicators.chosen import Chosen, parse_list
from nautilus_data.services.indicators.indicator import Indicator
from nautilus_data.services.indicators.registry import INDICATORS
from nautilus_data.services.indicators.running import Running
from nautilus_data.services.indicators.session import session_starts

_LONGEST = 3_000_000
_CACHE_BYTES = 256_000_000
# Warm-up beyond what a formula remembers: holes and closed hours lie between the bars.
_SPARSE = 2


class Market(Protocol):
    """The part of the market service that is asked."""

    def bars(
        self,
        instrument_id: str,
        timeframe: str,
        source: str,
        adjustment: str,
        span: TimeRange | None = None,
        max_bars: int | None = None,
    ) -> pd.DataFrame: ...

    def extent(self, instrument_id: str, timeframe: str, source: str, adjustment: str) -> TimeRange | None: ...


class Indicators:
    """Reads bars from the market service; `longest`: lines of more bars are computed in part only."""

    def __init__(self, market: Market, longest: int = _LONGEST, cache_bytes: int = _CACHE_BYTES) -> None:
        self._market = market
        self._longest = longest
        self._cache_bytes = cache_bytes
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[Hashable, ...], tuple[Hashable, pd.DataFrame]] = OrderedDict()

    @property
    def known(self) -> Mapping[str, Indicator]:
        """Every indicator there is, by name."""
        return INDICATORS

    def parse_list(self, text: str) -> tuple[Chosen, ...]:
        """As `parse_list` of this package: `ema:length=20,rsi:length=14`."""
        return parse_list(text)

    @property
    def kept_bytes(self) -> int:
        """What is kept of what was computed."""
        with self._lock:
            return self._kept_bytes()

    def over(
        self,
        instrument_id: str,
        timeframe: str,
        source: str,
        adjustment: str,
        chosen: Chosen,
        span: TimeRange | None = None,
    ) -> pd.DataFrame:
        """`ts_event` (ns) and a column per output (float64, NaN where not known) at the line's own bars in a span.

        Computed over the whole stored line, whatever the span. `attrs`: shifts (bars each output is drawn to the
        right), version (of the bars), approximate: "" or, where the line is too long to be computed whole, over what.
        """
        line = (instrument_id, parse_timeframe(timeframe), source, adjustment)
        extent = self._market.extent(*line)
        part = self._part(line, extent, chosen, span)
        found = (
            self._whole(line, chosen) if part is None else self._compute(line, chosen, self._market.bars(*line, part))
        )
        found = _between(found, span)
        found.attrs["approximate"] = "" if part is None else f"computed over {part} only: the line is too long"
        return found

    def running(self, instrument_id: str, timeframe: str, source: str, adjustment: str, chosen: Chosen) -> Running:
        """Begins after the last stored bar of a line."""
        line = (instrument_id, parse_timeframe(timeframe), source, adjustment)
        part = self._part(line, self._market.extent(*line), chosen, None)
        return Running(chosen, self._market.bars(*line, part), partial(session_starts, instrument_id))

    def _whole(self, line: tuple[str, str, str, str], chosen: Chosen) -> pd.DataFrame:
        bars = self._market.bars(*line)
        version = _version(bars)
        key = (*line, chosen)
        with self._lock:
            kept = self._cache.get(key)
            if kept and kept[0] == version:
                self._cache.move_to_end(key)
                return kept[1]
        found = self._compute(line, chosen, bars)
        self._keep(key, version, found)
        return found

    def _compute(self, line: tuple[str, str, str, str], chosen: Chosen, bars: pd.DataFrame) -> pd.DataFrame:
        columns = {name: bars[name].to_numpy() for name in ("ts_event", "open", "high", "low", "close", "volume")}
        if "session" in chosen.indicator.inputs:
            columns["session"] = session_starts(line[0], columns["ts_event"])
        outputs = chosen.indicator.compute(columns, **chosen.parameters)
        found = pd.DataFrame({"ts_event": columns["ts_event"], **outputs})
        found.attrs.update(shifts=chosen.shifts, version=_version(bars))
        return found

    def _keep(self, key: tuple[Hashable, ...], version: Hashable, found: pd.DataFrame) -> None:
        with self._lock:
            self._cache[key] = (version, found)
            self._cache.move_to_end(key)
            # The newest is kept, however large.
            while len(self._cache) > 1 and self._kept_bytes() > self._cache_bytes:
                self._cache.popitem(last=False)

    def _kept_bytes(self) -> int:
        return sum(int(kept.memory_usage(index=False).sum()) for _, kept in self._cache.values())

    def _part(
        self, line: tuple[str, str, str, str], extent: TimeRange | None, chosen: Chosen, span: TimeRange | None
    ) -> TimeRange | None:
        """What to compute over of a line that is too long, the warm-up before it included; None: all of it."""
        if extent is None:
            return None
        bars = self._market.bars(*line, max_bars=1).attrs["total"]
        if bars <= self._longest:
            return None
        step = extent.duration_ns // bars
        end = extent.end if span is None else min(span.end, extent.end)
        start = max(end - step * self._longest, extent.start) if span is None else max(span.start, extent.start)
        warm_up = _SPARSE * step * chosen.memory
        return TimeRange(min(max(start - warm_up, extent.start), end), end)


def _version(bars: pd.DataFrame) -> Hashable:
    return bars.attrs.get("version", (len(bars), bars.attrs["ts_last"]))


def _between(found: pd.DataFrame, span: TimeRange | None) -> pd.DataFrame:
    """A copy, so that nobody writes into what is kept."""
    if span is None:
        return found.copy()
    first, last = np.searchsorted(found["ts_event"], [span.start, span.end])
    return found.iloc[first:last].reset_index(drop=True)
