"""Market: candles with volume and fills, the running bar live; latest values of all instruments."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param

from app.layout import status
from app.layout.live_chart import LiveChart
from app.layout.live_table import LiveTable
from app.layout.page import Page
from app.layout.status import Board
from app.views import price, table
from app.views.cards import STALE, Card, Group, Tone
from nautilus_data.core.dataset import show_timeframe, timeframe_ns
from nautilus_data.core.timerange import TimeRange

LIVE = "nautilus"
RECENT = "Recent"
_SPANS = MappingProxyType({"1M": 31, "3M": 92, "1Y": 366, "5Y": 1_827, "All": 0})
_RETRY_S = 2.0


@dataclass(frozen=True)
class Line:
    """The bars of one instrument as one choice tells them."""

    market: Any
    instrument_id: str
    choice: Any
    precision: int
    trader_id: str | None = None
    run_id: int | None = None

    @property
    def timeframe(self) -> str:
        return self.choice.timeframe

    @property
    def live_timeframe(self) -> str:
        """What comes on the bus where a week or a month is made of days."""
        return "1-DAY" if self.timeframe in ("1-WEEK", "1-MONTH") else self.timeframe

    def read(self, span: TimeRange, max_bars: int) -> pd.DataFrame:
        return self.market.bars(self.instrument_id, *self._place(), span, max_bars)

    def extent(self) -> TimeRange | None:
        return self.market.extent(self.instrument_id, *self._place())

    def fills(self, span: TimeRange) -> pd.DataFrame:
        return self.market.fills(self.instrument_id, span, self.trader_id, self.run_id)

    def fills_version(self) -> int:
        return self.market.fills_version

    def last_bar(self) -> dict[str, float] | None:
        """The running bar; history from elsewhere has none."""
        if self.choice.source != LIVE:
            return None
        return self.market.last_bar(self.instrument_id, self.live_timeframe, self.trader_id)

    def _place(self) -> tuple[str, str, str]:
        return self.choice.timeframe, self.choice.source, self.choice.adjustment


class Market(Page):
    """One instrument at a time; what is selected lives in the URL."""

    title = "Market"
    shows_traders = True

    def __init__(self, workspace: Any, **params: Any) -> None:
        super().__init__(workspace, **params)
        self.chart = LiveChart()
        self._choices: list[Any] = []
        self._line: Line | None = None
        self._precisions: dict[str, int] = {}
        self._is_offering = False
        self._tried_at = 0.0
        self._strip = Board()
        self._place = pn.Column(status.loading("bars"), sizing_mode="stretch_width", margin=0)
        self._note = pn.pane.HTML("", sizing_mode="stretch_width", margin=(2, 0, 8, 0), stylesheets=[_NOTE_CSS])
        nothing = status.empty("No node has published a price yet.", "Start one", href="engine")
        self.table = LiveTable(table.LATEST, ["instrument_id"], nothing, on_click=self._select_instrument)
        self._make_controls()

    def controls(self) -> Sequence[Any]:
        return [self._instrument, self._timeframe, self._source, self._follow, self._spans]

    def content(self) -> Any:
        self._offer_instruments()
        self._open_line()
        self._show_latest()
        return pn.Column(self._strip, self._place, self._note, self.table.layout, sizing_mode="stretch_width", margin=0)

    def live(self) -> None:
        self._show_latest()
        self._look_for_better()
        self.chart.live()
        self._show_strip()

    @param.depends("selection.instrument", "selection.timeframe", "selection.source", "selection.adjustment",
                   "selection.tz", "selection.browser_zone", "selection.trader", "selection.run",
                   watch=True)  # fmt: skip
    def _change(self) -> None:
        if self.is_ready and not self._is_offering:
            self._open_line()
            self._show_latest()

    def _open_line(self) -> None:
        """Show what is selected, or say what is missing."""
        selection, market = self.selection, self.workspace.market
        self._choices = market.choices(selection.instrument) if selection.instrument else []
        choice = pick(self._choices, selection.timeframe, selection.source, selection.adjustment)
        precision = self._precisions.get(selection.instrument, 2)
        whose = selection.trader_id, selection.run_id
        self._line = Line(market, selection.instrument, choice, precision, *whose) if choice else None
        self._offer_lines()
        shown = self.chart.layout if self.chart.open(self._line, self.zone) else self._nothing()
        if shown not in self._place.objects:
            self._place[:] = [shown]
        self._show_strip()

    def _look_for_better(self) -> None:
        """An empty chart fills itself, and who chose no source gets the live bus once a node publishes."""
        is_waiting = self.chart.chart is None or (self.selection.source == "auto" and self._line.choice.source != LIVE)
        if not is_waiting or time.monotonic() - self._tried_at < _RETRY_S:
            return
        self._tried_at = time.monotonic()
        self._offer_instruments()
        selection = self.selection
        offered = self.workspace.market.choices(selection.instrument) if selection.instrument else []
        found = pick(offered, selection.timeframe, selection.source, selection.adjustment)
        if found is not None and (self._line is None or found != self._line.choice or self.chart.chart is None):
            self._open_line()

    def _show_latest(self) -> None:
        context = table.Context(now=self._now(), zone=self.zone, precisions=self._precisions)
        self.table.show(self.workspace.market.latest(self.selection.trader_id, self.is_stale), context)
        self.table.select(self.selection.instrument)

    def _show_strip(self) -> None:
        cards = [Card("line", self.selection.instrument or "No instrument", *self._words())]
        if self.chart.chart is not None:
            bar = self._line.last_bar()
            cards += self._live_cards(bar) if bar else self._stored_cards()
        self._strip.show([Group("line", "", tuple(cards), kind="strip")])
        self._show_note()

    def _words(self) -> tuple[str, Tone, str]:
        if self._line is None:
            return "no bars", Tone.WARN, ""
        label, _, timeframe = self._line.choice.label.rpartition(" · ")
        return timeframe, Tone.NONE, label

    def _live_cards(self, bar: dict[str, float]) -> list[Card]:
        change = bar["close"] / bar["open"] - 1 if bar["open"] else 0.0
        tone = Tone.UP if change >= 0 else Tone.DOWN
        close = table.number(bar["close"], self._line.precision)
        last = Card("price", "Last price", close, tone, f"{table.percent(change)} in the bar")
        if self.is_stale(bar["trader_id"]):
            last = Card("price", "Last price", close, Tone.WARN, STALE, int(bar["ts_init"]))
        return [
            last,
            self._closed_card(int(bar["ts_event"])),
            Card("age", "Received", since=int(bar["ts_init"]), note="ago from the live bus"),
        ]

    def _stored_cards(self) -> list[Card]:
        closes, extent = self.chart.chart.bars.data["close"], self._line.extent()
        close = table.number(closes[-1], self._line.precision) if len(closes) else table.UNKNOWN
        return [
            Card("price", "Close in view", close, note="stored history, not live"),
            self._closed_card(extent.end - 1 if extent else 0),
        ]

    def _closed_card(self, ns: int) -> Card:
        day, _, clock = table.when(ns, self.zone).partition(" ")
        return Card("bar", "Last bar closed", day, note=f"{clock} {self.zone}")

    def _show_note(self) -> None:
        if self.chart.chart is None:
            self._note.object = ""
            return
        choice = self._line.choice
        attrs = {"timeframe": choice.timeframe, "source": choice.source, "adjustment": choice.adjustment}
        what = price.describe({**attrs, "bucket": self.chart.bucket})
        whose = f" of {self._line.trader_id}" if self._line.trader_id else ""
        note = f"{what} · times in {self.zone} · fills{whose} at their price: ▲ buy, ▼ sell"
        if whose and choice.source == LIVE:
            # Stored bars don't name their trader.
            note = f"bars as any trader on the bus published them · {note}"
        if note != self._note.object:
            self._note.object = note

    def _nothing(self) -> Any:
        instrument = self.selection.instrument
        if not instrument:
            return status.empty("No instrument is known yet.", "Backfill one", href="backfill")
        what = f"No bars of {instrument} are stored yet."
        return status.empty(what, "Backfill them", href=f"backfill?instrument={quote(instrument)}")

    def _offer_instruments(self) -> None:
        known = self.workspace.market.instruments()
        self._precisions = dict(zip(known["instrument_id"], known["price_precision"], strict=True))
        ids = list(known["instrument_id"])
        if not self.selection.instrument and ids:
            live = list(known.loc[known["is_live"], "instrument_id"])
            self.selection.instrument = (live or ids)[0]
        if self.selection.instrument and self.selection.instrument not in ids:
            ids.insert(0, self.selection.instrument)
        if ids != self._instrument.options:
            self._instrument.options = ids
        self._instrument.value = self.selection.instrument or None

    def _offer_lines(self) -> None:
        """Offer what there is; what the page itself puts into a picker is no choice of a person."""
        self._is_offering = True
        try:
            chosen = self._line.choice if self._line else None
            same = [choice for choice in self._choices if choice.timeframe == chosen.timeframe] if chosen else []
            frames = sorted({choice.timeframe for choice in self._choices}, key=timeframe_ns)
            self._timeframe.param.update(
                options={show_timeframe(name): name for name in frames}, value=chosen.timeframe if chosen else None
            )
            self._source.param.update(
                options={choice.label.rpartition(" · ")[0]: place(choice) for choice in same},
                value=place(chosen) if chosen else None,
            )
            self._instrument.value = self.selection.instrument or None
            self._spans.value = RECENT
        finally:
            self._is_offering = False

    def _make_controls(self) -> None:
        self._instrument = pmui.Select(label="Instrument", options=[], size="small", width=180)
        self._timeframe = pmui.Select(label="Timeframe", options={}, size="small", width=104)
        self._source = pmui.Select(label="Source", options={}, size="small", width=190)
        self._spans = pmui.RadioButtonGroup(options=[RECENT, *_SPANS], value=RECENT, size="small")
        self._follow = pmui.Switch.from_param(self.chart.param.follow, label="Follow", description="")
        for widget, pick_from in (
            (self._instrument, lambda value: {"instrument": value}),
            (self._timeframe, lambda value: {"timeframe": value}),
            (self._source, lambda value: dict(zip(("source", "adjustment"), value.split("/"), strict=True))),
        ):
            widget.param.watch(lambda event, pick_from=pick_from: self._pick(event.new, pick_from), "value")
        self._spans.param.watch(lambda event: self._show_span(event.new), "value")

    def _pick(self, value: str | None, pick_from: Any) -> None:
        if value and not self._is_offering:
            self.selection.param.update(**pick_from(value))

    def _show_span(self, name: str | None) -> None:
        if name in _SPANS:
            self.chart.show_days(_SPANS[name])
        elif name == RECENT and not self._is_offering:
            self.chart.open(self._line, self.zone)

    def _select_instrument(self, instrument_id: str) -> None:
        self._instrument.value = instrument_id

    def _now(self) -> int:
        return self.snapshot.beat if self.snapshot else time.time_ns()


def pick(choices: Sequence[Any], timeframe: str, source: str, adjustment: str) -> Any:
    """The choice nearest to what is selected; None when there is none."""
    same = [choice for choice in choices if choice.timeframe == timeframe] or list(choices)
    exact = [choice for choice in same if (choice.source, choice.adjustment) == (source, adjustment)]
    named = [choice for choice in same if choice.source == source]
    return next(iter([*exact, *named, *same]), None)


def place(choice: Any) -> str:
    """Source and adjustment as one value of a picker."""
    return f"{choice.source}/{choice.adjustment}"


_NOTE_CSS = ":host{font:12px/1.4 var(--nd-font);color:var(--nd-muted)}"

Market.serve()
