"""Model: the bars of a line with what lies over them, for the page's chart as for notebooks and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from app.layout.chart.choosing import pick
from app.layout.chart.line import Line, what
from app.layout.chart.overlays import Overlays
from app.views.chart import ChartModel, chart_model
from nautilus_data.core.dataset import parse_timeframe
from nautilus_data.core.timerange import TimeRange

MOST_BARS = 4_000
# Of a whole history more is looked through than of what a page brings into view: nights and weekends count.
_HOLES_PER_BAR = 10


def model_of(
    line: Line,
    frame: pd.DataFrame,
    span: TimeRange,
    overlays: Overlays,
    *,
    zone: str,
    style: str = "candles",
    scale: str = "linear",
    most_for_holes: int | None = None,
) -> ChartModel:
    """Bars that were read of a line in a span as a chart; its note says what could not be had."""
    is_stored = frame.attrs.get("drawn", line.timeframe) == line.timeframe
    looked = (span,) if most_for_holes is None else (span, most_for_holes)
    model = chart_model(
        frame, title=line.instrument_id, what=what(line, frame), zone=zone, precision=line.precision, style=style,
        scale=scale, holes=line.holes(*looked) if is_stored and len(frame) else (), calendar_of=line.instrument_id,
    )  # fmt: skip
    lines, bands = overlays.put_on(model, line, span)
    note = "; ".join(filter(None, [model.note, *overlays.problems]))
    return replace(model, lines=tuple(lines), bands=tuple(bands), note=note)


def stored_line(
    workspace: Any, instrument_id: str, timeframe: str = "1-DAY", source: str = "auto", adjustment: str = "total"
) -> Line:
    """The stored bars nearest to what is asked for; LookupError when there are none of the instrument."""
    choice = pick(workspace.market.choices(instrument_id), parse_timeframe(timeframe), source, adjustment)
    if choice is None:
        raise LookupError(
            f"no bars of {instrument_id} are stored; fetch some: python -m nautilus_data backfill {instrument_id}"
        )
    known = workspace.market.instruments().set_index("instrument_id")["price_precision"]
    return Line(workspace, instrument_id, choice, int(known.get(instrument_id, 2)))


def stored_model(
    workspace: Any,
    line: Line,
    indicators: str = "",
    compare: Sequence[str] = (),
    *,
    frame: pd.DataFrame | None = None,
    zone: str | None = None,
    style: str = "candles",
    scale: str = "linear",
    max_bars: int = MOST_BARS,
) -> ChartModel:
    """All of a line with indicators (`ema:length=20,rsi:length=14`) and other instruments beside it.

    `frame`: its bars where they were read before; of more than `max_bars` coarser ones are drawn. `zone` None: the
    exchange's. ValueError for an indicator that does not exist.
    """
    overlays = Overlays(workspace, list(workspace.indicators.parse_list(indicators)), list(compare))
    frame = line.read(None, max_bars) if frame is None else frame
    return model_of(
        line, frame, line.extent() or TimeRange(0, 0), overlays, zone=zone or line.exchange_zone or "UTC", style=style,
        scale=scale, most_for_holes=_HOLES_PER_BAR * max_bars,
    )  # fmt: skip
