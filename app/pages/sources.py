"""Sources: which are asked and in which order, how each is, what of its quota is left, where two of them disagree."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import param

from app.layout.sources_parts import Connection, Disagreements, Quotes, Sources
from app.layout.tabbed_page import TabbedPage

_VIEWS = MappingProxyType(
    {"sources": "Sources", "connection": "Interactive Brokers", "quotes": "Live quotes",
     "disagreements": "Disagreements"}
)  # fmt: skip


class SourcesPage(TabbedPage):
    """What it shows spends no quota: it is what real requests and the ledger told."""

    title = "Sources"
    views = _VIEWS

    view = param.Selector(default="sources", objects=list(_VIEWS), doc="what is shown; in the URL")

    def make_parts(self) -> dict[str, Any]:
        return {
            "sources": Sources(self), "connection": Connection(self), "quotes": Quotes(self),
            "disagreements": Disagreements(self),
        }  # fmt: skip

    def counts(self) -> dict[str, tuple[str, str]]:
        count = self.parts["disagreements"].count
        return {"disagreements": (f"{count:,}", "warn")} if count else {}


SourcesPage.serve()
