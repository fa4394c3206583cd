"""REST of Alpha Vantage: its search, its quotes, and what is left of the few requests of its day."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.server.answers import Opened, iso, plain
from app.server.sources import Instrument, Quote, SourceHealth, SourceRow, health_of, quote_of, row_of

ROUTER = APIRouter(prefix="/api/v1/nautilus-data/alpha-vantage", tags=["alpha vantage"])
_SOURCE = "alpha_vantage"
_Several = Query(max_length=50)


class Found(BaseModel):
    query: str
    instruments: list[Instrument]


class Limit(BaseModel):
    used: int
    limit: int
    left: int
    window_s: float


class Turn(BaseModel):
    instrument_id: str
    dataset: str
    timeframe: str
    calls: int = Field(description="requests it takes")
    priority: str = Field(description="what goes first: person, fundamentals, bars, macro")
    due_at: str = Field(description="when the last of them is let through, ISO 8601 UTC")
    waits: bool = Field(description="not at once: the requests of this day are spent, or kept for what is more urgent")


class Day(BaseModel):
    refusal: str | None = Field(description="why it can't be asked, and what to do")
    limits: list[Limit]
    turns: list[Turn] = Field(description="the most urgent first; none while it can't be asked")


@ROUTER.get("/health")
def health(opened: Opened) -> SourceHealth:
    """From the last real request: asking this asks nobody."""
    return health_of(opened, _SOURCE)


@ROUTER.get("/status")
def status(opened: Opened) -> SourceRow:
    """How it stands, and what is left of its quota."""
    return row_of(opened, _SOURCE)


@ROUTER.get("/search")
def search(
    opened: Opened,
    text: Annotated[str, Query(min_length=1, max_length=100)],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Found:
    """Instruments by name or symbol; it takes a request of the day's, and one a week for the list of exchanges."""
    return Found(query=text, instruments=[plain(one) for one in opened.desk.search(_SOURCE, text, limit)])


@ROUTER.get("/quote/{symbol:path}")
def quote(opened: Opened, symbol: str) -> Quote:
    """The latest price of an instrument, or of a symbol as Alpha Vantage writes it; a request of the day's or two."""
    return quote_of(opened, _SOURCE, symbol)


@ROUTER.get("/plan")
def plan(
    opened: Opened,
    instrument: Annotated[list[str] | None, _Several] = None,
    dataset: Annotated[list[str] | None, _Several] = None,
    timeframe: Annotated[str, Query(description="of bars")] = "1d",
) -> Day:
    """What today's requests buy, in which order, and what waits until when; nobody is asked.

    Of the instruments and datasets (facts and bars, where none is named) that are named; else of the jobs that wait.
    """
    source = opened.sources[_SOURCE]
    refusal = source.refusal()
    if refusal or not instrument:
        wanted = [] if refusal else _waiting(opened)
    else:
        wanted = _named(opened, instrument, dataset, timeframe)
    return Day(
        refusal=refusal or None,
        limits=[
            Limit(used=one.used, limit=one.limit, left=one.limit - one.used, window_s=one.window_s)
            for one in source.quota()
        ],
        turns=[_turn(one) for one in source.planned(wanted)],
    )


def _named(opened: Any, instruments: list[str], datasets: list[str] | None, timeframe: str) -> list[Any]:
    names = [opened.instruments.resolve(one, _SOURCE) for one in instruments]
    return [
        opened.backfill.plan(name, _SOURCE, timeframe if dataset == "bars" else "1d", dataset=dataset).series
        for name in names
        for dataset in datasets or ("facts", "bars")
    ]


def _waiting(opened: Any) -> list[Any]:
    """Series of its jobs that have not ended."""
    jobs = (job for job in opened.backfill.jobs(1_000) if not job.status.is_final)
    plans = (opened.backfill.plan_of(job.id) for job in jobs if job.title.endswith(f"from {_SOURCE}"))
    return list(dict.fromkeys(one.series for one in plans if one))


def _turn(one: Any) -> Turn:
    return Turn(
        instrument_id=one.series.instrument_id, dataset=one.series.dataset, timeframe=one.series.timeframe,
        calls=one.calls, priority=one.priority.name.lower(), due_at=iso(one.ts_due), waits=one.waits,
    )  # fmt: skip
