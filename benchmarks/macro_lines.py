"""Sixty years of every declared series with its vintages, made at random, for the benchmarks of macro."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from nautilus_data.core.macro_series import MACRO_SERIES, MacroSeries, observations_of
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.store import Store

DAY = 86_400_000_000_000
_ABOUT = {"WALCL": 6e6, "WTREGEN": 5e5, "RRPONTSYD": 300.0, "DCOILWTICO": 60.0, "VIXCLS": 18.0, "VXVCLS": 19.5}
# A benchmark revision makes the last years of a monthly line anew, once a year.
_YEARS_REVISED = 5


def seed(store: Store, first: str, last: str) -> int:
    """Write all lines of the periods in [first, last); how many versions there are."""
    total = 0
    for declared in MACRO_SERIES.values():
        frame = versions(declared, first, last)
        store.write(observations_of(declared.series_id), frame, TimeRange(to_ns("1700-01-01"), to_ns(last)))
        total += len(frame)
    return total


def versions(declared: MacroSeries, first: str, last: str) -> pd.DataFrame:
    """Rows of OBSERVATIONS."""
    dice = np.random.default_rng(zlib.crc32(declared.series_id.encode()))
    dates = _dates(declared.frequency, first, last)
    values = _values(declared, len(dates), dice)
    known = declared.lag.after(dates, declared.frequency)
    parts = [(dates, known, values)]
    if declared.frequency in "MQ":
        parts += list(_revisions(dates, known, values, dice))
    columns = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    frame = pd.DataFrame(dict(zip(("ts_event", "ts_init", "value"), columns, strict=True))).assign(known_by="vintage")
    frame = frame[frame["ts_init"] < to_ns(last)]
    return frame.drop_duplicates(["ts_event", "ts_init"], keep="last").sort_values("ts_init", ignore_index=True)


def _dates(frequency: str, first: str, last: str) -> np.ndarray:
    start, end = np.datetime64(first, "D"), np.datetime64(last, "D")
    if frequency == "D":
        days = np.arange(start, end)
        days = days[np.is_busday(days)]
    elif frequency == "W":
        saturday = np.timedelta64((5 - (start.astype("int64") + 3) % 7) % 7, "D")
        days = np.arange(start + saturday, end, np.timedelta64(7, "D"))
    else:
        step = np.timedelta64(3 if frequency == "Q" else 1, "M")
        days = np.arange(start.astype("datetime64[M]"), end.astype("datetime64[M]"), step)
    return days.astype("datetime64[ns]").astype("int64")


def _values(declared: MacroSeries, count: int, dice: np.random.Generator) -> np.ndarray:
    if declared.series_id == "USREC":
        return np.repeat(dice.random(count // 12 + 1) < 0.15, 12)[:count].astype("float64")
    walk = dice.normal(0, 1, count)
    if declared.units in ("%", "pp"):
        return 4 + _pulled(walk, 0.995) * 0.08
    if declared.series_id in ("VIXCLS", "VXVCLS", "DCOILWTICO"):
        return _ABOUT[declared.series_id] * np.exp(0.05 * _pulled(walk, 0.98))
    return _ABOUT.get(declared.series_id, 100.0) * np.exp(np.cumsum(0.002 + 0.004 * walk) - 0.001 * count)


def _pulled(steps: np.ndarray, keep: float) -> np.ndarray:
    """A walk that is drawn back to 0."""
    place, found = 0.0, np.empty(len(steps))
    for number, step in enumerate(steps):
        found[number] = place = keep * place + step
    return found


def _revisions(
    dates: np.ndarray, known: np.ndarray, values: np.ndarray, dice: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """A second and a third version of each value with the next ones, and the last years anew once a year."""
    for later in (1, 2):
        yield dates[:-later], known[later:], values[:-later] * (1 + dice.normal(0, 0.0005, len(dates) - later))
    every = 12 if len(dates) > 1 and dates[1] - dates[0] < 40 * DAY else 4
    for place in range(every * _YEARS_REVISED, len(dates), every):
        past = slice(place - every * _YEARS_REVISED, place - 2)
        count = past.stop - past.start
        yield dates[past], np.full(count, known[place]), values[past] * (1 + dice.normal(0, 0.0003, count))
