"""Releases: when each was and will be published, and which series it brings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import OBSERVED_SERIES
from nautilus_data.core.macro_series import MACRO_SERIES, releases_of
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.store import Store

# So many dates tell how often it comes.
_LAST = 24
CALENDAR = ("release_id", "release", "ts_event", "is_out", "series", "ts_seen")


@dataclass(frozen=True)
class Release:
    """One release, its series and its dates (ns, ascending)."""

    release_id: str
    name: str
    series_ids: tuple[str, ...]
    dates: np.ndarray
    ts_seen: int

    @property
    def every_days(self) -> float:
        """Days between two of its last dates; 0 where that is not known."""
        return float(np.median(np.diff(self.dates[-_LAST:]))) / NS_PER_DAY if len(self.dates) > 1 else 0.0

    def last(self, now: int) -> int:
        """When it was published last; 0 where that is not known."""
        place = int(np.searchsorted(self.dates, now, side="right"))
        return int(self.dates[place - 1]) if place else 0

    def next(self, now: int) -> int:
        """When it is published next; 0 where that is not known."""
        place = int(np.searchsorted(self.dates, now, side="right"))
        return int(self.dates[place]) if place < len(self.dates) else 0


class Releases:
    """As FRED says; a date it no longer tells of is no longer ahead."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def described(self) -> pd.DataFrame:
        """What sources say about each series: rows of OBSERVED_SERIES."""
        return self._store.read(OBSERVED_SERIES)

    def all(self, now: int) -> dict[str, Release]:
        """Every release that brings a described series."""
        brings: dict[str, list[str]] = defaultdict(list)
        names: dict[str, str] = {}
        known = self.described()
        for row in known[known["release_id"] != ""].itertuples():
            brings[row.release_id].append(row.series_id)
            names[row.release_id] = row.release
        return {one: self._release(one, names[one], tuple(sorted(ids)), now) for one, ids in brings.items()}

    def calendar(self, start: int, end: int, now: int) -> pd.DataFrame:
        """Releases in a span, the earliest first: release_id, release, ts_event, is_out, series (ids), ts_seen."""
        rows = [
            (one.release_id, one.name, int(time), bool(time <= now), list(one.series_ids), one.ts_seen)
            for one in self.all(now).values()
            for time in one.dates[(one.dates >= start) & (one.dates < end)]
        ]
        return pd.DataFrame(rows, columns=CALENDAR).sort_values(["ts_event", "release"]).reset_index(drop=True)

    def _release(self, release_id: str, name: str, series_ids: tuple[str, ...], now: int) -> Release:
        rows = self._store.read(releases_of(release_id))
        if rows.empty:
            return Release(release_id, name, series_ids, np.empty(0, "int64"), 0)
        seen = int(rows["ts_seen"].max())
        is_told = (rows["ts_event"] <= now) | (rows["ts_seen"] == seen)
        return Release(release_id, name, series_ids, np.sort(rows["ts_event"][is_told].to_numpy()), seen)


def usual_order(series_id: str) -> int:
    """Its place among the declared series; behind them for any other."""
    return list(MACRO_SERIES).index(series_id) if series_id in MACRO_SERIES else len(MACRO_SERIES)
