"""Lines: bars of a series as arrays for plotting, by seeks where few are wanted, else from memory."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import Series, to_float
from nautilus_data.core.resample import Columns
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store.store import Store

# Read anew each time: about 1 ms for 1,000 from SQLite.
FEW = 20_000
# Held in memory as a whole; of longer lines, what the database makes of them.
MANY = 2_000_000
_MOST_BYTES = 512 * 2**20
_PRICES = ("open", "high", "low", "close")
_READ = ("ts_event", *_PRICES, "volume")


class Lines:
    """Columns are ts_event (int64 ns), open, high, low, close, volume (float64); `bars` where bars are put together.

    What comes may be a part of what is held here: copy it before writing into it.
    """

    def __init__(self, store: Store, most_bytes: int = _MOST_BYTES, few: int = FEW, many: int = MANY) -> None:
        self._store = store
        self._most_bytes, self._few, self._many = most_bytes, few, many
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[Series, str], tuple[int, Columns]] = OrderedDict()
        self._long: set[Series] = set()

    def read(self, series: Series, span: TimeRange | None = None) -> Columns:
        """The bars of a span, in order of time."""
        held = self._current(series, self._store.revision(series))
        if held is None and span is not None and (self.is_few(series, span) or self.is_long(series)):
            return _columns(self._store.read(series, span, columns=_READ))
        return between(self._whole(series) if held is None else held, span)

    def last(self, series: Series, count: int, span: TimeRange | None = None) -> Columns:
        """The newest bars of a span, in order of time."""
        return _columns(self._store.read(series, span, last=count, columns=_READ))

    def together(self, series: Series, timeframe: str, span: TimeRange, newest: int) -> Columns:
        """Bars of whole buckets put together by the database; of many, those of the whole line are then held."""
        revision = self._store.revision(series)
        held = self._current(series, revision, timeframe)
        if held is None and self._store.count(series, span, 10 * self._few) < 10 * self._few:
            return _columns(self._store.resample(series, span, timeframe, newest))
        if held is None:
            first, last = self._store.ends(series) or (0, 0)
            held = _columns(self._store.resample(series, TimeRange(first, last + 1), timeframe))
            self._hold((series, timeframe), revision, held)
        return between(held, span)

    def is_few(self, series: Series, span: TimeRange | None) -> bool:
        """Are the bars of a span read in a moment?"""
        return self._store.count(series, span, self._few + 1) <= self._few

    def is_long(self, series: Series) -> bool:
        """Is the line too long to be held?"""
        if series not in self._long and self._store.count(series, None, self._many + 1) > self._many:
            self._long.add(series)
        return series in self._long

    def _whole(self, series: Series) -> Columns:
        revision = self._store.revision(series)
        columns = _columns(self._store.read(series, columns=_READ))
        self._hold((series, series.timeframe), revision, columns)
        return columns

    def _current(self, series: Series, revision: int, timeframe: str | None = None) -> Columns | None:
        with self._lock:
            key = (series, timeframe or series.timeframe)
            kept, columns = self._held.get(key, (-1, None))
            if kept == revision:
                self._held.move_to_end(key)
                return columns
        return None

    def _hold(self, key: tuple[Series, str], revision: int, columns: Columns) -> None:
        with self._lock:
            self._held[key] = (revision, columns)
            self._held.move_to_end(key)
            while len(self._held) > 1 and sum(_bytes(held) for _, held in self._held.values()) > self._most_bytes:
                self._held.popitem(last=False)


def between(columns: Columns, span: TimeRange | None) -> Columns:
    """Those with a time in a span."""
    if span is None:
        return columns
    first, last = np.searchsorted(columns["ts_event"], [span.start, span.end])
    return {name: values[first:last] for name, values in columns.items()}


def _columns(frame: pd.DataFrame) -> Columns:
    columns = {name: frame[name].to_numpy() for name in frame if name != "ts_init"}
    return columns | {name: to_float(columns[name]) for name in _PRICES}


def _bytes(columns: Columns) -> int:
    return sum(values.nbytes for values in columns.values())
