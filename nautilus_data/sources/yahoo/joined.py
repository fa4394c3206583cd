"""Four-hour bars out of one-hour ones, which is what Yahoo has."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from nautilus_data.core.answer import faults, may_be_negative
from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import Series, timeframe_ns
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.sources.yahoo.chart import Rows

_FOLD = {"ts_init": "max", "open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


def joined(hours: Rows, series: Series, final_before: int, asked_from: int = 0) -> Rows:
    """Bars of the series' timeframe, each closing where its calendar says; one with a wrong hour in it is refused.

    One that began before the first hour asked for is none: its beginning is missing.
    """
    bars = hours.bars
    is_wrong = faults(bars, may_be_negative(series.instrument_id)) != "" if len(bars) else np.zeros(0, bool)
    ends = _ends(bars["ts_event"].to_numpy("int64"), series)
    good = bars[~is_wrong].assign(ts_event=ends[~is_wrong]).sort_values("ts_init", kind="stable")
    folded = good.groupby("ts_event", as_index=False).agg(_FOLD)
    folded["ts_init"] = np.maximum(folded["ts_init"], folded["ts_event"])
    spoiled = folded["ts_event"].isin(ends[is_wrong])
    is_whole = folded["ts_event"] - timeframe_ns(series.timeframe) >= asked_from
    is_final = (folded["ts_init"] < final_before) & is_whole
    refused = _refused(folded[spoiled & is_final])
    kept = folded[~spoiled & is_final].reset_index(drop=True)
    return Rows(kept, pd.concat([hours.refused, refused], ignore_index=True))


def _ends(times: np.ndarray, series: Series) -> np.ndarray:
    """When the longer bar that holds each of these closes."""
    step = timeframe_ns(series.timeframe)
    ends = -(-times // step) * step
    if not len(times):
        return ends
    slots = expected(series, TimeRange(int(times.min()) - NS_PER_DAY, int(times.max()) + NS_PER_DAY))
    if slots is None or not len(slots):
        return ends
    places = np.minimum(np.searchsorted(slots.ends, times), len(slots) - 1)
    is_inside = (times > slots.starts[places]) & (times <= slots.ends[places])
    return np.where(is_inside, slots.due[places], ends)


def _refused(bars: pd.DataFrame) -> pd.DataFrame:
    rows = [json.dumps(row) for row in bars.to_dict("records")]
    return pd.DataFrame({"ts_event": bars["ts_event"], "reason": "one of its hours can't be true", "row": rows})
