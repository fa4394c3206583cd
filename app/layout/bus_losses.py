"""Losses on page `bus`: incidents with their evidence, dead letters and what is done about them."""

from __future__ import annotations

from typing import Any

import panel as pn

from app.layout import rest_link
from app.layout.commands import Commands
from app.layout.live_table import LiveTable
from app.layout.paged_table import BUILD_S
from app.layout.reading import Reading, Trouble
from app.layout.status import Board
from app.views import bus as views
from app.views import bus_tables
from app.views.cards import Card, Group, Tone

_LIMIT = 200
_LETTERS_S = 2.0


class Incidents:
    """All that are kept, newest first; those open now stand above every view."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self.reading = Reading(lambda: page.bus.incidents(limit=_LIMIT, trader_id=page.trader_id))
        self.table = LiveTable(
            bus_tables.INCIDENTS,
            ["id"],
            "No incident was recorded: nothing was lost, late or silent.",
            rest="bus.incidents",
            page_size=20,
            build_s=BUILD_S,
        )
        self._trouble = Trouble("Incidents", self.reading, rest_link.bar("bus.incidents"), self.table.layout)
        self.layout = self._trouble.layout

    def open(self) -> None:
        self.table.settle()
        self.reading.now(self._show)

    def live(self) -> None:
        self.reading.live()
        self._show()

    def _show(self) -> None:
        if self.reading.answer is not None:
            self.table.show(self.reading.answer, self._page.context())
        self._trouble.show()


class DeadLetters:
    """Messages no handler could take; the worker hands them to their handler again, or they are let go."""

    def __init__(self, page: Any) -> None:
        self._page, self._chosen, self._armed, self._job_id = page, "", (), 0
        self.reading = Reading(lambda: page.bus.dead_letters(limit=_LIMIT, trader_id=page.trader_id), _LETTERS_S)
        self._jobs = Reading(lambda: page.workspace.overview.jobs(_LIMIT))
        self.table = LiveTable(
            bus_tables.DEAD_LETTERS, ["key"], "No dead letter: every message could be read and handled.",
            rest="bus.letters", page_size=10, build_s=BUILD_S, on_click=self.choose,
        )  # fmt: skip
        self._detail, self._result = Board(), Board()
        needs = {f"{verb}-{which}": f"bus.{verb}" for verb in ("replay", "discard") for which in ("one", "all")}
        self.commands = Commands(self._press, page.workspace, needs, sizing_mode="stretch_width")
        # Beside each other where there is room: what a click shows is then in sight.
        self.table.layout.styles, self._detail.styles = _beside(3, 520), _beside(2, 360)
        both = pn.FlexBox(self.table.layout, self._detail, gap="8px", sizing_mode="stretch_width")
        button = rest_link.bar("bus.letters")
        self._trouble = Trouble("Dead letters", self.reading, self.commands, self._result, button, both)
        self.layout = self._trouble.layout

    @property
    def waiting(self) -> int:
        """How many wait for a person."""
        return len(self._dead())

    def open(self) -> None:
        self.table.settle()
        self.reading.now(self._show)

    def live(self) -> None:
        self.reading.live()
        if self._job_id:
            self._jobs.live()
        self._show()

    def choose(self, key: str) -> None:
        """Show one whole."""
        self._chosen = key
        self._armed = ()
        self._show()

    def replay(self, keys: list[str]) -> None:
        self._page.do("Replay", lambda: self._page.bus.replay(keys), self._follow)

    def discard(self, keys: list[str]) -> None:
        """What is let go does not come back."""
        self._page.do("Discard", lambda: self._page.bus.discard(keys), self._tell_discarded)

    def _follow(self, job_id: int) -> None:
        self._job_id = job_id
        self._jobs.now(self._show)

    def _tell_discarded(self, count: int) -> None:
        self._job_id = 0
        done = Card("discarded", "Discard", f"{count:,} let go", Tone.OK)
        self._result.show([Group("result", "", (done,), "rows")])
        self.reading.now(self._show)

    def _show(self) -> None:
        if self.reading.answer is not None:
            self._show_letters(self.reading.answer)
        self._trouble.show()

    def _show_letters(self, letters: Any) -> None:
        self.table.show(letters, self._page.context())
        self.table.select(self._chosen)
        found = [row for row in letters.to_dict("records") if row["key"] == self._chosen]
        self._detail.show(views.dead_letter(found[0], self._page.zone) if found else self._hint())
        self._offer()
        self._show_job()

    def _hint(self) -> list[Group]:
        what = "Choose a row to see why it failed, and its body."
        return [Group("letter", "", empty=what)] if len(self.reading.answer) else []

    def _show_job(self) -> None:
        """The job's way, as the worker writes it."""
        found = [job for job in self._jobs.answer or () if job.id == self._job_id]
        if found:
            self._result.show([views.job(found[0])])
        if found and found[0].status.is_final:
            self._job_id = 0

    def _dead(self) -> list[str]:
        letters = self.reading.answer
        return [] if letters is None or letters.empty else list(letters.loc[letters["state"] == "dead", "key"])

    def _press(self, command: str) -> None:
        """The first press of a button that destroys only asks."""
        keys = self._keys_of(command)
        if command.startswith("discard") and self._armed != (command, *keys):
            self._armed = (command, *keys)
        else:
            self._armed = ()
            (self.replay if command.startswith("replay") else self.discard)(keys)
        self._offer()

    def _keys_of(self, command: str) -> list[str]:
        dead = self._dead()
        return [key for key in dead if key == self._chosen] if command.endswith("one") else dead

    def _offer(self) -> None:
        """Name each button by what it would do now."""
        every = f"all {self.waiting:,} shown"
        commands = {
            "replay-one": "Replay this one", "replay-all": f"Replay {every}",
            "discard-one": "Discard this one", "discard-all": f"Discard {every}",
        }  # fmt: skip
        self.commands.show([self._entry(*item) for item in commands.items()] if len(self.reading.answer) else [])

    def _entry(self, command: str, label: str) -> tuple[str, str, str, bool]:
        keys = self._keys_of(command)
        if keys and self._armed == (command, *keys):
            return command, f"Really {label[0].lower()}{label[1:]}?", "sure", True
        return command, label, "bad" if command.startswith("discard") else "", bool(keys)


def _beside(share: int, least_px: int) -> dict[str, str]:
    return {"flex": f"{share} 1 {least_px}px", "min-width": "0"}
