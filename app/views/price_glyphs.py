"""Price glyphs: bars in a style, lines and bands, holes, fills and the last price on a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bokeh.core.properties import expr
from bokeh.models import ColumnDataSource, CustomJSExpr, GlyphRenderer, HoverTool, Label, Legend, LegendItem, Node, Span
from bokeh.plotting import figure
from bokeh.transform import dodge, linear_cmap

from app.views import palette
from app.views.chart import ChartModel, Line
from app.views.price_columns import base, drawn_key, last_known, lone_columns, ribbon_columns

_WIDTH = 0.72
_FINE = 1.3
_BOX = "const {data} = this; const of = (i) => (start === null ? 0 : data[start][i])\n"
_MIDDLE = "return data[end].map((value, i) => (value + of(i)) / 2)"
_HEIGHT = "return data[end].map((value, i) => Math.abs(value - of(i)))"
# A histogram is coloured by its sign: zero counts as up.
_NEARLY_ZERO = 1e-12


def draw_bars(plot: figure, bars: ColumnDataSource, model: ChartModel) -> list[GlyphRenderer]:
    """The bars in the model's style; what sets the height of the price axis."""
    if model.style in ("line", "area"):
        return _draw_closes(plot, bars, model)
    color = _by_sign("is_up")
    wicks = plot.segment("x", "high", "x", "low", source=bars, color=color, line_width=1.2)
    left, right = dodge("x", -_WIDTH / 2), dodge("x", _WIDTH / 2)
    if model.style == "bars":
        return [
            wicks,
            plot.segment(left, "open", "x", "open", source=bars, color=color, line_width=1.2),
            plot.segment("x", "close", right, "close", source=bars, color=color, line_width=1.2),
        ]
    _draw_boxes(plot, bars, "open", "close", color, 1.0)
    # A candle that closed where it opened is a line.
    return [wicks, plot.segment(left, "open", right, "open", source=bars, color=color, line_width=1)]


def _draw_closes(plot: figure, bars: ColumnDataSource, model: ChartModel) -> list[GlyphRenderer]:
    closes = model.drawn["close"]
    if model.style == "area" and np.isfinite(closes).any():
        floor = np.full(len(closes), np.nanmin(closes))
        area = ColumnDataSource(ribbon_columns(closes, floor))
        plot.patches("xs", "ys", source=area, fill_color=palette.LINE, fill_alpha=0.18, line_color=None)
    lone = plot.scatter("x", "y", source=ColumnDataSource(lone_columns(closes)), size=4, color=palette.LINE)
    return [plot.line("x", "close", source=bars, line_color=palette.LINE, line_width=1.6), lone]


def draw_volume(plot: figure, bars: ColumnDataSource) -> None:
    _draw_boxes(plot, bars, None, "volume", _by_sign("is_bought"), 0.65)
    plot.y_range.update(start=0, renderers=[_reach(plot, bars, "volume")])


def _draw_boxes(
    plot: figure, bars: ColumnDataSource, start: str | None, end: str, color: object, alpha: float
) -> GlyphRenderer:
    """A box a bar between two columns, or from zero.

    Not `vbar`: what of that is out of view shines through at the left edge. Bokeh counts each box as high as the
    highest when it looks for the axis' ends: something else has to tell them.
    """
    args = {"start": start, "end": end}
    middle, height = (CustomJSExpr(args=args, code=_BOX + code) for code in (_MIDDLE, _HEIGHT))
    return plot.rect("x", expr(middle), _WIDTH, expr(height), source=bars, fill_color=color, fill_alpha=alpha,
                     line_color=None)  # fmt: skip


def _reach(plot: figure, bars: ColumnDataSource, column: str) -> GlyphRenderer:
    """Nothing to see: how far from zero values go."""
    return plot.segment("x", 0, "x", column, source=bars, line_alpha=0)


def draw_lines(plot: figure, bars: ColumnDataSource, model: ChartModel, lines: Sequence[Line]) -> list[GlyphRenderer]:
    """Bands first, then lines, with a legend that names and hides them; what sets the height of the axis."""
    by_key = {line.key: line for line in lines}
    for band in model.bands:
        if band.upper in by_key and band.lower in by_key:
            edges = (np.append(by_key[key].values, by_key[key].ahead) for key in (band.upper, band.lower))
            plot.patches("xs", "ys", source=ColumnDataSource(ribbon_columns(*edges)), line_color=None,
                         fill_color=color_of(band.color), fill_alpha=0.1)  # fmt: skip
    drawn = [_draw_line(plot, bars, drawn_key(model, line), line) for line in lines]
    leads = [_draw_ahead(plot, len(model), line) for line in lines if len(line.ahead)]
    reaches = [_reach(plot, bars, line.key) for line in lines if line.style == "histogram"]
    for level in sorted({level for line in lines for level in line.levels}):
        plot.add_layout(Span(location=level, dimension="width", line_dash="dashed", line_color=palette.NEUTRAL))
    # One line of its own is named above the figure.
    if len(lines) > 1 or any(line.pane == 0 for line in lines):
        plot.add_layout(_legend(lines, drawn))
    return [*reaches, *leads, *(one for one, line in zip(drawn, lines, strict=True) if line.style != "histogram")]


def color_of(number: int) -> str:
    return palette.OVERLAYS[number % len(palette.OVERLAYS)]


def _draw_line(plot: figure, bars: ColumnDataSource, key: str, line: Line) -> GlyphRenderer:
    color = color_of(line.color)
    if line.style == "histogram":
        return _draw_boxes(plot, bars, None, key, _by_sign(key), 0.7)
    if line.style == "dots":
        return plot.scatter("x", key, source=bars, size=4, color=color)
    if line.style == "step":
        return plot.step("x", key, source=bars, mode="after", line_color=color, line_width=1.3)
    width = 1.8 if line.kind == "compare" else _FINE
    return plot.line("x", key, source=bars, line_color=color, line_width=width)


def _draw_ahead(plot: figure, count: int, line: Line) -> GlyphRenderer:
    x, y = np.arange(count - 1.0, count + len(line.ahead)), np.append(line.values[-1:], line.ahead)
    return plot.line(x, y, line_color=color_of(line.color), line_width=_FINE)


def _legend(lines: Sequence[Line], drawn: Sequence[GlyphRenderer]) -> Legend:
    is_alone = {line.name: sum(other.name == line.name for other in lines) == 1 for line in lines}
    names = [line.label if is_alone[line.name] else f"{line.label} {line.title}" for line in lines]
    items = [LegendItem(label=name, renderers=[one]) for name, one in zip(names, drawn, strict=True)]
    return Legend(
        items=items, location="top_left", click_policy="hide", background_fill_alpha=0, border_line_alpha=0, padding=4,
        spacing=0, margin=4, label_text_font_size="11px", label_height=14, glyph_height=14,
        label_text_color=palette.NEUTRAL,
    )  # fmt: skip


def draw_holes(plot: figure, holes: ColumnDataSource, *, is_named: bool) -> None:
    """Hatched stretches; `is_named`: the mouse tells what is missing."""
    if not len(holes.data["left"]):
        return
    drawn = plot.vstrip(
        "left", "right", source=holes, fill_color=palette.GAP, fill_alpha=0.1, line_color=None,
        hatch_pattern="right_diagonal_line", hatch_color=palette.GAP, hatch_alpha=0.5, hatch_scale=10, level="underlay",
    )  # fmt: skip
    if is_named:
        plot.add_tools(HoverTool(renderers=[drawn], tooltips="@bars missing, @text", attachment="vertical"))


def draw_fills(plot: figure, buys: ColumnDataSource, sells: ColumnDataSource, model: ChartModel) -> list[GlyphRenderer]:
    renderers = [
        plot.scatter("x", "price", source=source, marker=marker, size=12, fill_color=color,
                     line_color=palette.MARKER_EDGE, line_width=1.2)
        for source, marker, color in ((buys, "triangle", palette.BUY), (sells, "inverted_triangle", palette.SELL))
    ]  # fmt: skip
    price = f"@price{{0,0.{'0' * model.precision}}}" if model.precision else "@price{0,0}"
    rows = [("fill", "@side @qty"), ("at", price), (model.zone, "@time{%a %d %b %Y %H:%M:%S}"),
            ("strategy", "@strategy"), ("position", "@position")]  # fmt: skip
    plot.add_tools(
        HoverTool(renderers=renderers, tooltips=rows, formatters={"@time": "datetime"}, mode="mouse",
                  point_policy="snap_to_data", attachment="horizontal")
    )  # fmt: skip
    return renderers


def draw_last_price(plot: figure, bars: ColumnDataSource, model: ChartModel) -> None:
    """A line through the last known price as drawn, and what it is at the right; nothing where there is none."""
    place = last_known(bars.data)
    if place < 0:
        return
    price, color = float(bars.data["close"][place]), palette.UP if bars.data["is_up"][place] else palette.DOWN
    text = f"{(price / base(model) - 1) * 100:+,.2f} %" if base(model) else f"{price:,.{model.precision}f}"
    plot.add_layout(
        Span(location=price, dimension="width", line_dash="dashed", line_width=1, line_color=color, name="last_line")
    )
    plot.add_layout(
        Label(
            x=Node(target="frame", symbol="right", offset=-4), y=price, text=text, text_align="right",
            text_baseline="middle", text_color=palette.LABEL_TEXT, text_font_size="12px", padding=3,
            background_fill_color=palette.LABEL_BACK, border_line_width=1, border_line_color=color, name="last_label",
        )
    )  # fmt: skip


def _by_sign(column: str) -> object:
    if column in ("is_up", "is_bought"):
        return linear_cmap(column, [palette.DOWN, palette.UP], low=0, high=1)
    return linear_cmap(column, [palette.DOWN, palette.UP], low=-_NEARLY_ZERO, high=_NEARLY_ZERO)
