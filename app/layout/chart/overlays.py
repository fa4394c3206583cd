"""Overlays: indicators and other instruments as lines beside the bars of a chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.layout.chart.line import Line
from app.views import chart
from app.views.overlays import compared_key, compared_line, indicator_lines, output_key
from nautilus_data.core.timerange import TimeRange

_OWN = "own"


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
        keys: dict[str, dict[str, str]] = {}
        pane = 0
        for chosen in self.chosen:
            own = pane + 1 if chosen.indicator.pane == _OWN else 0
            try:
                made = self._indicator(model, line, span, chosen, own, len(lines), keys)
            except Exception as error:
                # The page boundary for one indicator: the bars and the others are shown.
                self.problems.append(f"{chosen.indicator.title}: {error}")
                continue
            pane = max(pane, own)
            lines += made[0]
            bands += made[1]
        for name in self.compared:
            lines += self._compare(model, line, span, name, len(lines))
        self._running, self._keys = self._begun(line, span, keys), keys
        return lines, bands

    def _begun(self, line: Line, span: TimeRange, keys: Iterable[str]) -> dict[str, Any]:
        """Made here, in the thread that reads, where a running bar is in sight: at the bar itself all bars would be."""
        bar = line.last_bar()
        if bar is None or span.end <= bar["ts_event"]:
            return {}
        return {str(chosen): self._begin(line, chosen, ()) for chosen in self.chosen if str(chosen) in keys}

    def tick(
        self, line: Line, bar: Mapping[str, float], before: Iterable[Mapping[str, float]] = ()
    ) -> dict[str, float]:
        """Values of every line at the running bar, by key; `before`: those drawn since the lines were made."""
        values: dict[str, float] = {}
        for chosen in self.chosen:
            text = str(chosen)
            if text not in self._keys:
                continue
            if text not in self._running:
                self._running[text] = self._begin(line, chosen, before)
            running = self._running[text]
            # The store may be a bar ahead of the bus: what that bar makes is told with it.
            if running.ts_last is not None and bar["ts_event"] < running.ts_last:
                continue
            found = running.update(bar)
            values |= {key: found[name] for name, key in self._keys[text].items()}
        for name in self.compared:
            other = self.workspace.market.last_bar(name, str(bar["timeframe"]), line.trader_id)
            if other is not None:
                values[compared_key(name)] = float(other["close"])
        return values

    def _begin(self, line: Line, chosen: Any, before: Iterable[Mapping[str, float]]) -> Any:
        """From the stored bars on, and then those that came and may not be stored yet."""
        running = self.workspace.indicators.running(*line.place, chosen)
        for bar in before:
            if running.ts_last is None or bar["ts_event"] >= running.ts_last:
                running.update(bar)
        return running

    def _indicator(
        self, model: chart.ChartModel, line: Line, span: TimeRange, chosen: Any, pane: int, color: int,
        keys: dict[str, dict[str, str]],
    ) -> tuple[list[chart.Line], list[chart.Band]]:  # fmt: skip
        frame = self.workspace.indicators.over(*line.place, chosen, span)
        if frame.attrs["approximate"]:
            self.problems.append(f"{chosen.indicator.title}: {frame.attrs['approximate']}")
        lines, bands = indicator_lines(model, frame, chosen, pane, color)
        # A line that is drawn elsewhere than where it is made says nothing at the running bar, unless it leads.
        outputs = zip(chosen.indicator.outputs, lines, strict=True)
        told = [output.name for output, made in outputs if not chosen.shifts[output.name] or len(made.ahead)]
        keys[str(chosen)] = {name: output_key(chosen, name) for name in told}
        if len(model) and not any(np.isfinite(line.values).any() for line in lines):
            self.problems.append(f"{lines[0].label}: no value here, more bars or their volumes are needed")
        return lines, bands

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
        label = f"{instrument_id} {choice.label}"
        return [compared_line(model, frame, instrument_id, label, color + 1)]


def nearest(choices: Sequence[Any], line: Line) -> Any:
    """Of another instrument's bars those most like a line's: of its timeframe, and its source and adjustment if any."""
    same = [choice for choice in choices if choice.timeframe == line.timeframe]
    mine = (line.choice.source, line.choice.adjustment)
    return max(
        same, key=lambda one: ((one.source, one.adjustment) == mine, one.adjustment == mine[1]), default=None
    )  # fmt: skip
