"""Choices: which series of observations a person wants kept, or no longer."""

from __future__ import annotations

from sqlalchemy import select

from nautilus_data.store.database import Database
from nautilus_data.store.tables import SERIES_CHOICES


class SeriesChoices(Database):
    """Only what differs from the default set."""

    def choose_series(self, series_id: str, is_kept: bool) -> None:
        """Keep a series from now on, or keep it no longer; what is stored stays."""
        values = {"is_kept": is_kept, "ts_updated": self._clock()}
        new = self._dialect.insert(SERIES_CHOICES).values(series_id=series_id, **values)
        with self._writing() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=["series_id"], set_=values))

    def series_choices(self) -> dict[str, bool]:
        """Whether each series somebody decided about is kept, in the order of the decisions."""
        columns = select(SERIES_CHOICES.c.series_id, SERIES_CHOICES.c.is_kept)
        with self._reading() as connection:
            rows = connection.execute(columns.order_by(SERIES_CHOICES.c.ts_updated)).all()
        return {series_id: bool(is_kept) for series_id, is_kept in rows}
