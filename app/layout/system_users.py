"""Users of page `system`: who may log in, as what, and until when a name must wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from app.layout import status
from app.layout.rest_link import heading
from app.layout.system_part import Offer, SystemPart
from app.views import system_tables
from nautilus_data.core.identity import Role

_ROLES = [str(role) for role in Role]
_FIRST = (
    "There are no users: who sits at this machine may do everything, and nobody else can come in. The first user must"
    " be an admin. From then on everybody logs in, you too: this page will ask you to."
)


class Users(SystemPart):
    """For admins. A new password, another role and removal end the logins of a user at once."""

    def __init__(self, page: Any) -> None:
        self.name = pmui.TextInput(label="Name", size="small", width=170, margin=0)
        self.password = password("Password, 12 or more")
        self.role = pmui.Select(label="Role", options=_ROLES, value=_ROLES[0], size="small", width=130, margin=0)
        self.oauth = pmui.TextInput(label="OAuth name, if any", size="small", width=170, margin=0)
        self.button = button("Add the user", self.add)
        self.first = pn.Column(sizing_mode="stretch_width", margin=(0, 0, 8, 0))
        form = pn.FlexBox(self.name, self.password, self.role, self.oauth, self.button, gap="8px", align_items="center",
                          sizing_mode="stretch_width", margin=(0, 0, 6, 0))  # fmt: skip
        self.renewed = password("New password, 12 or more")
        above = (self.first, heading("Add a user"), form, heading("Users: a click chooses one", "system.users"))
        super().__init__(page, "Users", system_tables.USERS, "name", "No user yet.", above=above, rest="system.users")
        self.trouble.layout.insert(0, self.renewed)
        self.renewed.visible = False

    def read(self) -> pd.DataFrame:
        return self.workspace.users.list()

    def show(self) -> None:
        super().show()
        users = self.reading.answer
        if users is None:
            return
        if users.empty and not len(self.first):
            self.first[:] = [status.empty(_FIRST)]
            self.role.value = str(Role.ADMIN)
        elif len(users) and len(self.first):
            self.first.clear()

    def add(self) -> None:
        """Add who is named; the password is kept nowhere but as a hash."""
        name, typed = self.name.value_input.strip(), taken(self.password)
        role, oauth = self.role.value, self.oauth.value_input.strip()
        self.ask(f"Add {name}", lambda: self.workspace.users.add(name, typed, role, oauth), lambda _: self._added())

    def offer(self, row: Mapping[str, Any] | None) -> list[Offer]:
        self.renewed.visible = row is not None
        if row is None:
            return []
        name = row["name"]
        roles = [(f"role:{role}", f"Make {name} {role}", "", True, True) for role in _ROLES if role != row["role"]]
        return [
            ("password", f"Set the new password of {name}", "", True, False), *roles,
            ("end", f"End all sessions of {name}", "bad", row["sessions"] > 0, True),
            ("remove", f"Remove {name}", "bad", True, True),
        ]  # fmt: skip

    def press(self, command: str, row: Mapping[str, Any] | None) -> None:
        users, name = self.workspace.users, row["name"]
        kind, _, role = command.partition(":")
        typed = taken(self.renewed) if kind == "password" else ""
        # The own login goes on where it may.
        mine = self.page.ref if name == self.page.identity.name else ""
        asked = {
            "password": lambda: users.set_password(name, typed, mine), "role": lambda: users.set_role(name, role),
            "end": lambda: users.end_sessions(name, mine), "remove": lambda: users.remove(name),
        }[kind]  # fmt: skip
        self.ask(name, asked)

    def _added(self) -> None:
        self.name.value = self.name.value_input = self.oauth.value = self.oauth.value_input = ""


def password(label: str) -> pmui.PasswordInput:
    """A field whose text is not shown."""
    return pmui.PasswordInput(label=label, size="small", width=262, margin=0)


def taken(field: pmui.PasswordInput) -> str:
    """What was typed; the field is emptied."""
    typed = field.value_input or field.value
    field.param.update(value="", value_input="")
    return typed


def button(label: str, act: Any) -> pmui.Button:
    made = pmui.Button(label=label, variant="contained", size="small", margin=0)
    made.on_click(lambda _: act())
    return made
