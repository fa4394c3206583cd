"""Insiders: their trades as reported, and what they bought and sold in the open market by quarter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure

from app.views import palette, table
from app.views.filings import filing_link, known_since, short
from app.views.macro_chart import time_figure
from app.views.macro_days import date
from app.views.macro_sheet import Cell, Chip, Column, Row, Section

TRADES = (
    Column("insider", "Insider", is_head=True, is_long=True),
    Column("day", "Traded", is_main=True),
    Column("code", "What", is_long=True),
    Column("shares", "Number", is_number=True),
    Column("price", "Price", is_number=True),
    Column("worth", "Worth", is_number=True),
    Column("after", "Holds after", is_number=True),
    Column("security", "Security", is_long=True),
    Column("known", "Known since"),
    Column("filing", "Filing"),
)
MOST, HEIGHT = 200, 200
_CODES = {
    "P": "purchase", "S": "sale", "A": "grant", "D": "returned to the company", "F": "withheld for taxes",
    "M": "option exercised", "X": "option exercised", "C": "conversion", "G": "gift", "J": "other",
    "I": "discretionary", "V": "reported early", "W": "by will", "U": "tender", "": "holding",
}  # fmt: skip
_QUARTER_MS = 60 * 86_400_000.0


def trades(frame: pd.DataFrame, cik: str, at: int, zone: str, empty: str) -> Section:
    """The newest first, at most so many."""
    rows = tuple(_row(row, cik, at, zone) for row in frame.head(MOST).to_dict("records"))
    note = f"the newest {len(rows)} of {len(frame):,}" if len(frame) > len(rows) else ""
    return Section("Trades" if note else "", rows, note, empty)


def balance_words(balance: pd.DataFrame) -> str:
    """The last four quarters in a sentence."""
    if balance.empty:
        return "No purchase or sale in the open market (codes P, S) is known."
    last = balance.tail(4)
    bought, sold = sum(last["bought"]), sum(last["sold"])
    words = (
        f"Open market, {last['quarter'].iloc[0]} to {last['quarter'].iloc[-1]}: bought {short(bought, 'USD')} in"
        f" {int(last['buys'].sum()):,} trades, sold {short(sold, 'USD')} in {int(last['sells'].sum()):,}; net"
        f" {short(bought - sold, 'USD')}."
    )
    unpriced = int(last["unpriced"].sum())
    return f"{words} {unpriced:,} more have no price." if unpriced else words


def balance_chart() -> tuple[figure, ColumnDataSource]:
    """Bars by quarter: bought above, sold below."""
    plot = time_figure(HEIGHT)
    source = ColumnDataSource(balance_columns(pd.DataFrame()))
    bars = [
        plot.vbar(x="x", top=name, width=_QUARTER_MS, source=source, fill_color=color, line_alpha=0, fill_alpha=0.85)
        for name, color in (("bought", palette.UP), ("sold", palette.DOWN))
    ]
    told = [
        ("quarter", "@quarter"),
        ("bought", "@bought{0,0} USD"),
        ("sold", "@sold{0,0} USD"),
        ("net", "@net{0,0} USD"),
    ]
    plot.add_tools(HoverTool(renderers=bars, tooltips=told))
    return plot, source


def balance_columns(balance: pd.DataFrame) -> dict[str, np.ndarray]:
    """Middles of quarters (ms), dollars bought, sold as below zero, net."""
    if balance.empty:
        return {name: np.empty(0) for name in ("x", "bought", "sold", "net")} | {"quarter": np.empty(0, object)}
    starts = pd.PeriodIndex(balance["quarter"], freq="Q").to_timestamp() + pd.Timedelta(days=45)
    bought, sold = (balance[name].astype("float64").to_numpy() for name in ("bought", "sold"))
    return {
        "x": starts.as_unit("ms").asi8.astype("float64"), "bought": bought, "sold": -sold, "net": bought - sold,
        "quarter": balance["quarter"].to_numpy(object),
    }  # fmt: skip


def _row(row: Mapping[str, Any], cik: str, at: int, zone: str) -> Row:
    chips = []
    if row["is_planned"]:
        chips.append(Chip("10b5-1", title="under a plan made before, of rule 10b5-1"))
    if row["is_amended"]:
        chips.append(Chip("corrected", "warn", "a correction of this report came since"))
    if row["amends"]:
        chips.append(Chip("correction", "ok", f"of the report filed {date(row['amends'])}"))
    if not row["is_direct"]:
        chips.append(Chip("indirect", title="held through somebody else, as a trust"))
    what = _CODES.get(row["code"], "code " + row["code"])
    sign = "" if not row["code"] else "+" if row["is_acquired"] else "−"
    return Row(
        (
            Cell(row["insider"], row["role"]),
            Cell(date(row["ts_event"])),
            Cell(what, row["code"], {"P": "up", "S": "down"}.get(row["code"], ""), chips=tuple(chips)),
            Cell(f"{sign}{table.number(row['shares'])}" if row["shares"] else ""),
            Cell(table.money(row["price"]) if row["price"] else "", "USD" if row["price"] else ""),
            Cell(_worth(row)),
            Cell(table.number(row["held_after"]) if row["held_after"] else ""),
            Cell(row["security"], "derivative" if row["is_derivative"] else ""),
            known_since(row["ts_init"], at, zone),
            filing_link(cik, row["accession"], row["form"]),
        ),
        tone="faint" if row["is_amended"] else "",
    )


def _worth(row: Mapping[str, Any]) -> str:
    if not row["shares"] or not row["price"]:
        return ""
    return short(float(row["shares"]) * float(row["price"]), "USD")
