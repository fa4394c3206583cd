"""Yahoo's symbols and NautilusTrader's instrument ids: `BRK-B` is BRK.B.NYSE, `EURUSD=X` is EUR/USD.IDEALPRO."""

from __future__ import annotations

import re
from decimal import Decimal
from types import MappingProxyType

from nautilus_data.core.instrument import Instrument, split_instrument_id
from nautilus_data.errors import SkippableError

# Yahoo's exchange codes: the venue as NautilusTrader's Interactive Brokers adapter calls it, and the symbol's suffix.
_EXCHANGES = MappingProxyType(
    {
        **dict.fromkeys(("NMS", "NGM", "NCM", "NIM", "NAS"), ("NASDAQ", "")),
        "NYQ": ("NYSE", ""),
        "ASE": ("AMEX", ""),
        "PCX": ("ARCA", ""),
        "BTS": ("BATS", ""),
        **dict.fromkeys(("PNK", "OQB", "OQX", "OEM"), ("PINK", "")),
        "GER": ("IBIS", ".DE"),
        "FRA": ("FWB", ".F"),
        "LSE": ("LSE", ".L"),
        "PAR": ("SBF", ".PA"),
        "AMS": ("AEB", ".AS"),
        "MIL": ("BVME", ".MI"),
        "MCE": ("BM", ".MC"),
        "EBS": ("EBS", ".SW"),
        "VIE": ("XWBO", ".VI"),
        "BRU": ("XBRU", ".BR"),
        "LIS": ("XLIS", ".LS"),
        "STO": ("XSTO", ".ST"),
        "HEL": ("XHEL", ".HE"),
        "CPH": ("XCSE", ".CO"),
        "OSL": ("XOSL", ".OL"),
        "TOR": ("TSE", ".TO"),
        "JPX": ("TSEJ", ".T"),
        "HKG": ("SEHK", ".HK"),
        "ASX": ("ASX", ".AX"),
        "NZE": ("XNZE", ".NZ"),
        "SES": ("SGX", ".SI"),
        "KSC": ("XKRX", ".KS"),
        "TAI": ("XTAI", ".TW"),
        "SHH": ("XSHG", ".SS"),
        "SHZ": ("XSHE", ".SZ"),
        "NSI": ("NSE", ".NS"),
        "BSE": ("BSE", ".BO"),
        "SAO": ("BVMF", ".SA"),
        "MEX": ("XMEX", ".MX"),
        "BUE": ("XBUE", ".BA"),
        "JNB": ("XJSE", ".JO"),
        "IST": ("XIST", ".IS"),
    }
)
_FUTURES = MappingProxyType(
    {"CME": ("CME", ".CME"), "CBT": ("CBOT", ".CBT"), "NYM": ("NYMEX", ".NYM"), "CMX": ("COMEX", ".CMX")}
)
# Other names people give the same venues.
_SAME_VENUE = MappingProxyType(
    {
        **dict.fromkeys(("XNAS", "ISLAND"), "NASDAQ"),
        **{"XNYS": "NYSE", "XASE": "AMEX", "ARCX": "ARCA", "XETR": "IBIS", "XETRA": "IBIS", "IBIS2": "IBIS"},
        **{"XFRA": "FWB", "XLON": "LSE", "LSEETF": "LSE", "XPAR": "SBF", "XAMS": "AEB", "XMIL": "BVME", "XMAD": "BM"},
        **{"XSWX": "EBS", "SWX": "EBS", "XTSE": "TSE", "TSX": "TSE", "XTKS": "TSEJ", "JPX": "TSEJ", "XHKG": "SEHK"},
        **{"HKEX": "SEHK", "XASX": "ASX", "XSES": "SGX", "KRX": "XKRX", "XBOM": "BSE", "SFB": "XSTO", "XNSE": "NSE"},
        **{"XCME": "CME", "GLOBEX": "CME", "XCBT": "CBOT", "ECBOT": "CBOT", "XNYM": "NYMEX", "XCEC": "COMEX"},
    }
)
_US_VENUES = frozenset({"NASDAQ", "NYSE", "AMEX", "ARCA", "BATS", "PINK", "SMART", "IEX", "CBOE"})
_SUFFIXES = MappingProxyType({venue: suffix for venue, suffix in _EXCHANGES.values()})
_FUTURES_SUFFIXES = MappingProxyType(dict(_FUTURES.values()))
FX_VENUE, CRYPTO_VENUE, INDEX_VENUE = "IDEALPRO", "PAXOS", "CBOE"
_PAIR = re.compile(r"([A-Z]{2,8})/([A-Z]{3})")
_YAHOO_PAIR = re.compile(r"([A-Z]{3})?([A-Z]{3})=X")
_COIN = re.compile(r"([A-Z0-9]{2,10})-(USD|EUR|GBP|JPY|CAD|AUD|CHF)")
_FUTURE = re.compile(r"(\w{1,4}?)([FGHJKMNQUVXZ])(\d{1,2})")
_YAHOO_FUTURE = re.compile(r"(\w{1,4}?)([FGHJKMNQUVXZ]\d\d)\.(CME|CBT|NYM|CMX)")
_CURRENCIES = (
    "AUD BRL CAD CHF CNH CNY CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW MXN MYR NOK NZD PHP PLN RON RUB SEK SGD THB"
    " TRY TWD USD ZAR"
)
_FIAT = frozenset(_CURRENCIES.split())
# Indices and continuous futures whose names differ; the venues are Interactive Brokers'.
_NAMED = MappingProxyType(
    {
        "^SPX.CBOE": "^GSPC",
        "^VIX.CBOE": "^VIX",
        "^NDX.NASDAQ": "^NDX",
        "^COMP.NASDAQ": "^IXIC",
        "^RUT.RUSSELL": "^RUT",
        "^DAX.EUREX": "^GDAXI",
        "^ESTX50.EUREX": "^STOXX50E",
        "^Z.ICEEU": "^FTSE",
        "^N225.OSE.JPN": "^N225",
        "^HSI.HKFE": "^HSI",
    }
)
_NAMED_BACK = MappingProxyType({symbol: instrument_id for instrument_id, symbol in _NAMED.items()})
# The roots of continuous futures, by the exchange they trade at.
_ROOTS_AT = MappingProxyType(
    {
        "CME": "ES NQ RTY 6E 6J 6B 6A 6C 6S HE LE GF MES MNQ",
        "CBOT": "ZB ZN ZF ZT ZC ZS ZW ZM ZL YM MYM",
        "NYMEX": "CL NG RB HO PL PA MCL",
        "COMEX": "GC SI HG MGC SIL",
    }
)
_ROOTS = MappingProxyType({root: venue for venue, roots in _ROOTS_AT.items() for root in roots.split()})
_TYPES = MappingProxyType(
    {
        "EQUITY": "Equity",
        "ETF": "Equity",
        "MUTUALFUND": "Equity",
        "CURRENCY": "CurrencyPair",
        "CRYPTOCURRENCY": "CurrencyPair",
        "FUTURE": "FuturesContract",
        "INDEX": "IndexInstrument",
    }
)
_STOCKS = (
    "AAPL.NASDAQ MSFT.NASDAQ NVDA.NASDAQ AMZN.NASDAQ GOOG.NASDAQ META.NASDAQ TSLA.NASDAQ PLTR.NASDAQ JPM.NYSE"
    " BRK.B.NYSE"
)
_FUNDS = "SPY.ARCA QQQ.NASDAQ IWM.ARCA TLT.NASDAQ GLD.ARCA"
_PAIRS = "EUR/USD.IDEALPRO GBP/USD.IDEALPRO USD/JPY.IDEALPRO AUD/USD.IDEALPRO USD/CHF.IDEALPRO"
_CONTINUOUS = "ES.CME NQ.CME CL.NYMEX GC.COMEX ZN.CBOT"
_INDICES = "^SPX.CBOE ^VIX.CBOE ^NDX.NASDAQ ^RUT.RUSSELL ^COMP.NASDAQ"


def symbol_of(instrument_id: str) -> str:
    """Yahoo's symbol of an instrument; SkippableError when the venue is not one Yahoo has."""
    if named := _NAMED.get(instrument_id):
        return named
    symbol, venue = split_instrument_id(instrument_id)
    venue = _SAME_VENUE.get(venue, venue)
    if pair := _PAIR.fullmatch(symbol):
        return f"{pair[1]}{pair[2]}=X" if {*pair.groups()} <= _FIAT else f"{pair[1]}-{pair[2]}"
    if symbol.startswith("^"):
        return symbol
    if venue in _FUTURES_SUFFIXES:
        return _future(symbol, venue)
    if venue in _US_VENUES:
        return re.sub(r"[ ./]", "-", symbol)
    if venue in _SUFFIXES:
        return re.sub(r"[ /]", "-", symbol) + _SUFFIXES[venue]
    known = ", ".join(sorted(_US_VENUES - {"SMART", "IEX"} | set(_FUTURES_SUFFIXES)))
    raise SkippableError(f"Yahoo Finance has no {instrument_id}: it lists nothing at {venue}; at {known}, it does")


def instrument_id_of(symbol: str, exchange: str, quote_type: str) -> str:
    """The name of what Yahoo calls `symbol`; '' for an exchange that has no name here."""
    if symbol in _NAMED_BACK:
        return _NAMED_BACK[symbol]
    if quote_type == "CURRENCY" and (pair := _YAHOO_PAIR.fullmatch(symbol)):
        return f"{pair[1] or 'USD'}/{pair[2]}.{FX_VENUE}"
    if quote_type == "CRYPTOCURRENCY" and (coin := _COIN.fullmatch(symbol)):
        return f"{coin[1]}/{coin[2]}.{CRYPTO_VENUE}"
    if quote_type == "INDEX":
        return f"{symbol}.{INDEX_VENUE}" if symbol.startswith("^") else ""
    if quote_type == "FUTURE":
        return _future_id(symbol, exchange)
    if exchange not in _EXCHANGES:
        return ""
    venue, suffix = _EXCHANGES[exchange]
    return f"{symbol.removesuffix(suffix) if suffix else symbol.replace('-', '.')}.{venue}"


def venue_problem(instrument_id: str, exchange: str) -> str:
    """Why an answer from an exchange is not about this instrument, or ''; an exchange without a name proves nothing."""
    symbol, venue = split_instrument_id(instrument_id)
    venue = _SAME_VENUE.get(venue, venue)
    if exchange not in _EXCHANGES or venue not in _US_VENUES - {"SMART", "IEX", "CBOE"} or symbol.startswith("^"):
        return ""
    real = _EXCHANGES[exchange][0]
    return "" if real == venue or real not in _US_VENUES else f"it is listed at {real}: use {symbol}.{real}"


def type_of(quote_type: str) -> str:
    """NautilusTrader's class of instrument."""
    return _TYPES.get(quote_type, "Equity")


def known_instruments() -> list[Instrument]:
    """The 30 that are offered before anybody searches."""
    groups = ((_STOCKS, "Equity"), (_FUNDS, "Equity"), (_PAIRS, "CurrencyPair"), (_CONTINUOUS, "FuturesContract"),
              (_INDICES, "IndexInstrument"))  # fmt: skip
    return [_instrument(instrument_id, kind) for text, kind in groups for instrument_id in text.split()]


def _instrument(instrument_id: str, kind: str) -> Instrument:
    symbol = split_instrument_id(instrument_id)[0]
    base, _, quote = symbol.partition("/")
    digits = 5 if kind == "CurrencyPair" and quote != "JPY" else 3 if quote == "JPY" else 2
    # Adjusted prices don't fall on the cent, so ticks are finer than the exchange's.
    precision = digits if kind == "CurrencyPair" else digits + 2
    return Instrument(
        instrument_id=instrument_id,
        raw_symbol=symbol_of(instrument_id),
        type=kind,
        quote_currency=quote or "USD",
        base_currency=base if quote else None,
        price_precision=precision,
        price_increment=Decimal(1).scaleb(-precision),
    )


def _future(symbol: str, venue: str) -> str:
    """`ES=F` of the continuous ES, `ESZ25.CME` of ESZ5 and ESZ25."""
    if symbol in _ROOTS or not (found := _FUTURE.fullmatch(symbol)):
        return f"{symbol}=F"
    root, month, year = found.groups()
    # One digit is the decade's: contracts that Yahoo has are of this one.
    return f"{root}{month}{year if len(year) == 2 else '2' + year}{_FUTURES_SUFFIXES[venue]}"


def _future_id(symbol: str, exchange: str) -> str:
    venue = _FUTURES[exchange][0] if exchange in _FUTURES else ""
    if found := _YAHOO_FUTURE.fullmatch(symbol):
        return f"{found[1]}{found[2]}.{_FUTURES[found[3]][0]}"
    root = symbol.removesuffix("=F")
    venue = _ROOTS.get(root, venue)
    return f"{root}.{venue}" if venue else ""
