"""REST of the message bus: streams, messages, books, capacity, rates, readers."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import Symbol, like
from app.server.columns import as_model, as_rows
from app.server.messagebus_answers import (
    BookRow,
    BookState,
    Capacity,
    ChangeRow,
    LevelRow,
    MessageRow,
    RateRow,
    ReaderRow,
    StreamRow,
    TypeRow,
)
from app.server.rows import LongPaged, Paged, table
from app.server.shown import headers, shown

ROUTER = APIRouter(prefix="/api/v1/messagebus", tags=["message bus"])
_LOOK_S = 0.05
# What the service tells as -1 is not known.
_COUNTS = ("entries", "lag", "memory_bytes")
_TRIMMED = {"yes": True, "no": False}
_PRINTED = r"[^\x00-\x1f\x7f-\x9f]*"
Trader = Annotated[
    str | None, Query(description="trader id; default: all traders", max_length=100, pattern="^[A-Za-z0-9_.-]*$")
]
_Match = Annotated[
    str, *like(_PRINTED, "a pattern", 200, 0), Query(description="glob (data.quotes.*) or a part of the key")
]  # fmt: skip
_Sort = Annotated[
    Literal["rate", "entries", "read", "lag", "last_message_at", "topic", "stream", "state"],
    Query(description="column; text from A, numbers from the largest"),
]
_Topic = Annotated[
    str, *like(_PRINTED, "a pattern", 200, 0), Query(description="pattern: * any run of characters, ? one")
]  # fmt: skip
_Wait = Annotated[float, Query(ge=0, le=5, description="seconds to look at most")]
_Depth = Annotated[int, Query(ge=1, le=100, description="levels of each side")]


@table(ROUTER, "/streams", StreamRow, headers=headers("Total-Count"))
def streams(
    opened: Opened, page: Paged, trader: Trader = None, match: _Match = "", sort: _Sort = "rate",
    descending: Annotated[bool | None, Query(description="default: text from A, numbers from the largest")] = None,
) -> Any:  # fmt: skip
    """The streams, in an order that may change from one look to the next."""
    falls = sort not in ("topic", "stream", "state") if descending is None else descending
    after = str(page.after[0]) if page.after else ""
    try:
        frame, total = opened.bus.streams(trader, match, sort, falls, page.limit + 1, after=after)
    except LookupError as error:
        raise HTTPException(404, f"{error}: ask for the first rows again") from None
    frame = _unknown(frame, *_COUNTS)
    rows = as_rows(frame.assign(is_trimmed=frame["is_trimmed"].map(_TRIMMED)), StreamRow)
    last = [rows["stream"].iloc[page.limit - 1]] if len(rows) > page.limit else None
    return shown(page.answer(rows.head(page.limit), StreamRow, last), total_count=total)


@table(ROUTER, "/messages", MessageRow)
def messages(opened: Opened, page: Paged, topic: _Topic = "*", wait_s: _Wait = 1.0) -> Any:
    """A short look at what passes; newest first."""
    with closing(opened.bus.inspect(topic)) as look:
        ends = time.monotonic() + wait_s
        while len(found := look.messages(page.limit)) < page.limit and time.monotonic() < ends:
            time.sleep(_LOOK_S)
    return page.answer(as_rows(map(vars, found), MessageRow), MessageRow, None)


@table(ROUTER, "/books", BookRow)
def books(opened: Opened, page: Paged, trader: Trader = None) -> Any:
    """Instruments whose book deltas came."""
    rows = [{"trader_id": owner, "instrument_id": name} for owner, name in opened.bus.books(trader)]
    return page.rows(as_rows(rows, BookRow), BookRow, ["trader_id", "instrument_id"])


@ROUTER.get("/books/{instrument_id:path}")
def book(opened: Opened, instrument_id: Symbol, trader: Trader = None, depth: _Depth = 10) -> BookState:
    """How a live book stands; its levels are at /api/v1/messagebus/levels."""
    found = _book(opened, instrument_id, trader, depth)
    return as_model(vars(found) | {"bids": len(found.bids), "asks": len(found.asks)}, BookState)


@table(ROUTER, "/levels/{instrument_id:path}", LevelRow, headers=headers("Told-At", "Complete"))
def levels(
    opened: Opened, page: Paged, instrument_id: Symbol, trader: Trader = None, depth: _Depth = 10
) -> Any:  # fmt: skip
    """The levels of a live book, bids first, the best first."""
    found = _book(opened, instrument_id, trader, depth)
    rows = [
        {"side": side, "place": place, "price": price, "size": size, "orders": orders}
        for side, some in (("bid", found.bids), ("ask", found.asks))
        for place, (price, size, orders) in enumerate(some, 1)
    ]
    answer = page.rows(as_rows(rows, LevelRow), LevelRow, ["side", "place"])
    return shown(answer, told_at=found.received_at, complete=str(found.is_complete).lower())


@ROUTER.get("/capacity")
def capacity(opened: Opened) -> Capacity:
    """How full Redis is, and how long it holds what comes in."""
    return as_model(vars(opened.bus.capacity()), Capacity)


@table(ROUTER, "/readers", ReaderRow)
def readers(opened: Opened, page: Paged) -> Any:
    """Every process that reads the bus."""
    found = _unknown(opened.bus.readers(), "lag_entries", "lag_ms")
    return page.rows(as_rows(found, ReaderRow), ReaderRow, ["name"])


@table(ROUTER, "/types", TypeRow)
def types(opened: Opened, page: Paged) -> Any:
    """What this process read, by type."""
    unknown = opened.bus.unknown_types()
    counts = {**dict.fromkeys(sorted(unknown), 0), **opened.bus.types()}
    rows = [{"type": name, "count": count, "is_known": name not in unknown} for name, count in counts.items()]
    return page.rows(as_rows(rows, TypeRow), TypeRow, ["type"])


@table(ROUTER, "/rates", RateRow)
def rates(opened: Opened, page: LongPaged) -> Any:
    """Entries a second by kind, of each of the last five minutes' seconds; this process counts them."""
    return page.rows(as_rows(opened.bus.rate_history(), RateRow), RateRow, ["ts_event", "kind"])


@table(ROUTER, "/history", ChangeRow)
def history(opened: Opened, page: Paged) -> Any:
    """The last changes of this process' connection, the earliest first."""
    found = [{"ts_event": at, "state": state, "reason": reason} for at, state, reason in opened.bus.history()]
    return page.rows(as_rows(found, ChangeRow), ChangeRow, ["ts_event", "state"])


def _book(opened: Any, instrument_id: str, trader: str | None, depth: int) -> Any:
    found = opened.bus.book(instrument_id, trader, depth)
    if found is None:
        raise HTTPException(404, f"no book of {instrument_id!r}: GET /api/v1/messagebus/books lists those there are")
    return found


def _unknown(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """None where the service says that it does not know."""
    return frame.assign(
        **{name: [None if one is None or not one >= 0 else one for one in frame[name]] for name in names}
    )
