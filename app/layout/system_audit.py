"""Audit of page `system`: who did what, newest first, and whether the log is as it was written."""

from __future__ import annotations

import html
import time
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from app.layout.commands import Commands
from app.layout.live_table import LiveTable
from app.layout.paged_table import BUILD_S
from app.layout.reading import Reading, Trouble
from app.layout.rest_link import bar
from app.layout.status import Board
from app.layout.system_request import Request
from app.views import system as views
from app.views import system_tables

_ROWS = 50
_EVERY_S = 2.0
_ANY = "any"
_OUTCOMES = [_ANY, "allowed", "refused", "failed"]


class Audit:
    """Pages are turned by numbers, so entries that come meanwhile move nothing."""

    def __init__(self, page: Any) -> None:
        self._page, self._audit = page, page.workspace.audit
        self._before: list[int] = []
        self.request = Request(page, "audit")
        self.actor, self.act, self.text = (
            pmui.TextInput(label=label, size="small", width=width, margin=0)
            for label, width in (("Who, exactly", 130), ("Act, exactly", 160), ("Any words", 200))
        )
        self.outcome = pmui.Select(label="Outcome", options=_OUTCOMES, value=_ANY, size="small", width=120, margin=0)
        self.commands = Commands(self._press)
        self.result = Board()
        self._csv = pn.pane.HTML("", margin=0, stylesheets=[_CSS])
        self.table = LiveTable(
            system_tables.AUDIT, ["seq"], "No entry by this filter.", build_s=BUILD_S, on_click=self.choose,
            rest="system.audit",
        )  # fmt: skip
        self.reading = Reading(self._read, _EVERY_S)
        trouble = self._trouble = Trouble("The audit log", self.reading, self.table.layout)
        filters = pn.FlexBox(
            self.actor, self.act, self.outcome, self.text, self.commands, self._csv,
            bar("system.audit", sizing_mode=None, margin=0), gap="8px", align_items="center",
            sizing_mode="stretch_width", margin=(0, 0, 8, 0),
        )  # fmt: skip
        self.layout = pn.Column(
            filters, self.request.layout, self.result, trouble.layout, sizing_mode="stretch_width", margin=0,
            styles={"gap": "6px"},
        )  # fmt: skip
        for field in (self.actor, self.act, self.text):
            field.param.watch(self._filter, "value_input")
        self.outcome.param.watch(self._filter, "value")

    @property
    def asked(self) -> dict[str, Any]:
        """The filter, as it is asked of the service and of REST; None: any."""
        told = {"actor": self.actor.value_input, "act": self.act.value_input, "text": self.text.value_input}
        outcome = None if self.outcome.value == _ANY else self.outcome.value
        found = {name: (value or "").strip() or None for name, value in told.items()}
        return {**found, "outcome": outcome, "correlation": self._page.correlation or None}

    def open(self) -> None:
        self.table.settle()
        self._before.clear()
        self.request.show()
        self.reading.now(self.show)

    def live(self) -> None:
        # An older page stands still.
        if not self._before:
            self.reading.live()
        self.show()

    def show(self) -> None:
        self._trouble.show()
        if self.reading.answer is None:
            return
        found = self.reading.answer
        self.table.show(found.head(_ROWS), self._page.context())
        self.commands.show(
            [
                ("newer", "Newer", "", bool(self._before)),
                ("older", "Older", "", len(found) > _ROWS),
                ("verify", "Verify the chain", "", True),
            ]
        )
        query = {name: value for name, value in self.asked.items() if value}
        address = f"api/v1/audit?{urlencode({**query, 'format': 'csv', 'limit': 1000})}"
        self._csv.object = f'<a href="{html.escape(address, quote=True)}" download="audit.csv">CSV, newest 1,000</a>'

    def choose(self, seq: int) -> None:
        """Offer what else was done for the request of this entry."""
        found = self.reading.answer
        rows = found[found["seq"] == seq].to_dict("records")
        if rows:
            self.request.choose(rows[0]["correlation"])

    def _press(self, command: str) -> None:
        if command == "verify":
            self._page.do("Verify the chain", self._audit.verify, self._tell)
            return
        if command == "older":
            self._before.append(int(self.reading.answer["seq"].iloc[_ROWS - 1]))
        elif self._before:
            self._before.pop()
        self.reading.now(self.show)

    def _tell(self, found: Any) -> None:
        self.result.show([views.verdict(found, time.time_ns(), self._page.zone)])
        self.reading.now(self.show)

    def _filter(self, *_: Any) -> None:
        self._before.clear()
        self.reading.now(self.show)

    def _read(self) -> pd.DataFrame:
        asked = self.asked
        before = self._before[-1] if self._before else None
        return self._audit.list(_ROWS + 1, before, **{**asked, "text": asked["text"] or ""})


_CSS = "a{color:var(--nd-accent);font:600 12px/1 var(--nd-font);padding:10px 4px;display:inline-block}"
