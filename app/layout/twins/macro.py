"""Twins of page macro; everything as known on the day chosen there."""

from __future__ import annotations

import time
from typing import Any

from app.layout.twins.twin import Twin, day, instant
from app.views import macro_calendar, macro_curve, macro_days, macro_series
from app.views.macro_compare import ids_of
from app.views.rest_text import Asked, asked

_MOST = 1_000
_MOST_POINTS = 100_000


def _known(path: str, limit: int = _MOST) -> Any:
    return lambda page: asked(path, as_of=instant(page.as_of_ns), limit=limit)


def _shown(page: Any) -> dict[str, Any]:
    """By which transform, of which span, as of when."""
    at = page.as_of_ns or time.time_ns()
    span = macro_series.span_of(page.span, at)
    return {"how": page.how, "start": instant(span.start) if span else "", "as_of": instant(page.as_of_ns)}


def _observations(page: Any) -> Asked:
    return asked("macro/series/{}", page.series_id, **_shown(page), limit=_MOST_POINTS)


def _vintages(page: Any) -> Asked | None:
    period = page.parts["series"].period
    if period is None:
        return None
    return asked(
        "macro/series/{}/vintages", page.series_id, date=day(period), as_of=instant(page.as_of_ns), limit=_MOST
    )  # fmt: skip


def _curve(page: Any) -> Asked:
    days = macro_curve.days_of(page.as_of or macro_days.new_york_day(time.time_ns()), page.days)
    return asked("macro/curve", days=[day(one.ns) for one in days], as_of=instant(page.as_of_ns), limit=_MOST)


def _factor(page: Any) -> Asked:
    key = page.parts["factors"].factor.key
    return asked("macro/factors/{}", key, as_of=instant(page.as_of_ns), limit=_MOST_POINTS)


def _calendar(page: Any) -> Asked:
    at = page.as_of_ns or time.time_ns()
    span = {"start": instant(at - macro_calendar.BEFORE), "end": instant(at + macro_calendar.AHEAD)}
    return asked("macro/calendar", **span, limit=_MOST)


def _compare(page: Any) -> Asked | None:
    ids = ids_of(page.compare)
    return asked("macro/compare", series=ids, **_shown(page), limit=_MOST_POINTS) if ids else None


TWINS = {
    "macro.series": Twin("Series", _known("macro/series")),
    "macro.observations": Twin("Observations", _observations),
    "macro.vintages": Twin("Versions", _vintages, "Choose a period: its versions are told."),
    "macro.curve": Twin("Yield curve", _curve),
    "macro.scores": Twin("Factors", _known("macro/scores")),
    "macro.factor": Twin("Factor over time", _factor),
    "macro.inputs": Twin("Inputs of factors", _known("macro/series")),
    "macro.regimes": Twin("Regimes", _known("macro/regimes", _MOST_POINTS)),
    "macro.calendar": Twin("Calendar", _calendar),
    "macro.compare": Twin("Compared series", _compare, "Choose series to compare."),
}
