"""Desk: the charts of a page — the main one and those beside it — with one look."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import panel as pn

from app.layout import status
from app.layout.chart.drawn import Drawn
from app.layout.chart.executed import Executed
from app.layout.chart.line import Line
from app.layout.chart.look import Look, LookControls
from app.layout.chart.pane import ChartPane
from app.layout.chart.side import HEAD, SHARE, SideChart
from app.layout.permission import may
from nautilus_data.core.identity import LOCAL

_ALONE, _BESIDE = 600, 420


class Desk:
    """`open` shows a line on the main chart; the others keep what was chosen for them."""

    def __init__(self, workspace: Any) -> None:
        self._workspace = workspace
        self.look = Look()
        self.look.follow_url()
        self.controls = LookControls(self.look, workspace.indicators.known, self._refuse)
        self.main = self._pane("market.chart")
        self.main.component.name = "market.chart"
        self.sides: list[SideChart] = []
        self._said = pn.Column(sizing_mode="stretch_width", margin=0, visible=False)
        self._main_place = pn.Column(sizing_mode="stretch_width", margin=0, styles=dict(SHARE))
        self._grid = pn.FlexBox(self._main_place, gap="8px", sizing_mode="stretch_width", margin=0)
        self.layout = pn.Column(self._said, self._grid, sizing_mode="stretch_width", margin=0)
        self._asked: tuple[Any, ...] | None = None
        restyling = ["style", "scale", "profile", "indicators", "compare", "trades"]
        self.look.param.watch(lambda *_: self._restyle(), restyling)
        self.look.param.watch(lambda *_: self._reopen(), ["axis"])
        self.look.param.watch(lambda *_: self._arrange(), ["count", "linked"])

    def open(
        self, line: Line | None, missing: Any, instruments: list[str], precisions: dict[str, int], zone: str
    ) -> None:
        """Show a line, or what is said where there is none, on the main chart; open the others anew."""
        self._asked = (line, missing, instruments, precisions, zone)
        self.controls.offer(instruments)
        self._take_look(self.main)
        is_shown = self.main.open(line, zone, self.look.axis)
        shown = self.main.component if is_shown else missing
        if self._main_place.objects != [shown]:
            self._main_place[:] = [shown]
        self._arrange()

    def live(self) -> None:
        for pane in self._panes():
            pane.live()

    def prompt(self) -> None:
        """A price is new."""
        for pane in self._panes():
            pane.take_price()

    def _panes(self) -> list[ChartPane]:
        return [self.main, *(side.pane for side in self.sides)]

    def _pane(self, rest: str) -> ChartPane:
        user = getattr(self._workspace, "identity", LOCAL).name
        return ChartPane(
            self._workspace, self._changed,
            lambda pane: [Drawn(pane, self._workspace, user), *self._executed(pane)],
            rest=rest,
        )  # fmt: skip

    def _executed(self, pane: ChartPane) -> list[Executed]:
        is_told = may(self._workspace, "executions.fills")
        return [Executed(pane, self._workspace, self.look)] if is_told else []

    def _changed(self, kind: str, data: Mapping[str, Any]) -> None:
        """A person took a line off, or set an indicator's parameters, on the chart itself."""
        name = str(data.get("name", ""))
        if kind == "drop":
            self.look.drop(str(data.get("kind")), name)
            return
        given = data.get("parameters")
        parameters = ":".join(f"{key}={value}" for key, value in given.items()) if isinstance(given, dict) else ""
        wanted = ":".join(filter(None, [name.partition(":")[0], parameters]))
        try:
            self.look.swap(name, str(self._workspace.indicators.parse_list(wanted)[0]))
        except ValueError as error:
            self._refuse(str(error))
        else:
            self._refuse("")

    def _refuse(self, text: str) -> None:
        self._said[:] = [status.error(text)] if text else []
        self._said.visible = bool(text)

    def _take_look(self, pane: ChartPane) -> None:
        look = self.look
        try:
            pane.overlays.chosen = list(self._workspace.indicators.parse_list(look.indicators))
            unknown = f"The link asks for what is not known and is left out: {', '.join(look.refused)}"
            self._refuse(unknown if look.refused else "")
        except ValueError as error:
            self._refuse(str(error))
        mine = pane.line.instrument_id if pane.line else ""
        pane.overlays.compared = [name for name in look.compared if name != mine] if pane is self.main else []
        pane.param.update(style=look.style, scale=look.scale, profile=look.profile)

    def _restyle(self) -> None:
        self.look.refused = []
        for pane in self._panes():
            self._take_look(pane)
            pane.refresh()

    def _reopen(self) -> None:
        if self._asked:
            self.open(*self._asked)

    def _arrange(self) -> None:
        """As many charts as are wanted, each with what was chosen for it."""
        if self._asked is None:
            return
        line, _, instruments, precisions, zone = self._asked
        wanted = self._texts(line, instruments)
        self.sides = [self._side(place, text) for place, text in enumerate(wanted)]
        height = _ALONE if self.look.count == 1 else _BESIDE
        # Level with the others, whose choices stand above them.
        self._main_place.styles = {**SHARE, "padding-top": "0" if self.look.count == 1 else f"{HEAD}px"}
        self._grid[:] = [self._main_place, *(side.layout for side in self.sides)]
        whose = (line.trader_id, line.run_id) if line else (None, None)
        kind = (line.choice.source, line.choice.adjustment) if line else ("auto", "total")
        for side in self.sides:
            self._take_look(side.pane)
            side.open(instruments, precisions, kind, whose, zone, self.look.axis)
        for pane in self._panes():
            pane.component.height = height
            pane.link(self.look.linked and self.look.count > 1, follows=pane is not self.main)
        self.look.others = ",".join(side.text for side in self.sides)

    def _texts(self, line: Line | None, instruments: list[str]) -> list[str]:
        """What the further charts show: what was chosen, then instruments that are not shown yet."""
        count = self.look.count - 1
        texts = [text for text in self.look.others.split(",") if text.partition("@")[0]][:count]
        shown = {text.partition("@")[0] for text in texts} | ({line.instrument_id} if line else set())
        timeframe = line.timeframe if line else "1-DAY"
        has_bars = (name for name in instruments if name not in shown and self._workspace.market.choices(name))
        return texts + [f"{name}@{timeframe}" for name in islice(has_bars, count - len(texts))]

    def _side(self, place: int, text: str) -> SideChart:
        kept = self.sides[place] if place < len(self.sides) else None
        return kept or SideChart(self._workspace, self._pane(f"market.side{place + 1}"), text, self._tell_others)

    def _tell_others(self) -> None:
        self.look.others = ",".join(side.text for side in self.sides)
