"""REST of macro: series as they were known at a time, factors, regimes, releases, and what is kept up to date."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened, iso
from app.server.macro_answers import (
    AllSeries,
    Calendar,
    CalendarLine,
    Curve,
    FactorHistory,
    FactorLine,
    Hit,
    Hits,
    Kept,
    Observation,
    Observations,
    Recession,
    Recessions,
    Regime,
    Regimes,
    Score,
    Scores,
    SeriesLine,
    Standing,
    Updates,
    Version,
    Versions,
    Yield,
)
from nautilus_data import TimeRange, errors, to_ns

ROUTER = APIRouter(prefix="/api/v1/macro", tags=["macro"])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVER = TimeRange(-(2**63), 2**63 - 1)
_MONTH_NS = 31 * 86_400 * 10**9
_MOST_DAYS = 12
_AsOf = Annotated[
    str | None, Query(description="what was known then, as 2020-03-01 or 2020-03-01T14:30Z; default: now")
]
_Time = Annotated[str | None, Query(description="a time as 2020-03-01 or 2020-03-01T14:30Z")]


@ROUTER.get("/series")
def series(opened: Opened, as_of: _AsOf = None) -> AllSeries:
    """Every series that is kept or stored: its last value known, how it moved, how it stands."""
    at = _at(as_of)
    found, kept = opened.macro.series(at).to_dict("records"), set(opened.macro.kept())
    lines = [SeriesLine(**_told(row), is_kept=row["series_id"] in kept) for row in found]
    refusal = opened.macro.refusal() or None
    return AllSeries(**_shown(opened, at, (row["source"] for row in found)), refusal=refusal, series=lines)


@ROUTER.get("/series/{series_id}")
def observations(
    opened: Opened,
    series_id: str,
    as_of: _AsOf = None,
    how: Annotated[str, Query(description="level, change, year_change, yoy or z")] = "level",
    start: _Time = None,
    end: _Time = None,
    limit: Annotated[int, Query(ge=1, le=100_000, description="the newest so many")] = 100_000,
) -> Observations:
    """One series as it was known at a time: a value has no revision that came later."""
    name, at = _named(opened, series_id), _at(as_of)
    span = TimeRange(_EVER.start if start is None else to_ns(start), _EVER.end if end is None else to_ns(end))
    found = opened.macro.observations(name, at, how, span)
    source = found.attrs["source"]
    rows = [Observation(**_told(row)) for row in found.tail(limit).to_dict("records")]
    return Observations(**_shown(opened, at, [source]), series_id=name, source=source, how=how, observations=rows)


@ROUTER.get("/series/{series_id}/vintages")
def vintages(
    opened: Opened,
    series_id: str,
    date: Annotated[str, Query(description="of the value: 2024-01-01 is January's, or the first quarter's")],
    as_of: _AsOf = None,
) -> Versions:
    """Every version of one value, in the order they became known."""
    name, at, period = _named(opened, series_id), _at(as_of), to_ns(date)
    found = opened.macro.vintages(name, period)
    if found.empty:
        raise HTTPException(404, f"no value of {name} is dated {date}: GET /api/v1/macro/series/{name} lists dates")
    source = opened.macro.observations(name).attrs["source"]
    rows = [Version(**_told(row)) for row in found[found["ts_init"] <= at].to_dict("records")]
    return Versions(**_shown(opened, at, [source]), series_id=name, source=source, ts_event=_iso(period), versions=rows)


@ROUTER.get("/curve")
def curve(
    opened: Opened,
    days: Annotated[list[str] | None, Query(max_length=_MOST_DAYS, description="several; default: `as_of`")] = None,
    as_of: _AsOf = None,
) -> Curve:
    """Treasury yields of days, by maturity; a day without them has those of the week before."""
    at = _at(as_of)
    found = opened.macro.curve([to_ns(day) for day in days] if days else [at], at).to_dict("records")
    told = [Yield(**{**_told(row), "day": _iso(row["day"])}) for row in found]
    return Curve(**_shown(opened, at, (row["source"] for row in found)), yields=told)


@ROUTER.get("/factors")
def factors(opened: Opened) -> list[FactorLine]:
    """Every factor's definition."""
    fields = ("key", "title", "family", "units", "formula", "reference", "inputs", "optional", "states")
    return [
        FactorLine(**{name: getattr(one, name) for name in fields}, note=one.note or None)
        for one in opened.macro.factors()
    ]


@ROUTER.get("/factors/{key}")
def factor(opened: Opened, key: str, as_of: _AsOf = None) -> FactorHistory:
    """One factor's history: each value made of nothing but what was known at its `ts_init`."""
    known, at = {one.key: one for one in opened.macro.factors()}, _at(as_of)
    if key not in known:
        raise HTTPException(404, f"there is no factor {key!r}: GET /api/v1/macro/factors lists them")
    states = known[key].states
    rows = [
        Score(**_told(row), label=states[int(row["value"])] if states else None)
        for row in opened.macro.factor(key, at).to_dict("records")
    ]
    standing = opened.macro.scores(at).set_index("key").loc[key]
    return FactorHistory(**_shown(opened, at, standing["sources"]), key=key, units=known[key].units, history=rows)


@ROUTER.get("/scores")
def scores(opened: Opened, as_of: _AsOf = None) -> Scores:
    """Every factor's value at a time, and the series it lacks."""
    at = _at(as_of)
    found = opened.macro.scores(at).to_dict("records")
    told = [Standing(**_told(row)) for row in found]
    return Scores(**_shown(opened, at, (name for row in found for name in row["sources"])), scores=told)


@ROUTER.get("/regimes")
def regimes(
    opened: Opened, as_of: _AsOf = None, key: Annotated[str, Query(description="one factor's only")] = ""
) -> Regimes:
    """Each time a regime held, as it was known at the time; none is smoothed with what came later."""
    at = _at(as_of)
    found = [row for row in opened.macro.regimes(at).to_dict("records") if key in ("", row["key"])]
    told = [Regime(**{**row, "start": _iso(row["start"]), "end": _iso(row["end"])}) for row in found]
    standing = opened.macro.scores(at).set_index("key")["sources"]
    return Regimes(**_shown(opened, at, (name for row in found for name in standing[row["key"]])), regimes=told)


@ROUTER.get("/recessions")
def recessions(opened: Opened, as_of: _AsOf = None) -> Recessions:
    """Recessions by NBER as they had been dated at a time."""
    at = _at(as_of)
    found = opened.macro.recessions(at)
    told = [Recession(start=_iso(one.start), end=_iso(one.end)) for one in found]
    return Recessions(**_shown(opened, at, ["fred"] if found else []), recessions=told)


@ROUTER.get("/calendar")
def calendar(opened: Opened, start: _Time = None, end: _Time = None) -> Calendar:
    """Releases of a span, by default of a month from now, and the series each brings."""
    first = time.time_ns() if start is None else to_ns(start)
    found = opened.macro.calendar(first, first + _MONTH_NS if end is None else to_ns(end)).to_dict("records")
    notice, refusal = opened.macro.notice if found else None, opened.macro.refusal() or None
    return Calendar(notice=notice, refusal=refusal, releases=[CalendarLine(**_told(row)) for row in found])


@ROUTER.get("/search")
def search(
    opened: Opened,
    text: Annotated[str, Query(min_length=1, max_length=100)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Hits:
    """Ask FRED for series by words; it takes a request of the quota."""
    found = opened.macro.search(text, limit)
    told = [Hit(series_id=one.symbol, name=one.name, frequency=one.exchange, units=one.currency) for one in found]
    return Hits(notice=opened.macro.notice, series=told)


@ROUTER.post("/series/{series_id}/keep")
def keep(opened: Opened, series_id: str) -> Kept:
    """Keep a series of FRED up to date from now on; the worker asks for it."""
    name = opened.macro.add(series_id)
    return Kept(series_id=name, is_kept=True, message=opened.macro.refusal() or "the worker asks for it")


@ROUTER.post("/series/{series_id}/remove")
def remove(opened: Opened, series_id: str) -> Kept:
    """Keep a series up to date no longer; what is stored stays."""
    name = _id(series_id)
    if name not in opened.macro.kept():
        raise HTTPException(404, f"{name} is not kept up to date: GET /api/v1/macro/series lists what is")
    opened.macro.remove(name)
    return Kept(series_id=name, is_kept=False, message="what is stored stays")


@ROUTER.post("/series/{series_id}/update", status_code=202)
def update(opened: Opened, series_id: str) -> Updates:
    """Ask FRED now for what a series lacks, what was refused included."""
    return Updates(job_ids=opened.macro.update([_id(series_id)]))


@ROUTER.post("/update", status_code=202)
def update_all(opened: Opened) -> Updates:
    """Ask FRED now for what the series lack that are kept up to date."""
    return Updates(job_ids=opened.macro.update(opened.macro.kept()))


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


def _at(as_of: str | None) -> int:
    now = time.time_ns()
    return now if as_of is None else min(to_ns(as_of), now)


def _shown(opened: Any, at: int, sources: Iterable[str]) -> dict[str, str | None]:
    return {"as_of": _iso(at), "notice": opened.macro.notice if "fred" in set(sources) else None}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON: NaN and '' are null, times ISO 8601; what a value is about may well be 1970-01-01, which is 0."""
    told = {name: None if value == "" or value != value else value for name, value in row.items()}
    is_known = row.get("ts_init") != 0
    for name in (one for one in row if one.startswith("ts_")):
        told[name] = _iso(row[name]) if row[name] or (name == "ts_event" and is_known) else None
    return told


def _iso(ns: int) -> str:
    """As `iso`, of 1970-01-01 and the years before, too."""
    return iso(ns) or _EPOCH.isoformat(timespec="milliseconds")
