"""Company answers: what the routes about one company give, described for the API documentation."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from app.server.columns import EXACT, Day, Exact, Time

_EVENT = "what it is about: a day, or the last day of a period; UTC"
_START = "the first day of its period; null: it is of one moment"
_INIT = "since when it is known, UTC"
_NOT_KNOWN = "why there is none"
Frequency = Literal["annual", "quarterly", "ttm"]
Kind = Literal["income", "balance", "cash_flow"]


class FilingRow(BaseModel):
    accession: str
    form: str
    filed: Day | None = Field(description="the day it is of")
    report_date: Day | None = Field(description="the end of the period it reports on; null: of no period")
    ts_event: Time | None = Field(description="when EDGAR says it was accepted, which can be hours off")
    ts_init: Time = Field(description=_INIT)
    items: str | None = Field(description="of an 8-K")
    description: str | None
    is_xbrl: bool
    size: int = Field(ge=0, description="bytes")
    link: str | None = Field(description="of its document at the SEC")
    index: str = Field(description="of all of its documents")


class FormRow(BaseModel):
    form: str
    filings: int = Field(ge=1, description="corrections counted in")


class Due(BaseModel):
    form: str
    report_date: Day = Field(description="about the end of the period it will be of")
    ts_due: Time = Field(description="the last day by the rules for its kind of filer; holidays may move it")


class Report(BaseModel):
    accession: str
    form: str
    report_date: Day | None
    ts_init: Time = Field(description=_INIT)
    link: str | None


class Company(BaseModel):
    as_of: Time = Field(description="reports and rows are those known then; the rest is as told last")
    cik: str
    instrument_id: str
    name: str | None
    tickers: list[str]
    exchanges: list[str]
    former_names: list[str]
    sic: str | None
    industry: str | None
    state_of_incorporation: str | None = Field(validation_alias="state")
    fiscal_year_end: str | None = Field(description="month and day, as 0930")
    category: str | None
    annual: Report | None = Field(description="the last annual report")
    quarterly: Report | None
    newest: Report | None
    due: Due | None = Field(description="the report to come; null: not known")
    rows: dict[str, int] = Field(description="known by dataset")
    is_manager: bool = Field(description="files 13F")
    is_kept: bool = Field(description="kept up to date")
    refusal: str | None = Field(description="why EDGAR can't be asked, and what to do")


class FactRow(BaseModel):
    concept: str = Field(description="a line of the statements, or taxonomy:tag")
    ts_start: Time | None = Field(description=_START)
    ts_event: Time = Field(description=_EVENT)
    ts_init: Time = Field(description=_INIT)
    value: Exact = Field(description=EXACT)
    unit: str
    tag: str | None = Field(description="null: computed of several")
    form: str | None
    accession: str | None
    is_restated: bool
    is_derived: bool = Field(description="computed of other facts")


class FigureRow(FactRow):
    concept: str = Field(validation_alias="key", description="to be asked for as `concept`")
    title: str
    year_before: Exact | None = Field(description=EXACT)


class TagRow(BaseModel):
    tag: str = Field(description="taxonomy:tag, to be asked for as `concept`")


class VersionRow(BaseModel):
    tag: str
    ts_start: Time | None = Field(description=_START)
    ts_event: Time = Field(description=_EVENT)
    ts_init: Time = Field(description=_INIT)
    value: Exact = Field(description=EXACT)
    unit: str
    accession: str
    form: str
    is_part: bool = Field(description="of a value that was computed of such parts")
    is_current: bool


class ItemRow(BaseModel):
    concept: str
    title: str
    period: str
    ts_start: Time | None = Field(description=_START)
    ts_event: Time = Field(description=_EVENT)
    value: Exact = Field(description=EXACT)
    unit: str
    tag: str | None
    form: str | None
    accession: str | None
    ts_known: Time = Field(validation_alias="known_since", description="when the value became what it is")
    is_restated: bool
    restated_from: str | None = Field(description="what it was before, as text")
    restated_from_accession: str | None
    is_derived: bool
    derived_from: str | None = Field(description="the facts it was computed of, with their filings")
    is_mixed: bool = Field(description="a part was restated and another was not")
    others: str | None = Field(description="what further tags of the same concept say of the same time")


class RestatementRow(BaseModel):
    tag: str
    unit: str
    ts_start: Time | None = Field(description=_START)
    ts_event: Time = Field(description=_EVENT)
    ts_init: Time = Field(description=_INIT)
    accession: str
    form: str
    value: Exact = Field(description=EXACT)
    before: Exact = Field(description=EXACT)
    before_accession: str
    ts_before: Time = Field(validation_alias="before_ts_init", description="since when the one before was known")
    difference: Exact = Field(description=EXACT)
    reason: Literal["restated", "rounded", "split"] = Field(description="rounded, split: nothing but that")


class TradeRow(BaseModel):
    accession: str
    sequence: int
    ts_event: Time | None = Field(description="the day of the trade")
    ts_init: Time = Field(description=_INIT)
    form: str
    insider: str
    insider_cik: str
    role: str | None
    security: str
    code: str | None = Field(description="P purchase, S sale, A grant, M exercise, F tax, G gift …; null: is held only")
    is_acquired: bool
    shares: Exact | None = Field(description="decimal as text, exact")
    price: Exact | None = Field(description="dollars a share, decimal as text, exact")
    held_after: Exact | None = Field(description="decimal as text, exact")
    is_direct: bool
    is_derivative: bool
    is_planned: bool = Field(description="under a plan of rule 10b5-1")
    amends: Day | None = Field(description="the day of the report that this one corrects")
    is_amended: bool = Field(description="a correction of it was filed since")


class QuarterRow(BaseModel):
    quarter: str = Field(examples=["2024Q1"])
    buys: int = Field(ge=0)
    sells: int = Field(ge=0)
    bought: Exact = Field(description="dollars, in the open market, derivatives left out")
    sold: Exact = Field(description="dollars")
    net: Exact = Field(description="dollars")
    unpriced: int = Field(ge=0, description="trades without a price or a number, which are in no sum")


class HoldingRow(BaseModel):
    issuer: str
    title: str
    cusip: str
    put_call: str | None
    amount: Exact = Field(description="decimal as text, exact")
    amount_type: str = Field(description="SH shares, PRN principal")
    value: Exact = Field(description="dollars")
    weight: float | None = Field(description="share of the value of all")
    before: Exact | None = Field(description="amount a quarter before; null: not known")
    change: Exact | None
    ts_init: Time = Field(description=_INIT)
    accession: str


class HeldOnRow(BaseModel):
    quarter: Day = Field(description="the last day of a quarter anything is known of")


class StandingRow(BaseModel):
    key: str
    title: str
    family: str
    units: str
    value: float | None
    reason: str | None = Field(description=_NOT_KNOWN)
    ts_event: Time | None
    ts_init: Time | None = Field(description=_INIT)
    previous: float | None
    ts_previous: Time | None
    direction: str = Field(description="of the return found to follow a high value: +, -, ? (studies differ), 0 (none)")
    evidence: str
    pit: str = Field(description="how well it is known when its inputs could be known: P0 market to P5 current")
    components: dict[str, float | None] = Field(description="parts of the value; in CSV, Arrow and Parquet as JSON")
    formula: str
    reference: str


class ScoreRow(BaseModel):
    ts_event: Time | None
    ts_init: Time = Field(description=_INIT)
    value: float | None
    reason: str | None = Field(description=_NOT_KNOWN)
    components: dict[str, float | None] = Field(description="parts of the value; in CSV, Arrow and Parquet as JSON")
