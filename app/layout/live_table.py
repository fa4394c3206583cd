"""Live table: made once, then changed cells are patched; rows are sent anew only when rows came or went."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import panel as pn

from app.layout import status
from app.views import table
from app.views.table import Context, Field

_ROW_HEIGHT = 30
_REPLACE_S = 1.0
_CSS = """
:host{min-width:0}
.tabulator{font:13px/1.4 var(--nd-font);font-variant-numeric:tabular-nums;background:var(--nd-panel);
 border:1px solid var(--nd-line);border-radius:4px;color:var(--nd-text)}
.tabulator .tabulator-header,.tabulator .tabulator-header .tabulator-col{background:var(--nd-panel);
 color:var(--nd-muted);border-color:var(--nd-line);font-weight:600;font-size:12px}
.tabulator .tabulator-tableholder,.tabulator .tabulator-tableholder .tabulator-table{
 background:var(--nd-panel);color:inherit}
.tabulator .tabulator-row,.tabulator .tabulator-row.tabulator-row-even{background:var(--nd-panel);color:var(--nd-text);
 border-bottom:1px solid var(--nd-line);min-height:0}
.tabulator .tabulator-row .tabulator-cell{border-color:transparent;padding:5px 10px;font-size:13px;line-height:20px}
.tabulator .tabulator-header .tabulator-col .tabulator-col-content{padding:6px 10px}
.tabulator .tabulator-row.tabulator-selectable:hover,.tabulator .tabulator-row.tabulator-selected,
.tabulator .tabulator-row.tabulator-selected:hover{background:var(--nd-raised)!important;color:var(--nd-text)!important}
.tabulator .tabulator-row.tabulator-selected{box-shadow:inset 3px 0 0 var(--nd-accent)}
.tabulator .tabulator-footer{background:var(--nd-panel);color:var(--nd-muted);border-color:var(--nd-line)}
.tabulator .tabulator-footer .tabulator-page{color:var(--nd-muted);background:none;border-color:var(--nd-line)}
.tabulator .tabulator-footer .tabulator-page.active{color:var(--nd-accent)}
"""


class LiveTable:
    """Shows rows told apart by `key`; `layout` is what a page places. Empty, it says `empty`.

    `rest` is the key of its rows among the twins of REST; the button stands in the heading above it.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        key: Sequence[str],
        empty: pn.Column | str,
        *,
        rest: str = "",
        page_size: int = 0,
        build_s: float = _REPLACE_S,
        on_click: Callable[[Any], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fields, self._key, self._clock = fields, list(key), clock
        self._page_size, self._build_s, self._on_click = page_size, build_s, on_click
        self.rest = rest
        self.frame = pd.DataFrame()
        self._shown = table.render(pd.DataFrame(), fields, Context())
        self._replaced_at = float("-inf")
        self._empty = status.empty(empty) if isinstance(empty, str) else empty
        self.widget: pn.widgets.Tabulator | None = None
        self.layout = pn.Column(self._empty, sizing_mode="stretch_width", margin=0)

    @property
    def shown(self) -> pd.DataFrame:
        """What is on screen, as text."""
        return self._shown

    def show(self, frame: pd.DataFrame, context: Context) -> None:
        """Show these rows; for a second after new rows came, nothing is sent."""
        self.frame = frame
        if self._clock() - self._replaced_at < _REPLACE_S:
            # The browser is still building rows: what is sent to it now may get lost.
            return
        rows = frame.set_index(self._keys_of(frame), drop=False) if len(frame) else pd.DataFrame()
        rendered = table.render(rows, self._fields, context)
        patches = table.changed_cells(self._shown, rendered)
        if patches is None:
            self._replace(rendered)
        elif patches:
            self.widget.patch(patches, as_index=False)
            self._shown = rendered

    def settle(self) -> None:
        """The browser builds the table anew, as when it is put in place again: send nothing until it has."""
        if self.widget is not None:
            self._replaced_at = self._clock() + self._build_s - _REPLACE_S

    def select(self, key: Any) -> None:
        """Mark the row of a key."""
        places = [place for place, known in enumerate(self._shown.index) if known == key]
        if self.widget is not None and places != self.widget.selection:
            self.widget.selection = places

    def _keys_of(self, frame: pd.DataFrame) -> pd.Index:
        if len(self._key) == 1:
            return pd.Index(frame[self._key[0]], dtype=object)
        return pd.Index(list(frame[self._key].itertuples(index=False, name=None)), tupleize_cols=False)

    def _replace(self, rendered: pd.DataFrame) -> None:
        self._replaced_at, self._shown = self._clock(), rendered
        if rendered.empty:
            self.widget = None
            self.layout[:] = [self._empty]
        elif self.widget is None:
            # Made with its rows: a table that is filled while it is being built fails in the browser.
            self.widget = self._make(rendered.reset_index(drop=True))
            self.layout[:] = [self.widget]
            self.settle()
        else:
            self.widget.value = rendered.reset_index(drop=True)

    def _make(self, value: pd.DataFrame) -> pn.widgets.Tabulator:
        paged = {"pagination": "local", "page_size": self._page_size} if self._page_size else {}
        widths = {field.title: field.width for field in self._fields if field.width}
        align = {field.title: "right" if field.is_number else "left" for field in self._fields}
        widget = pn.widgets.Tabulator(
            value, show_index=False, disabled=True, selectable=1 if self._on_click else False,
            layout="fit_data_stretch", text_align=align, header_align=align, sortable=False, row_height=_ROW_HEIGHT,
            widths=widths,
            sizing_mode="stretch_width", margin=0, stylesheets=[_CSS], **paged,
        )  # fmt: skip
        if self._on_click is not None:
            widget.on_click(lambda event: self._on_click(self._shown.index[event.row]))
        return widget
