"""Performance: equity over time and how far it fell from its height."""

from __future__ import annotations

from functools import partial

import holoviews as hv
import numpy as np
import pandas as pd
from bokeh.models import NumeralTickFormatter

from app.views import palette
from app.views.clock import wall_clock_ms

hv.extension("bokeh", logo=False)

MOST_POINTS = 2_000
_COLUMNS = ("label", "ts_event", "equity", "drawdown", "unpriced")


def equity_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Equity history as floats, per line and sorted; drawdown is a fraction, never above 0.

    A line is one trader, account (where given) and currency: equity of two currencies is never added.
    """
    if frame.empty:
        return pd.DataFrame({name: [] for name in _COLUMNS}).astype({"ts_event": "int64", "unpriced": "int64"})
    points = pd.DataFrame({"ts_event": frame["ts_event"].astype("int64"), "label": _labels(frame)})
    points["run"] = frame.get("run_id", 0)
    points["equity"] = pd.to_numeric(frame["equity"].astype(str), errors="coerce").astype("float64")
    points["unpriced"] = frame["unpriced"].astype("int64") if "unpriced" in frame else 0
    points = points.sort_values(["label", "ts_event"], kind="stable").reset_index(drop=True)
    height = points.groupby(["label", "run"])["equity"].cummax()
    points["drawdown"] = (points["equity"] / height.where(height > 0) - 1).clip(upper=0)
    return points


def equity(frame: pd.DataFrame, *, zone: str = "UTC", height: int = 260) -> hv.Overlay:
    """Equity curves, one per account and currency; open circles where a position had no price."""
    return _curves(equity_points(frame), "equity", "equity", zone, height, "0,0.[00]")


def drawdown(frame: pd.DataFrame, *, zone: str = "UTC", height: int = 140) -> hv.Overlay:
    """Fall from the highest equity so far, in percent."""
    points = equity_points(frame)
    return _curves(points.assign(drawdown=points["drawdown"] * 100), "drawdown", "drawdown %", zone, height, "0.00")


def moving(frame: pd.DataFrame, *, zone: str = "UTC") -> tuple[hv.streams.Pipe, tuple[hv.DynamicMap, hv.DynamicMap]]:
    """`equity` and `drawdown` that are patched when a longer history is sent into the pipe."""
    points = hv.streams.Pipe(data=frame)
    views = (partial(equity, zone=zone), partial(drawdown, zone=zone))
    return points, tuple(hv.DynamicMap(lambda data, view=view: view(data), streams=[points]) for view in views)


def labels(frame: pd.DataFrame) -> tuple[str, ...]:
    """Names of the lines that would be drawn."""
    return tuple(sorted(set(_labels(frame)))) if len(frame) else ()


def _labels(frame: pd.DataFrame) -> pd.Series:
    names = [name for name in ("trader_id", "account_id", "currency") if name in frame]
    return frame[names].astype(str).agg(" ".join, axis=1)


def _curves(points: pd.DataFrame, column: str, title: str, zone: str, height: int, number_format: str) -> hv.Overlay:
    lines = list(points.groupby("label", sort=True)) or [("no equity yet", points)]
    elements = []
    for number, (label, line) in enumerate(lines):
        color = palette.SERIES[number % len(palette.SERIES)]
        data = _thinned(line, column, zone)
        elements.append(
            hv.Curve(data, _time(zone), (column, title), label=str(label)).opts(color=color, line_width=1.8)
        )
        # A history of one point has no line yet.
        newest = hv.Points(data.tail(1), [_time(zone), (column, title)], []).opts(color=color, size=6)
        elements.append(newest)
        unpriced = data[data["unpriced"] > 0]
        elements.append(
            hv.Points(unpriced, [_time(zone), (column, title)], "unpriced").opts(color=color, fill_alpha=0, size=5)
        )
    return hv.Overlay(elements).opts(
        # Framewise: the axes follow a history that grows.
        hv.opts.Curve(tools=["hover"], framewise=True),
        hv.opts.Points(framewise=True),
        hv.opts.Overlay(responsive=True, height=height, show_grid=True, legend_position="top_left", yaxis="right",
                        show_legend=len(lines) > 1, toolbar=None, padding=(0.02, 0.08), xticks=4,
                        fontsize={"labels": "9pt", "ticks": "8pt"},
                        yformatter=NumeralTickFormatter(format=number_format)),
    )  # fmt: skip


def _time(zone: str) -> hv.Dimension:
    return hv.Dimension("time", label=f"time ({zone})")


def _thinned(line: pd.DataFrame, column: str, zone: str) -> pd.DataFrame:
    step = -(-len(line) // MOST_POINTS) or 1
    # The newest point always stays: it is the one the cards show.
    kept = np.unique(np.r_[np.arange(0, len(line), step), len(line) - 1]) if len(line) else np.array([], int)
    few = line.iloc[kept]
    times = pd.to_datetime(wall_clock_ms(few["ts_event"], zone), unit="ms")
    return pd.DataFrame({"time": times, column: few[column].to_numpy(), "unpriced": few["unpriced"].to_numpy()})
