"""Contracts of Interactive Brokers under NautilusTrader's names, those of its adapter's simplified symbology."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from nautilus_data.core.instrument import FUTURES_VENUES, PRICE_DECIMALS, Instrument, split_instrument_id
from nautilus_data.errors import SkippableError

SEC_TYPES = ("STK", "ETF", "CASH", "FUT", "CONTFUT", "IND", "CFD", "CRYPTO")
TYPES = MappingProxyType(
    {
        "STK": "Equity",
        "CASH": "CurrencyPair",
        "FUT": "FuturesContract",
        "CONTFUT": "FuturesContract",
        "IND": "IndexInstrument",
        "CFD": "Cfd",
        "CRYPTO": "CurrencyPair",
    }
)
PRICE_TYPES = MappingProxyType({"LAST": "TRADES", "MID": "MIDPOINT", "BID": "BID", "ASK": "ASK"})
_CASH_VENUES = frozenset({"IDEALPRO", "FXCONV"})
_CRYPTO_VENUES = frozenset({"PAXOS", "ZEROHASH"})
# A venue of NautilusTrader's making: contracts for difference are routed, and their exchange says nothing.
_CFD_VENUE = "IBCFD"
_MONTHS = "FGHJKMNQUVXZ"
_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_PAIR = re.compile(r"([A-Z]{2,8})/([A-Z]{3})")
_FUTURE = re.compile(rf"(\w{{1,4}}?)([{_MONTHS}])(\d{{1,2}})")
_FUTURE_ROOT = re.compile(r"\w{1,4}")
_LONG_FUTURE = re.compile(rf"(\w{{1,4}}) *({'|'.join(_MONTH_NAMES)}) (\d\d)")
_OTHER_FUTURE = re.compile(rf"([A-Z]+)(\d\d)({'|'.join(_MONTH_NAMES)})FUT")


def sec_type_of(instrument_id: str) -> str:
    """The kind of contract a name stands for; ValueError when it is no instrument id."""
    symbol, venue = split_instrument_id(instrument_id)
    if venue in _CASH_VENUES:
        return "CASH"
    if venue in _CRYPTO_VENUES:
        return "CRYPTO"
    if venue == _CFD_VENUE:
        return "CFD"
    if symbol.startswith("^"):
        return "IND"
    if venue in FUTURES_VENUES:
        return "FUT" if _FUTURE.fullmatch(symbol) else "CONTFUT"
    return "STK"


def what_to_show(sec_type: str, price_type: str) -> str:
    """The vendor's word for a price type; trades of coins come summed up."""
    what = PRICE_TYPES[price_type]
    return "AGGTRADES" if sec_type == "CRYPTO" and what == "TRADES" else what


def candidates(instrument_id: str) -> tuple[dict[str, Any], ...]:
    """Descriptions of the contract to ask for, one after the other, until the gateway knows one.

    The first is NautilusTrader's own; not every gateway resolves a local symbol. SkippableError when none can be made.
    """
    symbol, venue = split_instrument_id(instrument_id)
    kind = sec_type_of(instrument_id)
    if kind in ("CASH", "CRYPTO"):
        base, quote = _pair(instrument_id, symbol)
        place = {"secType": kind, "exchange": venue}
        return ({**place, "localSymbol": f"{base}.{quote}"}, {**place, "symbol": base, "currency": quote})
    if kind == "CFD":
        return _cfd(symbol)
    if kind == "IND":
        place = {"secType": "IND", "exchange": venue}
        return ({**place, "localSymbol": symbol[1:]}, {**place, "symbol": symbol[1:]})
    if kind == "FUT":
        return _future(symbol, venue)
    if kind == "CONTFUT":
        if not _FUTURE_ROOT.fullmatch(symbol):
            raise SkippableError(
                f"can't read {instrument_id}: write ESZ6.CME for a future, ES.CME for its continuation"
            )
        return ({"secType": "CONTFUT", "exchange": venue, "symbol": symbol},)
    name = symbol.replace("-", " ")
    place = {"secType": "STK", "exchange": "SMART", "primaryExchange": venue}
    return ({**place, "localSymbol": name}, {**place, "symbol": name})


def instrument_id_of(contract: Any) -> str:
    """NautilusTrader's name of a contract; ValueError when it has none."""
    kind, local = contract.secType, contract.localSymbol or contract.symbol
    if kind == "STK":
        symbol = local.replace(" ", "-")
    elif kind == "IND":
        symbol = f"^{local}"
    elif kind == "CONTFUT":
        symbol = contract.symbol
    elif kind == "FUT":
        symbol = _future_symbol(local)
    elif kind in ("CASH", "CRYPTO"):
        symbol = contract.localSymbol.replace(".", "/") or f"{contract.symbol}/{contract.currency}"
    elif kind == "CFD":
        is_pair = re.fullmatch(r"[A-Z]{3}\.[A-Z]{3}", contract.localSymbol or "")
        symbol = contract.localSymbol.replace(".", "/") if is_pair else contract.symbol.replace(" ", "-")
    else:
        raise ValueError(f"contracts of the kind {kind!r} have no name here; there are {', '.join(SEC_TYPES)}")
    return f"{symbol}.{_venue(contract)}"


def instrument_of(details: Any, asked: str = "") -> Instrument:
    """What pages and ledger need to know, from contract details; `asked` names one whose exchange is left out."""
    contract = details.contract
    name = asked if asked and describe(contract) == _unplaced(asked, contract) else instrument_id_of(contract)
    increment, precision = _increment(details.minTick)
    is_pair = contract.secType in ("CASH", "CRYPTO")
    return Instrument(
        instrument_id=name,
        raw_symbol=contract.localSymbol or contract.symbol,
        type=TYPES[contract.secType],
        quote_currency=contract.currency,
        base_currency=contract.symbol if is_pair else None,
        price_precision=precision,
        size_precision=_precision(getattr(details, "minSize", 0) or 0) if is_pair else 0,
        price_increment=increment,
        multiplier=Decimal(contract.multiplier or 1),
    )


def choose(instrument_id: str, found: Iterable[Any]) -> Any:
    """The one of some contract details that has this name; SkippableError when none or several have."""
    by_id: dict[int, Any] = {}
    for details in found:
        if _is_named(details.contract, instrument_id):
            by_id[details.contract.conId] = details
    if len(by_id) == 1:
        return next(iter(by_id.values()))
    if not by_id:
        names = ", ".join(sorted({describe(details.contract) for details in found})[:8])
        raise SkippableError(f"Interactive Brokers knows no {instrument_id}; it has {names}: write one of these")
    raise SkippableError(
        f"{instrument_id} is ambiguous at Interactive Brokers: "
        f"{', '.join(sorted(map(_describe_fully, by_id.values())))}; give it the number of one as its alias"
    )


def describe(contract: Any) -> str:
    """A contract's name here, or what the gateway calls it."""
    try:
        return instrument_id_of(contract)
    except ValueError:
        return f"{contract.localSymbol or contract.symbol} ({contract.secType} {contract.exchange})"


def _describe_fully(details: Any) -> str:
    contract = details.contract
    month = f" {contract.lastTradeDateOrContractMonth}" if contract.lastTradeDateOrContractMonth else ""
    return f"{describe(contract)} {contract.currency}{month} (conId {contract.conId}, {details.longName})"


def _is_named(contract: Any, instrument_id: str) -> bool:
    name = describe(contract)
    if name == instrument_id or name == _unplaced(instrument_id, contract):
        return True
    # ESZ26 is the ESZ6 of this decade.
    return contract.secType == "FUT" and _one_digit(name) == _one_digit(instrument_id)


def _unplaced(instrument_id: str, contract: Any) -> str:
    """What a contract with this symbol is called when the gateway leaves its exchange out."""
    symbol = split_instrument_id(instrument_id)[0].replace("-", " ")
    return f"{symbol} ({contract.secType} {contract.exchange})"


def _one_digit(instrument_id: str) -> str:
    symbol, venue = split_instrument_id(instrument_id)
    if found := _FUTURE.fullmatch(symbol):
        symbol = f"{found[1]}{found[2]}{found[3][-1]}"
    return f"{symbol}.{venue}"


def _venue(contract: Any) -> str:
    if contract.secType == "CFD":
        return _CFD_VENUE
    exchange = contract.primaryExchange if contract.exchange in ("SMART", "") else contract.exchange
    # A search says NASDAQ.NMS where the details say NASDAQ.
    exchange = "NASDAQ" if exchange.startswith("NASDAQ.") or exchange == "ISLAND" else exchange
    if not exchange:
        raise ValueError(f"{contract.localSymbol or contract.symbol} has no exchange")
    return exchange


def _pair(instrument_id: str, symbol: str) -> tuple[str, str]:
    found = _PAIR.fullmatch(symbol)
    if not found:
        raise SkippableError(f"can't read {instrument_id}: write a pair, as in EUR/USD.IDEALPRO or BTC/USD.PAXOS")
    return found[1], found[2]


def _cfd(symbol: str) -> tuple[dict[str, Any], ...]:
    place = {"secType": "CFD", "exchange": "SMART"}
    if found := _PAIR.fullmatch(symbol):
        return (
            {**place, "symbol": found[1], "localSymbol": f"{found[1]}.{found[2]}"},
            {**place, "symbol": found[1], "currency": found[2]},
        )
    return ({**place, "symbol": symbol.replace("-", " ")},)


def _future(symbol: str, venue: str) -> tuple[dict[str, Any], ...]:
    root, month, year = _FUTURE.fullmatch(symbol).groups()
    place = {"secType": "FUT", "exchange": venue, "includeExpired": True}
    by_month = f"{_year(year)}{_MONTHS.index(month) + 1:02}"
    return (
        {**place, "localSymbol": f"{root}{month}{year[-1]}"},
        {**place, "symbol": root, "lastTradeDateOrContractMonth": by_month},
    )


def _year(digits: str, today: int | None = None) -> int:
    """The full year of one or two digits: the one nearest to now, as expired futures are known for two years."""
    now = today or datetime.now(UTC).year
    if len(digits) == 2:
        return 2000 + int(digits)
    decade = now - now % 10
    return min((decade + shift + int(digits) for shift in (-10, 0, 10)), key=lambda year: abs(year - now))


def _future_symbol(local: str) -> str:
    if found := _LONG_FUTURE.fullmatch(local):
        return f"{found[1]}{_MONTHS[_MONTH_NAMES.index(found[2])]}{found[3][-1]}"
    if found := _OTHER_FUTURE.fullmatch(local):
        return f"{found[1]}{_MONTHS[_MONTH_NAMES.index(found[3])]}{found[2][-1]}"
    if _FUTURE.fullmatch(local):
        return _one_digit(f"{local}.X").removesuffix(".X")
    raise ValueError(f"can't name the future {local!r}")


def _increment(min_tick: float) -> tuple[Decimal, int]:
    """The price step and its decimals; a gateway that gives none: the cent."""
    precision = _precision(min_tick)
    return (Decimal(f"{min_tick:.{precision}f}"), precision) if min_tick > 0 else (Decimal("0.01"), 2)


def _precision(step: float) -> int:
    return len(f"{step:.{PRICE_DECIMALS}f}".partition(".")[2].rstrip("0"))
