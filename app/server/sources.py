"""REST of the sources: how each stands, switches, order and quotas, live values, disagreements, Yahoo's quotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.asked import Symbol, like
from app.server.columns import as_model, as_rows
from app.server.rows import Paged, table
from app.server.searched import Search, searched
from app.server.shown import headers, shown
from app.server.sources_answers import (
    AllHealth,
    DisagreementRow,
    InstrumentId,
    LatestRow,
    Order,
    QuotaRow,
    Quote,
    SourceHealth,
    SourceRow,
    Switched,
    WatchKind,
    WatchOrder,
    WatchRow,
)
from nautilus_data import errors

ROUTER = APIRouter(prefix="/api/v1", tags=["sources"])
BROKERS, _YAHOO = "interactive_brokers", "yahoo"
# What people call them.
_SHORT = {"ib": BROKERS, "ibkr": BROKERS, "yfinance": _YAHOO}
_GOOD, _UNKNOWN = ("ok", "connected"), "not used"
_MOST = 1_000_000
_AS_THEY_STAND = Search()
_Disagreements = searched("apart", "ts_event", "instrument_id")
_Name = Annotated[
    str, *like("[a-z_]+", "the name of a source", 40), Path(description="as yahoo, or as people call it: ib, yfinance")
]  # fmt: skip


@ROUTER.get("/yfinance/health")
def yahoo_health(opened: Opened) -> SourceHealth:
    """From the last real request: asking this asks Yahoo nothing."""
    return health_of(opened, _YAHOO)


@ROUTER.get("/yfinance/status")
def yahoo_status(opened: Opened) -> SourceRow:
    """How Yahoo stands, and what is left of its quota."""
    return row_of(opened, _YAHOO)


@ROUTER.get("/yfinance/quote/{symbol:path}")
def yahoo_quote(opened: Opened, symbol: Symbol) -> Quote:
    """The latest price, of an instrument or of a symbol as Yahoo writes it; it takes a request of the quota."""
    return quote_of(opened, _YAHOO, symbol)


@table(ROUTER, "/multi-datasource/status", SourceRow)
def all_status(opened: Opened, page: Paged) -> Any:
    """Every source, in order of priority."""
    return page.rows(as_rows(opened.desk.list(), SourceRow), SourceRow, ["name"])


@ROUTER.get("/multi-datasource/health")
def all_health(opened: Opened) -> AllHealth:
    """In a word, of all of them and of each; asking this asks nobody."""
    return together(opened, tuple(opened.sources))


@table(ROUTER, "/multi-datasource/quotas", QuotaRow)
def quotas(opened: Opened, page: Paged) -> Any:
    """Each limit of each source, and what is left of it."""
    names = opened.desk.list()["name"]
    found = [{"source": name, **row} for name in names for row in opened.desk.quotas(name).to_dict("records")]
    return page.rows(as_rows(found, QuotaRow), QuotaRow, ["source", "window_s"])


@ROUTER.get("/multi-datasource/order")
def order(opened: Opened) -> Order:
    """Who answers for what several have."""
    return Order(names=list(opened.desk.order()))


@ROUTER.put("/multi-datasource/order")
def put_order(opened: Opened, wanted: Order) -> Order:
    """Put these first, the others behind them as they are; kept across restarts."""
    known = opened.desk.order()
    if unknown := [name for name in wanted.names if name not in known]:
        raise HTTPException(404, f"no source is called {unknown[0]!r}; there are: {', '.join(known)}")
    if len(set(wanted.names)) < len(wanted.names):
        raise HTTPException(409, "a source is named twice: name each once")
    opened.desk.set_priority(wanted.names)
    return Order(names=list(opened.desk.order()))


@ROUTER.post("/multi-datasource/enable/{source}")
def enable(opened: Opened, source: _Name) -> Switched:
    """Kept across restarts; every process hears of it within two seconds."""
    name = _known(opened, source)
    opened.desk.enable(name)
    return Switched(source=name, is_enabled=True)


@ROUTER.post("/multi-datasource/disable/{source}")
def disable(opened: Opened, source: _Name) -> Switched:
    """Nobody asks it from then on; backfills of it wait."""
    name = _known(opened, source)
    opened.desk.disable(name)
    return Switched(source=name, is_enabled=False)


@table(ROUTER, "/multi-datasource/watches", WatchRow)
def watches(opened: Opened, page: Paged) -> Any:
    """What is watched by hand with its last values, and why nothing comes where that is so."""
    key = ["source", "instrument_id", "kind"]
    found = opened.desk.watches().merge(opened.desk.latest(), on=key, how="left")
    return page.rows(as_rows(found, WatchRow), WatchRow, key)


@ROUTER.post("/multi-datasource/watches", status_code=201)
def watch(opened: Opened, asked: WatchOrder) -> WatchOrder:
    """Have live quotes or five-second bars of Interactive Brokers; the worker subscribes within two seconds."""
    opened.desk.watch(asked.instrument_id, source=BROKERS, kind=asked.kind)
    return asked


@ROUTER.delete("/multi-datasource/watches", status_code=204)
def unwatch(
    opened: Opened, instrument_id: Annotated[InstrumentId, Query()], kind: Annotated[WatchKind, Query()] = "quotes"
) -> None:
    """Have them no longer."""
    found = opened.desk.watches()
    if found[(found["instrument_id"] == instrument_id) & (found["kind"] == kind)].empty:
        raise HTTPException(
            404, f"{instrument_id} {kind} is not watched: GET /api/v1/multi-datasource/watches lists all"
        )
    opened.desk.unwatch(instrument_id, source=BROKERS, kind=kind)


@table(ROUTER, "/multi-datasource/latest", LatestRow)
def latest(opened: Opened, page: Paged) -> Any:
    """The last live values of what is watched."""
    return page.rows(as_rows(opened.desk.latest(), LatestRow), LatestRow, ["source", "instrument_id", "kind"])


@table(
    ROUTER, "/multi-datasource/disagreements", DisagreementRow, headers=headers("Tolerance", "Total-Count", "Complete")
)
def disagreements(opened: Opened, page: Paged, search: _Disagreements = _AS_THEY_STAND) -> Any:
    """Closes of two sources for the same bar that differ by more than the tolerance, the largest first."""
    found = opened.desk.disagreements(_MOST)
    told = found.attrs
    key = ["instrument_id", "timeframe", "adjustment", "ts_event", "source_a", "source_b"]
    rows = search.of(found.assign(apart=found["difference"].astype(float).abs()))
    answer = page.rows(as_rows(rows, DisagreementRow), DisagreementRow, key)
    return shown(
        answer, tolerance=told["tolerance"], total_count=told["total"], complete=str(told["is_complete"]).lower()
    )


def together(opened: Any, names: Sequence[str]) -> AllHealth:
    """How some sources stand, and in a word all of them."""
    found = {row["name"]: _health(row) for row in opened.desk.list().to_dict("records") if row["name"] in names}
    told = {one.status for one in found.values()}
    status = next((word for word in ("disabled", "unknown") if told <= {word, "disabled"}), "")
    if not status:
        status = "healthy" if "unhealthy" not in told else "degraded" if "healthy" in told else "unhealthy"
    return AllHealth(status=status, sources=found)


def row_of(opened: Any, name: str) -> SourceRow:
    """How one source stands."""
    return as_model(_told(opened, name), SourceRow)


def health_of(opened: Any, name: str) -> SourceHealth:
    """How one source stands, by its last real request."""
    return _health(_told(opened, name))


def quote_of(opened: Any, source: str, symbol: str) -> Quote:
    """A source's latest price of what a text means."""
    price = opened.desk.quote(source, _instrument(opened, source, symbol))
    return as_model({name: getattr(price, name) for name in Quote.model_fields}, Quote)


def _known(opened: Any, source: str) -> str:
    name = _SHORT.get(source, source)
    if name not in opened.sources:
        raise HTTPException(404, f"no source is called {source!r}; there are: {', '.join(opened.sources)}")
    return name


def _told(opened: Any, name: str) -> dict[str, Any]:
    return next(row for row in opened.desk.list().to_dict("records") if row["name"] == name)


def _health(row: dict[str, Any]) -> SourceHealth:
    reason = row["reason"] or row["note"] or row["last_error"] or None
    return SourceHealth(status=_word(row), state=row["state"], reason=reason)


def _word(row: dict[str, Any]) -> str:
    # What lacks its key is not ill: nobody has set it up.
    if not row["is_enabled"] or not (row["is_available"] or row["is_streaming"]):
        return "disabled"
    if row["state"] == _UNKNOWN and row["is_available"]:
        return "unknown"
    return "healthy" if row["state"] in _GOOD else "unhealthy"


def _instrument(opened: Any, source: str, symbol: str) -> str:
    """The instrument a text means: of the directory, or what the source finds under exactly this symbol."""
    try:
        return opened.instruments.resolve(symbol)
    except errors.SkippableError:
        found = [one for one in opened.desk.search(source, symbol) if one.symbol.upper() == symbol.upper()]
        if not found:
            title = opened.sources[source].spec.title
            raise HTTPException(404, f"{title} has no {symbol!r}: look for it by name first") from None
        return found[0].instrument_id
