"""Twins of page filings; everything of the company and as known on the day chosen there."""

from __future__ import annotations

from typing import Any

from app.layout.twins.twin import Twin
from app.views.rest_text import Asked, asked

_MOST = 1_000
_NO_COMPANY = "No company is chosen: search for one above."


def _company(path: str, title: str, **more: Any) -> Twin:
    """A table of the company; in `more`, what of the page is asked for by which name."""

    def ask(page: Any) -> Asked | None:
        cik = page.company_id
        chosen = {name: find(page) for name, find in more.items()}
        return asked(f"edgar/companies/{{}}/{path}", cik, **chosen, as_of=page.as_of, limit=_MOST) if cik else None

    return Twin(title, ask, _NO_COMPANY)


def _factor(page: Any) -> Asked | None:
    if not (page.company_id and page.factor):
        return None
    return asked("edgar/companies/{}/factors/{}", page.company_id, page.factor, as_of=page.as_of, limit=100_000)


TWINS = {
    "filings.search": Twin("Companies", lambda page: asked("edgar/companies/search", q=page.finder.words)),
    "filings.kept": Twin("Kept companies", lambda page: asked("edgar/companies", as_of=page.as_of, limit=_MOST)),
    "filings.figures": _company("figures", "Key figures"),
    "filings.scores": _company("factors", "Factors"),
    "filings.factor": Twin("Factor over time", _factor, "No factor is chosen."),
    "filings.statement": _company(
        "statements", "Statement", kind=lambda page: page.kind, frequency=lambda page: page.frequency
    ),
    "filings.versions": _company("facts/versions", "Versions"),
    "filings.restatements": _company("restatements", "Restatements"),
    "filings.filings": _company("filings", "Filings", form=lambda page: page.form, text=lambda page: page.text),
    "filings.fact": _company(
        "facts", "Facts", concept=lambda page: page.concept, frequency=lambda page: page.frequency
    ),
    "filings.fact_versions": _company("facts/versions", "Versions"),
    "filings.insiders": _company("insiders", "Trades of insiders"),
    "filings.balance": _company("insiders/balance", "Trades of insiders by quarter"),
    "filings.holdings": _company("holdings", "13F holdings"),
    "filings.feed": Twin("Feed", lambda page: asked("edgar/feed", form=page.feed_form, limit=_MOST)),
}
