"""Insiders and 13F holdings of page `filings`."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from app.layout import rest_link
from app.layout.filings_part import FilingsPart
from app.layout.macro_series import WORDS_CSS
from app.layout.macro_sheet import Sheet
from app.views import filings_holdings, filings_insiders
from app.views.macro_chart import fill


class Insiders(FilingsPart):
    """What insiders bought and sold, by quarter and trade by trade."""

    def __init__(self, page: Any) -> None:
        plot, self._source = filings_insiders.balance_chart()
        self._words = pn.pane.Str("", sizing_mode="stretch_width", margin=(2, 0, 4, 0), stylesheets=[WORDS_CSS])
        height = filings_insiders.HEIGHT
        pane = pn.pane.Bokeh(plot, name="filings.balance", sizing_mode="stretch_width", height=height, margin=0)
        self.sheet = Sheet(filings_insiders.TRADES, rest="filings.insiders")
        super().__init__(page, "Trades of insiders", self._words, rest_link.bar("filings.balance"), pane, self.sheet)

    def ask(self, as_of: int | None) -> Any:
        empty = self._why_empty("insider_trades")
        if not self._cik:
            return pd.DataFrame(), pd.DataFrame(), empty
        trades = self._filings.insider_trades(self._cik, as_of)
        return trades, self._filings.insider_balance(self._cik, as_of), empty

    def draw(self, told: Any, at: int) -> None:
        trades, balance, empty = told
        self._words.object = filings_insiders.balance_words(balance) if len(trades) else ""
        fill(self._source, filings_insiders.balance_columns(balance))
        self.sheet.show([filings_insiders.trades(trades, self._cik, at, self._page.zone, empty)])


class Holdings(FilingsPart):
    """What the company, as a manager, held."""

    def __init__(self, page: Any) -> None:
        self._quarter = 0
        self.sheet = Sheet(filings_holdings.HOLDINGS, rest="filings.holdings")
        super().__init__(page, "Holdings", self.sheet)
        self.quarter = pmui.Select(
            label="Quarter", options=filings_holdings.options([]), value=0, size="small", width=190, margin=0
        )
        self.quarter.param.watch(lambda event: self._choose(event.new), "value")
        self.layout = pn.Column(
            self.quarter, self._trouble.layout, sizing_mode="stretch_width", margin=0, styles={"gap": "6px"}
        )

    @property
    def chosen(self) -> int:
        """The quarter's last day (ns); 0: the newest."""
        return self._quarter

    def choice(self) -> Hashable:
        return self._quarter

    def ask(self, as_of: int | None) -> Any:
        cik = self._cik
        if not cik:
            return pd.DataFrame(), self._why_empty("holdings")
        frame = self._filings.holdings(cik, self._quarter or None, as_of)
        is_manager = self._filings.company(cik).is_manager
        return frame, self._why_empty("holdings") if is_manager else "It files no 13F: only managers of $100 m do."

    def draw(self, told: Any, at: int) -> None:
        frame, empty = told
        options = filings_holdings.options(frame.attrs.get("quarters", []))
        if options != self.quarter.options:
            self.quarter.options = options
        self.sheet.show([filings_holdings.holdings(frame, self._cik, at, self._page.zone, empty)])

    def _choose(self, quarter: int | None) -> None:
        self._quarter = quarter or 0
        self.open()
