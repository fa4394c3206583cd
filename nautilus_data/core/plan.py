"""Plan: exactly what a backfill asks, request by request, and how each was answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from nautilus_data.core.calendar import expected, fitting
from nautilus_data.core.dataset import NO_DATA, Series, timeframe_ns
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, merge

Answer = tuple[TimeRange, str]
# Holes this near to each other are asked for in one request where the source doesn't say how much it answers.
_TOGETHER_BARS = 5_000


class Mode(StrEnum):
    """What a backfill asks for."""

    MISSING = "missing"
    MISSING_FAILED = "missing+failed"
    ALL = "all"


class State(StrEnum):
    """NOT_ASKED → DONE | EMPTY | REFUSED | FAILED; a retry puts the last two back."""

    NOT_ASKED = "NOT_ASKED"
    DONE = "DONE"
    EMPTY = "EMPTY"
    REFUSED = "REFUSED"
    FAILED = "FAILED"

    @property
    def is_open(self) -> bool:
        return self is State.NOT_ASKED


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request of a plan, and how it was answered; times are UTC nanoseconds, 0 = not yet."""

    ordinal: int
    span: TimeRange
    expected: int = 0
    cost: int = 1
    rows: int = 0
    state: State = State.NOT_ASKED
    attempts: int = 0
    error: str = ""
    ts_asked: int = 0
    ts_answered: int = 0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a backfill would ask; `overlap` is stored already and asked again to see whether the past was restated."""

    series: Series
    span: TimeRange
    entries: tuple[Request, ...]
    covered: tuple[TimeRange, ...] = ()
    mode: Mode = Mode.MISSING
    overlap: TimeRange | None = None
    note: str = ""
    ts_planned: int = 0
    ts_estimated: int = 0

    @property
    def chunks(self) -> tuple[TimeRange, ...]:
        return tuple(entry.span for entry in self.entries)

    @property
    def requests(self) -> int:
        return len(self.entries)

    @property
    def rows(self) -> int:
        """How many rows it should bring; 0 where nobody can say."""
        return sum(entry.expected for entry in self.entries)

    @property
    def cost(self) -> int:
        return sum(entry.cost for entry in self.entries)

    @property
    def is_empty(self) -> bool:
        return not self.entries

    @property
    def title(self) -> str:
        return str(self.series)


def say_count(count: int, word: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def missing(series: Series, span: TimeRange, answers: list[Answer], times: np.ndarray) -> list[TimeRange]:
    """What of a span must be asked: never answered, or answered and yet without a bar nobody said can't be.

    `answers` are the series' coverage with reasons, `times` its stored times in the span, in order.
    """
    unasked = span.subtract(covered for covered, _ in answers)
    slots = fitting(series, span, times)
    if slots is None:
        return unasked
    known_empty = [covered for covered, reason in answers if reason]
    holes = [hole for gap in slots.part(~slots.filled(times)).spans() for hole in gap.subtract(known_empty)]
    # A night or a weekend nobody asked about holds nothing to ask for.
    asked = [part for part in unasked if len(slots.within(part))]
    inside = (found for hole in holes if (found := hole.intersect(span)))
    return merge([*asked, *inside])


def proven_empty(series: Series, span: TimeRange, times: np.ndarray) -> list[TimeRange]:
    """Where an answer for a span has no bar though the calendar expects one."""
    slots = fitting(series, span, times)
    if slots is None:
        return []
    return [hole for gap in slots.part(~slots.filled(times)).spans() if (hole := gap.intersect(span))]


def slot_spans(series: Series, span: TimeRange, times: np.ndarray) -> list[TimeRange]:
    """The whole place of the bar of each time, by the calendar or else by the clock."""
    step = timeframe_ns(series.timeframe)
    slots = expected(series, TimeRange(span.start, span.end + NS_PER_DAY)) if len(times) else None
    if slots is None or not len(slots):
        return merge(TimeRange(int(time) - step + 1, int(time) + 1) for time in times)
    places = np.searchsorted(slots.ends, times)
    known = places < len(slots)
    known[known] = slots.starts[places[known]] < times[known]
    alone = [TimeRange(int(time), int(time) + 1) for time in times[~known]]
    whole = [TimeRange(int(slots.starts[i]) + 1, int(slots.ends[i]) + 1) for i in np.unique(places[known])]
    return merge([*alone, *whole])


def entries_of(
    series: Series, chunks: Sequence[TimeRange], cost: Callable[[Series, TimeRange], int], first: int = 0
) -> list[Request]:
    """A request for each chunk that should bring a row, with how many and at what cost.

    0 where nobody can say how many: of what is published when it is.
    """
    if not chunks:
        return []
    if series.dataset != "bars":
        return [Request(ordinal=first + i, span=one, cost=cost(series, one)) for i, one in enumerate(chunks)]
    step = timeframe_ns(series.timeframe)
    slots = expected(series, TimeRange(min(one.start for one in chunks), max(one.end for one in chunks)))
    counts = [-(-chunk.duration_ns // step) for chunk in chunks]
    if slots is not None:
        edges = np.array([(chunk.start, chunk.end) for chunk in chunks])
        counts = np.diff(np.searchsorted(slots.due, edges), axis=1)[:, 0].tolist()
    wanted = [(chunk, count) for chunk, count in zip(chunks, counts, strict=True) if count]
    return [
        Request(ordinal=first + place, span=chunk, expected=count, cost=cost(series, chunk))
        for place, (chunk, count) in enumerate(wanted)
    ]


def failed(answers: list[Answer]) -> list[TimeRange]:
    """What the source refused."""
    return [span for span, reason in answers if reason and reason != NO_DATA]


def together(spans: Iterable[TimeRange], longest_ns: int | None, timeframe: str) -> list[TimeRange]:
    """Spans near enough to be asked for at once made one, so that scattered holes don't cost a request each."""
    limit = longest_ns or _TOGETHER_BARS * timeframe_ns(timeframe)
    joined: list[TimeRange] = []
    for span in merge(spans):
        if joined and span.end - joined[-1].start <= limit:
            joined[-1] = TimeRange(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined
