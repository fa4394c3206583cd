"""Company: statements, factors, filings and insiders' trades of one company, as they were known at one time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.reports.document import Document, Fact, Facts, Figure, Part, Rows, Section, Strip, Words
from app.views import company_report, filings_insiders, macro_plots, table
from app.views.filings_statement import KINDS
from app.views.macro_days import date
from app.views.table import Context
from nautilus_data import Workspace, errors

TITLE = "Company"
DRAWN = {"revenue": "ttm", "net_income": "ttm", "free_cash_flow": "ttm", "eps_diluted": "ttm"}
FACTORS_DRAWN = ("gross_profitability", "asset_growth", "accruals", "f_score", "net_share_issuance")
_YEARS, _QUARTERS, _ROWS = 5, 8, 25
_TO_DO = (
    "To have one: set EDGAR_USER_AGENT to who asks, with an e-mail address; then python -m nautilus_data filings add"
    " AAPL, and python -m nautilus_data filings update"
)
_HOW = (
    f"{company_report.RESTATED} restated: it was another value before · {company_report.COMPUTED} computed of what was"
    " filed, as a fourth quarter of the year less nine months · nothing filed after this report's time is in it."
)


@dataclass(frozen=True)
class _Held:
    """What was known, read once; the report is made of nothing else."""

    at: int
    card: Any
    figures: pd.DataFrame
    statements: dict[tuple[str, str], Any]
    lines: dict[str, pd.DataFrame]
    restatements: pd.DataFrame
    scores: pd.DataFrame
    histories: dict[str, pd.DataFrame]
    filings: pd.DataFrame
    trades: pd.DataFrame
    balance: pd.DataFrame
    holdings: pd.DataFrame
    factors: dict[str, Any]
    states: dict[str, tuple[str, str]]
    refusal: str
    notice: str

    @property
    def name(self) -> str:
        return self.card.told["name"] or f"CIK {self.card.cik}"

    @property
    def is_empty(self) -> bool:
        return not any(self.card.rows.values())


def wanted(workspace: Workspace, names: list[str]) -> dict[str, str]:
    """The CIKs of the companies named, or of those kept, by what their files are to be called by.

    None of a name that can't be looked up because no list of companies is kept; SkippableError for one it has not.
    """
    service = workspace.filings
    found = {}
    for name in names:
        try:
            found[name.upper()] = service.resolve(name)
        except errors.SkippableError:
            if service.companies():
                raise
    for cik in () if names else service.kept():
        tickers = service.company(cik).told["tickers"]
        found[tickers[0] if tickers else cik] = cik
    return found


def make(workspace: Workspace, cik: str, as_of: int | None = None, zone: str = "UTC") -> Document:
    """The report of what was known of a company at a time (ns); None: now."""
    held = _read(workspace, cik, time.time_ns() if as_of is None else min(as_of, time.time_ns()))
    context = Context(now=held.at, zone=zone)
    body = () if held.is_empty else (
        Section("key-figures", "Key figures", _figures(held, context)),
        *_statements(held, context),
        *_charts(held, context),
        Section("factors", "Factors", _factors(held, context)),
        Section("filings", "Filings", _filings(held, context)),
        Section("insiders", "Insiders", _insiders(held, context)),
        *_holdings(held, context),
    )  # fmt: skip
    sections = (
        Section("summary", "Summary", _summary(held, context)), *body,
        Section("about", "About this report", _about(held, context, as_of is not None)),
    )  # fmt: skip
    return Document(held.name, f"As known at {table.when(held.at, zone)} {zone}", "", sections)


def nothing(workspace: Workspace, names: list[str]) -> Document:
    """The page when no company is kept, or none can be looked up: what lacks, and what to do."""
    refusal = workspace.filings.refusal()
    what = f"Of {', '.join(names)} nothing is known: no list of companies is kept." if names else "No company is kept."
    parts = [Words(f"{what} {_TO_DO}.", "empty")]
    if refusal:
        parts.append(Words(f"SEC EDGAR can't be asked: {refusal}", "warn"))
    defined = Section("factors", "Factors there would be", (Facts(_defined(workspace.filings.factors())),))
    return Document(TITLE, "Nothing to report", "", (Section("summary", "Summary", tuple(parts)), defined))


def _read(workspace: Workspace, cik: str, at: int) -> _Held:
    service = workspace.filings
    card, scores = service.company(cik, at), service.scores(cik, at)
    there = set(scores.loc[scores["value"].notna(), "key"])
    asked = [(kind, "annual") for kind in KINDS] + [("income", "quarterly")]
    trades = service.insider_trades(cik, at)
    return _Held(
        at=at, card=card, figures=service.figures(cik, at),
        statements={(kind, often): service.statement(cik, kind, often, at) for kind, often in asked},
        lines={key: service.fact(cik, key, often, at) for key, often in DRAWN.items()},
        restatements=service.restatements(cik, at), scores=scores,
        histories={key: service.factor(cik, key, at) for key in FACTORS_DRAWN if key in there},
        filings=service.filings(cik, as_of=at), trades=trades, balance=service.insider_balance(cik, at),
        holdings=service.holdings(cik, as_of=at), factors={one.key: one for one in service.factors()},
        states=service.state(cik)["states"], refusal=service.refusal(),
        notice=workspace.macro.notice if service.uses_fred(there) else "",
    )  # fmt: skip


def _summary(held: _Held, context: Context) -> tuple[Part, ...]:
    told, card, due = held.card.told, held.card, held.card.due
    facts = (
        Fact("CIK", card.cik, ", ".join(told["tickers"])),
        Fact("Last annual report", *_report(card.annual)),
        Fact("Last quarterly report", *_report(card.quarterly)),
        Fact("Due next", due.form or table.UNKNOWN, f"by {date(due.ts_due)}" if due.ts_due else ""),
        Fact("Filings known", f"{card.rows['filings']:,}", f"{card.rows['facts']:,} facts"),
    )
    words = []
    if held.is_empty:
        lacks = "; ".join(dict.fromkeys(note or state for state, note in held.states.values()))
        words.append(Words(f"Nothing was known of {held.name} then. {lacks}. {_TO_DO}.", "empty"))
    if held.refusal:
        words.append(Words(f"SEC EDGAR can't be asked: {held.refusal}", "warn"))
    return Strip(facts), *words


def _figures(held: _Held, context: Context) -> tuple[Part, ...]:
    empty = "No value of its statements was known then."
    return (Rows(held.figures, company_report.FIGURES, context, "Of twelve months, or of the last day", empty),)


def _statements(held: _Held, context: Context) -> tuple[Section, ...]:
    """A table each, and what was restated."""
    sections = [Section("statements", "Statements", (Words(_HOW),))]
    for (kind, often), told in held.statements.items():
        frame, fields, words = company_report.statement_rows(told, _YEARS if often == "annual" else _QUARTERS)
        empty = f"No {often} {KINDS[kind].lower()} was known then."
        shown = Rows(frame, fields, context, f"{KINDS[kind]}, {often}, in {words}; shares in millions", empty)
        sections.append(Section(f"{kind}-{often}", f"{KINDS[kind]}, {often}", (shown,), level=3))
    real = held.restatements[held.restatements["reason"] == "restated"]
    shown = Rows(real, company_report.RESTATEMENTS, context, "Said differently than before", "Nothing was.", _ROWS)
    return (*sections, Section("restatements", "Restatements", (shown,), level=3))


def _charts(held: _Held, context: Context) -> tuple[Section, ...]:
    titles = dict(zip(held.figures["key"], held.figures["title"], strict=True))
    return tuple(
        _line(key, titles.get(key, key), frame, context) for key, frame in held.lines.items() if len(frame)
    ) + tuple(_history(key, frame, held, context) for key, frame in held.histories.items())


def _line(key: str, title: str, frame: pd.DataFrame, context: Context) -> Section:
    plot, last = company_report.fact_plot(frame), frame.iloc[-1]
    caption = (
        f"{title} of twelve months to each quarter's end, in {last['unit']}; restated values marked · last: of"
        f" {date(last['ts_event'])}, known since {table.when(last['ts_init'], context.zone)[:16]} {context.zone}"
    )
    return Section(f"chart-{key}", title, (Figure(plot, caption, plot.height),), level=3)


def _history(key: str, frame: pd.DataFrame, held: _Held, context: Context) -> Section:
    factor = held.factors[key]
    plot = macro_plots.history(frame, factor.units, levels=factor.levels)
    caption = f"{factor.formula} · in {factor.units}, at the time each value was known"
    return Section(f"chart-{key}", factor.title, (Figure(plot, caption, plot.height),), level=3)


def _factors(held: _Held, context: Context) -> tuple[Part, ...]:
    is_there = held.scores["value"].notna()
    return (
        Words("Direction: of the return studies found to follow a high value. Class: how well it is known when the"
              " inputs could be known, P0 (market) to P5 (current)."),
        Rows(held.scores[is_there], company_report.FACTORS, context, "Values", "No factor has what it needs."),
        Rows(held.scores[~is_there], company_report.LACKING, context, "Not computed", "Every factor has a value."),
        *((Words(held.notice),) if held.notice else ()),
    )  # fmt: skip


def _filings(held: _Held, context: Context) -> tuple[Part, ...]:
    return (Rows(held.filings, company_report.FILINGS, context, "Filings", "None was known then.", _ROWS),)


def _insiders(held: _Held, context: Context) -> tuple[Part, ...]:
    rows = Rows(held.trades, company_report.TRADES, context, "By their own reports", "None was known then.", _ROWS)
    return Words(filings_insiders.balance_words(held.balance)), rows


def _holdings(held: _Held, context: Context) -> tuple[Section, ...]:
    if held.holdings.empty:
        return ()
    caption = f"Held on {date(held.holdings.attrs['quarter'])}"
    rows = Rows(held.holdings.head(_ROWS), company_report.HOLDINGS, context, caption, "")
    return (Section("holdings", "Holdings by 13F", (rows,)),)


def _about(held: _Held, context: Context, is_past: bool) -> tuple[Part, ...]:
    at = f"{table.when(held.at, context.zone)} {context.zone}"
    rows = (
        ("As known at", f"{at}: {'as asked for' if is_past else 'when it was made'}"),
        ("Known since", "a filing is taken as known when the next session of New York's opens after its day"),
        ("Values from", "SEC EDGAR, from the company's own filings"),
        ("Name and tickers", "as told last, not as of that time"),
        ("Made by", f"python -m app.reports company --company {held.card.cik}"),
        ("Network", "none: the file holds all it shows and loads nothing"),
    )
    made = Words("How each factor is made, after whom, and what to mind:")
    return Facts(rows), made, Facts(_defined(list(held.factors.values())))


def _report(filing: Any) -> tuple[str, str]:
    if filing is None:
        return table.UNKNOWN, "none was known"
    return f"{filing['form']} of {date(filing['report_date'])}", f"filed {date(filing['filed'])}"


def _defined(factors: list[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((one.title, " · ".join(filter(None, (one.formula, one.reference, one.note)))) for one in factors)
