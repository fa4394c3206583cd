"""Company answers: what the routes about one company give, described for the API documentation."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.server.filings_answers import DatasetState

_EVENT = "what it is about: a day, or the last day of a period, ISO 8601 UTC"
_INIT = "since when it is known, ISO 8601 UTC"
_EXACT = "decimal as text, exact, in `unit`"


class Filing(BaseModel):
    accession: str
    form: str
    filed: str | None = Field(description="the day it is of")
    report_date: str | None = Field(description="the end of the period it reports on; null: of no period")
    ts_event: str | None = Field(description="when EDGAR says it was accepted, which can be hours off")
    ts_init: str = Field(description=_INIT)
    items: str | None = Field(description="of an 8-K")
    description: str | None
    is_xbrl: bool
    size: int = Field(description="bytes")
    link: str | None = Field(description="of its document at the SEC")
    index: str = Field(description="of all of its documents")


class Due(BaseModel):
    form: str
    report_date: str = Field(description="about the end of the period it will be of")
    ts_due: str = Field(description="the last day by the rules for its kind of filer; holidays may move it")


class OfCompany(BaseModel):
    """What every answer about a company says."""

    as_of: str = Field(description="nothing that became known later is in this answer, ISO 8601 UTC")
    cik: str


class Company(OfCompany):
    instrument_id: str
    name: str | None = Field(description="name, tickers and what follows: as told last, not as of a time")
    tickers: list[str]
    exchanges: list[str]
    former_names: list[str]
    sic: str | None
    industry: str | None
    state_of_incorporation: str | None
    fiscal_year_end: str | None = Field(description="month and day, as 0930")
    category: str | None
    annual: Filing | None = Field(description="the last annual report")
    quarterly: Filing | None
    newest: Filing | None
    due: Due | None = Field(description="the report to come; null: not known")
    rows: dict[str, int] = Field(description="known by dataset")
    is_manager: bool = Field(description="files 13F")
    is_kept: bool = Field(description="kept up to date")
    refusal: str | None = Field(description="why EDGAR can't be asked, and what to do")
    datasets: dict[str, DatasetState]


class Filings(OfCompany):
    total: int = Field(description="that fit, of which the newest are listed")
    forms: dict[str, int] = Field(description="how many there are of each form, corrections counted in")
    filings: list[Filing] = Field(description="the newest first")


class Fact(BaseModel):
    ts_start: str | None = Field(description="the first day of its period; null: it is of one moment")
    ts_event: str = Field(description=_EVENT)
    ts_init: str = Field(description=_INIT)
    value: str = Field(description=_EXACT)
    unit: str
    tag: str | None = Field(description="null: computed of several")
    form: str | None
    accession: str | None
    is_restated: bool
    is_derived: bool = Field(description="computed of other facts")


class Figure(Fact):
    key: str = Field(description="to be asked for as `concept`")
    title: str
    year_before: str | None = Field(description=_EXACT)


class Facts(OfCompany):
    concept: str | None
    frequency: str | None = Field(description="annual, quarterly or ttm")
    figures: list[Figure] = Field(description="of the last twelve months, or the last day; when no concept is named")
    tags: list[str] = Field(description="every taxonomy:tag there is, when no concept is named")
    facts: list[Fact] = Field(description="of the concept, the earliest first")


class Version(BaseModel):
    tag: str
    ts_start: str | None
    ts_event: str = Field(description=_EVENT)
    ts_init: str = Field(description=_INIT)
    value: str = Field(description=_EXACT)
    unit: str
    accession: str
    form: str
    is_part: bool = Field(description="of a value that was computed of such parts")
    is_current: bool


class Versions(OfCompany):
    concept: str
    versions: list[Version] = Field(description="in the order they became known")


class Item(BaseModel):
    concept: str
    title: str
    period: str
    ts_start: str | None = Field(description="null: it is of one moment")
    ts_event: str = Field(description=_EVENT)
    value: str = Field(description=_EXACT)
    unit: str
    tag: str | None
    form: str | None
    accession: str | None
    known_since: str
    is_restated: bool
    restated_from: str | None = Field(description="what it was before, as text")
    restated_from_accession: str | None
    is_derived: bool
    derived_from: str | None = Field(description="the facts it was computed of, with their filings")
    is_mixed: bool = Field(description="a part was restated and another was not")
    others: str | None = Field(description="what further tags of the same concept say of the same time")


class Statement(OfCompany):
    kind: str = Field(description="income, balance or cash_flow")
    frequency: str = Field(description="annual, quarterly or ttm")
    currency: str | None
    items: list[Item]


class Restatement(BaseModel):
    tag: str
    unit: str
    ts_start: str | None
    ts_event: str = Field(description=_EVENT)
    ts_init: str = Field(description=_INIT)
    accession: str
    form: str
    value: str = Field(description=_EXACT)
    before: str
    before_accession: str
    before_ts_init: str
    difference: str
    reason: str = Field(description="restated, or rounded or split where it is nothing but that")


class Restatements(OfCompany):
    total: int
    restatements: list[Restatement] = Field(description="the newest first")


class Trade(BaseModel):
    accession: str
    sequence: int
    ts_event: str | None = Field(description="the day of the trade")
    ts_init: str = Field(description=_INIT)
    form: str
    insider: str
    insider_cik: str
    role: str | None
    security: str
    code: str | None = Field(description="P purchase, S sale, A grant, M exercise, F tax, G gift …; null: is held only")
    is_acquired: bool
    shares: str | None
    price: str | None
    held_after: str | None
    is_direct: bool
    is_derivative: bool
    is_planned: bool = Field(description="under a plan of rule 10b5-1")
    amends: str | None = Field(description="the day of the report that this one corrects")
    is_amended: bool = Field(description="a correction of it was filed since")


class Quarter(BaseModel):
    quarter: str
    buys: int
    sells: int
    bought: str = Field(description="dollars, in the open market, derivatives left out")
    sold: str
    net: str
    unpriced: int = Field(description="trades without a price or a number, which are in no sum")


class Insiders(OfCompany):
    total: int
    quarters: list[Quarter]
    trades: list[Trade] = Field(description="the newest first")


class Holding(BaseModel):
    issuer: str
    title: str
    cusip: str
    put_call: str | None
    amount: str
    amount_type: str = Field(description="SH shares, PRN principal")
    value: str = Field(description="dollars")
    weight: float | None = Field(description="share of the value of all")
    before: str | None = Field(description="amount a quarter before; null: not known")
    change: str | None
    ts_init: str = Field(description=_INIT)
    accession: str


class Holdings(OfCompany):
    quarter: str | None = Field(description="the day they were held on; null: none is known")
    quarters: list[str]
    holdings: list[Holding] = Field(description="the largest first")


class Standing(BaseModel):
    key: str
    title: str
    family: str
    units: str
    value: float | None
    reason: str | None = Field(description="why there is none")
    ts_event: str | None
    ts_init: str | None = Field(description=_INIT)
    previous: float | None
    ts_previous: str | None
    direction: str = Field(description="of the return found to follow a high value: +, -, ? (studies differ), 0 (none)")
    evidence: str
    pit: str = Field(description="how well it is known when its inputs could be known: P0 market to P5 current")
    components: dict[str, float | None]
    formula: str
    reference: str


class Scores(OfCompany):
    notice: str | None = Field(description="to be shown where a factor uses a line of FRED's")
    scores: list[Standing]


class Score(BaseModel):
    ts_event: str | None
    ts_init: str = Field(description=_INIT)
    value: float | None
    reason: str | None = Field(description="why there is none")
    components: dict[str, float | None]


class FactorHistory(OfCompany):
    notice: str | None
    key: str
    title: str
    units: str
    formula: str
    reference: str
    history: list[Score] = Field(description="in the order they became known")
