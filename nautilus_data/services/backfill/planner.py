"""Planner: what is missing of a series, as the requests its source can answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nautilus_data.core.dataset import Series, show_timeframe, timeframe_ns
from nautilus_data.core.listing import told_symbols
from nautilus_data.core.plan import Answer, Mode, Plan, entries_of, failed, missing, together
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, say_time
from nautilus_data.errors import SkippableError
from nautilus_data.sources import Capability, Source
from nautilus_data.store import Store

# How far back where neither the person nor the source says.
_DAILY_DEPTH_NS, _DEPTH_BARS = 20 * 365 * NS_PER_DAY, 5_000
# So many stored bars are asked again to see whether the past was restated, looked for within so many days.
_OVERLAP_BARS, _NEAR_NS = 5, 15 * NS_PER_DAY
# What one request takes besides waiting for the quota, for the estimate.
_REQUEST_S = 0.5
_FAR = 2**62


class Planner:
    """Reads the store and asks nobody."""

    def __init__(self, sources: Mapping[str, Source], store: Store, clock: Callable[[], int]) -> None:
        self._sources, self._store, self._clock = sources, store, clock

    def source(self, name: str) -> Source:
        """A source, knowing the symbols the directory has for it."""
        if name not in self._sources:
            raise SkippableError(f"no source is called {name!r}; there are: {', '.join(self._sources)}")
        found = self._sources[name]
        found.aliases = told_symbols(self._store.aliases(name))
        return found

    def plan(self, series: Series, start: int | None, end: int | None, mode: Mode) -> Plan:
        """The exact requests for a span, their cost and when they should be done."""
        source, now = self.source(series.source), self._clock()
        capability = source.spec.capability(series)
        if reason := source.refusal():
            raise SkippableError(f"{source.spec.title} can't be asked: {reason}")
        source.check(series)
        span = _span(series, source.spec.title, capability, start, end, now)
        answers = self._answers(series, now)
        gaps = self._gaps(series, span, answers, mode)
        wanted = together(gaps, capability.max_span_ns, series.timeframe)
        overlap = self._overlap(series, wanted) if mode is not Mode.ALL else None
        chunks = [chunk for part in _with(wanted, overlap) for chunk in source.chunks(series, part)]
        entries = tuple(entries_of(series, chunks, source.cost))
        takes_s = source.wait_s(sum(entry.cost for entry in entries)) + _REQUEST_S * len(entries)
        return Plan(
            series=series, span=span, entries=entries, covered=tuple(span.subtract(gaps)), mode=mode, overlap=overlap,
            ts_planned=now, ts_estimated=now + int(takes_s * NS_PER_S),
        )  # fmt: skip

    def _answers(self, series: Series, now: int) -> list[Answer]:
        """What was answered; an answer about the future was noted by a clock that stood ahead, and is forgotten."""
        answers = self._store.answers(series)
        if answers and answers[-1][0].end > now:
            self._store.clear(series, TimeRange(now, _FAR))
            answers = self._store.answers(series)
        return answers

    def _gaps(self, series: Series, span: TimeRange, answers: list[Answer], mode: Mode) -> list[TimeRange]:
        if mode is Mode.ALL:
            return [span]
        if mode is Mode.MISSING_FAILED:
            refused = set(failed(answers))
            answers = [(part, reason) for part, reason in answers if part not in refused]
        return missing(series, span, answers, self._store.times(series, span))

    def _overlap(self, series: Series, gaps: list[TimeRange]) -> TimeRange | None:
        """The stored bars next to what is asked; prices as traded are never restated."""
        if not gaps or series.adjustment == "raw":
            return None
        before = self._store.read(series, TimeRange(0, gaps[0].start), last=_OVERLAP_BARS, columns=["ts_event"])
        if len(before):
            return TimeRange(int(before["ts_event"].iloc[0]), gaps[0].start)
        after = self._store.times(series, TimeRange(gaps[-1].end, gaps[-1].end + _NEAR_NS))[:_OVERLAP_BARS]
        return TimeRange(gaps[-1].end, int(after[-1]) + 1) if len(after) else None


def _with(gaps: list[TimeRange], overlap: TimeRange | None) -> list[TimeRange]:
    if overlap is None:
        return gaps
    if overlap.end == gaps[0].start:
        return [TimeRange(overlap.start, gaps[0].end), *gaps[1:]]
    return [*gaps[:-1], TimeRange(gaps[-1].start, overlap.end)]


def _span(
    series: Series, title: str, capability: Capability, start: int | None, end: int | None, now: int
) -> TimeRange:
    step = timeframe_ns(series.timeframe)
    depth = _DAILY_DEPTH_NS if step >= NS_PER_DAY else _DEPTH_BARS * step
    said = capability.known(now)
    known = said or TimeRange(0, now)
    usual = known.start if said else max(0, now - depth)
    first, last = usual if start is None else start, min(known.end if end is None else end, now)
    if end is not None and end < first:
        raise ValueError("the span is reversed: choose an end after its start")
    if first >= now:
        raise ValueError("the span is in the future: choose one that is not in the future")
    if last <= first:
        raise ValueError("the span is empty: choose an end after its start")
    if (span := TimeRange(first, last).intersect(known)) is None:
        there_is = f"since {say_time(known.start)} UTC" if known.end >= now else f"from {known}"
        what = f"{show_timeframe(series.timeframe)} {series.dataset} of {series.instrument_id}"
        raise ValueError(f"{title} has {what} only {there_is}: choose a span inside")
    return span
