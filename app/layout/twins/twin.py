"""Twin: a table or chart, and its question to REST as a function of what is chosen on its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.views import rest_text
from app.views.rest_text import Asked
from nautilus_data.core.identity import Door


@dataclass(frozen=True)
class Twin:
    """`ask` gets the page; None: what it needs is not chosen, and `needs` says what that is."""

    title: str
    ask: Callable[[Any], Asked | None]
    needs: str = "Nothing is chosen yet."


def answer(twin: Twin, page: Any, base: str) -> dict[str, Any]:
    """What is told of it to who looks at the page; a login needs an API key, the machine's own user none."""
    found = twin.ask(page)
    if found is None:
        return {"title": twin.title, "problem": twin.needs}
    return rest_text.told(twin.title, found, base, needs_key=page.identity.door is not Door.LOCAL)


def listed(path: str, limit: int = 1_000) -> Callable[[Any], Asked]:
    """A list that is shown as it is, without a choice."""
    return lambda page: rest_text.asked(path, limit=limit)


def instant(ns: int | None) -> str:
    """A time as REST takes it, to the nanosecond; '' for None."""
    return "" if ns is None else f"{np.datetime64(int(ns), 'ns')}Z"


def day(ns: int) -> str:
    """The day (UTC) a time is on."""
    return instant(ns)[:10]


def whose(page: Any) -> dict[str, Any]:
    """The trader and the run that are looked at."""
    run = page.selection.run_id
    return {"trader_id": page.selection.trader_id, "run_id": run}
