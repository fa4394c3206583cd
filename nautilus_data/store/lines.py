"""Lines: bars of a series as arrays for plotting, by seeks where few are wanted, else from memory."""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import Series, timeframe_ns, to_float
from nautilus_data.core.resample import Columns
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store.store import Store

# Read anew each time: about 1 ms for 1,000 from SQLite.
FEW = 20_000
# Read as a part, or put together by the database; of more the whole line is held.
SOME = 200_000
# Of lines that are longer, only what the database makes of them is held.
MANY = 2_000_000
_MOST_BYTES = 512 * 2**20
_RECENT = 16
_REMEMBERED = 256
_PRICES = ("open", "high", "low", "close")
_READ = ("ts_event", *_PRICES, "volume")


@dataclass(frozen=True)
class _Held:
    """What was read of a line, and of which span; None: of all of it."""

    revision: int
    span: TimeRange | None
    columns: Columns

    def has(self, span: TimeRange | None) -> bool:
        whole = self.span
        return whole is None or (span is not None and whole.start <= span.start and span.end <= whole.end)


class Lines:
    """Columns are ts_event (int64 ns), open, high, low, close, volume (float64); `bars` where bars are put together.

    What comes may be a part of what is held here: copy it before writing into it.
    """

    def __init__(
        self, store: Store, most_bytes: int = _MOST_BYTES, few: int = FEW, some: int = SOME, many: int = MANY
    ) -> None:
        self._store = store
        self._most_bytes, self._few, self._some, self._many = most_bytes, few, some, many
        self._lock = threading.Lock()
        # A whole line is read by one at a time.
        self._turns: defaultdict[tuple[Series, str], threading.Lock] = defaultdict(threading.Lock)
        self._whole: OrderedDict[tuple[Series, str], _Held] = OrderedDict()
        self._recent: OrderedDict[tuple[Series, str], _Held] = OrderedDict()
        self._counts: OrderedDict[tuple[Series, TimeRange | None, int], int] = OrderedDict()
        self._lengths: dict[Series, tuple[int, tuple[int, int]]] = {}

    def read(self, series: Series, span: TimeRange | None = None) -> Columns:
        """The bars of a span, in order of time."""
        return self._find(
            series, series.timeframe, span,
            lambda: span is not None and (self.count(series, span) <= self._some or self.is_long(series)),
            lambda part: _columns(self._store.read(series, part, columns=_READ)),
        )  # fmt: skip

    def together(self, series: Series, timeframe: str, span: TimeRange, newest: int) -> Columns:
        """Bars of whole buckets put together by the database."""
        ends = self._store.ends(series) or (0, 0)
        every = TimeRange(min(span.start, ends[0]), max(span.end, ends[1] + 1))
        return self._find(
            series, timeframe, span, lambda: self.count(series, span) <= self._some,
            lambda part: _columns(self._store.resample(series, part or every, timeframe, newest)),
        )  # fmt: skip

    def last(self, series: Series, count: int, span: TimeRange | None = None) -> Columns:
        """The newest bars of a span, in order of time."""
        return _columns(self._store.read(series, span, last=count, columns=_READ))

    def count(self, series: Series, span: TimeRange | None) -> int:
        """How many bars a span has; counting stops where they are many."""
        key = series, span, self._store.revision(series)
        with self._lock:
            if key in self._counts:
                return self._counts[key]
        counted = self._store.count(series, span, self._some + 1)
        with self._lock:
            self._counts[key] = counted
            while len(self._counts) > _REMEMBERED:
                self._counts.popitem(last=False)
        return counted

    def is_cheap(self, series: Series, span: TimeRange | None) -> bool:
        """Are the bars of a span there in a moment? Of many the database makes coarser ones in a third of the time."""
        if self._held(self._whole, (series, series.timeframe), self._store.revision(series), span) is not None:
            return True
        return self.count(series, span) <= self._few

    def is_long(self, series: Series) -> bool:
        """Is the line too long to be held?"""
        ends, step = self._store.ends(series), timeframe_ns(series.timeframe)
        if ends is None or (ends[1] - ends[0]) // step < self._many:
            return False
        counted, of = self._lengths.get(series, (0, (0, 0)))
        if ends[0] != of[0] or counted + (ends[1] - of[1]) // step >= self._many > counted:
            counted = self._store.count(series, None, self._many + 1)
            self._lengths[series] = counted, ends
        return counted > self._many

    def held(self) -> list[tuple[Series, str]]:
        """The lines held as a whole, each with its timeframe; the one asked for last comes last."""
        with self._lock:
            return list(self._whole)

    def _find(
        self,
        series: Series,
        timeframe: str,
        span: TimeRange | None,
        is_part_enough: Callable[[], bool],
        read: Callable[[TimeRange | None], Columns],
    ) -> Columns:
        key, revision = (series, timeframe), self._store.revision(series)
        if (held := self._kept(key, revision, span)) is not None:
            return between(held, span)
        if span is None or not is_part_enough():
            return between(self._read_whole(key, revision, read), span)
        # Who looks at a span soon wants what lies beside it: the rest of a candle at its edge.
        room = span.duration_ns // 50 if timeframe == series.timeframe else 0
        part = TimeRange(span.start - room, span.end + room)
        found = _Held(revision, part, read(part))
        self._hold(self._recent, key, found)
        return between(found.columns, span)

    def _read_whole(
        self, key: tuple[Series, str], revision: int, read: Callable[[TimeRange | None], Columns]
    ) -> Columns:
        with self._turns[key]:
            # Who waited for another that read the same finds it.
            if (held := self._kept(key, revision, None)) is not None:
                return held
            found = _Held(revision, None, read(None))
            self._hold(self._whole, key, found)
            return found.columns

    def _kept(self, key: tuple[Series, str], revision: int, span: TimeRange | None) -> Columns | None:
        for kept in (self._whole, self._recent):
            if (held := self._held(kept, key, revision, span)) is not None:
                return held
        return None

    def _held(
        self, kept: OrderedDict[tuple[Series, str], _Held], key: tuple[Series, str], revision: int,
        span: TimeRange | None,
    ) -> Columns | None:  # fmt: skip
        with self._lock:
            held = kept.get(key)
            if held is None or held.revision != revision or not held.has(span):
                return None
            kept.move_to_end(key)
            return held.columns

    def _hold(self, kept: OrderedDict[tuple[Series, str], _Held], key: tuple[Series, str], found: _Held) -> None:
        with self._lock:
            kept[key] = found
            kept.move_to_end(key)
            while len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
            while (
                len(self._whole) > 1 and sum(_bytes(held.columns) for held in self._whole.values()) > self._most_bytes
            ):
                self._whole.popitem(last=False)


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
