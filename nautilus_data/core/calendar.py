"""Calendar: when an instrument trades, and so which bars of it there should be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import Series, timeframe_ns
from nautilus_data.core.instrument import split_instrument_id
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange

ALWAYS, FX, FX_IB, FUTURES = "24/7", "FX", "FX of IDEALPRO", "CMES"
_NEW_YORK, _CHICAGO = "America/New_York", "America/Chicago"
_MINUTE = 60 * NS_PER_S
_CALENDARS = MappingProxyType(
    {
        **dict.fromkeys(("NASDAQ", "NYSE", "ARCA", "AMEX", "BATS", "IEX", "SMART", "CBOE", "ISLAND", "PINK"), "XNYS"),
        **dict.fromkeys(("ARCX", "XNAS", "XASE", "XCBO", "SNP", "DJI", "NIM", "RUSSELL"), "XNYS"),
        **dict.fromkeys(("CME", "CBOT", "NYMEX", "COMEX", "GLOBEX", "XCME", "XCBT", "XNYM", "XCEC", "ECBOT"), FUTURES),
        **dict.fromkeys(("SIM", "FXCM", "OANDA", "CCY", "FXALL"), FX),
        "IDEALPRO": FX_IB,
        **dict.fromkeys(("BINANCE", "COINBASE", "KRAKEN", "BYBIT", "BITMEX", "OKX", "DERIBIT", "BITFINEX"), ALWAYS),
        **dict.fromkeys(("BITSTAMP", "GEMINI", "PAXOS", "HYPERLIQUID", "DYDX", "CCC", "ZEROHASH"), ALWAYS),
        **{"LSE": "XLON", "XETRA": "XETR", "IBIS": "XETR", "FWB": "XFRA", "SBF": "XPAR", "AEB": "XAMS", "BVME": "XMIL"},
        **{"EBS": "XSWX", "SWX": "XSWX", "BM": "XMAD", "TSE": "XTSE", "TSX": "XTSE", "TSEJ": "XTKS", "JPX": "XTKS"},
        **{"SEHK": "XHKG", "HKEX": "XHKG", "ASX": "XASX", "NSE": "XBOM", "BSE": "XBOM", "KRX": "XKRX", "SGX": "XSES"},
        **{"HKFE": "XHKG", "JPN": "XTKS", "OSE": "XTKS"},
        **{"EUREX": "XEUR", "ICEUS": "us_futures", "ICEEU": "IEPA"},
    }
)
# FX and IB's FX: how long after 17:00 New York a day begins.
_FX_REST = MappingProxyType({FX: 0, FX_IB: 15 * _MINUTE})
_FX_HOLIDAYS = ((12, 25), (1, 1))
# Each pair of first and last year is a calendar made anew, which takes a third of a second: few pairs, and long ones.
_USUAL = 2000


class Anchor(Enum):
    """From where a source counts the bars of a day: 09:30, 10:30, … or 10:00, 11:00, …"""

    SESSION = "the open of the session"
    CLOCK = "full steps of the local clock"


@dataclass(frozen=True)
class Sessions:
    """Trading days in order (ns): a day opens, closes, and rests at noon where `rests` are not 0."""

    opens: np.ndarray
    closes: np.ndarray
    rests: np.ndarray
    resumes: np.ndarray
    zone: str

    def part(self, which: np.ndarray | slice) -> Sessions:
        return Sessions(self.opens[which], self.closes[which], self.rests[which], self.resumes[which], self.zone)


@dataclass(frozen=True)
class Slots:
    """One place for each bar there should be, in order: its time lies in (start, end]; it is there once `due`."""

    starts: np.ndarray
    ends: np.ndarray
    due: np.ndarray

    def __len__(self) -> int:
        return len(self.due)

    def part(self, which: np.ndarray | slice) -> Slots:
        return Slots(self.starts[which], self.ends[which], self.due[which])

    def within(self, span: TimeRange) -> Slots:
        """Those that are due in a span."""
        first, last = np.searchsorted(self.due, [span.start, span.end])
        return self.part(slice(first, last))

    def filled(self, times: np.ndarray) -> np.ndarray:
        """Is there a time in each? `times` in order."""
        before, upto = (np.searchsorted(times, edges, side="right") for edges in (self.starts, self.ends))
        return upto > before

    def spans(self) -> list[TimeRange]:
        """The times a bar of them can have, neighbours as one."""
        if not len(self):
            return []
        breaks = np.flatnonzero(self.starts[1:] != self.ends[:-1])
        firsts, lasts = np.append(0, breaks + 1), np.append(breaks, len(self) - 1)
        return [TimeRange(int(self.starts[a]) + 1, int(self.ends[b]) + 1) for a, b in zip(firsts, lasts, strict=True)]


def calendar_name(instrument_id: str) -> str | None:
    """Whose sessions an instrument keeps; None where that is not known."""
    venue = split_instrument_id(instrument_id)[1].upper()
    return _CALENDARS.get(venue) or (venue if venue in _library_names() else None)


def expected(series: Series, span: TimeRange, anchor: Anchor = Anchor.SESSION) -> Slots | None:
    """Where bars of a series due in a span belong; None where its calendar can't tell.

    Outside the regular session, and for weeks and months, nothing says that there must be a bar.
    """
    name, step = calendar_name(series.instrument_id), timeframe_ns(series.timeframe)
    if name is None or series.session != "regular" or step > NS_PER_DAY or series.dataset != "bars":
        return None
    days = sessions(name, TimeRange(span.start - 8 * NS_PER_DAY, span.end + 8 * NS_PER_DAY))
    slots = _days(days) if step == NS_PER_DAY else _intraday(days, step, anchor)
    return slots.within(span)


def fitting(series: Series, span: TimeRange, times: np.ndarray) -> Slots | None:
    """As `expected`, counted from where the bars that are there were counted from."""
    slots = expected(series, span)
    if slots is None or not len(times) or _hits(slots, times) == len(times):
        return slots
    other = expected(series, span, Anchor.CLOCK)
    return other if _hits(other, times) > _hits(slots, times) else slots


def session_closes(instrument_id: str, days: pd.DatetimeIndex) -> np.ndarray:
    """Close (ns) of the session of each trade date; 0 on a day that has none or where no calendar is known."""
    name = calendar_name(instrument_id)
    if name is None or days.empty:
        return np.zeros(len(days), "int64")
    dates = _wall(days)
    span = TimeRange(int(dates.min()) - 3 * NS_PER_DAY, int(dates.max()) + 3 * NS_PER_DAY)
    known = sessions(name, span)
    # A session belongs to the date of its close; one that closes at midnight, to the day before.
    own = (known.closes + _offsets(known.closes, known.zone) - 1) // NS_PER_DAY * NS_PER_DAY
    places = np.searchsorted(own, dates)
    found = places < len(own)
    found[found] = own[places[found]] == dates[found]
    closes = np.zeros(len(dates), "int64")
    closes[found] = known.closes[places[found]]
    return closes


def sessions(name: str, span: TimeRange) -> Sessions:
    """The sessions of a calendar that touch a span."""
    first, last = (int(np.datetime64(ns, "ns").astype("datetime64[Y]").astype(int)) + 1970 for ns in _ends(span))
    whole = _load(name, min(first // 10 * 10, _USUAL), (last + 1) // 10 * 10 + 9)
    touching = slice(
        np.searchsorted(whole.closes, span.start, side="right"), np.searchsorted(whole.opens, span.end, side="right")
    )
    return whole.part(touching)


def _ends(span: TimeRange) -> tuple[int, int]:
    latest = int(pd.Timestamp("2200-01-01").value)
    return max(span.start, 0), min(max(span.end, 0), latest)


def _hits(slots: Slots, times: np.ndarray) -> int:
    places = np.searchsorted(slots.ends, times)
    places[places == len(slots)] = 0
    return int((slots.ends[places] == times).sum()) if len(slots) else 0


def _days(days: Sessions) -> Slots:
    # Up to the next open, so that a close the source rounds up still falls in its day.
    ends = np.append(days.opens[1:], days.closes[-1:] + NS_PER_DAY)
    return Slots(days.opens, ends, days.closes)


def _intraday(days: Sessions, step: int, anchor: Anchor) -> Slots:
    opens, closes = _halves(days)
    firsts = opens + step
    if anchor is Anchor.CLOCK:
        walls = opens + (offset := _offsets(opens, days.zone))
        firsts = (walls // step + 1) * step - offset
    counts = 1 + np.maximum(0, -((firsts - closes) // step))
    owner = np.repeat(np.arange(len(opens)), counts)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    ends = np.minimum(firsts[owner] + place * step, closes[owner])
    starts = np.where(place == 0, opens[owner], firsts[owner] + (place - 1) * step)
    return Slots(starts, ends, ends)


def _halves(days: Sessions) -> tuple[np.ndarray, np.ndarray]:
    """Opens and closes of the stretches without a rest."""
    broken = days.rests > 0
    if not broken.any():
        return days.opens, days.closes
    opens = np.concatenate([days.opens, days.resumes[broken]])
    closes = np.concatenate([np.where(broken, days.rests, days.closes), days.closes[broken]])
    order = np.argsort(opens, kind="stable")
    return opens[order], closes[order]


def _offsets(times: np.ndarray, zone: str) -> np.ndarray:
    """How far the wall clock of a zone is ahead of UTC at each time."""
    return _wall(pd.DatetimeIndex(times.astype("datetime64[ns]"), tz="UTC").tz_convert(zone)) - times


def _wall(times: pd.DatetimeIndex) -> np.ndarray:
    return _ns(times.tz_localize(None))


def _ns(times: pd.DatetimeIndex | pd.Series) -> np.ndarray:
    return pd.DatetimeIndex(times).as_unit("ns").asi8


@lru_cache(maxsize=32)
def _load(name: str, first_year: int, last_year: int) -> Sessions:
    start, end = pd.Timestamp(year=max(first_year, 1970), month=1, day=1), pd.Timestamp(last_year, 12, 31)
    if name == ALWAYS:
        opens = np.arange(start.value, end.value, NS_PER_DAY)
        return _without_rest(opens, opens + NS_PER_DAY, "UTC")
    if name in _FX_REST:
        return _fx(pd.bdate_range(start, end), _FX_REST[name])
    found = _from_library(name, start, end)
    return _with_maintenance(found) if name == FUTURES else found


def _fx(days: pd.DatetimeIndex, rest_ns: int) -> Sessions:
    """From 17:00 New York of the day before to 17:00, Monday to Friday."""
    is_open = [(day.month, day.day) not in _FX_HOLIDAYS for day in days]
    days = days[is_open]
    opens, closes = (
        _ns((days + pd.Timedelta(hours=hours)).tz_localize(_NEW_YORK).tz_convert("UTC")) for hours in (-7, 17)
    )
    return _without_rest(opens + rest_ns, closes, _NEW_YORK)


def _with_maintenance(days: Sessions) -> Sessions:
    """Globex rests from 16:00 to 17:00 Chicago, which the library counts as trading."""
    walls = days.closes + (offset := _offsets(days.closes, _CHICAGO))
    four = walls // NS_PER_DAY * NS_PER_DAY + 16 * 60 * _MINUTE - offset
    return _without_rest(days.opens, np.minimum(days.closes, four), _CHICAGO)


def _from_library(name: str, start: pd.Timestamp, end: pd.Timestamp) -> Sessions:
    calendars = _library()
    try:
        calendar = calendars.get_calendar(name, start=start, end=end)
    except ValueError:
        # Some begin later or end earlier than is asked, and refuse what is beyond.
        usual = calendars.get_calendar(name)
        first, last = usual.bound_min() or start, usual.bound_max() or end
        calendar = calendars.get_calendar(name, start=max(start, first), end=min(end, last))
    rests, resumes = (np.maximum(_ns(times), 0) for times in (calendar.break_starts, calendar.break_ends))
    return Sessions(_ns(calendar.opens), _ns(calendar.closes), rests, resumes, str(calendar.tz))


def _without_rest(opens: np.ndarray, closes: np.ndarray, zone: str) -> Sessions:
    none = np.zeros(len(opens), "int64")
    return Sessions(opens, closes, none, none, zone)


@lru_cache(maxsize=1)
def _library_names() -> frozenset[str]:
    return frozenset(_library().get_calendar_names(include_aliases=False))


def _library() -> object:
    # Half a second to load, and most processes need no calendar: exchange_calendars.
    import exchange_calendars

    return exchange_calendars
