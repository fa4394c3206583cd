"""Links of page `system`: one page for somebody without a login, read-only, for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from app.layout import status
from app.layout.page import MENU
from app.layout.permission import may
from app.layout.rest_link import heading
from app.layout.shown_once import ShownOnce
from app.layout.system_part import Offer, SystemPart
from app.layout.system_users import button
from app.views import system_tables
from nautilus_data.core.identity import Door

_HOURS = {"1 hour": 1, "8 hours": 8, "1 day": 24, "7 days": 168, "30 days": 720}
_WORDS = (
    "The link {ref}. Copy it now: it is shown this once and kept nowhere. Whoever has it sees this page and nothing"
    " else, until it ends or is revoked."
)
_NO_USERS = "Links are made by users, and there are none yet; nobody else can reach this server now."
# What is shown here is of this house, not of what is traded.
_SHARED = {title: slug for slug, title, _ in MENU if slug != "system"}


class Links(SystemPart):
    """The page to share comes by the address, as the header's menu names it."""

    def __init__(self, page: Any) -> None:
        self._taken = ""
        self.shared = pmui.Select(label="Page", options=_SHARED, value="portfolio", size="small", width=140, margin=0)
        self.query = pmui.TextInput(label="Chosen on it, as its address has it", size="small", width=300, margin=0)
        self.hours = pmui.Select(label="Lasts", options=_HOURS, value=24, size="small", width=120, margin=0)
        self.hides = pmui.Checkbox(label="Hide amounts", value=True, margin=0)
        self.once = ShownOnce(is_path=True)
        form = pn.FlexBox(
            self.shared, self.query, self.hours, self.hides, button("Make the link", self.make), gap="8px",
            align_items="center", sizing_mode="stretch_width", margin=(0, 0, 8, 0),
        )  # fmt: skip
        make = (
            [heading("Share a page"), form, self.once] if may(page.workspace, "shares.add", page.identity.name) else []
        )
        above = [*make, heading("Share links: a click chooses one", "system.shares")]
        if page.identity.door is Door.LOCAL:
            above = [status.empty(_NO_USERS, "Add a user", lambda: page.param.update(view="users"))]
        super().__init__(
            page, "Share links", system_tables.LINKS, "ref", "No link yet.", above=above, rest="system.shares"
        )  # fmt: skip

    def open(self) -> None:
        """Take the page that the address names, once."""
        named = self.page.shared
        slug, _, query = named.partition("?")
        if named != self._taken and slug in _SHARED.values():
            self.shared.value = slug
            self.query.param.update(value=query, value_input=query)
        self._taken = named
        super().open()

    def read(self) -> pd.DataFrame:
        return self.workspace.shares.list(self.whose)

    def make(self) -> None:
        """Make a link of who is logged in."""
        owner, slug, query = self.page.identity.name, self.shared.value, self.query.value_input.strip().lstrip("?")
        hides, hours = self.hides.value, self.hours.value
        self.once.hide()
        self.ask("Make the link", lambda: self.workspace.shares.add(owner, slug, query, hides, hours), self._made)

    def offer(self, row: Mapping[str, Any] | None) -> list[Offer]:
        if row is None:
            return []
        return [("revoke", f"Revoke {row['ref']}, {row['page']} by {row['owner']}", "bad", True, True)]

    def press(self, command: str, row: Mapping[str, Any] | None) -> None:
        self.ask("Revoke the link", lambda: self.workspace.shares.revoke(row["ref"], self.whose))

    def _made(self, made: tuple[str, str]) -> None:
        secret, ref = made
        self.once.tell(f"share/{secret}", _WORDS.format(ref=ref))
