"""REST of Alpha Vantage: its search, its quotes, and what is left of the few requests of its day."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.server.answers import Opened
from app.server.asked import Symbol, Words, like
from app.server.columns import Time, as_model, as_rows
from app.server.rows import Paged, table
from app.server.shown import headers, shown
from app.server.sources import health_of, quote_of, row_of
from app.server.sources_answers import InstrumentRow, QuotaRow, Quote, SourceHealth, SourceRow
from nautilus_data.core.dataset import HISTORIES

ROUTER = APIRouter(prefix="/api/v1/nautilus-data/alpha-vantage", tags=["alpha vantage"])
_SOURCE = "alpha_vantage"
_JOBS = 1_000
_Named = Annotated[str, *like(r"[^\x00-\x1f\x7f-\x9f]+", "an instrument", 64)]
_Dataset = Literal[HISTORIES]
_Timeframe = Annotated[
    str, *like("[1-9][0-9]{0,2}[mhdwMY]", "a timeframe", 4, hint="1m, 1h, 1d, 1w or 1M"), Query(description="of bars")
]


class Limits(BaseModel):
    refusal: str | None = Field(description="why it can't be asked, and what to do")
    limits: list[QuotaRow]


class TurnRow(BaseModel):
    instrument_id: str
    dataset: str
    timeframe: str | None
    calls: int = Field(ge=0, description="requests it takes")
    priority: str = Field(description="what goes first: person, fundamentals, bars, macro")
    ts_due: Time | None = Field(description="when the last of them is let through, UTC")
    waits: bool = Field(description="not at once: the requests of this day are spent, or kept for what is more urgent")


@ROUTER.get("/health")
def health(opened: Opened) -> SourceHealth:
    """From the last real request: asking this asks nobody."""
    return health_of(opened, _SOURCE)


@ROUTER.get("/status")
def status(opened: Opened) -> SourceRow:
    """How it stands, and what is left of its quota."""
    return row_of(opened, _SOURCE)


@ROUTER.get("/limits")
def limits(opened: Opened) -> Limits:
    """How many requests are left, of a day and of a second; nobody is asked."""
    found = opened.desk.quotas(_SOURCE).assign(source=_SOURCE).to_dict("records")
    refusal = opened.sources[_SOURCE].refusal() or None
    return Limits(refusal=refusal, limits=[as_model(one, QuotaRow) for one in found])


@table(ROUTER, "/search", InstrumentRow)
def search(opened: Opened, page: Paged, text: Annotated[Words, Query(min_length=1)]) -> Any:
    """Instruments by name or symbol; it takes a request of the day's, and one a week for the list of exchanges."""
    found = opened.desk.search(_SOURCE, text, page.limit)
    return page.rows(as_rows(map(vars, found), InstrumentRow), InstrumentRow, ["instrument_id", "symbol"])


@ROUTER.get("/quote/{symbol:path}")
def quote(opened: Opened, symbol: Symbol) -> Quote:
    """The latest price of an instrument, or of a symbol as Alpha Vantage writes it; a request of the day's or two."""
    return quote_of(opened, _SOURCE, symbol)


@table(ROUTER, "/plan", TurnRow, headers=headers("Refusal"))
def plan(
    opened: Opened,
    page: Paged,
    instrument: Annotated[list[_Named] | None, Query(max_length=50)] = None,
    dataset: Annotated[list[_Dataset] | None, Query(max_length=50)] = None,
    timeframe: _Timeframe = "1d",
) -> Any:
    """What today's requests buy, the most urgent first, and what waits until when; nobody is asked.

    Of the instruments and datasets (facts and bars, where none is named) that are named; else of the jobs that wait.
    No rows while it can't be asked.
    """
    source = opened.sources[_SOURCE]
    refusal = source.refusal()
    if refusal or not instrument:
        wanted = [] if refusal else _waiting(opened)
    else:
        wanted = _named(opened, instrument, dataset, timeframe)
    rows = as_rows(map(_turn, source.planned(wanted)), TurnRow)
    return shown(page.rows(rows, TurnRow, ["instrument_id", "dataset", "ts_due"]), refusal=refusal)


def _named(opened: Any, instruments: list[str], datasets: list[str] | None, timeframe: str) -> list[Any]:
    names = [opened.instruments.resolve(one, _SOURCE) for one in instruments]
    return [
        opened.backfill.plan(name, _SOURCE, timeframe if dataset == "bars" else "1d", dataset=dataset).series
        for name in names
        for dataset in datasets or ("facts", "bars")
    ]


def _waiting(opened: Any) -> list[Any]:
    """Series of its jobs that have not ended."""
    jobs = (job for job in opened.backfill.jobs(_JOBS) if not job.status.is_final)
    plans = (opened.backfill.plan_of(job.id) for job in jobs if job.title.endswith(f"from {_SOURCE}"))
    return list(dict.fromkeys(one.series for one in plans if one))


def _turn(one: Any) -> dict[str, Any]:
    return {
        "instrument_id": one.series.instrument_id, "dataset": one.series.dataset, "timeframe": one.series.timeframe,
        "calls": one.calls, "priority": one.priority.name.lower(), "ts_due": one.ts_due, "waits": one.waits,
    }  # fmt: skip
