"""Bus: is what the pages show true, and if not since when — connection, streams, messages, books, incidents, losses."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import panel as pn
import param

from app.layout import status
from app.layout.bus_live import Books, Health, Messages, Streams
from app.layout.bus_losses import DeadLetters, Incidents
from app.layout.page import Page
from app.layout.permission import may
from app.layout.reading import Reading
from app.layout.status import Board
from app.layout.tabs import Tabs
from app.views import bus as views
from app.views import table

_VIEWS = MappingProxyType(
    {"health": "Health", "streams": "Streams", "messages": "Messages", "books": "Order books",
     "incidents": "Incidents", "letters": "Dead letters"}
)  # fmt: skip
_ALARM_CSS = """
.board .rows .card{padding:9px 12px;border-left:4px solid var(--nd-line)}
.board .rows .ok{border-left-color:var(--nd-ok)}
.board .rows .warn{border-left-color:var(--nd-warn);background:color-mix(in srgb,var(--nd-warn) 14%,var(--nd-panel))}
.board .rows .bad{border-left-color:var(--nd-bad);background:color-mix(in srgb,var(--nd-bad) 18%,var(--nd-panel))}
.board .rows .t{font-weight:600}
.board .rows .warn .n,.board .rows .bad .n{color:var(--nd-text)}
.board .rows button{justify-self:start;border-color:var(--nd-accent)}
@media (min-width:721px){.board .rows .card{grid-template-columns:220px 64px minmax(0,1fr) auto}}
"""


class BusPage(Page):
    """What is wrong now stands on top of every view; a view that is not looked at asks nothing."""

    title = "Bus"

    view = param.Selector(default="health", objects=list(_VIEWS), doc="what is shown; in the URL")

    def __init__(self, workspace: Any, **params: Any) -> None:
        super().__init__(workspace, **params)
        self.bus = workspace.bus
        self._said = pn.Column(sizing_mode="stretch_width", margin=(0, 0, 8, 0), visible=False)
        self._frozen = pn.Column(sizing_mode="stretch_width", margin=(0, 0, 8, 0), visible=False)
        acknowledge = self._acknowledge if may(workspace, "bus.acknowledge") else None
        self._alarms = Board(on_action=acknowledge, stylesheets=[_ALARM_CSS], margin=0)
        self._tabs = Tabs(sizing_mode="stretch_width", margin=(8, 0, 12, 0))
        self._place = pn.Column(sizing_mode="stretch_width", margin=0)
        self.parts: dict[str, Any] = {}
        self._frozen_since = ""
        self.selection.param.watch(lambda event: self.is_ready and self._show_view(), ["trader", "tz", "browser_zone"])

    def content(self) -> Any:
        self.parts = {
            "health": Health(self), "streams": Streams(self), "messages": Messages(self), "books": Books(self),
            "incidents": Incidents(self), "letters": DeadLetters(self),
        }  # fmt: skip
        self._follow_url()
        self._tabs.chosen = self.view
        self._tabs.param.watch(lambda event: self.param.update(view=event.new), "chosen")
        self._show_view()
        parts = [self._frozen, self._said, self._alarms, self._tabs, self._place]
        return pn.Column(*parts, sizing_mode="stretch_width", margin=0)

    def live(self) -> None:
        self._show_frame()
        self.parts["letters"].reading.live()
        self.parts[self.view].live()

    @property
    def trader_id(self) -> str | None:
        """The trader that is selected; None: all of them."""
        return self.selection.trader or None

    @property
    def now(self) -> int:
        return self.snapshot.beat if self.snapshot else time.time_ns()

    def context(self) -> table.Context:
        return table.Context(now=self.now, zone=self.zone)

    def do(self, label: str, command: Callable[[], Any], then: Callable[[Any], None] | None = None) -> None:
        """Carry out a command in a thread; a refusal is told."""
        asked = Reading(command)
        asked.now(lambda: self._tell_end(label, asked, then))

    def inspect(self, topic: str) -> None:
        """Show the messages of one topic as they come."""
        self.parts["messages"].inspector.pattern = topic
        self.view = "messages"

    def act(self, key: str) -> None:
        """A button of the connection cards."""
        if key == "bus":
            self.do("Reconnect", self.bus.reconnect)

    @param.depends("view", watch=True)
    def _show_view(self) -> None:
        """Put the chosen view in place."""
        if not self.parts:
            return
        self._tabs.chosen = self.view
        part = self.parts[self.view]
        if self._place.objects != [part.layout]:
            self._place[:] = [part.layout]
        self._show_frame()
        part.open()

    def _show_frame(self) -> None:
        """What stands around every view: alarms, counts, and that the bus is not read."""
        bus, open_now = self.snapshot.bus, self.bus.open_incidents()
        self._alarms.show([views.alarms(open_now, bus, self.zone)])
        self._frozen.visible = bus.state != "connected"
        since = f"not connected since {views.at(views.changed_at(self.bus.history()), self.zone)}"
        told = f"This process is {since}: values below are those last known."
        if self._frozen.visible and self._frozen_since != since:
            self._frozen[:], self._frozen_since = [status.stale(told)], since
        tone = "bad" if len(open_now) and "bad" in set(open_now["severity"]) else "warn"
        dead = self.parts["letters"].waiting
        counts = {
            "streams": (f"{bus.streams:,}", ""),
            "incidents": (str(len(open_now)), tone) if len(open_now) else ("", ""),
            "letters": (f"{dead:,}", "bad") if dead else ("", ""),
        }
        self._tabs.show(_VIEWS, counts)

    def _acknowledge(self, key: str) -> None:
        self.do("Acknowledge", lambda: self.bus.acknowledge(key), lambda _: self._show_frame())

    def _tell_end(self, label: str, asked: Reading, then: Callable[[Any], None] | None) -> None:
        self._said[:] = [status.error(f"{label}: {asked.problem}")] if asked.problem else []
        self._said.visible = bool(asked.problem)
        if not asked.problem and then is not None:
            then(asked.answer)

    def _follow_url(self) -> None:
        if pn.state.location is not None:
            pn.state.location.sync(self, ["view"], on_error=lambda _: None)


BusPage.serve()
