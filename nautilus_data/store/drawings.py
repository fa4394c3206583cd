"""Drawings: what people drew on charts, each user's apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from nautilus_data.core.drawing import MAX_DRAWINGS, Drawing, Point, Sheet, Style
from nautilus_data.store.database import Database
from nautilus_data.store.tables import DRAWING_SHEETS, DRAWINGS


class DrawingBook(Database):
    """Each sheet has a version that grows with every change of what is on it."""

    def drawings(self, sheet: Sheet) -> list[Drawing]:
        """What is on a sheet, the oldest first."""
        ordered = select(DRAWINGS).where(*_on(DRAWINGS, sheet)).order_by(DRAWINGS.c.ts_created, DRAWINGS.c.drawing_id)
        with self._reading() as connection:
            return [_drawing(row) for row in connection.execute(ordered).mappings()]

    def drawings_version(self, sheet: Sheet) -> int:
        """0 while nothing was ever drawn."""
        with self._reading() as connection:
            found = connection.execute(select(DRAWING_SHEETS.c.version).where(*_on(DRAWING_SHEETS, sheet))).scalar()
        return found or 0

    def save_drawing(self, sheet: Sheet, drawing: Drawing) -> None:
        """Add it or change the one of its id; a ValueError says when the sheet is full."""
        now = self._clock()
        row = {**sheet._asdict(), **_row(drawing), "ts_created": now, "ts_updated": now}
        new = self._dialect.insert(DRAWINGS).values(row)
        changed = {name: new.excluded[name] for name in ("kind", "points", "style", "text", "ts_updated")}
        with self._writing() as connection:
            # First, as its row makes others who draw on this sheet wait.
            self._raise_version(connection, sheet)
            _check_room(connection, sheet, drawing.drawing_id)
            connection.execute(new.on_conflict_do_update(index_elements=list(DRAWINGS.primary_key), set_=changed))

    def delete_drawings(self, sheet: Sheet, drawing_id: str | None = None) -> int:
        """Take one off the sheet, or all; how many were there."""
        which = [] if drawing_id is None else [DRAWINGS.c.drawing_id == drawing_id]
        with self._writing() as connection:
            gone = connection.execute(delete(DRAWINGS).where(*_on(DRAWINGS, sheet), *which)).rowcount
            if gone:
                self._raise_version(connection, sheet)
        return gone

    def _raise_version(self, connection: Connection, sheet: Sheet) -> None:
        new = self._dialect.insert(DRAWING_SHEETS).values(**sheet._asdict(), version=1)
        connection.execute(
            new.on_conflict_do_update(
                index_elements=list(DRAWING_SHEETS.primary_key), set_={"version": DRAWING_SHEETS.c.version + 1}
            )
        )


def _on(table: Table, sheet: Sheet) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in sheet._asdict().items()]


def _check_room(connection: Connection, sheet: Sheet, drawing_id: str) -> None:
    others = (
        select(func.count()).select_from(DRAWINGS).where(*_on(DRAWINGS, sheet), DRAWINGS.c.drawing_id != drawing_id)
    )
    if connection.execute(others).scalar_one() >= MAX_DRAWINGS:
        raise ValueError(
            f"{sheet.instrument_id} {sheet.timeframe} has {MAX_DRAWINGS} drawings, the most a chart may have:"
            " delete some first"
        )


def _row(drawing: Drawing) -> dict[str, Any]:
    style = {"color": drawing.style.color, "width": drawing.style.width, "dash": drawing.style.dash}
    return {
        "drawing_id": drawing.drawing_id,
        "kind": drawing.kind,
        # Python reads back the very floats and integers it wrote.
        "points": json.dumps(drawing.points),
        "style": json.dumps(style),
        "text": drawing.text,
    }


def _drawing(row: Mapping[str, Any]) -> Drawing:
    return Drawing(
        drawing_id=row["drawing_id"],
        kind=row["kind"],
        points=tuple(Point(*point) for point in json.loads(row["points"])),
        style=Style(**json.loads(row["style"])),
        text=row["text"],
        ts_created=row["ts_created"],
        ts_updated=row["ts_updated"],
    )
