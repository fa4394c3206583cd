"""Engine: start, pace, pause and stop a node; what is shown is what the worker and the bus confirm."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import status
from app.layout.page import Page
from app.layout.status import Board
from app.views import cards
from nautilus_data import errors


class EnginePage(Page):
    """Buttons queue a command; state and log come from the worker."""

    title = "Engine"

    def controls(self) -> list[Any]:
        if not self.workspace.engine.is_available:
            return []
        self._start_day = pmui.DatePicker(
            label="Replay from", value=datetime.date(2004, 1, 2), start=datetime.date(2000, 1, 3),
            end=datetime.date(2013, 1, 1), width=150,
        )  # fmt: skip
        self._warmup = pmui.IntInput(label="Warm-up sessions", value=250, start=0, end=5_000, step=50, width=140)
        self._pace = pmui.FloatInput(label="Pace, bars/s", value=1.0, start=0.1, end=1000, step=1, width=120)
        self._slider = pmui.DiscreteSlider(
            label="Pace now, bars/s", options=[0.2, 0.5, 1, 2, 5, 10, 20, 50, 100], value=1, width=240
        )
        self._slider.param.watch(
            lambda event: self._do("pace", lambda: self._engine.set_pace(event.new)), "value_throttled"
        )
        return [
            self._start_day, self._warmup, self._pace, self._button("Start", self._start, "success"),
            self._button("Pause", lambda: self._engine.pause()), self._button("Resume", lambda: self._engine.resume()),
            self._button("Stop", lambda: self._engine.stop(), "error"), self._slider,
        ]  # fmt: skip

    def content(self) -> Any:
        self._said = pn.Column(sizing_mode="stretch_width", margin=0)
        self._board = Board()
        parts = [self._said, self._board]
        if not self.workspace.engine.is_available:
            parts.insert(0, status.empty(self.workspace.engine.reason))
        self._show()
        return pn.Column(*parts, sizing_mode="stretch_width", margin=0)

    def live(self) -> None:
        self._show()

    @property
    def _engine(self) -> Any:
        return self.workspace.engine

    def _show(self) -> None:
        self._board.show(cards.engine(self._engine.status(), self.zone))

    def _start(self) -> int:
        return self._engine.start(
            start=self._start_day.value.isoformat(), warmup=self._warmup.value, pace=float(self._pace.value)
        )

    def _button(self, label: str, command: Callable[[], int], color: str = "primary") -> pmui.Button:
        variant = "contained" if color == "success" else "outlined"
        button = pmui.Button(label=label, color=color, variant=variant, width=84, margin=(14, 0, 5, 0))
        button.on_click(lambda _: self._do(label, command))
        return button

    def _do(self, label: str, command: Callable[[], int]) -> None:
        """Queue a command; a refusal is told, success is seen on the board."""
        try:
            command()
        except (errors.DashboardError, ValueError) as refusal:
            self._said[:] = [status.error(f"{label}: {refusal}")]
            return
        self._said.clear()
        self._show()


EnginePage.serve()
