"""Drawn: what a person draws on a chart is kept, and what they drew on another page is shown."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from app.layout.permission import may
from nautilus_data.core.drawing import Drawing

_LOG = logging.getLogger(__name__)
_EVERY_S = 1.0


class Drawn:
    """Drawings of one user on one pane's instrument and timeframe."""

    def __init__(self, pane: Any, workspace: Any, user: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._pane, self._drawings, self._user, self._clock = pane, workspace.drawings, user, clock
        self._may_draw = may(workspace, "drawings.put")
        self._version = -1
        self._asked_at = float("-inf")

    def open(self) -> None:
        """Send what is kept."""
        self._version = self._drawings.version(*self._sheet)
        _, instrument_id, timeframe = self._sheet
        kept = [drawing.to_message() for drawing in self._drawings.list(*self._sheet)]
        self._pane.component.send(
            {"type": "drawings", "instrument_id": instrument_id, "timeframe": timeframe, "drawings": kept}
        )

    def live(self) -> None:
        """Tell of changes made on any page: the browser waits to see its own among what is kept."""
        if self._clock() - self._asked_at < _EVERY_S:
            return
        self._asked_at = self._clock()
        if self._drawings.version(*self._sheet) != self._version:
            self.open()

    def hear(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind not in ("drawing_put", "drawing_delete"):
            return
        if not self._may_draw:
            self._refuse(data, "who looks at a shared page can't draw on it")
            return
        # Where it was drawn, which may not be what the pane shows by now.
        sheet = (self._user, data.get("instrument_id"), data.get("timeframe"))
        try:
            if kind == "drawing_put":
                self._drawings.put(*sheet, Drawing.from_message(data))
            else:
                self._drawings.delete(*sheet, str(data.get("id")))
        except Exception as error:
            # The page boundary for one drawing: the browser takes it back and says why.
            if not isinstance(error, ValueError):
                _LOG.exception("a drawing could not be kept")
            self._refuse(data, str(error))

    def _refuse(self, data: Mapping[str, Any], reason: str) -> None:
        self._pane.component.send({"type": "drawing_refused", "id": data.get("id"), "reason": reason})

    @property
    def _sheet(self) -> tuple[str, str, str]:
        return self._user, self._pane.line.instrument_id, self._pane.line.timeframe
