"""Releases: the days FRED says something is published on, as rows of RELEASES."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from nautilus_data.core.release_lag import moments
from nautilus_data.core.timerange import TimeRange
from nautilus_data.sources.fred.metadata import day_of

# FRED tells the day only. By id: claims, industrial production, H.10, H.15, H.4.1, H.6, job openings; most others come
# before trading.
_USUAL_TIME = "08:30"
_TIMES = MappingProxyType(
    {"13": "09:15", "17": "16:15", "18": "16:15", "20": "16:30", "21": "13:00", "180": "08:30", "192": "10:00"}
)
_YEARS = (1700, 2199)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The days of a release, as they are written."""

    asked_at: int
    span: TimeRange
    days: tuple[str, ...]

    def frame(self, release_id: str) -> pd.DataFrame:
        """Rows of RELEASES; one to come was learned of at the span's end."""
        days = sorted({day for text in self.days if (day := _day(text)) is not None})
        times = moments(np.array(days, "int64").astype("datetime64[D]"), _TIMES.get(release_id, _USUAL_TIME))
        known = np.minimum(times, self.span.end - 1)
        return pd.DataFrame({"ts_event": times, "ts_init": known, "ts_seen": np.full(len(times), self.asked_at)})

    @property
    def refused(self) -> Iterator[tuple[int, str, str]]:
        for text in self.days:
            if _day(text) is None:
                yield 0, f"its date is not a day of the years {_YEARS[0]} to {_YEARS[1]}", json.dumps({"date": text})


def _day(text: str) -> int | None:
    day = day_of(text)
    return day if day is not None and _YEARS[0] <= int(text[:4]) <= _YEARS[1] else None
