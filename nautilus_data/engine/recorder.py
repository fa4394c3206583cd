"""Recorder: the child's pen for its state file."""

from __future__ import annotations

import time
from dataclasses import replace

from nautilus_data.engine.config import EngineState
from nautilus_data.engine.folder import RunFolder

_WRITE_S = 0.2


class Recorder:
    """The run's state, written at once when something changed, else at most 5 times a second."""

    def __init__(self, folder: RunFolder, state: EngineState) -> None:
        self.state = state
        self._folder = folder
        self._written = 0.0

    def tell(self, **fields: object) -> None:
        """Write now."""
        self.state = replace(self.state, **fields, updated=time.time_ns())
        self._folder.save_state(self.state)
        self._written = time.monotonic()

    def note(self, **fields: object) -> None:
        """Write with the next `keep_fresh`."""
        self.state = replace(self.state, **fields)

    def keep_fresh(self) -> None:
        if time.monotonic() - self._written >= _WRITE_S:
            self.tell()
