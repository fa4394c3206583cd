"""Statements of page `filings`: three statements by year, quarter or twelve months, versions, restatements."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout.filings_part import FilingsPart
from app.layout.macro_sheet import Sheet
from app.views import filings_statement as views
from nautilus_data.core.statements import CONCEPTS


class Statements(FilingsPart):
    """Which one lies on the page, and so in the URL."""

    def __init__(self, page: Any) -> None:
        self._chosen = ""
        self.sheet = Sheet([], self._choose, rest="filings.statement")
        self.versions = Sheet(views.VERSIONS, rest="filings.versions")
        self.restated = Sheet(views.RESTATED, rest="filings.restatements")
        super().__init__(page, "The statement", self.sheet, self.versions, self.restated)
        self.kind = one_of("Statement", views.KINDS, page.kind)
        self.frequency = one_of("Periods", views.FREQUENCIES, page.frequency)
        for widget, name in ((self.kind, "kind"), (self.frequency, "frequency")):
            widget.param.watch(lambda event, name=name: event.new and page.param.update(**{name: event.new}), "value")
        bar = pn.FlexBox(self.kind, self.frequency, gap="8px", sizing_mode="stretch_width", margin=(0, 0, 6, 0))
        self.layout = pn.Column(bar, self._trouble.layout, sizing_mode="stretch_width", margin=0)

    @property
    def chosen(self) -> str:
        """Key of the value whose versions are shown; '' for none."""
        return self._chosen

    def choice(self) -> Hashable:
        return self._page.kind, self._page.frequency, self._chosen

    def ask(self, as_of: int | None) -> Any:
        page, cik = self._page, self._cik
        empty = self._why_empty("facts")
        if not cik:
            return None, None, None, empty
        key = views.parse_key(self._chosen)
        versions = self._filings.versions(cik, *key, as_of) if key else None
        told = self._filings.statement(cik, page.kind, page.frequency, as_of)
        return told, versions, self._filings.restatements(cik, as_of), empty

    def draw(self, told: Any, at: int) -> None:
        statement, versions, restated, empty = told
        page, zone = self._page, self._page.zone
        self.kind.value, self.frequency.value = page.kind, page.frequency
        if statement is None:
            self.sheet.show([views.Section("", (), "", empty)], columns=[])
            return
        columns, section = views.statement(statement, zone, empty)
        self.sheet.show([section], columns=columns)
        self.versions.show([views.versions(versions, _named(self._chosen), self._cik, zone, at)])
        self.restated.show([views.restated(restated, self._cik, zone, at, "None is known.")])

    def _choose(self, key: str) -> None:
        self._chosen = key
        self.open()


def one_of(label: str, options: dict[str, str], value: str) -> pmui.Select:
    """One of a few."""
    return pmui.Select(
        label=label,
        options={title: key for key, title in options.items()},
        value=value,
        size="small",
        width=170,
        margin=0,
    )


def _named(key: str) -> str:
    parsed = views.parse_key(key)
    if parsed is None:
        return ""
    title = CONCEPTS[parsed[0]].title if parsed[0] in CONCEPTS else parsed[0]
    return f"{title}, {views.span(*parsed[1:])}"
