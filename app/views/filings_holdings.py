"""Holdings: what a manager held at the end of a quarter, and what changed since the one before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from app.views import table
from app.views.filings import exact, filing_link, known_since, short, tone
from app.views.macro_days import date
from app.views.macro_sheet import Cell, Column, Row, Section

HOLDINGS = (
    Column("issuer", "Issuer", is_head=True, is_long=True),
    Column("value", "Value", is_number=True, is_main=True),
    Column("weight", "Share", is_number=True),
    Column("amount", "Amount", is_number=True),
    Column("change", "Since the quarter before", is_number=True),
    Column("cusip", "CUSIP"),
    Column("known", "Known since"),
    Column("filing", "Filing"),
)
MOST = 200


def holdings(frame: pd.DataFrame, cik: str, at: int, zone: str, empty: str) -> Section:
    """The largest first."""
    rows = tuple(_row(row, cik, at, zone) for row in frame.head(MOST).to_dict("records"))
    quarter = frame.attrs.get("quarter", 0)
    title = f"Held on {date(quarter)}" if quarter else ""
    total = short(sum(frame["value"]), "USD") if len(frame) else ""
    note = f"{len(frame):,} positions of {total}" + (f"; the largest {len(rows)}" if len(frame) > len(rows) else "")
    return Section(title, rows, note if len(frame) else "", empty)


def options(quarters: list[int]) -> dict[str, int]:
    """Quarters to choose from; 0 is the newest."""
    return {"newest quarter": 0} | {date(quarter): quarter for quarter in quarters}


def _row(row: Mapping[str, Any], cik: str, at: int, zone: str) -> Row:
    unit = "" if row["amount_type"] == "SH" else row["amount_type"].lower()
    return Row(
        (
            Cell(row["issuer"], " · ".join(filter(None, (row["title"], row["put_call"].lower())))),
            Cell(short(row["value"], "USD"), title=exact(row["value"], "USD")),
            Cell(f"{table.number(row['weight'] * 100, 2)} %" if row["weight"] == row["weight"] else ""),
            Cell(table.number(row["amount"]), unit),
            _change(row),
            Cell(row["cusip"]),
            known_since(row["ts_init"], at, zone),
            filing_link(cik, row["accession"], "13F-HR"),
        )
    )


def _change(row: Mapping[str, Any]) -> Cell:
    if row["change"] is None:
        return Cell()
    if not row["before"]:
        return Cell("new", tone="up")
    if not row["change"]:
        return Cell("same", tone="muted")
    share = float(row["change"] / row["before"])
    return Cell(
        table.number(row["change"], is_signed=True), f"{table.number(share * 100, 1, is_signed=True)} %", tone(share)
    )
