"""Listing: what can be found by name before anybody asked a source; the 30 that are known from the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

STOCK, ETF, FX, FUTURE, INDEX = "stock", "ETF", "FX", "future", "index"


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A line of the directory; `aliases` are the symbols sources use, by the source's name."""

    instrument_id: str
    name: str
    kind: str = STOCK
    currency: str = "USD"
    origin: str = "predefined"
    aliases: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))


def _line(kind: str, instrument_id: str, yahoo: str, brokers: str, name: str, currency: str = "USD") -> Listing:
    aliases = MappingProxyType({"yahoo": yahoo, "interactive_brokers": brokers})
    return Listing(instrument_id=instrument_id, name=name, kind=kind, currency=currency, aliases=aliases)


PREDEFINED = (
    _line(STOCK, "AAPL.NASDAQ", "AAPL", "AAPL", "Apple"),
    _line(STOCK, "MSFT.NASDAQ", "MSFT", "MSFT", "Microsoft"),
    _line(STOCK, "NVDA.NASDAQ", "NVDA", "NVDA", "NVIDIA"),
    _line(STOCK, "AMZN.NASDAQ", "AMZN", "AMZN", "Amazon"),
    _line(STOCK, "GOOG.NASDAQ", "GOOG", "GOOG", "Alphabet class C"),
    _line(STOCK, "META.NASDAQ", "META", "META", "Meta Platforms"),
    _line(STOCK, "TSLA.NASDAQ", "TSLA", "TSLA", "Tesla"),
    _line(STOCK, "PLTR.NASDAQ", "PLTR", "PLTR", "Palantir Technologies"),
    _line(STOCK, "JPM.NYSE", "JPM", "JPM", "JPMorgan Chase"),
    _line(STOCK, "BRK.B.NYSE", "BRK-B", "BRK B", "Berkshire Hathaway class B"),
    _line(ETF, "SPY.ARCA", "SPY", "SPY", "SPDR S&P 500"),
    _line(ETF, "QQQ.NASDAQ", "QQQ", "QQQ", "Invesco Nasdaq 100"),
    _line(ETF, "IWM.ARCA", "IWM", "IWM", "iShares Russell 2000"),
    _line(ETF, "TLT.NASDAQ", "TLT", "TLT", "iShares 20+ year Treasuries"),
    _line(ETF, "GLD.ARCA", "GLD", "GLD", "SPDR Gold"),
    _line(FX, "EUR/USD.IDEALPRO", "EURUSD=X", "EUR.USD", "Euro in US dollars"),
    _line(FX, "GBP/USD.IDEALPRO", "GBPUSD=X", "GBP.USD", "Pound sterling in US dollars"),
    _line(FX, "USD/JPY.IDEALPRO", "JPY=X", "USD.JPY", "US dollar in yen", "JPY"),
    _line(FX, "AUD/USD.IDEALPRO", "AUDUSD=X", "AUD.USD", "Australian dollar in US dollars"),
    _line(FX, "USD/CHF.IDEALPRO", "CHF=X", "USD.CHF", "US dollar in Swiss francs", "CHF"),
    _line(FUTURE, "ES.CME", "ES=F", "ES", "E-mini S&P 500"),
    _line(FUTURE, "NQ.CME", "NQ=F", "NQ", "E-mini Nasdaq 100"),
    _line(FUTURE, "CL.NYMEX", "CL=F", "CL", "Crude oil WTI"),
    _line(FUTURE, "GC.COMEX", "GC=F", "GC", "Gold"),
    _line(FUTURE, "ZN.CBOT", "ZN=F", "ZN", "10-year Treasury note"),
    _line(INDEX, "^SPX.CBOE", "^GSPC", "SPX", "S&P 500"),
    _line(INDEX, "^VIX.CBOE", "^VIX", "VIX", "Volatility index VIX"),
    _line(INDEX, "^NDX.NASDAQ", "^NDX", "NDX", "Nasdaq 100"),
    _line(INDEX, "^RUT.RUSSELL", "^RUT", "RUT", "Russell 2000"),
    _line(INDEX, "^COMP.NASDAQ", "^IXIC", "COMP", "Nasdaq Composite"),
)
_OWN = frozenset((one.instrument_id, symbol) for one in PREDEFINED for symbol in one.aliases.values())


def told_symbols(aliases: Mapping[str, str]) -> dict[str, str]:
    """Without those of the predefined, which sources make of the name by themselves, more exactly."""
    return {name: symbol for name, symbol in aliases.items() if (name, symbol) not in _OWN}
