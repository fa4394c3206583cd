"""Chart: what a price chart shows, whoever draws it — bars in a style, lines, holes, days, volume by price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from app.views.clock import NS_PER_MS, wall_clock_ms
from nautilus_data.core import calendar
from nautilus_data.core.dataset import timeframe_ns
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange

STYLES = MappingProxyType(
    {"candles": "Candles", "heikin-ashi": "Heikin-Ashi", "bars": "OHLC bars", "line": "Line", "area": "Area"}
)
SCALES = MappingProxyType({"linear": "Linear", "log": "Log", "percent": "Percent"})
PRICES = ("open", "high", "low", "close")
_MOST_HOLE_ROWS = 40
_MINUTE, _HOUR = 60 * NS_PER_S, 3_600 * NS_PER_S
# What a label at a bar is worth when there is no room for all: a year's first bar, a month's, a day's, an hour's.
_YEAR, _MONTH, _DAY = 70, 60, 50
_STEPS = ((12 * _HOUR, 33), (6 * _HOUR, 32), (3 * _HOUR, 31), (_HOUR, 30), (30 * _MINUTE, 22), (5 * _MINUTE, 21),
          (_MINUTE, 20), (NS_PER_S, 10))  # fmt: skip


@dataclass(frozen=True)
class Hole:
    """Bars that should be there and are not: first and last time (ns), how many (0: not known), where to fill them."""

    first: int
    last: int
    bars: int
    url: str = ""

    @property
    def text(self) -> str:
        """Its days, in UTC."""
        first, last = (str(np.datetime64(ns, "ns").astype("datetime64[D]")) for ns in (self.first, self.last))
        return first if first == last else f"{first} to {last}"


@dataclass(frozen=True)
class Line:
    """A line beside the bars: `values` (float64, NaN: nothing) stand by the bars' index.

    `key` is its own; lines of one indicator share `name` and `label`. `pane` 0 is that of the price. `ahead`: values at
    the places after the last bar.
    """

    key: str
    name: str
    label: str
    title: str
    values: np.ndarray = field(repr=False)
    kind: str = "indicator"
    pane: int = 0
    style: str = "line"
    color: int = 0
    precision: int = 2
    ahead: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    levels: tuple[float, ...] = ()
    # What a person may change: name, title, value, low, high, step of each.
    parameters: tuple[Mapping[str, float | str], ...] = ()


@dataclass(frozen=True)
class Band:
    """The area between two lines, by their keys."""

    upper: str
    lower: str
    color: int = 0


@dataclass(frozen=True)
class Profile:
    """Volume by price, from low to high: `up` and `down` by the bars' direction; `poc` is the row with the most.

    `value` are the first and last row of the value area, which holds 70 % of the volume around it.
    """

    low: float
    high: float
    up: np.ndarray
    down: np.ndarray
    poc: int
    value: tuple[int, int]


@dataclass(frozen=True)
class ChartModel:
    """Everything a chart shows. `bars`: time (int64 ns), open … volume (float64), NaN rows where bars are missing.

    `drawn` are the prices as drawn, which Heikin-Ashi changes. `weight` and `day` (days since 1970) are each bar's
    worth as a label and its trading day.
    """

    title: str
    what: str
    timeframe: str
    bars: Mapping[str, np.ndarray] = field(repr=False)
    drawn: Mapping[str, np.ndarray] = field(repr=False)
    weight: np.ndarray = field(repr=False)
    day: np.ndarray = field(repr=False)
    zone: str = "UTC"
    precision: int = 2
    style: str = "candles"
    scale: str = "linear"
    note: str = ""
    lines: tuple[Line, ...] = ()
    bands: tuple[Band, ...] = ()
    holes: tuple[Hole, ...] = ()

    def __len__(self) -> int:
        return len(self.bars["time"])


def chart_model(
    frame: pd.DataFrame,
    *,
    title: str = "",
    what: str = "",
    zone: str = "UTC",
    precision: int = 2,
    style: str = "candles",
    scale: str = "linear",
    holes: Sequence[Hole] = (),
    calendar_of: str = "",
) -> ChartModel:
    """Bars (`ts_event` ns, open … volume, as the market gives them) as a chart; `calendar_of` names an instrument."""
    timeframe = str(frame.attrs.get("drawn") or frame.attrs.get("timeframe") or "1-DAY")
    bars = with_holes(columns_of(frame), holes, timeframe_ns(timeframe))
    weight, day = weights(bars["time"], zone, calendar_of)
    scale, note = possible_scale(scale, bars)
    prices = {name: bars[name] for name in PRICES}
    drawn = heikin_ashi(prices) if style == "heikin-ashi" else prices
    return ChartModel(
        title=title, what=what, timeframe=timeframe, bars=bars, drawn=drawn, weight=weight, day=day, zone=zone,
        precision=precision, style=style, scale=scale, note=note, holes=tuple(holes),
    )  # fmt: skip


def columns_of(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Copies, in order of time, one row a time: the last one told wins. A volume below zero is not known."""
    frame = frame.sort_values("ts_event", kind="stable").drop_duplicates("ts_event", keep="last")
    values = {name: np.array(frame[name], "float64") for name in (*PRICES, "volume")}
    is_known = np.all([np.isfinite(values[name]) for name in PRICES], axis=0)
    volume = values["volume"]
    return {
        "time": np.array(frame["ts_event"], "int64"),
        **{name: np.where(is_known, values[name], np.nan) for name in PRICES},
        # Interactive Brokers says -1 for none.
        "volume": np.where(np.isfinite(volume) & (volume >= 0), volume, np.nan),
    }


def with_holes(bars: Mapping[str, np.ndarray], holes: Sequence[Hole], step: int) -> dict[str, np.ndarray]:
    """Rows of NaN where bars are missing, as many as are missing but at most 40 a hole: seen, and not endless."""
    made = [_hole_times(hole, step) for hole in holes]
    extra = np.setdiff1d(np.concatenate(made), bars["time"]) if made else np.empty(0, "int64")
    if not len(extra):
        return dict(bars)
    time = np.concatenate([bars["time"], extra])
    order = np.argsort(time, kind="stable")
    nothing = np.full(len(extra), np.nan)
    values = {name: np.concatenate([bars[name], nothing])[order] for name in (*PRICES, "volume")}
    return {"time": time[order], **values}


def _hole_times(hole: Hole, step: int) -> np.ndarray:
    count = hole.bars or max(1, (hole.last - hole.first) // step)
    count = int(min(count, _MOST_HOLE_ROWS))
    return np.linspace(hole.first, hole.last, count).astype("int64") if count > 1 else np.array([hole.last])


def heikin_ashi(prices: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Heikin-Ashi candles: close is the mean of the four prices, open the middle of the candle before.

    The first candle, and the first after a hole, opens in the middle of its own open and close.
    """
    close = (prices["open"] + prices["high"] + prices["low"] + prices["close"]) / 4
    opened = np.empty(len(close))
    before_open = before_close = np.nan
    middles = ((prices["open"] + prices["close"]) / 2).tolist()
    for i, (middle, value) in enumerate(zip(middles, close.tolist(), strict=True)):
        before_open = middle if before_open != before_open else (before_open + before_close) / 2
        if value != value:
            before_open = np.nan
        opened[i], before_close = before_open, value
    return {
        "open": opened,
        "high": np.maximum(prices["high"], np.maximum(opened, close)),
        "low": np.minimum(prices["low"], np.minimum(opened, close)),
        "close": close,
    }


def next_heikin_ashi(before: Mapping[str, float] | None, bar: Mapping[str, float]) -> dict[str, float]:
    """The Heikin-Ashi candle of a bar, given the candle before it."""
    close = sum(bar[name] for name in PRICES) / 4
    known = before is not None and before["open"] == before["open"]
    opened = (before["open"] + before["close"]) / 2 if known else (bar["open"] + bar["close"]) / 2
    return {"open": opened, "high": max(bar["high"], opened, close), "low": min(bar["low"], opened, close),
            "close": close}  # fmt: skip


def possible_scale(scale: str, bars: Mapping[str, np.ndarray]) -> tuple[str, str]:
    """The scale that can be drawn, and why it is another than was asked for."""
    lows = bars["low"][np.isfinite(bars["low"])]
    if scale == "log" and len(lows) and lows.min() <= 0:
        return "linear", "prices at or below zero have no logarithm: drawn on a linear scale"
    first = bars["close"][np.isfinite(bars["close"])][:1]
    if scale == "percent" and len(first) and first[0] <= 0:
        return "linear", "a percentage of a price at or below zero says nothing: drawn on a linear scale"
    return scale, ""


def weights(times: np.ndarray, zone: str, instrument_id: str = "") -> tuple[np.ndarray, np.ndarray]:
    """What a label at each bar is worth (uint8) and the trading day each belongs to (int32, days since 1970).

    Where the instrument's calendar is known a day is its session, named by the date it closes on the exchange.
    """
    if not len(times):
        return np.empty(0, "uint8"), np.empty(0, "int32")
    wall = (wall_clock_ms(times, zone) * NS_PER_MS).astype("int64")
    day = _trading_days(times, wall, instrument_id)
    dates = day.astype("datetime64[D]")
    worth = np.zeros(len(times), "uint8")
    for step, value in reversed(_STEPS):
        worth[1:][np.diff(wall // step) != 0] = value
    for kind, value in (("D", _DAY), ("M", _MONTH), ("Y", _YEAR)):
        worth[1:][np.diff(dates.astype(f"datetime64[{kind}]").astype("int64")) != 0] = value
    worth[0] = _DAY
    return worth, day.astype("int32")


def _trading_days(times: np.ndarray, wall: np.ndarray, instrument_id: str) -> np.ndarray:
    # A bar that closes at midnight belongs to the day it closes.
    plain = (wall - 1) // NS_PER_DAY
    name = calendar.calendar_name(instrument_id) if "." in instrument_id else None
    if name is None or name == calendar.ALWAYS:
        return plain
    days = calendar.sessions(name, TimeRange(int(times[0]) - 8 * NS_PER_DAY, int(times[-1]) + 8 * NS_PER_DAY))
    if not len(days.closes):
        return plain
    place = np.minimum(np.searchsorted(days.closes, times), len(days.closes) - 1)
    inside = (times > days.opens[place]) & (times <= days.closes[place])
    closes = (wall_clock_ms(days.closes, days.zone) * NS_PER_MS).astype("int64")
    return np.where(inside, (closes[place] - 1) // NS_PER_DAY, plain)


def volume_profile(bars: Mapping[str, np.ndarray], rows: int = 48) -> Profile | None:
    """Volume by price of some bars, each bar's spread evenly from its low to its high; None when none is known."""
    known = np.isfinite(bars["low"]) & np.isfinite(bars["volume"]) & (bars["volume"] > 0)
    if not known.any():
        return None
    low, high, volume = (bars[name][known] for name in ("low", "high", "volume"))
    bottom, top = float(low.min()), float(high.max())
    if top <= bottom:
        top = bottom + max(abs(bottom) * 1e-6, 1e-9)
    edges = np.linspace(bottom, top, rows + 1)
    width = np.maximum(high - low, (top - bottom) * 1e-9)
    shared = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
    shares = np.clip(shared, 0, None) / width[:, None]
    # A bar of one price lies in one row.
    flat = shares.sum(axis=1) < 0.5
    shares[flat] = 0
    shares[flat, np.clip(np.searchsorted(edges, low[flat], side="right") - 1, 0, rows - 1)] = 1
    parts = shares / shares.sum(axis=1, keepdims=True) * volume[:, None]
    is_up = bars["close"][known] >= bars["open"][known]
    up, down = parts[is_up].sum(axis=0), parts[~is_up].sum(axis=0)
    poc = int((up + down).argmax())
    return Profile(bottom, top, up, down, poc, _value_area(up + down, poc))


def _value_area(volume: np.ndarray, poc: int, share: float = 0.7) -> tuple[int, int]:
    """From the row with the most, the heavier neighbour joins until the share is reached."""
    first = last = poc
    held, wanted = float(volume[poc]), float(volume.sum()) * share
    while held < wanted and (first > 0 or last < len(volume) - 1):
        below = volume[first - 1] if first > 0 else -1.0
        above = volume[last + 1] if last < len(volume) - 1 else -1.0
        if above >= below:
            last += 1
            held += float(above)
        else:
            first -= 1
            held += float(below)
    return first, last


def at_times(times: np.ndarray, known: np.ndarray, values: np.ndarray, within: int | None = None) -> np.ndarray:
    """The last value known at each time, NaN where there is none, or none that is at most `within` ns old."""
    place = np.searchsorted(known, times, side="right") - 1
    found = np.full(len(times), np.nan)
    has = place >= 0
    if within is not None:
        has[has] = times[has] - known[place[has]] <= within
    found[has] = values[place[has]]
    return found
