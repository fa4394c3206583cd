"""Coverage: what is stored, what lacks, what is known not to exist, what was never asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import numpy as np
import pandas as pd
from bokeh.models import (
    ColumnDataSource,
    DatetimeTickFormatter,
    FactorRange,
    GlyphRenderer,
    HoverTool,
    Range1d,
    WheelZoomTool,
)
from bokeh.plotting import figure

from app.views import palette
from app.views.clock import wall_clock_ms
from nautilus_data.core.dataset import NO_DATA
from nautilus_data.core.timerange import TimeRange, merge


class Cover(StrEnum):
    """What is known of a span; told apart by hatch as well as by colour."""

    STORED = "stored"
    GAP = "gap"
    EMPTY = "no data there"
    REFUSED = "refused"
    NOT_ASKED = "not asked"


_LOOKS = {
    Cover.STORED: {"fill_color": palette.STORED, "fill_alpha": 0.9, "line_color": palette.STORED},
    Cover.GAP: {
        "fill_color": palette.GAP, "fill_alpha": 0.35, "line_color": palette.GAP,
        "hatch_pattern": "right_diagonal_line", "hatch_color": palette.GAP, "hatch_scale": 8,
    },
    Cover.EMPTY: {
        "fill_color": palette.EMPTY, "fill_alpha": 0.25, "line_color": palette.EMPTY, "hatch_pattern": "dot",
        "hatch_color": palette.EMPTY, "hatch_scale": 8,
    },
    Cover.REFUSED: {
        "fill_color": palette.REFUSED, "fill_alpha": 0.25, "line_color": palette.REFUSED, "hatch_pattern": "cross",
        "hatch_color": palette.REFUSED, "hatch_scale": 8,
    },
    Cover.NOT_ASKED: {"fill_alpha": 0, "line_color": palette.EMPTY, "line_dash": "dashed"},
}  # fmt: skip
_COLUMNS = ("label", "start", "end", "state", "note")


def segments(
    label: str,
    whole: TimeRange,
    covered: Iterable[TimeRange],
    gaps: Iterable[TimeRange] = (),
    skipped: Iterable[tuple[TimeRange, str]] = (),
) -> pd.DataFrame:
    """The spans of one series over `whole`, each with its state; together they leave nothing out."""
    empty = list(skipped)
    refused = [span for span, _ in empty]
    stored = [part for span in merge(covered) for part in span.subtract(refused)]
    lacking = [part for span in merge(gaps) for part in span.subtract([*stored, *refused])]
    unasked = whole.subtract([*stored, *refused, *lacking])
    rows = [
        *((span, Cover.STORED, "") for span in stored),
        *((span, Cover.GAP, "asked around, not here: backfill it") for span in lacking),
        *((span, Cover.EMPTY if reason == NO_DATA else Cover.REFUSED, reason) for span, reason in empty),
        *((span, Cover.NOT_ASKED, "no backfill asked for it") for span in unasked),
    ]
    data = [
        (label, span.start, span.end, str(state), note) for span, state, note in sorted(rows, key=lambda row: row[0])
    ]
    return pd.DataFrame(data, columns=list(_COLUMNS))


def together(known: Mapping[str, tuple[list[TimeRange], list[TimeRange], list[tuple[TimeRange, str]]]]) -> pd.DataFrame:
    """`segments` of several series by label (covered, gaps, skipped), over the time they span together."""
    ends = [edge for spans in known.values() for part in spans[0] for edge in (part.start, part.end)]
    whole = TimeRange(min(ends, default=0), max(ends, default=0))
    parts = [segments(label, whole, *spans) for label, spans in known.items()]
    return pd.concat(parts or [segments("", whole, [])], ignore_index=True)


def chart(spans: pd.DataFrame, *, zone: str = "UTC", row_height: int = 34) -> figure:
    """One bar per series (`label start end state note`), its spans looking like their state."""
    labels = list(dict.fromkeys(spans["label"]))
    plot = figure(
        y_range=FactorRange(*reversed(labels)), x_range=_x_range(spans, zone), x_axis_type="datetime",
        height=90 + row_height * max(1, len(labels)), sizing_mode="stretch_width", toolbar_location=None,
        tools="xpan", min_border_right=12,
    )  # fmt: skip
    plot.add_tools(WheelZoomTool(dimensions="width"))
    renderers = [_draw(plot, spans[spans["state"] == state], state, zone) for state in Cover]
    times = {"@start": "datetime", "@end": "datetime"}
    rows = [("", "@label"), ("", "@state"), ("from", "@start{%Y-%m-%d %H:%M}"), ("to", "@end{%Y-%m-%d %H:%M}"),
            ("zone", zone), ("", "@note")]  # fmt: skip
    plot.add_tools(HoverTool(renderers=renderers, tooltips=rows, formatters=times))
    plot.xaxis.formatter = DatetimeTickFormatter(years="%Y", months="%b %Y", days="%d %b %Y", hours="%d %b %H:%M")
    plot.xaxis.axis_label = f"time ({zone})"
    plot.xaxis.ticker.desired_num_ticks = 5
    plot.ygrid.visible = False
    plot.add_layout(plot.legend[0], "above")
    plot.legend.update(orientation="horizontal", border_line_alpha=0, background_fill_alpha=0, glyph_height=16)
    return plot


def _draw(plot: figure, spans: pd.DataFrame, state: Cover, zone: str) -> GlyphRenderer:
    data = {
        "label": list(spans["label"]),
        "start": wall_clock_ms(spans["start"].astype("int64"), zone),
        "end": wall_clock_ms(spans["end"].astype("int64"), zone),
        "state": list(spans["state"]),
        "note": list(spans["note"]),
    }
    if spans.empty:
        # A legend draws the look of a row, so a state nobody is in gets one that is nowhere.
        data = {"label": [""], "start": [np.nan], "end": [np.nan], "state": [str(state)], "note": [""]}
    bars = {"y": "label", "left": "start", "right": "end", "height": 0.55}
    return plot.hbar(**bars, source=ColumnDataSource(data), legend_label=str(state), **_LOOKS[state])


def _x_range(spans: pd.DataFrame, zone: str) -> Range1d:
    if spans.empty:
        return Range1d(0, 1)
    ends = wall_clock_ms([int(spans["start"].min()), int(spans["end"].max())], zone)
    room = (ends[1] - ends[0]) * 0.01 or 1
    return Range1d(ends[0] - room, ends[1] + room)
