"""Macro answers: what its routes give, described for the API documentation."""

from __future__ import annotations

from pydantic import BaseModel, Field

_EVENT = "what the value is about: the first day of its period, ISO 8601 UTC"
_INIT = "since when it is known, ISO 8601 UTC"


class Shown(BaseModel):
    """What every answer with values says."""

    as_of: str = Field(description="nothing that became known later is in this answer, ISO 8601 UTC")
    notice: str | None = Field(description="to be shown beside values of FRED; null: there are none")


class SeriesLine(BaseModel):
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
    ts_event: str | None = Field(description=_EVENT)
    ts_init: str | None = Field(description=_INIT)
    known_by: str | None = Field(description="vintage: FRED says when; rule: by its usual lag; seen: since it was read")
    release: str | None
    ts_released: str | None = Field(description="when its release was out last")
    ts_next: str | None = Field(description="when it is due next")
    state: str = Field(description="data, loading, refused, empty, not asked, unavailable or not known then")
    note: str | None = Field(description="why, and what to do")
    is_default: bool
    is_kept: bool = Field(description="kept up to date")
    versions: int = Field(description="values and revisions stored")
    title: str | None = Field(description="as its source says")


class AllSeries(Shown):
    refusal: str | None = Field(description="why FRED can't be asked, and what to do")
    series: list[SeriesLine]


class Observation(BaseModel):
    ts_event: str = Field(description=_EVENT)
    ts_init: str = Field(description=_INIT)
    value: float | None = Field(description="null: published as missing, or the transform has none")
    known_by: str | None


class Observations(Shown):
    series_id: str
    source: str
    how: str = Field(description="level, change, year_change, yoy or z")
    observations: list[Observation] = Field(description="in order of their dates")


class Version(BaseModel):
    ts_init: str = Field(description=_INIT)
    value: float | None = Field(description="null: published as missing, or withdrawn")
    known_by: str | None


class Versions(Shown):
    series_id: str
    source: str
    ts_event: str = Field(description=_EVENT)
    versions: list[Version] = Field(description="in the order they became known")


class Yield(BaseModel):
    day: str = Field(description="the day asked for")
    ts_event: str = Field(description="the day of the yield: the same, or one of the week before")
    ts_init: str = Field(description=_INIT)
    series_id: str
    source: str
    years: float = Field(description="to maturity")
    value: float = Field(description="percent a year")


class Curve(Shown):
    yields: list[Yield] = Field(description="by day, then by maturity")


class FactorLine(BaseModel):
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


class Score(BaseModel):
    ts_event: str = Field(description="the date it is about, ISO 8601 UTC")
    ts_init: str = Field(description=_INIT)
    value: float
    label: str | None = Field(description="the regime's state")


class FactorHistory(Shown):
    key: str
    units: str
    history: list[Score] = Field(description="in the order they became known")


class Standing(BaseModel):
    key: str
    title: str
    family: str
    units: str
    value: float | None
    label: str | None = Field(description="the regime's state")
    ts_event: str | None
    ts_init: str | None = Field(description=_INIT)
    previous: float | None
    ts_previous: str | None
    sources: list[str]
    missing: list[str] = Field(description="series nobody has stored")
    problem: str | None = Field(description="why it could not be computed")


class Scores(Shown):
    scores: list[Standing]


class Regime(BaseModel):
    key: str
    title: str
    label: str
    start: str = Field(description="when it was known to hold, ISO 8601 UTC")
    end: str = Field(description="when another was known to; of the last one `as_of`")


class Regimes(Shown):
    regimes: list[Regime]


class Recession(BaseModel):
    start: str = Field(description="first day of its first month, ISO 8601 UTC")
    end: str = Field(description="the first day after its last month")


class Recessions(Shown):
    recessions: list[Recession] = Field(description="of the United States, as NBER had dated them")


class CalendarLine(BaseModel):
    release_id: str
    release: str
    ts_event: str = Field(description="when it is out, ISO 8601 UTC")
    is_out: bool
    series: list[str]
    ts_seen: str | None = Field(description="when FRED was asked")


class Calendar(BaseModel):
    notice: str | None
    refusal: str | None = Field(description="why FRED can't be asked, and what to do")
    releases: list[CalendarLine] = Field(description="the earliest first")


class Kept(BaseModel):
    series_id: str
    is_kept: bool
    message: str


class Updates(BaseModel):
    job_ids: list[int] = Field(description="none: nothing was missing; see /api/v1/historical/backfill/status")


class Hit(BaseModel):
    series_id: str
    name: str
    frequency: str
    units: str


class Hits(BaseModel):
    notice: str
    series: list[Hit]
