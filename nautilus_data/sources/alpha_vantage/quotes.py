"""Quotes: the latest price of an instrument, and what a search finds."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from nautilus_data.core.calendar import session_closes
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.errors import RetryableError, SkippableError
from nautilus_data.sources.alpha_vantage.call import Said
from nautilus_data.sources.alpha_vantage.cells import NEW_YORK, CellError, day, moment, number, text_of
from nautilus_data.sources.alpha_vantage.document import read, rows_of
from nautilus_data.sources.alpha_vantage.symbols import instrument_id_of
from nautilus_data.sources.base import Found, LatestPrice

_KINDS = MappingProxyType({"ETF": "ETF", "Mutual Fund": "fund"})


def latest_price(said: Said, instrument_id: str) -> LatestPrice:
    """The price of a quote: without a paid entitlement the last session's close."""
    row = _quote(read(said.body), "Global Quote")
    price, at = _told(row, "price"), _session_end(instrument_id, row)
    return LatestPrice(instrument_id=instrument_id, price=price, ts_event=min(at, said.said_at))


def latest_rate(said: Said, instrument_id: str) -> LatestPrice:
    """The rate between two currencies, and what is bid and asked."""
    row = _quote(read(said.body), "Realtime Currency Exchange Rate")
    # "UTC" unless it says New York's.
    zone = NEW_YORK if "Eastern" in text_of(row, "Time Zone") else None
    try:
        at = moment(row.get("Last Refreshed"), zone)
        bid, ask = number(row.get("Bid Price")), number(row.get("Ask Price"))
    except CellError as error:
        raise RetryableError(f"Alpha Vantage: the answer can't be read: {error}") from None
    return LatestPrice(
        instrument_id=instrument_id, price=_told(row, "Exchange Rate"), ts_event=at, bid=bid, ask=ask,
        currency=text_of(row, "To_Currency Code"),
    )  # fmt: skip


def hits(said: Said, exchanges: Mapping[str, str], limit: int) -> list[Found]:
    """What a search found, the best first; `exchanges` says where US symbols are listed."""
    found = [_found(_plain(row), exchanges) for row in rows_of(read(said.body), "bestMatches") if isinstance(row, dict)]
    return [one for one in found if one][:limit]


def exchanges_in(said: Said) -> dict[str, str]:
    """The exchange of each US symbol, of the list of listings."""
    document = read(said.body)
    rows = document if isinstance(document, list) else []
    return {symbol: text_of(row, "exchange") for row in rows if (symbol := text_of(row, "symbol"))}


def _found(row: Mapping[str, Any], exchanges: Mapping[str, str]) -> Found | None:
    symbol, region = text_of(row, "symbol"), text_of(row, "region")
    instrument_id = instrument_id_of(symbol, region, exchanges.get(symbol, "")) if symbol else ""
    if not instrument_id:
        return None
    kind = text_of(row, "type")
    return Found(
        instrument_id=instrument_id, symbol=symbol, name=text_of(row, "name"), kind=_KINDS.get(kind, kind or "Equity"),
        exchange=exchanges.get(symbol, "") or region, currency=text_of(row, "currency"),
    )  # fmt: skip


def _quote(document: dict[str, Any] | list[dict[str, str]], name: str) -> dict[str, Any]:
    """The one row of an answer, its columns without their numbers."""
    row = document[0] if isinstance(document, list) and document else {}
    if isinstance(document, dict):
        row = document.get(name)
    if not isinstance(row, dict) or not row:
        raise SkippableError("Alpha Vantage knows nothing of that symbol; search for it")
    return _plain(row)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """`price` of `05. price`."""
    return {name.partition(". ")[2] or name: value for name, value in row.items()}


def _told(row: Mapping[str, Any], name: str) -> Any:
    try:
        price = number(row.get(name))
    except CellError as error:
        raise RetryableError(f"Alpha Vantage: the answer can't be read: {error}") from None
    if price is None:
        raise SkippableError("Alpha Vantage has no price of that symbol")
    return price


def _session_end(instrument_id: str, row: Mapping[str, Any]) -> int:
    """In JSON it is called otherwise than in CSV."""
    try:
        at = day(row.get("latest trading day") or row.get("latestDay"))
    except CellError as error:
        raise RetryableError(f"Alpha Vantage: the answer can't be read: {error}") from None
    closed = int(session_closes(instrument_id, pd.DatetimeIndex([pd.Timestamp(at)]))[0])
    return closed or at + NS_PER_DAY
