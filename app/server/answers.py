"""Answers: what all routes share — the workspace they ask, and records as JSON."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import panel as pn
from fastapi import Depends, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.server.formats import is_time
from nautilus_data import Permitted, Workspace, errors

_TIMES = ("replayed_to",)


def opened_workspace() -> Workspace:
    """The workspace of this process: for what everybody may know."""
    found = pn.state.cache.get("workspace")
    if found is None:
        raise HTTPException(503, "the server has no workspace yet: wait, or start it with python -m app.server")
    return found


def workspace(request: Request) -> Permitted:
    """The workspace of this process, as who asks may use it."""
    found = opened_workspace()
    # Of the gate before all routes; where there is none, nobody is known.
    identity = request.scope.get("state", {}).get("identity")
    if identity is None:
        raise errors.RefusedError("who asks is not known: log in, or send an API key in the header X-API-Key")
    return found.permit(identity, request.client.host if request.client else "")


Opened = Annotated[Permitted, Depends(workspace)]


class Queued(BaseModel):
    """A command the worker carries out; its effect is seen in the engine's or the job's status."""

    job_id: int


def plain(value: Any) -> Any:
    """Records as JSON: times (`ts_…`, `…_at`) become ISO 8601 UTC, 0 becomes null."""
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dict):
        return {name: iso(item) if _is_time(name) else plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def iso(ns: int) -> str | None:
    """Nanoseconds as ISO 8601 UTC; null for 0."""
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat(timespec="milliseconds") if ns else None


def _is_time(name: str) -> bool:
    return is_time(name) or name in _TIMES
