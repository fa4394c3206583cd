"""REST of one company, as it was known at a time: its filings, insiders, holdings and scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import AsOf, Cik, DayText, FromDay, Key, ToDay, at_time, like, span_of
from app.server.columns import as_model, as_rows, day, text
from app.server.companies_answers import (
    Company,
    Due,
    FilingRow,
    FormRow,
    HeldOnRow,
    HoldingRow,
    QuarterRow,
    Report,
    ScoreRow,
    StandingRow,
    TradeRow,
)
from app.server.filings import known
from app.server.filings_answers import DatasetRow
from app.server.rows import LongPaged, Paged, table
from app.server.shown import headers, shown
from nautilus_data import to_ns

ROUTER = APIRouter(prefix="/api/v1/edgar", tags=["edgar"])
_Form = Annotated[str, *like("[A-Za-z0-9 /.-]+", "a form", 20)]
_Forms = Annotated[list[_Form] | None, Query(max_length=50, description="several; their corrections are taken in")]
_Text = Annotated[
    str, *like(r"[^\x00-\x1f\x7f-\x9f]*", "words to look for", 100, 0), Query(description="words in what is said of it")
]
_Quarter = Annotated[DayText | None, Query(description="the last day of a quarter; default: the newest known")]
_COUNTED = headers("As-Of", "Total-Count")
_NOTED = headers("As-Of", "Notice")


@ROUTER.get("/companies/{cik}")
def company(opened: Opened, cik: Cik, as_of: AsOf = None) -> Company:
    """Who a company is, its last reports, and the one to come."""
    name, at = known(opened, cik), at_time(as_of)
    card = opened.filings.company(name, at)
    reports = {kind: _report(getattr(card, kind)) for kind in ("annual", "quarterly", "newest")}
    return as_model(
        card.told, Company, as_of=text(at), cik=name, instrument_id=card.instrument_id, rows=dict(card.rows),
        due=_due(card.due), is_manager=card.is_manager, is_kept=card.is_kept,
        refusal=opened.filings.refusal() or None, **reports,
    )  # fmt: skip


@table(ROUTER, "/companies/{cik}/datasets", DatasetRow)
def datasets(opened: Opened, page: Paged, cik: Cik) -> Any:
    """How each dataset of a company stands here."""
    states = opened.filings.state(known(opened, cik))["states"]
    found = [{"dataset": kind, "state": state, "note": note} for kind, (state, note) in states.items()]
    return page.rows(as_rows(found, DatasetRow), DatasetRow, ["dataset"])


@table(ROUTER, "/ticker/{cik}/filings", FilingRow, headers=_COUNTED)
@table(ROUTER, "/companies/{cik}/filings", FilingRow, headers=_COUNTED)
def filings(
    opened: Opened, page: LongPaged, cik: Cik, form: _Forms = None, text: _Text = "", start: FromDay = None,
    end: ToDay = None, as_of: AsOf = None,
) -> Any:  # fmt: skip
    """Its filings, the newest first: of some forms, of a span of days, or with words in them."""
    name, at = known(opened, cik), at_time(as_of)
    forms = [one.strip().upper() for one in form or ()]
    found = opened.filings.filings(name, forms, span_of(start, end), text, at)
    answer = page.rows(as_rows(found, FilingRow), FilingRow, ["accession"])
    return shown(answer, as_of=at, total_count=len(found))


@table(ROUTER, "/companies/{cik}/forms", FormRow, headers=headers("As-Of"))
def forms(opened: Opened, page: Paged, cik: Cik, as_of: AsOf = None) -> Any:
    """How many filings there are of each form, most first."""
    name, at = known(opened, cik), at_time(as_of)
    found = [{"form": form, "filings": count} for form, count in opened.filings.forms(name, at).items()]
    return shown(page.rows(as_rows(found, FormRow), FormRow, ["form"]), as_of=at)


@table(ROUTER, "/companies/{cik}/insiders", TradeRow, headers=_COUNTED)
def insiders(opened: Opened, page: LongPaged, cik: Cik, as_of: AsOf = None) -> Any:
    """Insiders' trades by their own reports, the newest first."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.insider_trades(name, at)
    answer = page.rows(as_rows(found, TradeRow), TradeRow, ["accession", "sequence"])
    return shown(answer, as_of=at, total_count=len(found))


@table(ROUTER, "/companies/{cik}/insiders/quarters", QuarterRow, headers=headers("As-Of"))
def insider_quarters(opened: Opened, page: Paged, cik: Cik, as_of: AsOf = None) -> Any:
    """What insiders bought and sold in the open market, by quarter."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.insider_balance(name, at)
    return shown(page.rows(as_rows(found, QuarterRow), QuarterRow, ["quarter"]), as_of=at)


@table(ROUTER, "/companies/{cik}/holdings", HoldingRow, headers=headers("As-Of", "Day"))
def holdings(opened: Opened, page: LongPaged, cik: Cik, quarter: _Quarter = None, as_of: AsOf = None) -> Any:
    """What a manager held at the end of a quarter by its 13F reports, beside the quarter before; the largest first."""
    name, at = known(opened, cik), at_time(as_of)
    found = opened.filings.holdings(name, None if quarter is None else to_ns(quarter), at)
    end, ends = found.attrs["quarter"], found.attrs["quarters"]
    if quarter is not None and to_ns(quarter) != end:
        there = ", ".join(str(day(one)) for one in ends)
        raise HTTPException(404, f"no holdings of {quarter} were known; there are: {there or 'none'}")
    answer = page.rows(as_rows(found, HoldingRow), HoldingRow, ["cusip", "put_call", "amount_type"])
    return shown(answer, as_of=at, day=day(end))


@table(ROUTER, "/companies/{cik}/holdings/quarters", HeldOnRow, headers=headers("As-Of"))
def held_on(opened: Opened, page: Paged, cik: Cik, as_of: AsOf = None) -> Any:
    """Ends of the quarters a manager's holdings are known of, the newest first."""
    name, at = known(opened, cik), at_time(as_of)
    found = [{"quarter": one} for one in opened.filings.holdings(name, None, at).attrs["quarters"]]
    return shown(page.rows(as_rows(found, HeldOnRow), HeldOnRow, ["quarter"]), as_of=at)


@table(ROUTER, "/companies/{cik}/factors", StandingRow, headers=_NOTED)
def scores(opened: Opened, page: Paged, cik: Cik, as_of: AsOf = None) -> Any:
    """Every factor's value at a time, or why it has none."""
    name, at = known(opened, cik), at_time(as_of)
    defined = {one.key: one for one in opened.filings.factors()}
    found = opened.filings.scores(name, at)
    told = found.assign(
        components=[_numbers(one) for one in found["components"]],
        formula=[defined[key].formula for key in found["key"]],
        reference=[defined[key].reference for key in found["key"]],
    )
    answer = page.rows(as_rows(told, StandingRow), StandingRow, ["key"])
    return _noted(opened, answer, at, found.loc[found["value"].notna(), "key"])


@table(ROUTER, "/companies/{cik}/factors/{key}", ScoreRow, headers=_NOTED)
def factor(opened: Opened, page: LongPaged, cik: Cik, key: Key, as_of: AsOf = None) -> Any:
    """One factor's history in the order it became known: each value made of nothing but what was known then."""
    name, at = known(opened, cik), at_time(as_of)
    one = next((each for each in opened.filings.factors() if each.key == key), None)
    if one is None:
        raise HTTPException(404, f"there is no factor {key!r}: GET /api/v1/edgar/factors lists them")
    found = opened.filings.factor(name, key, at)
    parts = [_numbers({part: row[part] for part in one.components}) for row in found.to_dict("records")]
    rows = as_rows(found.assign(components=parts), ScoreRow)
    return _noted(opened, page.rows(rows, ScoreRow, ["ts_init", "ts_event"]), at, [key] if len(found) else [])


def _due(due: Any) -> Due | None:
    if not due.ts_due:
        return None
    return Due(form=due.form, report_date=day(due.ts_event), ts_due=text(due.ts_due))


def _report(found: Mapping[str, Any] | None) -> Report | None:
    return None if found is None else as_model({**found, "report_date": day(found["report_date"])}, Report)


def _numbers(found: Mapping[str, float]) -> dict[str, float | None]:
    """Parts by name; NaN is null."""
    return {name: None if value is None or value != value else float(value) for name, value in found.items()}


def _noted(opened: Any, answer: Response, at: int, keys: Iterable[str]) -> Response:
    return shown(answer, as_of=at, notice=opened.macro.notice if opened.filings.uses_fred(keys) else "")
