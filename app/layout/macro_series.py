"""Series of page `macro`: one series as known on the day, the versions of a period, and how to add another."""

from __future__ import annotations

import time
from collections.abc import Hashable
from io import StringIO
from typing import Any

import panel as pn
import panel_material_ui as pmui

from app.layout import rest_link
from app.layout.commands import Commands
from app.layout.macro_adding import Adding
from app.layout.macro_part import Part
from app.layout.macro_sheet import Sheet
from app.views import macro_chart as charts
from app.views import macro_csv, macro_series
from app.views.macro_days import new_york_day
from app.views.table import when

SIDE = {"flex": "1 1 420px", "min-width": "0", "width": "auto"}


class SeriesView(Part):
    """What is chosen lies on the page, and so in the URL."""

    def __init__(self, page: Any) -> None:
        # Of which series, and its date.
        self._chosen: tuple[str, int] | None = None
        self.sheet = Sheet(macro_series.PERIODS, self._choose_period, rest="macro.observations", styles=SIDE)
        self.versions = Sheet(macro_series.VERSIONS, rest="macro.vintages", styles=SIDE)
        self._chart = charts.time_chart("value")
        self._words = pn.pane.Str("", sizing_mode="stretch_width", margin=(2, 0, 6, 0), stylesheets=[WORDS_CSS])
        self._note = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, stylesheets=[WORDS_CSS])
        pane = pn.pane.Bokeh(
            self._chart.plot, name="macro.observations", sizing_mode="stretch_width", height=charts.HEIGHT, margin=0
        )
        needs = {"ask": "macro.update", "keep": "macro.add", "drop": "macro.remove"}
        self.commands = Commands(self._press, page.workspace, needs)
        self._make_controls(page)
        sides = pn.FlexBox(self.sheet, self.versions, gap="10px", sizing_mode="stretch_width", align_items="start")
        super().__init__(page, "The series", self._words, rest_link.bar("macro.observations"), pane, sides)
        self.adding = Adding(page)
        bar = pn.FlexBox(
            self.series, self.how, self.span, self.commands, self.export, gap="8px", align_items="center",
            sizing_mode="stretch_width", margin=(0, 0, 6, 0),
        )  # fmt: skip
        self.layout = pn.Column(
            bar, self._note, self._trouble.layout, self.adding.layout, sizing_mode="stretch_width", margin=0
        )

    def choice(self) -> Hashable:
        page = self._page
        return page.series_id, page.how, page.span, self.period

    def ask(self, as_of: int | None) -> Any:
        page, at = self._page, as_of or time.time_ns()
        every, kept = self._macro.series(as_of), self._macro.kept()
        mine = every[every["series_id"] == page.series_id].to_dict("records")
        row = mine[0] if mine else None
        frame = versions = None
        if row is not None and row["versions"]:
            span = macro_series.span_of(page.span, at)
            frame = self._macro.observations(page.series_id, as_of, page.how, span)
            if (period := self.period) is not None:
                versions = self._macro.vintages(page.series_id, period, as_of)
        return every, row, page.series_id in kept, frame, versions, self._macro.recessions(as_of), self._macro.refusal()

    def draw(self, told: Any, at: int) -> None:
        every, row, is_kept, frame, versions, recessions, refusal = told
        page, how = self._page, self._page.how
        self._offer(every)
        self._offer_commands(row, is_kept, refusal)
        if row is None:
            self._words.object = f"{page.series_id} is not kept and nothing is stored of it: add it below."
            row = {"frequency": "", "units": "", "name": page.series_id, "series_id": page.series_id, "source": ""}
        else:
            self._words.object = macro_series.words(row, frame, how, self._macro.transforms()[how])
        shown = charts.NOTHING if frame is None else frame
        charts.fill(self._chart.line, charts.line_columns(shown))
        charts.fill(self._chart.shades, charts.shade_columns(recessions, charts.span_of(shown, "ts_event")))
        self.sheet.show([macro_series.periods(shown, row, how, page.zone, at)], str(self.period))
        self.versions.show([macro_series.versions(versions, self.period, row, page.zone, at)])
        self._told = row, frame

    @property
    def period(self) -> int | None:
        """The date (ns) of the period whose versions are shown."""
        return self._chosen[1] if self._chosen and self._chosen[0] == self._page.series_id else None

    def _choose_period(self, key: str) -> None:
        self._chosen = self._page.series_id, int(key)
        self.open()

    def _offer(self, every: Any) -> None:
        page, options = self._page, macro_series.options(every, self._page.series_id)
        # Together: a picker that gets other options chooses one of them by itself.
        if (options, page.series_id) != (self.series.options, self.series.value):
            self.series.param.update(options=options, value=page.series_id)
        self.how.value, self.span.value = page.how, page.span

    def _offer_commands(self, row: Any, is_kept: bool, refusal: str) -> None:
        keep = ("drop", "Keep no longer", "", True) if is_kept else ("keep", "Keep", "", True)
        ask = ("ask", "Ask now" if not refusal else "Ask now: FRED can't be asked", "", not refusal)
        self.commands.show([ask, keep, ("compare", "Compare", "", row is not None)])

    def _press(self, command: str) -> None:
        page, name, macro = self._page, self._page.series_id, self._macro
        if command == "ask":
            page.do("Ask now", lambda: macro.update([name]), self._say_asked)
        elif command == "keep":
            page.do("Keep", lambda: macro.add(name), lambda _: self.open())
        elif command == "drop":
            page.do("Keep no longer", lambda: macro.remove(name), lambda _: self.open())
        else:
            page.compare_with(name)

    def _say_asked(self, jobs: list[int]) -> None:
        link = "".join(f'<a href="backfill?job={job}">job {job}</a> asks for it' for job in jobs)
        self._note.object = f"<p>{link or 'It lacks nothing: FRED was asked for all of it.'}</p>"
        self.open()

    def _file(self) -> StringIO:
        row, frame = self._told
        shown = charts.NOTHING if frame is None else frame
        page, now = self._page, time.time_ns()
        lines = macro_series.told(row, page.how, page.as_of, when(now, "UTC"), self._macro.notice)
        asked = macro_csv.as_of_words(page.as_of, new_york_day(now))
        self.export.filename = macro_csv.file_name(page.series_id, page.how, asked)
        return StringIO(macro_csv.csv(shown, lines))

    def _make_controls(self, page: Any) -> None:
        hows = {told: name for name, told in page.workspace.macro.transforms().items()}
        self.series = pmui.Select(label="Series", options={}, size="small", width=330, margin=0, searchable=True)
        self.how = pmui.Select(label="Shown as", options=hows, value=page.how, size="small", width=230, margin=0)
        self.span = pmui.Select(
            label="Span", options=list(macro_series.SPANS), value=page.span, size="small", width=110, margin=0
        )
        for widget, name in ((self.series, "series_id"), (self.how, "how"), (self.span, "span")):
            widget.param.watch(lambda event, name=name: event.new and page.param.update(**{name: event.new}), "value")
        self._told: tuple[Any, Any] = ({"series_id": "", "name": "", "source": "", "units": ""}, None)
        self.export = export_button(self._file)


def export_button(callback: Any) -> pmui.FileDownload:
    """Its file is made when it is pressed, and named then."""
    button = pmui.FileDownload(
        callback=callback, filename="macro.csv", label="Export CSV", auto=True, size="small", margin=0, icon=None
    )
    # Said at once, Panel warns of its own former name for it.
    button.variant = "outlined"
    return button


WORDS_CSS = (
    "pre,p{margin:0;font:12px/1.5 var(--nd-font);color:var(--nd-muted);white-space:pre-wrap;overflow-wrap:anywhere}"
    "a{color:var(--nd-accent)}"
)
