"""Request: what was done for one request or act, followed from the audit log to jobs and log lines and back."""

from __future__ import annotations

from typing import Any

from app.layout.commands import Commands

_PLACES = {"audit": "audit entries", "jobs": "jobs", "logs": "log lines"}


class Request:
    """A row of buttons, not there until a row with such an id is chosen, or only those rows are shown."""

    def __init__(self, page: Any, here: str) -> None:
        self._page, self._here, self._chosen = page, here, ""
        self.layout = Commands(self._press, sizing_mode="stretch_width", margin=(0, 0, 8, 0))

    def choose(self, correlation: str) -> None:
        self._chosen = correlation
        self.show()

    def show(self) -> None:
        """Name each button by where it leads."""
        wanted = self._page.correlation
        chosen = self._chosen or wanted
        places = [place for place in _PLACES if place in self._page.views and (place, chosen) != (self._here, wanted)]
        lead = [(place, f"All {_PLACES[place]} of request {chosen}", "", True) for place in places] if chosen else []
        end = [("", f"Show all again, not request {wanted} alone", "", True)] if wanted else []
        self.layout.show([*end, *lead])

    def _press(self, place: str) -> None:
        self._page.follow(self._chosen or self._page.correlation if place else "", place or self._here)
