"""Table: frames of values as frames of words, and what changed between two of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

import pandas as pd

from app.views import numbers
from nautilus_data.core.dataset import show_timeframe
from nautilus_data.core.hidden import is_hidden
from nautilus_data.core.timerange import NS_PER_S

UNKNOWN = numbers.NOT_KNOWN
MINUS = "\N{MINUS SIGN}"
_MOST_DECIMALS = 8
_CENTS_FROM = 1_000


@dataclass(frozen=True)
class Context:
    """What a cell may need besides its row: the time now, the zone times are shown in, decimals by instrument."""

    now: int = 0
    zone: str = "UTC"
    precisions: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Field:
    """One column on screen: its title and how a row's value is put in words."""

    name: str
    title: str
    show: Callable[[Any, Mapping[str, Any], Context], str]
    is_number: bool = False
    # Pixels; 0: as wide as what is shown when the table is built.
    width: int = 0


def render(frame: pd.DataFrame, fields: Sequence[Field], context: Context) -> pd.DataFrame:
    """The frame as text, one column per field; the index stays, so that rows can be told again."""
    rows = frame.to_dict("records")
    cells = {
        field.title: pd.Series([field.show(row.get(field.name), row, context) for row in rows], frame.index, object)
        for field in fields
    }
    return pd.DataFrame(cells, index=frame.index)


def records(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A frame of mappings, for `render`."""
    return pd.DataFrame(list(rows))


def changed_cells(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, list[tuple[int, Any]]] | None:
    """Cells to patch to make `before` read like `after`; None when rows came, went or moved."""
    if list(before.columns) != list(after.columns) or not before.index.equals(after.index):
        return None
    patches = {}
    for name in after.columns:
        pairs = zip(before[name], after[name], strict=True)
        cells = [(row, new) for row, (old, new) in enumerate(pairs) if old != new]
        if cells:
            patches[name] = cells
    return patches


def number(value: Any, decimals: int | None = None, is_signed: bool = False) -> str:
    """A number with thousands apart; all the decimals it has when none are asked for."""
    if is_hidden(value):
        return numbers.HIDDEN
    exact = _decimal(value)
    if exact is None:
        return UNKNOWN
    text = f"{abs(exact):,.{_decimals(exact) if decimals is None else decimals}f}"
    if exact < 0 and text.strip("0.,"):
        return MINUS + text
    return f"+{text}" if is_signed and text.strip("0.,") else text


def money(value: Any, is_signed: bool = False) -> str:
    """An amount: two decimals at least, more when it has them and is small enough for them to matter."""
    if is_hidden(value):
        return numbers.HIDDEN
    exact = _decimal(value)
    if exact is None:
        return UNKNOWN
    return number(exact, 2 if abs(exact) >= _CENTS_FROM else max(2, _decimals(exact)), is_signed)


def percent(value: Any) -> str:
    """A fraction as percent with its sign and direction."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    arrow = "▲" if value > 0 else "▼" if value < 0 else "■"
    return f"{arrow} {number(value * 100, 2, is_signed=True)} %"


def when(ns: Any, zone: str) -> str:
    """A time on the zone's wall clock; the zone is named by the page."""
    if _is_unknown(ns):
        return UNKNOWN
    return numbers.clock(int(ns), zone)


def day(ns: Any, zone: str) -> str:
    """A time as a date."""
    return when(ns, zone)[:10]


def age(ns: Any, now: int) -> str:
    """How long ago, as coarse as it is old."""
    if _is_unknown(ns):
        return UNKNOWN
    seconds = max(0, now - int(ns)) / NS_PER_S
    for limit, size, unit in ((99.5, 1, "s"), (5_970, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:,.0f} d"


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None


def _decimals(exact: Decimal) -> int:
    return min(_MOST_DECIMALS, max(0, -exact.normalize().as_tuple().exponent))


def _is_unknown(ns: Any) -> bool:
    return ns is None or pd.isna(ns) or int(ns) == 0


def _text(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return UNKNOWN if value is None or value == "" or value is pd.NA or value != value else str(value)


def _time(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return when(value, context.zone)


def _day(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return day(value, context.zone)


def _age(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return age(value, context.now)


def _fresh_age(value: Any, row: Mapping[str, Any], context: Context) -> str:
    text = age(value, context.now)
    return f"stale: {text}" if row.get("is_stale") else text


def _price(value: Any, row: Mapping[str, Any], context: Context) -> str:
    decimals = (context.precisions or {}).get(row.get("instrument_id", ""))
    return money(value) if decimals is None else number(value, decimals)


def _quantity(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return number(value)


def _money(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return money(value)


def _profit(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return money(value, is_signed=True)


def _change(value: Any, row: Mapping[str, Any], context: Context) -> str:
    # How an old value once moved says nothing about now.
    return "stale" if row.get("is_stale") else percent(value)


def _timeframe(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return show_timeframe(str(value)) if value else UNKNOWN


def _unpriced(value: Any, row: Mapping[str, Any], context: Context) -> str:
    is_unknown = _decimal(value) is None and not is_hidden(value)
    return "not priced" if is_unknown else money(value, is_signed=True)


def _missing_prices(value: Any, row: Mapping[str, Any], context: Context) -> str:
    count = int(value or 0)
    return f"{count} not priced: equity is incomplete" if count else "all priced"


def _progress(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return f"{row['done']} of {row['total']}" if row.get("total") else UNKNOWN


_number = partial(Field, is_number=True)

LATEST = (
    Field("instrument_id", "Instrument", _text),
    _number("price", "Price", _price),
    _number("change", "Change", _change),
    Field("ts_received", "Age", _fresh_age, is_number=True),
    Field("kind", "From", _text),
    _number("bid", "Bid", _price),
    _number("ask", "Ask", _price),
    _number("volume", "Volume", _quantity),
    Field("ts_event", "Time", _time),
    Field("source", "Source", _text),
)
TOTALS = (
    Field("currency", "Currency", _text),
    _number("equity", "Equity", _money),
    _number("balance", "Balance", _money),
    _number("unrealized_pnl", "Unrealized P&L", _profit),
    _number("realized_pnl", "Realized P&L", _profit),
    Field("unpriced", "Positions", _missing_prices),
)
ACCOUNTS = (
    Field("account_id", "Account", _text),
    Field("currency", "Currency", _text),
    _number("total", "Total", _money),
    _number("free", "Free", _money),
    _number("locked", "Locked", _money),
    Field("trader_id", "Trader", _text),
    Field("account_type", "Type", _text),
    Field("ts_event", "As of", _time),
)
POSITIONS = (
    Field("instrument_id", "Instrument", _text),
    Field("side", "Side", _text),
    _number("signed_qty", "Quantity", _quantity),
    _number("avg_px_open", "Entry", _price),
    _number("mark", "Mark", _price),
    _number("unrealized_pnl", "Unrealized P&L", _unpriced),
    _number("mark_ts", "Mark age", _age),
    _number("realized_pnl", "Realized P&L", _profit),
    Field("currency", "Currency", _text),
    Field("ts_opened", "Opened", _time),
    Field("strategy_id", "Strategy", _text),
    Field("trader_id", "Trader", _text),
    Field("position_id", "Position", _text),
)
ORDERS = (
    Field("ts_last", "Time", _time),
    Field("instrument_id", "Instrument", _text),
    Field("side", "Side", _text),
    Field("type", "Type", _text),
    _number("quantity", "Quantity", _quantity),
    _number("filled_qty", "Filled", _quantity),
    _number("price", "Limit", _price),
    _number("avg_px", "Average price", _price),
    Field("status", "Status", _text),
    Field("reason", "Reason", _text),
    Field("strategy_id", "Strategy", _text),
    Field("trader_id", "Trader", _text),
    Field("client_order_id", "Order", _text),
)
FILLS = (
    Field("ts_event", "Time", _time),
    Field("instrument_id", "Instrument", _text),
    Field("side", "Side", _text),
    _number("last_qty", "Quantity", _quantity),
    _number("last_px", "Price", _price),
    _number("commission", "Commission", _money),
    Field("commission_currency", "Currency", _text),
    Field("ts_bar", "Bar", _time),
    Field("strategy_id", "Strategy", _text),
    Field("trader_id", "Trader", _text),
    Field("position_id", "Position", _text),
    Field("trade_id", "Trade", _text),
)
JOBS = (
    Field("title", "Job", _text),
    Field("status", "Status", _text),
    _number("done", "Requests", _progress),
    Field("message", "Result or reason", _text),
    Field("ts_created", "Asked", _time),
    Field("ts_finished", "Ended", _time),
)
COVERAGE = (
    Field("instrument_id", "Instrument", _text),
    Field("timeframe", "Timeframe", _timeframe),
    Field("source", "Source", _text),
    Field("adjustment", "Adjustment", _text),
    _number("rows", "Bars", _quantity),
    _number("gaps", "Gaps", _quantity),
    Field("start", "From", _day),
    Field("end", "To", _day),
    Field("watermark", "Unbroken until", _day),
)
