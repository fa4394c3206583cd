"""Twins of page filings; everything of the company and as known on the day chosen there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.layout.twins.twin import Twin, day, instant
from app.views import filings_statement
from app.views.rest_text import Asked, asked

_MOST = 1_000
_MOST_ROWS = 100_000
_NO_COMPANY = "No company is chosen: search for one above."


def _company(title: str, path: str, limit: int = _MOST_ROWS, **more: Callable[[Any], Any]) -> Twin:
    """A table of the company; `more` says what of the page is asked for."""

    def ask(page: Any) -> Asked | None:
        cik = page.company_id
        if not cik:
            return None
        chosen = {name: find(page) for name, find in more.items()}
        return asked(f"edgar/companies/{{}}/{path}", cik, **chosen, as_of=instant(page.as_of_ns), limit=limit)

    return Twin(title, ask, _NO_COMPANY)


def _versions(part: str) -> Twin:
    """Versions of the period that is chosen in a view."""

    def ask(page: Any) -> Asked | None:
        key = filings_statement.parse_key(page.parts[part].chosen)
        if key is None or not page.company_id:
            return None
        concept, start, end = key
        return asked(
            "edgar/companies/{}/facts/versions", page.company_id, concept=concept, start=day(start) if start else "",
            end=day(end), as_of=instant(page.as_of_ns), limit=_MOST,
        )  # fmt: skip

    return Twin("Versions", ask, "Choose a value: its versions are told.")


def _quarter(page: Any) -> str:
    chosen = page.parts["holdings"].chosen
    return day(chosen) if chosen else ""


def _factor(page: Any) -> Asked | None:
    if not (page.company_id and page.factor):
        return None
    as_of = instant(page.as_of_ns)
    return asked("edgar/companies/{}/factors/{}", page.company_id, page.factor, as_of=as_of, limit=_MOST_ROWS)


def _search(page: Any) -> Asked | None:
    words = page.finder.words
    return asked("edgar/companies/search", text=words, limit=page.finder.most) if words else None


def _kept(page: Any) -> Asked:
    return asked("edgar/companies", as_of=instant(page.as_of_ns), limit=_MOST)


TWINS = {
    "filings.search": Twin("Companies", _search, "Write what to look for."),
    "filings.kept": Twin("Kept companies", _kept),
    "filings.figures": _company("Key figures", "figures", _MOST),
    "filings.scores": _company("Factors", "factors", _MOST),
    "filings.factor": Twin("Factor over time", _factor, "No factor is chosen."),
    "filings.statement": _company(
        "Statement", "statements", kind=lambda page: page.kind, frequency=lambda page: page.frequency
    ),
    "filings.versions": _versions("statements"),
    "filings.restatements": _company("Restatements", "restatements"),
    "filings.filings": _company("Filings", "filings", form=lambda page: page.form, text=lambda page: page.text),
    "filings.fact": _company(
        "Facts", "facts", concept=lambda page: page.concept, frequency=lambda page: page.frequency
    ),
    "filings.fact_versions": _versions("facts"),
    "filings.insiders": _company("Trades of insiders", "insiders"),
    "filings.balance": _company("Trades of insiders by quarter", "insiders/quarters", _MOST),
    "filings.holdings": _company("13F holdings", "holdings", quarter=_quarter),
    "filings.feed": Twin("Feed", lambda page: asked("edgar/feed", form=page.feed_form, limit=_MOST)),
}
