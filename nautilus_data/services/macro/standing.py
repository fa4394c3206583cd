"""Standing: one row a series — its last value as known at a time, how it changed, how old it is, how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import Series
from nautilus_data.core.macro_series import MACRO_SERIES, Category, observations_of
from nautilus_data.core.observation import Known
from nautilus_data.services.macro.lines import Line
from nautilus_data.services.macro.polling import Asked, say_state
from nautilus_data.services.macro.releases import Release, usual_order
from nautilus_data.services.macro.transforms import year_change, year_over_year

COLUMNS = (
    "series_id", "name", "category", "units", "frequency", "source", "value", "previous", "change", "change_year",
    "yoy", "ts_event", "ts_init", "known_by", "release", "ts_released", "ts_next", "state", "note", "is_default",
    "versions", "title",
)  # fmt: skip
_HOUR, _TAIL = 3_600 * 10**9, 400
# So long after a release its value may take to come.
_GRACE = 24 * _HOUR
_PERIOD_DAYS = MappingProxyType({"D": 1, "W": 7, "M": 30, "Q": 91, "S": 182, "A": 365})
_OFTEN = 0.6


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a row needs besides its line: how each series was asked for, what runs, who can't be asked, releases."""

    asked: Mapping[Series, Asked]
    running: frozenset[str]
    refusal: str
    releases: dict[str, Release]
    described: dict[tuple[str, str], dict[str, Any]]


def standing(
    series_ids: Iterable[str], lines: Mapping[str, Line], as_of: int, now: int, around: Surroundings
) -> pd.DataFrame:
    """Rows of COLUMNS in the declared order; value NaN and times 0 where nothing was known."""
    rows = [
        _row(one, lines.get(one), as_of, now, around)
        for one in sorted(set(series_ids), key=lambda s: (usual_order(s), s))
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(series_id: str, line: Line | None, as_of: int, now: int, around: Surroundings) -> dict[str, Any]:
    declared, source = MACRO_SERIES.get(series_id), line.source if line else ""
    told = around.described.get((source, series_id), {})
    release = around.releases.get(series_id)
    frequency = declared.frequency if declared else told.get("frequency", "")[:1]
    last = _last(line, as_of)
    is_running = str(observations_of(series_id)) in around.running
    state, note = say_state(
        around.asked.get(observations_of(series_id), Asked()), is_running, line is not None, around.refusal
    )
    if line is not None and not last:
        state, note = "not known then", "nothing of it was known at this date"
    elif release and last and (late := _late(release, frequency, last["ts_init"], as_of, now)):
        note = late
    return {
        "series_id": series_id,
        "name": declared.name if declared else told.get("title", series_id),
        "category": (declared.category if declared else Category.OTHER).value,
        "units": declared.units if declared else told.get("units", ""),
        "frequency": frequency,
        "source": source,
        **{name: last.get(name, np.nan) for name in ("value", "previous", "change", "change_year", "yoy")},
        **{name: last.get(name, 0) for name in ("ts_event", "ts_init")},
        "known_by": last.get("known_by", ""),
        "release": release.name if release else told.get("release", ""),
        "ts_released": release.last(as_of) if release else 0,
        "ts_next": release.next(as_of) if release else 0,
        "state": state,
        "note": note,
        "is_default": bool(declared and declared.is_default),
        "versions": len(line.vintages) if line else 0,
        "title": told.get("title", ""),
    }


def _last(line: Line | None, as_of: int) -> dict[str, Any]:
    """The last value that is not missing, and how it moved; empty when none was known. A projection is not one."""
    if line is None:
        return {}
    known, places = line.vintages.at_with_places(as_of)
    # More than a year of days.
    there = np.flatnonzero(~np.isnan(known.values) & (known.dates <= as_of))[-_TAIL:]
    if not len(there):
        return {}
    place = places[there[-1]]
    solid = Known(known.dates[there], known.values[there])
    previous = float(solid.values[-2]) if len(solid) > 1 else np.nan
    return {
        "value": float(solid.values[-1]),
        "previous": previous,
        "change": float(solid.values[-1]) - previous,
        "change_year": float(year_change(solid)[-1]),
        "yoy": float(year_over_year(solid)[-1]),
        "ts_event": int(solid.dates[-1]),
        "ts_init": int(line.vintages.known[place]),
        "known_by": str(line.vintages.how[place]) if line.vintages.how is not None else "",
    }


def _late(release: Release, frequency: str, known_at: int, as_of: int, now: int) -> str:
    """Was it released since, long enough ago for the value to be here?

    Of a release that comes more often than the series has periods nobody can say.
    """
    out = release.last(as_of)
    if release.every_days < _OFTEN * _PERIOD_DAYS.get(frequency, 1):
        return ""
    if as_of < now - _GRACE or not out or known_at >= out - _HOUR or now - out < _GRACE:
        return ""
    return f"late: {release.name} was due {pd.Timestamp(out, tz='UTC'):%Y-%m-%d %H:%M} UTC, its value has not come"
