"""Line: what stored series tell of one instrument, as one line of bars of any timeframe."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nautilus_data.core.dataset import Series, timeframe_ns
from nautilus_data.core.resample import LADDER, Columns, count, holds, is_made_of, locate, resample, whole
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.store import Lines, Store, between

_NAMES = ("ts_event", "open", "high", "low", "close", "volume", "source")


@dataclass(frozen=True)
class Part:
    """A stored series; `until` is the time of its newest bar that may be shown, None: all may."""

    series: Series
    until: int | None = None


class Line:
    """A UTC day belongs to the first of the parts that has a bar in it; coarser bars are made of what that leaves."""

    def __init__(self, store: Store, lines: Lines, timeframe: str, parts: Sequence[Part]) -> None:
        self.timeframe = timeframe
        self.parts = tuple(parts)
        self.sources = tuple(dict.fromkeys(part.series.source for part in parts))
        self._store, self._lines = store, lines
        self._base = _joined_at(timeframe, [part.series.timeframe for part in parts])

    @property
    def version(self) -> Hashable:
        """Changes when rows of the line do."""
        return tuple((part.series, self._store.revision(part.series), part.until) for part in self.parts)

    def ends(self) -> tuple[int, int] | None:
        """Times of the first and the newest stored bar of the parts; None when there is none."""
        found = [self._store.ends(p.series, None if p.until is None else p.until + 1) for p in self.parts]
        known = [ends for ends in found if ends is not None]
        return (min(first for first, _ in known), max(last for _, last in known)) if known else None

    def extent(self) -> TimeRange | None:
        """From the time of the first bar to just past that of the last."""
        ends = self.ends()
        if ends is None:
            return None
        if self._is_stored:
            return TimeRange(ends[0], ends[1] + 1)
        edges = locate(np.array(ends), self._series, self.timeframe)
        first, last = np.minimum(edges.due, ends[1]).tolist()
        if not edges.due[0]:
            first, last = int(self.bars(TimeRange(ends[0], int(edges.ends[0]) + 1))["ts_event"][0]), ends[1]
        return TimeRange(first, last + 1)

    def bars(self, span: TimeRange | None) -> Columns:
        """The line's own bars with a time in a span."""
        is_read = self._base == self.timeframe or self._is_cheap(span)
        # Before the cut: the first week of a span is a whole one too.
        return between(self._made(self.timeframe, self._base if is_read else self.timeframe, span), span)

    def candles(self, span: TimeRange | None, most: int) -> tuple[Columns, str, int]:
        """No more than `most` bars of a span, the timeframe they are of, and how many of the line's they hold.

        Coarser ones are all that hold anything of the span, each whole. Fewer than one in ten years are not made.
        """
        level = self._level(span, most)
        finest = max(level, self.timeframe, key=timeframe_ns)
        columns = self._made(finest, level, span)
        if finest == self.timeframe:
            columns = between(columns, span)
        times = columns["ts_event"]
        total = int(columns["bars"].sum()) if finest != self.timeframe else len(times)
        if len(times) <= most:
            return columns, finest, total
        drawn = self._fitting(times, finest, most)
        made = self._made(drawn, level, span)
        # Whole candles at the edges may hold bars outside the span alone: then there are more than were counted.
        while len(made["ts_event"]) > most and (longer := _longer(drawn)):
            drawn = longer[0]
            made = self._made(drawn, level, span)
        return made, drawn, total

    def last(self, count: int, span: TimeRange | None) -> Columns:
        """The newest bars of a span."""
        if self._is_stored:
            found = self._join([self._lines.last(p.series, count, _upto(span, p.until)) for p in self.parts])
            return {name: values[-count:] for name, values in found.items()}
        ends = self.ends()
        if ends is None:
            return self._join([])
        first, end = (ends[0], ends[1] + 1) if span is None else (max(span.start, ends[0]), min(span.end, ends[1] + 1))
        width = 2 * count * timeframe_ns(self.timeframe)
        while True:
            found = self.bars(TimeRange(max(first, end - width), max(first, end)))
            if len(found["ts_event"]) >= count or end - width <= first:
                return {name: values[-count:] for name, values in found.items()}
            width *= 4

    def hold(self) -> None:
        """Read all of it, so that a look at many years finds it in memory; what is too long for that is left."""
        for part in self.parts:
            if not self._lines.is_long(part.series):
                self._lines.read(part.series)

    @property
    def _is_stored(self) -> bool:
        return all(part.series.timeframe == self.timeframe for part in self.parts)

    @property
    def _series(self) -> Series:
        return self._at(self._base)

    def _at(self, timeframe: str) -> Series:
        return replace(self.parts[0].series, timeframe=timeframe)

    def _is_cheap(self, span: TimeRange | None) -> bool:
        return all(part.until is not None or self._lines.is_cheap(part.series, span) for part in self.parts)

    def _level(self, span: TimeRange | None, most: int) -> str:
        """The timeframe at which the parts are joined: the coarsest the database may make without making too few."""
        if self._is_cheap(span):
            return self._base
        most_bars = max(self._lines.count(part.series, span) for part in self.parts)
        fine = [
            name
            for name in LADDER
            if is_made_of(name, self._base)
            and (name == self.timeframe or is_made_of(name, self.timeframe) or is_made_of(self.timeframe, name))
            and holds(name, self._base) * most <= most_bars
        ]
        return fine[-1] if fine else self._base

    def _fitting(self, times: np.ndarray, finest: str, most: int) -> str:
        """The finest timeframe that makes no more than `most` candles of bars at these times."""
        longer = _longer(finest)
        offered = [name for name in longer if is_made_of(name, finest)] or longer or [finest]
        for name in offered:
            # Where there would be too many if each were full, there is no need to count.
            is_enough = len(times) <= most * holds(name, finest)
            if is_enough and count(times, self._at(finest), name) <= most:
                return name
        return offered[-1]

    def _made(self, timeframe: str, level: str, span: TimeRange | None) -> Columns:
        ends, series = self.ends(), self._at(level)
        if ends is None:
            return self._join([])
        wanted = None if span is None else whole(self._at(self._base), timeframe, span)
        return resample(between(self._joined(level, wanted), wanted), series, timeframe, ends[1])

    def _joined(self, level: str, span: TimeRange | None) -> Columns:
        if span is not None and len(self.parts) > 1:
            # Whose a day is shows in all of it.
            days = TimeRange(
                (span.start - 1) // NS_PER_DAY * NS_PER_DAY + 1, -(-span.end // NS_PER_DAY) * NS_PER_DAY + 1
            )
            return between(self._join([self._counted(part, level, days) for part in self.parts]), span)
        return self._join([self._counted(part, level, span) for part in self.parts])

    def _counted(self, part: Part, level: str, span: TimeRange | None) -> Columns:
        """Bars of a part; above the base with how many each holds, one where the database did not count them."""
        columns = self._read(part, level, span)
        if level == self._base or "bars" in columns:
            return columns
        return {**columns, "bars": np.ones(len(columns["ts_event"]), "int64")}

    def _read(self, part: Part, level: str, span: TimeRange | None) -> Columns:
        series, allowed = part.series, _upto(span, part.until)
        if series.timeframe == level:
            return self._lines.read(series, allowed)
        ends = self._store.ends(series, None if part.until is None else part.until + 1)
        if ends is None:
            return _nothing()
        # A bucket of one part is over once another part has a later bar.
        newest = self.ends()[1]
        every = TimeRange(ends[0], ends[1] + 1)
        allowed = whole(
            series, level, every if span is None else span.intersect(every) or TimeRange(span.start, span.start)
        )
        if part.until is None and not self._lines.is_cheap(series, allowed):
            return between(self._lines.together(series, level, allowed, newest), span)
        bars = self._lines.read(series, _upto(allowed, part.until))
        counted = {**bars, "bars": np.ones(len(bars["ts_event"]), "int64")}
        return between(resample(counted, series, level, newest), span)

    def _join(self, parts: Sequence[Columns]) -> Columns:
        codes = [self.sources.index(part.series.source) for part in self.parts]
        coded = [
            {**columns, "source": np.full(len(columns["ts_event"]), code)}
            for code, columns in zip(codes, parts, strict=False)
        ]
        return join(coded)


def join(parts: Sequence[Columns]) -> Columns:
    """One line out of several, best first: a day belongs to the first part that has it."""
    filled = [part for part in parts if len(part["ts_event"])]
    if not filled:
        return {**_nothing(), "source": np.empty(0, "int64")}
    joined = filled[0]
    for part in filled[1:]:
        is_free = ~np.isin(_days(part["ts_event"]), np.unique(_days(joined["ts_event"])))
        both = [name for name in joined if name in part]
        joined = {name: np.concatenate([joined[name], part[name][is_free]]) for name in both}
    if len(filled) == 1:
        return joined
    order = np.argsort(joined["ts_event"], kind="stable")
    return {name: values[order] for name, values in joined.items()}


def _longer(timeframe: str) -> list[str]:
    return [name for name in LADDER if timeframe_ns(name) > timeframe_ns(timeframe)]


def _joined_at(timeframe: str, bases: Sequence[str]) -> str:
    """The coarsest of the parts' timeframes where all others can be made into it, else the line's own."""
    coarsest = max(bases, key=timeframe_ns)
    return coarsest if all(base == coarsest or is_made_of(coarsest, base) for base in bases) else timeframe


def _days(times: np.ndarray) -> np.ndarray:
    # A bar that closes at midnight belongs to the day it closes.
    return (times - 1) // NS_PER_DAY


def _upto(span: TimeRange | None, until: int | None) -> TimeRange | None:
    if until is None:
        return span
    start = 0 if span is None else span.start
    end = until + 1 if span is None else min(span.end, until + 1)
    return TimeRange(start, max(start, end))


def _nothing() -> Columns:
    return {name: np.empty(0, "int64" if name == "ts_event" else "float64") for name in _NAMES if name != "source"}
