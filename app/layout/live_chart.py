"""Live chart: candles read for the viewport, the running bar patched in, the view following it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import pandas as pd
import panel as pn
import param

from app.views import price
from app.views.clock import to_span, wall_clock_ms
from nautilus_data.core.dataset import timeframe_ns
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange

MOST_BARS = 3_000
FIRST_BARS = 220
_DEBOUNCE_MS = 30
# Reads caused by live values, not by a hand, are at least this far apart.
_SETTLE_S = 2.0
_FILLS_S = 1.0
_ROOM = 0.03


class Line(Protocol):
    """One line of bars and where to ask for it."""

    timeframe: str
    live_timeframe: str
    precision: int

    def read(self, span: TimeRange, max_bars: int) -> pd.DataFrame: ...
    def extent(self) -> TimeRange | None: ...
    def fills(self, span: TimeRange) -> pd.DataFrame: ...
    def fills_version(self) -> int: ...
    def last_bar(self) -> dict[str, float] | None: ...


class LiveChart(param.Parameterized):
    """Draws one line at a time; `layout` stays the same object."""

    follow = param.Boolean(True, doc="keep the last bar in view")

    def __init__(self, clock: Callable[[], float] = time.monotonic, **params: Any) -> None:
        super().__init__(**params)
        self.layout = pn.pane.Bokeh(None, sizing_mode="stretch_width", margin=0)
        self.chart: price.CandleChart | None = None
        self.bucket = 1
        self._clock = clock
        self._line: Line | None = None
        self._loaded = TimeRange(0, 0)
        self._reaches_start = self._reaches_end = False
        self._is_unsure = self._is_moving = self._is_waiting = False
        self._read_at = self._fills_at = self._fills_until = float("-inf")
        self._fills_version = -1

    def open(self, line: Line | None, zone: str) -> bool:
        """Draw a line from its end and follow it; False when it has no bars."""
        extent = line.extent() if line else None
        self.close()
        if extent is None:
            return False
        self._line, self.follow = line, True
        # Nights and weekends have no bars: ask for more time than the bars are long.
        first = max(extent.start, extent.end - 5 * FIRST_BARS * timeframe_ns(line.timeframe))
        span = TimeRange(first, extent.end + timeframe_ns(line.timeframe))
        frame, fills = self._read(span), self._read_fills()
        self.chart = price.candles(frame, fills, zone=zone, precision=line.precision)
        self._move(*price.x_limits(self.chart.bars.data, FIRST_BARS))
        for edge in ("start", "end"):
            self.chart.x_range.on_change(edge, self._on_range)
        self.layout.object = self.chart.layout
        return True

    def close(self) -> None:
        """Draw nothing."""
        self._line = self.chart = None

    def refresh(self) -> None:
        """Read what the viewport needs, one width more on each side, and put it in place."""
        self._is_waiting = False
        if self.chart is None:
            return
        view = self.view()
        wanted = TimeRange(max(0, view.start - view.duration_ns), view.end + view.duration_ns)
        if self._is_enough(view) and not self._is_unsure:
            return
        price.show_bars(self.chart, self._read(wanted))
        price.show_fills(self.chart, self._read_fills())

    def view(self) -> TimeRange:
        """The span between the edges of the chart."""
        return to_span(self.chart.x_range.start, self.chart.x_range.end, self.chart.zone)

    def show_days(self, days: int) -> None:
        """Show the last `days` up to the last bar; 0: all there is."""
        extent = self._line.extent() if self._line else None
        if extent is None:
            return
        start = extent.start if days == 0 else max(extent.start, extent.end - days * NS_PER_DAY)
        left, right = wall_clock_ms([start, extent.end], self.chart.zone)
        self._move(left, right + (right - left) * _ROOM)
        self.refresh()

    def show_end(self) -> None:
        """Bring the last bar into view at the zoom there is."""
        extent = self._line.extent() if self._line else None
        if extent is None:
            return
        width = self.chart.x_range.end - self.chart.x_range.start
        right = float(wall_clock_ms([extent.end], self.chart.zone)[0]) + width * _ROOM
        self._move(right - width, right)
        self.refresh()

    def live(self) -> None:
        """Patch in what came since the last call."""
        if self.chart is None:
            return
        if (bar := self._line.last_bar()) is not None:
            self._take(bar)
        self._take_fills()

    @param.depends("follow", watch=True)
    def _start_following(self) -> None:
        if self.follow and self.chart is not None:
            self.show_end()

    def _take(self, bar: dict[str, float]) -> None:
        last = self._last_drawn()
        is_coarse = self.bucket > 1 or self._line.live_timeframe != self._line.timeframe
        if not self._reaches_end:
            price.show_last_price(self.chart, bar["close"], bar["close"] >= bar["open"])
        elif bar["ts_event"] < last and not is_coarse:
            # A replay that began anew: what is drawn is its future.
            self._settle(lambda: self.open(self._line, self.chart.zone))
        elif is_coarse:
            price.widen_last(self.chart, bar)
            self._is_unsure = self._is_unsure or bar["ts_event"] > last
        else:
            self._put(bar, last)
        if self._is_unsure:
            self._settle(self.show_end if self.follow else self.refresh)

    def _put(self, bar: dict[str, float], last: int) -> None:
        if not price.put_bar(self.chart, bar):
            return
        step, drawn = timeframe_ns(self._line.timeframe), self.chart.bars.data["x"]
        self._loaded = TimeRange(self._loaded.start, max(self._loaded.end, int(bar["ts_event"]) + step))
        # More than one bar may have come since the last look, or a weekend went by: the next read tells.
        self._is_unsure = self._is_unsure or bar["ts_event"] - last > 1.5 * step
        if self.follow and len(drawn) > 1:
            self._move(*(edge + drawn[-1] - drawn[-2] for edge in (self.chart.x_range.start, self.chart.x_range.end)))

    def _take_fills(self) -> None:
        now, version = self._clock(), self._line.fills_version()
        if version != self._fills_version:
            # The worker stores a fill a moment after the bus told of it.
            self._fills_version, self._fills_until = version, now + 3 * _FILLS_S
        if now > self._fills_until or now - self._fills_at < _FILLS_S:
            return
        fills = self._read_fills()
        if len(fills) != len(self.chart.buys.data["x"]) + len(self.chart.sells.data["x"]):
            price.show_fills(self.chart, fills)

    def _settle(self, action: Callable[[], Any]) -> None:
        if self._clock() - self._read_at >= _SETTLE_S:
            action()

    def _read(self, span: TimeRange) -> pd.DataFrame:
        frame, extent = self._line.read(span, MOST_BARS), self._line.extent()
        self._loaded, self._is_unsure, self._read_at = span, False, self._clock()
        self._reaches_start = extent is None or span.start <= extent.start
        self._reaches_end = extent is None or span.end >= extent.end
        self.bucket = int(frame.attrs.get("bucket", 1))
        return frame

    def _read_fills(self) -> pd.DataFrame:
        self._fills_at = self._clock()
        return self._line.fills(self._loaded)

    def _is_enough(self, view: TimeRange) -> bool:
        """Is what is loaded as fine as can be, and does it reach a good way past the view?"""
        margin = view.duration_ns // 4
        is_left = self._reaches_start or self._loaded.start <= view.start - margin
        is_right = self._reaches_end or view.end + margin <= self._loaded.end
        return is_left and is_right and self.bucket == 1

    def _last_drawn(self) -> int:
        drawn = self.chart.bars.data["x"]
        return to_span(drawn[-1], drawn[-1], self.chart.zone).end if len(drawn) else 0

    def _on_range(self, attr: str, old: float, new: float) -> None:
        if self._is_moving:
            return
        drawn = self.chart.bars.data["x"]
        if self._reaches_end and len(drawn):
            self._follow_hand(self.chart.x_range.end >= drawn[-1])
        if self._is_waiting:
            return
        self._is_waiting = True
        doc = pn.state.curdoc
        if doc is None or doc.session_context is None:
            self.refresh()
        else:
            doc.add_timeout_callback(self.refresh, _DEBOUNCE_MS)

    def _follow_hand(self, is_last_in_view: bool) -> None:
        """Panning away from the last bar ends following; panning back is no wish to follow."""
        if self.follow and not is_last_in_view:
            self.follow = False

    def _move(self, start: float, end: float) -> None:
        """Move the view without taking it for a person's hand."""
        self._is_moving = True
        try:
            self.chart.x_range.update(start=float(start), end=float(end))
        finally:
            self._is_moving = False
