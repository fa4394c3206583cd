"""Service: indicators over the stored lines of bars, kept as long as the bars stay the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from functools import partial
from typing import Protocol

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import parse_timeframe, timeframe_ns
from nautilus_data.core.timerange import TimeRange, say_time
from nautilus_data.services.indicators.chosen import Chosen, parse_list
from nautilus_data.services.indicators.indicator import Indicator
from nautilus_data.services.indicators.registry import INDICATORS
from nautilus_data.services.indicators.running import Running
from nautilus_data.services.indicators.session import session_starts

_LONGEST = 3_000_000
_CACHE_BYTES = 256_000_000
_COLUMNS = ("ts_event", "open", "high", "low", "close", "volume")
Line = tuple[str, str, str, str]


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
        last: int | None = None,
    ) -> pd.DataFrame: ...

    def extent(self, instrument_id: str, timeframe: str, source: str, adjustment: str) -> TimeRange | None: ...


class Indicators:
    """Reads bars from the market service; of a line of more than `longest` bars, only a part is computed over."""

    def __init__(self, market: Market, longest: int = _LONGEST, cache_bytes: int = _CACHE_BYTES) -> None:
        self._market = market
        self._longest = longest
        self._cache_bytes = cache_bytes
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[Line, Chosen], tuple[Hashable, pd.DataFrame]] = OrderedDict()
        self._lengths: dict[Line, tuple[Hashable, int]] = {}

    @property
    def kept_bytes(self) -> int:
        """What is kept of what was computed."""
        with self._lock:
            return self._kept_bytes()

    @property
    def known(self) -> Mapping[str, Indicator]:
        """Every indicator there is, by name."""
        return INDICATORS

    def parse_list(self, text: str) -> tuple[Chosen, ...]:
        """As `parse_list` of this package: `ema:length=20,rsi:length=14`."""
        return parse_list(text)

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
        right), version (of the bars), approximate: "" or, where the line is too long to be computed whole, since when.
        """
        line = (instrument_id, parse_timeframe(timeframe), source, adjustment)
        version = self._version(line)
        if not self._is_long(line, version):
            return _between(self._whole(line, chosen, version), span)
        bars = self._part(line, chosen, span)
        found = _between(self._compute(line, chosen, bars), span)
        since = say_time(int(bars["ts_event"].iloc[0])) if len(bars) else "now"
        found.attrs["approximate"] = f"computed over the bars since {since} UTC: all of them are too many"
        return found

    def running(self, instrument_id: str, timeframe: str, source: str, adjustment: str, chosen: Chosen) -> Running:
        """Begins after the last stored bar of a line."""
        line = (instrument_id, parse_timeframe(timeframe), source, adjustment)
        is_long = self._is_long(line, self._version(line))
        bars = self._part(line, chosen, None) if is_long else self._market.bars(*line)
        return Running(chosen, bars, partial(session_starts, instrument_id))

    def _version(self, line: Line) -> Hashable:
        return self._market.bars(*line, last=1).attrs["version"]

    def _whole(self, line: Line, chosen: Chosen, version: Hashable) -> pd.DataFrame:
        with self._lock:
            kept = self._cache.get((line, chosen))
            if kept and kept[0] == version:
                self._cache.move_to_end((line, chosen))
                return kept[1]
        found = self._compute(line, chosen, self._market.bars(*line))
        with self._lock:
            # Of the bars that were read: there may be newer ones by now.
            self._cache[line, chosen] = (found.attrs["version"], found)
            self._cache.move_to_end((line, chosen))
            # The newest is kept, however large.
            while len(self._cache) > 1 and self._kept_bytes() > self._cache_bytes:
                self._cache.popitem(last=False)
        return found

    def _kept_bytes(self) -> int:
        return sum(int(kept.memory_usage(index=False).sum()) for _, kept in self._cache.values())

    def _compute(self, line: Line, chosen: Chosen, bars: pd.DataFrame) -> pd.DataFrame:
        columns = {name: bars[name].to_numpy() for name in _COLUMNS}
        if "session" in chosen.indicator.inputs:
            columns["session"] = session_starts(line[0], columns["ts_event"])
        outputs = chosen.indicator.compute(columns, **chosen.parameters)
        found = pd.DataFrame({"ts_event": columns["ts_event"], **outputs})
        found.attrs.update(shifts=chosen.shifts, version=bars.attrs["version"], approximate="")
        return found

    def _is_long(self, line: Line, version: Hashable) -> bool:
        extent = self._market.extent(*line)
        # Most lines could not be too long if they had no holes, and need not be counted.
        if extent is None or extent.duration_ns // timeframe_ns(line[1]) < self._longest:
            return False
        counted, length = self._lengths.get(line, (None, 0))
        if counted != version and length <= self._longest:
            length = int(self._market.bars(*line, max_bars=1).attrs["total"])
            self._lengths[line] = (version, length)
        return length > self._longest

    def _part(self, line: Line, chosen: Chosen, span: TimeRange | None) -> pd.DataFrame:
        """Bars of a span and as many before it as the formula remembers; the newest that are not too many."""
        extent = self._market.extent(*line)
        if span is None or extent is None:
            return self._market.bars(*line, last=self._longest)
        start = max(span.start, extent.start)
        before = self._market.bars(*line, span=TimeRange(extent.start, start), last=chosen.memory)["ts_event"]
        first = int(before.iloc[0]) if len(before) else start
        return self._market.bars(*line, span=TimeRange(first, max(first, span.end)), last=self._longest)


def _between(found: pd.DataFrame, span: TimeRange | None) -> pd.DataFrame:
    """A copy, so that nobody writes into what is kept."""
    if span is None:
        return found.copy()
    first, last = np.searchsorted(found["ts_event"], [span.start, span.end])
    return found.iloc[first:last].reset_index(drop=True)
