"""What the loopback gateway knows: contracts, their trading hours, and bars that follow from the time alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import exchange_calendars

NEW_YORK, CHICAGO = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago")
_SECONDS = {"secs": 1, "sec": 1, "min": 60, "mins": 60, "hour": 3_600, "hours": 3_600}
_UNITS = {"S": 1, "D": 86_400, "W": 7 * 86_400, "M": 30 * 86_400, "Y": 365 * 86_400}


@dataclass(frozen=True)
class Listed:
    """A contract as its exchange lists it."""

    con_id: int
    symbol: str
    sec_type: str
    exchange: str
    currency: str = "USD"
    local_symbol: str = ""
    primary: str = ""
    name: str = ""
    min_tick: str = "0.01"
    expiry: str = ""
    multiplier: str = ""
    stock_type: str = ""
    zone: str = "US/Eastern"
    base_price: float = 100.0
    listed_on: date = date(1990, 1, 2)


CONTRACTS = (
    Listed(265598, "AAPL", "STK", "SMART", primary="NASDAQ", name="APPLE INC", stock_type="COMMON", base_price=220),
    Listed(38708077, "AAPL", "STK", "SMART", "EUR", "APC", "IBIS", "APPLE INC", zone="MET"),
    Listed(444857009, "PLTR", "STK", "SMART", primary="NASDAQ", name="PALANTIR", listed_on=date(2020, 9, 30)),
    Listed(756733, "SPY", "STK", "SMART", primary="ARCA", name="SPDR S&P 500 ETF", stock_type="ETF", base_price=500),
    Listed(72063691, "BRK B", "STK", "SMART", primary="NYSE", name="BERKSHIRE HATHAWAY", base_price=450),
    Listed(12087792, "EUR", "CASH", "IDEALPRO", local_symbol="EUR.USD", min_tick="0.00005", base_price=1.1),
    Listed(900001, "PLT", "CASH", "IDEALPRO", "RUB", "PLT.RUB", min_tick="0.0001"),
    Listed(495512563, "ES", "FUT", "CME", local_symbol="ESZ6", min_tick="0.25", expiry="20261218", multiplier="50",
           name="E-mini S&P 500", zone="US/Central", base_price=6000),
    Listed(495512564, "ES", "FUT", "CME", local_symbol="ESH7", min_tick="0.25", expiry="20270319", multiplier="50",
           name="E-mini S&P 500", zone="US/Central", base_price=6050),
    Listed(416904, "SPX", "IND", "CBOE", name="S&P 500 Stock Index", base_price=6000),
    Listed(479624278, "BTC", "CRYPTO", "PAXOS", local_symbol="BTC.USD", min_tick="0.25", base_price=90_000),
    Listed(118089500, "IBUS500", "CFD", "SMART", local_symbol="IBUS500", name="US 500", base_price=6000),
    # Two of one name: no symbol tells them apart.
    Listed(700001, "TWIN", "STK", "SMART", "USD", primary="LSE", name="TWIN PLC, dollars", zone="GB"),
    Listed(700002, "TWIN", "STK", "SMART", "GBP", primary="LSE", name="TWIN PLC, pounds", zone="GB"),
    Listed(-1, "", "BOND", "SMART", name="A bond"),
)  # fmt: skip


class Session(NamedTuple):
    """One trading day: its date, open and close."""

    day: date
    opens: datetime
    closes: datetime


def find(contracts: tuple[Listed, ...], wanted: dict[str, str]) -> list[Listed]:
    """Those that agree with all that is given, as a real gateway looks them up."""
    if wanted["secType"] == "CONTFUT":
        futures = find(contracts, {**wanted, "secType": "FUT"})
        return [replace(one, sec_type="CONTFUT") for one in sorted(futures, key=lambda one: one.expiry)[:1]]

    def agrees(one: Listed) -> bool:
        if int(wanted["conId"] or 0):
            return one.con_id == int(wanted["conId"])
        given = {
            "symbol": one.symbol,
            "secType": one.sec_type,
            "currency": one.currency,
            "primaryExchange": one.primary,
            "localSymbol": one.local_symbol or one.symbol,
        }
        return (
            all(wanted[name] in ("", value) for name, value in given.items())
            and wanted["exchange"] in ("", one.exchange, one.primary)
            and one.expiry.startswith(wanted["expiry"])
        )

    return [one for one in contracts if agrees(one)]


def hours_text(one: Listed, is_regular: bool, today: date) -> str:
    """The week to come, as contract details give it."""
    parts = []
    for shift in range(5):
        day = today + timedelta(days=shift)
        if found := session_of(one, day, is_regular):
            parts.append(f"{found.opens:%Y%m%d:%H%M}-{found.closes:%Y%m%d:%H%M}")
        else:
            parts.append(f"{day:%Y%m%d}:CLOSED")
    return ";".join(parts)


def session_of(one: Listed, day: date, is_regular: bool) -> Session | None:
    """The trading day of this date; None on a day off."""
    if one.sec_type == "CASH" or (one.sec_type in ("FUT", "CONTFUT") and not is_regular):
        zone = NEW_YORK if one.sec_type == "CASH" else CHICAGO
        first = time(17, 15) if one.sec_type == "CASH" else time(17)
        last = time(17) if one.sec_type == "CASH" else time(16)
        if day.weekday() >= 5:
            return None
        start = datetime.combine(day - timedelta(days=1), first, zone)
        return Session(day, start, datetime.combine(day, last, zone))
    if one.sec_type == "CRYPTO":
        return Session(day, datetime.combine(day, time(0), NEW_YORK), datetime.combine(day, time(23, 59), NEW_YORK))
    close = closes().get(day)
    if close is None:
        return None
    if is_regular:
        start = datetime.combine(day, time(9, 30), NEW_YORK)
        return Session(day, start, close.astimezone(NEW_YORK))
    return Session(day, datetime.combine(day, time(4), NEW_YORK), datetime.combine(day, time(20), NEW_YORK))


@cache
def closes() -> dict[date, datetime]:
    calendar = exchange_calendars.get_calendar("XNYS", start="2015-01-01", end="2027-06-30")
    return {day.date(): close.to_pydatetime() for day, close in calendar.closes.items()}


def seconds_of(bar_size: str) -> int:
    """0: a day."""
    count, unit = bar_size.split(" ")
    return 0 if unit == "day" else int(count) * _SECONDS[unit]


def span_of(duration: str, end: datetime) -> tuple[datetime, datetime]:
    count, unit = duration.split(" ")
    return end - timedelta(seconds=int(count) * _UNITS[unit]), end


def bars(
    one: Listed, start: datetime, end: datetime, bar_size: str, what: str, is_regular: bool
) -> Iterator[tuple[str, ...]]:
    """Wire fields of each bar that begins in the span: stamp, four prices, volume, average, count."""
    step = seconds_of(bar_size)
    day = (start - timedelta(days=2)).date()
    while day <= (end + timedelta(days=1)).date():
        found = session_of(one, day, is_regular)
        if found and day >= one.listed_on:
            yield from (
                _daily(one, found, start, end, what) if step == 0 else _intraday(one, found, start, end, step, what)
            )
        day += timedelta(days=1)


def _daily(one: Listed, session: Session, start: datetime, end: datetime, what: str) -> Iterator[tuple[str, ...]]:
    if session.opens < end and session.closes > start:
        yield _bar(one, f"{session.day:%Y%m%d}", session.opens, min(session.closes, end), what)


def _intraday(
    one: Listed, session: Session, start: datetime, end: datetime, step: int, what: str
) -> Iterator[tuple[str, ...]]:
    opens = session.opens
    while opens < session.closes:
        # Bars end on the clock, so the first one of an hour is from 09:30 to 10:00.
        since_midnight = opens.hour * 3_600 + opens.minute * 60 + opens.second
        next_opens = min(opens + timedelta(seconds=step - since_midnight % step), session.closes)
        if start <= opens < end:
            yield _bar(one, str(int(opens.timestamp())), opens, min(next_opens, end), what)
        opens = next_opens


def _bar(one: Listed, stamp: str, opens: datetime, closes: datetime, what: str) -> tuple[str, ...]:
    first, last = price_at(one, opens), price_at(one, closes)
    high, low = max(first, last) * 1.001, min(first, last) * 0.999
    is_traded = what in ("TRADES", "AGGTRADES", "ADJUSTED_LAST")
    # A bar that still forms has traded less.
    volume = str(int((closes - opens).total_seconds())) if is_traded and one.sec_type != "IND" else "-1"
    volume = "0" if one.sec_type == "IND" else volume
    return (stamp, *(f"{value:.5f}" for value in (first, high, low, last)), volume, "-1", "-1")


def price_at(one: Listed, moment: datetime) -> float:
    return one.base_price * (1 + 0.05 * math.sin(moment.astimezone(UTC).timestamp() / 50_000 + one.con_id % 7))
