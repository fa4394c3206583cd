"""Chart message: a chart as the browser takes it — milliseconds, few bytes, plain names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.views.chart import PRICES, ChartModel, Hole, Line, Profile
from app.views.clock import NS_PER_MS
from nautilus_data.core.dataset import timeframe_ns
from nautilus_data.core.timerange import TimeRange

_LAST_MS = 9e12


def frame_message(
    model: ChartModel, show: TimeRange | None = None, *, has_newer: bool = False, leads: bool = False
) -> dict[str, Any]:
    """The whole chart, about 45 bytes a bar; `show` is what to bring into view, None leaves that as it is.

    `leads`: charts that are linked to this one go there, too.
    """
    bars = {name: model.drawn[name].astype("float64") for name in PRICES}
    is_other = model.drawn[PRICES[0]] is not model.bars[PRICES[0]]
    return {
        "type": "frame",
        "bars": {
            "time": to_ms(model.bars["time"]), **bars, "volume": model.bars["volume"].astype("float32"),
            "weight": model.weight, "day": model.day,
        },
        "raw": {name: model.bars[name] for name in PRICES} if is_other else {},
        "style": model.style, "mode": model.scale, "title": model.title, "what": model.what,
        "precision": model.precision, "axis_zone": model.zone, "step": timeframe_ns(model.timeframe) / NS_PER_MS,
        "lines": [_line(line) for line in model.lines],
        "bands": [{"upper": band.upper, "lower": band.lower, "color": band.color} for band in model.bands],
        "holes": [_hole(hole) for hole in model.holes],
        "has_newer": has_newer, "leads": leads, "note": model.note,
        "show": None if show is None else {"from": show.start / NS_PER_MS, "to": show.end / NS_PER_MS},
    }  # fmt: skip


def tick_message(
    bar: Mapping[str, float], drawn: Mapping[str, float], weight: int, day: int, lines: Mapping[str, float]
) -> dict[str, Any]:
    """The running bar: one more, or the last one changed. `drawn` are its prices as drawn; NaN is null."""
    return {
        "type": "tick", "time": bar["ts_event"] / NS_PER_MS, "volume": _known(bar["volume"]), "weight": weight,
        "day": day, **{name: _known(drawn[name]) for name in PRICES},
        "raw": {name: _known(bar[name]) for name in PRICES},
        "lines": {key: _known(value) for key, value in lines.items()},
    }  # fmt: skip


def profile_message(profile: Profile | None) -> dict[str, Any]:
    found = profile and {
        "low": profile.low, "high": profile.high, "up": profile.up.tolist(), "down": profile.down.tolist(),
        "poc": profile.poc, "value": list(profile.value),
    }  # fmt: skip
    return {"type": "profile", "profile": found}


def to_ms(times: np.ndarray) -> np.ndarray:
    return times / NS_PER_MS


def to_span(start: object, end: object) -> TimeRange:
    """Of two times (ms) a browser tells, cut to 1970 … 2255; a ValueError when one is none."""
    for value in (start, end):
        if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
            raise ValueError(f"not a time: {str(value)[:40]}")
    first, last = sorted(int(min(max(value, 0), _LAST_MS) * NS_PER_MS) for value in (start, end))
    return TimeRange(first, last)


def _known(value: float) -> float | None:
    # JSON has no NaN.
    return None if value != value else value


def _line(line: Line) -> dict[str, Any]:
    return {
        "key": line.key, "name": line.name, "kind": line.kind, "label": line.label, "title": line.title,
        "pane": line.pane, "style": line.style, "color": line.color, "values": line.values.astype("float64"),
        "ahead": line.ahead.astype("float64"),
        "precision": line.precision, "levels": list(line.levels), "parameters": list(line.parameters),
    }  # fmt: skip


def _hole(hole: Hole) -> dict[str, Any]:
    return {
        "first": hole.first / NS_PER_MS, "last": hole.last / NS_PER_MS, "bars": hole.bars, "url": hole.url,
        "text": hole.text,
    }  # fmt: skip
