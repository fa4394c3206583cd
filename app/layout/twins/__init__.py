"""Twins: for each table and chart of a page, the question by which REST has the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.layout.twins import bus, filings, history, macro, system, trading
from app.layout.twins.twin import Twin, answer

__all__ = ["TWINS", "Twin", "answer_of"]

# By page and table, as the buttons name them.
TWINS: Mapping[str, Twin] = MappingProxyType(
    {**trading.TWINS, **bus.TWINS, **history.TWINS, **macro.TWINS, **filings.TWINS, **system.TWINS}
)


def answer_of(page: object, key: str, base: str) -> dict[str, object]:
    """What the button of `key` tells; `base` is where the browser has the pages."""
    return answer(TWINS[key], page, base)
