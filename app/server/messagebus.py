"""REST of the message bus: streams, incidents, dead letters, messages, books, capacity, readers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import closing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened, iso, plain
from app.server.messagebus_answers import (
    MOST,
    Acknowledge,
    Book,
    BookName,
    BusReader,
    CapacityAnswer,
    DeadLetter,
    Discarded,
    Incident,
    Keys,
    Level,
    Replayed,
    SeenMessage,
    Stream,
    Streams,
    Types,
)

ROUTER = APIRouter(prefix="/api/v1/messagebus", tags=["message bus"])
_LOOK_S = 0.05
# What the service tells as -1 or as an empty text is not known.
_COUNTS = frozenset({"entries", "lag", "memory_bytes", "count", "lag_entries", "lag_ms"})
_TEXTS = frozenset({"first_id", "last_id", "from_id", "to_id", "evidence", "error_message"})
_TRIMMED = {"yes": True, "no": False}

Trader = Annotated[str | None, Query(description="trader id; default: all traders")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


@ROUTER.get("/streams")
def streams(
    opened: Opened,
    trader: Trader = None,
    match: Annotated[str, Query(description="glob (data.quotes.*) or a part of the key")] = "",
    sort: Annotated[
        Literal["rate", "entries", "read", "lag", "last_message_at", "topic", "stream", "state"],
        Query(description="column; text from A, numbers from the largest"),
    ] = "rate",
    limit: Limit = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Streams:
    """A page of the streams."""
    is_text = sort in ("topic", "stream", "state")
    frame, total = opened.bus.streams(trader, match, sort, not is_text, limit, offset)
    return Streams(total=total, streams=[Stream(**row) for row in _records(frame)])


@ROUTER.get("/incidents")
def incidents(
    opened: Opened,
    trader: Trader = None,
    open_only: Annotated[bool, Query(alias="open", description="only those open now")] = False,
    limit: Limit = 200,
) -> list[Incident]:
    """Newest first; what can't be known is null."""
    return [Incident(**row) for row in _records(opened.bus.incidents(limit, open_only, trader))]


@ROUTER.post("/incidents/acknowledge")
def acknowledge(opened: Opened, seen: Acknowledge) -> dict[str, str]:
    """Say that a person saw what can't clear itself."""
    try:
        opened.bus.acknowledge(seen.id)
    except LookupError as error:
        raise HTTPException(404, f"{error}: GET /api/v1/messagebus/incidents lists them") from None
    return {"message": "acknowledged"}


@ROUTER.get("/dead-letters")
def dead_letters(opened: Opened, trader: Trader = None, limit: Limit = 200) -> list[DeadLetter]:
    """Messages no handler could take, newest first."""
    return [DeadLetter(**row) for row in _records(opened.bus.dead_letters(limit, trader))]


@ROUTER.post("/dead-letters/replay", status_code=202)
def replay(opened: Opened, asked: Keys) -> Replayed:
    """Hand them to their handler again."""
    _check_letters(opened, asked.keys)
    return Replayed(job_id=opened.bus.replay(asked.keys))


@ROUTER.post("/dead-letters/discard")
def discard(opened: Opened, asked: Keys) -> Discarded:
    """Let them go for good."""
    _check_letters(opened, asked.keys)
    return Discarded(discarded=opened.bus.discard(asked.keys))


@ROUTER.get("/messages")
def messages(
    opened: Opened,
    topic: Annotated[str, Query(description="pattern: * any run of characters, ? one")] = "*",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    wait_s: Annotated[float, Query(ge=0, le=5, description="how long to look at most")] = 1.0,
) -> list[SeenMessage]:
    """A short look at what passes; newest first."""
    with closing(opened.bus.inspect(topic)) as look:
        ends = time.monotonic() + wait_s
        while len(found := look.messages(limit)) < limit and time.monotonic() < ends:
            time.sleep(_LOOK_S)
    return [_seen(one) for one in found]


@ROUTER.get("/books")
def books(opened: Opened, trader: Trader = None) -> list[BookName]:
    """Instruments whose book deltas came."""
    return [BookName(trader_id=owner, instrument_id=name) for owner, name in opened.bus.books(trader)]


@ROUTER.get("/books/{instrument_id:path}")
def book(
    opened: Opened, instrument_id: str, trader: Trader = None, depth: Annotated[int, Query(ge=1, le=100)] = 10
) -> Book:
    """The live book: prices and sizes as exact texts."""
    found = opened.bus.book(instrument_id, trader, depth)
    if found is None:
        raise HTTPException(404, f"no book of {instrument_id!r}: GET /api/v1/messagebus/books lists those there are")
    sides = {side: [_level(level) for level in getattr(found, side)] for side in ("bids", "asks")}
    return Book(**{**plain(found), **sides})


@ROUTER.get("/capacity")
def capacity(opened: Opened) -> CapacityAnswer:
    """How full Redis is, and how long it holds what comes in."""
    return CapacityAnswer(**plain(opened.bus.capacity()))


@ROUTER.get("/readers")
def readers(opened: Opened) -> list[BusReader]:
    """Every process that reads the bus."""
    return [BusReader(**row) for row in _records(opened.bus.readers())]


@ROUTER.get("/types")
def types(opened: Opened) -> Types:
    """What this process read, by type."""
    return Types(types=opened.bus.types(), unknown=sorted(opened.bus.unknown_types()))


def _records(frame: Any) -> list[dict[str, Any]]:
    return [plain({name: _known(name, value) for name, value in row.items()}) for row in frame.to_dict("records")]


def _known(name: str, value: Any) -> Any:
    """None where the service says that it does not know."""
    if name == "is_trimmed":
        return _TRIMMED.get(value)
    if (name in _TEXTS and value == "") or (name in _COUNTS and (value != value or value is None or value < 0)):
        return None
    return value


def _check_letters(opened: Any, keys: Iterable[str]) -> None:
    known = {row["key"] for row in opened.bus.dead_letters(MOST).to_dict("records")}
    missing = [key for key in keys if key not in known]
    if missing:
        raise HTTPException(
            404, f"there is no dead letter {missing[0]!r}: GET /api/v1/messagebus/dead-letters lists them"
        )


def _seen(seen: Any) -> SeenMessage:
    try:
        decoded = json.loads(seen.decoded)
    except ValueError:
        decoded = seen.decoded
    return SeenMessage(**{**plain(seen), "at": iso(seen.at), "decoded": decoded})


def _level(level: tuple[str, str, int]) -> Level:
    price, size, orders = level
    return Level(price=price, size=size, orders=orders)
