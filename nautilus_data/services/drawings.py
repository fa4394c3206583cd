"""Drawings: what a user drew on a chart, kept per instrument and timeframe."""

from __future__ import annotations

from nautilus_data.core.drawing import Drawing, Sheet
from nautilus_data.store import Store


class Drawings:
    """No user sees another's; `user` is the name a page knows, `local` without a login.

    Every method raises a ValueError that says what is wrong with what was asked.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self, user: str, instrument_id: str, timeframe: str) -> tuple[Drawing, ...]:
        """What is on the chart, the oldest first."""
        return tuple(self._store.drawings(Sheet.of(user, instrument_id, timeframe)))

    def version(self, user: str, instrument_id: str, timeframe: str) -> int:
        """Grows with every change: while it is the same, so is the list. One seek; ask once a second."""
        return self._store.drawings_version(Sheet.of(user, instrument_id, timeframe))

    def put(self, user: str, instrument_id: str, timeframe: str, drawing: Drawing) -> None:
        """Add it, or change the one of its id; the last one to say so wins."""
        self._store.save_drawing(Sheet.of(user, instrument_id, timeframe), drawing)

    def delete(self, user: str, instrument_id: str, timeframe: str, drawing_id: str) -> bool:
        """Was there one to delete?"""
        return self._store.delete_drawings(Sheet.of(user, instrument_id, timeframe), drawing_id) > 0

    def clear(self, user: str, instrument_id: str, timeframe: str) -> int:
        """How many were deleted."""
        return self._store.delete_drawings(Sheet.of(user, instrument_id, timeframe))
