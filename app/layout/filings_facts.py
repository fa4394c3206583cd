"""Facts of page `filings`: one concept over its periods beside the price, its values and their versions."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import rest_link
from app.layout.filings_part import FilingsPart
from app.layout.filings_statement import one_of
from app.layout.macro_sheet import Sheet
from app.views import filings_chart as charts
from app.views import filings_facts as views
from app.views import filings_statement
from app.views.macro_chart import fill
from nautilus_data.core.statements import CONCEPTS

_SIDE = {"flex": "1 1 440px", "min-width": "0", "width": "auto"}


class FactsView(FilingsPart):
    """What is chosen lies on the page, and so in the URL."""

    def __init__(self, page: Any) -> None:
        self._chosen = ""
        self._market = page.workspace.market
        self._chart = charts.fact_chart()
        self.sheet = Sheet(views.HISTORY, self._choose, rest="filings.fact", styles=_SIDE)
        self.versions = Sheet(filings_statement.VERSIONS, rest="filings.fact_versions", styles=_SIDE)
        pane = pn.pane.Bokeh(
            self._chart.plot, name="filings.fact", sizing_mode="stretch_width", height=charts.HEIGHT, margin=0
        )
        both = pn.FlexBox(self.sheet, self.versions, gap="10px", sizing_mode="stretch_width", align_items="start")
        super().__init__(page, "The facts", rest_link.bar("filings.fact"), pane, both)
        self.concept = pmui.Select(
            label="Line of a statement, or tag", options=views.options(CONCEPTS, (), page.concept), value=page.concept,
            size="small", width=340, margin=0, searchable=True,
        )  # fmt: skip
        self.concept.param.watch(lambda event: event.new and page.param.update(concept=event.new), "value")
        self.frequency = one_of("Periods", filings_statement.FREQUENCIES, page.frequency)
        self.frequency.param.watch(lambda event: event.new and page.param.update(frequency=event.new), "value")
        bar = pn.FlexBox(
            self.concept, self.frequency, gap="8px", align_items="center", sizing_mode="stretch_width",
            margin=(0, 0, 6, 0),
        )  # fmt: skip
        self.layout = pn.Column(bar, self._trouble.layout, sizing_mode="stretch_width", margin=0)

    @property
    def chosen(self) -> str:
        """Key of the value whose versions are shown; '' for none."""
        return self._chosen

    def choice(self) -> Hashable:
        return self._page.concept, self._page.frequency, self._chosen

    def ask(self, as_of: int | None) -> Any:
        page, cik = self._page, self._cik
        empty = self._why_empty("facts")
        tags = self._filings.tags(cik, as_of) if cik else []
        if not cik or not (page.concept in CONCEPTS or page.concept in tags):
            return None, None, tags, None, "", empty
        history = self._filings.fact(cik, page.concept, page.frequency, as_of)
        key = filings_statement.parse_key(self._chosen)
        is_mine = key is not None and key[0] == page.concept
        versions = self._filings.versions(cik, *key, as_of) if is_mine else None
        name, bars = self._price(cik, as_of)
        return history, versions, tags, bars, name, empty if not tags else "No period of it is known."

    def draw(self, told: Any, at: int) -> None:
        history, versions, tags, bars, name, empty = told
        page, zone = self._page, self._page.zone
        options = views.options(CONCEPTS, tags, page.concept)
        if options != self.concept.options:
            self.concept.options = options
        self.concept.value, self.frequency.value = page.concept, page.frequency
        shown = charts.NOTHING if history is None else history
        fill(self._chart.facts, charts.fact_columns(shown))
        fill(self._chart.price, charts.price_columns(bars))
        self._chart.axis.visible = bars is not None and len(bars) > 0
        self._chart.axis.axis_label = f"{name} close"
        self.sheet.show([views.history(shown, page.concept, self._cik, at, zone, empty)], self._chosen)
        title = CONCEPTS[page.concept].title if page.concept in CONCEPTS else page.concept
        self.versions.show([filings_statement.versions(versions, title, self._cik, zone, at)])

    def _price(self, cik: str, as_of: int | None) -> tuple[str, Any]:
        """The instrument of one of its tickers with bars, and its closes up to the day chosen."""
        tickers = [ticker.replace("-", ".") for ticker in self._filings.company(cik).told["tickers"]]
        names = self._market.instruments()["instrument_id"]
        by_symbol = {name.rpartition(".")[0].replace("-", "."): name for name in names}
        for name in (by_symbol[ticker] for ticker in tickers if ticker in by_symbol):
            for choice in self._market.choices(name)[:1]:
                bars = self._market.bars(name, "1-DAY", choice.source, choice.adjustment)
                return name, bars if as_of is None else bars[bars["ts_event"] <= as_of]
        return "", None

    def _choose(self, key: str) -> None:
        self._chosen = key
        self.open()
