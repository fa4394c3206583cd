"""Account of page `system`: who is logged in, the own password, and logins that have not ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import panel as pn

from app.layout import status
from app.layout.rest_link import heading
from app.layout.status import Board
from app.layout.system_part import Offer, SystemPart
from app.layout.system_users import button, password, taken
from app.views import system_tables
from app.views.cards import Card, Group, Tone
from nautilus_data.core.identity import Door, Role

_NO_LOGIN = "Nobody is logged in: there are no users yet, so there is no password to change and no session to end."


class Account(SystemPart):
    """An admin sees everybody's logins, others their own."""

    def __init__(self, page: Any) -> None:
        self.current, self.new, self.again = (
            password("Password now"), password("New one, 12 or more"), password("New one again")
        )  # fmt: skip
        form = pn.FlexBox(
            self.current, self.new, self.again, button("Change my password", self.change), gap="8px",
            align_items="center", sizing_mode="stretch_width", margin=(0, 0, 6, 0),
        )  # fmt: skip
        self._who, self.said = Board(), pn.Column(sizing_mode="stretch_width", margin=0)
        super().__init__(
            page, "Sessions", system_tables.SESSIONS, "ref", "No session.", above=self._above(page, form),
            rest="system.sessions",
        )  # fmt: skip

    def read(self) -> pd.DataFrame:
        who = self.page.identity
        found = self.workspace.users.sessions(None if who.may(Role.ADMIN) else who.name)
        return found.assign(is_this=found["ref"] == who.ref)

    def change(self) -> None:
        """Change the own password; all other logins of the user end."""
        now, new, again = taken(self.current), taken(self.new), taken(self.again)
        if new != again:
            self.page.tell("Change my password: the two new ones differ, type them again")
            return
        users, who, address = self.workspace.users, self.page.identity, self.page.workspace.address
        self.said.clear()
        self.ask("Change my password", lambda: users.change_password(who.name, now, new, who.ref, address), self._done)

    def offer(self, row: Mapping[str, Any] | None) -> list[Offer]:
        who = self.page.identity
        if who.door is Door.LOCAL:
            return []
        others = ("others", f"End all other sessions of {who.name}", "bad", True, True)
        return [others] if row is None else [("end", f"End this session of {row['user']}", "bad", True, True), others]

    def press(self, command: str, row: Mapping[str, Any] | None) -> None:
        users, who = self.workspace.users, self.page.identity
        if command == "others":
            self.ask("End my other sessions", lambda: users.end_sessions(who.name, who.ref))
            return
        self.ask("End the session", lambda: users.end_session(row["ref"], self.whose))

    def _above(self, page: Any, form: Any) -> list[Any]:
        who = page.identity
        if who.door is Door.LOCAL:
            return [status.empty(_NO_LOGIN, "Add a user", lambda: page.param.update(view="users"))]
        self._who.show([Group("who", "Logged in", (
            Card("name", "Name", who.name, Tone.OK), Card("role", "Role", str(who.role), note=_may(who.role)),
        ))])  # fmt: skip
        sessions = heading("Sessions: a click chooses one", "system.sessions")
        return [self._who, heading("Password"), form, self.said, sessions]

    def _done(self, _: Any) -> None:
        self.said[:] = [status.done("The password is changed; all your other sessions have ended.")]


def _may(role: Role) -> str:
    return {
        Role.VIEWER: "may look at everything that is traded, and change nothing",
        Role.OPERATOR: "may run the engine, backfills and sources, and read the log",
        Role.ADMIN: "may do everything, and decides who else may",
    }[role]
