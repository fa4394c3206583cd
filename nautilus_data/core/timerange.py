"""TimeRange: a half-open UTC span in nanoseconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

NS_PER_S = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_S


_FIRST, _LAST = (stamp.tz_localize(UTC) for stamp in (pd.Timestamp.min, pd.Timestamp.max))


def to_ns(value: str | int | datetime | pd.Timestamp) -> int:
    """Nanoseconds since 1970 UTC; a time without a zone is taken as UTC, one beyond nanoseconds' reach as their end."""
    if isinstance(value, int):
        return value
    try:
        stamp = pd.Timestamp(value)
    except ValueError:
        stamp = pd.NaT
    if stamp is pd.NaT:
        raise ValueError(f"not a time: {str(value)!r}; write 2024-05-31 or 2024-05-31T14:30Z")
    stamp = stamp.tz_localize(UTC) if stamp.tzinfo is None else stamp.tz_convert(UTC)
    return min(max(stamp, _FIRST), _LAST).as_unit("ns").value


@dataclass(frozen=True, order=True)
class TimeRange:
    """`[start, end)` in nanoseconds since 1970 UTC."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a span ends before it starts: {self}")

    def __str__(self) -> str:
        return f"{say_time(self.start)} to {say_time(self.end)} UTC"

    @classmethod
    def of(cls, start: str | int | datetime, end: str | int | datetime) -> TimeRange:
        """Build from anything `to_ns` takes."""
        return cls(to_ns(start), to_ns(end))

    @property
    def is_empty(self) -> bool:
        return self.start == self.end

    @property
    def duration_ns(self) -> int:
        return self.end - self.start

    def overlaps(self, other: TimeRange) -> bool:
        return self.start < other.end and other.start < self.end

    def intersect(self, other: TimeRange) -> TimeRange | None:
        start, end = max(self.start, other.start), min(self.end, other.end)
        return TimeRange(start, end) if start < end else None

    def subtract(self, spans: Iterable[TimeRange]) -> list[TimeRange]:
        """What is left of this span once `spans` are taken out, in order."""
        left, start = [], self.start
        for span in merge(spans):
            if span.end <= start or span.start >= self.end:
                continue
            if span.start > start:
                left.append(TimeRange(start, span.start))
            start = max(start, span.end)
        if start < self.end:
            left.append(TimeRange(start, self.end))
        return left

    def split(self, chunk_ns: int) -> Iterator[TimeRange]:
        """Consecutive pieces of at most `chunk_ns`."""
        if chunk_ns <= 0:
            raise ValueError("a chunk must be longer than nothing")
        for start in range(self.start, self.end, chunk_ns):
            yield TimeRange(start, min(start + chunk_ns, self.end))


def say_time(ns: int) -> str:
    """To the second, in UTC; midnight as its day."""
    stamp = pd.Timestamp(ns, tz=UTC)
    return f"{stamp:%Y-%m-%d}" if ns % NS_PER_DAY == 0 else f"{stamp:%Y-%m-%d %H:%M:%S}"


NOTHING = TimeRange(0, 0)


def merge(spans: Iterable[TimeRange]) -> list[TimeRange]:
    """Sorted, disjoint spans; touching ones become one, empty ones vanish."""
    merged: list[TimeRange] = []
    for span in sorted(span for span in spans if not span.is_empty):
        if merged and span.start <= merged[-1].end:
            merged[-1] = TimeRange(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged
