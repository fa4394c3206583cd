"""Macro regimes: a lane for each, coloured by its state over the time it was known; and what holds now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool, Label, Range1d
from bokeh.plotting import figure

from app.views import palette
from app.views.cards import Card, Group, Tone
from app.views.macro import OLD_FACTOR_DAYS, age, is_old, source_name
from app.views.macro_chart import NS_PER_MS, shade, time_figure
from app.views.macro_days import date

_LANE, _EDGES = 54, 46
# From calm to not, where the states have an order.
COLORS = (palette.UP, palette.NEUTRAL, palette.SELL, palette.DOWN, "#b07aa1", palette.LINE)


@dataclass(frozen=True)
class Timeline:
    """A figure, its bars and the recessions behind them."""

    plot: figure
    bars: ColumnDataSource
    shades: ColumnDataSource


def timeline(titles: Mapping[str, str]) -> Timeline:
    """An empty lane for each key, the first at the top, with its title above it."""
    plot = time_figure(_EDGES + _LANE * max(1, len(titles)))
    plot.y_range = Range1d(-0.5, len(titles) - 0.5)
    plot.yaxis.visible, plot.ygrid.visible = False, False
    plot.min_border_right = 8
    shades = shade(plot)
    bars = ColumnDataSource(bar_columns(pd.DataFrame(columns=["key", "title", "label", "start", "end"]), {}, {}))
    drawn = plot.quad("start", "end", "bottom", "top", source=bars, color="color", fill_alpha=0.9, line_alpha=0)
    for place, title in enumerate(titles.values()):
        plot.add_layout(_title(title, len(titles) - 1 - place))
    told = [("", "@title"), ("", "@label"), ("from", "@since"), ("until", "@until")]
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=told))
    return Timeline(plot, bars, shades)


def bar_columns(
    frame: pd.DataFrame, titles: Mapping[str, str], states: Mapping[str, Sequence[str]], at: int = 0
) -> dict[str, list]:
    """One bar each time a regime held; what holds at `at` has no end."""
    lanes = {key: len(titles) - 1 - place for place, key in enumerate(titles)}
    rows = [row for row in frame.to_dict("records") if row["key"] in lanes]
    middles = [lanes[row["key"]] - 0.12 for row in rows]
    return {
        "start": [row["start"] / NS_PER_MS for row in rows],
        "end": [row["end"] / NS_PER_MS for row in rows],
        "bottom": [middle - 0.28 for middle in middles],
        "top": [middle + 0.22 for middle in middles],
        "color": [color(states[row["key"]], row["label"]) for row in rows],
        "title": [row["title"] for row in rows],
        "label": [row["label"] for row in rows],
        "since": [date(row["start"]) for row in rows],
        "until": [date(row["end"]) if row["end"] < at else "it holds" for row in rows],
    }


def color(states: Sequence[str], label: str) -> str:
    """Of a state by its place among the others; in between where there are fewer than colours."""
    place = list(states).index(label) if label in states else 0
    order = {2: (0, 3), 3: (0, 2, 3)}.get(len(states), range(len(COLORS)))
    return COLORS[list(order)[place % len(list(order))]]


def legend(regimes: Sequence[Any]) -> str:
    """The states of each regime with their colours, as HTML."""
    lines = []
    for one in regimes:
        marks = "".join(
            f'<i style="background:{color(one.states, state)}"></i>{escape(state)} ' for state in one.states
        )
        lines.append(f"<p><b>{escape(one.title)}</b> {marks}</p>")
    return "".join(lines)


def cards(scores: pd.DataFrame, frame: pd.DataFrame, keys: Sequence[str], at: int) -> Group:
    """What holds at a time, since when, and of what it is made."""
    since = {row["key"]: row["start"] for row in frame.to_dict("records")}
    rows = [row for row in scores.to_dict("records") if row["key"] in keys]
    return Group("regimes", "", tuple(_card(row, since.get(row["key"], 0), at) for row in rows))


def _card(row: Mapping[str, Any], since: int, at: int) -> Card:
    if not row["label"]:
        why = f"lacks {', '.join(row['missing'])}" if row["missing"] else row["problem"] or "nothing was known then"
        return Card(row["key"], row["title"], "not known", Tone.WARN, why)
    sources = ", ".join(map(source_name, row["sources"]))
    known = f"about {date(row['ts_event'])}, known {age(row['ts_init'], at)}"
    tone = Tone.WARN if is_old(row["ts_init"], at, OLD_FACTOR_DAYS) else Tone.NONE
    return Card(row["key"], row["title"], row["label"], tone, note=f"since {date(since)} · {known} · {sources}")


def _title(text: str, lane: int) -> Label:
    return Label(
        x=6, y=lane + 0.12, x_units="screen", text=text, text_font_size="11px", text_baseline="bottom",
        text_color=palette.NEUTRAL,
    )  # fmt: skip
