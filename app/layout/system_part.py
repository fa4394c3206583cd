"""System part: rows asked anew while they are in sight, and what can be done with the one chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import panel as pn

from app.layout.commands import Commands
from app.layout.live_table import LiveTable
from app.layout.paged_table import BUILD_S
from app.layout.reading import Reading, Trouble
from app.views.table import Field
from nautilus_data.core.identity import Role

# Key, label, tone, whether it can be pressed, and whether the first press only asks.
Offer = tuple[str, str, str, bool, bool]
_ROWS = 25


class SystemPart:
    """Subclasses `read` rows (in a thread), `offer` commands for the row chosen, and carry them out in `press`."""

    def __init__(
        self, page: Any, what: str, fields: Sequence[Field], key: str, empty: str, *, above: Sequence[Any] = (),
        below: Sequence[Any] = (), needs: Mapping[str, str] | None = None, every_s: float = 2.0, rest: str = "",
    ) -> None:  # fmt: skip
        self.page, self.workspace = page, page.workspace
        self._key, self._chosen, self._armed = key, None, ("", "")
        self.reading = Reading(self.read, every_s)
        self.table = LiveTable(
            fields, [key], empty, page_size=_ROWS, build_s=BUILD_S, on_click=self.choose, rest=rest
        )  # fmt: skip
        self.commands = Commands(self._press, page.workspace, needs, sizing_mode="stretch_width", margin=(0, 0, 8, 0))
        self.trouble = Trouble(what, self.reading, self.commands, self.table.layout)
        self.layout = pn.Column(*above, self.trouble.layout, *below, sizing_mode="stretch_width", margin=0)

    def read(self) -> pd.DataFrame:
        raise NotImplementedError

    def offer(self, row: Mapping[str, Any] | None) -> list[Offer]:
        """What can be done with this row, or that one is to be chosen."""
        return []

    def press(self, command: str, row: Mapping[str, Any] | None) -> None:
        """Carry out what was offered for this row."""

    def open(self) -> None:
        self.table.settle()
        self.reading.now(self.show)

    def live(self) -> None:
        self.reading.live()
        self.show()

    def show(self) -> None:
        self.trouble.show()
        if self.reading.answer is not None:
            self.table.show(self.reading.answer, self.page.context())
            self.show_commands()

    def choose(self, key: Any) -> None:
        self._chosen, self._armed = key, ("", "")
        self.show_commands()

    def show_commands(self) -> None:
        self.commands.show([self._named(*offer) for offer in self.offer(self.row)])

    def ask(self, label: str, command: Callable[[], Any], then: Callable[[Any], None] | None = None) -> None:
        """Carry a command out in a thread, and read anew; a refusal is told above."""
        self.page.do(label, command, lambda answer: self._again(answer, then))

    @property
    def whose(self) -> str | None:
        """Whose things who looks may see and end; None: everybody's."""
        who = self.page.identity
        return None if who.may(Role.ADMIN) else who.name

    @property
    def row(self) -> dict[str, Any] | None:
        """The row chosen, as it is now."""
        frame = self.reading.answer
        if self._chosen is None or frame is None or frame.empty:
            return None
        rows = frame[frame[self._key] == self._chosen].to_dict("records")
        return rows[0] if rows else None

    def _again(self, answer: Any, then: Callable[[Any], None] | None) -> None:
        if then is not None:
            then(answer)
        self.reading.now(self.show)

    def _named(self, key: str, label: str, tone: str, is_enabled: bool, asks_first: bool) -> tuple[str, str, str, bool]:
        is_armed = asks_first and self._armed == (key, str(self._chosen))
        if is_armed and is_enabled:
            return key, f"Really {label[0].lower()}{label[1:]}?", "sure", True
        return key, label, tone, is_enabled

    def _press(self, command: str) -> None:
        """The first press of what ends or removes only asks."""
        row, chosen = self.row, (command, str(self._chosen))
        asks_first = any(offer[0] == command and offer[4] for offer in self.offer(row))
        if asks_first and self._armed != chosen:
            self._armed = chosen
        else:
            self._armed = ("", "")
            self.press(command, row)
        self.show_commands()
