"""Twins of page macro; everything as known on the day chosen there."""

from __future__ import annotations

from typing import Any

from app.layout.twins.twin import Twin
from app.views.rest_text import Asked, asked

_MOST = 1_000
_MOST_POINTS = 100_000


def _known(path: str, **more: Any) -> Any:
    return lambda page: asked(path, as_of=page.as_of, **more)


def _vintages(page: Any) -> Asked | None:
    period = page.parts["series"].period
    return None if period is None else asked("macro/series/{}/vintages", page.series_id, period=period)


TWINS = {
    "macro.series": Twin("Series", _known("macro/series", limit=_MOST)),
    "macro.observations": Twin(
        "Observations",
        lambda page: asked("macro/series/{}", page.series_id, as_of=page.as_of, how=page.how, limit=_MOST_POINTS),
    ),
    "macro.vintages": Twin("Versions", _vintages, "Choose a period: its versions are told."),
    "macro.curve": Twin("Yield curve", _known("macro/curve")),
    "macro.scores": Twin("Factors", _known("macro/scores", limit=_MOST)),
    "macro.factor": Twin(
        "Factor over time",
        lambda page: asked("macro/factors/{}", page.parts["factors"].factor.key, as_of=page.as_of, limit=_MOST_POINTS),
    ),
    "macro.inputs": Twin("Inputs of the factor", _known("macro/series", limit=_MOST)),
    "macro.regimes": Twin("Regimes", _known("macro/regimes", limit=_MOST)),
    "macro.calendar": Twin("Calendar", _known("macro/calendar", limit=_MOST)),
    "macro.compare": Twin("Compared series", _known("macro/compare", limit=_MOST_POINTS)),
}
