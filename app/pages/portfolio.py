"""Portfolio: equity, positions marked by us, orders and fills of every trader on the bus."""

from __future__ import annotations

import time
from typing import Any

import pandas as pd
import panel as pn

from app.layout import rest_link, status
from app.layout.live_table import LiveTable
from app.layout.page import Page
from app.layout.status import Board
from app.views import performance, table
from app.views.cards import Card, Group, Tone
from nautilus_data.core.hidden import is_hidden

_READ_S = 1.0
_EQUITY_S = 5.0
_LIMIT = 200
_NO_EQUITY_YET = "The first point of the equity history is stored within a minute."
_NO_EQUITY_THEN = "No point of this run's equity was stored."


class Portfolio(Page):
    """Totals are the sum of the rows, per currency; nothing is converted without a named rate."""

    title = "Portfolio"
    shows_traders = True

    def __init__(self, workspace: Any, **params: Any) -> None:
        super().__init__(workspace, **params)
        self._read_at = self._equity_at = float("-inf")
        self._points: Any = None
        self._lines: tuple[str, ...] = ()
        self._newest: tuple[int, int] = (0, 0)
        self.selection.param.watch(self._change, ["trader", "run", "tz", "browser_zone"])
        self._board = Board()
        curve = {"name": "portfolio.equity", "sizing_mode": "stretch_width", "margin": 0}
        self._equity = pn.pane.HoloViews(None, height=260, **curve)
        self._drawdown = pn.pane.HoloViews(None, height=150, **curve)
        self._curves = pn.Column(status.loading("equity"), sizing_mode="stretch_width", margin=0)
        self.totals = LiveTable(
            table.TOTALS, ["currency"], "No account has told its balance yet.", rest="portfolio.totals"
        )
        self.accounts = LiveTable(
            table.ACCOUNTS, ["trader_id", "account_id", "currency"], "No account state came on the bus yet.",
            rest="portfolio.accounts",
        )  # fmt: skip
        self.positions = LiveTable(
            table.POSITIONS, ["trader_id", "position_id", "ts_opened"], "No open position.", rest="portfolio.positions"
        )  # fmt: skip
        self.orders = LiveTable(
            table.ORDERS,
            ["trader_id", "client_order_id"],
            "No order in this run yet.",
            page_size=15,
            rest="portfolio.orders",
        )
        self.fills = LiveTable(
            table.FILLS, ["trader_id", "event_id"], "No fill in this run yet.", page_size=15, rest="portfolio.fills"
        )  # fmt: skip

    def content(self) -> Any:
        self._show_all()
        sections = (
            ("totals", "Totals per currency", self.totals.layout),
            ("equity", "Equity, marked to the latest price", self._curves),
            ("positions", "Open positions", self.positions.layout),
            ("accounts", "Accounts", self.accounts.layout),
            ("orders", "Orders of the run, newest first", self.orders.layout),
            ("fills", "Fills of the run, newest first", self.fills.layout),
        )
        parts = [part for name, title, body in sections
                 for part in (rest_link.heading(title, f"portfolio.{name}"), body)]  # fmt: skip
        return pn.Column(self._board, *parts, sizing_mode="stretch_width", margin=0)

    def live(self) -> None:
        now = time.monotonic()
        if now - self._read_at >= _READ_S:
            self._show_tables()
        if now - self._equity_at >= _EQUITY_S:
            self._show_equity()

    def _change(self, *_: Any) -> None:
        if self.is_ready:
            self._show_all()

    def _show_all(self) -> None:
        self._show_tables()
        self._lines = ()
        self._show_equity()

    def _show_tables(self) -> None:
        self._read_at = time.monotonic()
        portfolio, whose = self.workspace.portfolio, self._whose()
        context = self._context()
        totals, positions, accounts = (
            portfolio.totals(**whose), portfolio.positions(**whose), portfolio.accounts(**whose)
        )  # fmt: skip
        traders = {name for frame in (positions, accounts) if len(frame) for name in frame["trader_id"]}
        is_old = any(map(self.is_stale, traders))
        self._board.show([Group("totals", "", tuple(self._cards(totals, positions, is_old)), kind="strip")])
        for shown, frame in (
            (self.totals, totals),
            (self.positions, positions),
            (self.accounts, accounts),
            (self.orders, portfolio.orders(limit=_LIMIT, **whose)),
            (self.fills, portfolio.fills(limit=_LIMIT, **whose)),
        ):
            shown.show(frame, context)

    def _show_equity(self) -> None:
        """Patch the curves when a point was added; draw them anew only when a line or the zone changed."""
        self._equity_at = time.monotonic()
        history = self.workspace.portfolio.equity(**self._whose())
        newest = (len(history), history["ts_event"].max() if len(history) else 0)
        lines = (self.zone, *self._whose().values(), *performance.labels(history))
        if history.empty:
            self._curves[:] = [status.empty(_NO_EQUITY_THEN if self.is_past else _NO_EQUITY_YET)]
        elif lines != self._lines:
            self._draw_equity(history)
        elif newest != self._newest:
            self._points.send(history)
        self._lines, self._newest = (() if history.empty else lines), newest

    def _draw_equity(self, history: pd.DataFrame) -> None:
        self._points, (self._equity.object, self._drawdown.object) = performance.moving(history, zone=self.zone)
        if self._equity not in self._curves.objects:
            self._curves[:] = [self._equity, self._drawdown]

    def _cards(self, totals: pd.DataFrame, positions: pd.DataFrame, is_old: bool) -> list[Card]:
        cards = [self._total_card(row, is_old) for row in totals.to_dict("records")]
        newest = int(positions["mark_ts"].max()) if len(positions) else 0
        cards.append(Card("open", "Open positions", str(len(positions)), note=self.selection.trader or "All traders"))
        age = "ago · " if newest else ""
        cards.append(Card("marks", "Newest mark", "" if newest else "none", since=newest,
                          note=f"{age}times in {self.zone}"))  # fmt: skip
        return cards

    def _total_card(self, row: dict[str, Any], is_old: bool) -> Card:
        profit = row["unrealized_pnl"]
        note = f"{table.money(profit, is_signed=True)} unrealized"
        tone = Tone.NONE if is_hidden(profit) else Tone.UP if (profit or 0) >= 0 else Tone.DOWN
        if self.is_past:
            note, tone = "as of the run's end", Tone.NONE
        elif is_old:
            note, tone = f"stale: {note}", Tone.WARN
        if row["unpriced"]:
            why = "were left open, with no mark" if self.is_past else "have no price: not in this sum"
            note, tone = f"{row['unpriced']} positions {why}", Tone.WARN
        return Card(f"equity {row['currency']}", f"Equity {row['currency']}", table.money(row["equity"]), tone, note)

    def _whose(self) -> dict[str, Any]:
        return {"trader_id": self.selection.trader_id, "run_id": self.selection.run_id}

    def _context(self) -> table.Context:
        known = self.workspace.market.instruments()
        precisions = dict(zip(known["instrument_id"], known["price_precision"], strict=True))
        return table.Context(now=self.snapshot.beat if self.snapshot else time.time_ns(), zone=self.zone,
                             precisions=precisions)  # fmt: skip


Portfolio.serve()
