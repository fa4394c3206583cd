"""Macro answers: what its routes give, described for the API documentation."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from app.server.columns import Time

_EVENT = "what the value is about: the first day of its period, UTC"
_INIT = "since when it is known, UTC"
_KNOWN_BY = "vintage: FRED says when; rule: by its usual lag; seen: since it was read"
How = Literal["level", "change", "year_change", "yoy", "z"]


class MacroState(BaseModel):
    refusal: str | None = Field(description="why FRED can't be asked, and what to do")
    notice: str = Field(description="to be shown wherever values of FRED are")
    kept: list[str] = Field(description="ids of the series that are kept up to date")
    first_known_at: Time | None = Field(description="before this nothing was known")


class SeriesRow(BaseModel):
    series_id: str
    name: str
    category: str
    units: str | None = Field(description="null: of a series nobody has asked for yet")
    frequency: str | None = Field(description="D, W, M, Q or A")
    source: str | None
    value: float | None = Field(description="the last one known, in `units`; null: none was")
    previous: float | None
    change: float | None = Field(description="from the value before, in `units`")
    change_year: float | None = Field(description="from a year before, in `units`")
    yoy: float | None = Field(description="from a year before, in %")
    ts_event: Time | None = Field(description=_EVENT)
    ts_init: Time | None = Field(description=_INIT)
    known_by: str | None = Field(description=_KNOWN_BY)
    release: str | None
    ts_released: Time | None = Field(description="when its release was out last")
    ts_next: Time | None = Field(description="when it is due next")
    state: str = Field(description="data, loading, refused, empty, not asked, unavailable or not known then")
    note: str | None = Field(description="why, and what to do")
    is_default: bool
    is_kept: bool = Field(description="kept up to date")
    versions: int = Field(ge=0, description="values and revisions stored")
    title: str | None = Field(description="as its source says")


class ObservationRow(BaseModel):
    ts_event: Time = Field(description=_EVENT)
    ts_init: Time = Field(description=_INIT)
    value: float | None = Field(description="null: published as missing, or the transform has none")
    known_by: str | None = Field(description=_KNOWN_BY)


class ComparedRow(ObservationRow):
    series_id: str
    source: str


class SparkRow(BaseModel):
    series_id: str
    ts_event: Time = Field(description=_EVENT)
    value: float


class VersionRow(BaseModel):
    ts_init: Time = Field(description=_INIT)
    value: float | None = Field(description="null: published as missing, or withdrawn")
    known_by: str | None = Field(description=_KNOWN_BY)


class TransformRow(BaseModel):
    how: How
    title: str


class YieldRow(BaseModel):
    ts_day: Time = Field(validation_alias="day", description="the day asked for")
    ts_event: Time = Field(description="the day of the yield: the same, or one of the week before")
    ts_init: Time = Field(description=_INIT)
    series_id: str
    source: str
    years: float = Field(gt=0, description="to maturity")
    value: float = Field(description="percent a year")


class FactorRow(BaseModel):
    key: str
    title: str
    family: str
    units: str
    formula: str
    reference: str
    note: str | None
    inputs: list[str] = Field(description="series it needs")
    optional: list[str] = Field(description="series it uses where they are there")
    states: list[str] = Field(description="of a regime; its values are their indices")


class ScoreRow(BaseModel):
    ts_event: Time = Field(description="the date it is about, UTC")
    ts_init: Time = Field(description=_INIT)
    value: float
    label: str | None = Field(description="the regime's state")


class StandingRow(BaseModel):
    key: str
    title: str
    family: str
    units: str
    value: float | None
    label: str | None = Field(description="the regime's state")
    ts_event: Time | None
    ts_init: Time | None = Field(description=_INIT)
    previous: float | None
    ts_previous: Time | None
    sources: list[str]
    missing: list[str] = Field(description="series nobody has stored")
    problem: str | None = Field(description="why it could not be computed")


class RegimeRow(BaseModel):
    key: str
    title: str
    label: str
    ts_start: Time = Field(validation_alias="start", description="when it was known to hold, UTC")
    ts_end: Time = Field(validation_alias="end", description="when another was known to; of the last one `as_of`")


class RecessionRow(BaseModel):
    ts_start: Time = Field(description="first day of its first month, UTC")
    ts_end: Time = Field(description="the first day after its last month")


class ReleaseRow(BaseModel):
    release_id: str
    release: str
    ts_event: Time = Field(description="when it is out, UTC")
    is_out: bool
    series: list[str]
    ts_seen: Time | None = Field(description="when FRED was asked")


class Kept(BaseModel):
    series_id: str
    is_kept: bool
    message: str


class Updates(BaseModel):
    job_ids: list[int] = Field(description="none: nothing was missing; see /api/v1/historical/backfill/status")


class HitRow(BaseModel):
    series_id: str
    name: str
    frequency: str
    units: str
