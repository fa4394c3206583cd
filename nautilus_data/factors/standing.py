"""Standing: what a factor says, as it stands at other times, and when it says something else."""

from __future__ import annotations

import numpy as np
import pandas as pd

DAY_NS = 86_400_000_000_000


def standing(frame: pd.DataFrame, times: np.ndarray, longest_days: int) -> tuple[np.ndarray, np.ndarray]:
    """The date (ns) and value of a factor's row last known at each time (ns).

    The value is NaN where there was no row yet, or its date lies more than `longest_days` before the time.
    """
    if not len(frame):
        return np.zeros(len(times), "int64"), np.full(len(times), np.nan)
    places = np.searchsorted(frame["ts_init"].to_numpy(), times, side="right") - 1
    dates = frame["ts_event"].to_numpy()[places]
    is_there = (places >= 0) & (times - dates <= longest_days * DAY_NS)
    return dates, np.where(is_there, frame["value"].to_numpy()[places], np.nan)


def news(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that say something else, or of another date, than the one before."""
    dates, values = frame["ts_event"].to_numpy(), frame["value"].to_numpy()
    is_news = np.append(True, (dates[1:] != dates[:-1]) | (values[1:] != values[:-1]))[: len(frame)]
    return frame[is_news].reset_index(drop=True)
