"""Filings notes: why EDGAR can't be asked, and how it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from app.views import table

_NO_LIST = (
    "The list of all companies is not here yet, so only a CIK finds one. The worker asks for it once a day by itself."
)


def told_above(refusal: str, companies: int) -> str:
    """A calm panel where EDGAR can't be asked, or its list of companies is not here yet; else ''."""
    if refusal:
        rest = "What is stored is shown; nothing new comes until then."
        return _calm(f"<b>SEC EDGAR can’t be asked:</b> {escape(refusal)} <span>{rest}</span>")
    return "" if companies else _calm(_NO_LIST)


def told_below(told: Mapping[str, Any], at: int) -> str:
    """How EDGAR was asked, in a line."""
    limits = ", ".join(f"{used} of {limit} requests in {window:g} s" for used, limit, window in told["limits"])
    parts = [
        "SEC EDGAR",
        f"last asked {table.age(told['ts_last'], at)} ago" if told["ts_last"] else "not asked yet",
        f"answered in {told['latency_ms']:,.0f} ms" if told["latency_ms"] == told["latency_ms"] else "",
        f"today {told['asked']:,} requests, {told['failed']:,} failed, {told['cached']:,} answered by what was kept",
        limits,
        f"last error {table.age(told['ts_error'], at)} ago: {told['last_error']}" if told["ts_error"] else "no error",
        told["pause"],
        f"stored of {told['stored']['filings']:,} companies, {told['companies']:,} can be searched",
        "a filing is taken as known when the next session of New York’s opens",
    ]
    return f"<p>{escape(' · '.join(filter(None, parts)))}</p>"


def _calm(text: str) -> str:
    return f'<div class="calm" role="status">{text}</div>'
