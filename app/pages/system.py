"""System: what runs here and how it is set, who may come in and by what, who did what, and what processes say."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import param

from app.layout import status
from app.layout.permission import may
from app.layout.selection import Text
from app.layout.system_account import Account
from app.layout.system_audit import Audit
from app.layout.system_keys import Keys
from app.layout.system_links import Links
from app.layout.system_lists import Jobs, Settings
from app.layout.system_logs import Logs
from app.layout.system_overview import Overview
from app.layout.system_users import Users
from app.layout.tabbed_page import TabbedPage

_VIEWS = MappingProxyType(
    {"overview": "Overview", "account": "Account", "users": "Users", "keys": "API keys", "links": "Share links",
     "jobs": "Jobs", "audit": "Audit", "logs": "Logs", "settings": "Settings"}
)  # fmt: skip
_PARTS = MappingProxyType(
    {"overview": Overview, "account": Account, "users": Users, "keys": Keys, "links": Links, "jobs": Jobs,
     "audit": Audit, "logs": Logs, "settings": Settings}
)  # fmt: skip
# Who may not use the verb does not see the view.
_NEEDS = MappingProxyType({"users": "users.list", "audit": "audit.list", "logs": "logs.tail",
                           "settings": "system.settings"})  # fmt: skip


class SystemPage(TabbedPage):
    """Each sees what their role is for: a viewer the house and the own keys, an operator logs too, an admin all."""

    title = "System"
    in_url = ("view", "correlation", "shared")

    view = param.Selector(default="overview", objects=list(_VIEWS), doc="what is shown; in the URL")
    correlation = Text("", doc="id of the one request whose entries, jobs and lines are shown; in the URL")
    shared = Text("", doc="the page to share, with what is chosen on it; in the URL")

    def __init__(self, workspace: Any, **params: Any) -> None:
        super().__init__(workspace, **params)
        seen = {key: name for key, name in _VIEWS.items() if key not in _NEEDS or may(workspace, _NEEDS[key])}
        self.views = MappingProxyType({} if self.identity.share else seen)
        self.param.view.objects = list(self.views) or ["overview"]

    def make_parts(self) -> dict[str, Any]:
        return {key: _PARTS[key](self) for key in self.views}

    def content(self) -> Any:
        if self.identity.share is not None:
            return status.empty("This page is not shared with links: log in to see it.")
        return super().content()

    def live(self) -> None:
        if self.views:
            super().live()

    def follow(self, correlation: str, view: str) -> None:
        """Show what was done for one request there; empty: for all."""
        self.correlation = correlation
        if self.view == view:
            self.parts[view].open()
        else:
            self.view = view


SystemPage.serve()
