"""REST of the directory of instruments: search, kinds, aliases, and what sources find."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

import pandas as pd
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import like
from app.server.rows import Paged, table
from app.server.searched import Search

ROUTER = APIRouter(prefix="/api/v1/instruments", tags=["instruments"])
_ALL = 1_000_000
_PRINTED = r"[^\x00-\x1f\x7f-\x9f]*"
_Text = Annotated[str, *like(_PRINTED, "words to look for", 100, 0)]
_Kind = Annotated[str, *like(_PRINTED, "a kind", 40, 0), Query(description="as /api/v1/instruments/kinds lists them")]
SourceText = Annotated[str, *like("[a-z_]+", "the name of a source", 40)]
InstrumentId = Annotated[str, *like(r"[^\x00-\x20\x7f-\x9f]+\.[A-Za-z0-9_-]+", "SYMBOL.VENUE, as in AAPL.NASDAQ", 64)]


class InstrumentLine(BaseModel):
    instrument_id: str = Field(examples=["AAPL.NASDAQ"])
    name: str
    kind: str = Field(description="stock, ETF, FX, future, index and so on")
    currency: str
    origin: str = Field(description="predefined, or the source that told")
    aliases: dict[str, str] = Field(description="each source's symbol")


class KindRow(BaseModel):
    kind: str
    instruments: int = Field(description="how many there are")


class AliasRow(BaseModel):
    instrument_id: str
    source: str
    symbol: str = Field(description="what the source calls it")


class FindRequest(BaseModel):
    text: Annotated[str, *like(r"[^\x00-\x1f\x7f-\x9f]+", "words to look for", 100)]
    source: SourceText = "yahoo"
    limit: int = Field(10, ge=1, le=50)


class Alias(BaseModel):
    instrument_id: InstrumentId
    source: SourceText
    symbol: Annotated[str, *like(_PRINTED, "a symbol", 100, 0)] = Field("", description="empty: forget it")


class Kept(BaseModel):
    message: str = Field(description="kept, or forgotten")


@table(ROUTER, "", InstrumentLine)
def instruments(
    opened: Opened,
    page: Paged,
    match: Annotated[_Text, Query(description="part of an id, a name or a source's symbol")] = "",
    kind: _Kind = "",
    sort: Annotated[
        Literal["instrument_id", "name", "kind"] | None, Query(description="default: what fits best")
    ] = None,
    descending: Annotated[bool, Query(description="the last first")] = False,
) -> Response:
    """The directory, what fits best first."""
    found = opened.instruments.search(match.strip(), kind.strip(), _ALL)
    return page.rows(Search("", sort or "", descending).of(found), InstrumentLine, ["instrument_id"])


@table(ROUTER, "/kinds", KindRow)
def kinds(opened: Opened, page: Paged) -> Response:
    """What kinds of instruments the directory has."""
    counts = opened.instruments.search("", "", _ALL)["kind"].value_counts().sort_index()
    frame = pd.DataFrame({"kind": counts.index, "instruments": counts.to_numpy()})
    return page.rows(frame, KindRow, ["kind"])


@table(ROUTER, "/aliases", AliasRow)
def aliases(
    opened: Opened, page: Paged, source: Annotated[SourceText | None, Query(description="one source alone")] = None
) -> Response:
    """What sources call instruments."""
    names = [one.spec.name for one in opened.backfill.sources()]
    if source is not None:
        _check_source(opened, source)
        names = [source]
    rows = [(one, name, symbol) for name in names for one, symbol in sorted(opened.instruments.aliases(name).items())]
    return page.rows(pd.DataFrame(rows, columns=list(AliasRow.model_fields)), AliasRow, ["instrument_id", "source"])


@ROUTER.post("/find")
def find(opened: Opened, asked: FindRequest) -> list[InstrumentLine]:
    """Ask a source, and keep what it finds in the directory."""
    found = asyncio.run(opened.instruments.find(asked.text, asked.source, asked.limit))
    return [InstrumentLine(**row) for row in found.to_dict("records")]


@ROUTER.post("/alias")
def alias(opened: Opened, told: Alias) -> Kept:
    """Say what a source calls an instrument."""
    _check_source(opened, told.source)
    opened.instruments.set_alias(told.instrument_id, told.source, told.symbol)
    return Kept(message="kept" if told.symbol.strip() else "forgotten")


def _check_source(opened: Any, source: str) -> None:
    known = [one.spec.name for one in opened.backfill.sources()]
    if source not in known:
        raise HTTPException(404, f"no source is called {source!r}; there are: {', '.join(known)}")
