"""REST of macro series as they were known at a time, and of which are kept up to date."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Query, Response
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import AsOf, DayText, SeriesId, Since, TimeText, Until, Words, at_time, span_of
from app.server.columns import as_rows, instants, text
from app.server.macro_answers import (
    ComparedRow,
    HitRow,
    How,
    Kept,
    MacroState,
    ObservationRow,
    RecessionRow,
    ReleaseRow,
    SeriesRow,
    SparkRow,
    TransformRow,
    Updates,
    VersionRow,
    YieldRow,
)
from app.server.rows import LongPaged, Paged, table
from app.server.shown import headers, shown
from nautilus_data import TimeRange, errors, to_ns

ROUTER = APIRouter(prefix="/api/v1/macro", tags=["macro"])
_MONTH_NS = 31 * 86_400 * 10**9
_MOST_DAYS, _MOST_SERIES = 12, 20
_How = Annotated[How, Query(description="change and year_change in its units, yoy in %, z of five years")]
_Days = Annotated[list[TimeText] | None, Query(max_length=_MOST_DAYS, description="several; default: `as_of`")]
_Several = Annotated[list[SeriesId], Query(min_length=1, max_length=_MOST_SERIES, description="ids, several")]
_SHOWN = headers("As-Of", "Notice")
_OF_ONE = headers("As-Of", "Notice", "Source")


@ROUTER.get("/status")
def status(opened: Opened) -> MacroState:
    """Can FRED be asked, what is kept up to date, and since when anything is known."""
    extent = opened.macro.extent()
    return MacroState(
        refusal=opened.macro.refusal() or None, notice=opened.macro.notice, kept=opened.macro.kept(),
        first_known_at=text(extent.start) if extent else None,
    )  # fmt: skip


@table(ROUTER, "/series", SeriesRow, headers=headers("As-Of", "Notice", "Refusal"))
def series(opened: Opened, page: Paged, as_of: AsOf = None) -> Any:
    """Every series that is kept or stored: its last value known, how it moved, how it stands."""
    at, kept = at_time(as_of), set(opened.macro.kept())
    found = opened.macro.series(at)
    found = instants(found.assign(is_kept=found["series_id"].isin(kept)), "ts_event")
    answer = page.rows(as_rows(found, SeriesRow), SeriesRow, ["series_id"])
    return shown(noted(opened, answer, at, found["source"]), refusal=opened.macro.refusal())


@table(ROUTER, "/series/{series_id}", ObservationRow, headers=_OF_ONE)
def observations(
    opened: Opened, page: LongPaged, series_id: SeriesId, as_of: AsOf = None, how: _How = "level",
    start: Since = None, end: Until = None,
) -> Any:  # fmt: skip
    """One series as it was known at a time: a value has no revision that came later. The earliest first."""
    name, at = _named(opened, series_id), at_time(as_of)
    found = opened.macro.observations(name, at, how, span_of(start, end))
    rows = as_rows(instants(found, "ts_event", "ts_init"), ObservationRow)
    answer = page.rows(rows, ObservationRow, ["ts_event"])
    return shown(noted(opened, answer, at, [found.attrs["source"]]), source=found.attrs["source"])


@table(ROUTER, "/series/{series_id}/vintages", VersionRow, headers=_OF_ONE)
def vintages(
    opened: Opened, page: Paged, series_id: SeriesId,
    date: Annotated[DayText, Query(description="of the value: 2024-01-01 is January's, or the first quarter's")],
    as_of: AsOf = None,
) -> Any:  # fmt: skip
    """Every version of one value, in the order they became known."""
    name, at = _named(opened, series_id), at_time(as_of)
    found = opened.macro.vintages(name, to_ns(date), at)
    if found.empty and opened.macro.vintages(name, to_ns(date)).empty:
        raise HTTPException(404, f"no value of {name} is dated {date}: GET /api/v1/macro/series/{name} lists dates")
    source = opened.macro.observations(name, span=TimeRange(0, 0)).attrs["source"]
    answer = page.rows(as_rows(instants(found, "ts_init"), VersionRow), VersionRow, ["ts_init"])
    return shown(noted(opened, answer, at, [source]), source=source)


@table(ROUTER, "/compare", ComparedRow, headers=_SHOWN)
def compare(
    opened: Opened, page: LongPaged, series: _Several, as_of: AsOf = None, how: _How = "level", start: Since = None,
    end: Until = None,
) -> Any:  # fmt: skip
    """Several series by one transform, one after the other, each from its earliest value."""
    at, names = at_time(as_of), [_named(opened, one) for one in series]
    lines = opened.macro.compare(names, how, at, span_of(start, end))
    found = [one.assign(series_id=name, source=one.attrs["source"]) for name, one in lines.items()]
    whole = pd.concat(_without_attrs(found), ignore_index=True)
    rows = as_rows(instants(whole, "ts_event", "ts_init"), ComparedRow)
    answer = page.rows(rows, ComparedRow, ["series_id", "ts_event"])
    return noted(opened, answer, at, (one.attrs["source"] for one in lines.values()))


@table(ROUTER, "/sparks", SparkRow, headers=_SHOWN)
def sparks(opened: Opened, page: LongPaged, as_of: AsOf = None) -> Any:
    """The last sixty values of every series, for lines a hand wide."""
    at = at_time(as_of)
    listed = opened.macro.series(at)
    lines = opened.macro.sparks(listed["series_id"], at)
    found = [
        pd.DataFrame({"series_id": name, "ts_event": one.dates, "value": one.values}) for name, one in lines.items()
    ]
    whole = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["series_id", "ts_event", "value"])
    rows = as_rows(instants(whole, "ts_event"), SparkRow)
    return noted(opened, page.rows(rows, SparkRow, ["series_id", "ts_event"]), at, listed["source"])


@table(ROUTER, "/transforms", TransformRow)
def transforms(opened: Opened, page: Paged) -> Any:
    """What `how` may be."""
    found = [{"how": name, "title": told} for name, told in opened.macro.transforms().items()]
    return page.rows(as_rows(found, TransformRow), TransformRow, ["how"])


@table(ROUTER, "/curve", YieldRow, headers=_SHOWN)
def curve(opened: Opened, page: Paged, days: _Days = None, as_of: AsOf = None) -> Any:
    """Treasury yields of days, by day and maturity; a day without them has those of the week before."""
    at = at_time(as_of)
    found = opened.macro.curve([to_ns(day) for day in dict.fromkeys(days)] if days else [at], at)
    rows = as_rows(instants(found, "day", "ts_event", "ts_init"), YieldRow)
    return noted(opened, page.rows(rows, YieldRow, ["ts_day", "series_id"]), at, found["source"])


@table(ROUTER, "/recessions", RecessionRow, headers=_SHOWN)
def recessions(opened: Opened, page: Paged, as_of: AsOf = None) -> Any:
    """Recessions of the United States as NBER had dated them at a time."""
    at = at_time(as_of)
    found = pd.DataFrame(
        [(one.start, one.end) for one in opened.macro.recessions(at)], columns=["ts_start", "ts_end"], dtype="Int64"
    )
    rows = as_rows(found, RecessionRow)
    return noted(opened, page.rows(rows, RecessionRow, ["ts_start"]), at, ["fred"] if len(found) else [])


@table(ROUTER, "/calendar", ReleaseRow, headers=headers("Notice", "Refusal"))
def calendar(opened: Opened, page: Paged, start: Since = None, end: Until = None) -> Any:
    """Releases of a span, by default of a month from now, the earliest first, and the series each brings."""
    first = time.time_ns() if start is None else to_ns(start)
    last = first + _MONTH_NS if end is None else to_ns(end)
    if last < first:
        raise errors.SkippableError(f"a span ends before it starts: {start or 'now'} to {end}")
    found = opened.macro.calendar(first, last)
    rows = as_rows(found.assign(ts_event=found["ts_event"].astype("Int64")), ReleaseRow)
    answer = page.rows(rows, ReleaseRow, ["ts_event", "release_id"])
    return shown(answer, notice=opened.macro.notice if len(found) else "", refusal=opened.macro.refusal())


@table(ROUTER, "/search", HitRow, headers=headers("Notice"))
def search(opened: Opened, page: Paged, text: Annotated[Words, Query(min_length=1)]) -> Any:
    """Ask FRED for series by words; it takes a request of the quota."""
    found = opened.macro.search(text, page.limit)
    rows = [{"series_id": one.symbol, "name": one.name, "frequency": one.exchange, "units": one.currency}
            for one in found]  # fmt: skip
    return shown(page.rows(as_rows(rows, HitRow), HitRow, ["series_id"]), notice=opened.macro.notice)


@ROUTER.post("/series/{series_id}/keep")
def keep(opened: Opened, series_id: SeriesId) -> Kept:
    """Keep a series of FRED up to date from now on; the worker asks for it."""
    name = opened.macro.add(series_id)
    return Kept(series_id=name, is_kept=True, message=opened.macro.refusal() or "the worker asks for it")


@ROUTER.post("/series/{series_id}/remove")
def remove(opened: Opened, series_id: SeriesId) -> Kept:
    """Keep a series up to date no longer; what is stored stays."""
    name = _id(series_id)
    if name not in opened.macro.kept():
        raise HTTPException(404, f"{name} is not kept up to date: GET /api/v1/macro/series lists what is")
    opened.macro.remove(name)
    return Kept(series_id=name, is_kept=False, message="what is stored stays")


@ROUTER.post("/series/{series_id}/update", status_code=202)
def update(opened: Opened, series_id: SeriesId) -> Updates:
    """Ask FRED now for what a series lacks, what was refused included."""
    return Updates(job_ids=opened.macro.update([_id(series_id)]))


@ROUTER.post("/update", status_code=202)
def update_all(opened: Opened) -> Updates:
    """Ask FRED now for what the series lack that are kept up to date."""
    return Updates(job_ids=opened.macro.update(opened.macro.kept()))


def noted(opened: Any, answer: Response, at: int, sources: Iterable[str]) -> Response:
    """Say as of when, and FRED's notice where a value is of FRED."""
    return shown(answer, as_of=at, notice=opened.macro.notice if "fred" in set(sources) else "")


def _id(series_id: str) -> str:
    """A series' id as FRED writes it."""
    return series_id.strip().upper().removesuffix(".FRED")


def _named(opened: Any, series_id: str) -> str:
    """The id of a series that is kept or stored."""
    name = _id(series_id)
    try:
        opened.macro.observations(name, span=TimeRange(0, 0))
    except errors.SkippableError:
        if name in opened.macro.kept():
            raise
        raise HTTPException(404, f"there is no series {name}: GET /api/v1/macro/series lists what is kept") from None
    return name


def _without_attrs(frames: list[pd.DataFrame]) -> list[pd.DataFrame]:
    for one in frames:
        one.attrs = {}
    return frames
