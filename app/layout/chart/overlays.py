"""Overlays: indicators and other instruments as lines beside the bars of a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.layout.chart.line import Line
from app.views import chart
from nautilus_data.core.dataset import timeframe_ns
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange

_PRICE, _OWN = "price", "own"
_KNOWN_FOR_NS = 7 * NS_PER_DAY


@dataclass
class Overlays:
    """What a person put on one chart; `lines` are made for the bars of a model, `tick` for the running bar."""

    workspace: Any
    chosen: list[Any] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _running: dict[str, Any] = field(default_factory=dict)
    _keys: dict[str, dict[str, str]] = field(default_factory=dict)

    def put_on(self, model: chart.ChartModel, line: Line, span: TimeRange) -> tuple[list[chart.Line], list[chart.Band]]:
        """Lines and bands by the model's bars; what can't be had is said in `problems`."""
        self.problems, lines, bands = [], [], []
        self._running, self._keys = {}, {}
        pane = 0
        for chosen in self.chosen:
            pane += chosen.indicator.pane == _OWN
            own = pane if chosen.indicator.pane == _OWN else 0
            try:
                made = self._indicator(model, line, span, chosen, own, len(lines))
            except Exception as error:
                # The page boundary for one indicator: the bars and the others are shown.
                self.problems.append(f"{chosen.indicator.title}: {error}")
                continue
            lines += made
            bands += _bands(chosen, made)
        for name in self.compared:
            lines += self._compare(model, line, span, name, len(lines))
        return lines, bands

    def tick(self, line: Line, bar: Mapping[str, float]) -> dict[str, float]:
        """Values of every line at the running bar, by key."""
        values: dict[str, float] = {}
        for chosen in self.chosen:
            text = str(chosen)
            if text not in self._keys:
                continue
            if text not in self._running:
                self._running[text] = self.workspace.indicators.running(*line.place, chosen)
            found = self._running[text].update(bar)
            values |= {key: found[name] for name, key in self._keys[text].items()}
        for name in self.compared:
            other = self.workspace.market.last_bar(name, str(bar["timeframe"]), line.trader_id)
            if other is not None:
                values[f"compare/{name}"] = float(other["close"])
        return values

    def _indicator(
        self, model: chart.ChartModel, line: Line, span: TimeRange, chosen: Any, pane: int, color: int
    ) -> list[chart.Line]:
        indicator, text = chosen.indicator, str(chosen)
        frame = self.workspace.indicators.over(*line.place, chosen, span)
        times = frame["ts_event"].to_numpy()
        numbers = ", ".join(f"{value:g}" for value in chosen.parameters.values())
        made = []
        for place, output in enumerate(indicator.outputs):
            values = chart.at_times(model.bars["time"], times, frame[output.name].to_numpy("float64"))
            values = _shifted(np.where(np.isnan(model.bars["close"]), np.nan, values), _shift(output, chosen))
            made.append(
                chart.Line(
                    key=f"{text}/{output.name}", name=text, label=f"{indicator.title} {numbers}".strip(),
                    title=output.title, values=values, pane=pane, style=_style(output), color=color + place,
                    precision=model.precision if pane == 0 else 2, levels=indicator.levels if place == 0 else (),
                    parameters=tuple(_parameter(chosen, each) for each in indicator.parameters),
                )
            )  # fmt: skip
        # A line that is drawn elsewhere than where it is made says nothing at the running bar.
        self._keys[text] = {
            output.name: f"{text}/{output.name}" for output in indicator.outputs if not _shift(output, chosen)
        }
        return made

    def _compare(
        self, model: chart.ChartModel, line: Line, span: TimeRange, instrument_id: str, color: int
    ) -> list[chart.Line]:
        market = self.workspace.market
        choice = nearest(market.choices(instrument_id), line)
        if choice is None:
            self.problems.append(f"no bars of {instrument_id} are stored as {line.timeframe}")
            return []
        frame = market.bars(instrument_id, choice.timeframe, choice.source, choice.adjustment, span, max(2, len(model)))
        if frame.empty:
            self.problems.append(f"{instrument_id} has no bars in view")
            return []
        within = max(_KNOWN_FOR_NS, 3 * timeframe_ns(model.timeframe))
        values = chart.at_times(model.bars["time"], frame["ts_event"].to_numpy(), frame["close"].to_numpy(), within)
        label = f"{instrument_id} {choice.label}"
        return [
            chart.Line(f"compare/{instrument_id}", instrument_id, label, "close",
                       np.where(np.isnan(model.bars["close"]), np.nan, values), kind="compare", color=color + 1)
        ]  # fmt: skip


def nearest(choices: Sequence[Any], line: Line) -> Any:
    """Of another instrument's bars those most like a line's: of its timeframe, and its source and adjustment if any."""
    same = [choice for choice in choices if choice.timeframe == line.timeframe]
    mine = (line.choice.source, line.choice.adjustment)
    return max(
        same, key=lambda one: ((one.source, one.adjustment) == mine, one.adjustment == mine[1]), default=None
    )  # fmt: skip


def _bands(chosen: Any, made: Sequence[chart.Line]) -> list[chart.Band]:
    by_output = {line.key.rpartition("/")[2]: line for line in made}
    pairs = [
        (output.name, output.pair)
        for output in chosen.indicator.outputs
        if output.pair in by_output and output.name < output.pair and by_output[output.name].pane == 0
    ]
    return [chart.Band(by_output[one].key, by_output[other].key, by_output[one].color) for one, other in pairs]


def _style(output: Any) -> str:
    return "line" if output.style == "band" else output.style


def _shift(output: Any, chosen: Any) -> int:
    name = output.shift.lstrip("-")
    if not name:
        return 0
    bars = int(chosen.parameters[name])
    return -bars if output.shift.startswith("-") else bars


def _shifted(values: np.ndarray, bars: int) -> np.ndarray:
    if not bars:
        return values
    moved = np.full(len(values), np.nan)
    if abs(bars) < len(values):
        if bars > 0:
            moved[bars:] = values[:-bars]
        else:
            moved[:bars] = values[-bars:]
    return moved


def _parameter(chosen: Any, parameter: Any) -> dict[str, float | str]:
    return {
        "name": parameter.name, "title": parameter.title, "value": chosen.parameters[parameter.name],
        "low": parameter.low, "high": parameter.high, "step": parameter.step,
    }  # fmt: skip
