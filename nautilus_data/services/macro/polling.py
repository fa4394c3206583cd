"""Polling: what is kept is asked for after each release, by backfills like any other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nautilus_data.core.dataset import DATASETS, Series
from nautilus_data.core.job import BACKFILL, Job
from nautilus_data.core.macro_series import observations_of, releases_of
from nautilus_data.core.plan import Request
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.errors import DashboardError
from nautilus_data.services.macro.releases import Releases
from nautilus_data.sources import Source
from nautilus_data.store import Store

_LOG = logging.getLogger(__name__)
SOURCE = "fred"
# So few at once that those of other sources get their turn.
_AT_ONCE = 2
_MINUTE, _HOUR = 60 * NS_PER_S, 3_600 * NS_PER_S
# After a release, until its value is there; and without one.
_TRIES = (1 * _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 1 * _HOUR, 4 * _HOUR)
_DAILY = 24 * _HOUR
# After a failure.
_REST = 15 * _MINUTE
_DATASETS = ("observations", "releases")


@dataclass(frozen=True)
class Asked:
    """How a series was asked for last; 0 = never."""

    ts_asked: int = 0
    is_answered: bool = False
    error: str = ""


class Polling:
    """The worker calls `start_due` every few seconds; what is due is read from the store, so nothing is remembered."""

    def __init__(
        self, store: Store, sources: Mapping[str, Source], start: Callable[[Series], int],
        wanted: Callable[[], list[str]], clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self._store, self._sources, self._start, self._wanted, self._clock = store, sources, start, wanted, clock
        self._releases = Releases(store)

    def start_due(self) -> list[int]:
        """Queue what is due, a few at a time; their jobs. Without access to FRED nothing is."""
        if SOURCE not in self._sources or self._sources[SOURCE].refusal():
            return []
        active = sum(job.title.endswith(f"from {SOURCE}") for job in self._active())
        started: list[int] = []
        for series in self.due() if active < _AT_ONCE else ():
            try:
                if job := self._start(series):
                    started.append(job)
            except (DashboardError, ValueError) as error:
                _LOG.warning("can't poll series=%s reason=%s", series, error)
            if active + len(started) >= _AT_ONCE:
                break
        return started

    def due(self) -> list[Series]:
        """What has never been asked for first, then what was released since."""
        now, running = self._clock(), {job.title for job in self._active()}
        asked = {name: self._store.last_requests(name) for name in _DATASETS}
        covered = {name: self._store.covered_series(name) for name in _DATASETS}
        releases = self._releases.all(now)
        of_series = {series_id: one for one in releases.values() for series_id in one.series_ids}
        wanted = {observations_of(name): of_series.get(name) for name in self._wanted()}
        every = {one: release.last(now) if release else 0 for one, release in wanted.items()}
        every |= {releases_of(release_id): 0 for release_id in releases}
        found = []
        for series, released_at in every.items():
            is_covered, last = series in covered[series.dataset], _asked(asked[series.dataset].get(series))
            if str(series) not in running and self._is_due(series, released_at, now, last, is_covered):
                found.append((is_covered, series))
        return [series for _, series in sorted(found, key=lambda one: one[0])]

    def asked(self) -> dict[Series, Asked]:
        """The last request about each series of observations."""
        return {series: _asked(request) for series, request in self._store.last_requests("observations").items()}

    def _is_due(self, series: Series, released_at: int, now: int, asked: Asked, is_covered: bool) -> bool:
        if asked.error and now - asked.ts_asked < _REST:
            return False
        if not is_covered:
            return True
        if now - asked.ts_asked >= _DAILY:
            return True
        if not released_at or self._has_come(series, released_at):
            return False
        return any(asked.ts_asked < released_at + wait <= now for wait in _TRIES)

    def _has_come(self, series: Series, released_at: int) -> bool:
        """Is a value stored that became known since the release, or just before its announced time?"""
        time = DATASETS[series.dataset].time
        newest = self._store.read(series, last=1, columns=[time])[time]
        return bool(len(newest)) and int(newest.iloc[0]) >= released_at - _HOUR

    def _active(self) -> list[Job]:
        return self._store.jobs(1_000, kinds=[BACKFILL], active=True)


def _asked(request: Request | None) -> Asked:
    if request is None:
        return Asked()
    return Asked(request.ts_asked or request.ts_answered, bool(request.ts_answered), request.error)


def say_state(asked: Asked, is_running: bool, has_rows: bool, refusal: str) -> tuple[str, str]:
    """How a series stands, and why: data, loading, refused, empty, not asked, unavailable."""
    if has_rows:
        return "data", asked.error
    if is_running:
        return "loading", ""
    if refusal:
        return "unavailable", refusal
    if asked.error:
        return "refused", asked.error
    return ("empty", "asked for; there is nothing") if asked.is_answered else ("not asked", "")
