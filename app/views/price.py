"""Price: candles with volume, the fills and the last price on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.events import MouseLeave
from bokeh.layouts import column
from bokeh.models import (
    Column,
    ColumnDataSource,
    CrosshairTool,
    CustomJS,
    CustomJSTickFormatter,
    DataRange1d,
    DatetimeTickFormatter,
    GlyphRenderer,
    HoverTool,
    Label,
    Node,
    NumeralTickFormatter,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
    Span,
    WheelZoomTool,
)
from bokeh.plotting import figure
from bokeh.transform import linear_cmap

from app.views import palette
from app.views.clock import NS_PER_MS, wall_clock_ms
from nautilus_data.core.dataset import show_timeframe, timeframe_ns

BAR_COLUMNS = ("x", "width", "open", "high", "low", "close", "volume", "is_up")
FILL_COLUMNS = ("x", "price", "qty", "side", "position", "strategy", "time")
_BORDER_RIGHT = 68
_BODY = 0.72
# The text is set with sync off: what a mouse points at is nobody's business but the browser's.
_READ_OUT = """
const d = source.data
const pointed = cb_data?.index?.indices ?? []
if (pointed.length) title.document.__pointed = pointed[pointed.length - 1]
else if (cb_obj?.event_name == "mouseleave") title.document.__pointed = null
const i = title.document.__pointed ?? d.x.length - 1
if (i < 0 || i >= d.x.length) return
const show = (v) => v.toLocaleString("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits})
const time = new Date(d.x[i]).toISOString().slice(0, 16).replace("T", " ")
const volume = Number.isFinite(d.volume[i]) ? d.volume[i].toLocaleString("en-US") : "?"
const prices = `O ${show(d.open[i])}  H ${show(d.high[i])}  L ${show(d.low[i])}  C ${show(d.close[i])}`
title.setv({text: `${time} ${zone}   V ${volume}\\n${prices}`}, {sync: false})
"""


@dataclass(frozen=True)
class CandleChart:
    """The two figures and the handles by which live values are patched into them."""

    price: figure
    volume: figure
    bars: ColumnDataSource
    buys: ColumnDataSource
    sells: ColumnDataSource
    last_line: Span
    last_label: Label
    zone: str
    precision: int

    @property
    def x_range(self) -> Range1d:
        return self.price.x_range

    @property
    def layout(self) -> Column:
        """Price above volume, to show as one."""
        return column(self.price, self.volume, sizing_mode="stretch_width", spacing=0)


def candles(
    frame: pd.DataFrame,
    fills: pd.DataFrame | None = None,
    *,
    zone: str = "UTC",
    precision: int = 2,
    height: int = 400,
) -> CandleChart:
    """Draw bars (`ts_event` ns, open … volume) with fills at their price; x is the wall clock of `zone`."""
    bars = ColumnDataSource(bar_columns(frame, zone))
    buys, sells = (ColumnDataSource(fill_columns(fills, side, zone)) for side in ("BUY", "SELL"))
    x_range = Range1d(*x_limits(bars.data))
    price = _figure(x_range, height, "price")
    volume = _figure(x_range, max(80, height // 4), "volume")
    _draw_candles(price, bars, zone, precision)
    _draw_fills(price, buys, sells, zone, precision)
    _draw_volume(volume, bars, zone)
    _link(price, volume)
    line, label = _last_price(price)
    chart = CandleChart(price, volume, bars, buys, sells, line, label, zone, precision)
    show_last_price(chart, _last(bars.data["close"]), _last(bars.data["is_up"]) > 0)
    return chart


def price_curve(frame: pd.DataFrame, *, zone: str = "UTC", label: str = "close") -> hv.Curve:
    """Closes as a HoloViews curve, to lay over or beside other elements in a notebook."""
    times = pd.to_datetime(wall_clock_ms(frame["ts_event"], zone), unit="ms")
    data = pd.DataFrame({"time": times, "close": frame["close"].to_numpy("float64")})
    curve = hv.Curve(data, hv.Dimension("time", label=f"time ({zone})"), "close", label=label)
    return curve.opts(color=palette.LINE, responsive=True, height=320, show_grid=True)


def bar_columns(frame: pd.DataFrame, zone: str = "UTC") -> dict[str, np.ndarray]:
    """Bars as the columns the chart draws."""
    x = wall_clock_ms(frame["ts_event"], zone)
    # Copies, since patches write into them and pandas 3 hands out read-only arrays.
    prices = {name: np.array(frame[name], "float64") for name in ("open", "high", "low", "close", "volume")}
    width = np.full(len(x), _body_width(x, frame.attrs))
    return {"x": x, "width": width, **prices, "is_up": (prices["close"] >= prices["open"]).astype("float64")}


def fill_columns(fills: pd.DataFrame | None, side: str, zone: str = "UTC") -> dict[str, np.ndarray | list[str]]:
    """Fills of one side as the columns the chart draws."""
    if fills is None or fills.empty:
        return {name: [] for name in FILL_COLUMNS}
    mine = fills[fills["side"] == side]
    return {
        "x": wall_clock_ms(mine["ts_plot"], zone),
        "price": mine["last_px"].to_numpy("float64"),
        "qty": [str(value) for value in mine["last_qty"]],
        "side": [side] * len(mine),
        "position": [str(value) for value in mine["position_id"]],
        "strategy": [str(value) for value in mine["strategy_id"]],
        "time": wall_clock_ms(mine["ts_plot"], zone),
    }


def x_limits(data: Mapping[str, np.ndarray], bars: int | None = None) -> tuple[float, float]:
    """Where the x axis begins and ends to show the last `bars` of them (all: None), with room at the right."""
    x = np.asarray(data["x"], "float64")
    if not len(x):
        return 0.0, 1.0
    step = float(data["width"][-1]) / _BODY
    shown = x if bars is None else x[-bars:]
    room = max(step * 1.5, (x[-1] - shown[0]) * 0.03)
    return float(shown[0] - step), float(x[-1] + room)


def show_bars(chart: CandleChart, frame: pd.DataFrame) -> None:
    """Put other bars into a chart that is on screen."""
    chart.bars.data = bar_columns(frame, chart.zone)


def show_fills(chart: CandleChart, fills: pd.DataFrame | None) -> None:
    """Put other fills into a chart that is on screen."""
    for side, source in (("BUY", chart.buys), ("SELL", chart.sells)):
        source.data = fill_columns(fills, side, chart.zone)


def put_bar(chart: CandleChart, bar: Mapping[str, float], keep: int = 4_000) -> bool:
    """Patch the last bar or stream a new one behind it; True when one was added. Older bars are left alone."""
    data = chart.bars.data
    x = float(wall_clock_ms(np.array([bar["ts_event"]]), chart.zone)[0])
    last_x = _last(data["x"])
    if x < last_x:
        return False
    width = _last(data["width"]) if len(data["width"]) else _body_width(np.array([]), {})
    values = {name: float(bar[name]) for name in ("open", "high", "low", "close", "volume")}
    row = {"x": x, "width": width, **values, "is_up": float(values["close"] >= values["open"])}
    is_new = x != last_x
    if is_new:
        chart.bars.stream({name: [value] for name, value in row.items()}, rollover=keep)
    else:
        _patch_last(chart.bars, row)
    show_last_price(chart, row["close"], row["is_up"] > 0)
    return is_new


def widen_last(chart: CandleChart, bar: Mapping[str, float]) -> None:
    """Take a live bar into the last candle where a candle stands for many bars; its volume waits for the next read."""
    data = chart.bars.data
    if not len(data["x"]):
        return
    opened, close = _last(data["open"]), float(bar["close"])
    row = {
        "high": max(_last(data["high"]), float(bar["high"])),
        "low": min(_last(data["low"]), float(bar["low"])),
        "close": close,
        "is_up": float(close >= opened),
    }
    _patch_last(chart.bars, row)
    show_last_price(chart, close, close >= opened)


def show_last_price(chart: CandleChart, price: float, is_up: bool) -> None:
    """Move the last-price line and its label."""
    is_known = bool(np.isfinite(price))
    chart.last_line.visible = chart.last_label.visible = is_known
    if not is_known:
        return
    color = palette.UP if is_up else palette.DOWN
    chart.last_line.update(location=price, line_color=color)
    chart.last_label.update(y=price, text=f"{price:,.{chart.precision}f}", border_line_color=color)


def describe(attrs: Mapping[str, object]) -> str:
    """One line on what a frame of bars is: source, timeframe, adjustment, bars in a candle."""
    parts = [str(attrs.get("source", "")), _adjustment(str(attrs.get("adjustment", "")))]
    if timeframe := attrs.get("timeframe"):
        parts.insert(0, show_timeframe(str(timeframe)))
    if int(attrs.get("bucket", 1) or 1) > 1:
        parts.append(f"{attrs['bucket']} bars in a candle")
    if attrs.get("total"):
        parts.append(f"{attrs['total']:,} bars stored")
    return " · ".join(part for part in parts if part)


def _adjustment(name: str) -> str:
    return {"raw": "as traded", "total": "adjusted for splits and dividends", "split": "adjusted for splits"}.get(
        name, name
    )


def _body_width(x: np.ndarray, attrs: Mapping[str, object]) -> float:
    if len(x) > 1:
        return float(np.median(np.diff(x))) * _BODY
    return timeframe_ns(str(attrs.get("timeframe") or "1-DAY")) / NS_PER_MS * _BODY


def _last(values: np.ndarray | list[float]) -> float:
    return float(values[-1]) if len(values) else float("nan")


def _patch_last(source: ColumnDataSource, row: Mapping[str, float]) -> None:
    data, index = source.data, len(source.data["x"]) - 1
    changed = {name: [(index, value)] for name, value in row.items() if data[name][index] != value}
    if changed:
        source.patch(changed)


def _figure(x_range: Range1d, height: int, name: str) -> figure:
    tools = [PanTool(dimensions="width"), WheelZoomTool(dimensions="width"), ResetTool(), SaveTool()]
    plot = figure(
        x_range=x_range,
        # Only what is in view sets the height of the axis.
        y_range=DataRange1d(only_visible=True, range_padding=0.06),
        window_axis="x",
        x_axis_type="datetime",
        y_axis_location="right",
        height=height,
        name=name,
        tools=tools,
        active_drag=tools[0],
        active_scroll=tools[1],
        toolbar_location=None,
        sizing_mode="stretch_width",
        min_border_right=_BORDER_RIGHT,
        min_border_left=8,
        min_border_top=6,
        min_border_bottom=4,
        output_backend="canvas",
    )
    plot.xaxis.formatter = DatetimeTickFormatter(
        seconds="%H:%M:%S", minsec="%H:%M:%S", minutes="%H:%M", hourmin="%H:%M", hours="%H:%M", days="%d %b",
        months="%b %Y", years="%Y",
    )  # fmt: skip
    plot.grid.grid_line_alpha = 0.35
    return plot


def _draw_candles(plot: figure, bars: ColumnDataSource, zone: str, precision: int) -> None:
    color = linear_cmap("is_up", [palette.DOWN, palette.UP], low=0, high=1)
    plot.segment("x", "high", "x", "low", source=bars, color=color, line_width=1.2)
    body = plot.vbar("x", "width", "open", "close", source=bars, fill_color=color, line_color=color, line_width=1)
    _read_out(plot, bars, body, zone, precision)
    plot.yaxis.formatter = NumeralTickFormatter(format=f"0,0.{'0' * precision}")
    plot.xaxis.visible = False


def _read_out(plot: figure, bars: ColumnDataSource, body: GlyphRenderer, zone: str, precision: int) -> None:
    """Values of the bar under the mouse, else of the last one, above the chart where they hide nothing."""
    plot.title.update(
        text=_values_of_last(bars.data, zone, precision), text_font_style="normal", text_font_size="12px", standoff=2
    )
    args = {"source": bars, "title": plot.title, "zone": zone, "digits": precision}
    hover = HoverTool(renderers=[body], tooltips=None, mode="vline", callback=CustomJS(args=args, code=_READ_OUT))
    plot.add_tools(hover)
    last = CustomJS(args=args, code=_READ_OUT)
    plot.js_on_event(MouseLeave, last)
    for change in ("change:data", "patching", "streaming"):
        bars.js_on_change(change, last)


def _values_of_last(data: Mapping[str, np.ndarray], zone: str, precision: int) -> str:
    if not len(data["x"]):
        return ""
    time = pd.Timestamp(int(data["x"][-1]), unit="ms").strftime("%Y-%m-%d %H:%M")
    prices = (f"{name[0].upper()} {data[name][-1]:,.{precision}f}" for name in ("open", "high", "low", "close"))
    return f"{time} {zone}   V {data['volume'][-1]:,.10g}\n{'  '.join(prices)}"


def _draw_fills(plot: figure, buys: ColumnDataSource, sells: ColumnDataSource, zone: str, precision: int) -> None:
    renderers = []
    for source, marker, color in ((buys, "triangle", palette.BUY), (sells, "inverted_triangle", palette.SELL)):
        renderers.append(
            plot.scatter("x", "price", source=source, marker=marker, size=12, fill_color=color,
                         line_color=palette.MARKER_EDGE, line_width=1.2)
        )  # fmt: skip
    price = f"@price{{0,0.{'0' * precision}}}"
    rows = [("fill", "@side @qty"), ("at", price), (zone, "@time{%a %d %b %Y %H:%M:%S}"), ("strategy", "@strategy"),
            ("position", "@position")]  # fmt: skip
    plot.add_tools(_hover(renderers, rows, ["@time"], mode="mouse"))


def _draw_volume(plot: figure, bars: ColumnDataSource, zone: str) -> None:
    color = linear_cmap("is_up", [palette.DOWN, palette.UP], low=0, high=1)
    plot.vbar("x", "width", "volume", 0, source=bars, fill_color=color, line_color=None, fill_alpha=0.65)
    plot.y_range.start = 0
    plot.yaxis.formatter = CustomJSTickFormatter(
        code="return new Intl.NumberFormat('en-US', {notation: 'compact'}).format(tick)"
    )
    plot.yaxis.ticker.desired_num_ticks = 3
    plot.xaxis.axis_label = f"time ({zone})"
    plot.xaxis.axis_label_text_font_size = "0.85em"


def _hover(renderers: list, rows: list[tuple[str, str]], times: list[str], mode: str) -> HoverTool:
    return HoverTool(
        renderers=renderers, tooltips=rows, formatters=dict.fromkeys(times, "datetime"), mode=mode,
        point_policy="snap_to_data", attachment="horizontal",
    )  # fmt: skip


def _link(price: figure, volume: figure) -> None:
    shared = Span(dimension="height", line_dash="dotted", line_color=palette.NEUTRAL)
    across = Span(dimension="width", line_dash="dotted", line_color=palette.NEUTRAL)
    price.add_tools(CrosshairTool(overlay=[across, shared]))
    volume.add_tools(CrosshairTool(overlay=shared))


def _last_price(plot: figure) -> tuple[Span, Label]:
    line = Span(dimension="width", line_dash="dashed", line_width=1, name="last_line")
    label = Label(
        x=Node(target="frame", symbol="right", offset=-4), y=0, text="", text_align="right", text_baseline="middle",
        text_color=palette.LABEL_TEXT, text_font_size="12px", background_fill_color=palette.LABEL_BACK, padding=3,
        border_line_width=1, name="last_label",
    )  # fmt: skip
    plot.add_layout(line)
    plot.add_layout(label)
    return line, label
