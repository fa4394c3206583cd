"""Polling: what is kept is asked for as often as it may change, by backfills like any other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from nautilus_data.core.dataset import Series, say_dataset
from nautilus_data.core.job import BACKFILL
from nautilus_data.core.plan import Request
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.errors import DashboardError
from nautilus_data.services.filings.forms import INSIDER_FORMS, MANAGER_FORMS, PERIODIC_FORMS, is_of
from nautilus_data.services.filings.shelf import KINDS, SOURCE, series_of
from nautilus_data.sources import Source
from nautilus_data.store import Store

_LOG = logging.getLogger(__name__)
# So few at once that those of other sources get their turn.
_AT_ONCE = 2
_MINUTE, _HOUR = 60 * NS_PER_S, 3_600 * NS_PER_S
_DAILY = 24 * _HOUR
# After a failure.
_REST = 15 * _MINUTE
# EDGAR takes filings on working days in these hours of New York's.
_OPENS, _CLOSES = 6, 22
# Each filing of these is a document of its own.
_DOCUMENTS = ("insider_trades", "holdings")
# What is in filings is asked for after one of these forms.
_AFTER: Mapping[str, tuple[str, ...]] = {
    "facts": PERIODIC_FORMS, "insider_trades": INSIDER_FORMS, "holdings": MANAGER_FORMS,
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """How a series was asked for last; 0 = never."""

    ts_asked: int = 0
    error: str = ""


class Polling:
    """The worker calls `start_due` every few seconds; what is due is read from the store, so nothing is remembered."""

    def __init__(
        self, store: Store, sources: Mapping[str, Source], start: Callable[[Series], int],
        wanted: Callable[[], list[str]], clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self._store, self._sources, self._start, self._wanted, self._clock = store, sources, start, wanted, clock
        # The forms of each company's filings, by the revision they were read at.
        self._filed: dict[str, tuple[int, pd.DataFrame]] = {}

    def start_due(self) -> list[int]:
        """Queue what is due, a few at a time; their jobs. While EDGAR can't be asked nothing is."""
        if SOURCE not in self._sources or self._sources[SOURCE].refusal():
            return []
        running = self.running()
        started: list[int] = []
        # Whoever reads documents for hours leaves room for lists of filings.
        is_reading = any(say_dataset(kind) in title for title in running for kind in _DOCUMENTS)
        for series in self.due() if len(running) < _AT_ONCE else ():
            if series.dataset in _DOCUMENTS and is_reading:
                continue
            try:
                if job := self._start(series):
                    started.append(job)
                    is_reading = is_reading or series.dataset in _DOCUMENTS
            except (DashboardError, ValueError) as error:
                _LOG.warning("can't poll series=%s reason=%s", series, error)
            if len(running) + len(started) >= _AT_ONCE:
                break
        return started

    def due(self) -> list[Series]:
        """What has never been asked for first, filings before what is in them."""
        now, running = self._clock(), self.running()
        asked = {kind: self.asked(kind) for kind in KINDS}
        covered = {kind: self._store.covered_series(kind) for kind in KINDS}
        found = []
        for cik in self._wanted():
            has_filings = series_of(cik, "filings") in covered["filings"]
            for place, kind in enumerate(KINDS if has_filings else KINDS[:1]):
                series = series_of(cik, kind)
                last, is_covered = asked[kind].get(series, Asked()), series in covered[kind]
                if str(series) not in running and self._is_due(cik, kind, now, last, is_covered):
                    found.append((is_covered, place, series))
        return [series for _, _, series in sorted(found, key=lambda one: one[:2])]

    def asked(self, kind: str) -> dict[Series, Asked]:
        """The last request about each series of a dataset."""
        return {series: _asked(request) for series, request in self._store.last_requests(kind).items()}

    def running(self) -> frozenset[str]:
        """Titles of EDGAR's jobs that wait or run."""
        jobs = self._store.jobs(1_000, kinds=[BACKFILL], active=True)
        return frozenset(job.title for job in jobs if job.title.endswith(f"from {SOURCE}"))

    def _is_due(self, cik: str, kind: str, now: int, asked: Asked, is_covered: bool) -> bool:
        waited = now - asked.ts_asked
        if asked.error and waited < _REST:
            return False
        if kind == "filings":
            return not is_covered or waited >= (10 * _MINUTE if is_open(now) else _HOUR)
        newest = self._newest(cik, _AFTER[kind], now)
        if kind == "facts" and (not is_covered or waited >= _DAILY):
            return True
        return newest > 0 and (not is_covered or newest > asked.ts_asked)

    def _newest(self, cik: str, forms: tuple[str, ...], now: int) -> int:
        """When the newest filing of these forms became known (ns); 0: there is none."""
        series = series_of(cik, "filings")
        revision = self._store.revision(series)
        if cik not in self._filed or self._filed[cik][0] != revision:
            self._filed[cik] = revision, self._store.read(series, columns=["form", "ts_init"])
        frame = self._filed[cik][1]
        times = frame.loc[is_of(frame["form"], forms), "ts_init"]
        times = times[times <= now]
        return int(times.max()) if len(times) else 0


def is_open(now: int) -> bool:
    """Does EDGAR take filings at this time?"""
    there = pd.Timestamp(now, tz="UTC").tz_convert("America/New_York")
    return there.day_of_week < 5 and _OPENS <= there.hour < _CLOSES


def _asked(request: Request) -> Asked:
    return Asked(request.ts_asked or request.ts_answered, request.error)
