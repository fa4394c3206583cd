"""REST of macro factors and regimes, as they stood at a time."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import AsOf, Key, at_time, like
from app.server.columns import as_rows, instants
from app.server.macro import noted
from app.server.macro_answers import FactorRow, RegimeRow, ScoreRow, StandingRow
from app.server.rows import LongPaged, Page, Paged, table
from app.server.shown import headers

ROUTER = APIRouter(prefix="/api/v1/macro", tags=["macro"])
_One = Annotated[str, *like("([a-z][a-z0-9_]*)?", "the key of a factor", 60, 0), Query(description="one factor's only")]
_SHOWN = headers("As-Of", "Notice")


@table(ROUTER, "/factors", FactorRow)
def factors(opened: Opened, page: Paged) -> Any:
    """Every factor's definition."""
    found = [{name: getattr(one, name) for name in FactorRow.model_fields} for one in opened.macro.factors()]
    return page.rows(as_rows(found, FactorRow), FactorRow, ["key"])


@table(ROUTER, "/factors/{key}", ScoreRow, headers=_SHOWN)
def factor(opened: Opened, page: LongPaged, key: Key, as_of: AsOf = None) -> Any:
    """One factor's history in the order it became known: each value made of nothing but what was known then."""
    known, at = {one.key: one for one in opened.macro.factors()}, at_time(as_of)
    if key not in known:
        raise HTTPException(404, f"there is no factor {key!r}: GET /api/v1/macro/factors lists them")
    found, states = opened.macro.factor(key, at), known[key].states
    labels = [states[int(value)] if states else None for value in found["value"]]
    rows = as_rows(instants(found.assign(label=labels), "ts_event", "ts_init"), ScoreRow)
    standing = opened.macro.scores(at).set_index("key").loc[key]
    return noted(opened, page.rows(rows, ScoreRow, ["ts_init", "ts_event"]), at, standing["sources"])


@table(ROUTER, "/scores", StandingRow, headers=_SHOWN)
def scores(opened: Opened, page: Paged, as_of: AsOf = None) -> Any:
    """Every factor's value at a time, and the series it lacks."""
    return standings(opened, page, as_of)


@table(ROUTER, "/regimes", RegimeRow, headers=_SHOWN)
def regimes(opened: Opened, page: LongPaged, as_of: AsOf = None, key: _One = "") -> Any:
    """Each time a regime held, as it was known at the time; none is smoothed with what came later."""
    at = at_time(as_of)
    found = opened.macro.regimes(at)
    found = found[found["key"] == key] if key else found
    standing = opened.macro.scores(at).set_index("key")["sources"]
    sources = {name for one in found["key"].unique() for name in standing[one]}
    rows = as_rows(found.astype({"start": "Int64", "end": "Int64"}), RegimeRow)
    return noted(opened, page.rows(rows, RegimeRow, ["key", "ts_start"]), at, sources)


def standings(opened: Any, page: Page, as_of: str | None) -> Any:
    """Every factor's value at a time, as rows."""
    at = at_time(as_of)
    found = opened.macro.scores(at)
    rows = as_rows(instants(found, "ts_event"), StandingRow)
    return noted(opened, page.rows(rows, StandingRow, ["key"]), at, {name for one in found["sources"] for name in one})
