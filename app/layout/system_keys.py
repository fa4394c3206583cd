"""Keys of page `system`: how scripts come in, made here and shown once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from app.layout import status
from app.layout.rest_link import heading
from app.layout.shown_once import ShownOnce
from app.layout.system_part import Offer, SystemPart
from app.layout.system_users import button
from app.views import system_tables
from nautilus_data.core.identity import Door, Role

_DAYS = {"7 days": 7, "30 days": 30, "90 days": 90, "a year": 365, "no end": None}
_WORDS = (
    "The key {ref}. Copy it now: it is shown this once and kept nowhere. Scripts send it as"
    " “Authorization: Bearer …” or “X-API-Key”."
)
_NO_USERS = "Keys belong to users, and there are none yet; until then REST needs none on this machine."


class Keys(SystemPart):
    """One's own; for an admin those of all."""

    def __init__(self, page: Any) -> None:
        who = page.identity
        roles = [str(role) for role in Role if who.role.covers(role)]
        self.title = pmui.TextInput(label="What it is for", size="small", width=230, margin=0)
        self.role = pmui.Select(label="May as", options=roles, value=roles[0], size="small", width=130, margin=0)
        self.days = pmui.Select(label="Lasts", options=_DAYS, value=90, size="small", width=120, margin=0)
        self.areas = pmui.TextInput(label="Areas of REST; empty: all", size="small", width=210, margin=0)
        self.once = ShownOnce()
        form = pn.FlexBox(
            self.title, self.role, self.days, self.areas, button("Make the key", self.make), gap="8px",
            align_items="center", sizing_mode="stretch_width", margin=(0, 0, 8, 0),
        )  # fmt: skip
        above = [heading("Make a key"), form, self.once, heading("Keys: a click chooses one", "system.keys")]
        if who.door is Door.LOCAL:
            above = [status.empty(_NO_USERS, "Add a user", lambda: page.param.update(view="users"))]
        super().__init__(page, "Keys", system_tables.KEYS, "ref", "No key yet.", above=above, rest="system.keys")

    def read(self) -> pd.DataFrame:
        return self.workspace.keys.list(self.whose)

    def make(self) -> None:
        """Make a key of who is logged in."""
        owner, title, role, days = (
            self.page.identity.name,
            self.title.value_input.strip(),
            self.role.value,
            self.days.value,
        )
        areas = self.areas.value_input.replace(",", " ").split()
        self.once.hide()
        self.ask("Make the key", lambda: self.workspace.keys.add(owner, title, role, areas, days), self._made)

    def offer(self, row: Mapping[str, Any] | None) -> list[Offer]:
        if row is None:
            return []
        return [("revoke", f"Revoke {row['ref']}, “{row['title']}” of {row['owner']}", "bad", True, True)]

    def press(self, command: str, row: Mapping[str, Any] | None) -> None:
        self.ask("Revoke the key", lambda: self.workspace.keys.revoke(row["ref"], self.whose))

    def _made(self, made: tuple[str, str]) -> None:
        secret, ref = made
        self.once.tell(secret, _WORDS.format(ref=ref))
        self.title.param.update(value="", value_input="")
