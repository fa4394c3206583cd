"""Filings: amounts and states in words, who a company is, what a search found, which companies are kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

import pandas as pd

from app.views import table
from app.views.macro import age
from app.views.macro_days import NOT_KNOWN, date
from app.views.macro_sheet import Cell, Chip, Column, Row, Section

FOUND = (
    Column("name", "Company", is_head=True, is_long=True),
    Column("tickers", "Tickers", is_main=True),
    Column("cik", "CIK"),
    Column("why", "Found by"),
)
KEPT = (
    Column("name", "Companies kept up to date: a click shows one", is_head=True, is_long=True),
    Column("cik", "CIK", is_main=True),
    Column("filings", "Filings", is_number=True),
    Column("newest", "Newest filing"),
    Column("state", "State", is_long=True),
)
FIGURES = (
    Column("title", "Key figures", is_head=True, is_long=True),
    Column("value", "Value", is_number=True, is_main=True),
    Column("before", "A year before", is_number=True),
    Column("change", "Change", is_number=True),
    Column("period", "Of"),
    Column("known", "Known since"),
    Column("filing", "Filing"),
)
EDGAR = "https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&CIK="
_STATES = {
    "data": ("", ""), "loading": ("loading", "muted"), "refused": ("refused", "bad"), "empty": ("empty", "muted"),
    "not asked": ("not asked", "muted"), "unavailable": ("unavailable", "warn"),
}  # fmt: skip
_SCALES = ((10**12, "trn"), (10**9, "bn"), (10**6, "m"), (10**3, "k"))
_WORDS = {
    "filings": "filings", "facts": "facts of statements", "insider_trades": "reports of insiders",
    "holdings": "13F reports",
}  # fmt: skip


def short(value: Decimal | float | None, unit: str = "") -> str:
    """`416.2 bn USD`, `7.90 USD a share`: three or four figures that matter; the exact one is shown to the mouse."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NOT_KNOWN
    exact = Decimal(str(value))
    if unit.endswith("/shares"):
        return f"{table.number(exact, 2)} {unit.removesuffix('/shares')} a share"
    size, name = next(((size, name) for size, name in _SCALES if abs(exact) >= size), (1, ""))
    scaled = exact / size
    decimals = 0 if size == 1 and exact == exact.to_integral_value() else max(0, 3 - len(str(int(abs(scaled)))))
    return " ".join(filter(None, (table.number(scaled, decimals), name, unit)))


def exact(value: Decimal | None, unit: str = "") -> str:
    """All digits, for the mouse."""
    return NOT_KNOWN if value is None else f"{table.number(value)} {unit}".strip()


def change(value: Decimal | None, before: Decimal | None) -> Cell:
    """In percent of what was before; nothing where that was not positive."""
    if value is None or before is None or before <= 0:
        return Cell()
    share = float(value / before - 1)
    return Cell(f"{table.number(share * 100, 1, is_signed=True)} %", tone=tone(share))


def tone(change: float) -> str:
    return "up" if change > 0 else "down" if change < 0 else ""


def known_since(ns: int, at: int, zone: str) -> Cell:
    """A day, how long ago, and to the mouse the moment."""
    return Cell(table.day(ns, zone), age(ns, at), title=f"{table.when(ns, zone)} {zone}") if ns else Cell()


def filing_link(cik: str, accession: str, form: str = "") -> Cell:
    """To all documents of a filing."""
    if not accession:
        return Cell(form)
    folder = accession.replace("-", "")
    address = f"https://www.sec.gov/Archives/edgar/data/{int(cik)}/{folder}/{accession}-index.htm"
    return Cell(form or accession, accession if form else "", link=address, title="opens at sec.gov")


def found(hits: Sequence[Any], count: int) -> Section:
    """What a search found; the key is the CIK."""
    rows = tuple(
        Row(
            (
                Cell(hit.company.name, _formerly(hit)),
                Cell(", ".join(hit.company.tickers[:4])),
                Cell(hit.company.cik),
                Cell(hit.why, ", ".join(dict.fromkeys(filter(None, hit.company.exchanges[:2])))),
            ),
            key=hit.company.cik,
        )
        for hit in hits
    )
    return Section("", rows, "", f"None of {count:,} companies is like it. A CIK of ten digits finds any registrant.")


def kept(frame: pd.DataFrame, at: int, zone: str) -> Section:
    """One row a company; the key is the CIK."""
    rows = tuple(_kept(row, at, zone) for row in frame.to_dict("records"))
    return Section("", rows, "", "None yet: search for a company above, and keep it.")


def figures(frame: pd.DataFrame, cik: str, at: int, zone: str, empty: str) -> Section:
    """What a company is first judged by, as known at a time."""
    rows = tuple(_figure(row, cik, at, zone) for row in frame.to_dict("records"))
    return Section("", rows, "", empty)


def head(card: Any) -> str:
    """Name, tickers and CIK, as HTML."""
    told = card.told
    name = told["name"] or f"CIK {card.cik}"
    tickers = "".join(f"<b>{escape(ticker)}</b>" for ticker in told["tickers"][:6])
    exchanges = " · ".join(dict.fromkeys(filter(None, told["exchanges"])))
    parts = [f"CIK {card.cik}", exchanges, told["industry"]]
    return f"<h2>{escape(name)} {tickers}</h2><p>{escape(' · '.join(filter(None, parts)))}</p>"


def card(card: Any, at: int, zone: str) -> str:
    """Who it is and what it filed last, as HTML; links open at sec.gov in a tab of their own."""
    told, due = card.told, card.due
    sic = " ".join(filter(None, (told["sic"], told["industry"])))
    year_end = told["fiscal_year_end"]
    parts = [
        ("CIK", _link(f"{EDGAR}{card.cik}", card.cik)),
        ("Tickers", escape(", ".join(told["tickers"])) or NOT_KNOWN),
        ("SIC", escape(sic) or NOT_KNOWN),
        ("Fiscal year ends", escape(f"{year_end[:2]}-{year_end[2:]}" if len(year_end) == 4 else "") or NOT_KNOWN),
        ("Incorporated in", escape(told["state"]) or NOT_KNOWN),
        ("Filer", escape(told["category"]) or NOT_KNOWN),
        ("Last yearly report", _filed(card.annual, at)),
        ("Last quarterly report", _filed(card.quarterly, at)),
        ("Due next", _due(due, at)),
        ("Formerly", escape(", ".join(told["former_names"][:3]))),
    ]
    told_rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in parts if value)
    return f"<dl>{told_rows}</dl>"


def say_nothing(kind: str, states: Mapping[str, tuple[str, str]], day: str) -> str:
    """Why there are no rows of a dataset."""
    state, note = states.get(kind, ("not asked", ""))
    what = _WORDS[kind]
    return {
        "loading": f"The {what} are being asked for.",
        "unavailable": f"SEC EDGAR can’t be asked: {note}",
        "refused": f"SEC EDGAR refused the {what}: {note}",
        "empty": f"SEC EDGAR has no {what} of it.",
        "data": f"No {what} were known on {day}." if day else f"There are no {what} of this kind.",
    }.get(state, f"The {what} were not asked for yet: keep the company, or press Ask now.")


def say_states(states: Mapping[str, tuple[str, str]], rows: Mapping[str, int]) -> str:
    """`1,005 filings · facts of statements: loading · …`"""
    parts = []
    for kind, what in _WORDS.items():
        state, _ = states.get(kind, ("not asked", ""))
        if kind == "holdings" and state in ("not asked", "unavailable"):
            continue
        parts.append(f"{rows[kind]:,} {what}" + ("" if state == "data" else f": {state}"))
    return " · ".join(parts)


def state_cell(state: str, note: str) -> Cell:
    word, mood = _STATES.get(state, (state, ""))
    if state == "data" and note:
        return Cell("last request failed", note[:70], "warn", note)
    return Cell(word, note[:70], mood, note)


def chips_of(words: Iterable[tuple[str, str, str]]) -> tuple[Chip, ...]:
    """Of text, tone and title."""
    return tuple(Chip(text, tone, title) for text, tone, title in words if text)


def _kept(row: Mapping[str, Any], at: int, zone: str) -> Row:
    newest = row["newest"]
    filed = Cell(newest["form"], f"{date(newest['filed'])}") if isinstance(newest, Mapping) else Cell()
    name = row["name"] or row["cik"]
    cells = (
        Cell(name, ", ".join(row["tickers"][:4])),
        Cell(row["cik"]),
        Cell(f"{row['filings']:,}" if row["filings"] else ""),
        filed,
        state_cell(row["state"], row["note"]),
    )
    return Row(cells, row["cik"], "" if row["filings"] else "faint")


def _figure(row: Mapping[str, Any], cik: str, at: int, zone: str) -> Row:
    marks = chips_of([("restated", "warn", "it was another value before")] if row["is_restated"] else [])
    length = "12 months to " if row["ts_start"] else ""
    return Row(
        (
            Cell(row["title"], chips=marks),
            Cell(short(row["value"], row["unit"]), title=exact(row["value"], row["unit"])),
            Cell(short(row["year_before"], row["unit"]), title=exact(row["year_before"], row["unit"])),
            change(row["value"], row["year_before"]),
            Cell(f"{length}{date(row['ts_event'])}", "computed" if row["is_derived"] else ""),
            known_since(row["ts_init"], at, zone),
            filing_link(cik, row["accession"], row["form"]),
        )
    )


def _filed(filing: Mapping[str, Any] | None, at: int) -> str:
    if filing is None:
        return NOT_KNOWN
    address = filing["link"] or filing["index"]
    of = f", of {date(filing['report_date'])}" if filing["report_date"] else ""
    return f"{_link(address, filing['form'])} filed {date(filing['filed'])}{of}, {age(filing['ts_init'], at)}"


def _due(due: Any, at: int) -> str:
    if not due.ts_due:
        return NOT_KNOWN
    late = " · that day is past" if due.ts_due < at else ""
    return (
        f"{due.form} of the period to about {date(due.ts_event)} by {date(due.ts_due)}"
        f" ({due.days} days by its kind of filer){late}"
    )


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def _formerly(hit: Any) -> str:
    names = [name for name in hit.company.former_names if name.casefold() != hit.company.name.casefold()]
    return f"formerly {', '.join(names[:2])}" if names else ""
