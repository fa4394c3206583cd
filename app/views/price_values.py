"""Price values: what a chart says in words above each figure — of the bar under the mouse, else of the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from bokeh.events import MouseLeave, MouseMove, Tap
from bokeh.models import ColumnDataSource, CustomJS
from bokeh.plotting import figure

from app.views.chart import PRICES, ChartModel, Line
from app.views.price_columns import last_known

_UNKNOWN = "?"
# The text is set with sync off: what a mouse points at is nobody's business but the browser's.
_READ_OUT = """
const d = source.data
const i = cb_obj.event_name === "mouseleave" ? last : Math.min(Math.max(0, Math.round(cb_obj.x)), d.x.length - 1)
if (!(i >= 0)) { return }
const show = (v, digits) => Number.isFinite(v)
  ? v.toLocaleString("en-US", {minimumFractionDigits: digits, maximumFractionDigits: digits}) : "?"
const time = new Date(d.time[i]).toISOString().slice(0, 16).replace("T", " ")
const volume = Number.isFinite(d.volume[i]) ? d.volume[i].toLocaleString("en-US") : "?"
const price = (name) => show((d[`raw_${name}`] ?? d[name])[i], digits)
const values = ["open", "high", "low", "close"].map((name) => `${name[0].toUpperCase()} ${price(name)}`).join("  ")
for (const {title, head, groups} of words) {
  const said = (lines) => lines.map(([key, digits]) => show(d[key][i], digits))
  const rows = groups.map(([label, lines]) => [label, ...said(lines)].join("  "))
  const above = head === null ? [] : [...head, `${time} ${zone}   V ${volume}`, values]
  title.setv({text: [...above, ...rows].join("\\n")}, {sync: false})
}
"""


@dataclass(frozen=True)
class _Words:
    """What stands above one figure: `head` None where that has no bars; lines in groups of one indicator."""

    plot: figure
    head: tuple[str, ...] | None
    groups: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]

    def text(self, data: Mapping[str, np.ndarray], place: int, model: ChartModel) -> str:
        rows = [
            "  ".join([label, *(_number(data[key][place], digits) for key, digits in lines)])
            for label, lines in self.groups
        ]
        above = () if self.head is None else (*self.head, *_bar(data, place, model))
        return "\n".join([*above, *rows])


def show_values(price: figure, panes: Sequence[figure], bars: ColumnDataSource, model: ChartModel) -> None:
    """Put values above each figure and have the mouse, or a finger, change them."""
    title = "   ".join(filter(None, [model.title, model.what]))
    head = tuple(filter(None, [title, model.note]))
    words = [_Words(price, head, _groups([line for line in model.lines if line.pane == 0]))]
    for number, plot in zip(pane_numbers(model), panes, strict=True):
        words.append(_Words(plot, None, _groups([line for line in model.lines if line.pane == number])))
    last = last_known(bars.data)
    for one in words:
        text = one.text(bars.data, last, model) if last >= 0 else "\n".join(one.head or ())
        one.plot.title.update(text=text, text_font_style="normal", text_font_size="12px", standoff=2)
    _follow([price, *panes], words, bars, model, last)


def pane_numbers(model: ChartModel) -> list[int]:
    """The panes under the price, from above."""
    return sorted({line.pane for line in model.lines if line.pane})


def _follow(
    plots: Sequence[figure], words: Sequence[_Words], bars: ColumnDataSource, model: ChartModel, last: int
) -> None:
    args: dict[str, Any] = {
        "source": bars, "zone": model.zone, "digits": model.precision, "last": last,
        "words": [{"title": one.plot.title, "head": one.head, "groups": one.groups} for one in words],
    }  # fmt: skip
    script = CustomJS(args=args, code=_READ_OUT)
    for plot in plots:
        for event in (MouseMove, Tap, MouseLeave):
            plot.js_on_event(event, script)


def _groups(lines: Sequence[Line]) -> tuple[tuple[str, tuple[tuple[str, int], ...]], ...]:
    names = dict.fromkeys(line.name for line in lines)
    grouped = [[line for line in lines if line.name == name] for name in names]
    return tuple((group[0].label, tuple((line.key, line.precision) for line in group)) for group in grouped)


def _bar(data: Mapping[str, np.ndarray], place: int, model: ChartModel) -> tuple[str, str]:
    time = pd.Timestamp(int(data["time"][place]), unit="ms").strftime("%Y-%m-%d %H:%M")
    volume = data["volume"][place]
    traded = f"{volume:,.10g}" if np.isfinite(volume) else _UNKNOWN
    prices = (_number(data.get(f"raw_{name}", data[name])[place], model.precision) for name in PRICES)
    values = "  ".join(f"{name[0].upper()} {price}" for name, price in zip(PRICES, prices, strict=True))
    return f"{time} {model.zone}   V {traded}", values


def _number(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if np.isfinite(value) else _UNKNOWN
