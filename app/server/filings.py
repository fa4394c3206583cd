"""REST of EDGAR: companies found and kept, filings of all of them, and how the source stands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import AsOf, Cik, Words, at_time, like
from app.server.columns import as_model, as_rows
from app.server.filings_answers import (
    FactorRow,
    FeedRow,
    FilingTypeRow,
    Health,
    HitRow,
    Kept,
    KeptRow,
    Limit,
    Listed,
    Resolved,
    Statistics,
    Updates,
)
from app.server.rows import Paged, table
from app.server.shown import headers, shown
from app.server.sources import health_of
from nautilus_data import errors

ROUTER = APIRouter(prefix="/api/v1/edgar", tags=["edgar"])
_SOURCE = "edgar"
_Form = Annotated[
    str, *like("[A-Za-z0-9 /.-]*", "a form", 20, 0), Query(description="one form's, as 8-K; default: all")
]  # fmt: skip


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
    return as_model(found | {"limits": limits}, Statistics)


@table(ROUTER, "/filing-types", FilingTypeRow)
def filing_types(opened: Opened, page: Paged) -> Any:
    """Forms a trader looks for, and what each tells; all others are kept as well."""
    found = [{"form": form, "title": title} for form, title in opened.filings.form_titles().items()]
    return page.rows(as_rows(found, FilingTypeRow), FilingTypeRow, ["form"])


@table(ROUTER, "/factors", FactorRow)
def factors(opened: Opened, page: Paged) -> Any:
    """Every factor's definition."""
    found = [{name: getattr(one, name) for name in FactorRow.model_fields} for one in opened.filings.factors()]
    return page.rows(as_rows(found, FactorRow), FactorRow, ["key"])


@table(ROUTER, "/feed", FeedRow, headers=headers("Told-At"))
def feed(opened: Opened, page: Paged, form: _Form = "") -> Any:
    """The newest filings of all companies, as told a minute ago at the most."""
    found = opened.filings.feed(form.strip().upper())
    answer = page.rows(as_rows(found, FeedRow), FeedRow, ["accession", "cik", "role"])
    return shown(answer, told_at=found.attrs["ts_asked"])


@table(ROUTER, "/companies", KeptRow, headers=headers("As-Of", "Refusal"))
def companies(opened: Opened, page: Paged, as_of: AsOf = None) -> Any:
    """Companies that are kept up to date, and how each stands; by dataset: /api/v1/edgar/companies/CIK/datasets."""
    at = at_time(as_of)
    answer = page.rows(as_rows(opened.filings.standing(at), KeptRow), KeptRow, ["cik"])
    return shown(answer, as_of=at, refusal=opened.filings.refusal())


@table(ROUTER, "/companies/search", HitRow)
def search(opened: Opened, page: Paged, text: Annotated[Words, Query(min_length=1)]) -> Any:
    """Companies a ticker, a CIK or a name may mean, also one that is typed wrong, the best first; nobody is asked."""
    found = opened.filings.search(text, page.limit)
    if not found and not opened.filings.companies() and (reason := opened.filings.refusal()):
        raise HTTPException(409, f"no list of companies is kept, and SEC EDGAR can't be asked for it: {reason}")
    told = [
        {"cik": one.company.cik, "name": one.company.name, "tickers": list(one.company.tickers),
         "exchanges": list(one.company.exchanges), "why": one.why, "score": round(one.score, 3)}
        for one in found
    ]  # fmt: skip
    return page.rows(as_rows(told, HitRow), HitRow, ["cik"])


@ROUTER.post("/companies/refresh")
def refresh(opened: Opened) -> Listed:
    """Ask EDGAR now for the list of companies; the worker does so once a day."""
    return Listed(companies=opened.filings.refresh_companies())


@ROUTER.get("/ticker/{cik}/resolve")
def resolve(opened: Opened, cik: Cik) -> Resolved:
    """Which company a ticker means; classes of shares may be written BRK.B or BRK-B."""
    name = named(opened, cik)
    card = opened.filings.company(name)
    return Resolved(
        ticker=cik, cik=name, instrument_id=card.instrument_id, name=card.told["name"] or None,
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


def named(opened: Any, text: str) -> str:
    """The CIK (ten digits) of a company; 404 says it is of none, or of several."""
    try:
        return opened.filings.resolve(text)
    except errors.SkippableError as error:
        raise HTTPException(404, _advised(opened, str(error))) from None


def known(opened: Any, text: str) -> str:
    """As `named`, of a company anything is told of; 404 says how to have it."""
    cik = named(opened, text)
    card = opened.filings.company(cik)
    if not card.told["name"] and not card.is_kept and not any(card.rows.values()):
        reason = opened.filings.refusal() or f"POST /api/v1/edgar/companies/{cik}/keep has it asked for"
        raise HTTPException(404, f"nothing is known of the company with the CIK {cik}: {reason}")
    return cik


def _advised(opened: Any, message: str) -> str:
    """A list of no companies knows none: that is why, then."""
    if opened.filings.companies():
        return message
    return f"{message}. No list of companies is kept yet: {opened.filings.refusal() or 'the worker asks for it'}"
