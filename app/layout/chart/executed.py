"""Executed: fills, round trips, orders' lives and working orders on a pane."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from app.layout.chart.look import Look
from app.layout.reading import Reading
from app.views.executions import MOST_FILLS, executions_payload, life_payload
from nautilus_data.core.round_trip import RoundTrips
from nautilus_data.core.timerange import TimeRange

# The worker stores a fill a moment after the bus told of it.
_EVERY_S, _LATER_S = 0.5, 3.0


class Executed:
    """What a trader's orders did to the pane's instrument, in the span that is loaded; read in a thread."""

    def __init__(self, pane: Any, workspace: Any, look: Look, clock: Callable[[], float] = time.monotonic) -> None:
        self._pane, self._executions, self._look, self._clock = pane, workspace.executions, look, clock
        self._version: Any = None
        self._sent: dict[str, Any] | None = None
        self._until = float("-inf")
        self._reading = Reading(self.message, _EVERY_S, clock)

    def open(self) -> None:
        """Send what lies in the loaded span."""
        self._sent = None
        self._reading.now(self._send)

    def live(self) -> None:
        now, version = self._clock(), self._executions.version
        if version != self._version:
            self._version, self._until = version, now + _LATER_S
        if now <= self._until and self._reading.is_due:
            self._reading.now(self._send)

    def hear(self, kind: str, data: Mapping[str, Any]) -> None:
        """A person wants to know an order's life."""
        if kind != "order" or not str(data.get("run", "")).isdecimal():
            return
        trader, run, order = str(data.get("trader")), int(data["run"]), str(data.get("order"))
        asked = Reading(lambda: self._life(trader, run, order))
        asked.now(lambda: asked.answer and self._pane.component.send(asked.answer))

    def _life(self, trader: str, run: int, order: str) -> dict[str, Any]:
        pane = self._pane
        life = self._executions.life(trader, run, order)
        return {"type": "order_life", **life_payload(life, pane.zone, pane.line.precision)}

    def message(self) -> dict[str, Any]:
        """Everything in the loaded span, as the browser takes it."""
        pane, line, shown = self._pane, self._pane.line, self._look.trades
        times = pane.model.bars["time"]
        options = {name: shown != "none" for name in ("fills", "links", "working")}
        message = {"type": "executions", "options": {**options, "orders": shown == "orders"}}
        if shown == "none" or not len(times):
            return message
        about = (line.instrument_id, TimeRange(int(times[0]), pane.loaded.end), line.trader_id, line.run_id)
        found = self._executions
        marks = found.order_marks(*about) if shown == "orders" else None
        working = found.working(line.instrument_id, line.trader_id, line.run_id)
        fills, trips = found.traded(*about), RoundTrips()
        if len(fills) <= MOST_FILLS:
            fills, trips = found.fills(*about), found.round_trips(*about)
        return message | executions_payload(fills, trips, marks, working, times, pane.zone, line.precision)

    def _send(self) -> None:
        message = self._reading.answer
        if message and message != self._sent and not self._reading.problem:
            self._sent = message
            self._pane.component.send(message)
