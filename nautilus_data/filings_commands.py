"""Commands about companies that file with the SEC: found, kept, and what was known of one at a time."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from nautilus_data.commands import OUT, follow_all, open_store, show
from nautilus_data.core.timerange import to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.filings_tables import (
    card_records,
    day,
    readable,
    records,
    tell,
    tell_card,
    tell_definitions,
    tell_statement,
)
from nautilus_data.macro_tables import tell_notice
from nautilus_data.permissions import Permitted
from nautilus_data.services.filings import Filings

filings = typer.Typer(help="Companies that file with the SEC, as they were known at a time.", no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help="print JSON and nothing else")]
_AsOf = Annotated[str | None, typer.Option("--as-of", help="what was known then: 2023-11-10 or 2023-11-10T14:30Z")]
_Company = Annotated[str, typer.Argument(metavar="COMPANY", help="a ticker, a CIK with zeros or without, or a name")]
_Last = Annotated[int, typer.Option(min=0, help="this many of the newest; 0: all")]
_Output = Annotated[Path | None, typer.Option(help="write all of it to this CSV file")]
_Frequency = Annotated[str, typer.Option(help="annual, quarterly or ttm")]
_LISTED = ("filed", "form", "report_date", "items", "description", "ts_init", "accession")
_FACTS = ("ts_start", "ts_event", "value", "unit", "form", "ts_init", "is_restated", "is_derived", "accession")
_FIGURES = ("key", "title", "value", "unit", "year_before", "ts_event", "ts_init")
_TRADES = ("ts_event", "insider", "role", "code", "shares", "price", "held_after", "is_planned", "ts_init")
_HELD = ("issuer", "title", "put_call", "amount", "change", "value", "weight")
_FED = ("form", "company", "cik", "items", "filed", "accession")
# A reason of several parts; all of it is in the JSON.
_MOST_LETTERS = 90
_SCORED = ("key", "title", "value", "units", "ts_event", "ts_init", "reason")


@filings.command()
def search(text: str, limit: Annotated[int, typer.Option(min=1, max=100)] = 20, as_json: _Json = False) -> None:
    """Companies a ticker, a CIK or a name may mean, also typed wrong; 1 when there is none."""
    with closing(open_store()) as workspace:
        _have_list(workspace)
        hits = workspace.filings.search(text, limit)
    columns = ["cik", "name", "tickers", "exchanges", "why"]
    rows = [(one.company.cik, one.company.name, list(one.company.tickers), list(one.company.exchanges), one.why)
            for one in hits]  # fmt: skip
    found = pd.DataFrame(rows, columns=columns)
    show(found if as_json else readable(found), as_json)
    raise typer.Exit(0 if len(found) else 1)


@filings.command("show")
def show_company(company: _Company, as_of: _AsOf = None, as_json: _Json = False) -> None:
    """Who a company is, its last reports, the one to come, and its key figures."""
    service, cik = _found(company)
    card, figures = service.company(cik, _time(as_of)), service.figures(cik, _time(as_of))
    if as_json:
        typer.echo(json.dumps({"company": card_records(card), "figures": records(figures)}))
        return
    tell_card(card)
    tell(figures, _FIGURES, False)
    _tell_what_lacks(service, cik)


@filings.command("list")
def list_filings(
    company: Annotated[str, typer.Argument(metavar="[COMPANY]", help="none: the companies kept up to date")] = "",
    form: Annotated[list[str] | None, typer.Option(help="10-K, 8-K, 4, …; repeatable")] = None,
    text: Annotated[str, typer.Option(help="words in its description, items or accession")] = "",
    as_of: _AsOf = None,
    last: _Last = 20,
    output: _Output = None,
    as_json: _Json = False,
) -> None:
    """A company's filings, the newest first; without a company, those that are kept and how each stands."""
    if not company:
        _list_kept(open_store().filings, _time(as_of), as_json)
        return
    service, cik = _found(company)
    found = service.filings(cik, [one.upper() for one in form or ()], None, text, _time(as_of))
    tell(found, _LISTED, as_json, last, output)
    if not as_json and found.empty:
        _tell_what_lacks(service, cik)


@filings.command()
def statement(
    company: _Company,
    kind: Annotated[str, typer.Argument(help="income, balance or cash_flow")] = "income",
    frequency: _Frequency = "annual",
    as_of: _AsOf = None,
    last: Annotated[int, typer.Option(min=0, help="so many of the newest periods; 0: all")] = 5,
    output: _Output = None,
    as_json: _Json = False,
) -> None:
    """A statement over time as it was known, restated and computed values marked."""
    service, cik = _found(company)
    found = service.statement(cik, kind, frequency, _time(as_of))
    if as_json or output is not None:
        tell(found.frame, found.frame.columns, as_json, 0, output)
        return
    tell_statement(found, last)
    if found.frame.empty:
        _tell_what_lacks(service, cik)


@filings.command()
def facts(
    company: _Company,
    concept: Annotated[str, typer.Argument(help="revenue, or us-gaap:Revenues; none: key figures")] = "",
    frequency: _Frequency = "quarterly",
    as_of: _AsOf = None,
    last: _Last = 20,
    output: _Output = None,
    as_json: _Json = False,
) -> None:
    """One concept or tag over time, the newest first; without one key figures, whose keys may be asked for."""
    service, cik = _found(company)
    if not concept:
        tell(service.figures(cik, _time(as_of)), _FIGURES, as_json, 0, output)
        return
    found = service.fact(cik, concept, frequency, _time(as_of))
    tell(found.iloc[::-1], _FACTS, as_json, last, output)


@filings.command()
def insiders(
    company: _Company, as_of: _AsOf = None, last: _Last = 20, output: _Output = None, as_json: _Json = False
) -> None:
    """Insiders' trades by their own reports, the newest first."""
    service, cik = _found(company)
    tell(service.insider_trades(cik, _time(as_of)), _TRADES, as_json, last, output)


@filings.command()
def holdings(
    company: _Company,
    quarter: Annotated[str | None, typer.Option(help="its last day, as 2024-03-31; default: the newest known")] = None,
    as_of: _AsOf = None,
    last: _Last = 20,
    output: _Output = None,
    as_json: _Json = False,
) -> None:
    """What a manager held at the end of a quarter, the largest first, by its 13F reports."""
    service, cik = _found(company)
    found = service.holdings(cik, None if quarter is None else to_ns(quarter), _time(as_of))
    if quarter is not None and found.attrs["quarter"] != to_ns(quarter):
        days = ", ".join(map(day, found.attrs["quarters"])) or "none"
        raise SkippableError(f"no holdings of {quarter} were known; there are: {days}")
    if not as_json and found.attrs["quarter"]:
        OUT.print(f"held on {day(found.attrs['quarter'])}")
    tell(found, _HELD, as_json, last, output)


@filings.command()
def factors(
    company: Annotated[str, typer.Argument(metavar="[COMPANY]", help="none: every factor's definition")] = "",
    as_of: _AsOf = None,
    as_json: _Json = False,
) -> None:
    """Every factor of a company at a time, or why it has none; without a company, how each is made."""
    if not company:
        tell_definitions(open_store().filings.factors(), as_json)
        return
    service, cik = _found(company)
    found = service.scores(cik, _time(as_of))
    tell(found if as_json else found.assign(reason=found["reason"].map(_short)), _SCORED, as_json)
    if not as_json and service.uses_fred(found.loc[found["value"].notna(), "key"]):
        tell_notice(["fred"])


@filings.command()
def add(company: _Company) -> None:
    """Keep a company up to date from now on; the worker asks for it."""
    with closing(open_store()) as workspace:
        service = workspace.filings
        if not service.refusal():
            _have_list(workspace)
        cik = service.add(_resolved(service, company))
        what = _cannot(service) or f"Have it now: python -m nautilus_data filings update {cik}"
    OUT.print(f"{cik} is kept. {what}")


@filings.command()
def remove(company: _Company) -> None:
    """Keep a company up to date no longer; what is stored stays."""
    service = open_store().filings
    cik = _resolved(service, company)
    if cik not in service.kept():
        raise SkippableError(f"{cik} is not kept up to date: filings list shows what is")
    service.remove(cik)
    OUT.print(f"{cik} is kept up to date no longer; what is stored stays")


@filings.command()
def update(
    companies: Annotated[list[str] | None, typer.Argument(metavar="[COMPANY]...", help="none: all kept")] = None,
    as_json: _Json = False,
) -> None:
    """Ask EDGAR for what companies lack, and follow it to the end; 0 when all of it came."""
    workspace = open_store()
    if reason := _cannot(workspace.filings):
        raise SkippableError(reason)
    if companies:
        _have_list(workspace)
    names = [workspace.filings.resolve(one) for one in companies or ()] or workspace.filings.kept()
    if not names:
        raise SkippableError("no company is kept: name one, or keep one with filings add COMPANY")
    raise typer.Exit(follow_all(workspace, workspace.filings.update(names), as_json))


@filings.command()
def feed(
    form: Annotated[str, typer.Option(help="one form's only, as 8-K")] = "",
    last: Annotated[int, typer.Option(min=1, max=100)] = 20,
    as_json: _Json = False,
) -> None:
    """The newest filings of all companies; 1 when there is none."""
    with closing(open_store()) as workspace:
        found = workspace.filings.feed(form.strip().upper()).head(last)
    tell(found, _FED, as_json)
    raise typer.Exit(0 if len(found) else 1)


def _have_list(workspace: Permitted) -> None:
    """The list of companies is asked for once, where none is kept and it can be had."""
    service = workspace.filings
    if not service.companies():
        if reason := _cannot(service):
            raise SkippableError(f"no list of companies is kept yet: {reason}")
        service.refresh_companies()


def _found(company: str) -> tuple[Filings, str]:
    """The service, and the CIK a text means."""
    service = open_store().filings
    return service, _resolved(service, company)


def _resolved(service: Filings, company: str) -> str:
    try:
        return service.resolve(company)
    except SkippableError as error:
        if service.companies():
            raise
        reason = _cannot(service) or "python -m nautilus_data filings search NAME asks for it"
        raise SkippableError(f"{error}. No list of companies is kept yet: {reason}") from None


def _cannot(service: Filings) -> str:
    reason = service.refusal()
    return f"SEC EDGAR can't be asked: {reason}" if reason else ""


def _list_kept(service: Filings, as_of: int | None, as_json: bool) -> None:
    found = service.standing(as_of)
    if found.empty:
        show(found, True) if as_json else OUT.print(f"no company is kept: filings add COMPANY. {_cannot(service)}")
        return
    newest = found["newest"].map(lambda one: "" if one is None else f"{one['form']}, {day(one['filed'])}")
    found = found.drop(columns=["newest", "states", "is_kept"]).assign(newest=newest)
    show(found if as_json else readable(found), as_json)


def _tell_what_lacks(service: Filings, cik: str) -> None:
    """Of each dataset nothing is known of, why, and what to do."""
    lacking = {kind: note or state for kind, (state, note) in service.state(cik)["states"].items() if state != "data"}
    for note in dict.fromkeys(lacking.values()):
        kinds = ", ".join(kind.replace("_", " ") for kind, why in lacking.items() if why == note)
        OUT.print(f"not here: {kinds} ({note})", highlight=False)
    if lacking and not service.refusal():
        OUT.print(f"ask for it: python -m nautilus_data filings update {cik}", highlight=False)


def _short(reason: str) -> str:
    return reason if len(reason) <= _MOST_LETTERS else f"{reason[:_MOST_LETTERS]}…"


def _time(as_of: str | None) -> int | None:
    return None if as_of is None else to_ns(as_of)
