"""Overlays: what was computed of bars, or other instruments cost, as lines and bands by a chart's bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from app.views.chart import Band, ChartModel, Line, at_times
from nautilus_data.core.dataset import timeframe_ns
from nautilus_data.core.timerange import NS_PER_DAY

# Another instrument that rests over a weekend or a feast still has its last price.
_KNOWN_FOR_NS = 7 * NS_PER_DAY
_SIGNIFICANT, _MOST_DIGITS = 4, 9
# So many places may a hole before the last bar take.
_MOST_PLACES = 100


class Output(Protocol):
    """One line an indicator makes; `pair` names the other edge of a band."""

    name: str
    title: str
    style: str
    pair: str


class Parameter(Protocol):
    """A number a person can set."""

    name: str
    title: str
    low: float
    high: float
    step: float


class Indicator(Protocol):
    """`pane` is "price" (over the bars) or "own"."""

    title: str
    pane: str
    outputs: Sequence[Output]
    parameters: Sequence[Parameter]
    levels: tuple[float, ...]


class Chosen(Protocol):
    """An indicator with its parameters; `label`, as `EMA 20`; `shifts`: bars each output is drawn to the right."""

    indicator: Indicator
    label: str
    parameters: Mapping[str, float]
    shifts: Mapping[str, int]


def indicator_lines(
    model: ChartModel, frame: pd.DataFrame, chosen: Chosen, pane: int = 0, color: int = 0
) -> tuple[list[Line], list[Band]]:
    """An indicator by a chart's bars; `frame`: `ts_event` (ns, in order) and a column per output, NaN: not known."""
    lines = [
        _output_line(model, frame, chosen, output, pane, color + place)
        for place, output in enumerate(chosen.indicator.outputs)
    ]
    return lines, _bands(chosen.indicator.outputs, lines) if pane == 0 else []


def compared_line(model: ChartModel, frame: pd.DataFrame, instrument_id: str, label: str, color: int = 0) -> Line:
    """Closes of another instrument's bars; NaN where its last one is older than a week, or three bars."""
    within = max(_KNOWN_FOR_NS, 3 * timeframe_ns(model.timeframe))
    values = at_times(model.bars["time"], frame["ts_event"].to_numpy(), frame["close"].to_numpy("float64"), within)
    return Line(
        key=compared_key(instrument_id), name=instrument_id, label=label, title="close",
        values=_beside_bars(model, values), kind="compare", color=color, precision=model.precision,
    )  # fmt: skip


def compared_key(instrument_id: str) -> str:
    return f"compare/{instrument_id}"


def output_key(chosen: Chosen, output: str) -> str:
    return f"{chosen}/{output}"


def _output_line(model: ChartModel, frame: pd.DataFrame, chosen: Chosen, output: Output, pane: int, color: int) -> Line:
    indicator = chosen.indicator
    # Moved among the bars it is made of: candles that stand for many of them move it by less.
    made, shift = frame[output.name].to_numpy("float64"), chosen.shifts[output.name]
    values, times = shifted(made, shift), frame["ts_event"].to_numpy()
    return Line(
        key=output_key(chosen, output.name), name=str(chosen), label=chosen.label,
        title=output.title, pane=pane, style="line" if output.style == "band" else output.style, color=color,
        values=_beside_bars(model, at_times(model.bars["time"], times, values)),
        ahead=_ahead(model, times, made, shift),
        precision=model.precision if pane == 0 else digits(values),
        levels=tuple(indicator.levels) if output is indicator.outputs[0] else (),
        parameters=tuple(_parameter(chosen, each) for each in indicator.parameters),
    )  # fmt: skip


def _ahead(model: ChartModel, times: np.ndarray, values: np.ndarray, bars: int) -> np.ndarray:
    """What is moved past the chart's last candle; nothing where a candle stands for many bars."""
    closes = model.bars["time"]
    # Meanwhile there may be bars that the chart does not know yet.
    count = int(np.searchsorted(times, closes[-1], side="right")) if len(closes) else 0
    is_alike = count > 1 and times[count - 1] == closes[-1] and times[count - 2] in closes[-_MOST_PLACES:]
    return values[:count][-bars:] if bars > 0 and is_alike else np.empty(0)


def digits(values: np.ndarray) -> int:
    """Decimals that show four figures of a value as they are on the whole; 2 where none is known."""
    known = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(known):
        return 2
    return int(np.clip(_SIGNIFICANT - 1 - np.floor(np.log10(np.median(known))), 0, _MOST_DIGITS))


def _beside_bars(model: ChartModel, values: np.ndarray) -> np.ndarray:
    """Nothing where bars are missing."""
    return np.where(np.isnan(model.bars["close"]), np.nan, values)


def shifted(values: np.ndarray, bars: int) -> np.ndarray:
    """Moved to the right (negative: to the left), NaN where nothing comes from."""
    moved = np.full(len(values), np.nan)
    if abs(bars) < len(values):
        kept = len(values) - abs(bars)
        first = max(bars, 0)
        moved[first : first + kept] = values[max(-bars, 0) :][:kept]
    return moved


def _bands(outputs: Sequence[Output], lines: Sequence[Line]) -> list[Band]:
    made = {output.name: line for output, line in zip(outputs, lines, strict=True)}
    names = list(made)
    return [
        Band(made[output.name].key, made[output.pair].key, made[output.name].color)
        for output in outputs
        if output.pair in made and names.index(output.name) < names.index(output.pair)
    ]


def _parameter(chosen: Chosen, parameter: Parameter) -> dict[str, float | str]:
    return {
        "name": parameter.name, "title": parameter.title, "value": chosen.parameters[parameter.name],
        "low": parameter.low, "high": parameter.high, "step": parameter.step,
    }  # fmt: skip
