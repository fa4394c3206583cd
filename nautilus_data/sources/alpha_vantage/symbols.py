"""Alpha Vantage's symbols and NautilusTrader's instrument ids: `TSCO.LON` is TSCO.LSE, `BRK-B` is BRK.B.NYSE."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from nautilus_data.core.instrument import Instrument, split_instrument_id
from nautilus_data.errors import SkippableError

_SUFFIXES = MappingProxyType(
    {
        "LON": "LSE", "DEX": "IBIS", "FRK": "FWB", "TRT": "TSE", "TRV": "VENTURE", "BSE": "BSE", "SHH": "XSHG",
        "SHZ": "XSHE", "PAR": "SBF", "AMS": "AEB", "SAO": "BVMF",
    }
)  # fmt: skip
_VENUES = MappingProxyType({venue: suffix for suffix, venue in _SUFFIXES.items()})
_SAME_VENUE = MappingProxyType(
    {
        "XLON": "LSE", "XETR": "IBIS", "XETRA": "IBIS", "XFRA": "FWB", "XTSE": "TSE", "TSX": "TSE", "XBOM": "BSE",
        "XPAR": "SBF", "XAMS": "AEB",
    }
)  # fmt: skip
# Its list of listings names the exchange.
_EXCHANGES = MappingProxyType(
    {
        "NYSE": "NYSE", "NASDAQ": "NASDAQ", "NYSE ARCA": "ARCA", "NYSE MKT": "AMEX", "AMEX": "AMEX", "BATS": "BATS",
        "OTC": "PINK",
    }
)  # fmt: skip
_US_NAMES = "NASDAQ NYSE AMEX ARCA BATS PINK SMART IEX CBOE XNAS XNYS XASE ARCX ISLAND"
_US_VENUES = frozenset(_US_NAMES.split())
# Where a US symbol is listed when nobody said: Interactive Brokers' name for "anywhere".
ANYWHERE = "SMART"
_PAIR = re.compile(r"([A-Z0-9]{2,10})/([A-Z]{3})")
_SYMBOL = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.\-=^+ ]{0,19}")
_CURRENCIES = (
    "AUD BRL CAD CHF CNH CNY CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW MXN MYR NOK NZD PHP PLN RON RUB SEK SGD THB"
    " TRY TWD USD ZAR"
)
_FIAT = frozenset(_CURRENCIES.split())
_KNOWN = (("IBM.NYSE", "Equity"), ("AAPL.NASDAQ", "Equity"), ("MSFT.NASDAQ", "Equity"), ("SPY.ARCA", "Equity"),
          ("EUR/USD.IDEALPRO", "CurrencyPair"), ("BTC/USD.PAXOS", "CurrencyPair"))  # fmt: skip


class Kind(StrEnum):
    STOCK = "stock"
    PAIR = "pair of currencies"
    COIN = "coin"


@dataclass(frozen=True)
class Asset:
    """What Alpha Vantage calls an instrument: a symbol, or a base and the currency it is quoted in."""

    kind: Kind
    symbol: str
    quote: str = ""

    @property
    def params(self) -> dict[str, str]:
        """As the functions of its kind want them."""
        names = {Kind.STOCK: ("symbol",), Kind.PAIR: ("from_symbol", "to_symbol"), Kind.COIN: ("symbol", "market")}
        return dict(zip(names[self.kind], (self.symbol, self.quote), strict=False))

    @property
    def news_ticker(self) -> str:
        """As NEWS_SENTIMENT names it."""
        return {Kind.STOCK: "", Kind.PAIR: "FOREX:", Kind.COIN: "CRYPTO:"}[self.kind] + self.symbol


def asset_of(instrument_id: str, alias: str = "") -> Asset:
    """SkippableError when the venue is not one Alpha Vantage has."""
    symbol, venue = split_instrument_id(instrument_id)
    if alias:
        return Asset(Kind.STOCK, alias)
    if pair := _PAIR.fullmatch(symbol):
        kind = Kind.PAIR if {*pair.groups()} <= _FIAT else Kind.COIN
        return Asset(kind, pair[1], pair[2])
    venue = _SAME_VENUE.get(venue, venue)
    if not _SYMBOL.fullmatch(symbol) or (venue not in _US_VENUES and venue not in _VENUES) or symbol.startswith("^"):
        known = ", ".join(sorted((*_EXCHANGES.values(), *_VENUES)))
        raise SkippableError(f"Alpha Vantage has no {instrument_id}: it has stocks at {known}, and pairs as EUR/USD")
    own = re.sub(r"[ .]", "-", symbol)
    return Asset(Kind.STOCK, f"{own}.{_VENUES[venue]}" if venue in _VENUES else own)


def instrument_id_of(symbol: str, region: str, exchange: str = "") -> str:
    """The name of what Alpha Vantage calls `symbol`; '' for a place that has no name here."""
    name, dot, suffix = symbol.rpartition(".")
    if dot and suffix in _SUFFIXES:
        return f"{name}.{_SUFFIXES[suffix]}"
    if dot or region not in ("United States", ""):
        return ""
    return f"{symbol.replace('-', '.')}.{_EXCHANGES.get(exchange.upper(), ANYWHERE)}"


def known_instruments() -> list[Instrument]:
    """A few that are offered before anybody searches."""
    return [_instrument(instrument_id, kind) for instrument_id, kind in _KNOWN]


def _instrument(instrument_id: str, kind: str) -> Instrument:
    base, _, quote = split_instrument_id(instrument_id)[0].partition("/")
    precision = 5 if kind == "CurrencyPair" else 4
    return Instrument(
        instrument_id=instrument_id, raw_symbol=asset_of(instrument_id).symbol, type=kind,
        quote_currency=quote or "USD", base_currency=base if quote else None, price_precision=precision,
        price_increment=Decimal(1).scaleb(-precision),
    )  # fmt: skip
