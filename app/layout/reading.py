"""Reading: an answer that takes time, asked for in a thread so that the server's loop goes on."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import panel as pn

from app.layout import status

_LOG = logging.getLogger(__name__)


class Reading:
    """Keeps the last answer of `ask`; `problem` says why there is no newer one."""

    def __init__(
        self, ask: Callable[[], Any], every_s: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.answer: Any = None
        self.problem = ""
        self._ask, self._every_s, self._clock = ask, every_s, clock
        self._asked_at = float("-inf")
        self._number = 0
        self._task: asyncio.Task | None = None

    @property
    def is_loading(self) -> bool:
        """Was nothing answered yet?"""
        return self.answer is None and not self.problem

    @property
    def is_due(self) -> bool:
        """Is nothing being asked, and was the last question long enough ago?"""
        is_busy = self._task is not None and not self._task.done()
        return not is_busy and self._clock() - self._asked_at >= self._every_s

    def live(self) -> None:
        """Ask when it is time; a page calls it at each tick and shows `answer`."""
        if self.is_due:
            self.now()

    def now(self, then: Callable[[], None] | None = None) -> None:
        """Ask at once, for a person; `then` shows the answer."""
        self._asked_at = self._clock()
        self._number += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._run(self._number)
            if then is not None:
                then()
            return
        doc = pn.state.curdoc
        # Asked for now: a document forgets its session once that has ended.
        session = doc.session_context if doc is not None else None
        self._task = loop.create_task(self._gather(self._number, doc, session, then))

    async def _gather(self, number: int, doc: Any, session: Any, then: Callable[[], None] | None) -> None:
        await asyncio.to_thread(self._run, number, session)
        if then is not None and number == self._number and doc is not None and not _has_ended(session):
            doc.add_next_tick_callback(then)

    def _run(self, number: int, session: Any = None) -> None:
        """The page boundary: what fails is told by the page, beside the last answer."""
        try:
            answer, problem = self._ask(), ""
        except Exception as error:
            # A page that was closed has nothing left to ask with.
            if _has_ended(session):
                return
            if not self.problem:
                _LOG.exception("a page's question was not answered")
            answer, problem = self.answer, f"{error}" or type(error).__name__
        if number == self._number:
            self.answer, self.problem = answer, problem


class Trouble:
    """What is made of an answer, once there is one; above it that it is awaited, or why there is no newer one."""

    def __init__(self, what: str, reading: Reading, *made: Any) -> None:
        self._what, self._reading, self._made, self._told = what, reading, list(made), None
        self._look = pn.Column(sizing_mode="stretch_width", margin=0)
        self._body = pn.Column(sizing_mode="stretch_width", margin=0, styles={"gap": "8px"})
        self.layout = pn.Column(self._look, self._body, sizing_mode="stretch_width", margin=0)

    def show(self) -> None:
        # Put in place, not made visible: a table that is shown while it is being built fails in the browser.
        if self._reading.answer is not None and not len(self._body):
            self._body[:] = self._made
        told = self._reading.problem or ("loading" if self._reading.is_loading else "")
        if told == self._told:
            return
        self._told = told
        if not told:
            self._look.clear()
        elif self._reading.is_loading:
            self._look[:] = [status.loading(self._what)]
        else:
            self._look[:] = [status.error(f"{self._what} could not be read, values below are old: {told}")]


def _has_ended(session: Any) -> bool:
    return bool(getattr(session, "destroyed", False))
