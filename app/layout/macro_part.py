"""Part: a view of page `macro`, asked anew in a thread when the day, a choice or what is stored changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import panel as pn

from app.layout.reading import Reading, Trouble

# What is told of ages and of releases that come out goes with the clock.
_CLOCK_NS = 30 * 10**9
_LOOK_S = 1.0


@dataclass(frozen=True)
class Answer:
    """What was asked for (`key`), as of when (ns), and what came."""

    key: Hashable
    at: int
    told: Any


class Part:
    """Subclasses say what their `choice` is, `ask` the service as of a time (in a thread), and `draw` what came."""

    def __init__(self, page: Any, what: str, *made: Any, clock: Callable[[], int] = time.time_ns) -> None:
        self._page, self._macro, self._clock = page, page.workspace.macro, clock
        self.reading = Reading(self._read, _LOOK_S)
        self._drawn: Answer | None = None
        # Placed as one: a figure that waits for others to be built fails when the page is laid out meanwhile.
        whole = pn.Column(*made, sizing_mode="stretch_width", margin=0, styles={"gap": "8px"})
        self._trouble = Trouble(what, self.reading, whole)
        self.layout = pn.Column(self._trouble.layout, sizing_mode="stretch_width", margin=0)

    def open(self) -> None:
        """It came in sight, or a choice changed: ask at once."""
        self.reading.now(self.show)

    def live(self) -> None:
        self.reading.live()
        self.show()

    def show(self) -> None:
        """Draw what came, once."""
        answer = self.reading.answer
        if answer is not None and answer is not self._drawn:
            self._drawn = answer
            self.draw(answer.told, answer.at)
        # A figure is put in place with its data: one that gets it while it is being built fails in the browser.
        self._trouble.show()
        self._page.is_drawn(answer.key[0] if answer else None)

    def choice(self) -> Hashable:
        """What besides the day says what is shown."""
        return ()

    def mark(self) -> Hashable:
        """What is another one once anything that is shown may have changed."""
        return self._macro.mark()

    def ask(self, as_of: int | None) -> Any:
        raise NotImplementedError

    def draw(self, told: Any, at: int) -> None:
        raise NotImplementedError

    def _read(self) -> Answer:
        day, as_of, now = self._page.as_of, self._page.as_of_ns, self._clock()
        key = (day, self.choice(), self._page.zone, self.mark(), now // _CLOCK_NS)
        before = self.reading.answer
        if before is not None and before.key == key:
            return before
        return Answer(key, now if as_of is None else as_of, self.ask(as_of))
