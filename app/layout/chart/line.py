"""Line: the bars of one instrument as one choice tells them, and all a chart asks about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from app.views.chart import Hole
from nautilus_data.core.calendar import calendar_name, sessions
from nautilus_data.core.dataset import Series, show_timeframe, timeframe_ns
from nautilus_data.core.resample import is_made_of
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange

LIVE = "nautilus"
_BASES = ("1-DAY", "1-HOUR", "5-MINUTE", "1-MINUTE", "1-SECOND")
# Where more bars would be looked through, nights counted, holes wait until a person looks closer.
_MOST_FOR_HOLES = 40_000


@dataclass(frozen=True)
class Line:
    """One line of one instrument; `run_id` None: the current run of each trader."""

    workspace: Any
    instrument_id: str
    choice: Any
    precision: int
    trader_id: str | None = None
    run_id: int | None = None

    @property
    def timeframe(self) -> str:
        return self.choice.timeframe

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Instrument, timeframe, source, adjustment: what the services are asked by."""
        return self.instrument_id, self.timeframe, self.choice.source, self.choice.adjustment

    @property
    def exchange_zone(self) -> str | None:
        """The zone the exchange keeps; None where that is not known."""
        name = calendar_name(self.instrument_id)
        return None if name is None else sessions(name, TimeRange(0, 8 * NS_PER_DAY)).zone

    def read(self, span: TimeRange | None, max_bars: int | None = None) -> pd.DataFrame:
        return self.workspace.market.bars(*self.place, span, max_bars)

    def extent(self) -> TimeRange | None:
        return self.workspace.market.extent(*self.place)

    def hold(self) -> None:
        """Have all of it at hand: who opens a chart may zoom out. Takes a second or two where it is long."""
        self.workspace.market.hold(*self.place)

    def last_times(self, count: int) -> np.ndarray:
        """When the newest bars closed (ns)."""
        return self.workspace.market.bars(*self.place, last=count)["ts_event"].to_numpy()

    def newest(self) -> tuple[int, float] | None:
        """Time and close of the newest stored bar."""
        frame = self.workspace.market.bars(*self.place, last=1)
        return None if frame.empty else (int(frame["ts_event"].iloc[-1]), float(frame["close"].iloc[-1]))

    def last_bar(self) -> dict[str, float] | None:
        """The running bar, its `timeframe` the line's or one it is made of; history from elsewhere has none."""
        if self.choice.source != LIVE:
            return None
        for timeframe in (self.timeframe, *_BASES):
            if is_made_of(self.timeframe, timeframe) or timeframe == self.timeframe:
                bar = self.workspace.market.last_bar(self.instrument_id, timeframe, self.trader_id)
                if bar is not None:
                    return {**bar, "timeframe": timeframe}
        return None

    def holes(self, span: TimeRange, most_bars: int = _MOST_FOR_HOLES) -> list[Hole]:
        """Where bars are missing that can be asked for; of the live bus none can. [] where the span is a long one."""
        series, extent = self._stored(), self.extent()
        span = extent.intersect(span) if extent else None
        if series is None or span is None or span.duration_ns > most_bars * timeframe_ns(series.timeframe):
            return []
        gaps = self.workspace.coverage.gaps(series, span)
        return [
            Hole(int(gap.start), int(gap.end) - 1, int(gap.bars), self._backfill(series, gap.start, gap.end))
            for gap in gaps.itertuples(index=False)
        ]

    def _stored(self) -> Series | None:
        """The stored series the line is, or is made of."""
        wanted = self.choice.source, self.choice.adjustment, self.instrument_id
        found = [
            series
            for series in self.workspace.coverage.series(source=self.choice.source)
            if (series.source, series.adjustment, series.instrument_id) == wanted
            and timeframe_ns(series.timeframe) <= timeframe_ns(self.timeframe)
        ]
        return max(found, key=lambda series: timeframe_ns(series.timeframe), default=None)

    def _backfill(self, series: Series, start: int, end: int) -> str:
        days = (pd.Timestamp(int(ns), unit="ns").strftime("%Y-%m-%d") for ns in (start, end - 1))
        first, last = days
        asked = {"instrument": series.instrument_id, "timeframe": series.timeframe, "source": series.source,
                 "adjustment": series.adjustment, "from": first, "to": last}  # fmt: skip
        return f"backfill?{urlencode(asked)}"


def what(line: Line, frame: pd.DataFrame) -> str:
    """In a few words what is drawn: timeframe, source, adjustment."""
    label, _, timeframe = line.choice.label.rpartition(" · ")
    drawn = str(frame.attrs.get("drawn") or line.timeframe)
    is_coarse = drawn != line.timeframe
    return f"{timeframe}{f' drawn as {show_timeframe(drawn)}' if is_coarse else ''} · {label}"
