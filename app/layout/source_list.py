"""Source list: every source with its switch, state, quota and place in the order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

_HERE = Path(__file__).parent


class SourceList(JSComponent):
    """`on_press` gets what is asked (enable, disable, up, down, open) and of which source."""

    entries = param.List([], doc="what views.sources.entries tells, the first asked first")
    is_fixed = param.Boolean(False, doc="show how they stand, and nothing that changes it")
    pressed = param.String("", doc="verb, name and a count")

    _esm = (_HERE / "age.js").read_text() + (_HERE / "source_list.js").read_text()

    def __init__(self, on_press: Callable[[str, str], None], **params: Any) -> None:
        params.setdefault("name", "sources.list")
        params.setdefault("sizing_mode", "stretch_width")
        super().__init__(**params)
        self._on_press = on_press

    def show(self, entries: list[dict[str, Any]]) -> None:
        """Send what changed."""
        if entries != self.entries:
            self.entries = entries

    @param.depends("pressed", watch=True)
    def _press(self) -> None:
        verb, _, name = self.pressed.rpartition("#")[0].partition(":")
        if name:
            self._on_press(verb, name)
