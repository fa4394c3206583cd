"""Tables of filings: frames as tables for people, or JSON with exact decimals, always with since when it is known."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from nautilus_data.commands import OUT, show
from nautilus_data.core.plan import say_count
from nautilus_data.core.statements import CONCEPTS, Statement
from nautilus_data.core.timerange import say_time
from nautilus_data.errors import ConfigError
from nautilus_data.factors.company import CompanyFactor
from nautilus_data.services.filings.standing import Card

_DAYS = frozenset({"ts_start", "ts_event", "ts_due", "filed", "report_date", "amends"})
_TIMES = frozenset({"known_since", "before_ts_init", "ts_init", "ts_previous"}) | _DAYS
_MILLION, _LARGE = Decimal(10**6), Decimal(10**8)
RESTATED, COMPUTED = "*", "~"
_LEGEND = f"{RESTATED} restated: it was another value before; {COMPUTED} computed of what was filed"


def tell(found: pd.DataFrame, columns: Iterable[str], as_json: bool, last: int = 0, output: Path | None = None) -> None:
    """Rows for people, the first so many (0: all), of some columns; or as JSON with all of them; or all in a file."""
    if output is not None:
        _write(found, output)
    shown = found.head(last) if last else found
    if as_json:
        show(exact(shown), True)
    elif output is not None:
        OUT.print(f"{len(found):,} rows written to {output}")
    elif found.empty:
        OUT.print("nothing was known then")
    else:
        show(readable(shown[[*columns]]))
        if len(shown) < len(found):
            OUT.print(f"{len(shown)} of {len(found):,}; --last 0 shows all")


def exact(frame: pd.DataFrame) -> pd.DataFrame:
    """Nanoseconds as times, decimals as exact text; what is not known is null."""
    return pd.DataFrame({name: _exact(name, frame[name]) for name in frame.columns}, frame.index)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """As `exact`, for JSON."""
    return json.loads(exact(frame).to_json(orient="records", date_format="iso"))


def card_records(card: Card) -> dict[str, Any]:
    """A company's card for JSON."""
    reports = {kind: getattr(card, kind) for kind in ("annual", "quarterly", "newest")}
    due = pd.DataFrame([asdict(card.due)]) if card.due.ts_due else pd.DataFrame()
    return {
        "cik": card.cik, "instrument_id": card.instrument_id, "is_kept": card.is_kept, "is_manager": card.is_manager,
        **{name: value for name, value in card.told.items() if name not in ("cik", "ts_init")},
        **{kind: records(pd.DataFrame([one]))[0] if one else None for kind, one in reports.items()},
        "due": next(iter(records(due)), None), "rows": dict(card.rows),
    }  # fmt: skip


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """All in words: times to the minute, days, numbers with thousands apart, a dash for what is not known."""
    return pd.DataFrame(
        {_TITLES.get(name, name): [_word(name, value) for value in frame[name]] for name in frame.columns}
    )


def tell_statement(found: Statement, last: int) -> None:
    """Items by period, the newest first."""
    if found.frame.empty:
        OUT.print("nothing was known then of this statement")
        return
    ends = sorted(found.frame["ts_event"].unique(), reverse=True)[: last or None]
    frame = found.frame[found.frame["ts_event"].isin(ends)]
    money = [abs(row.value) for row in frame.itertuples() if row.unit == found.currency]
    scale = _MILLION if max(money, default=Decimal(0)) >= _LARGE else Decimal(1)
    cells = {(row.concept, row.ts_event): _cell(row, found.currency, scale) for row in frame.itertuples()}
    keys = [key for key in CONCEPTS if key in set(frame["concept"])]
    table = {"": [CONCEPTS[key].title for key in keys]}
    table |= {f"{pd.Timestamp(end):%Y-%m-%d}": [cells.get((key, end), "-") for key in keys] for end in ends}
    show(pd.DataFrame(table))
    OUT.print(f"{found.frequency}, {'millions of ' if scale > 1 else ''}{found.currency}, per share and shares as are")
    OUT.print(_LEGEND)


def tell_card(card: Card) -> None:
    """Who a company is and what it filed last, a line each; what is not known is left out."""
    told, due = card.told, card.due
    reports = {"last annual report": card.annual, "last quarterly report": card.quarterly,
               "newest filing": card.newest}  # fmt: skip
    lines = {
        "name": told["name"], "CIK": card.cik, "tickers": ", ".join(told["tickers"]), "industry": told["industry"],
        "former names": ", ".join(told["former_names"]), "fiscal year ends": told["fiscal_year_end"],
        "filer": told["category"],
        **{name: f"{one['form']} of {day(one['report_date'])}, filed {day(one['filed'])}, {one['accession']}"
           for name, one in reports.items() if one},
        "next due": f"{due.form} of about {day(due.ts_event)}, by {day(due.ts_due)}" if due.ts_due else "",
        "kept up to date": "yes" if card.is_kept else "no",
        "known here": ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in card.rows.items()),
    }  # fmt: skip
    for name, value in lines.items():
        if value:
            OUT.print(f"{name}: {value}", markup=False, highlight=False)


def tell_definitions(factors: Iterable[CompanyFactor], as_json: bool) -> None:
    """How each factor is made, and after whom."""
    names = ("key", "title", "family", "units", "formula", "reference", "direction", "evidence", "pit")
    found = pd.DataFrame([{name: getattr(one, name) for name in names} for one in factors])
    show(found if as_json else found[["key", "title", "units", "direction", "formula", "reference"]], as_json)
    if not as_json:
        OUT.print(f"{say_count(len(found), 'factor')}; direction of the return found to follow a high value")


def day(ns: int) -> str:
    return f"{pd.Timestamp(ns):%Y-%m-%d}" if ns else "-"


def _cell(row: Any, currency: str, scale: Decimal) -> str:
    value = row.value / scale if row.unit == currency else row.value
    marks = (RESTATED if row.is_restated else "") + (COMPUTED if row.is_derived else "")
    return f"{value.normalize():,f}{marks}" if value else f"0{marks}"


def _exact(name: str, values: pd.Series) -> Any:
    if name in _TIMES:
        return pd.to_datetime(values, utc=True).where(values != 0)
    if values.dtype == object:
        return [str(value) if isinstance(value, Decimal) else value for value in values]
    return values


def _word(name: str, value: Any) -> str:
    if name in _TIMES:
        return day(value) if name in _DAYS else say_time(value) if value else "-"
    if isinstance(value, bool):
        return "yes" if value else "-"
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    if isinstance(value, float):
        return f"{value:,.6g}" if value == value else "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None or value == "" else str(value)


def _write(found: pd.DataFrame, output: Path) -> None:
    try:
        exact(found).to_csv(output, index=False)
    except OSError as error:
        raise ConfigError(
            f"can't write {output}: {error.strerror or error}; choose another place with --output"
        ) from error


_TITLES = {
    "ts_start": "from",
    "ts_event": "of",
    "ts_init": "known since",
    "report_date": "period",
    "known_since": "known since",
}
