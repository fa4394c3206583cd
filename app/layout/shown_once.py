"""Shown once: a secret that was just made, with a button that copies it; hidden again, it is nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent


class ShownOnce(JSComponent):
    """Empty, it is not to be seen. With `is_path` it is a path of this server, told as a whole address."""

    secret = param.String("", doc="what is shown; emptied by the browser when it is hidden")
    words = param.String("", doc="what it is, and what to do with it")
    is_path = param.Boolean(False, doc="is it a path, to be told as an address?")

    _esm = (Path(__file__).parent / "shown_once.js").read_text()

    def __init__(self, **params: Any) -> None:
        params.setdefault("sizing_mode", "stretch_width")
        params.setdefault("margin", (0, 0, 10, 0))
        super().__init__(**params)

    def __repr__(self, *_: Any) -> str:
        return "ShownOnce()"

    def tell(self, secret: str, words: str) -> None:
        """Show it, until it is hidden or another takes its place."""
        self.param.update(words=words, secret=secret)

    def hide(self) -> None:
        self.secret = ""
