"""Engine: start, pace, pause and stop a node; what is shown is what the worker and the bus confirm."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from app.layout import status
from app.layout.page import Page
from app.layout.permission import may
from app.layout.status import Board
from app.views import cards
from nautilus_data import errors

_RECORDED_NS = 900_000_000
_PACES = (0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


class EnginePage(Page):
    """Buttons queue a command; state and log come from the worker."""

    title = "Engine"

    def controls(self) -> list[Any]:
        if not self._is_controlled:
            return []
        self._start_day = pmui.DatePicker(
            label="Replay from", value=datetime.date(2004, 1, 2), start=datetime.date(2000, 1, 3),
            end=datetime.date(2013, 1, 1), width=150,
        )  # fmt: skip
        self._warmup = pmui.IntInput(label="Warm-up sessions", value=250, start=0, end=5_000, step=50, width=140)
        self._pace = pmui.DiscreteSlider(label="Pace, bars/s", options=list(_PACES), value=1, width=220)
        self._pace.param.watch(lambda event: self._set_pace(event.new), "value_throttled")
        self._start_button = self._button("Start", self._start, "success")
        self._pause = self._button("Pause", lambda: self._engine.pause())
        self._resume = self._button("Resume", lambda: self._engine.resume())
        self._stop = self._button("Stop", lambda: self._engine.stop(), "error")
        buttons = [self._start_button, self._pause, self._resume, self._stop]
        return [self._start_day, self._warmup, self._pace, *buttons]

    def content(self) -> Any:
        self._confirmed_pace, self._is_following = 0.0, False
        self._said = pn.Column(sizing_mode="stretch_width", margin=0)
        self._board = Board()
        parts = [self._said, self._board]
        if not self.workspace.engine.is_available:
            parts.insert(0, status.empty(self.workspace.engine.reason))
        self._show()
        return pn.Column(*parts, sizing_mode="stretch_width", margin=0)

    def live(self) -> None:
        # The worker records the node once a second; asking more often reads the database for nothing.
        if self.snapshot.beat - self._shown_at >= _RECORDED_NS:
            self._show()

    @param.depends("selection.tz", "selection.browser_zone", watch=True)
    def _on_zone(self) -> None:
        if self.is_ready:
            self._show()

    @property
    def _is_controlled(self) -> bool:
        """Can who looks start and stop it here?"""
        return self.workspace.engine.is_available and may(self.workspace, "engine.start")

    @property
    def _engine(self) -> Any:
        return self.workspace.engine

    def _show(self) -> None:
        self._shown_at = self.snapshot.beat
        run = self._engine.status()
        self._board.show(cards.engine(run, self.zone))
        if self._is_controlled:
            self._allow(run)

    def _allow(self, run: Any) -> None:
        """Offer what makes sense now; follow a pace confirmed by the worker."""
        is_running = run.status in ("STARTING", "RUNNING")
        self._start_button.label = "Start anew" if is_running else "Start"
        self._pause.disabled = not is_running or run.is_paused
        self._resume.disabled = not is_running or not run.is_paused
        self._stop.disabled = not is_running
        if run.pace != self._confirmed_pace:
            self._follow_pace(run.pace)

    def _follow_pace(self, pace: float) -> None:
        self._confirmed_pace = pace
        # Panel 1.10 tells of a throttled value when the server sets it, too: that is no person's wish.
        self._is_following = True
        self._pace.value = min(_PACES, key=lambda choice: abs(choice - pace))
        self._is_following = False

    def _set_pace(self, pace: float) -> None:
        """A running node is told; else the pace is the next start's."""
        if not self._stop.disabled and not self._is_following:
            self._do("Pace", lambda: self._engine.set_pace(pace))

    def _start(self) -> int:
        return self._engine.start(
            start=self._start_day.value.isoformat(), warmup=self._warmup.value, pace=float(self._pace.value)
        )

    def _button(self, label: str, command: Callable[[], int], color: str = "primary") -> pmui.Button:
        variant = "contained" if color == "success" else "outlined"
        button = pmui.Button(label=label, color=color, variant=variant, size="small", width=104, margin=(0, 4, 9, 4))
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
