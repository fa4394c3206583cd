"""Tabs: one row of names that chooses what a page shows; it scrolls by itself where it does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import param
from panel.custom import JSComponent


class Tabs(JSComponent):
    """`entries` are key, name, count and tone; a count tells what waits behind a tab."""

    entries = param.List([], doc="[key, name, count as text, tone]")
    chosen = param.String("", doc="key of what is shown")

    _esm = (Path(__file__).parent / "tabs.js").read_text()

    def show(self, names: Mapping[str, str], counts: Mapping[str, tuple[str, str]]) -> None:
        """Names by key, and for some keys a count and its tone."""
        entries = [[key, name, *counts.get(key, ("", ""))] for key, name in names.items()]
        if entries != self.entries:
            self.entries = entries
