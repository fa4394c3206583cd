"""Tabbed page: several views, one in sight; its buttons act in a thread, and a refusal is told above the view."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import panel as pn
import param

from app.layout import status
from app.layout.page import Page
from app.layout.reading import Reading
from app.layout.tabs import Tabs
from app.views.table import Context


class TabbedPage(Page):
    """A view has `layout`, `open()` when it comes in sight, and `live()`; out of sight it asks nothing."""

    views: ClassVar[Mapping[str, str]] = MappingProxyType({})
    in_url: ClassVar[tuple[str, ...]] = ("view",)

    view = param.Selector(default="", objects=[""], doc="what is shown; in the URL")

    def __init__(self, workspace: Any, **params: Any) -> None:
        super().__init__(workspace, **params)
        self.said = pn.Column(sizing_mode="stretch_width", margin=(0, 0, 8, 0), visible=False)
        self.tabs = Tabs(sizing_mode="stretch_width", margin=(0, 0, 12, 0))
        self.parts: dict[str, Any] = {}
        self._place = pn.Column(sizing_mode="stretch_width", margin=0)
        self.selection.param.watch(lambda event: self.is_ready and self._show_view(), ["tz", "browser_zone"])

    def make_parts(self) -> dict[str, Any]:
        """The views by key."""
        raise NotImplementedError

    def counts(self) -> dict[str, tuple[str, str]]:
        """What waits behind a tab: a text and its tone."""
        return {}

    def content(self) -> Any:
        self.parts = self.make_parts()
        if pn.state.location is not None:
            pn.state.location.sync(self, list(self.in_url), on_error=lambda _: None)
        self.tabs.show(self.views, {})
        self.tabs.chosen = self.view
        self.tabs.param.watch(lambda event: self.param.update(view=event.new), "chosen")
        self._show_view()
        return pn.Column(self.tabs, self.said, self._place, sizing_mode="stretch_width", margin=0)

    def live(self) -> None:
        self.parts[self.view].live()
        self.tabs.show(self.views, self.counts())

    @property
    def now(self) -> int:
        return self.snapshot.beat if self.snapshot else time.time_ns()

    def context(self) -> Context:
        return Context(now=self.now, zone=self.zone)

    def do(self, label: str, command: Callable[[], Any], then: Callable[[Any], None] | None = None) -> None:
        """Carry out a command in a thread; a refusal is told."""
        asked = Reading(command)
        asked.now(lambda: self._finish(label, asked, then))

    def tell(self, problem: str) -> None:
        """What went wrong; empty: nothing."""
        self.said[:] = [status.error(problem)] if problem else []
        self.said.visible = bool(problem)

    def _finish(self, label: str, asked: Reading, then: Callable[[Any], None] | None) -> None:
        self.tell(f"{label}: {asked.problem}" if asked.problem else "")
        if not asked.problem and then is not None:
            then(asked.answer)

    @param.depends("view", watch=True)
    def _show_view(self) -> None:
        """Put the chosen view in place."""
        if not self.parts:
            return
        self.tabs.chosen = self.view
        part = self.parts[self.view]
        if self._place.objects != [part.layout]:
            self._place[:] = [part.layout]
        part.open()
