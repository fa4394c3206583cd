"""Price columns: a chart model as the columns Bokeh draws; x counts the bars, so that closed hours take no room."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from app.views.chart import PRICES, ChartModel, Line
from app.views.clock import wall_clock_ms
from nautilus_data.core.dataset import timeframe_ns

FILL_COLUMNS = ("x", "price", "qty", "side", "position", "strategy", "time")


def bar_columns(model: ChartModel) -> dict[str, np.ndarray]:
    """One row a bar: prices as drawn, `raw_…` where they are others, each line under its key; NaN where bars lack.

    `time` is the wall clock of the model's zone in ms; `is_up` is of the prices as drawn, `is_bought` as traded.
    """
    bars, drawn = model.bars, model.drawn
    is_other = drawn["close"] is not bars["close"]
    lines = {line.key: line.values for line in model.lines}
    scaled = {drawn_key(model, line): line.values * factor(model, line) for line in model.lines}
    return {
        "x": np.arange(len(model), dtype="float64"),
        "time": wall_clock_ms(bars["time"], model.zone),
        **{name: drawn[name] for name in PRICES},
        **({f"raw_{name}": bars[name] for name in PRICES} if is_other else {}),
        "volume": bars["volume"],
        "is_up": (drawn["close"] >= drawn["open"]).astype("float64"),
        "is_bought": (bars["close"] >= bars["open"]).astype("float64"),
        "weight": model.weight,
        "day": model.day,
        **scaled,
        **lines,
    }


def base(model: ChartModel) -> float:
    """The price from which a percent scale counts: the first known close; 0 on other scales."""
    known = model.bars["close"][np.isfinite(model.bars["close"])]
    return float(known[0]) if model.scale == "percent" and len(known) else 0.0


def factor(model: ChartModel, line: Line) -> float:
    """On a percent scale another instrument begins where the main one does."""
    known = line.values[np.isfinite(line.values)]
    if line.kind != "compare" or not base(model) or not len(known) or not known[0]:
        return 1.0
    return base(model) / float(known[0])


def drawn_key(model: ChartModel, line: Line) -> str:
    """The column a line is drawn from."""
    return line.key if factor(model, line) == 1.0 else f"{line.key} from the base"


def hole_columns(model: ChartModel) -> dict[str, np.ndarray | list]:
    """Each hole from half a bar before its first missing one to half a bar after its last."""
    times = model.bars["time"]
    first = np.searchsorted(times, [hole.first for hole in model.holes])
    last = np.searchsorted(times, [hole.last for hole in model.holes], side="right") - 1
    return {
        "left": first - 0.5,
        "right": np.maximum(last, first) + 0.5,
        "bars": [f"{hole.bars:,} bars" if hole.bars else "bars" for hole in model.holes],
        "text": [hole.text for hole in model.holes],
        "url": [hole.url for hole in model.holes],
    }


def fill_columns(fills: pd.DataFrame | None, side: str, model: ChartModel) -> dict[str, np.ndarray | list[str]]:
    """Fills of one side on the first bar that closes at or after each; those older than the bars are left out."""
    if fills is None or fills.empty or not len(model):
        return {name: [] for name in FILL_COLUMNS}
    times = fills["ts_plot"].to_numpy("int64")
    step = timeframe_ns(model.timeframe)
    mine = fills[(fills["side"] == side).to_numpy() & (times > model.bars["time"][0] - step)]
    return {
        "x": places(model, mine["ts_plot"].to_numpy("int64")),
        "price": mine["last_px"].to_numpy("float64"),
        "qty": [f"{float(value):,.10g}" for value in mine["last_qty"]],
        "side": [side] * len(mine),
        "position": [str(value) for value in mine["position_id"]],
        "strategy": [str(value) for value in mine["strategy_id"]],
        "time": wall_clock_ms(mine["ts_plot"], model.zone),
    }


def places(model: ChartModel, times: np.ndarray) -> np.ndarray:
    """x of the first bar that closes at or after each time (UTC ns); after the last, of one yet to come."""
    closes = model.bars["time"]
    found = np.searchsorted(closes, times).astype("float64")
    if len(closes):
        coming = -(-(times - closes[-1]) // timeframe_ns(model.timeframe))
        found += np.where(times > closes[-1], coming - 1, 0)
    return found


def ribbon_columns(upper: np.ndarray, lower: np.ndarray) -> dict[str, list[np.ndarray]]:
    """The area between two lines as one outline for each stretch of which both are known."""
    outlines: dict[str, list[np.ndarray]] = {"xs": [], "ys": []}
    for first, end in stretches(np.isfinite(upper) & np.isfinite(lower)):
        x = np.arange(first, end, dtype="float64")
        outlines["xs"].append(np.concatenate([x, x[::-1]]))
        outlines["ys"].append(np.concatenate([upper[first:end], lower[first:end][::-1]]))
    return outlines


def stretches(is_known: np.ndarray) -> list[tuple[int, int]]:
    """First and past-the-last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_known, [False]]).astype("int8")))
    return [(int(first), int(end)) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def lone_columns(values: np.ndarray) -> dict[str, np.ndarray]:
    """Values between two that are not known: a line does not show them."""
    places_of = np.array([first for first, end in stretches(np.isfinite(values)) if end - first == 1], "int64")
    return {"x": places_of.astype("float64"), "y": values[places_of]}


def last_known(data: Mapping[str, np.ndarray]) -> int:
    """The last row with a close; -1 when there is none."""
    known = np.flatnonzero(np.isfinite(data["close"]))
    return int(known[-1]) if len(known) else -1
