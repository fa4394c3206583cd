"""REST of EDGAR: companies found and kept, filings of all of them, and how the source stands."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened, iso
from app.server.filings_answers import (
    FactorLine,
    Feed,
    FeedLine,
    FilingType,
    Health,
    Hit,
    Hits,
    Kept,
    KeptCompanies,
    KeptLine,
    Limit,
    Listed,
    Resolved,
    Statistics,
    Updates,
)
from app.server.filings_rows import AsOf, Cik, at_time, named, row, rows, states
from app.server.sources import health_of

ROUTER = APIRouter(prefix="/api/v1/edgar", tags=["edgar"])
_SOURCE = "edgar"


@ROUTER.get("/health")
def health(opened: Opened) -> Health:
    """From the last real request: asking this asks EDGAR nothing."""
    found = health_of(opened, _SOURCE)
    reason = opened.filings.refusal() or found.reason
    return Health(status=found.status, state=found.state, reason=reason, companies=opened.filings.companies())


@ROUTER.get("/statistics")
def statistics(opened: Opened) -> Statistics:
    """Requests, errors and quota of EDGAR, and what is stored of it."""
    found = opened.filings.statistics()
    limits = [Limit(used=used, limit=limit, window_s=window_s) for used, limit, window_s in found["limits"]]
    times = {
        name: iso(found[of]) for name, of in (("last_at", "ts_last"), ("ok_at", "ts_ok"), ("error_at", "ts_error"))
    }
    return row(Statistics, found, limits=limits, **times)


@ROUTER.get("/filing-types")
def filing_types(opened: Opened) -> list[FilingType]:
    """Forms a trader looks for, and what each tells; all others are kept as well."""
    return [FilingType(form=form, title=title) for form, title in opened.filings.form_titles().items()]


@ROUTER.get("/factors")
def factors(opened: Opened) -> list[FactorLine]:
    """Every factor's definition."""
    names = [name for name in FactorLine.model_fields if name != "note"]
    return [
        FactorLine(**{name: getattr(one, name) for name in names}, note=one.note or None)
        for one in opened.filings.factors()
    ]


@ROUTER.get("/feed")
def feed(
    opened: Opened,
    form: Annotated[str, Query(max_length=20, description="one form's, as 8-K; default: all")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> Feed:
    """The newest filings of all companies, as told a minute ago at the most."""
    found = opened.filings.feed(form.strip().upper())
    return Feed(asked_at=iso(found.attrs["ts_asked"]), filings=rows(FeedLine, found.head(limit).to_dict("records")))


@ROUTER.get("/companies")
def companies(opened: Opened, as_of: AsOf = None) -> KeptCompanies:
    """Companies that are kept up to date, and how each stands."""
    at = at_time(as_of)
    lines = [
        row(KeptLine, one, datasets=states(one["states"])) for one in opened.filings.standing(at).to_dict("records")
    ]
    return KeptCompanies(as_of=iso(at), refusal=opened.filings.refusal() or None, companies=lines)


@ROUTER.get("/companies/search")
def search(
    opened: Opened,
    text: Annotated[str, Query(min_length=1, max_length=100)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Hits:
    """Companies a ticker, a CIK or a name may mean, also one that is typed wrong; nobody is asked."""
    found = opened.filings.search(text, limit)
    if not found and not opened.filings.companies() and (reason := opened.filings.refusal()):
        raise HTTPException(409, f"no list of companies is kept, and SEC EDGAR can't be asked for it: {reason}")
    told = [
        Hit(cik=one.company.cik, name=one.company.name, tickers=list(one.company.tickers),
            exchanges=list(one.company.exchanges), why=one.why, score=round(one.score, 3))
        for one in found
    ]  # fmt: skip
    return Hits(companies=told)


@ROUTER.post("/companies/refresh")
def refresh(opened: Opened) -> Listed:
    """Ask EDGAR now for the list of companies; the worker does so once a day."""
    return Listed(companies=opened.filings.refresh_companies())


@ROUTER.get("/ticker/{ticker}/resolve")
def resolve(opened: Opened, ticker: str) -> Resolved:
    """Which company a ticker means; classes of shares may be written BRK.B or BRK-B."""
    cik = named(opened, ticker)
    card = opened.filings.company(cik)
    return Resolved(
        ticker=ticker, cik=cik, instrument_id=card.instrument_id, name=card.told["name"] or None,
        tickers=list(card.told["tickers"]),
    )  # fmt: skip


@ROUTER.post("/companies/{cik}/keep")
def keep(opened: Opened, cik: Cik) -> Kept:
    """Keep a company up to date from now on; the worker asks for it."""
    name = opened.filings.add(named(opened, cik))
    return Kept(cik=name, is_kept=True, message=opened.filings.refusal() or "the worker asks for it")


@ROUTER.post("/companies/{cik}/remove")
def remove(opened: Opened, cik: Cik) -> Kept:
    """Keep a company up to date no longer; what is stored stays."""
    name = named(opened, cik)
    if name not in opened.filings.kept():
        raise HTTPException(404, f"{name} is not kept up to date: GET /api/v1/edgar/companies lists what is")
    opened.filings.remove(name)
    return Kept(cik=name, is_kept=False, message="what is stored stays")


@ROUTER.post("/companies/{cik}/update", status_code=202)
def update(opened: Opened, cik: Cik) -> Updates:
    """Ask EDGAR now for what a company lacks, what was refused included."""
    return Updates(job_ids=opened.filings.update([named(opened, cik)]))


@ROUTER.post("/update", status_code=202)
def update_all(opened: Opened) -> Updates:
    """Ask EDGAR now for what the companies lack that are kept up to date."""
    return Updates(job_ids=opened.filings.update(opened.filings.kept()))
