"""Twins of page system."""

from __future__ import annotations

from typing import Any

from app.layout.twins.twin import Twin, listed
from app.views.rest_text import asked

_LIMIT = 1_000


def _filtered(path: str) -> Any:
    return lambda page: asked(path, **page.parts[path].asked, limit=_LIMIT)


TWINS = {
    "system.components": Twin("Components and sources", listed("system/components")),
    "system.place": Twin("This machine", lambda page: asked("system/place", has_rows=False)),
    "system.versions": Twin("Versions", listed("system/versions")),
    "system.settings": Twin("Settings in force", listed("system/settings")),
    "system.users": Twin("Users", listed("users")),
    "system.sessions": Twin("Sessions", listed("sessions")),
    "system.keys": Twin("API keys", listed("keys")),
    "system.shares": Twin("Share links", listed("shares")),
    "system.jobs": Twin("Jobs", lambda page: asked("jobs", correlation=page.correlation, limit=_LIMIT)),
    "system.audit": Twin("Audit log", _filtered("audit")),
    "system.logs": Twin("Log lines", _filtered("logs")),
}
