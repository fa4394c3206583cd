"""Commands: a row of buttons whose names and states change as the page does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from app.layout.permission import may


class Commands(JSComponent):
    """`entries` are key, label, tone and whether it can be pressed; `on_press` gets the key.

    `needs` names the verb a key carries out: who may not use it on this workspace is not offered it.
    """

    entries = param.List([], doc="[key, label, tone, is_enabled]")
    pressed = param.String("", doc="key of the button pressed last, and a count")

    _esm = (Path(__file__).parent / "commands.js").read_text()

    def __init__(
        self, on_press: Callable[[str], None], workspace: Any = None, needs: Mapping[str, str] | None = None,
        **params: Any,
    ) -> None:  # fmt: skip
        params.setdefault("margin", 0)
        super().__init__(**params)
        self._on_press = on_press
        self._denied = {key for key, verb in (needs or {}).items() if not may(workspace, verb)}

    def show(self, entries: Iterable[tuple[str, str, str, bool]]) -> None:
        """Send what changed."""
        shown = [list(entry) for entry in entries if entry[0] not in self._denied]
        if shown != self.entries:
            self.entries = shown

    @param.depends("pressed", watch=True)
    def _press(self) -> None:
        key, _, _ = self.pressed.rpartition("#")
        # The browser may not yet have heard that it can't be pressed any more.
        if any(entry[0] == key and entry[3] for entry in self.entries):
            self._on_press(key)
