"""Twin shown: for each key, the frame a page makes its words and lines of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import pandas as pd

from app.views.backfill_lists import series_of

# Shown by no page that is built here, and why.
OUT_OF_SIGHT = frozenset({
    # EDGAR is asked, and nobody answers here.
    "filings.feed",
    # This process writes its log to no file.
    "system.logs",
    # Charts side by side, with the same question as the main one.
    "market.side1", "market.side2", "market.side3",
})  # fmt: skip
# In sight, and no rows that could be told apart: why.
NOT_COMPARED = MappingProxyType({
    "overview.rate": "a point each second since the page was opened, of that page alone",
    "bus.rates": "the last of what bus.rate_history has, a second later",
    "bus.messages": "what passes while somebody looks",
    "overview.jobs": "the newest of system.jobs",
    "engine.log": "no node runs here; its lines are text",
    "system.components": "when each was seen is now",
    "backfill.running": "the jobs of backfill.jobs that have not ended, with their pace",
    "catalog.running": "the jobs of catalog.jobs that have not ended",
    "backfill.plan": "an object: it is posted, and holds the plan's requests",
    **dict.fromkeys(
        ("overview.bus", "overview.nodes", "overview.store", "bus.connection", "bus.capacity", "sources.connection",
         "engine.run", "engine.pending", "system.place"), "an object, whose fields the cards name",
    ),
    "overview.sources": "some columns of sources.list",
})  # fmt: skip
_SPAN = {"start": "ts_start", "end": "ts_end"}
_RENAMED = {
    "portfolio.positions": {"mark_ts": "ts_marked"},
    "macro.regimes": _SPAN,
    "filings.statement": {"known_since": "ts_known"},
    "filings.figures": {"key": "concept"},
    "filings.restatements": {"before_ts_init": "ts_before"},
    "backfill.requests": _SPAN,
    "backfill.coverage": _SPAN,
    "backfill.cell_requests": _SPAN,
    "backfill.cell_answers": _SPAN,
    "catalog.intervals": _SPAN,
    "catalog.shelves": _SPAN | {"modified": "ts_modified"},
    "catalog.catalogs": {"modified": "ts_modified"},
    "macro.curve": {"day": "ts_day"},
    "system.audit": {"ts": "ts_recorded"},
}


def frame(page: Any, key: str) -> pd.DataFrame:
    """What a page shows at a key, with the names REST has for what a service calls otherwise."""
    found = FRAMES[key](page)
    # REST has null where a service tells -1, and true or false for its words.
    counts = [name for name in ("count", "entries", "lag", "memory_bytes", "lag_entries") if name in found]
    found = found.assign(**{name: found[name].where(found[name] >= 0, None) for name in counts})
    if "is_trimmed" in found:
        found["is_trimmed"] = found["is_trimmed"].map({"yes": True, "no": False})
    return found.rename(columns=_RENAMED.get(key, {}))


def _told(part: str, place: int) -> Callable[[Any], pd.DataFrame]:
    """One of the things a view asked for."""
    return lambda page: page.parts[part].reading.answer.told[place]


def _live(part: str, name: str = "table") -> Callable[[Any], pd.DataFrame]:
    def find(page: Any) -> pd.DataFrame:
        table = getattr(page.parts[part], name)
        return getattr(table, "table", table).frame

    return find


def _paged(part: str) -> Callable[[Any], pd.DataFrame]:
    return lambda page: page.parts[part].table.table.frame


def _latest(page: Any) -> pd.DataFrame:
    return page.workspace.market.latest(page.selection.trader_id, page.is_stale)


def _series(page: Any, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(is_kept=frame["series_id"].isin(page.workspace.macro.kept()))


def _company_scores(page: Any) -> pd.DataFrame:
    frame = page.parts["overview"].factors.reading.answer.told[0]
    told = {one.key: one for one in page.workspace.filings.factors()}
    return frame.assign(
        **{name: [getattr(told[key], name) for key in frame["key"]] for name in ("formula", "reference")}
    )


def _company_factor(page: Any) -> pd.DataFrame:
    _, factor, frame = page.parts["overview"].factors.reading.answer.told
    parts = [{name: float(row[name]) for name in factor.components} for row in frame.to_dict("records")]
    return frame.assign(components=parts)


def _jobs(page: Any) -> pd.DataFrame:
    return pd.DataFrame([vars(job) for job in page.parts["jobs"].jobs])


def _intervals(page: Any) -> pd.DataFrame:
    chosen = page.parts["catalogs"].content.chosen
    spans = page.workspace.catalog.intervals(page.catalog, *chosen)
    return pd.DataFrame([(one.start, one.end) for one in spans], columns=["start", "end"])


def _bars(page: Any) -> pd.DataFrame:
    bars = page.chart.model.bars
    return pd.DataFrame({name: values for name, values in bars.items() if name != "time"} | {"ts_event": bars["time"]})


def _compared(page: Any) -> pd.DataFrame:
    lines = page.parts["compare"].reading.answer.told[3]
    frames = [one.assign(series_id=name, source=one.attrs["source"]) for name, one in lines.items()]
    for one in frames:
        one.attrs = {}
    return pd.concat(frames, ignore_index=True)


def _ladder(page: Any) -> pd.DataFrame:
    trader, instrument = page.parts["books"].chosen
    book = page.bus.book(instrument, trader_id=trader)
    rows = [
        (side, place, *level)
        for side, levels in (("bid", book.bids), ("ask", book.asks))
        for place, level in enumerate(levels, 1)
    ]
    return pd.DataFrame(rows, columns=["side", "place", "price", "size", "orders"])


def _types(page: Any) -> pd.DataFrame:
    unknown = page.bus.unknown_types()
    return pd.DataFrame(
        [(name, count, name not in unknown) for name, count in page.bus.types().items()],
        columns=["type", "count", "is_known"],
    )


def _changes(page: Any) -> pd.DataFrame:
    return pd.DataFrame(page.bus.history(), columns=["ts_event", "state", "reason"])


def _hits(page: Any) -> pd.DataFrame:
    hits = page.finder.reading.answer[1]
    return pd.DataFrame([asdict(hit.company) | {"why": hit.why, "score": hit.score} for hit in hits])


def _connection(name: str, columns: dict[str, str]) -> Callable[[Any], pd.DataFrame]:
    def find(page: Any) -> pd.DataFrame:
        return pd.DataFrame(page.parts["connection"].reading.answer[1][name]).rename(columns=columns)

    return find


def _schedules(page: Any) -> pd.DataFrame:
    frame = page.parts["schedules"].table.table.frame
    named = pd.DataFrame([asdict(series_of(key)) for key in frame["key"]])
    return frame.drop(columns=["instrument_id", "source"]).join(named)


FRAMES: MappingProxyType[str, Callable[[Any], pd.DataFrame]] = MappingProxyType(
    {
        "overview.latest": _latest,
        "market.latest": lambda page: page.table.frame,
        "market.chart": _bars,
        **{f"portfolio.{name}": (lambda page, name=name: getattr(page, name).frame)
           for name in ("totals", "accounts", "positions", "orders", "fills")},
        "portfolio.equity": lambda page: page.workspace.portfolio.equity(),
        "bus.alarms": lambda page: page.bus.open_incidents(),
        "bus.readers": lambda page: page.bus.readers(),
        "bus.history": _changes,
        "bus.types": _types,
        "bus.rate_history": lambda page: page.bus.rate_history().rename(columns={"second": "ts_event"}),
        "bus.streams": _paged("streams"),
        "bus.book": _ladder,
        "bus.incidents": _live("incidents"),
        "bus.letters": _live("letters"),
        "sources.list": lambda page: page.parts["sources"].reading.answer[0],
        "sources.history": _connection("history", {"at": "ts_event"}),
        "sources.outages": _connection("outages", {"start": "ts_start", "end": "ts_end"}),
        "sources.account": _live("connection", "account"),
        "sources.positions": _live("connection", "positions"),
        "sources.quotes": _live("quotes"),
        "sources.disagreements": _paged("disagreements"),
        "macro.series": lambda page: _series(page, _told("dashboard", 0)(page)),
        "macro.observations": _told("series", 3),
        "macro.vintages": _told("series", 4),
        "macro.curve": _told("curve", 0),
        "macro.scores": _told("factors", 0),
        "macro.factor": _told("factors", 2),
        "macro.inputs": lambda page: _series(page, _told("factors", 4)(page)),
        "macro.regimes": _told("regimes", 0),
        "macro.calendar": _told("calendar", 0),
        "macro.compare": _compared,
        "filings.search": _hits,
        "filings.figures": _told("overview", 1),
        "filings.kept": _told("overview", 3),
        "filings.scores": _company_scores,
        "filings.factor": _company_factor,
        "filings.statement": lambda page: _told("statements", 0)(page).frame,
        "filings.versions": _told("statements", 1),
        "filings.restatements": _told("statements", 2),
        "filings.filings": _told("filings", 0),
        "filings.fact": lambda page: _told("facts", 0)(page).assign(concept=page.concept),
        "filings.fact_versions": _told("facts", 1),
        "filings.insiders": _told("insiders", 0),
        "filings.balance": _told("insiders", 1),
        "filings.holdings": _told("holdings", 0),
        "backfill.jobs": _jobs,
        "backfill.requests": lambda page: page.parts["jobs"].detail.requests.table.frame,
        "backfill.coverage": lambda page: page.parts["coverage"].cells,
        "backfill.cell_requests": lambda page: page.parts["coverage"].detail.requests.frame,
        "backfill.cell_answers": lambda page: page.parts["coverage"].detail.answers.frame,
        "backfill.cell_refused": lambda page: page.parts["coverage"].detail.bad_rows.frame,
        "backfill.schedules": _schedules,
        "backfill.instruments": _paged("instruments"),
        "backfill.refused": _paged("refused"),
        "catalog.catalogs": _live("catalogs"),
        "catalog.shelves": lambda page: page.parts["catalogs"].content.shelves.table.frame,
        "catalog.intervals": _intervals,
        "catalog.jobs": _jobs,
        **{f"system.{name}": _live(part) for name, part in
           {"sessions": "account", "users": "users", "keys": "keys", "shares": "links"}.items()},
        "system.versions": lambda page: page.workspace.system.versions(),
        "system.settings": _live("settings"),
        "system.audit": _live("audit"),
        "system.jobs": _live("jobs"),
    }
)  # fmt: skip
