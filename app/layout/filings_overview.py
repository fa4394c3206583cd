"""Overview of page `filings`: who the company is, its key figures and factors, and which companies are kept."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import panel as pn

from app.layout import rest_link
from app.layout.filings_part import FilingsPart
from app.layout.macro_sheet import Sheet
from app.views import filings as views
from app.views import filings_factors
from app.views import macro_chart as charts

_WIDE = {"flex": "2 1 560px", "min-width": "0", "width": "auto"}
_SIDE = {"flex": "1 1 300px", "min-width": "0", "width": "auto"}


_COMPUTED = "Factors are being computed of all that is stored; the first time it takes some seconds."


class Overview(FilingsPart):
    """Factors are a part of their own: they take a while the first time, and the rest does not wait for them."""

    def __init__(self, page: Any) -> None:
        self._card = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, styles=_SIDE, stylesheets=[CARD_CSS])
        self.figures = Sheet(views.FIGURES, rest="filings.figures", styles=_WIDE)
        self.kept = Sheet(views.KEPT, page.show_company, rest="filings.kept")
        both = pn.FlexBox(self._card, self.figures, gap="10px", sizing_mode="stretch_width", align_items="start")
        super().__init__(page, "The company", both)
        self.factors = Factors(page)
        self.layout = pn.Column(
            self._trouble.layout, self.factors.layout, self.kept, sizing_mode="stretch_width", margin=0,
            styles={"gap": "10px"},
        )  # fmt: skip

    def open(self) -> None:
        super().open()
        self.factors.open()

    def live(self) -> None:
        super().live()
        self.factors.live()

    def ask(self, as_of: int | None) -> Any:
        kept = self._filings.standing(as_of)
        if not self._cik:
            return None, None, "", kept
        empty = self._why_empty("facts")
        return self._filings.company(self._cik, as_of), self._filings.figures(self._cik, as_of), empty, kept

    def draw(self, told: Any, at: int) -> None:
        card, figures, empty, kept = told
        zone = self._page.zone
        self.kept.show([views.kept(kept, at, zone)], self._cik)
        self._card.visible = self.figures.visible = card is not None
        if card is not None:
            self._card.object = views.card(card, at, zone)
            self.figures.show([views.figures(figures, self._cik, at, zone, empty)])


class Factors(FilingsPart):
    """Which one's history is drawn lies on the page, and so in the URL."""

    def __init__(self, page: Any) -> None:
        self._factors = {one.key: one for one in page.workspace.filings.factors()}
        self._charted = self._listed = ""
        self.list = Sheet(filings_factors.FACTORS, self._choose, rest="filings.scores", styles=_WIDE)
        self._facts = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, stylesheets=[CARD_CSS])
        self._pane = pn.pane.Bokeh(None, name="filings.factor", sizing_mode="stretch_width", height=240, margin=0)
        button = rest_link.bar("filings.factor")
        self._side = pn.Column(self._facts, button, self._pane, margin=0, styles=_SIDE | {"gap": "8px"})
        both = pn.FlexBox(self.list, self._side, gap="10px", sizing_mode="stretch_width", align_items="start")
        super().__init__(page, "Factors", both)

    def choice(self) -> Hashable:
        return self._page.factor

    def open(self) -> None:
        if self._cik and self._cik != self._listed:
            self._listed = self._cik
            self.layout.visible = True
            self.list.show(filings_factors.listed(None, 0, "UTC", _COMPUTED))
        super().open()

    def ask(self, as_of: int | None) -> Any:
        if not self._cik:
            return None, None, None
        chosen = self._factors.get(self._page.factor)
        history = self._filings.factor(self._cik, chosen.key, as_of) if chosen else None
        return self._filings.scores(self._cik, as_of), chosen, history

    def draw(self, told: Any, at: int) -> None:
        scores, factor, history = told
        zone = self._page.zone
        self.layout.visible = scores is not None
        if scores is None:
            return
        is_fred = self._filings.uses_fred(scores.loc[scores["value"].notna(), "key"])
        notice = self._page.workspace.macro.notice if is_fred else ""
        none = "No factor of companies is declared."
        self.list.show(filings_factors.listed(scores, at, zone, none, notice), self._page.factor)
        self._side.visible = factor is not None
        if factor is None:
            return
        row = next((one for one in scores.to_dict("records") if one["key"] == factor.key), None)
        self._facts.object = filings_factors.facts(factor, row)
        if factor.key != self._charted:
            self._charted = factor.key
            self._chart = charts.time_chart(factor.units, is_step=True, height=240)
            self._pane.object = self._chart.plot
        charts.fill(self._chart.line, charts.line_columns(history, "ts_init", at))
        charts.fill(self._chart.levels, charts.level_columns(factor.levels, history))

    def _choose(self, key: str) -> None:
        self._page.factor = "" if key == self._page.factor else key


CARD_CSS = """
:host{padding:10px 12px;background:var(--nd-panel);border:1px solid var(--nd-line);border-radius:4px;
 box-sizing:border-box}
h3{margin:0 0 6px;font:600 15px/1.3 var(--nd-font);color:var(--nd-text)}h3 b{margin-left:8px;color:var(--nd-accent)}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:3px 14px;margin:0;
 font:12.5px/1.45 var(--nd-font);color:var(--nd-text)}
dt{color:var(--nd-muted)}dd{margin:0;overflow-wrap:anywhere}a{color:var(--nd-accent)}
"""
