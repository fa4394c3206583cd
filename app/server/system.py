"""System: REST of components, versions, settings in force, the audit log and the log lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

import pandas as pd
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.columns import Time, as_model, as_rows
from app.server.rows import Paged, table

ROUTER = APIRouter(prefix="/api/v1", tags=["system"])
_Text = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Correlation = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="X-Request-ID of an answer")]
_CURSOR = "there are no rows after this cursor: take it from the Link header of the answer before"
_HASH = r"^[0-9a-fA-F]{64}$"


class ComponentRow(BaseModel):
    name: str
    title: str
    kind: str = Field(description="process, bus, database or source")
    state: str
    health: Literal["ok", "warn", "bad", "off"] = Field(description="off: switched off, not set up or not used yet")
    version: str | None
    ts_started: Time | None = Field(description="running or connected since")
    ts_seen: Time | None = Field(description="last heard of")
    note: str | None


class PlaceNow(BaseModel):
    folder: str = Field(description="the data folder")
    size_bytes: int = Field(description="of that folder, a minute old at most")
    free_bytes: int = Field(description="left on its disk")
    total_bytes: int = Field(description="of its disk")
    memory_bytes: int = Field(description="of the server's process")
    ts_started: Time = Field(description="the server runs since")
    host: str
    pid: int


class VersionRow(BaseModel):
    name: str
    version: str | None = Field(description="null: not installed")
    note: str | None


class SettingRow(BaseModel):
    name: str
    value: str | None = Field(description="of a secret only whether it is set")
    origin: str = Field(description="default, environment, or the file it stands in")
    is_secret: bool
    description: str


class AuditRow(BaseModel):
    seq: int = Field(description="number of the entry, without holes")
    ts_recorded: Time = Field(validation_alias="ts")
    actor: str | None = Field(description="null: the dashboard itself")
    role: str | None
    door: str | None
    ref: str | None
    act: str
    target: str | None
    outcome: str = Field(description="allowed, refused or failed")
    detail: str | None
    address: str | None
    correlation: str | None
    hash: str = Field(description="SHA-256 over the hash before it and this entry")


class Verified(BaseModel):
    """Is every entry as it was written?"""

    ok: bool
    entries: int
    head: str = Field(description="hash of the last entry; keep it elsewhere to see later that none was cut off")
    broken: int = Field(description="the first entry that is not as it was written; 0: none")
    problem: str | None


class LogRow(BaseModel):
    ts_logged: Time = Field(validation_alias="ts")
    level: str
    role: str = Field(description="server, worker, engine or command")
    logger: str
    event: str
    fields: str | None
    exception: str | None
    correlation: str | None
    job: int = Field(description="0: of none")
    pid: int


@table(ROUTER, "/system/components", ComponentRow)
def components(opened: Opened, page: Paged) -> Response:
    """Server, worker, Redis, store, engine and each source."""
    return page.rows(as_rows(opened.system.components(), ComponentRow), ComponentRow, ["name"])


@ROUTER.get("/system/place")
def place(opened: Opened) -> PlaceNow:
    """The machine under it."""
    return as_model(asdict(opened.system.place()), PlaceNow)


@table(ROUTER, "/system/versions", VersionRow)
def versions(opened: Opened, page: Paged) -> Response:
    """Of Python and the packages that matter."""
    return page.rows(as_rows(opened.system.versions(), VersionRow), VersionRow, ["name"])


@table(ROUTER, "/system/settings", SettingRow)
def settings(opened: Opened, page: Paged) -> Response:
    """Every setting in force, for an admin."""
    return page.rows(as_rows(opened.system.settings(), SettingRow), SettingRow, ["name"])


@table(ROUTER, "/audit", AuditRow)
def audit(
    opened: Opened, page: Paged, actor: _Text = None, act: _Text = None,
    outcome: Literal["allowed", "refused", "failed"] | None = None, correlation: _Correlation = None,
    text: _Text = None,
) -> Response:  # fmt: skip
    """Who did what, newest first, for an admin; `text` is looked for in all that entries say."""
    found = opened.audit.list(
        page.limit + 1, _before(page), actor, act, outcome, correlation, text or ""
    )  # fmt: skip
    return _newest(page, found, AuditRow, "seq")


@ROUTER.get("/audit/verify")
def verify(
    opened: Opened, head: Annotated[str, Query(pattern=_HASH, description="a head noted before")] = ""
) -> Verified:
    """Check the whole chain; `head` must still be in it."""
    found = opened.audit.verify(head)
    return Verified(ok=found.ok, entries=found.entries, head=found.head, broken=found.broken,
                    problem=found.problem or None)  # fmt: skip


@table(ROUTER, "/logs", LogRow)
def logs(
    opened: Opened, page: Paged,
    level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] | None, Query(description="this or above")
    ] = None,
    role: Annotated[str | None, Query(pattern=r"^[a-z_-]{1,40}$")] = None,
    correlation: _Correlation = None, text: _Text = None,
) -> Response:  # fmt: skip
    """Log lines of all processes, newest first, for an operator; secrets are hidden."""
    found = opened.logs.tail(page.limit + 1, level, role, text or "", correlation or "", _before(page))
    return _newest(page, found, LogRow, "ts")


def _before(page: Paged) -> int | None:
    """The number or time a cursor stands at."""
    if page.after is None:
        return None
    if len(page.after) != 1 or type(page.after[0]) is not int or not 0 <= page.after[0] < 2**63:
        raise HTTPException(404, _CURSOR)
    return page.after[0]


def _newest(page: Paged, found: pd.DataFrame, row: type[BaseModel], key: str) -> Response:
    """Of one more row than is wanted: those, and where the next begin."""
    shown = found.iloc[: page.limit]
    after = [int(shown[key].iloc[-1])] if len(found) > len(shown) else None
    return page.answer(as_rows(shown, row), row, after)
