"""Shelves: what a catalog holds, type by type, beside what the store has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise

import pandas as pd

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange, merge
from nautilus_data.engine import BARS, CatalogFolder, Shelf
from nautilus_data.errors import SkippableError
from nautilus_data.services.catalog.line import answered
from nautilus_data.store import Store

UP_TO_DATE, BEHIND, CHANGED, UNFINISHED = "up to date", "behind", "changed since", "unfinished"
OTHER_STORE, FOREIGN, OVERLAPPING, UNREADABLE = "another store's", "not from here", "overlapping", "unreadable"


@dataclass(frozen=True, kw_only=True)
class ShelfRow:
    """One folder of a catalog; times are UTC nanoseconds, 0 = not known; `rows` None: not known without reading.

    `intervals` counts unbroken spans of what the files' names say, as `get_intervals` has them; `coverage` those of
    the store. `state` says how the two stand, `detail` what differs.
    """

    type: str
    identifier: str
    series: str = ""
    adjustment: str = ""
    state: str = FOREIGN
    detail: str = ""
    files: int = 0
    rows: int | None = None
    start: int = 0
    end: int = 0
    intervals: int = 0
    coverage: int | None = None
    size_bytes: int = 0
    ts_modified: int = 0


def describe(store: Store, folder: CatalogFolder) -> pd.DataFrame:
    """One ShelfRow per type and identifier."""
    rows = [vars(_row(store, shelf)) for shelf in folder.shelves()]
    return pd.DataFrame(rows, columns=[field.name for field in fields(ShelfRow)])


def spans(folder: CatalogFolder, kind: str, identifier: str) -> list[TimeRange]:
    """The intervals of one folder, in order, as NautilusTrader's `get_intervals` has them but half-open."""
    return sorted(folder.shelf(kind, identifier).intervals().values())


def _row(store: Store, shelf: Shelf) -> ShelfRow:
    named, stats = sorted(shelf.intervals().values()), [file.stat() for file in shelf.files()]
    joined = merge(named)
    known = {
        "type": shelf.kind, "identifier": shelf.identifier, "files": len(stats),
        **_extent(joined), "intervals": len(joined),
        "size_bytes": sum(one.st_size for one in stats), "ts_modified": max(one.st_mtime_ns for one in stats),
    }  # fmt: skip
    return ShelfRow(**known, **_standing(store, shelf, joined, any(a.overlaps(b) for a, b in pairwise(named))))


def _extent(joined: list[TimeRange]) -> dict[str, int]:
    # What is of no time, as an instrument, is written at 0.
    if not joined or joined[-1].end <= 1:
        return {"start": 0, "end": 0}
    return {"start": joined[0].start, "end": joined[-1].end}


def _standing(store: Store, shelf: Shelf, joined: list[TimeRange], is_overlapping: bool) -> dict[str, object]:
    """State, detail and rows; where it came from here, the series and its coverage."""
    try:
        note, strangers = shelf.note(), shelf.strangers()
    except SkippableError as error:
        return {"state": UNREADABLE, "detail": str(error)}
    if is_overlapping:
        return {
            "state": OVERLAPPING, "rows": shelf.rows(),
            "detail": "files overlap: NautilusTrader refuses to write here. Import, and export into a clean folder",
        }  # fmt: skip
    if note is None or strangers:
        return {"rows": shelf.rows(), "detail": f"written by others: {strangers[0]}" if strangers else ""}
    rows = sum(note.files[file.name][1] for file in shelf.files())
    if shelf.kind != BARS:
        return {"state": UP_TO_DATE, "rows": rows}
    series = Series(**note.about["series"])
    told = {"rows": rows, "series": str(series), "adjustment": series.adjustment}
    if note.about["store"] != store.name:
        return {**told, "state": OTHER_STORE, "detail": f"exported from {note.about['store']}"}
    covered = answered(store, series)
    state, detail = _compared(store, series, note.revision, joined, covered)
    return {**told, "state": state, "detail": detail, "coverage": len(covered)}


def _compared(
    store: Store, series: Series, revision: int, joined: list[TimeRange], covered: list[TimeRange]
) -> tuple[str, str]:
    if revision < 0:
        return UNFINISHED, "an export was interrupted: export again, it goes on where it was"
    lacking = [part for span in covered for part in span.subtract(joined)]
    beyond = [part for span in joined for part in span.subtract(covered)]
    if lacking or beyond:
        first = (lacking or beyond)[0]
        what = "the store also knows" if lacking else "the store knows no more of"
        return BEHIND, f"{what} {first}" + (f" and {len(lacking or beyond) - 1} more" if len(lacking) > 1 else "")
    if revision != store.revision(series):
        return CHANGED, "bars were changed in the store: export again"
    return UP_TO_DATE, ""
