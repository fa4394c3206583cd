"""Notes: what is said of FRED around what is shown of it."""

from __future__ import annotations

from html import escape

_NOT_KEPT = (
    "FRED_STORE is off: FRED's values are kept in memory only, as its terms want it, and are asked for again after a"
    " restart."
)
_KEPT = "FRED_STORE is on: FRED's values are kept in the store."
_LETTERS = "V: published that day by the archive · R: by the usual lag of the series · S: first seen here then."


def told_above(refusal: str) -> str:
    """A calm panel where FRED can't be asked: why, what to do, and what goes on; else ''."""
    if not refusal:
        return ""
    rest = "What is stored, and series of other sources, are shown; nothing new of FRED comes until then."
    return f'<div class="calm" role="status"><b>FRED can’t be asked:</b> {escape(refusal)} <span>{rest}</span></div>'


def told_below(notice: str, is_kept: bool) -> tuple[str, ...]:
    """FRED's own notice first."""
    return notice, f"{_KEPT if is_kept else _NOT_KEPT} {_LETTERS}"
