"""Forms on page `catalog`: what to export where, and what to import."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import status
from app.layout.permission import may
from app.layout.reading import Reading, Trouble
from app.layout.status import Board
from app.views import catalog as views
from nautilus_data.core.dataset import Series, show_timeframe

_LOOK_S = 3.0
_ADJUSTMENTS = ("raw", "split", "total")
_DECIMALS = {"as the instrument says": "instrument", "as many as the prices have": "data"}
_TOLD = (
    "Bars come as source “catalog”, after all others in the order of sources. What the names of the files say is known"
    " counts as covered; rows that can't be true are kept aside, on page Backfill."
)
_FIELDS = ("timeframe", "source", "adjustment", "price_type")


class ExportForm:
    """What fits is counted before anything is asked; only what is new will be written."""

    def __init__(self, page: Any) -> None:
        self._page, self._service = page, page.workspace.catalog
        self.reading = Reading(self._service.series, _LOOK_S)
        self._make_form()
        self._board = Board()
        self._empty = status.empty("No bars are stored yet: a catalog is made of them.", "Backfill", href="backfill")
        self._place = pn.Column(sizing_mode="stretch_width", margin=0)
        self._trouble = Trouble("Stored bars", self.reading, self._place)
        self._form = pn.Column(
            _row(self.instruments, self.timeframe, self.source, self.adjustment, self.price_type),
            _row(self.start, self.end, self.decimals, self.to, self.button), self._board,
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.layout = pn.Column(*_reason(self._service), self._trouble.layout, sizing_mode="stretch_width", margin=0)

    def open(self) -> None:
        self.reading.now(self._show)

    def live(self) -> None:
        self.reading.live()
        self._show()

    def fitting(self) -> list[Series]:
        """Stored lines of bars that the form means."""
        wanted = {name: getattr(self, name).value for name in _FIELDS}
        names = [name.strip().upper() for name in _typed(self.instruments).split(",") if name.strip()]
        return [
            one for one in self.reading.answer or ()
            if all(value in ("", None, getattr(one, name)) for name, value in wanted.items())
            and (not names or any(_means(name, one.instrument_id) for name in names))
        ]  # fmt: skip

    def export(self) -> None:
        """Queue what fits, and show its job."""
        found, to, decimals = self.fitting(), _typed(self.to), self.decimals.value
        start, end = _text(self.start.value), _day_after(self.end.value)
        self._page.do(
            "Export", lambda: self._service.export(found, to, start, end, decimals), self._page.show_job
        )  # fmt: skip

    def _show(self) -> None:
        self._trouble.show()
        stored = self.reading.answer
        if stored is None:
            return
        shown = [self._form] if stored else [self._empty]
        if self._place.objects != shown:
            self._place[:] = shown
        self._offer(stored)
        found = self.fitting()
        self._board.show([views.fitting(found)])
        self.button.disabled = not found or bool(self._service.reason)

    def _offer(self, stored: Sequence[Series]) -> None:
        for name in _FIELDS:
            select, known = getattr(self, name), sorted({getattr(one, name) for one in stored})
            options = {"all": "", **{show_timeframe(one) if name == "timeframe" else one: one for one in known}}
            if options != select.options:
                kept = select.value if select.value in options.values() else ""
                # One of several must be chosen: two of them are the same bars to NautilusTrader.
                first = known[0] if name in ("source", "adjustment") else ""
                select.param.update(options=options, value=kept or first)

    def _make_form(self) -> None:
        self.instruments = pmui.TextInput(label="Instruments (empty: all that fit)", size="small", width=300, margin=0)
        self.timeframe, self.source, self.adjustment, self.price_type = (
            pmui.Select(label=label, options={"all": ""}, value="", size="small", width=width, margin=0)
            for label, width in (("Timeframe", 110), ("Source", 190), ("Adjustment", 130), ("Price", 96))
        )
        self.start = pmui.DatePicker(label="From (UTC)", size="small", width=148, margin=0)
        self.end = pmui.DatePicker(label="To (UTC)", size="small", width=148, margin=0)
        self.decimals = pmui.Select(label="Decimals", options=_DECIMALS, size="small", width=230, margin=0)
        self.to = pmui.TextInput(label="Into: name or folder", value="main", size="small", width=240, margin=0)
        self.button = pmui.Button(label="Export", variant="contained", margin=0)
        self.button.visible = may(self._page.workspace, "catalog.export")
        self.button.on_click(lambda _: self.export())


class ImportForm:
    """Bars of a catalog into the store, as source `catalog`."""

    def __init__(self, page: Any) -> None:
        self._page, self._service = page, page.workspace.catalog
        self.path = pmui.TextInput(label="Catalog: folder or name", size="small", width=340, margin=0)
        self.names = pmui.TextInput(label="Instruments or bar types (empty: all)", size="small", width=300, margin=0)
        self.adjustment = pmui.Select(
            label="Its bars are", options=list(_ADJUSTMENTS), value="raw", size="small", width=130, margin=0
        )
        self.button = pmui.Button(label="Import", variant="contained", disabled=bool(self._service.reason), margin=0)
        self.button.visible = may(page.workspace, "catalog.import_")
        self.button.on_click(lambda _: self.import_())
        form = _row(self.path, self.names, self.adjustment, self.button)
        told = pn.pane.Str(_TOLD, stylesheets=[_CSS])
        self.layout = pn.Column(*_reason(self._service), form, told, sizing_mode="stretch_width", margin=0)

    def open(self) -> None:
        """Nothing is read before it is asked for."""

    def live(self) -> None:
        """A form changes by a person's hand alone."""

    def import_(self) -> None:
        """Queue the import, and show its job."""
        path, adjustment = _typed(self.path), self.adjustment.value
        names = [name.strip() for name in _typed(self.names).split(",") if name.strip()]
        if not path:
            self._page.tell("Import: write the folder of a catalog first")
            return
        self._page.do("Import", lambda: self._service.import_(path, adjustment, names), self._page.show_job)


def _reason(service: Any) -> list[pn.Column]:
    return [status.error(service.reason)] if service.reason else []


def _typed(field: pmui.TextInput) -> str:
    return (field.value_input or field.value or "").strip()


def _means(name: str, instrument_id: str) -> bool:
    return name in (instrument_id.upper(), instrument_id.rpartition(".")[0].upper())


def _row(*widgets: Any) -> pn.FlexBox:
    return pn.FlexBox(*widgets, gap="10px 8px", align_items="center", sizing_mode="stretch_width", margin=(4, 0, 8, 0))


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day_after(day: date | None) -> str | None:
    # Spans end before their end; a person who says "to the 5th" means the 5th too.
    return (day + timedelta(days=1)).isoformat() if day else None


_CSS = "pre{margin:0;font:13px/1.5 var(--nd-font);white-space:normal;color:var(--nd-muted)}"
