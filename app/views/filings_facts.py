"""Facts: one concept over its periods in a table; which lines and tags there are to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from app.views import table
from app.views.filings import filing_link, known_since
from app.views.filings_statement import key_of, span
from app.views.macro_sheet import Cell, Chip, Column, Row, Section

HISTORY = (
    Column("period", "Period: a click shows its versions", is_head=True, is_long=True),
    Column("value", "Value", is_number=True, is_main=True),
    Column("known", "Known since"),
    Column("tag", "Tag", is_long=True),
    Column("filing", "Filing"),
)
MOST = 60


def history(frame: pd.DataFrame, concept: str, cik: str, at: int, zone: str, empty: str) -> Section:
    """The newest first."""
    rows = tuple(_row(row, concept, cik, at, zone) for row in frame.tail(MOST).iloc[::-1].to_dict("records"))
    note = f"the newest {len(rows)} of {len(frame):,}" if len(frame) > len(rows) else ""
    return Section("Values" if note else "", rows, note, empty)


def options(concepts: Mapping[str, Any], tags: Sequence[str], chosen: str) -> dict[str, str]:
    """Lines of statements first, then every tag."""
    found = {concept.title: key for key, concept in concepts.items()} | {tag: tag for tag in tags}
    return found if chosen in found.values() else {**found, chosen: chosen}


def _row(row: Mapping[str, Any], concept: str, cik: str, at: int, zone: str) -> Row:
    marks = [Chip("restated", "warn", "it was another value before")] * bool(row["is_restated"])
    marks += [Chip("computed", title="of what was reported of longer periods, or of other lines")] * bool(
        row["is_derived"]
    )
    return Row(
        (
            Cell(span(row["ts_start"], row["ts_event"]), chips=tuple(marks)),
            Cell(table.number(row["value"]), row["unit"]),
            known_since(row["ts_init"], at, zone),
            Cell(row["tag"].partition(":")[2] or "", row["tag"].partition(":")[0]),
            filing_link(cik, row["accession"], row["form"]),
        ),
        key_of(concept, row["ts_start"], row["ts_event"]),
    )
