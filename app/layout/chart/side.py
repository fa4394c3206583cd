"""Side: a further chart of a page, with an instrument and a timeframe of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import rest_link, status
from app.layout.chart.choosing import pick
from app.layout.chart.line import Line
from app.layout.chart.pane import ChartPane
from nautilus_data.core.dataset import show_timeframe, timeframe_ns

_AT = "@"
# Charts stand side by side where there is room, two in a row.
HEAD = 48
SHARE = MappingProxyType({"flex": "1 1 max(420px, 40%)", "min-width": "0"})


class SideChart:
    """`text` is what it shows, as `MSFT.NASDAQ@1-DAY`; `on_change()` hears when a person chose another."""

    def __init__(self, workspace: Any, pane: ChartPane, text: str, on_change: Callable[[], None]) -> None:
        self._market, self._workspace, self.pane, self._on_change = workspace.market, workspace, pane, on_change
        self._instrument_id, _, self._timeframe = text.partition(_AT)
        self._is_offering = False
        self._opened: tuple | None = None
        self._instrument = pmui.Select(label="Instrument", options=[], size="small", width=170, margin=(5, 4))
        self._frame = pmui.Select(label="Timeframe", options={}, size="small", width=100, margin=(5, 4))
        self._place = pn.Column(sizing_mode="stretch_width", margin=0)
        button = rest_link.bar(pane.rest, sizing_mode=None, margin=(18, 4, 0, 4))
        bar = pn.Row(self._instrument, self._frame, button, margin=0, height=HEAD)
        self.layout = pn.Column(bar, self._place, styles=dict(SHARE), margin=0)
        for widget, name in ((self._instrument, "_instrument_id"), (self._frame, "_timeframe")):
            widget.param.watch(lambda event, name=name: self._choose(name, event.new), "value")

    @property
    def text(self) -> str:
        return f"{self._instrument_id}{_AT}{self._timeframe}"

    def open(
        self, instruments: Sequence[str], precisions: dict[str, int], kind: tuple[str, str], whose: tuple, zone: str,
        axis: str,
    ) -> None:  # fmt: skip
        """Show what is chosen, or say what is missing; `kind`: source and adjustment where there are such bars."""
        asked = (instruments, precisions, kind, whose, zone, axis)
        wanted = (self.text, asked)
        if wanted == self._opened and self.pane.line is not None:
            return
        self._asked, self._opened = asked, wanted
        choices = self._market.choices(self._instrument_id) if self._instrument_id else []
        choice = pick(choices, self._timeframe, *kind)
        self._offer(instruments, choices, choice)
        line = None
        if choice is not None:
            self._timeframe = choice.timeframe
            precision = precisions.get(self._instrument_id, 2)
            line = Line(self._workspace, self._instrument_id, choice, precision, *whose)
        missing = status.empty(f"No bars of {self._instrument_id or 'an instrument'} are stored yet.")
        self._place[:] = [self.pane.component if self.pane.open(line, zone, axis) else missing]

    def _choose(self, name: str, value: str | None) -> None:
        if value and not self._is_offering:
            setattr(self, name, value)
            self.open(*self._asked)
            self._on_change()

    def _offer(self, instruments: Sequence[str], choices: Sequence[Any], chosen: Any) -> None:
        self._is_offering = True
        try:
            # A picker whose value is none of its options takes another.
            ids = dict.fromkeys([*filter(None, [self._instrument_id]), *instruments])
            self._instrument.param.update(options=list(ids), value=self._instrument_id or None)
            frames = sorted({choice.timeframe for choice in choices}, key=timeframe_ns)
            options = {show_timeframe(name): name for name in frames}
            self._frame.param.update(options=options, value=chosen.timeframe if chosen else None)
        finally:
            self._is_offering = False
