"""Filings answers: what the routes about all companies give, described for the API documentation."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from app.server.columns import Day, Time

_INIT = "since when it is known, UTC"


class Health(BaseModel):
    status: Literal["healthy", "unhealthy", "disabled", "unknown"] = Field(
        description="disabled: switched off or not set up; unknown: before the first request"
    )
    state: str
    reason: str | None = Field(description="why EDGAR can't be asked, and what to do")
    companies: int = Field(ge=0, description="that can be searched")


class HitRow(BaseModel):
    cik: str
    name: str
    tickers: list[str]
    exchanges: list[str]
    why: str = Field(description="found by ticker, CIK, name or former name")
    score: float


class Resolved(BaseModel):
    ticker: str
    cik: str
    instrument_id: str = Field(description="what its datasets are kept under")
    name: str | None = Field(description="null: nothing has told it yet")
    tickers: list[str]


class KeptRow(BaseModel):
    cik: str
    name: str | None
    tickers: list[str]
    filings: int
    state: str = Field(description="data, loading, refused, empty, not asked or unavailable")
    note: str | None = Field(description="why, and what to do")


class DatasetRow(BaseModel):
    dataset: str
    state: str = Field(description="data, loading, refused, empty, not asked or unavailable")
    note: str | None = Field(description="why, and what to do")


class FactorRow(BaseModel):
    key: str
    title: str
    family: str
    units: str
    formula: str
    reference: str
    direction: str
    evidence: str
    pit: str
    inputs: list[str] = Field(description="datasets of the company it needs")
    lines: list[str] = Field(description="lines of observations it needs")
    excludes_financials: bool
    note: str | None


class FilingTypeRow(BaseModel):
    form: str
    title: str


class Limit(BaseModel):
    used: int
    limit: int
    window_s: float


class Statistics(BaseModel):
    """What real requests left, whichever process made them."""

    last_at: Time | None = Field(validation_alias="ts_last")
    ok_at: Time | None = Field(validation_alias="ts_ok")
    error_at: Time | None = Field(validation_alias="ts_error")
    error: str | None = Field(description="of the last request; null: it went well")
    last_error: str | None
    latency_ms: float | None
    limits: list[Limit]
    pause: str | None = Field(description="why it is left alone for now")
    stored: dict[str, int] = Field(description="companies stored, by dataset")
    asked: int = Field(ge=0, description="requests of today (UTC)")
    failed: int = Field(ge=0, description="of today's requests")
    cached: int = Field(ge=0, description="answered today by what was kept")
    companies: int = Field(ge=0, description="that can be searched")


class FeedRow(BaseModel):
    accession: str
    cik: str
    company: str
    role: str | None = Field(description="what the company is to the filing: Filer, Issuer, Subject …")
    form: str
    ts_event: Time = Field(description="when it was accepted")
    ts_init: Time = Field(description=_INIT)
    filed: Day
    items: str | None
    size: int = Field(description="bytes")
    link: str | None


class Kept(BaseModel):
    cik: str
    is_kept: bool
    message: str


class Updates(BaseModel):
    job_ids: list[int] = Field(description="none: nothing was missing; see /api/v1/historical/backfill/status")


class Listed(BaseModel):
    companies: int
