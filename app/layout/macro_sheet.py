"""Sheet: a dense table under headings; on a narrow screen each row becomes a card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from app.layout.rest_link import MARK_SCRIPT
from app.views.macro_sheet import Column, Section, columns_message, message


class Sheet(JSComponent):
    """`on_press` gets the key of the row or chip that was pressed; only rows that changed are drawn anew."""

    columns = param.List([], doc="[key, title, classes]")
    sections = param.List([], doc="what views.macro_sheet.message tells")
    chosen = param.String("", doc="key of the row that is marked")
    pressed = param.String("", doc="key of what was pressed last, and a count")

    rest = param.String("", doc="key of its rows among the twins of REST; empty: a button beside it tells them")

    _esm = MARK_SCRIPT + (Path(__file__).parent / "macro_sheet.js").read_text()

    def __init__(self, columns: Iterable[Column], on_press: Callable[[str], None] | None = None, **params: Any) -> None:
        params.setdefault("sizing_mode", "stretch_width")
        super().__init__(columns=columns_message(columns), **params)
        self._on_press = on_press

    def show(
        self, sections: Sequence[Section], chosen: str | None = None, columns: Iterable[Column] | None = None
    ) -> None:
        """Send what changed; None: what is marked, and the columns, stay."""
        told = message(sections)
        heads = self.columns if columns is None else columns_message(columns)
        if heads != self.columns:
            self.param.update(columns=heads, sections=told)
        if told != self.sections:
            self.sections = told
        if chosen is not None and chosen != self.chosen:
            self.chosen = chosen

    @param.depends("pressed", watch=True)
    def _press(self) -> None:
        key, _, _ = self.pressed.rpartition("#")
        if key and self._on_press is not None:
            self._on_press(key)
