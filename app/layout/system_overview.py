"""Overview of page `system`: components, the machine, versions."""

from __future__ import annotations

from typing import Any

import panel as pn

from app.layout.reading import Reading, Trouble
from app.layout.status import Board
from app.views import system as views

_EVERY_S = 1.0


class Overview:
    """Ages are counted in the browser; nothing is asked of a source for it."""

    def __init__(self, page: Any) -> None:
        self._page, self._system = page, page.workspace.system
        self.reading = Reading(self._read, _EVERY_S)
        self.board = Board()
        self._trouble = Trouble("The components", self.reading, self.board)
        self.layout = pn.Column(self._trouble.layout, sizing_mode="stretch_width", margin=0)

    def open(self) -> None:
        self.reading.now(self._show)

    def live(self) -> None:
        self.reading.live()
        self._show()

    def _read(self) -> Any:
        return self._system.components(), self._system.place(), self._system.versions()

    def _show(self) -> None:
        self._trouble.show()
        if self.reading.answer is None:
            return
        components, place, versions = self.reading.answer
        zone = self._page.zone
        parts, sources = views.components(components, zone)
        self.board.show([parts, views.place(place, zone), sources, views.versions(versions)])
