"""REST of what the message bus lost or could not take: incidents and dead letters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened, Queued
from app.server.columns import as_rows
from app.server.messagebus import Trader
from app.server.messagebus_answers import (
    MOST,
    Acknowledge,
    Acknowledged,
    DeadLetterRow,
    Discarded,
    IncidentRow,
    Keys,
)
from app.server.rows import Paged, table

ROUTER = APIRouter(prefix="/api/v1/messagebus", tags=["message bus"])


@table(ROUTER, "/incidents", IncidentRow)
def incidents(
    opened: Opened, page: Paged, trader: Trader = None,
    open_only: Annotated[bool, Query(alias="open", description="only those open now")] = False,
) -> Any:  # fmt: skip
    """Newest first; what can't be known is null."""
    found = opened.bus.incidents(MOST, open_only, trader)
    found = found.assign(count=[None if one is None or one < 0 else one for one in found["count"]])
    return page.rows(as_rows(found, IncidentRow), IncidentRow, ["id"])


@ROUTER.post("/incidents/acknowledge")
def acknowledge(opened: Opened, seen: Acknowledge) -> Acknowledged:
    """Say that a person saw what can't clear itself."""
    try:
        opened.bus.acknowledge(seen.id)
    except LookupError as error:
        raise HTTPException(404, f"{error}: GET /api/v1/messagebus/incidents lists them") from None
    except ValueError as error:
        raise HTTPException(409, str(error)) from None
    return Acknowledged(message="acknowledged")


@table(ROUTER, "/dead-letters", DeadLetterRow)
def dead_letters(opened: Opened, page: Paged, trader: Trader = None) -> Any:
    """Messages no handler could take, newest first."""
    return page.rows(as_rows(opened.bus.dead_letters(MOST, trader), DeadLetterRow), DeadLetterRow, ["key"])


@ROUTER.post("/dead-letters/replay", status_code=202)
def replay(opened: Opened, asked: Keys) -> Queued:
    """Hand them to their handler again."""
    _check(opened, asked.keys)
    return Queued(job_id=opened.bus.replay(asked.keys))


@ROUTER.post("/dead-letters/discard")
def discard(opened: Opened, asked: Keys) -> Discarded:
    """Let them go for good."""
    _check(opened, asked.keys)
    return Discarded(discarded=opened.bus.discard(asked.keys))


def _check(opened: Any, keys: Iterable[str]) -> None:
    known = set(opened.bus.dead_letters(MOST)["key"])
    if missing := [key for key in keys if key not in known]:
        told = f"there is no dead letter {missing[0]!r}: GET /api/v1/messagebus/dead-letters lists them"
        raise HTTPException(404, told)
