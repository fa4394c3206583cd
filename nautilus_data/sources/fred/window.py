"""Window: a span of days FRED's archive is asked about, and the rows it answered with.

Of what began before a window ALFRED says that it began on its first day. So a window begins a day early, and what it
says of that day is known already; only the one that begins before the archive did is taken whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.errors import SkippableError
from nautilus_data.sources.fred.metadata import day_of
from nautilus_data.sources.fred.refusal import TooManyVintagesError

# realtime_start, realtime_end, date, value; as they are written.
Row = tuple[str, str, str, str]
EARLIEST, LATEST = "1776-07-04", "9999-12-31"
_CENTRAL = ZoneInfo("America/Chicago")
_EPOCH = date(1970, 1, 1)
# A day in Chicago or New York is over six hours after it is in London, at the latest.
_DAY_ENDS_NS = NS_PER_DAY + 6 * 3600 * NS_PER_S


@dataclass(frozen=True, kw_only=True)
class Window:
    """Days from `start` to `end`, both included, as FRED writes them; `is_initial`: of each date the first version."""

    start: str
    end: str
    is_initial: bool = False
    rows: tuple[Row, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Does it begin before anything was archived?"""
        return self.start == EARLIEST

    @property
    def params(self) -> dict[str, str]:
        """Of the request."""
        said = {"realtime_start": self.start, "realtime_end": self.end}
        return {**said, "output_type": "4"} if self.is_initial else said

    def answered(self, rows: tuple[Row, ...], until: str) -> Window:
        """With what was answered: that may be about fewer days than were asked for."""
        return replace(self, rows=rows, end=self.end if day_of(until) is None else min(self.end, until))


def window_of(span: TimeRange, now: int) -> Window:
    """The days whose vintages may have become known in a span, and the one before."""
    first = max(_day(span.start - _DAY_ENDS_NS) - timedelta(days=1), date.fromisoformat(EARLIEST))
    last = str(_day(span.end))
    # Of a day to come FRED wants to hear nothing, but of the last there can be.
    return Window(start=str(first), end=LATEST if last >= today(now) else last)


def since_the_archive(window: Window, first_vintage: str) -> Window:
    """From before the archive began, at least until it had."""
    return replace(window, start=EARLIEST, end=max(window.end, first_vintage))


def today(now: int) -> str:
    """The day it is where FRED is."""
    return str(datetime.fromtimestamp(now // NS_PER_S, _CENTRAL).date())


def asked(
    window: Window, ask: Callable[[Window], Window], last_day: str, first_vintage: Callable[[], str]
) -> list[Window]:
    """A window with its rows; in halves, which overlap by a day, where it has more vintages than one answer may."""
    try:
        return [ask(window)]
    except TooManyVintagesError as error:
        # Nothing is there before the archive began.
        start = max(window.start, str(date.fromisoformat(first_vintage()) - timedelta(days=1)))
        first, last = date.fromisoformat(start), date.fromisoformat(min(window.end, last_day))
        middle = first + (last - first) // 2
        if not first < middle < last:
            raise SkippableError(f"{error} It can't be asked for in smaller parts") from None
    halves = (replace(window, start=start, end=str(middle)), replace(window, start=str(middle)))
    return [part for half in halves for part in asked(half, ask, last_day, first_vintage)]


def _day(ns: int) -> date:
    return _EPOCH + timedelta(days=ns // NS_PER_DAY)
