"""Paged table: thousands of rows told a page at a time; filter, order and page are asked of the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from app.layout import rest_link
from app.layout.commands import Commands
from app.layout.live_table import LiveTable
from app.layout.reading import Reading, Trouble
from app.views.table import Context, Field

PAGE_SIZE = 50
# A busy browser needs that long to build a table; rows that come meanwhile make it fail.
BUILD_S = 3.0
_ORDER_S = 5.0


class PagedTable:
    """`ask(match=, sort=, descending=, limit=, offset=)` answers rows and how many there are in all."""

    def __init__(
        self,
        fields: Sequence[Field],
        key: str,
        empty: str,
        ask: Callable[..., tuple[pd.DataFrame, int]],
        sorts: Mapping[str, tuple[str, bool]],
        *,
        rest: str = "",
        label: str = "Filter",
        on_click: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self._ask, self._sorts, self._key, self._on_click = ask, sorts, key, on_click
        self._offset, self._order, self._ordered_at = 0, [], float("-inf")
        self._context = Context()
        self.table = LiveTable(
            fields, [key], empty, rest=rest, build_s=BUILD_S, on_click=self._click if on_click else None
        )  # fmt: skip
        self.reading = Reading(self._read)
        self._make_controls(label)
        self._trouble = Trouble("Rows", self.reading, self.table.layout)
        bar = pn.FlexBox(
            self.match, self.sort, self.pager, self._where, *_button(rest), gap="8px", align_items="center",
            sizing_mode="stretch_width", margin=(0, 0, 8, 0),
        )  # fmt: skip
        self.layout = pn.Column(bar, self._trouble.layout, sizing_mode="stretch_width", margin=0)

    def open(self, context: Context) -> None:
        """It was put in place: ask, and show what comes."""
        self._context = context
        self.table.settle()
        self.reading.now(self.show)

    def live(self, context: Context) -> None:
        """One tick: ask when it is time, show what is there."""
        self._context = context
        self.reading.live()
        self.show()

    def ask_anew(self, *_: Any) -> None:
        """Another filter or order begins at the first page."""
        self._offset = 0
        self._turn()

    @property
    def asked(self) -> dict[str, Any]:
        """Filter and order, as they are asked."""
        column, descending = self._sorts[self.sort.value]
        return {"match": self.match.value_input.strip(), "sort": column, "descending": descending}

    def show(self) -> None:
        if self.reading.answer is not None:
            self._show_rows(*self.reading.answer)
        self._trouble.show()

    def _show_rows(self, frame: pd.DataFrame, total: int) -> None:
        self._show_where(len(frame), total)
        frame = self._in_order(frame)
        self.table.show(frame, self._context)
        self._order = list(frame[self._key]) if len(frame) else []

    def _in_order(self, frame: pd.DataFrame) -> pd.DataFrame:
        now = self._context.now / 1e9
        if 0 <= now - self._ordered_at < _ORDER_S:
            return _kept_order(self._order, frame, self._key)
        self._ordered_at = now
        return frame

    def _read(self) -> tuple[pd.DataFrame, int]:
        return self._ask(**self.asked, limit=PAGE_SIZE, offset=self._offset)

    def _turn(self, pages: int = 0) -> None:
        self._offset = max(0, self._offset + pages * PAGE_SIZE)
        self._ordered_at = float("-inf")
        self.reading.now(self.show)

    def _show_where(self, count: int, total: int) -> None:
        if not count and self._offset:
            # What is left has fewer pages than the one looked at.
            self._offset = 0
        end = self._offset + count
        text = f"{self._offset + 1 if count else 0:,} to {end:,} of {total:,}"
        if self._where.object != text:
            self._where.object = text
        self.pager.show([("back", "Back", "", self._offset > 0), ("next", "Next", "", end < total)])

    def _click(self, key: Any) -> None:
        frame, _ = self.reading.answer
        rows = frame[frame[self._key] == key].to_dict("records")
        if rows:
            self._on_click(rows[0])

    def _make_controls(self, label: str) -> None:
        names = list(self._sorts)
        self.match = pmui.TextInput(label=label, size="small", width=300, margin=0)
        self.sort = pmui.Select(label="Order", options=names, value=names[0], size="small", width=190, margin=0)
        self.pager = Commands(lambda key: self._turn(1 if key == "next" else -1), width=124)
        self._where = pn.pane.Str("", margin=(0, 4), stylesheets=[_CSS])
        self.match.param.watch(self.ask_anew, "value_input")
        self.sort.param.watch(self.ask_anew, "value")


def _button(rest: str) -> list[Any]:
    return [rest_link.bar(rest, sizing_mode=None, margin=0)] if rest else []


def _kept_order(before: Sequence[Any], frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """The same rows in the order they were shown in, so that they don't jump under the mouse."""
    if len(before) != len(frame) or set(before) != set(frame[key]):
        return frame
    return frame.set_index(key, drop=False).loc[list(before)].reset_index(drop=True)


_CSS = "pre{margin:0;font:13px/1.4 var(--nd-font);font-variant-numeric:tabular-nums;color:var(--nd-muted)}"
