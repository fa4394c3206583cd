"""Plots of macro: the page's charts filled once, for reports and notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from app.views import macro_chart, macro_curve, macro_regimes, palette
from app.views.macro_curve import Day
from nautilus_data.core.timerange import TimeRange

HEIGHT = 240
# Share of an axis that the name of a state takes.
_ROOM = 0.08


def history(
    frame: pd.DataFrame,
    title: str,
    *,
    recessions: Sequence[TimeRange] = (),
    levels: Sequence[tuple[float, str]] = (),
    by: str = "ts_init",
    height: int = HEIGHT,
) -> figure:
    """A line of `ts_event`, `ts_init`, `value`; recessions are shaded where they were.

    `by`: `ts_init`, when each value was known, from which it stands until the next; `ts_event`, what it is about.
    """
    chart = macro_chart.time_chart(title, is_step=by == "ts_init", height=height)
    macro_chart.fill(chart.line, macro_chart.line_columns(frame, by))
    macro_chart.fill(chart.shades, macro_chart.shade_columns(recessions, macro_chart.span_of(frame, by)))
    macro_chart.fill(chart.levels, macro_chart.level_columns(levels, frame, by))
    return chart.plot


def curve(yields: pd.DataFrame, days: Sequence[Day]) -> figure:
    """Yields by maturity, as `macro.curve` gives them, one line a day; the first is drawn strongest."""
    chart = macro_curve.chart()
    macro_chart.fill(chart.lines, macro_curve.line_columns(yields, days))
    macro_chart.fill(chart.dots, macro_curve.dot_columns(yields, days))
    return chart.plot


def regimes(held: pd.DataFrame, states: Mapping[str, Sequence[str]], *, recessions: Sequence[TimeRange] = ()) -> figure:
    """When each regime held (`key title label start end`), one lane a regime; `states` are those of a key, in order."""
    titles = dict(zip(held["key"], held["title"], strict=True))
    last = int(held["end"].max()) if len(held) else 0
    chart = macro_regimes.timeline(titles)
    macro_chart.fill(chart.bars, macro_regimes.bar_columns(held, titles, states, last))
    if len(held):
        _name_bars(chart.plot, chart.bars)
    span = TimeRange(int(held["start"].min()), last) if len(held) else TimeRange(0, 0)
    macro_chart.fill(chart.shades, macro_chart.shade_columns(recessions, span))
    return chart.plot


def _name_bars(plot: figure, bars: ColumnDataSource) -> None:
    """What is long enough is named in its bar: a report has no legend, and paper no mouse."""
    told = bars.data
    room = _ROOM * (max(told["end"]) - min(told["start"]))
    wide = [place for place in range(len(told["label"])) if told["end"][place] - told["start"][place] > room]
    names = {name: [told[name][place] for place in wide] for name in ("start", "bottom", "label")}
    plot.text(
        x="start", y="bottom", text="label", source=ColumnDataSource(names), x_offset=4, y_offset=-5,
        text_font_size="11px", text_color=palette.MARKER_EDGE,
    )  # fmt: skip
