"""Adding: another series, by its id or found by words."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout.commands import Commands
from app.layout.macro_sheet import Sheet
from app.layout.rest_link import heading
from app.views import macro_series


class Adding:
    """Searching asks FRED; adding keeps the series up to date from then on."""

    def __init__(self, page: Any) -> None:
        self._page, self._macro = page, page.workspace.macro
        self.text = pmui.TextInput(label="Id, or words to search FRED by", size="small", width=300, margin=0)
        needs = {"add": "macro.add", "search": "macro.search"}
        self.commands = Commands(self._press, page.workspace, needs)
        self.commands.show([("add", "Add by id", "", True), ("search", "Search FRED", "", True)])
        self.hits = Sheet(macro_series.FOUND, self.add)
        self._below = pn.Column(sizing_mode="stretch_width", margin=(6, 0, 0, 0))
        bar = pn.FlexBox(self.text, self.commands, gap="8px", align_items="center", sizing_mode="stretch_width")
        self.layout = pn.Column(heading("Add a series"), bar, self._below, sizing_mode="stretch_width", margin=0)

    def add(self, series_id: str) -> None:
        """Keep it, and look at it."""
        self._page.do(f"Add {series_id}", lambda: self._macro.add(series_id), self._page.show_series)

    def _press(self, command: str) -> None:
        text = self.text.value_input.strip()
        if not text:
            self._page.tell("Write an id such as UNRATE, or words such as unemployment rate, first.")
        elif command == "add":
            self.add(text)
        else:
            self._page.do(f"Search for {text}", lambda: self._macro.search(text), self._show)

    def _show(self, hits: list[Any]) -> None:
        self.hits.show([macro_series.found(hits)])
        self._below[:] = [self.hits]
