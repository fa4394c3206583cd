"""Market and portfolio: bars and fills, coverage, equity, positions and orders as they are stored."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import holoviews as hv
import pandas as pd
from bokeh.layouts import column

from app.layout.chart.model import stored_line, stored_model
from app.reports.document import Document, Fact, Facts, Figure, Part, Rows, Section, Strip, Words
from app.views import coverage, history, navigator, performance, price, table
from app.views.chart import ChartModel
from app.views.table import Context
from nautilus_data import Workspace
from nautilus_data.core.dataset import Series

TITLE = "Market and portfolio"
MOST_INSTRUMENTS = 12
MOST_BARS = 4_000
FIRST_BARS = 220
INDICATORS = "ema:length=20,rsi:length=14"
_ROWS = 50
_PACKAGES = ("nautilus-dashboard", "bokeh", "holoviews", "numpy", "pandas")
_NO_RUN = "No node has published to this store yet. Start the demo with: make serve. Then make the report again."


@dataclass
class _Digest:
    """Fingerprint of everything the report was made of, and the newest time in it."""

    _hash: Any = field(default_factory=hashlib.sha256)
    newest: int = 0

    def take(self, name: str, frame: pd.DataFrame, time: str = "") -> pd.DataFrame:
        self._hash.update(name.encode() + frame.to_csv(index=False, lineterminator="\n").encode())
        if time and len(frame):
            self.newest = max(self.newest, int(frame[time].max()))
        return frame

    @property
    def text(self) -> str:
        return self._hash.hexdigest()


@dataclass(frozen=True)
class _Held:
    """What the store holds, read once; the report is made of nothing else."""

    lines: dict[str, pd.DataFrame]
    models: dict[str, ChartModel]
    fills_by_instrument: dict[str, pd.DataFrame]
    left_out: int
    precisions: dict[str, int]
    covered: pd.DataFrame
    spans: pd.DataFrame
    latest: pd.DataFrame
    totals: pd.DataFrame
    equity: pd.DataFrame
    positions: pd.DataFrame
    accounts: pd.DataFrame
    orders: pd.DataFrame
    fills: pd.DataFrame
    traders: list[str]
    as_of: int
    digest: str


def make(
    workspace: Workspace, trader_id: str | None = None, instruments: Sequence[str] = (), zone: str = "UTC"
) -> Document:
    """The report of what is stored; nothing in it depends on when or where it is made."""
    held = _read(workspace, trader_id, instruments, zone)
    context = Context(now=held.as_of, zone=zone, precisions=held.precisions)
    sections = (
        Section("summary", "Summary", (_summary(held, context),)),
        Section("market", "Market", _market(held, context)),
        *(_chart(name, held, context) for name in held.lines),
        Section("coverage", "Coverage", _coverage(held, context)),
        Section("portfolio", "Portfolio", _portfolio(held, context)),
        Section("about", "About this report", _about(held, context, trader_id)),
    )
    as_of = f"Data as of {table.when(held.as_of, zone)} {zone}" if held.as_of else "No data"
    return Document(TITLE, as_of, "DEMO" if workspace.is_demo else "", sections)


def _read(workspace: Workspace, trader_id: str | None, instruments: Sequence[str], zone: str) -> _Held:
    digest, market, portfolio = _Digest(), workspace.market, workspace.portfolio
    known = market.instruments()
    names = list(instruments) or list(known["instrument_id"])
    chosen = {name: choices[0] for name in names if (choices := market.choices(name))}
    shown = dict(list(chosen.items())[:MOST_INSTRUMENTS])
    lines = {name: _bars(market, name, choice) for name, choice in shown.items()}
    models = {name: _model(workspace, name, choice, lines[name], zone) for name, choice in shown.items()}
    covered = digest.take("coverage", workspace.backfill.coverage())
    of_market = {
        "lines": {name: digest.take(name, bars, "ts_event") for name, bars in lines.items()},
        "models": models,
        "fills_by_instrument": {name: digest.take("fills", market.fills(name)) for name in lines},
        "left_out": len(chosen) - len(lines),
        "precisions": dict(zip(known["instrument_id"], known["price_precision"], strict=True)),
        "covered": covered,
        "spans": _spans(workspace.backfill, covered),
        "latest": digest.take("latest", market.latest(), "ts_received"),
    }
    of_portfolio = {
        "totals": digest.take("totals", portfolio.totals(trader_id)),
        "equity": digest.take("equity", portfolio.equity(trader_id), "ts_event"),
        "positions": digest.take("positions", portfolio.positions(trader_id=trader_id), "ts_last"),
        "accounts": digest.take("accounts", portfolio.accounts(trader_id), "ts_event"),
        "orders": digest.take("orders", portfolio.orders(limit=10_000, trader_id=trader_id), "ts_last"),
        "fills": digest.take("fills", portfolio.fills(limit=10_000, trader_id=trader_id), "ts_event"),
        "traders": portfolio.traders(),
    }
    return _Held(**of_market, **of_portfolio, as_of=digest.newest, digest=digest.text)


def _bars(market: Any, instrument_id: str, choice: Any) -> pd.DataFrame:
    return market.bars(instrument_id, choice.timeframe, choice.source, choice.adjustment, max_bars=MOST_BARS)


def _model(workspace: Workspace, instrument_id: str, choice: Any, bars: pd.DataFrame, zone: str) -> ChartModel:
    line = stored_line(workspace, instrument_id, choice.timeframe, choice.source, choice.adjustment)
    return stored_model(workspace, line, INDICATORS, frame=bars, zone=zone, max_bars=MOST_BARS)


def _spans(backfill: Any, covered: pd.DataFrame) -> pd.DataFrame:
    known = {_label(row): backfill.spans(_series(row)) for row in covered.to_dict("records")}
    return coverage.together(known)


def _series(row: dict[str, Any]) -> Series:
    return Series(**{name: row[name] for name in ("instrument_id", "source", "timeframe", "adjustment")})


def _label(row: dict[str, Any]) -> str:
    return f"{row['label']} {row['adjustment']} {row['source']}"


def _summary(held: _Held, context: Context) -> Part:
    money = [_equity_fact(row) for row in held.totals.to_dict("records")]
    bars, gaps = (int(held.covered[name].sum()) for name in ("rows", "gaps"))
    series = len(held.covered)
    return Strip(
        (
            *(money or [Fact("Equity", table.UNKNOWN, "no account is stored")]),
            Fact("Open positions", str(len(held.positions)), ", ".join(held.traders) or "no trader is stored"),
            Fact("Fills of the current run", f"{len(held.fills):,}", f"{len(held.orders):,} orders"),
            Fact("Instruments", str(len(held.lines) + held.left_out), f"{series} series of stored history"),
            Fact("Bars of history", f"{bars:,}", f"{gaps} gaps inside" if gaps else "no gap inside",
                 "caution" if gaps else ""),
        )
    )  # fmt: skip


def _equity_fact(row: dict[str, Any]) -> Fact:
    profit, unpriced = row["unrealized_pnl"], row["unpriced"]
    title, value = f"Equity {row['currency']}", table.money(row["equity"])
    if unpriced:
        return Fact(title, value, f"{unpriced} positions have no price: not in this sum", "caution")
    return Fact(title, value, f"{table.money(profit, is_signed=True)} unrealized")


def _market(held: _Held, context: Context) -> tuple[Part, ...]:
    if not held.lines:
        return (Words("No bars are stored yet. Backfill some: python -m nautilus_data backfill AAPL.NASDAQ", "empty"),)
    rows = Rows(history.summary(held.lines), history.FIELDS, context, "Last bars", "")
    if held.left_out:
        cut = f"{held.left_out} more instruments are stored; name some with --instrument."
        return Words(cut, "warn"), rows
    if held.latest.empty:
        return (rows,)
    return rows, Rows(held.latest, table.LATEST, context, "Latest values on the bus, ages at the report's time", "")


def _chart(instrument_id: str, held: _Held, context: Context) -> Section:
    model, fills = held.models[instrument_id], held.fills_by_instrument[instrument_id]
    chart = price.price_chart(model, fills)
    chart.show_last(FIRST_BARS)
    whole = navigator.navigator(chart)
    layout = column(*chart.figures, whole, sizing_mode="stretch_width", spacing=0)
    what = price.describe(held.lines[instrument_id].attrs)
    marks = f" · {len(fills):,} fills at their price: ▲ buy, ▼ sell" if len(fills) else ""
    holes = " · hatched where bars are missing" if model.holes else ""
    caption = f"{instrument_id}: {what} · times in {context.zone}{marks}{holes} · drag the band to move"
    height = chart.height + whole.height
    return Section(f"chart-{instrument_id}", instrument_id, (Figure(layout, caption, height),), level=3)


def _coverage(held: _Held, context: Context) -> tuple[Part, ...]:
    rows = Rows(held.covered, table.COVERAGE, context, "Series of stored history", "No backfill has stored a bar yet.")
    if held.covered.empty:
        return (rows,)
    plot = coverage.chart(held.spans, zone=context.zone)
    return Figure(plot, f"What is stored of each series, and what lacks · times in {context.zone}", plot.height), rows


def _portfolio(held: _Held, context: Context) -> tuple[Part, ...]:
    if not held.traders:
        return (Words(_NO_RUN, "empty"),)
    note = (
        f"The run each trader is in, or was in last. Prices are the last stored; ages are of {_as_of(held, context)}."
    )
    return (
        Words(note),
        Rows(held.totals, table.TOTALS, context, "Totals per currency", "No account has told its balance yet."),
        *_equity(held, context),
        Rows(held.positions, table.POSITIONS, context, "Open positions", "No position was open."),
        Rows(held.accounts, table.ACCOUNTS, context, "Accounts", "No account state was stored."),
        Rows(held.orders, table.ORDERS, context, "Orders", "No order in this run.", _ROWS),
        Rows(held.fills, table.FILLS, context, "Fills", "No fill in this run.", _ROWS),
    )


def _equity(held: _Held, context: Context) -> tuple[Part, ...]:
    if held.equity.empty:
        return (Words("No point of the equity history is stored yet.", "empty"),)
    curve = performance.equity(held.equity, zone=context.zone, height=260)
    fall = performance.drawdown(held.equity, zone=context.zone, height=140)
    times = f"times in {context.zone}"
    return (
        Figure(hv.render(curve, backend="bokeh"), f"Equity, marked to the price of its time · {times}", 260),
        Figure(hv.render(fall, backend="bokeh"), f"Fall from the highest equity so far, percent · {times}", 140),
    )


def _about(held: _Held, context: Context, trader_id: str | None) -> tuple[Part, ...]:
    lines = history.summary(held.lines)
    sources = sorted({*held.covered["source"], *(str(bars.attrs["source"]) for bars in held.lines.values())})
    versions = [f"Python {platform.python_version()}", *map(_package, _PACKAGES)]
    gaps = held.covered.loc[held.covered["gaps"] > 0, "label"]
    rows = (
        ("Data as of", _as_of(held, context)),
        ("Bars from", ", ".join(sources) or "none stored"),
        ("Lines shown", "; ".join(f"{row.instrument_id} {row.line}" for row in lines.itertuples()) or "none"),
        ("Gaps", "; ".join(gaps) or "none inside what is covered"),
        ("Traders", trader_id or ", ".join(held.traders) or "none stored"),
        ("Data fingerprint", f"SHA-256 {held.digest}"),
        ("Made by", f"python -m app.reports, on {', '.join(versions)}"),
        ("Network", "none: the file holds all it shows and loads nothing"),
    )
    return (Facts(rows),)


def _as_of(held: _Held, context: Context) -> str:
    return f"{table.when(held.as_of, context.zone)} {context.zone}" if held.as_of else "no data"


def _package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} from a checkout"
