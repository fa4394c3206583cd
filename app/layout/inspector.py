"""Inspector: live messages as a list, one of them whole, decoded and raw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

EXAMPLES = ("*", "data.quotes.*", "data.trades.*", "data.bars.*", "data.book.*", "events.order.*", "events.position.*",
            "events.account.*", "events.system.*", "snapshots*", "health:*")  # fmt: skip


class MessageInspector(JSComponent):
    """Shows `rows`; the browser says which pattern is asked for, whether it is paused and which row was chosen."""

    pattern = param.String("*", doc="topics to show: * any run of characters, ? one")
    examples = param.List(list(EXAMPLES), doc="patterns offered")
    is_paused = param.Boolean(False, doc="the list stands still")
    rows = param.List([], doc="newest first: key, time, topic, type, size")
    chosen = param.String("", doc="key of the row chosen by a person")
    detail = param.Dict({}, doc="the chosen message: key, facts, decoded, raw, is_cut")
    note = param.String("", doc="what is shown, or why nothing is")
    zone = param.String("UTC", doc="zone of the times")

    _esm = (Path(__file__).parent / "inspector.js").read_text()

    def __init__(self, on_change: Callable[[str], None] | None = None, **params: Any) -> None:
        super().__init__(**params)
        self._on_change = on_change

    def show(self, rows: list[dict[str, str]], note: str, zone: str) -> None:
        """Send what changed."""
        new = {"rows": rows, "note": note, "zone": zone}
        self.param.update({name: value for name, value in new.items() if value != getattr(self, name)})

    @param.depends("pattern", "is_paused", "chosen", watch=True)
    def _tell(self) -> None:
        if self._on_change is not None:
            self._on_change(self.chosen)
