"""Session: which trading day a bar belongs to, in the time of the exchange."""

from __future__ import annotations

import numpy as np

from nautilus_data.core.calendar import calendar_name, sessions
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange

_MARGIN_NS = 8 * NS_PER_DAY


def utc_days(times: np.ndarray) -> np.ndarray:
    """Where the UTC day of each bar begins (ns). `times`: closes; one at midnight belongs to the day it closes."""
    return (times - 1) // NS_PER_DAY * NS_PER_DAY


def session_starts(instrument_id: str, times: np.ndarray) -> np.ndarray:
    """Where the trading day of each bar begins (ns, int64). `times`: closes (ns), in order.

    A day reaches from the middle of the rest before its session to the middle of the rest after it, so that bars before
    and after hours are of the session they surround. The UTC day where no calendar is known, or none so early or late.
    """
    starts = utc_days(times)
    name = calendar_name(instrument_id)
    if name is None or not len(times):
        return starts
    days = sessions(name, TimeRange(int(times[0]) - _MARGIN_NS, int(times[-1]) + _MARGIN_NS))
    edges = days.closes[:-1] + (days.opens[1:] - days.closes[:-1]) // 2
    places = np.searchsorted(edges, times)
    is_within = (places > 0) & (places < len(edges))
    starts[is_within] = edges[places[is_within] - 1]
    return starts
