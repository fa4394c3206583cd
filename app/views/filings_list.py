"""Filing list: what a company filed, newest first, with links to the documents; and the newest of all companies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from app.views import table
from app.views.filings import known_since
from app.views.macro import age
from app.views.macro_days import date
from app.views.macro_sheet import Cell, Column, Row, Section

FILINGS = (
    Column("form", "Form", is_head=True),
    Column("document", "Document", is_long=True),
    Column("filed", "Filed", is_main=True),
    Column("period", "Of"),
    Column("known", "Known since"),
    Column("items", "Items", is_long=True),
    Column("accession", "Accession"),
    Column("size", "Size", is_number=True),
)
FEED = (
    Column("form", "Form", is_head=True),
    Column("company", "Company: a click shows it", is_long=True),
    Column("accepted", "Accepted", is_main=True),
    Column("role", "As"),
    Column("items", "Items", is_long=True),
    Column("accession", "Filing"),
    Column("size", "Size", is_number=True),
)
MOST = 200
# Items of a form 8-K that move prices, in a few words.
_ITEMS = {
    "1.01": "material agreement", "1.02": "agreement ended", "1.03": "bankruptcy", "1.05": "cybersecurity incident",
    "2.01": "acquisition or disposal", "2.02": "results", "2.03": "new obligation", "2.04": "obligation accelerated",
    "2.05": "exit costs", "2.06": "impairment", "3.01": "delisting notice", "3.02": "unregistered sale of shares",
    "3.03": "rights of holders changed", "4.01": "auditor changed", "4.02": "past statements not to be relied on",
    "5.01": "change of control", "5.02": "directors or officers", "5.03": "articles changed",
    "5.07": "votes of holders",
    "7.01": "Regulation FD", "8.01": "other events", "9.01": "exhibits",
}  # fmt: skip


def filings(frame: pd.DataFrame, at: int, zone: str, empty: str) -> Section:
    """The newest first, at most so many."""
    rows = tuple(_row(row, at, zone) for row in frame.head(MOST).to_dict("records"))
    note = f"the newest {len(rows)} of {len(frame):,}: choose a form, or write words, for others" * (
        len(frame) > len(rows)
    )
    return Section("Filings" if note else "", rows, note, empty)


def options(forms: Mapping[str, int], chosen: str) -> dict[str, str]:
    """Forms with how many there are of each; '' is all."""
    found = {"all forms": ""} | {f"{form} ({count:,})": form for form, count in forms.items()}
    return found if chosen in found.values() else {**found, f"{chosen} (0)": chosen}


def feed(frame: pd.DataFrame, at: int, zone: str, empty: str) -> Section:
    """The newest filings of all companies; the key is the CIK."""
    rows = tuple(_fed(row, at, zone) for row in frame.to_dict("records"))
    asked = frame.attrs.get("ts_asked", 0)
    note = f"asked {age(asked, at)}; asked again each minute while this is in sight" if asked else ""
    return Section("New filings" if note else "", rows, note, empty)


def items(text: str) -> str:
    """`2.02 results, 9.01 exhibits` of `2.02,9.01`."""
    numbers = [part.strip() for part in text.split(",") if part.strip()]
    return ", ".join(f"{number} {_ITEMS[number]}" if number in _ITEMS else number for number in numbers)


def size(count: int) -> str:
    return f"{count / 1_000:,.0f} kB" if count else ""


def _row(row: Mapping[str, Any], at: int, zone: str) -> Row:
    return Row(
        (
            Cell(row["form"], "XBRL" if row["is_xbrl"] else ""),
            Cell(row["description"] or row["document"] or "no document", link=row["link"], title="opens at sec.gov"),
            Cell(date(row["filed"])),
            Cell(date(row["report_date"]) if row["report_date"] else ""),
            known_since(row["ts_init"], at, zone),
            Cell(items(row["items"])),
            Cell(row["accession"], link=row["index"], title="all documents, at sec.gov"),
            Cell(size(row["size"])),
        )
    )


def _fed(row: Mapping[str, Any], at: int, zone: str) -> Row:
    return Row(
        (
            Cell(row["form"]),
            Cell(row["company"], row["cik"]),
            Cell(table.when(row["ts_event"], zone), age(row["ts_event"], at)),
            Cell(row["role"]),
            Cell(items(row["items"])),
            Cell(row["accession"], link=row["link"], title="opens at sec.gov"),
            Cell(size(row["size"])),
        ),
        row["cik"],
    )
