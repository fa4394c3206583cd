"""Names: Yahoo's symbols and NautilusTrader's instrument ids, one into the other."""

from __future__ import annotations

from collections import Counter

import pytest

from nautilus_data.core.calendar import calendar_name
from nautilus_data.errors import SkippableError
from nautilus_data.sources.yahoo.symbols import instrument_id_of, known_instruments, symbol_of, venue_problem


@pytest.mark.parametrize(
    ("instrument_id", "symbol", "exchange", "kind"),
    [
        ("AAPL.NASDAQ", "AAPL", "NMS", "EQUITY"),
        ("BRK.B.NYSE", "BRK-B", "NYQ", "EQUITY"),
        ("SPY.ARCA", "SPY", "PCX", "ETF"),
        ("SAP.IBIS", "SAP.DE", "GER", "EQUITY"),
        ("VOD.LSE", "VOD.L", "LSE", "EQUITY"),
        ("7203.TSEJ", "7203.T", "JPX", "EQUITY"),
        ("0700.SEHK", "0700.HK", "HKG", "EQUITY"),
        ("EUR/USD.IDEALPRO", "EURUSD=X", "CCY", "CURRENCY"),
        ("BTC/USD.PAXOS", "BTC-USD", "CCC", "CRYPTOCURRENCY"),
        ("ES.CME", "ES=F", "CME", "FUTURE"),
        ("GC.COMEX", "GC=F", "CMX", "FUTURE"),
        ("6E.CME", "6E=F", "CME", "FUTURE"),
        ("ESZ26.CME", "ESZ26.CME", "CME", "FUTURE"),
        ("CLF27.NYMEX", "CLF27.NYM", "NYM", "FUTURE"),
        ("^SPX.CBOE", "^GSPC", "SNP", "INDEX"),
        ("^MOVE.CBOE", "^MOVE", "NYS", "INDEX"),
    ],
)
def test_a_name_goes_both_ways(instrument_id: str, symbol: str, exchange: str, kind: str) -> None:
    assert symbol_of(instrument_id) == symbol
    assert instrument_id_of(symbol, exchange, kind) == instrument_id


@pytest.mark.parametrize(
    ("instrument_id", "symbol"),
    [
        ("AAPL.XNAS", "AAPL"),
        ("BRK B.NYSE", "BRK-B"),
        ("SAP.XETR", "SAP.DE"),
        ("ESZ6.CME", "ESZ26.CME"),
        ("USD/JPY.SIM", "USDJPY=X"),
        ("PLTR.SMART", "PLTR"),
    ],
)
def test_other_names_of_a_venue_are_understood(instrument_id: str, symbol: str) -> None:
    assert symbol_of(instrument_id) == symbol


def test_a_pair_without_its_base_is_against_the_dollar() -> None:
    assert instrument_id_of("JPY=X", "CCY", "CURRENCY") == "USD/JPY.IDEALPRO"


@pytest.mark.parametrize(("symbol", "exchange"), [("APC.XY", "XYZ"), ("AAPL", "")])
def test_what_has_no_name_here_is_left_out(symbol: str, exchange: str) -> None:
    assert instrument_id_of(symbol, exchange, "EQUITY") == ""


def test_a_venue_yahoo_does_not_list_is_refused() -> None:
    with pytest.raises(SkippableError, match=r"no ABC\.NOWHERE: it lists nothing at NOWHERE"):
        symbol_of("ABC.NOWHERE")


@pytest.mark.parametrize(
    ("instrument_id", "exchange", "problem"),
    [
        ("AAPL.NASDAQ", "NMS", ""),
        ("AAPL.NYSE", "NMS", "it is listed at NASDAQ: use AAPL.NASDAQ"),
        ("SPY.NASDAQ", "PCX", "it is listed at ARCA: use SPY.ARCA"),
        ("AAPL.SMART", "NMS", ""),
        ("AAPL.NASDAQ", "NEW", ""),
        ("^SPX.CBOE", "SNP", ""),
    ],
)
def test_an_answer_from_another_exchange_is_noticed(instrument_id: str, exchange: str, problem: str) -> None:
    assert venue_problem(instrument_id, exchange) == problem


def test_thirty_are_known_of_five_kinds_all_with_a_calendar() -> None:
    known = known_instruments()
    assert len(known) == 30
    kinds = Counter(one.type for one in known)
    assert kinds == {"Equity": 15, "CurrencyPair": 5, "FuturesContract": 5, "IndexInstrument": 5}
    assert all(calendar_name(one.instrument_id) for one in known)
    assert all(symbol_of(one.instrument_id) == one.raw_symbol for one in known)
