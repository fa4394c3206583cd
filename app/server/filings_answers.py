"""Filings answers: what the routes about all companies give, described for the API documentation."""

from __future__ import annotations

from pydantic import BaseModel, Field

_INIT = "since when it is known, ISO 8601 UTC"


class Health(BaseModel):
    status: str = Field(description="healthy, unhealthy, disabled (or not set up), or unknown before the first request")
    state: str
    reason: str | None = Field(description="why EDGAR can't be asked, and what to do")
    companies: int = Field(description="that can be searched")


class Hit(BaseModel):
    cik: str
    name: str
    tickers: list[str]
    exchanges: list[str]
    why: str = Field(description="found by ticker, CIK, name or former name")
    score: float


class Hits(BaseModel):
    companies: list[Hit] = Field(description="the best first")


class Resolved(BaseModel):
    ticker: str
    cik: str
    instrument_id: str = Field(description="what its datasets are kept under")
    name: str | None = Field(description="null: nothing has told it yet")
    tickers: list[str]


class DatasetState(BaseModel):
    state: str = Field(description="data, loading, refused, empty, not asked or unavailable")
    note: str | None = Field(description="why, and what to do")


class KeptLine(BaseModel):
    cik: str
    name: str | None
    tickers: list[str]
    filings: int
    state: str
    note: str | None
    datasets: dict[str, DatasetState]


class KeptCompanies(BaseModel):
    as_of: str
    refusal: str | None = Field(description="why EDGAR can't be asked, and what to do")
    companies: list[KeptLine]


class FactorLine(BaseModel):
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


class FilingType(BaseModel):
    form: str
    title: str


class Limit(BaseModel):
    used: int
    limit: int
    window_s: float


class Statistics(BaseModel):
    """What real requests left, whichever process made them."""

    last_at: str | None
    ok_at: str | None
    error_at: str | None
    error: str | None = Field(description="of the last request; null: it went well")
    last_error: str | None
    latency_ms: float | None
    limits: list[Limit]
    pause: str | None = Field(description="why it is left alone for now")
    stored: dict[str, int] = Field(description="companies stored, by dataset")
    companies: int = Field(description="that can be searched")


class FeedLine(BaseModel):
    accession: str
    cik: str
    company: str
    role: str | None = Field(description="what the company is to the filing: Filer, Issuer, Subject …")
    form: str
    ts_event: str = Field(description="when it was accepted")
    ts_init: str = Field(description=_INIT)
    filed: str
    items: str | None
    size: int
    link: str | None


class Feed(BaseModel):
    asked_at: str
    filings: list[FeedLine] = Field(description="of all companies, the newest first")


class Kept(BaseModel):
    cik: str
    is_kept: bool
    message: str


class Updates(BaseModel):
    job_ids: list[int] = Field(description="none: nothing was missing; see /api/v1/historical/backfill/status")


class Listed(BaseModel):
    companies: int
