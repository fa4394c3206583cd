"""Coverage: what is stored, missing, proven empty or refused, cell by cell; and where two sources disagree."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import pandas as pd

from nautilus_data.core.calendar import Slots, fitting
from nautilus_data.core.dataset import HISTORIES, NO_DATA, Series, parse_timeframe
from nautilus_data.core.plan import Answer
from nautilus_data.core.timerange import TimeRange
from nautilus_data.store import Store

_BASIS = 10_000
_CELL = (
    "instrument_id", "source", "timeframe", "adjustment", "start", "end", "expected", "stored", "missing", "empty",
    "refused", "state", "unasked", "price_type", "dataset", "answered",
)  # fmt: skip
_NAMED = ("instrument_id", "source", "timeframe", "adjustment", "price_type", "dataset")
_REQUESTS = (
    "job", "ordinal", "start", "end", "state", "attempts", "rows", "expected", "error", "ts_asked", "ts_answered",
)  # fmt: skip


class Cover(StrEnum):
    """What a cell of the map says; NONE: nothing is expected there."""

    COVERED = "covered"
    GAP = "gap"
    EMPTY = "empty"
    REFUSED = "refused"
    NONE = "none"


@dataclass(frozen=True)
class Cell:
    """Everything known about one cell: what was asked, what was answered, which rows were refused."""

    requests: pd.DataFrame
    answers: pd.DataFrame
    bad_rows: pd.DataFrame


class Coverage:
    """Counts what is stored, never what a download claimed."""

    def __init__(self, store: Store, clock: Callable[[], int] = time.time_ns) -> None:
        self._store, self._clock = store, clock

    def bad_rows(self, limit: int = 1_000) -> pd.DataFrame:
        """Rows a source gave that can't be true, the newest first: series, ts_event, reason, row, job, ts_seen."""
        return self._store.bad_rows(limit=limit)

    def series(self, timeframe: str = "", source: str = "", dataset: str = "bars") -> list[Series]:
        """Every line that something was asked about, of a timeframe and a source where given; "": of every dataset."""
        wanted = {"timeframe": parse_timeframe(timeframe) if timeframe else "", "source": source}
        given = {name: value for name, value in wanted.items() if value}
        found = [
            one for name in ([dataset] if dataset else HISTORIES) for one in self._store.series_list(name, **given)
        ]
        return [series for series in found if self._store.coverage(series)]

    def extent(self, series: Sequence[Series]) -> TimeRange | None:
        """From the first to the last answer about any of them; of what is not bars, from its first row on."""
        found = [span for one in series if (span := self._extent(one))]
        return TimeRange(min(span.start for span in found), max(span.end for span in found)) if found else None

    def map(self, series: Sequence[Series], span: TimeRange | None = None, cells: int = 100) -> pd.DataFrame:
        """One row a series and cell of equal time: how many rows are expected, stored, missing, proven empty, refused.

        `state` is a Cover. Where no calendar is known, a row is expected wherever nothing was answered, and what was
        answered wholly (`answered`) is covered whatever came. `unasked` are those of the missing before the first and
        after the last answer about the series: perhaps it was not listed.
        """
        span = span or self.extent(series)
        if span is None or not series:
            return pd.DataFrame(columns=_CELL)
        edges = np.linspace(span.start, min(span.end, self._clock()), cells + 1).astype("int64")
        rows = pd.concat([self._cells(one, edges) for one in series], ignore_index=True)
        return rows.assign(state=_states(rows))[[*_CELL]]

    def gaps(self, series: Series, span: TimeRange | None = None) -> pd.DataFrame:
        """Where rows are missing that should be there: start, end, bars; between the first and the last answer.

        How many is not known (0) without a calendar, as of observations.
        """
        columns, answers = ["start", "end", "bars"], self._store.answers(series)
        if not (span or answers):
            return pd.DataFrame(columns=columns)
        span = span or _asked(answers)[0]
        times = self._store.times(series, span)
        slots = fitting(series, span, times)
        if slots is None:
            found = [(gap.start, gap.end, 0) for gap in span.subtract(covered for covered, _ in answers)]
            return pd.DataFrame(found, columns=columns)
        lost = slots.part(~slots.filled(times) & ~_within(slots, [part for part, reason in answers if reason]))
        found = [(gap.start, gap.end, len(lost.within(gap))) for gap in lost.spans()]
        return pd.DataFrame(found, columns=columns)

    def cell(self, series: Series, span: TimeRange) -> Cell:
        """What was asked about a span of a series, the newest first, what was answered, and rows refused."""
        asked = self._store.requests_about(series, span)
        requests = [
            (job, one.ordinal, one.span.start, one.span.end, one.state.value, one.attempts, one.rows, one.expected,
             one.error, one.ts_asked, one.ts_answered)
            for job, one in asked
        ]  # fmt: skip
        answered = [(part.start, part.end, reason) for whole, reason in self._store.answers(series)
                    if (part := whole.intersect(span))]  # fmt: skip
        return Cell(
            pd.DataFrame(requests, columns=_REQUESTS),
            pd.DataFrame(answered, columns=["start", "end", "reason"]),
            # The time of a row says when it could be known of bars alone.
            self._store.bad_rows(series, span if series.dataset == "bars" else None),
        )

    def disagreements(
        self, instrument_id: str, timeframe: str = "1-DAY", tolerance_bp: float = 5.0, last: int = 500
    ) -> pd.DataFrame:
        """Closes of one bar that differ between two sources by more than a tolerance in basis points.

        Only lines of the same adjustment, price type and session are compared, over their newest bars.
        """
        kept = self._store.series_list("bars", instrument_id=instrument_id, timeframe=parse_timeframe(timeframe))
        pairs = [(one, two) for place, one in enumerate(kept) for two in kept[place + 1 :] if _are_twins(one, two)]
        columns = ["instrument_id", "timeframe", "adjustment", "ts_event", "source", "close", "other", "other_close",
                   "difference_bp"]  # fmt: skip
        found = [self._compare(one, two, tolerance_bp, last) for one, two in pairs]
        return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)

    def _compare(self, one: Series, two: Series, tolerance_bp: float, last: int) -> pd.DataFrame:
        first, second = (self._store.read(of, last=last, columns=["ts_event", "close"]) for of in (one, two))
        both = first.merge(second, on="ts_event", suffixes=("", "_other"))
        apart = (both["close"] / both["close_other"] - 1).abs() * _BASIS
        both = both.assign(
            instrument_id=one.instrument_id, timeframe=one.timeframe, adjustment=one.adjustment, source=one.source,
            other=two.source, difference_bp=apart,
        )  # fmt: skip
        return both.rename(columns={"close_other": "other_close"})[apart > tolerance_bp]

    def _extent(self, series: Series) -> TimeRange | None:
        covered = self._store.coverage(series)
        if not covered:
            return None
        rows, first, _ = (0, 0, 0) if series.dataset == "bars" else self._store.summary(series)
        # Sources are asked for centuries before the first of what is published.
        return TimeRange(max(covered[0].start, first) if rows else covered[0].start, covered[-1].end)

    def _cells(self, series: Series, edges: np.ndarray) -> pd.DataFrame:
        span = TimeRange(int(edges[0]), int(edges[-1]))
        answers, times = self._store.answers(series), self._store.times(series, span)
        slots = fitting(series, span, times)
        stored = np.diff(np.searchsorted(times, edges))
        counted = _by_answers(answers, stored, edges) if slots is None else _by_slots(slots, answers, times, edges)
        named = {name: getattr(series, name) for name in _NAMED}
        told = {**named, "start": edges[:-1], "end": edges[1:], "stored": stored, "answered": False, **counted}
        if series.dataset != "bars":
            told |= self._published(series, told)
        return pd.DataFrame(told)

    def _published(self, series: Series, told: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What comes when it is published is expected at no time: where it was asked for, it is covered.

        Only before its first row it is known to be empty.
        """
        rows, first, _ = self._store.summary(series)
        answered = told["missing"] == 0
        empty = answered & (told["end"] <= first) if rows else told["empty"]
        return {"expected": told["stored"], "empty": empty.astype("int64"), "answered": answered}


def _by_slots(slots: Slots, answers: list[Answer], times: np.ndarray, edges: np.ndarray) -> dict[str, np.ndarray]:
    lost = ~slots.filled(times)
    empty = lost & _within(slots, [span for span, reason in answers if reason == NO_DATA])
    refused = lost & _within(slots, [span for span, reason in answers if reason not in ("", NO_DATA)])
    places = np.searchsorted(edges, slots.due, side="right") - 1
    inside = (places >= 0) & (places < len(edges) - 1)

    def count(which: np.ndarray) -> np.ndarray:
        return np.bincount(places[which & inside], minlength=len(edges) - 1)

    return {
        "expected": count(inside), "missing": count(lost & ~empty & ~refused), "empty": count(empty),
        "refused": count(refused), "unasked": count(lost & ~_within(slots, _asked(answers))),
    }  # fmt: skip


def _by_answers(answers: list[Answer], stored: np.ndarray, edges: np.ndarray) -> dict[str, np.ndarray]:
    """Without a calendar: what is not answered is missing, as one bar a cell."""
    cells = [TimeRange(int(start), int(end)) for start, end in pairwise(edges)]

    def touched(spans: list[TimeRange]) -> np.ndarray:
        return np.array([int(any(cell.overlaps(span) for span in spans)) for cell in cells])

    missing = np.array([int(bool(cell.subtract(span for span, _ in answers))) for cell in cells])
    empty = touched([span for span, reason in answers if reason == NO_DATA])
    refused = touched([span for span, reason in answers if reason not in ("", NO_DATA)])
    known, asked = [span for span, _ in answers], _asked(answers)
    inside = np.array(
        [int(any(part.subtract(known) for whole in asked if (part := cell.intersect(whole)))) for cell in cells]
    )
    return {
        "expected": stored + missing + empty + refused, "missing": missing, "empty": empty, "refused": refused,
        "unasked": missing & ~inside,
    }  # fmt: skip


def _asked(answers: list[Answer]) -> list[TimeRange]:
    """From the first to the last answer."""
    return [TimeRange(answers[0][0].start, answers[-1][0].end)] if answers else []


def _within(slots: Slots, spans: list[TimeRange]) -> np.ndarray:
    """Which slots are due in one of these disjoint spans."""
    if not spans:
        return np.zeros(len(slots), bool)
    edges = np.array([edge for span in sorted(spans) for edge in (span.start, span.end)])
    return np.searchsorted(edges, slots.due, side="right") % 2 == 1


def _states(cells: pd.DataFrame) -> np.ndarray:
    conditions = [cells["missing"] > 0, cells["refused"] > 0, (cells["stored"] == 0) & (cells["empty"] > 0),
                  (cells["expected"] > 0) | cells["answered"]]  # fmt: skip
    return np.select(conditions, [Cover.GAP, Cover.REFUSED, Cover.EMPTY, Cover.COVERED], Cover.NONE)


def _are_twins(one: Series, two: Series) -> bool:
    names = ("price_type", "adjustment", "session")
    return one.source != two.source and all(getattr(one, name) == getattr(two, name) for name in names)
