"""Resample: bars made into any coarser timeframe, as a source of that timeframe would deliver them.

A bar belongs to the bucket with start < `ts_event` <= end. Where the calendar of the instrument is known, the buckets
of hours and minutes are the slots of its sessions (1h of a US stock: 09:30-10:30 … 15:30-16:00 in New York) and a day
is a session; a week runs from Monday, a month by the calendar, both by the date on which a session closes. Bars outside
any session, other venues and extended hours are put into plain steps of UTC.

A bucket carries the time of a stored bar of its timeframe: the end of its slot, a day's close, a week's last close.
The running bucket is not over: it carries the time of the newest bar there is. Weeks and months made of days carry
their last bar's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from nautilus_data.core.calendar import Slots, expected
from nautilus_data.core.dataset import Series, parse_timeframe, timeframe_ns
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange

Columns = dict[str, np.ndarray]
# What a chart that shows fewer bars than there are may draw; each is put together of those before it.
LADDER = (
    *("1-MINUTE", "2-MINUTE", "5-MINUTE", "10-MINUTE", "15-MINUTE", "30-MINUTE", "1-HOUR", "2-HOUR", "4-HOUR"),
    *("1-DAY", "1-WEEK", "1-MONTH", "3-MONTH", "1-YEAR", "5-YEAR", "10-YEAR"),
)
_TOGETHER = MappingProxyType({"high": np.maximum, "low": np.minimum, "volume": np.add, "bars": np.add})
_MONTHS = MappingProxyType({"MONTH": 1, "YEAR": 12})
_LONGEST = MappingProxyType({"MONTH": 31 * NS_PER_DAY, "YEAR": 366 * NS_PER_DAY})
# The longest that exchanges rest: China's golden weeks, and New York after September 2001.
_LONGEST_REST = 20 * NS_PER_DAY
_EARLIEST, _LATEST = np.iinfo("int64").min, np.iinfo("int64").max


def is_made_of(timeframe: str, finer: str) -> bool:
    """Can bars of one timeframe be put together of another's, none of them cut in two?"""
    step, base = timeframe_ns(timeframe), timeframe_ns(finer)
    if step <= base:
        return False
    if step < NS_PER_DAY or base < NS_PER_DAY:
        return min(step, NS_PER_DAY) % base == 0
    return not finer.endswith("WEEK") and (not finer.endswith("DAY") or base == NS_PER_DAY)


def holds(timeframe: str, finer: str) -> int:
    """How many bars of a finer timeframe one of this can hold."""
    count, _, unit = timeframe.partition("-")
    longest = int(count) * _LONGEST[unit] if unit in _LONGEST else timeframe_ns(timeframe)
    return max(1, -(-longest // timeframe_ns(finer)))


def resample(bars: Mapping[str, np.ndarray], series: Series, timeframe: str, newest: int | None = None) -> Columns:
    """Bars of a series, in order of time, made into a coarser timeframe; one of the series' own stays as it is.

    First open, highest high, lowest low, last close, summed volume (and `bars`); of what else is there, the last.
    A bucket with a volume that is not known (NaN) has none that is. `newest` is the time of the newest bar of the line
    where these are a part of it. Prices may be int64 or float64. ValueError where the timeframe is finer than theirs.
    """
    times = bars["ts_event"]
    if not len(times) or parse_timeframe(timeframe) == series.timeframe:
        return dict(bars)
    if timeframe_ns(timeframe) < timeframe_ns(series.timeframe):
        raise ValueError(f"{series}: can't be made into {timeframe}, which is finer; ask for a longer one")
    firsts, due = _cut(times, series, timeframe)
    lasts = np.append(firsts[1:], len(times)) - 1
    made = {name: values[lasts] for name, values in bars.items()}
    made["ts_event"] = stamps(due, times[lasts], int(times[-1]) if newest is None else newest)
    made["open"] = bars["open"][firsts]
    for name in bars.keys() & _TOGETHER.keys():
        made[name] = _TOGETHER[name].reduceat(bars[name], firsts)
    return made


def count(times: np.ndarray, series: Series, timeframe: str) -> int:
    """How many buckets bars at some times, in order, are put into."""
    return len(_cut(times, series, timeframe)[0]) if len(times) else 0


def stamps(due: np.ndarray, last_times: np.ndarray, newest: int) -> np.ndarray:
    """The times buckets carry; due 0: their last bar's."""
    return np.where(due == 0, last_times, np.minimum(due, newest))


def whole(series: Series, timeframe: str, span: TimeRange) -> TimeRange:
    """A span made so long that every bucket that touches it has all its bars."""
    if span.is_empty or parse_timeframe(timeframe) == series.timeframe:
        return span
    edges = locate(np.array([span.start, max(span.start, span.end - 1)]), series, timeframe)
    return TimeRange(min(span.start, int(edges.starts[0]) + 1), max(span.end, int(edges.ends[1]) + 1))


def locate(times: np.ndarray, series: Series, timeframe: str) -> Slots:
    """The bucket of each of some times, which are in order; due 0 where a bucket carries its last bar's time."""
    plain = _plain(times, timeframe)
    slots = session_slots(series, timeframe, times)
    if slots is None or not len(slots):
        return Slots(plain.starts, plain.ends, plain.ends * (not _counts_days(series)))
    place = np.searchsorted(slots.ends, times)
    before, after = (np.insert(slots.ends, 0, _EARLIEST), np.append(slots.starts, _LATEST))
    starts, ends, due = (np.append(edges, 0)[place] for edges in (slots.starts, slots.ends, slots.due))
    is_inside = after[place] < times
    ends = np.where(is_inside, ends, np.minimum(plain.ends, after[place]))
    return Slots(
        np.where(is_inside, starts, np.maximum(plain.starts, before[place])), ends, np.where(is_inside, due, ends)
    )


def session_slots(series: Series, timeframe: str, times: np.ndarray) -> Slots | None:
    """The buckets of the calendar around some times, in order; None where there is no calendar or days are counted."""
    if _counts_days(series):
        return None
    step = timeframe_ns(timeframe)
    margin = 2 * step if step < NS_PER_DAY else step + step // 8 + _LONGEST_REST
    span = TimeRange(int(times[0]) - margin, int(times[-1]) + margin)
    slots = expected(replace(series, timeframe="1-DAY" if step > NS_PER_DAY else timeframe), span)
    if slots is None or not len(slots) or step <= NS_PER_DAY:
        return slots
    groups = _plain(slots.due, timeframe).starts
    firsts = np.flatnonzero(np.diff(groups, prepend=_EARLIEST // 2))
    lasts = np.append(firsts[1:], len(groups)) - 1
    return Slots(slots.starts[firsts], slots.ends[lasts], slots.due[lasts])


def _counts_days(series: Series) -> bool:
    # A bar of a day or more says by itself which date it is of.
    return timeframe_ns(series.timeframe) >= NS_PER_DAY


def _cut(times: np.ndarray, series: Series, timeframe: str) -> tuple[np.ndarray, np.ndarray]:
    """Where each bucket begins among times, and when it is due."""
    slots = session_slots(series, timeframe, times)
    if slots is not None and len(slots):
        firsts, ends = (np.searchsorted(times, edges, side="right") for edges in (slots.starts, slots.ends))
        if (ends - firsts).sum() == len(times):
            has_bars = ends > firsts
            return firsts[has_bars], slots.due[has_bars]
    own = locate(times, series, timeframe)
    firsts = np.flatnonzero(np.append(True, own.starts[1:] != own.starts[:-1]))
    return firsts, own.due[firsts]


def _plain(times: np.ndarray, timeframe: str) -> Slots:
    """Steps of UTC: weeks from Monday, months and years by the calendar, the rest counted from 1970."""
    count, _, unit = parse_timeframe(timeframe).partition("-")
    if unit in _MONTHS:
        return _months(times, int(count) * _MONTHS[unit])
    step = timeframe_ns(timeframe)
    # 1970-01-01 was a Thursday.
    shift = 3 * NS_PER_DAY if unit == "WEEK" else 0
    ends = -(-(times + shift) // step) * step - shift
    return Slots(ends - step, ends, ends)


def _months(times: np.ndarray, count: int) -> Slots:
    # Counted from the year 0, so that five years are 2020 to 2024.
    since_year_0 = 1970 * 12
    months = ((times - 1) // NS_PER_DAY).astype("datetime64[D]").astype("datetime64[M]").astype("int64") + since_year_0
    first = months // count * count - since_year_0
    starts, ends = (
        at.astype("datetime64[M]").astype("datetime64[ns]").astype("int64") for at in (first, first + count)
    )
    return Slots(starts, ends, ends)
