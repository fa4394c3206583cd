"""Filings list and feed of page `filings`: what the company filed, and what all companies file now."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from app.layout.filings_part import FilingsPart
from app.layout.macro_sheet import Sheet
from app.views import filings_list as views

_FEED_FORMS = ("", "8-K", "10-K", "10-Q", "4", "13F-HR", "S-1", "DEF 14A", "SC 13D", "SC 13G", "20-F", "6-K")


class FilingList(FilingsPart):
    """Form and words lie on the page, and so in the URL."""

    def __init__(self, page: Any) -> None:
        self.sheet = Sheet(views.FILINGS, rest="filings.filings")
        super().__init__(page, "Filings", self.sheet)
        self.form = pmui.Select(label="Form", options={"all forms": ""}, value="", size="small", width=190, margin=0)
        self.text = pmui.TextInput(label="Words: items, description, accession", value=page.text, size="small",
                                   width=300, margin=0)  # fmt: skip
        self.form.param.watch(lambda event: page.param.update(form=event.new or ""), "value")
        self.text.param.watch(lambda event: page.param.update(text=event.new or ""), "value_input")
        bar = pn.FlexBox(self.form, self.text, gap="8px", sizing_mode="stretch_width", margin=(0, 0, 6, 0))
        self.layout = pn.Column(bar, self._trouble.layout, sizing_mode="stretch_width", margin=0)

    def choice(self) -> Hashable:
        return self._page.form, self._page.text

    def ask(self, as_of: int | None) -> Any:
        page, cik = self._page, self._cik
        empty = self._why_empty("filings")
        if not cik:
            return pd.DataFrame(), {}, empty
        forms = self._filings.forms(cik, as_of)
        found = self._filings.filings(cik, [page.form], text=page.text, as_of=as_of)
        return found, forms, "No filing is like this." if forms and (page.form or page.text) else empty

    def draw(self, told: Any, at: int) -> None:
        frame, forms, empty = told
        options = views.options(forms, self._page.form)
        if options != self.form.options:
            self.form.options = options
        self.form.value = self._page.form
        self.sheet.show([views.filings(frame, at, self._page.zone, empty)])


class Feed(FilingsPart):
    """Asked of EDGAR while it is in sight, each minute; it is of now, whatever day is chosen."""

    def __init__(self, page: Any) -> None:
        self.sheet = Sheet(views.FEED, page.show_company, rest="filings.feed")
        super().__init__(page, "The feed", self.sheet)
        forms = {form or "all forms": form for form in _FEED_FORMS}
        forms |= {page.feed_form: page.feed_form} if page.feed_form not in forms.values() else {}
        self.form = pmui.Select(label="Form", options=forms, value=page.feed_form, size="small", width=190, margin=0)
        self.form.param.watch(lambda event: page.param.update(feed_form=event.new or ""), "value")
        self.layout = pn.Column(self.form, self._trouble.layout, sizing_mode="stretch_width", margin=0,
                                styles={"gap": "6px"})  # fmt: skip

    def choice(self) -> Hashable:
        return self._page.feed_form

    def ask(self, as_of: int | None) -> Any:
        if reason := self._filings.refusal():
            return pd.DataFrame(), f"SEC EDGAR can’t be asked: {reason}"
        return self._filings.feed(self._page.feed_form), "Nothing of this form is in the feed."

    def draw(self, told: Any, at: int) -> None:
        frame, empty = told
        asked = max(at, frame.attrs.get("ts_asked", 0))
        self.sheet.show([views.feed(frame, asked, self._page.zone, empty)])
