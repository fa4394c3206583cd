"""Lines of observations written straight into a store."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from nautilus_data.core.dataset import OBSERVED_SERIES
from nautilus_data.core.macro_series import observations_of
from nautilus_data.core.timerange import NS_PER_S, TimeRange, to_ns
from nautilus_data.store import Store

PAST = to_ns("1700-01-01")


def seed(
    store: Store,
    series_id: str,
    versions: Mapping[str, Mapping[str, float]],
    source: str = "fred",
    until: str = "2030-01-01",
) -> None:
    """`versions` are {when known: {date: value}}; what was covered ends at `until`."""
    rows = [
        (to_ns(date), to_ns(known), value, "vintage")
        for known, values in versions.items()
        for date, value in values.items()
    ]
    frame = pd.DataFrame(rows, columns=["ts_event", "ts_init", "value", "known_by"])
    frame = frame.astype({"ts_event": "int64", "ts_init": "int64", "value": "float64"}).sort_values("ts_init")
    store.write(observations_of(series_id, source), frame, TimeRange(PAST, to_ns(until)))


def describe(
    store: Store, series_id: str, release_id: str = "50", release: str = "Employment Situation", **told: object
) -> None:
    """What a source says of a series."""
    row = {
        "source": "fred", "series_id": series_id, "title": series_id, "units": "Percent", "frequency": "Monthly",
        "seasonal_adjustment": "", "release_id": release_id, "release": release, "notes": "", "first_date": 1,
        "last_date": 1, "ts_updated": 1, "ts_init": 1,
    }  # fmt: skip
    store.write_rows({OBSERVED_SERIES: pd.DataFrame([{**row, **told}])})


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: str) -> None:
        self.now = to_ns(now)

    def __call__(self) -> int:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += int(seconds * NS_PER_S)
