"""Logs of page `system`: the newest lines of all processes, as they come."""

from __future__ import annotations

from typing import Any

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

_ROWS = 100
_EVERY_S = 1.0
_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"]
_ANY = "all"


class Logs:
    """Follows what is written until a person holds it or looks at older lines."""

    def __init__(self, page: Any) -> None:
        self._page, self._logs = page, page.workspace.logs
        self._before: list[int] = []
        self._is_held = False
        self.request = Request(page, "logs")
        self.level = pmui.Select(
            label="Level, or above", options=_LEVELS, value="INFO", size="small", width=130, margin=0
        )
        self.role = pmui.Select(label="Process", options=[_ANY], value=_ANY, size="small", width=120, margin=0)
        self.text = pmui.TextInput(label="Any words", size="small", width=240, margin=0)
        self.commands = Commands(self._press)
        self.line = Board()
        self.table = LiveTable(
            system_tables.LOGS, ["key"], "No line by this filter.", build_s=BUILD_S, on_click=self.choose,
            rest="system.logs",
        )  # fmt: skip
        self.reading = Reading(self._read, _EVERY_S)
        trouble = self._trouble = Trouble("The log", self.reading, self.table.layout)
        filters = pn.FlexBox(
            self.level, self.role, self.text, self.commands, bar("system.logs", sizing_mode=None, margin=0), gap="8px",
            align_items="center", sizing_mode="stretch_width", margin=(0, 0, 8, 0),
        )  # fmt: skip
        self.layout = pn.Column(
            filters, self.request.layout, self.line, trouble.layout, sizing_mode="stretch_width", margin=0,
            styles={"gap": "6px"},
        )  # fmt: skip
        self.text.param.watch(self._filter, "value_input")
        for chosen in (self.level, self.role):
            chosen.param.watch(self._filter, "value")

    @property
    def asked(self) -> dict[str, Any]:
        """The filter, as it is asked of the service and of REST; None: any."""
        role = None if self.role.value == _ANY else self.role.value
        text = (self.text.value_input or "").strip() or None
        return {"level": self.level.value, "role": role, "text": text, "correlation": self._page.correlation or None}

    def open(self) -> None:
        self.table.settle()
        self._before.clear()
        self.request.show()
        self.reading.now(self.show)

    def live(self) -> None:
        if not self._is_held and not self._before:
            self.reading.live()
        self.show()

    def show(self) -> None:
        self._trouble.show()
        if self.reading.answer is None:
            return
        found, roles = self.reading.answer
        offered = [_ANY, *roles]
        if offered != self.role.options:
            self.role.options = offered
        self.table.show(found.head(_ROWS), self._page.context())
        is_still = self._is_held or bool(self._before)
        self.commands.show(
            [
                ("follow", "Follow" if is_still else "Hold", "", True),
                ("newer", "Newer", "", bool(self._before)),
                ("older", "Older", "", len(found) > _ROWS),
            ]
        )

    def choose(self, key: str) -> None:
        """Show the whole line; offer what else was done for its request."""
        found, _ = self.reading.answer
        rows = found[found["key"] == key].to_dict("records")
        if rows:
            self._is_held = True
            self.line.show([views.whole_line(rows[0], self._page.zone)])
            self.request.choose(rows[0]["correlation"])
            self.show()

    def _press(self, command: str) -> None:
        if command == "follow":
            self._is_held = not (self._is_held or self._before)
            self._before.clear()
            self.line.show([])
        elif command == "older":
            self._before.append(int(self.reading.answer[0]["ts"].iloc[_ROWS - 1]))
        elif self._before:
            self._before.pop()
        self.reading.now(self.show)

    def _filter(self, *_: Any) -> None:
        self._before.clear()
        self.reading.now(self.show)

    def _read(self) -> tuple[pd.DataFrame, list[str]]:
        before = self._before[-1] if self._before else None
        asked = {name: value or "" for name, value in self.asked.items()}
        found = self._logs.tail(_ROWS + 1, asked["level"], asked["role"], asked["text"], asked["correlation"], before)
        return views.keyed(found), self._logs.roles()
