"""Overview: how bus, store, worker, nodes, sources and jobs stand."""

from __future__ import annotations

from typing import Any

import panel as pn
import param

from app.layout import rest_link
from app.layout.page import Page
from app.layout.permission import may
from app.layout.status import Board
from app.views import cards


class OverviewPage(Page):
    """Status cards, the rate of the bus, latest values; all of them, or those of the trader selected."""

    title = "Overview"
    shows_traders = True

    def content(self) -> Any:
        self._board = Board(on_action=self._act if may(self.workspace, "bus.reconnect") else None)
        self._strip = Board()
        plot, self._points = cards.rate_line(self.snapshot.beat // 1_000_000, self.snapshot.bus.rate)
        chart = pn.pane.Bokeh(plot, name="overview.rate", sizing_mode="stretch_width", height=110, margin=0)
        button = rest_link.bar("overview.rate", margin=(0, 0, -12, 0))
        return pn.Column(
            self._strip, button, chart, self._board, sizing_mode="stretch_width", margin=0, styles={"gap": "12px"}
        )

    def live(self) -> None:
        bus, status = self.snapshot.bus, self.snapshot.status
        self._stream(bus.rate)
        trader = self.selection.trader_id
        self._strip.show([cards.latest(self.workspace.market.latest(trader, self.is_stale), self.zone)])
        if status:
            nodes = [node for node in status["nodes"] if trader in (None, node.trader_id)]
            self._board.show(cards.overview({**status, "bus": bus, "nodes": nodes}, self.zone, self.snapshot.problem))

    @param.depends("selection.trader", "selection.tz", "selection.browser_zone", watch=True)
    def _on_selection(self) -> None:
        if self.is_ready:
            self.live()

    def _stream(self, rate: float) -> None:
        """One point a second, however often values come."""
        second = self.snapshot.beat // 1_000_000_000
        if second * 1000 > self._points.data["second"][-1]:
            self._points.stream({"second": [second * 1000], "rate": [rate]}, rollover=cards.RATE_POINTS)

    def _act(self, key: str) -> None:
        if key == "bus":
            self.workspace.bus.reconnect()


OverviewPage.serve()
