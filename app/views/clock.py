"""Clock: UTC nanoseconds to and from places on a time axis, which shows one zone's wall clock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nautilus_data.core.timerange import TimeRange

NS_PER_MS = 1_000_000
_LATEST_MS = pd.Timestamp.max.value / NS_PER_MS * 0.99


def wall_clock_ms(times: pd.Series | np.ndarray, zone: str) -> np.ndarray:
    """UTC nanoseconds as milliseconds of the zone's wall clock."""
    utc = pd.DatetimeIndex(pd.to_datetime(np.asarray(times, "int64"), utc=True, unit="ns"))
    local = utc.tz_convert(zone).tz_localize(None).as_unit("ns").asi8
    return local.astype("float64") / NS_PER_MS


def to_span(start_ms: float, end_ms: float, zone: str) -> TimeRange:
    """The UTC span of two places on the x axis."""
    start, end = (_utc_ns(value, zone) for value in (start_ms, end_ms))
    return TimeRange(min(start, end), max(start, end))


def _utc_ns(local_ms: float, zone: str) -> int:
    # Ranges come from a mouse: anything outside what a Timestamp holds is clipped.
    naive = pd.Timestamp(int(np.clip(local_ms, 0, _LATEST_MS) * NS_PER_MS), unit="ns")
    return naive.tz_localize(zone, ambiguous=True, nonexistent="shift_forward").value
