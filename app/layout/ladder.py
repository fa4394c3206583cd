"""Ladder: the price levels of one order book, best in the middle, sizes as bars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

_HERE = Path(__file__).parent


class Ladder(JSComponent):
    """Draws `book` as `app.views.bus.ladder` makes it; its age is counted in the browser."""

    book = param.Dict({}, doc="levels, spread, state; empty: nothing to draw")

    _esm = (_HERE / "age.js").read_text() + (_HERE / "ladder.js").read_text()

    def show(self, book: dict[str, Any]) -> None:
        """Draw this book; nothing is sent when nothing changed."""
        if book != self.book:
            self.book = book
