"""Statement: items by periods as known at a time; what was restated says what it was, what was computed says so."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from app.views import table
from app.views.filings import exact, filing_link, known_since
from app.views.macro_days import date
from app.views.macro_sheet import Cell, Column, Row, Section

KINDS = {"income": "Income", "balance": "Balance sheet", "cash_flow": "Cash flow"}
FREQUENCIES = {"annual": "Annual", "quarterly": "Quarterly", "ttm": "12 months (TTM)"}
MOST_PERIODS = 12
VERSIONS = (
    Column("known", "Known since", is_head=True),
    Column("value", "Value", is_number=True, is_main=True),
    Column("change", "Changed by", is_number=True),
    Column("period", "Of"),
    Column("tag", "Tag", is_long=True),
    Column("filing", "Filing"),
)
RESTATED = (
    Column("known", "Restated", is_head=True),
    Column("tag", "Of", is_long=True),
    Column("period", "Period"),
    Column("before", "Was", is_number=True),
    Column("value", "Is since", is_number=True, is_main=True),
    Column("difference", "By", is_number=True),
    Column("filing", "Filing"),
)
MOST_RESTATED = 100
_MILLION, _THOUSAND = Decimal(10**6), Decimal(10**3)
_DASH = "–"


def key_of(concept: str, ts_start: int, ts_event: int) -> str:
    """Of a value, for what is pressed."""
    return f"{concept}|{ts_start}|{ts_event}"


def parse_key(key: str) -> tuple[str, int, int] | None:
    """Concept and span of a key; None for what is none."""
    parts = key.rsplit("|", 2)
    try:
        return (parts[0], int(parts[1]), int(parts[2])) if len(parts) == 3 else None
    except ValueError:
        return None


def scale_of(frame: pd.DataFrame, currency: str) -> tuple[Decimal, str]:
    """What amounts of money are divided by, and what that is called."""
    money = [abs(value) for value, unit in zip(frame["value"], frame["unit"], strict=True) if unit == currency]
    largest = max(money, default=Decimal(0))
    if largest >= 10_000 * _MILLION:
        return _MILLION, f"millions of {currency}"
    if largest >= 1_000 * _THOUSAND:
        return _THOUSAND, f"thousands of {currency}"
    return Decimal(1), currency


def statement(told: Any, zone: str, empty: str) -> tuple[list[Column], Section]:
    """Columns by period, the newest first, and a row an item; a cell's key is its concept and span."""
    frame = told.frame
    periods = sorted(frame["ts_event"].unique(), reverse=True)[:MOST_PERIODS]
    labels = frame.drop_duplicates("ts_event", keep="last").set_index("ts_event")["period"]
    columns = [Column("item", "Item", is_head=True, is_long=True)]
    columns += [Column(str(end), _label(labels[end]), is_number=True) for end in periods]
    scale, words = scale_of(frame, told.currency)
    cells = {(row["concept"], row["ts_event"]): row for row in frame.to_dict("records")}
    items = dict.fromkeys(frame["concept"])
    titles = dict(zip(frame["concept"], frame["title"], strict=True))
    order = sorted(items, key=list(titles).index)
    rows = tuple(
        Row(
            (
                _item(titles[key], key, cells, periods),
                *(_cell(cells.get((key, end)), scale, told.currency, zone) for end in periods),
            )
        )
        for key in order
        if any((key, end) in cells for end in periods)
    )
    note = f"in {words}; per share and shares as reported; a click on a value shows its versions" if rows else ""
    # Without a title a note has no room.
    return columns, Section(KINDS[told.kind] if rows else "", rows, note, empty)


def versions(frame: pd.DataFrame | None, title: str, cik: str, zone: str, at: int) -> Section:
    """Each version of a value, or of the parts it was computed of; what each changed."""
    if frame is None:
        return Section("Versions", (), "", "Press a value: what was filed of it, and when, is shown here.")
    rows, before = [], {}
    for row in frame.to_dict("records"):
        span = (row["tag"], row["ts_start"], row["ts_event"])
        rows.append(_version(row, before.get(span), cik, zone, at))
        before[span] = row["value"]
    is_made = bool(len(frame)) and bool(frame["is_part"].any())
    note = "computed: these are its parts" if is_made else ""
    return Section(f"Versions of {title}", tuple(rows), note, "Nothing of it was known then.")


def restated(frame: pd.DataFrame, cik: str, zone: str, at: int, empty: str) -> Section:
    """What was said differently than before, the newest first."""
    real = frame[frame["reason"] == "restated"]
    rows = tuple(
        Row(
            (
                known_since(row["ts_init"], at, zone),
                Cell(row["tag"].partition(":")[2], row["tag"].partition(":")[0]),
                Cell(span(row["ts_start"], row["ts_event"])),
                Cell(table.number(row["before"]), row["unit"], title=row["before_accession"]),
                Cell(table.number(row["value"]), row["unit"]),
                Cell(table.number(row["difference"], is_signed=True)),
                filing_link(cik, row["accession"], row["form"]),
            )
        )
        for row in real.head(MOST_RESTATED).to_dict("records")
    )
    others = len(frame) - len(real)
    parts = [f"the newest {len(rows)} of {len(real):,}" if len(real) > len(rows) else ""]
    parts += [f"{others:,} more changed only by rounding or by a split of the shares"] if others else []
    return Section("Restatements", rows, "; ".join(filter(None, parts)), empty)


def span(ts_start: int, ts_event: int) -> str:
    """`2023-01-01 to 2023-03-31`, or the day."""
    return f"{date(ts_start)} to {date(ts_event)}" if ts_start else date(ts_event)


def amount(value: Decimal, unit: str, scale: Decimal, currency: str) -> str:
    if unit == currency:
        return table.number(value / scale, 0 if scale > 1 else None)
    if unit == "shares":
        return f"{table.number(value / _MILLION, 1)} m"
    return table.money(value)


def _item(title: str, key: str, cells: Mapping[tuple[str, int], Mapping[str, Any]], periods: list[int]) -> Cell:
    units = next((cells[key, end]["unit"] for end in periods if (key, end) in cells), "")
    return Cell(title, "" if len(units) == 3 else units.replace("/shares", " a share"))


def _cell(row: Mapping[str, Any] | None, scale: Decimal, currency: str, zone: str) -> Cell:
    if row is None:
        return Cell(_DASH, tone="muted")
    below = []
    if row["is_restated"]:
        old = row["restated_from"]
        below.append("restated" if old is None else f"was {amount(old, row['unit'], scale, currency)}")
    if row["is_derived"]:
        below.append("computed")
    return Cell(
        amount(row["value"], row["unit"], scale, currency), " · ".join(below), "warn" if row["is_restated"] else "",
        _title(row, zone), key=key_of(row["concept"], row["ts_start"], row["ts_event"]),
    )  # fmt: skip


def _title(row: Mapping[str, Any], zone: str) -> str:
    """All that is known of a value, a line each."""
    where = f"{row['form']} {row['accession']}, known since {table.when(row['known_since'], zone)} {zone}"
    parts = [exact(row["value"], row["unit"]), span(row["ts_start"], row["ts_event"]), row["tag"], where]
    if row["restated_from"] is not None:
        parts.append(f"restated: was {exact(row['restated_from'], row['unit'])} in {row['restated_from_accession']}")
    if row["derived_from"]:
        parts.append(f"= {row['derived_from']}")
    if row["is_mixed"]:
        parts.append("one of its parts was restated after the other was said: they may be counted in two ways")
    if row["others"]:
        parts.append(f"other tags say: {row['others']}")
    return "\n".join(filter(None, parts))


def _version(row: Mapping[str, Any], before: Decimal | None, cik: str, zone: str, at: int) -> Row:
    moved = "" if before is None else table.number(row["value"] - before, is_signed=True)
    cells = (
        known_since(row["ts_init"], at, zone),
        Cell(table.number(row["value"]), row["unit"]),
        Cell(moved),
        Cell(span(row["ts_start"], row["ts_event"])),
        Cell(row["tag"].partition(":")[2] or row["tag"], row["tag"].partition(":")[0]),
        filing_link(cik, row["accession"], row["form"]),
    )
    return Row(cells, tone="" if row["is_current"] else "faint")


def _label(period: str) -> str:
    """`FY 2023-09-30`: short enough for a column's head."""
    return period.replace(" to ", " ").replace("12 months", "TTM")
