"""Coverage map: series down, time across, each cell coloured by what is known of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, DatetimeTickFormatter, FixedTicker, HoverTool, Range1d
from bokeh.plotting import figure

from app.views import numbers, palette
from app.views.cards import Card, Group, Tone
from app.views.clock import to_span, wall_clock_ms
from app.views.series import rows_word, what
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange

MOST_CELLS, MOST_ROWS = 10_000, 100
NOT_ASKED = "not asked"
_FIRST_CELLS = 120
_NAMED = ("instrument_id", "source", "timeframe", "adjustment", "price_type", "dataset")
_COUNTS = ("expected", "stored", "missing", "empty", "refused")
_TALLEST, _LOWEST, _TALL = 26, 12, 900
_TIP = """<div style="font:12px/1.5 sans-serif;color:#17202a;min-width:230px">
<b>@label</b><br>@words<br>@left{%Y-%m-%d %H:%M} to @right{%Y-%m-%d %H:%M} ZONE<br>
stored @stored{0,0} of @expected{0,0} · missing @missing{0,0}<br>
proven empty @empty{0,0} · refused @refused{0,0}</div>"""


@dataclass(frozen=True)
class Look:
    """How a state is told: words, and more than a colour."""

    words: str
    style: MappingProxyType[str, Any]


def _look(words: str, color: str, alpha: float, pattern: str = "", **more: Any) -> Look:
    hatch = {"hatch_pattern": pattern, "hatch_color": color, "hatch_scale": 7, "hatch_alpha": 0.9} if pattern else {}
    style = {"fill_color": color, "fill_alpha": alpha, "line_color": None, **hatch, **more}
    return Look(words, MappingProxyType(style))


LOOKS = MappingProxyType(
    {
        "covered": _look("stored", palette.STORED, 0.9),
        "gap": _look("gap", palette.GAP, 0.95),
        "empty": _look("proven empty", palette.EMPTY, 0.55),
        "refused": _look("refused", palette.REFUSED, 0.35, "right_diagonal_line"),
        NOT_ASKED: _look("not asked, or not listed yet", palette.EMPTY, 0.12),
    }
)


@dataclass
class Map:
    """The figure, made once, and what it draws."""

    plot: figure
    sources: dict[str, ColumnDataSource]
    chosen: ColumnDataSource
    zone: str
    labels: list[str] = field(default_factory=list)
    edges: np.ndarray = field(default_factory=lambda: np.array([], "int64"))


def cells_for(rows: int) -> int:
    """How many cells a row may have."""
    return max(1, min(_FIRST_CELLS, MOST_CELLS // max(1, rows)))


def told(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells with what the map says of them: before and after all that was answered, what lacks is no gap."""
    if cells.empty:
        return cells.assign(row=[], look=[])
    rows = cells.groupby(list(_NAMED), sort=False, observed=True).ngroup()
    is_known = (cells[["stored", "empty", "refused"]] > 0).any(axis=1) | cells["answered"]
    inside = cells["missing"] > cells["unasked"]
    conditions = [inside, ~is_known & (cells["missing"] > 0), cells["refused"] > 0,
                  (cells["stored"] == 0) & (cells["empty"] > 0),
                  (cells["expected"] > 0) | cells["answered"]]  # fmt: skip
    look = np.select(conditions, ["gap", NOT_ASKED, "refused", "empty", "covered"], "none")
    return cells.assign(row=rows, look=look)


def labels(cells: pd.DataFrame) -> list[str]:
    """A name for each row; only what differs between rows is said besides the instrument."""
    rows = cells.drop_duplicates("row") if len(cells) else cells
    differing = [name for name in ("source", "adjustment", "price_type") if len(rows) and rows[name].nunique() > 1]
    return [" ".join(str(row[name]) for name in ("instrument_id", *differing)) for row in rows.to_dict("records")]


def make(zone: str) -> Map:
    """An empty map."""
    plot = figure(
        x_axis_type="datetime", x_range=Range1d(0, 1), y_range=Range1d(0.5, -0.5), height=120, tools="",
        sizing_mode="stretch_width", toolbar_location=None, min_border_right=12, x_axis_location="above",
    )  # fmt: skip
    # Made on the canvas: a thousand small squares take it no longer than one.
    sources, drawn = {}, []
    box = {"left": "left", "right": "right", "top": "top", "bottom": "bottom"}
    for state, look in LOOKS.items():
        sources[state] = ColumnDataSource(_columns(pd.DataFrame(), [], zone))
        drawn.append(plot.quad(**box, source=sources[state], **look.style))
    chosen = ColumnDataSource({name: [] for name in box})
    plot.quad(**box, source=chosen, fill_alpha=0, line_color=palette.LINE, line_width=2.5)
    times = {"@left": "datetime", "@right": "datetime"}
    tip = _TIP.replace("ZONE", zone)
    plot.add_tools(HoverTool(renderers=drawn, tooltips=tip, formatters=times, point_policy="follow_mouse"))
    plot.xaxis.formatter = DatetimeTickFormatter(years="%Y", months="%b %Y", days="%d %b %Y", hours="%d %b %H:%M")
    plot.xaxis.ticker.desired_num_ticks = 4
    plot.grid.visible = False
    plot.yaxis.major_tick_line_color = None
    plot.yaxis.minor_tick_line_color = None
    return Map(plot, sources, chosen, zone)


def show(drawn: Map, cells: pd.DataFrame) -> None:
    """Put told cells on the map; a state whose cells are as before is not sent again."""
    names = labels(cells)
    edges = np.unique(cells[["start", "end"]].to_numpy("int64")) if len(cells) else np.array([], "int64")
    for state, source in drawn.sources.items():
        columns = _columns(cells[cells["look"] == state] if len(cells) else cells, names, drawn.zone)
        if _differ(source.data, columns):
            source.data = columns
    if names != drawn.labels:
        drawn.labels = names
        _name_rows(drawn.plot, names)
    if len(edges) and not np.array_equal(edges, drawn.edges):
        start, end = wall_clock_ms(edges[[0, -1]], drawn.zone)
        drawn.plot.x_range.update(start=start, end=end)
    drawn.edges = edges
    choose(drawn, None)


def cell_at(drawn: Map, cells: pd.DataFrame, x: float, y: float) -> dict[str, Any] | None:
    """The cell under a place of the map."""
    if cells.empty:
        return None
    ns = to_span(x, x, drawn.zone).start
    here = cells[(cells["row"] == round(y)) & (cells["start"] <= ns) & (cells["end"] > ns)]
    return here.iloc[0].to_dict() if len(here) else None


def choose(drawn: Map, cell: dict[str, Any] | None) -> None:
    """Frame one cell."""
    columns = {"left": [], "right": [], "top": [], "bottom": []}
    if cell is not None:
        left, right = wall_clock_ms([cell["start"], cell["end"]], drawn.zone)
        columns = {"left": [left], "right": [right], "top": [cell["row"] - 0.46], "bottom": [cell["row"] + 0.46]}
    if dict(drawn.chosen.data) != columns:
        drawn.chosen.data = columns


def series_of(cell: dict[str, Any]) -> Series:
    return Series(**{name: str(cell[name]) for name in _NAMED})


def legend(cells: pd.DataFrame) -> str:
    """What each colour means, and how many cells have it."""
    counts = cells["look"].value_counts() if len(cells) else {}
    told = [_legend_entry(look, int(counts.get(state, 0))) for state, look in LOOKS.items()]
    return f'<div class="legend">{"".join(told)}</div>'


def detail(cell: dict[str, Any], zone: str) -> Group:
    """One cell in numbers."""
    words = LOOKS[cell["look"]].words if cell["look"] in LOOKS else "nothing is expected"
    series, span = series_of(cell), TimeRange(int(cell["start"]), int(cell["end"]))
    tone = {"covered": Tone.OK, "gap": Tone.BAD, "refused": Tone.WARN}.get(cell["look"], Tone.NONE)
    # How much there should be only a calendar tells, and only of bars.
    every = [("expected", "Expected"), ("stored", "Stored"), ("missing", "Missing")]
    facts = every if series.dataset == "bars" else every[1:2]
    without = f"{cell['empty']:,} proven empty, {cell['refused']:,} refused"
    cards = (
        Card("series", "Series", series.instrument_id,
             note=f"{what(series)} · {series.source}"),
        Card("state", "State", words, tone, without),
        *(Card(title, title, numbers.day(ns, zone), note=f"{numbers.clock(ns, zone)[11:]} {zone}")
          for title, ns in (("From", span.start), ("To", span.end))),
        *(Card(name, title, numbers.count(int(cell[name])), note=rows_word(series.dataset)) for name, title in facts),
    )  # fmt: skip
    return Group("cell", "The cell you chose", cards)


def _legend_entry(look: Look, count: int) -> str:
    color, alpha = look.style["fill_color"], max(0.25, look.style["fill_alpha"])
    stripes = "repeating-linear-gradient(135deg,transparent 0 3px,currentColor 3px 5px)"
    pattern = f";background-image:{stripes}" if "hatch_pattern" in look.style else ""
    share = f"color-mix(in srgb,{color} {alpha:.0%},transparent)"
    return f'<span><i style="color:{color};background-color:{share}{pattern}"></i>{look.words} <b>{count:,}</b></span>'


def _columns(cells: pd.DataFrame, names: Sequence[str], zone: str) -> dict[str, Any]:
    if cells.empty:
        numeric = ("left", "right", "top", "bottom", *_COUNTS)
        return {**{name: np.array([], "float64") for name in numeric}, "label": [], "words": []}
    left, right = (wall_clock_ms(cells[name].astype("int64"), zone) for name in ("start", "end"))
    rows = cells["row"].to_numpy("float64")
    words = LOOKS[cells["look"].iloc[0]].words
    return {
        "left": left, "right": right, "top": rows - 0.44, "bottom": rows + 0.44,
        **{name: cells[name].to_numpy("int32") for name in _COUNTS},
        "label": [names[int(row)] for row in rows], "words": [words] * len(cells),
    }  # fmt: skip


def _differ(before: Any, after: dict[str, Any]) -> bool:
    return any(not np.array_equal(np.asarray(before[name]), np.asarray(after[name])) for name in after)


def _name_rows(plot: figure, names: Sequence[str]) -> None:
    count = max(1, len(names))
    row = max(_LOWEST, min(_TALLEST, _TALL // count))
    plot.yaxis.ticker = FixedTicker(ticks=list(range(count)))
    plot.yaxis.major_label_overrides = dict(enumerate(names))
    plot.yaxis.major_label_text_font_size = f"{min(12, row - 1)}px"
    plot.y_range.update(start=count - 0.5, end=-0.5)
    plot.height = 40 + row * count
