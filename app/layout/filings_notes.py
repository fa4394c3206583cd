"""Notes of page `filings`: why EDGAR can't be asked, above; how it was asked, below."""

from __future__ import annotations

import time
from typing import Any

import panel as pn

from app.layout.reading import Reading
from app.views.filings_notes import told_above, told_below

_LOOK_S = 2.0


class Notes:
    """`above` the views, `below` them."""

    def __init__(self, workspace: Any) -> None:
        self._filings = workspace.filings
        self.reading = Reading(lambda: (self._filings.refusal(), self._filings.statistics()), _LOOK_S)
        self.above = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, visible=False, stylesheets=[_CSS])
        self.below = pn.pane.HTML("", sizing_mode="stretch_width", margin=(10, 0, 0, 0), stylesheets=[_CSS])

    def live(self) -> None:
        self.reading.live()
        self.show()

    def show(self) -> None:
        if self.reading.answer is None:
            return
        refusal, told = self.reading.answer
        above, below = told_above(refusal, told["companies"]), told_below(told, time.time_ns())
        if above != self.above.object:
            self.above.object = above
            self.above.visible = bool(above)
        if below != self.below.object:
            self.below.object = below


_CSS = """
:host{font:12px/1.5 var(--nd-font);color:var(--nd-muted)}
p{margin:0 0 2px;overflow-wrap:anywhere}
.calm{padding:9px 13px;border:1px solid var(--nd-line);border-left:3px solid var(--nd-warn);border-radius:4px;
 background:var(--nd-panel);color:var(--nd-text);font-size:13px}
.calm span{color:var(--nd-muted)}
"""
