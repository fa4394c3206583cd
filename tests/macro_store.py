"""A store with macro series: the unemployment rate with a revision, and series of the arch package where wanted."""

from __future__ import annotations

import asyncio

import pandas as pd

from nautilus_data import Workspace
from nautilus_data.core.dataset import OBSERVED_SERIES
from nautilus_data.core.macro_series import observations_of, releases_of
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.store import Store
from tests.loopback_fred import Line

RATE = Line(
    {"title": "Unemployment Rate", "units": "Percent", "units_short": "%", "frequency_short": "M"},
    vintages=[
        ("2024-01-05", {"2023-11-01": 3.7, "2023-12-01": 3.7}),
        ("2024-02-02", {"2023-12-01": 3.8, "2024-01-01": 3.7}),
    ],
    release=(50, "Employment Situation"),
)
# Of each value its date, when it could be known, and itself.
_RATE = (
    ("1970-01-01", "1970-02-06T13:30", 3.9),
    ("2023-11-01", "2023-12-08T13:30", 3.7),
    ("2023-12-01", "2024-01-05T13:30", 3.7),
    ("2023-12-01", "2024-02-02T13:30", 3.8),
    ("2024-01-01", "2024-02-02T13:30", 3.7),
    ("2024-02-01", "2024-03-08T13:30", float("nan")),
)


def put_rate(store: Store, series_id: str = "UNRATE") -> None:
    rows = [(to_ns(date), to_ns(known), value, "vintage") for date, known, value in _RATE]
    frame = pd.DataFrame(rows, columns=["ts_event", "ts_init", "value", "known_by"])
    store.write(observations_of(series_id), frame, TimeRange(0, to_ns("2024-03-09")))


def put_yields(store: Store) -> None:
    """Three of a curve, on two days."""
    days = [("2024-01-02", "2024-01-03T21:15"), ("2024-01-03", "2024-01-04T21:15")]
    for series_id, values in {"DGS3MO": (5.4, 5.3), "DGS2": (4.3, 4.2), "DGS10": (3.9, 4.0)}.items():
        rows = [(to_ns(day), to_ns(known), value, "rule") for (day, known), value in zip(days, values, strict=True)]
        frame = pd.DataFrame(rows, columns=["ts_event", "ts_init", "value", "known_by"])
        store.write(observations_of(series_id), frame, TimeRange(0, to_ns("2024-01-05")))


def put_recession(store: Store) -> None:
    """Two months of 2020, told a year later."""
    known = to_ns("2021-07-19T16:00")
    rows = [(to_ns(f"2020-0{month}-01"), known, float(month in (3, 4)), "vintage") for month in range(1, 7)]
    frame = pd.DataFrame(rows, columns=["ts_event", "ts_init", "value", "known_by"])
    store.write(observations_of("USREC"), frame, TimeRange(0, known + 1))


def put_release(store: Store) -> None:
    """The release of the unemployment rate, on two days."""
    seen = to_ns("2024-03-01")
    row = {"source": "fred", "series_id": "UNRATE", "title": "Unemployment Rate", "units": "Percent",
           "frequency": "M", "seasonal_adjustment": "", "release_id": "50", "release": "Employment Situation",
           "notes": "", "first_date": 0, "last_date": 0, "ts_updated": 0, "ts_init": seen}  # fmt: skip
    store.write_rows({OBSERVED_SERIES: [tuple(row[name] for name in OBSERVED_SERIES.columns)]})
    days = ("2024-01-05T13:30", "2024-02-02T13:30")
    frame = pd.DataFrame({"ts_event": [to_ns(day) for day in days], "ts_init": seen, "ts_seen": seen})
    store.write(releases_of("50"), frame, TimeRange(0, seen))


def put_package(workspace: Workspace, *series_ids: str) -> None:
    """Series of the arch package; it must be installed."""
    for series_id in series_ids:
        plan = workspace.backfill.plan_series(observations_of(series_id, "arch"))
        asyncio.run(workspace.backfill.fetch(plan))
