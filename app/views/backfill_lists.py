"""Backfill lists: series with their top-ups, and rows that need a key of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from app.views.series import what
from nautilus_data.core.dataset import Series

_KEYED = ("instrument_id", "source", "timeframe", "adjustment", "price_type", "session", "dataset")
_COLUMNS = ("key", "instrument_id", "what", "source", "state", "every_s", "ts_next", "ts_last", "last_job")
_BETWEEN = " "


def schedules_frame(known: Iterable[Series], scheduled: Iterable[Any]) -> pd.DataFrame:
    """Every series once, on or off; `scheduled` are the store's schedules."""
    by_series = {one.series: one for one in scheduled}
    rows = []
    for series in dict.fromkeys([*by_series, *known]):
        one = by_series.get(series)
        told = (one.every_s, one.ts_next, one.ts_last, one.last_job) if one else (0, 0, 0, 0)
        named = (series.instrument_id, what(series), series.source)
        rows.append((key_of(series), *named, "on" if one else "off", *told))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def key_of(series: Series) -> str:
    """A series in one text, the instrument first."""
    return _BETWEEN.join(getattr(series, name) for name in _KEYED)


def series_of(key: str) -> Series:
    """Back from `key_of`; an instrument id may hold a space."""
    parts = key.rsplit(_BETWEEN, len(_KEYED) - 1)
    return Series(**dict(zip(_KEYED, parts, strict=True)))


def with_key(rows: pd.DataFrame) -> pd.DataFrame:
    """Refused rows, each with a text that tells it from the others."""
    names = ["instrument_id", "source", "timeframe", "adjustment", "ts_event", "reason", "row"]
    keys = rows[names].astype(str).agg(" ".join, axis=1) if len(rows) else []
    return rows.assign(key=keys)
