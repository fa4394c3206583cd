"""Notes of page `macro`: why FRED can't be asked, whether its values are kept, and its notice."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn

from app.layout.reading import Reading
from app.views.macro_notes import told_above, told_below

_LOOK_S = 2.0


class Notes:
    """`above` the views, `below` them."""

    def __init__(self, workspace: Any) -> None:
        self._macro, self._is_kept = workspace.macro, workspace.settings.fred_store
        self.reading = Reading(self._macro.refusal, _LOOK_S)
        self.above = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, visible=False, stylesheets=[_CSS])
        self.show(self._macro.refusal())
        self.below = pn.pane.HTML(self._below(), sizing_mode="stretch_width", margin=(10, 0, 0, 0), stylesheets=[_CSS])

    def live(self) -> None:
        self.reading.live()
        if self.reading.answer is not None:
            self.show(self.reading.answer)

    def show(self, refusal: str) -> None:
        """Why FRED can't be asked; empty: it can."""
        text = told_above(refusal)
        if text != self.above.object:
            self.above.object = text
            self.above.visible = bool(text)

    def _below(self) -> str:
        return "".join(f"<p>{escape(line)}</p>" for line in told_below(self._macro.notice, self._is_kept))


_CSS = """
:host{font:12px/1.5 var(--nd-font);color:var(--nd-muted)}
p{margin:0 0 2px}
.calm{padding:9px 13px;border:1px solid var(--nd-line);border-left:3px solid var(--nd-warn);border-radius:4px;
 background:var(--nd-panel);color:var(--nd-text);font-size:13px}
.calm span{color:var(--nd-muted)}
"""
