"""Planning: the form of a backfill, and the plan it makes, request by request, before anything is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import status
from app.layout.commands import Commands
from app.layout.paged_table import PagedTable
from app.layout.reading import Reading
from app.layout.status import Board
from app.views import backfill as views
from app.views import backfill_tables as tables
from app.views.paging import page as one_page
from nautilus_data.core.dataset import Series, say_dataset, show_timeframe
from nautilus_data.core.plan import Mode, Plan
from nautilus_data.core.timerange import TimeRange

_MOST_NAMES = 2_000
_BETWEEN = " · "
_INSTRUMENT = "Instrument: id, name or symbol"
_SORTS = {"Order": ("ordinal", False), "Cost": ("cost", True), "Rows expected": ("expected", True)}
_MODES = {"missing": Mode.MISSING, "missing + failed": Mode.MISSING_FAILED, "all anew": Mode.ALL}


class Planning:
    """`on_started` gets the id of the job a plan became."""

    def __init__(self, page: Any, on_started: Callable[[int], None]) -> None:
        self._page, self._backfill, self._on_started = page, page.workspace.backfill, on_started
        self.plan: Plan | None = None
        self._left = ""
        self._is_opened = self._has_lines = False
        self._make_form()
        self._board = Board()
        needs = {"start": "backfill.start"}
        self.commands = Commands(self._press, page.workspace, needs, sizing_mode="stretch_width", margin=(8, 0))
        self.requests = PagedTable(
            tables.PLANNED, "ordinal", "Nothing is to be asked.", self._ask, _SORTS, rest="backfill.plan"
        )  # fmt: skip
        self.shown = pn.Column(sizing_mode="stretch_width", margin=(8, 0, 12, 0), styles={"gap": "8px"})
        form = pn.FlexBox(
            *self._form(), gap="10px 8px", align_items="center", sizing_mode="stretch_width", margin=(4, 0)
        )
        self.layout = pn.Column(form, self.shown, sizing_mode="stretch_width", margin=0)

    def open(self) -> None:
        self._offer()
        self._take_link()
        if self.plan is not None:
            self.requests.open(self._page.context())

    def live(self) -> None:
        if self.plan is not None:
            self.requests.show()

    def make_plan(self) -> None:
        """Ask what would be asked, and show it."""
        instrument, source, timeframe = self.instrument_text(), self.source.value, self.timeframe.value
        start, end = _text(self.start.value), _day_after(self.end.value)
        adjustment, mode, price = self.adjustment.value, self.mode.value, self.price_type.value or "LAST"
        dataset = self.dataset.value or ""

        def ask() -> Plan:
            name = self._page.workspace.instruments.resolve(instrument, source)
            return self._backfill.plan(name, source, timeframe, start, end, adjustment, mode, price, dataset)

        self._make(ask)

    def _take_link(self) -> None:
        """A link that names a span, as a hole in a chart does, is planned at once; once."""
        query = pn.state.location.query_params if pn.state.location and not self._is_opened else {}
        self._is_opened = True
        days = [_day(query.get(name)) for name in ("from", "to")]
        if all(days):
            self.start.value, self.end.value = days
            self.make_plan()

    def plan_span(self, series: Series, span: TimeRange, mode: Mode = Mode.MISSING) -> None:
        """Plan exactly a span of a series, and put it into the form as far as it fits there."""
        self._offer()
        self.source.value, self.dataset.value = series.source, series.dataset
        self.instrument.value = self._named(series.instrument_id)
        self.timeframe.value, self.adjustment.value, self.mode.value = series.timeframe, series.adjustment, mode
        self.price_type.value = series.price_type
        self._make(lambda: self._backfill.plan_series(series, span.start, span.end, mode))

    def start_plan(self) -> None:
        """Queue what is planned; once."""
        plan, self.plan = self.plan, None
        if plan is None:
            return
        self.shown.clear()
        self._page.do("Start", lambda: self._backfill.start(plan), self._on_started)

    def instrument_text(self) -> str:
        """What a person wrote or chose, without the name beside it."""
        return (self.instrument.value or self.instrument.value_input or "").split(_BETWEEN)[0].strip()

    def _make(self, ask: Callable[[], Plan]) -> None:
        self.plan = None
        self.shown[:] = [status.loading("the plan")]
        asked = Reading(lambda: self._with_quota(ask()))
        asked.now(lambda: self._show(asked))

    def _with_quota(self, plan: Plan) -> tuple[Plan, str]:
        sources = {source.spec.name: source for source in self._backfill.sources()}
        quotas = sources[plan.series.source].quota()
        if not quotas:
            return plan, "the source has no quota"
        return plan, views.quota_words(min(quotas, key=lambda one: one.left / max(1, one.limit)))

    def _show(self, asked: Reading) -> None:
        if asked.problem:
            self.shown[:] = [status.error(f"This can't be planned: {asked.problem}")]
            return
        self.plan, self._left = asked.answer
        page = self._page
        self._board.show([views.plan(self.plan, self._left, page.now, page.zone)])
        if self.plan.is_empty:
            nothing = "Nothing is missing: all of this span is stored or known to be empty. “All anew” asks anyway."
            self.shown[:] = [self._board, status.empty(nothing)]
            return
        count = f"{self.plan.requests:,} request{'s' if self.plan.requests > 1 else ''}"
        self.commands.show([("start", f"Start: {count}", "", True), ("discard", "Discard this plan", "", True)])
        self.shown[:] = [self._board, self.commands, self.requests.layout]
        self.requests.ask_anew()
        self.requests.open(page.context())

    def _press(self, command: str) -> None:
        if command == "start":
            self.start_plan()
        else:
            self.plan = None
            self.shown.clear()

    def _ask(self, **asked: Any) -> Any:
        return one_page(views.requests_frame(self.plan.entries if self.plan else ()), **asked)

    def _form(self) -> list[Any]:
        return [
            self.instrument, self.source, self.dataset, self.timeframe, self.adjustment, self.price_type, self.start,
            self.end, self.mode, self.button,
        ]  # fmt: skip

    def _make_form(self) -> None:
        self.instrument = pmui.AutocompleteInput(
            label=_INSTRUMENT, options=[], restrict=False, min_characters=0, case_sensitive=False,
            search_strategy="includes", size="small", width=300, margin=0,
        )  # fmt: skip
        self.source = pmui.Select(label="Source", options={}, size="small", width=190, margin=0)
        self.dataset = pmui.Select(label="What", options={}, size="small", width=160, margin=0, visible=False)
        self.timeframe = pmui.Select(label="Timeframe", options={}, size="small", width=100, margin=0)
        self.adjustment = pmui.Select(label="Adjustment", options=[], size="small", width=112, margin=0)
        self.price_type = pmui.Select(label="Price", options=[], size="small", width=96, margin=0)
        self.start = pmui.DatePicker(label="From (UTC)", size="small", width=148, margin=0)
        self.end = pmui.DatePicker(label="To (UTC)", size="small", width=148, margin=0)
        self.mode = pmui.Select(label="Mode", options=_MODES, value=Mode.MISSING, size="small", width=160, margin=0)
        self.button = pmui.Button(label="Plan", variant="contained", width=84, margin=0)
        self.button.on_click(lambda _: self.make_plan())
        self.source.param.watch(lambda event: self._turn_to_source(), "value")
        self.dataset.param.watch(lambda event: self._offer_capabilities(), "value")
        self.instrument.param.watch(lambda event: self._complete(event.new), "value")

    def _offer(self) -> None:
        """What there is to choose; what a person chose stays."""
        sources = self._backfill.sources()
        options = {_label(source): source.spec.name for source in sources}
        if options != self.source.options:
            wanted = self.source.value or self._page.selection.source
            self.source.param.update(options=options, value=_kept(wanted, list(options.values())))
        self._offer_names()
        if self.adjustment.value is None:
            self.adjustment.value = self._page.selection.adjustment
        self._offer_capabilities()

    def _turn_to_source(self) -> None:
        self._offer_names()
        self._offer_capabilities()

    def _offer_names(self) -> None:
        """Instruments, or the lines of a source that has others."""
        source = self._source()
        lines = source.lines() if source else {}
        known = [] if lines else self._page.workspace.instruments.search("", limit=_MOST_NAMES).to_dict("records")
        names = [_name(row) for row in known] or [_BETWEEN.join(line) for line in lines.items()]
        if self._has_lines != bool(lines):
            self._has_lines = bool(lines)
            label = "Series: id or name" if lines else _INSTRUMENT
            self.instrument.param.update(label=label, options=names, value="", value_input="")
        elif not set(names) <= set(self.instrument.options):
            self.instrument.options = names
        wanted = self._page.selection.instrument
        if not (self.instrument.value or lines) and wanted:
            self.instrument.value = self._named(wanted)

    def _source(self) -> Any:
        """The source chosen; None before there is one."""
        return {source.spec.name: source for source in self._backfill.sources()}.get(self.source.value)

    def _named(self, instrument_id: str) -> str:
        """An id, or a symbol only one has, as it stands among the names offered."""
        fitting = [name for name in self.instrument.options if instrument_id.lower() in _called(name)]
        return fitting[0] if len(fitting) == 1 else instrument_id

    def _complete(self, text: str | None) -> None:
        # The field shows only what is among its options.
        if text and (name := self._named(text)) != text:
            self.instrument.value = name
        elif text and text not in self.instrument.options:
            self.instrument.param.update(options=[*self.instrument.options, text], value=text)

    def _offer_capabilities(self) -> None:
        source = self._source()
        if source is None:
            return
        every = source.spec.capabilities
        datasets = list(dict.fromkeys(one.dataset for one in every))
        dataset = _kept(self.dataset.value, datasets)
        self.dataset.param.update(
            options={say_dataset(name): name for name in datasets}, value=dataset, visible=len(datasets) > 1
        )
        fitting, are_bars = [one for one in every if one.dataset == dataset], dataset == "bars"
        frames, adjustments, prices = (
            list(dict.fromkeys(name for one in fitting for name in getattr(one, names)))
            for names in ("timeframes", "adjustments", "price_types")
        )
        wanted = self.timeframe.value or self._page.selection.timeframe
        self.timeframe.param.update(
            options={show_timeframe(name): name for name in frames}, value=_kept(wanted, frames), visible=are_bars
        )
        adjustment = _kept(self.adjustment.value, adjustments)
        self.adjustment.param.update(options=adjustments, value=adjustment, visible=are_bars)
        self.price_type.param.update(
            options=prices, value=_kept(self.price_type.value, prices), visible=are_bars and len(prices) > 1
        )


def _name(row: dict[str, Any]) -> str:
    """The id first, then all it may be looked for by."""
    symbols = sorted({symbol for symbol in row["aliases"].values() if symbol and symbol not in row["instrument_id"]})
    return _BETWEEN.join([row["instrument_id"], *([row["name"]] if row["name"] else []), *symbols])


def _called(name: str) -> set[str]:
    """What an instrument answers to, in small letters."""
    instrument_id, *others = name.lower().split(_BETWEEN)
    return {instrument_id, instrument_id.rpartition(".")[0], *others}


def _label(source: Any) -> str:
    return f"{source.spec.title} (unavailable)" if source.unavailable_reason() else source.spec.title


def _kept(value: str | None, offered: Sequence[str]) -> str | None:
    return value if value in offered else next(iter(offered), None)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day_after(day: date | None) -> str | None:
    # Spans end before their end; a person who says "to the 5th" means the 5th too.
    return (day + timedelta(days=1)).isoformat() if day else None
