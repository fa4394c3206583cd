"""Twins of pages overview, market, portfolio and engine."""

from __future__ import annotations

from typing import Any

from app.layout.twins.twin import Twin, whose
from app.views.rest_text import Asked, asked

_MOST_BARS = 100_000
_LIMIT = 200


def _bars(line: Any) -> Asked | None:
    """All bars of a line that lie where the chart stands."""
    if line is None:
        return None
    instrument, timeframe, source, adjustment = line.place
    return asked(
        "market-data/historical/bars", symbol=instrument, timeframe=timeframe, source=source, adjustment=adjustment,
        limit=_MOST_BARS,
    )  # fmt: skip


def _side(place: int) -> Twin:
    def ask(page: Any) -> Asked | None:
        sides = page.desk.sides
        return _bars(sides[place].pane.line) if place < len(sides) else None

    return Twin("Bars", ask, "No bars are shown on this chart.")


def _of_trader(path: str, **more: Any) -> Any:
    return lambda page: asked(path, trader_id=page.selection.trader_id, **more)


def _of_run(path: str, **more: Any) -> Any:
    return lambda page: asked(path, **whose(page), **more)


def _status(_: Any) -> Asked:
    return asked("status", has_rows=False)


TWINS = {
    "overview.latest": Twin("Latest values", _of_trader("market-data/latest")),
    "overview.rate": Twin("Entries a second", lambda page: asked("messagebus/rates", limit=_MOST_BARS)),
    "overview.bus": Twin("Message bus", lambda page: asked("messagebus/status", has_rows=False)),
    "overview.nodes": Twin("Nodes", _status),
    "overview.store": Twin("Store and worker", _status),
    "overview.sources": Twin("Sources", lambda page: asked("multi-datasource/status")),
    "overview.jobs": Twin("Jobs", lambda page: asked("jobs", limit=12)),
    "market.chart": Twin("Bars", lambda page: _bars(page.chart.line), "No bars are shown."),
    **{f"market.side{place + 1}": _side(place) for place in range(3)},
    "market.latest": Twin("Latest values", _of_trader("market-data/latest")),
    "portfolio.totals": Twin("Totals per currency", _of_run("portfolio/totals")),
    "portfolio.equity": Twin("Equity and drawdown", _of_run("portfolio/equity", limit=_MOST_BARS)),
    "portfolio.positions": Twin("Open positions", _of_run("portfolio/positions", sort="trader_id", limit=1_000)),
    "portfolio.accounts": Twin("Accounts", _of_run("portfolio/accounts")),
    "portfolio.orders": Twin("Orders", _of_run("portfolio/orders", sort="ts_last", descending=True, limit=_LIMIT)),
    "portfolio.fills": Twin("Fills", _of_run("portfolio/fills", sort="ts_event", descending=True, limit=_LIMIT)),
    "engine.run": Twin("Node", lambda page: asked("engine/status", has_rows=False)),
    "engine.pending": Twin("Commands on their way", lambda page: asked("engine/status", has_rows=False)),
    "engine.log": Twin("Log of the node", lambda page: asked("engine/logs")),
}
