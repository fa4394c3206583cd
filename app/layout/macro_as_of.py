"""As of: the day whose knowledge is shown; now, if none is chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import param
from panel.custom import JSComponent


class AsOf(JSComponent):
    """A slider, a date box and a button; the browser sends the next day once the last one it sent is drawn."""

    first = param.String("", doc="ISO day the slider begins with; empty: nothing is known yet")
    last = param.String("", doc="today in New York, where the slider ends")
    day = param.String("", doc="the day chosen; empty: now")
    wanted = param.String("", doc="day and a count, as the browser sends it")
    drawn = param.String("", doc="the `wanted` that is drawn")

    _esm = (Path(__file__).parent / "macro_as_of.js").read_text()

    def __init__(self, on_move: Callable[[str], None], **params: object) -> None:
        params.setdefault("sizing_mode", "stretch_width")
        super().__init__(**params)
        self._on_move = on_move

    def is_drawn(self) -> None:
        """What was asked for last is on its way to the screen."""
        if self.drawn != self.wanted:
            self.drawn = self.wanted

    @param.depends("wanted", watch=True)
    def _move(self) -> None:
        day, _, _ = self.wanted.rpartition("#")
        if day == self.day:
            self.is_drawn()
        else:
            self._on_move(day)
