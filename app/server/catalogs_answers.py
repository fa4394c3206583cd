"""Catalog answers: what the routes of catalogs take and give, described for the API documentation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.server.asked import TimeText, like
from app.server.columns import Time

_Name = Annotated[str, *like(r"[^\x00-\x1f\x7f-\x9f]+", "a name", 1000)]
_Instrument = Annotated[str, *like(r"[^\x00-\x1f\x7f-\x9f]+", "an instrument", 200)]
_Timeframe = Annotated[str, *like("([1-9][0-9]{0,2}[smhdwMY])?", "a timeframe", 4, 0, "1m, 1h, 1d, 1w or 1M")]
_Word = Annotated[str, *like("[A-Za-z_]*", "a word", 40, 0)]


class CatalogRow(BaseModel):
    name: str
    path: str
    series: int = Field(ge=0, description="types and identifiers in it")
    types: str
    files: int = Field(ge=0)
    size_bytes: int = Field(ge=0)
    ts_modified: Time | None


class CatalogState(BaseModel):
    is_available: bool
    reason: str | None = Field(description="why nothing can be exported or imported, and what to do")


class IntervalRow(BaseModel):
    ts_start: Time | None
    ts_end: Time | None = Field(description="the first nanosecond that is not in it")


class ShelfRow(BaseModel):
    type: str
    identifier: str
    series: str | None
    adjustment: str | None
    state: str = Field(
        description="up to date, behind, changed since, unfinished, overlapping, unreadable, not from here,"
        " another store's"
    )
    detail: str | None
    files: int = Field(ge=0)
    rows: int | None = Field(description="null: not known without reading it")
    ts_start: Time | None = Field(validation_alias="start")
    ts_end: Time | None = Field(validation_alias="end")
    intervals: int = Field(ge=0, description="unbroken spans by the names of its files")
    coverage: int | None = Field(description="unbroken spans the store covers; null: not from here")
    size_bytes: int = Field(ge=0)
    ts_modified: Time | None


class ExportOrder(BaseModel):
    instruments: list[_Instrument] = Field(
        [], max_length=1000, description="SYMBOL.VENUE, or symbols only one has; none: all that fit"
    )
    to: _Name = Field("main", description="name below NAUTILUS_DATA_DIR/catalog, or an absolute path")
    timeframe: _Timeframe = Field("", description="as 1d; empty: all")
    source: _Word = ""
    adjustment: Literal["", "raw", "split", "total"] = "raw"
    price_type: _Word = ""
    session: _Word = ""
    start: TimeText | None = Field(None, description="default: all that is stored")
    end: TimeText | None = None
    decimals: Literal["instrument", "data"] = "instrument"


class ImportOrder(BaseModel):
    path: _Name = Field(description="folder of a catalog, or its name below NAUTILUS_DATA_DIR/catalog")
    adjustment: Literal["raw", "split", "total"] = "raw"
    names: list[_Instrument] = Field([], max_length=1000, description="instruments or bar types; none: all")


class CatalogJobRow(BaseModel):
    id: int = Field(ge=1)
    kind: Literal["catalog.export", "catalog.import"]
    title: str
    status: str
    done: int = Field(ge=0, description="bars of an export, files of an import")
    total: int = Field(ge=0)
    message: str
    cancel_requested: bool
    ts_created: Time | None
    ts_started: Time | None
    ts_finished: Time | None
