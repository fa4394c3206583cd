"""OpenBB widgets: which of our tables OpenBB Workspace shows, each described from the API's own description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from app.server.openbb_schema import Described, Route, column, parameter

PREFIX = "/api/v1/openbb"
_LIVE_MS, _SLOW_MS = 5_000, 300_000
_WIDE, _HALF, _TALL = 40, 20, 14
_CANDLES = "candlestick"
_PAPER = {"dark": ("#151518", "#d5d7dc"), "light": ("#ffffff", "#333333")}
# By the name of a parameter: the list somebody chooses from.
OPTIONS: Mapping[str, str] = MappingProxyType(
    {name: f"{PREFIX}/options/{name}" for name in ("instrument_id", "trader", "trader_id", "series_id", "cik", "key")}
)


@dataclass(frozen=True)
class Chart:
    """How rows are drawn: the column `x`, and those over it."""

    kind: str
    x: str
    y: tuple[str, ...]


@dataclass(frozen=True)
class Widget:
    """A table of ours in Workspace, drawn where it has a chart.

    `values` are chosen at first, `needs` is a parameter that must be chosen though its route does not say so.
    """

    name: str
    title: str
    path: str
    category: str
    chart: Chart | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    needs: str = ""
    is_live: bool = False
    width: int = _HALF
    height: int = _TALL

    @property
    def is_figure(self) -> bool:
        """Is it drawn by us? Workspace draws the others."""
        return self.chart is not None and self.chart.kind == _CANDLES

    @property
    def endpoint(self) -> str:
        return f"{PREFIX}/{self.name}"

    @property
    def key(self) -> str:
        """As Workspace names it after its endpoint."""
        return self.endpoint.strip("/").replace("/", "_")


_TRADING, _MACRO, _FILINGS, _OPERATIONS = "Trading", "Macro", "Filings", "Operations"
_API, _INSTRUMENT, _DAILY = "/api/v1", "instrument_id", MappingProxyType({"timeframe": "1-DAY"})
_BARS, _PORTFOLIO, _BUS = f"{_API}/market-data/historical/bars", f"{_API}/portfolio", f"{_API}/messagebus"
_ECONOMY, _COMPANY = f"{_API}/macro", f"{_API}/edgar/companies/{{cik}}"
_PRICES = Chart(_CANDLES, "ts_event", ("open", "high", "low", "close"))
_VALUES = Chart("line", "ts_event", ("value",))
_BY_PERIOD, _EARNED = Chart("column", "ts_event", ("value",)), MappingProxyType({"concept": "revenue"})
WIDGETS: tuple[Widget, ...] = (
    Widget("candles", "Candles", _BARS, _TRADING, _PRICES, _DAILY, _INSTRUMENT, width=_WIDE),
    Widget("latest", "Latest values", f"{_API}/market-data/latest", _TRADING, is_live=True),
    Widget("positions", "Positions", f"{_PORTFOLIO}/positions", _TRADING, is_live=True),
    Widget("orders", "Orders", f"{_PORTFOLIO}/orders", _TRADING, is_live=True),
    Widget("fills", "Fills", f"{_PORTFOLIO}/fills", _TRADING, is_live=True),
    Widget("equity", "Equity", f"{_PORTFOLIO}/equity", _TRADING, Chart("line", "ts_event", ("equity",)), is_live=True),
    Widget("accounts", "Accounts", f"{_PORTFOLIO}/accounts", _TRADING, is_live=True),
    Widget("totals", "Totals", f"{_PORTFOLIO}/totals", _TRADING, is_live=True),
    Widget("trips", "Round trips", f"{_PORTFOLIO}/round-trips", _TRADING),
    Widget("bars", "Bars", _BARS, _TRADING, None, _DAILY, _INSTRUMENT, width=_WIDE),
    Widget("series", "Macro series", f"{_ECONOMY}/series", _MACRO, width=_WIDE),
    Widget("observations", "A macro series", f"{_ECONOMY}/series/{{series_id}}", _MACRO, _VALUES),
    Widget("curve", "Treasury curve", f"{_ECONOMY}/curve", _MACRO, Chart("line", "years", ("value",))),
    Widget("scores", "Macro factors", f"{_ECONOMY}/scores", _MACRO, width=_WIDE),
    Widget("factor", "A macro factor", f"{_ECONOMY}/factors/{{key}}", _MACRO, _VALUES),
    Widget("regimes", "Regimes", f"{_ECONOMY}/regimes", _MACRO),
    Widget("calendar", "Releases to come", f"{_ECONOMY}/calendar", _MACRO, width=_WIDE),
    Widget("filings", "Filings", f"{_COMPANY}/filings", _FILINGS, width=_WIDE),
    Widget("figures", "Key figures", f"{_COMPANY}/figures", _FILINGS),
    Widget(
        "facts", "A fact over time", f"{_COMPANY}/facts", _FILINGS, Chart("column", "ts_event", ("value",)), _EARNED
    ),
    Widget("statements", "Statements", f"{_COMPANY}/statements", _FILINGS, width=_WIDE),
    Widget("insiders", "Insiders' trades", f"{_COMPANY}/insiders", _FILINGS),
    Widget("company_factors", "A company's factors", f"{_COMPANY}/factors", _FILINGS),
    Widget("holdings", "Holdings of a manager", f"{_COMPANY}/holdings", _FILINGS, width=_WIDE),
    Widget("sources", "Sources", f"{_API}/multi-datasource/status", _OPERATIONS, is_live=True, width=_WIDE),
    Widget("quotas", "Quotas", f"{_API}/multi-datasource/quotas", _OPERATIONS, is_live=True),
    Widget("components", "Components", f"{_API}/system/components", _OPERATIONS, is_live=True),
    Widget("streams", "Streams of the bus", f"{_BUS}/streams", _OPERATIONS, is_live=True, width=_WIDE),
    Widget("incidents", "Incidents of the bus", f"{_BUS}/incidents", _OPERATIONS, is_live=True),
    Widget("jobs", "Jobs", f"{_API}/jobs", _OPERATIONS, is_live=True),
    Widget("coverage", "Coverage", f"{_API}/historical/backfill/coverage", _OPERATIONS, width=_WIDE),
)


def widgets(description: Described, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """All widgets as widgets.json has them; `values`: what is chosen at first, by the name of a parameter."""
    return {widget.key: _described(widget, Route(description, widget.path), values) for widget in WIDGETS}


def _described(widget: Widget, route: Route, values: Mapping[str, Any]) -> dict[str, Any]:
    asked = list(route.parameters())
    needed = {one["name"] for one in asked if one.get("required")} | {widget.needs}
    chosen = {name: value for name, value in values.items() if name in needed} | dict(widget.values)
    refresh_ms = _LIVE_MS if widget.is_live else _SLOW_MS
    found = {
        "name": widget.title, "description": route.about or widget.title, "category": "Nautilus dashboard",
        "subCategory": widget.category, "type": "chart" if widget.is_figure else "table",
        "endpoint": widget.endpoint.lstrip("/"), "gridData": {"w": widget.width, "h": widget.height},
        "params": [parameter(one, OPTIONS, chosen) for one in asked],
        "source": ["Nautilus dashboard"], "refetchInterval": refresh_ms, "staleTime": refresh_ms,
    }  # fmt: skip
    if widget.is_figure:
        return {**found, "raw": True}
    return {**found, "data": {"table": _table(widget.chart, route)}}


def _table(chart: Chart | None, route: Route) -> dict[str, Any]:
    columns = [column(name, one) for name, one in route.fields().items()]
    columns[0]["pinned"] = "left"
    found = {"enableCharts": True, "showAll": True, "columnsDefs": columns}
    if chart is None:
        return found
    for one in columns:
        if one["field"] not in (chart.x, *chart.y):
            one["chartDataType"] = "excluded"
        elif one["field"] == chart.x and one["chartDataType"] == "series":
            one["chartDataType"] = "category"
    drawn = {"enabled": True, "chartType": chart.kind, "cellRangeCols": {chart.kind: [chart.x, *chart.y]}}
    return {**found, "chartView": drawn}


def figure(chart: Chart, rows: list[dict[str, Any]], theme: str) -> dict[str, Any]:
    """Rows as a figure of Plotly."""
    paper, ink = _PAPER.get(theme, _PAPER["dark"])
    trace = {"type": chart.kind, "x": [row[chart.x] for row in rows]}
    trace |= {name: [row[name] for row in rows] for name in chart.y}
    axis = {"gridcolor": "rgba(128, 128, 128, 0.2)"}
    layout = {
        "paper_bgcolor": paper, "plot_bgcolor": paper, "font": {"color": ink}, "showlegend": False,
        "xaxis": {**axis, "rangeslider": {"visible": False}}, "yaxis": {**axis, "side": "right"},
        "margin": {"l": 10, "r": 60, "t": 10, "b": 40},
    }  # fmt: skip
    return {"data": [trace], "layout": layout}
