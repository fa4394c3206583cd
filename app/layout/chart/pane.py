"""Pane: one trading chart of a page — reads what is in view, sends it, patches the running bar in."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import param

from app.layout.chart.component import TradingChart
from app.layout.chart.line import Line
from app.layout.chart.model import model_of
from app.layout.chart.overlays import Overlays
from app.layout.live import on_loop
from app.layout.reading import Reading
from app.views import chart
from app.views.chart_message import frame_message, profile_message, tick_message, to_span
from nautilus_data.core.dataset import timeframe_ns
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange

FIRST_BARS = 220
# Candles narrower than this many pixels can't be told apart.
_PIXELS = 2.0
_SETTLE_S = 2.0
_ROOM = 0.04


class Show(Enum):
    """What a read brings into view."""

    AS_IS = "what is in view stays"
    ALONE = "its span, on this chart"
    LEADING = "its span, on this chart and those that are linked to it"


class ChartPane(param.Parameterized):
    """`open` a line and it is shown from its end; `on_change` hears what a person changed on the chart itself."""

    style = param.Selector(default="candles", objects=list(chart.STYLES), doc="how bars are drawn")
    scale = param.Selector(default="linear", objects=list(chart.SCALES), doc="the price scale")
    profile = param.Boolean(False, doc="volume by price of what is in view")

    def __init__(
        self,
        workspace: Any,
        on_change: Callable[[str, Mapping[str, Any]], None] = lambda kind, data: None,
        plugins: Callable[[ChartPane], list[Any]] = lambda pane: [],
        height: int = 560,
        rest: str = "",
        clock: Callable[[], float] = time.monotonic,
        make_component: Callable[..., TradingChart] = TradingChart,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self.overlays = Overlays(workspace)
        # The key of its bars among the twins of REST.
        self.rest = rest
        self.component = make_component(
            self._hear, name=rest or None, sizing_mode="stretch_width", height=height, margin=0
        )
        self.line: Line | None = None
        self.model: chart.ChartModel | None = None
        self.view: TimeRange | None = None
        self.zone = "UTC"
        self._clock, self._on_change = clock, on_change
        self._width = 1_000
        self.loaded = TimeRange(0, 0)
        self._answered: tuple[TimeRange, int] | None = None
        self._reading: Reading | None = None
        self._held: Line | None = None
        self._holding: Reading | None = None
        self._is_ready = self._is_busy = self._is_linked = self._follows = self._reaches_end = False
        self._follows_newest = True
        self._wanted: tuple[TimeRange, Show] | None = None
        self.last: dict[str, float] | None = None
        self._since: dict[int, dict[str, float]] = {}
        self._before: dict[str, float] | None = None
        self._widened: dict[str, float] | None = None
        self._read_at = float("-inf")
        self.plugins = plugins(self)

    def open(self, line: Line | None, zone: str, axis: str = "exchange") -> bool:
        """Show a line from its end; False when it has no bars. `axis`: exchange or page, whose clock the axis shows."""
        self.line, self.model, self.view, self.last = line, None, None, None
        self._follows_newest = True
        times = line.last_times(FIRST_BARS) if line else ()
        if not len(times):
            self.line = None
            return False
        exchange = line.exchange_zone if axis == "exchange" else None
        self.zone = exchange or zone
        self._show_times(times, self._how_opened)
        return True

    def show_recent(self) -> None:
        """Show the last bars."""
        if self.line is not None:
            self._show_times(self.line.last_times(FIRST_BARS), Show.LEADING)

    def _show_times(self, times: np.ndarray, how: Show) -> None:
        step = timeframe_ns(self.line.timeframe)
        room = max(step, int((times[-1] - times[0]) * _ROOM))
        self.show(TimeRange(max(0, int(times[0]) - step), int(times[-1]) + room), how)

    def show(self, view: TimeRange, how: Show = Show.LEADING, follows: bool = True) -> None:
        """Bring a span into view; `follows`: it is that of the newest bar, and stays so."""
        self.view, self._follows_newest = view, follows
        self._read(view, how)

    def show_days(self, days: int) -> None:
        """Show the last `days` up to the last bar; 0: all there is."""
        extent = self.line.extent() if self.line else None
        if extent is None:
            return
        start = extent.start if days == 0 else max(extent.start, extent.end - days * NS_PER_DAY)
        room = max(timeframe_ns(self.line.timeframe), int((extent.end - start) * _ROOM))
        self.show(TimeRange(start, extent.end + room))

    def refresh(self) -> None:
        """Read again what is in view, as after the store or the look changed."""
        if self.line is not None and self.view is not None:
            self._read(self.view)

    def link(self, is_linked: bool, follows: bool = False) -> None:
        """Show the same time as the other charts of the page; one that `follows` goes where they are."""
        if (is_linked, follows) != (self._is_linked, self._follows):
            self._is_linked, self._follows = is_linked, follows
            self._send_options()

    @property
    def _how_opened(self) -> Show:
        return Show.ALONE if self._follows else Show.LEADING

    def take_price(self) -> None:
        """Patch in the running bar."""
        bar = self.line.last_bar() if self.model is not None and self._is_ready else None
        if bar is not None and self._follows_newest and not self._has_newest:
            # More came while it was read than fits in the view, or beside it.
            self._settle(self._catch_up)
        elif bar is not None and self._reaches_end:
            self._take(bar)

    def live(self) -> None:
        """Patch in what came since the last call."""
        self.take_price()
        if self.model is not None and self._is_ready:
            for plugin in self.plugins:
                plugin.live()

    def _take(self, bar: Mapping[str, float]) -> None:
        if bar == self.last:
            return
        if not len(self.model):
            self._settle(self.refresh)
            return
        newest = self._newest
        is_coarse = timeframe_ns(self.model.timeframe) > timeframe_ns(bar["timeframe"])
        if bar["ts_event"] < newest and not is_coarse:
            self._settle(lambda: self._take_late(bar, newest))
        elif is_coarse:
            self._widen_last(bar)
            self._settle(self.refresh)
        else:
            self._send_tick(bar, newest)

    def _take_late(self, bar: Mapping[str, float], newest: int) -> None:
        """A replay began anew, and what is drawn is its future; or a bar came late, and is drawn once it is stored."""
        extent = self.line.extent()
        if extent is None or extent.end <= newest:
            self.open(self.line, self.zone, "page")
        elif not self._is_drawn(bar):
            self.refresh()

    @property
    def _has_newest(self) -> bool:
        """Is the newest bar there is in view?"""
        return self._reaches_end and self._newest <= self.view.end

    @property
    def _newest(self) -> int:
        """When the newest bar closed that is drawn; 0 where none is."""
        times = self.model.bars["time"]
        return int(self.last["ts_event"] if self.last else times[-1] if len(times) else 0)

    def _is_drawn(self, bar: Mapping[str, float]) -> bool:
        """Does the model tell the bar as the bus does? What lies before it need not be drawn."""
        times, time_ns = self.model.bars["time"], int(bar["ts_event"])
        place = int(np.searchsorted(times, time_ns))
        # Past the model stand those that came since it was read.
        close = self.model.bars["close"][place] if place < len(times) else self._since.get(time_ns, {}).get("close")
        is_same = close == bar["close"] and (place == len(times) or times[place] == time_ns)
        return time_ns < self.loaded.start or bool(is_same)

    def _send_tick(self, bar: Mapping[str, float], newest: int) -> None:
        time_ns = int(bar["ts_event"])
        if time_ns > newest and self._has_skipped(time_ns):
            self._settle(self._catch_up)
        weight, day = chart.weights(np.array([newest, time_ns]), self.zone, self.line.instrument_id)
        if time_ns > newest:
            self._before = self._drawn_last()
        drawn = dict(bar)
        if self.model.style == "heikin-ashi":
            drawn = {**bar, **chart.next_heikin_ashi(self._before, bar)}
        self.last, self._drawn_now = dict(bar), drawn
        lines = self.overlays.tick(self.line, bar, self._since.values())
        self._since[time_ns] = self.last
        if self._follows_newest:
            # The browser moves along, and tells so a moment later.
            self.view = TimeRange(self.view.start, max(self.view.end, time_ns))
        self.component.send(tick_message(bar, drawn, int(weight[1]), int(day[1]), lines))

    def _catch_up(self) -> None:
        """Read what was skipped; who had the newest bar in view has it again, however far it has gone."""
        if self._follows_newest:
            self._go("end", self._how_opened)
        else:
            self.refresh()

    def _has_skipped(self, time_ns: int) -> bool:
        """Did bars come that this chart never saw, as when a node runs through its history?"""
        stored = self.line.read(TimeRange(int(self.model.bars["time"][-1]) + 1, time_ns))["ts_event"]
        return not set(stored) <= self._since.keys()

    def _widen_last(self, bar: Mapping[str, float]) -> None:
        """Take a live bar into the last candle where that stands for many; its volume waits for the next read."""
        self.last = dict(bar)
        now = self._widened or {name: float(values[-1]) for name, values in self.model.bars.items()}
        if now["close"] != now["close"] or self.model.style == "heikin-ashi":
            return
        high, low = max(now["high"], bar["high"]), min(now["low"], bar["low"])
        widened = {**now, "ts_event": int(self.model.bars["time"][-1]), "high": high, "low": low, "close": bar["close"]}
        self._widened = widened
        self.component.send(tick_message(widened, widened, 0, 0, {}))

    def _drawn_last(self) -> dict[str, float] | None:
        if self.last is not None:
            return {name: self._drawn_now[name] for name in chart.PRICES}
        return {name: float(self.model.drawn[name][-1]) for name in chart.PRICES}

    def _settle(self, action: Callable[[], Any]) -> None:
        if self._clock() - self._read_at >= _SETTLE_S:
            action()

    def _read(self, view: TimeRange, how: Show = Show.AS_IS) -> None:
        """Read for a view, one width more on each side; while that lasts, the newest wish waits."""
        if self._is_busy:
            self._wanted = (view, how)
            return
        self._is_busy = True
        line, most = self.line, self._most()
        self._reading = Reading(lambda: self._make(line, view, most))
        self._reading.now(lambda: self._take_answer(line, view, most, how))

    def _make(self, line: Line, view: TimeRange, most: int) -> tuple[chart.ChartModel, TimeRange, TimeRange | None]:
        """The model, the span it was read for, and the line's extent."""
        # Before the bars: those that come meanwhile are found missing, and not taken for out of reach.
        extent = line.extent()
        frame, span = _read_around(line, view, most)
        model = model_of(
            line, frame, span, self.overlays, zone=self.zone, style=self.style, scale=self.scale
        )  # fmt: skip
        if not len(model) and extent is not None:
            days = (str(np.datetime64(ns, "ns").astype("datetime64[D]")) for ns in (extent.start, extent.end))
            model = replace(model, note=f"no bars here: there are some from {' to '.join(days)}")
        return model, span, extent

    def _take_answer(self, line: Line, view: TimeRange, most: int, how: Show) -> None:
        self._is_busy, self._read_at = False, self._clock()
        if line is self.line and self._reading.problem:
            self.component.send({"type": "fail", "text": f"Bars could not be read: {self._reading.problem}"})
        elif line is self.line:
            self.model, self.loaded, extent = self._reading.answer
            self._answered = (view, most)
            self._reaches_end = extent is None or self.loaded.end >= extent.end
            self.last, self._since, self._widened = None, {}, None
            self._send_frame(view, how)
        wanted, self._wanted = self._wanted, None
        if (
            wanted is not None
            and self.line is not None
            and (wanted[1] is not Show.AS_IS or not self._is_enough(wanted[0]))
        ):
            self._read(*wanted)

    def _send_frame(self, view: TimeRange | None, how: Show) -> None:
        if not self._is_ready or self.model is None:
            return
        show = None if how is Show.AS_IS else view
        newer, leads = not self._reaches_end, how is Show.LEADING
        self.component.send(frame_message(self.model, show, has_newer=newer, leads=leads))
        self._send_profile()
        for plugin in self.plugins:
            plugin.open()
        self._hold()

    def _hold(self) -> None:
        """Bars are on screen: now there is time to read the rest of the line, for who zooms out."""
        if self._held is not self.line:
            self._held, doc = self.line, pn.state.curdoc
            self._holding = Reading(self.line.hold)
            self._holding.now() if doc is None else on_loop(doc, self._holding.now)

    def _send_options(self) -> None:
        if self._is_ready:
            self.component.send({"type": "options", "linked": self._is_linked, "follows": self._follows})

    def _send_profile(self) -> None:
        if not self._is_ready or self.model is None:
            return
        found = None
        if self.profile:
            first, last = np.searchsorted(self.model.bars["time"], [self.view.start, self.view.end])
            found = chart.volume_profile({name: values[first:last] for name, values in self.model.bars.items()})
        self.component.send(profile_message(found))

    def _hear(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "ready":
            self._is_ready, self._width = True, max(200, int(data.get("width") or 1_000))
            self._send_options()
            self._send_frame(self.view, self._how_opened)
        elif kind == "view":
            self._look(to_span(data.get("from"), data.get("to")), data)
        elif kind == "show":
            self._go(str(data.get("span")))
        elif kind in ("drop", "indicator"):
            self._on_change(kind, data)
        else:
            for plugin in self.plugins:
                plugin.hear(kind, data)

    def _look(self, view: TimeRange, data: Mapping[str, Any]) -> None:
        self._width = max(200, int(data.get("width") or self._width))
        if self.line is None or self.model is None or not view.duration_ns:
            return
        self.view = view
        if self._answered is None or not _is_same(view, self._answered[0]):
            self._follows_newest = self._reaches_end and view.end > self._newest
        if not self._is_enough(view):
            self._read(view)
        elif self.profile:
            self._send_profile()

    def _go(self, span: str, how: Show = Show.LEADING) -> None:
        extent = self.line.extent() if self.line else None
        if extent is None or self.view is None:
            return
        width = self.view.duration_ns
        room = int(width * _ROOM)
        if span == "start":
            self.show(TimeRange(max(0, extent.start - room), extent.start - room + width), how, follows=False)
        else:
            self.show(TimeRange(extent.end + room - width, extent.end + room), how)

    def _most(self) -> int:
        return int(self._width / _PIXELS)

    def _is_enough(self, view: TimeRange) -> bool:
        """Does what is loaded reach past the view, and is it as fine as the view's width can show?"""
        if self.model is None:
            return False
        if self._answered is not None and _is_same(view, self._answered[0]) and self._answered[1] == self._most():
            return True
        times = self.model.bars["time"]
        margin = view.duration_ns // 4
        extent = self.line.extent()
        starts = self.loaded.start <= max(view.start - margin, extent.start if extent else 0)
        ends = self._reaches_end or view.end + margin <= self.loaded.end
        first, last = np.searchsorted(times, [view.start, view.end])
        count, is_finest = last - first, self.model.timeframe == self.line.timeframe
        return starts and ends and count <= self._most() and (is_finest or count >= self._most() // 3)


def _read_around(line: Line, view: TimeRange, most: int) -> tuple[pd.DataFrame, TimeRange]:
    """Bars of a view and, at best, of one width more on each side, so that a small move needs no read.

    Where a night or a weekend lies in view, bars are denser around it than in it: less around it, rather than coarser.
    """
    for share in (1, 4, 0):
        more = view.duration_ns // share if share else 0
        span = TimeRange(max(0, view.start - more), view.end + more)
        frame = line.read(span, 3 * most)
        first, last = np.searchsorted(frame["ts_event"], [view.start, view.end])
        if frame.attrs.get("drawn", line.timeframe) == line.timeframe or last - first >= most // 3:
            break
    return frame, span


def _is_same(one: TimeRange, other: TimeRange) -> bool:
    slack = max(one.duration_ns, other.duration_ns) // 100
    return abs(one.start - other.start) <= slack and abs(one.end - other.end) <= slack
