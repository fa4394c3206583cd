"""Archive: which of FRED's answers tells what became known of a series in a span, asked for."""

from __future__ import annotations

from dataclasses import replace

from nautilus_data.core.macro_series import MACRO_SERIES, History
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import SkippableError
from nautilus_data.sources.fred.metadata import Info
from nautilus_data.sources.fred.refusal import NotArchivedError, TooManyRowsError
from nautilus_data.sources.fred.rows import Answer
from nautilus_data.sources.fred.session import FredApi
from nautilus_data.sources.fred.window import LATEST, Window, asked, since_the_archive, today, window_of

# So many versions of a series nobody declared are asked for; of one that has more, the first ones.
_MOST_ROWS = 600_000


class Archive:
    """FRED's vintages of series, and its values of today where it keeps none; it blocks."""

    def __init__(self, api: FredApi, history: TimeRange) -> None:
        self._api, self._history = api, history
        # What doesn't change, by series: its release, and the first day of its vintages ('' where there are none).
        self._releases: dict[str, tuple[str, str]] = {}
        self._firsts: dict[str, str] = {}

    def answer(self, series_id: str, span: TimeRange, now: int) -> Answer:
        """All that tells what became known in a span; SkippableError when a series is not what it was declared as."""
        info = Info(said=self._api.info(series_id))
        info.check(series_id)
        policy, window = info.policy(series_id), window_of(span, now)
        answer = Answer(asked_at=now, span=span, info=info.of_release(self._release(series_id)), policy=policy)
        if span.start > self._history.start:
            return self._since(series_id, window, answer)
        if policy.history is History.LATEST:
            return self._latest(series_id, answer)
        if window.end == LATEST:
            try:
                return self._vintages(series_id, replace(window, is_initial=policy.history is History.FIRST), answer)
            except NotArchivedError:
                self._firsts[series_id] = ""
        return self._since(series_id, window, answer)

    def _since(self, series_id: str, window: Window, answer: Answer) -> Answer:
        """What is older than the archive is in its first vintage, or known by rule."""
        first, history = self._first_vintage(series_id), answer.policy.history
        if not first and history is History.FIRST:
            raise SkippableError("FRED keeps no vintages of it, and its whole past is estimated anew: it is not used")
        if not first or (window.start <= first and history is History.LATEST):
            return self._latest(series_id, replace(answer, is_archived=bool(first)))
        if window.start > first:
            return self._vintages(series_id, window, answer)
        whole = since_the_archive(window, first)
        return self._vintages(series_id, replace(whole, is_initial=history is History.FIRST), answer)

    def _latest(self, series_id: str, answer: Answer) -> Answer:
        return replace(answer, latest=self._api.observations(series_id)[0])

    def _vintages(self, series_id: str, window: Window, answer: Answer) -> Answer:
        try:
            windows = self._asked(series_id, window, answer.asked_at)
        except TooManyRowsError:
            windows = self._asked(series_id, replace(window, is_initial=True), answer.asked_at)
        return replace(answer, windows=tuple(windows), first_vintage=self._firsts.get(series_id, ""))

    def _asked(self, series_id: str, window: Window, now: int) -> list[Window]:
        is_limited = series_id not in MACRO_SERIES and not window.is_initial

        def ask(part: Window) -> Window:
            return part.answered(*self._api.observations(series_id, _MOST_ROWS if is_limited else None, **part.params))

        return asked(window, ask, today(now), lambda: self._first_vintage(series_id))

    def _first_vintage(self, series_id: str) -> str:
        if series_id not in self._firsts:
            try:
                self._firsts[series_id] = self._api.first_vintage(series_id)
            except NotArchivedError:
                self._firsts[series_id] = ""
        return self._firsts[series_id]

    def _release(self, series_id: str) -> tuple[str, str]:
        """Two empty texts where FRED names none: the values are worth having without."""
        if series_id not in self._releases:
            try:
                self._releases[series_id] = self._api.release(series_id)
            except SkippableError:
                self._releases[series_id] = ("", "")
        return self._releases[series_id]
