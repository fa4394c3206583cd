"""REST of one company, as it was known at a time: its filings, facts, statements, insiders, holdings and scores."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened, iso
from app.server.companies_answers import (
    Company,
    Due,
    Fact,
    FactorHistory,
    Facts,
    Figure,
    Filing,
    Filings,
    Holding,
    Holdings,
    Insiders,
    Item,
    Quarter,
    Restatement,
    Restatements,
    Score,
    Scores,
    Standing,
    Statement,
    Trade,
    Version,
    Versions,
)
from app.server.filings_rows import AsOf, Cik, at_time, known, numbers, optional, row, rows, states
from nautilus_data import TimeRange, to_ns

ROUTER = APIRouter(prefix="/api/v1/edgar", tags=["edgar"])
_EVER = TimeRange(-(2**63), 2**63 - 1)
_Day = Annotated[str | None, Query(description="a day as 2023-11-10")]
_Frequency = Annotated[str, Query(description="annual, quarterly or ttm (twelve months to each quarter's end)")]
_Most = Annotated[int, Query(ge=1, le=100_000, description="the newest so many")]
_Texts = Annotated[list[str] | None, Query(max_length=50, description="several; their corrections are taken in")]


@ROUTER.get("/companies/{cik}")
def company(opened: Opened, cik: Cik, as_of: AsOf = None) -> Company:
    """Who a company is, its last reports, the one to come, and how it stands here."""
    name, at = known(opened, cik), at_time(as_of)
    card, state = opened.filings.company(name, at), opened.filings.state(name)
    due = Due(form=card.due.form, report_date=iso(card.due.ts_event), ts_due=iso(card.due.ts_due))
    reports = {kind: optional(Filing, getattr(card, kind)) for kind in ("annual", "quarterly", "newest")}
    return row(
        Company, card.told, as_of=iso(at), cik=name, instrument_id=card.instrument_id, rows=dict(card.rows),
        state_of_incorporation=card.told["state"] or None, due=due if card.due.ts_due else None, **reports,
        is_manager=card.is_manager, is_kept=card.is_kept, refusal=opened.filings.refusal() or None,
        datasets=states(state["states"]),
    )  # fmt: skip


@ROUTER.get("/companies/{cik}/filings")
@ROUTER.get("/ticker/{cik}/filings")
def filings(
    opened: Opened, cik: Cik, form: _Texts = None, text: Annotated[str, Query(max_length=100)] = "",
    start: _Day = None, end: _Day = None, as_of: AsOf = None, limit: _Most = 1000,
) -> Filings:  # fmt: skip
    """Its filings, the newest first: of some forms, of a span of days, or with words in them."""
    name, at = known(opened, cik), at_time(as_of)
    span = TimeRange(_EVER.start if start is None else to_ns(start), _EVER.end if end is None else to_ns(end))
    found = opened.filings.filings(name, [one.strip().upper() for one in form or ()], span, text, at)
    listed = rows(Filing, found.head(limit).to_dict("records"))
    return Filings(**_of(name, at), total=len(found), forms=opened.filings.forms(name, at), filings=listed)


@ROUTER.get("/companies/{cik}/facts")
@ROUTER.get("/ticker/{cik}/facts")
def facts(
    opened: Opened, cik: Cik,
    concept: Annotated[str, Query(max_length=300, description="revenue, or us-gaap:Revenues")] = "",
    frequency: _Frequency = "quarterly", as_of: AsOf = None, limit: _Most = 1000,
) -> Facts:  # fmt: skip
    """One concept or tag over time; with none named, key figures and every tag there is."""
    name, at = known(opened, cik), at_time(as_of)
    same = {**_of(name, at), "concept": concept or None, "frequency": frequency if concept else None}
    if not concept:
        told = opened.filings.figures(name, at).to_dict("records")
        return Facts(**same, figures=rows(Figure, told), tags=opened.filings.tags(name, at), facts=[])
    found = opened.filings.fact(name, concept, _checked(frequency), at)
    return Facts(**same, figures=[], tags=[], facts=rows(Fact, found.tail(limit).to_dict("records")))


@ROUTER.get("/companies/{cik}/facts/versions")
def versions(
    opened: Opened, cik: Cik, concept: Annotated[str, Query(max_length=300)],
    end: Annotated[str, Query(description="the day it is of, or the last of its period")],
    start: Annotated[str | None, Query(description="the first of its period; none: it is of one moment")] = None,
    as_of: AsOf = None,
) -> Versions:  # fmt: skip
    """Every version of one value, in the order they became known."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.versions(name, concept, 0 if start is None else to_ns(start), to_ns(end), at)
    if found.empty:
        raise HTTPException(404, f"no {concept} of {name} from {start or 'one moment'} to {end} was known then")
    return Versions(**_of(name, at), concept=concept, versions=rows(Version, found.to_dict("records")))


@ROUTER.get("/companies/{cik}/statements")
def statements(
    opened: Opened, cik: Cik, kind: Annotated[str, Query(description="income, balance or cash_flow")] = "income",
    frequency: _Frequency = "annual", as_of: AsOf = None,
) -> Statement:  # fmt: skip
    """A statement over time as it was known: restated values say what they were, computed ones of what."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.statement(name, kind, frequency, at)
    items = rows(Item, found.frame.to_dict("records"))
    return Statement(**_of(name, at), kind=kind, frequency=frequency, currency=found.currency or None, items=items)


@ROUTER.get("/companies/{cik}/restatements")
def restatements(opened: Opened, cik: Cik, as_of: AsOf = None, limit: _Most = 1000) -> Restatements:
    """Each time a filing said a value differently than the one before."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.restatements(name, at)
    told = rows(Restatement, found.head(limit).to_dict("records"))
    return Restatements(**_of(name, at), total=len(found), restatements=told)


@ROUTER.get("/companies/{cik}/insiders")
def insiders(opened: Opened, cik: Cik, as_of: AsOf = None, limit: _Most = 1000) -> Insiders:
    """Insiders' trades by their own reports, and what they bought and sold by quarter."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.insider_trades(name, at)
    quarters = rows(Quarter, opened.filings.insider_balance(name, at).to_dict("records"))
    trades = rows(Trade, found.head(limit).to_dict("records"))
    return Insiders(**_of(name, at), total=len(found), quarters=quarters, trades=trades)


@ROUTER.get("/companies/{cik}/holdings")
def holdings(opened: Opened, cik: Cik, quarter: _Day = None, as_of: AsOf = None) -> Holdings:
    """What a manager held at the end of a quarter by its 13F reports, beside the quarter before."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.holdings(name, None if quarter is None else to_ns(quarter), at)
    if quarter is not None and to_ns(quarter) != found.attrs["quarter"]:
        days = ", ".join(iso(one)[:10] for one in found.attrs["quarters"])
        raise HTTPException(404, f"no holdings of {quarter} were known; there are: {days or 'none'}")
    days = [iso(one) for one in found.attrs["quarters"]]
    told = rows(Holding, found.to_dict("records"))
    return Holdings(**_of(name, at), quarter=iso(found.attrs["quarter"]), quarters=days, holdings=told)


@ROUTER.get("/companies/{cik}/factors")
def scores(opened: Opened, cik: Cik, as_of: AsOf = None) -> Scores:
    """Every factor's value at a time, or why it has none."""
    name, at = known(opened, cik), at_time(as_of)
    defined = {one.key: one for one in opened.filings.factors()}
    told = [
        row(Standing, one, components=numbers(one["components"]), formula=defined[one["key"]].formula,
            reference=defined[one["key"]].reference)
        for one in opened.filings.scores(name, at).to_dict("records")
    ]  # fmt: skip
    used = [one.key for one in told if one.value is not None]
    return Scores(**_of(name, at), notice=_notice(opened, used), scores=told)


@ROUTER.get("/companies/{cik}/factors/{key}")
def factor(opened: Opened, cik: Cik, key: str, as_of: AsOf = None) -> FactorHistory:
    """One factor's history: each value made of nothing but what was known at its `ts_init`."""
    name, at = known(opened, cik), at_time(as_of)
    one = next((each for each in opened.filings.factors() if each.key == key), None)
    if one is None:
        raise HTTPException(404, f"there is no factor {key!r}: GET /api/v1/edgar/factors lists them")
    found = opened.filings.factor(name, key, at).to_dict("records")
    told = [row(Score, each, components=numbers({part: each[part] for part in one.components})) for each in found]
    return FactorHistory(
        **_of(name, at), notice=_notice(opened, [key] if found else []), key=key, title=one.title, units=one.units,
        formula=one.formula, reference=one.reference, history=told,
    )  # fmt: skip


def _of(cik: str, at: int) -> dict[str, str | None]:
    return {"as_of": iso(at), "cik": cik}


def _checked(frequency: str) -> str:
    if frequency not in ("annual", "quarterly", "ttm"):
        raise ValueError(f"facts are annual, quarterly or ttm, not {frequency!r}")
    return frequency


def _notice(opened: Any, keys: Iterable[str]) -> str | None:
    return opened.macro.notice if opened.filings.uses_fred(keys) else None
