"""Contracts under NautilusTrader's names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from nautilus_data.errors import SkippableError
from nautilus_data.sources.ib.contracts import (
    candidates,
    choose,
    describe,
    instrument_id_of,
    instrument_of,
    sec_type_of,
)
from nautilus_data.sources.interactive_brokers import InteractiveBrokers
from tests.loopback_gateway import LoopbackGateway
from tests.sources.ib.connected import connected, run


@dataclass
class Contract:
    """The fields of the library's that count here."""

    secType: str = "STK"
    symbol: str = ""
    localSymbol: str = ""
    exchange: str = "SMART"
    primaryExchange: str = ""
    currency: str = "USD"
    conId: int = 1
    lastTradeDateOrContractMonth: str = ""
    multiplier: str = ""


@dataclass
class Details:
    contract: Contract
    minTick: float = 0.01
    minSize: float = 1
    longName: str = ""


NAMES = [
    (Contract("STK", "AAPL", "AAPL", "SMART", "NASDAQ"), "AAPL.NASDAQ"),
    (Contract("STK", "AAPL", "", "SMART", "NASDAQ.NMS"), "AAPL.NASDAQ"),
    (Contract("STK", "BRK B", "BRK B", "SMART", "NYSE"), "BRK-B.NYSE"),
    (Contract("STK", "SPY", "SPY", "ARCA", "ARCA"), "SPY.ARCA"),
    (Contract("IND", "SPX", "SPX", "CBOE"), "^SPX.CBOE"),
    (Contract("CASH", "EUR", "EUR.USD", "IDEALPRO"), "EUR/USD.IDEALPRO"),
    (Contract("CRYPTO", "BTC", "BTC.USD", "PAXOS"), "BTC/USD.PAXOS"),
    (Contract("FUT", "ES", "ESZ6", "CME"), "ESZ6.CME"),
    (Contract("FUT", "ZN", "ZN   DEC 26", "CBOT"), "ZNZ6.CBOT"),
    (Contract("FUT", "NIFTY50", "NIFTY26MARFUT", "NSE"), "NIFTYH6.NSE"),
    (Contract("CONTFUT", "ES", "ESZ6", "CME"), "ES.CME"),
    (Contract("CFD", "IBUS500", "IBUS500", "SMART"), "IBUS500.IBCFD"),
    (Contract("CFD", "EUR", "EUR.USD", "SMART"), "EUR/USD.IBCFD"),
]


@pytest.mark.parametrize(("contract", "name"), NAMES)
def test_names_are_those_of_nautilus_adapter(contract: Contract, name: str) -> None:
    assert instrument_id_of(contract) == name


@pytest.mark.parametrize(("contract", "name"), NAMES)
def test_they_are_nautilus_own(contract: Contract, name: str) -> None:
    """Asked of the adapter itself, where its own library of Interactive Brokers is installed."""
    pytest.importorskip("ibapi")
    common = pytest.importorskip("nautilus_trader.adapters.interactive_brokers.common")
    parsing = pytest.importorskip("nautilus_trader.adapters.interactive_brokers.parsing.instruments")
    fields = {key: value for key, value in vars(contract).items()}
    theirs = parsing.ib_contract_to_instrument_id(common.IBContract(**fields), name.rpartition(".")[2])
    assert str(theirs) == name


@pytest.mark.parametrize(("contract", "name"), NAMES)
def test_a_name_says_what_to_ask_for(contract: Contract, name: str) -> None:
    if contract.exchange == "NSE":
        pytest.skip("a venue of stocks too: only what it lists tells")
    assert sec_type_of(name) == contract.secType
    first = candidates(name)[0]
    assert first["secType"] == contract.secType
    assert first["exchange"] == (contract.exchange if contract.secType not in ("STK",) else "SMART")


@pytest.mark.parametrize("contract", [Contract("OPT", "AAPL"), Contract("FUT", "X", "odd one"), Contract("STK", "A")])
def test_what_has_no_name_is_shown_as_the_gateway_calls_it(contract: Contract) -> None:
    with pytest.raises(ValueError):
        instrument_id_of(contract)
    assert (contract.localSymbol or contract.symbol) in describe(contract)


@pytest.mark.parametrize("name", ["EURUSD.IDEALPRO", "BTC.PAXOS", "ES-DEC.CME"])
def test_a_name_that_can_not_be_read_says_how_to_write_it(name: str) -> None:
    with pytest.raises(SkippableError, match="write"):
        candidates(name)


@pytest.mark.parametrize(
    ("tick", "increment", "precision"), [(0.01, "0.01", 2), (0.00005, "0.00005", 5), (0.25, "0.25", 2), (0, "0.01", 2)]
)
def test_the_price_step_is_exact(tick: float, increment: str, precision: int) -> None:
    made = instrument_of(Details(Contract("STK", "AAPL", "AAPL", "SMART", "NASDAQ"), minTick=tick))
    assert (made.price_increment, made.price_precision) == (Decimal(increment), precision)


def test_one_of_the_name_is_chosen_and_two_are_told() -> None:
    apple, other = (Details(Contract("STK", "AAPL", "AAPL", "SMART", venue, conId=2)) for venue in ("NASDAQ", "LSE"))
    assert choose("AAPL.NASDAQ", [other, apple, apple]) is apple
    twin = Details(Contract("STK", "AAPL", "AAPL", "SMART", "NASDAQ", "EUR", conId=3), longName="the other")
    with pytest.raises(SkippableError, match=r"ambiguous.*EUR .conId 3, the other.*USD .conId 2"):
        choose("AAPL.NASDAQ", [apple, twin])
    with pytest.raises(SkippableError, match=r"knows no AAPL\.NYSE; it has AAPL\.LSE, AAPL\.NASDAQ"):
        choose("AAPL.NYSE", [apple, other])


def test_a_contract_whose_exchange_is_left_out_is_the_one_asked_for() -> None:
    bare = Details(Contract("STK", "AAPL", "AAPL", "SMART"))
    assert choose("AAPL.NASDAQ", [bare]) is bare
    assert instrument_of(bare, "AAPL.NASDAQ").instrument_id == "AAPL.NASDAQ"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Any]:
    with LoopbackGateway() as loopback, connected(loopback) as made:
        made.loopback = loopback
        yield made


@pytest.mark.parametrize(
    ("name", "kind", "precision", "multiplier"),
    [
        ("AAPL.NASDAQ", "Equity", 2, 1),
        ("BRK-B.NYSE", "Equity", 2, 1),
        ("EUR/USD.IDEALPRO", "CurrencyPair", 5, 1),
        ("ESZ6.CME", "FuturesContract", 2, 50),
        ("ESZ26.CME", "FuturesContract", 2, 50),
        ("ES.CME", "FuturesContract", 2, 50),
        ("^SPX.CBOE", "IndexInstrument", 2, 1),
        ("BTC/USD.PAXOS", "CurrencyPair", 2, 1),
        ("IBUS500.IBCFD", "Cfd", 2, 1),
    ],
)
def test_each_kind_is_found_at_a_gateway(gateway: Any, name: str, kind: str, precision: int, multiplier: int) -> None:
    made = run(InteractiveBrokers(gateway=gateway).instrument(name))
    assert (made.type, made.price_precision, made.multiplier) == (kind, precision, multiplier)
    assert made.instrument_id == name.replace("26.", "6.")


def test_an_unknown_symbol_is_refused_with_what_to_do(gateway: Any) -> None:
    with pytest.raises(SkippableError, match=r"NOPE\.NASDAQ.*check symbol"):
        run(gateway.details("NOPE.NASDAQ"))


def test_an_ambiguous_one_names_the_candidates(gateway: Any) -> None:
    with pytest.raises(SkippableError, match=r"TWIN\.LSE is ambiguous.*GBP.*pounds.*USD.*dollars"):
        run(gateway.details("TWIN.LSE"))


def test_details_are_asked_for_once(gateway: Any) -> None:
    run(gateway.details("PLTR.NASDAQ"))
    before = len(gateway.loopback.asked(9))
    run(gateway.details("PLTR.NASDAQ"))
    assert len(gateway.loopback.asked(9)) == before


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        # A currency pair's symbol begins so too.
        ("PLTR", "STK", ["PLTR.NASDAQ"]),
        ("AAPL", "STK", ["AAPL.NASDAQ", "AAPL.IBIS"]),
        ("SPY", "ETF", ["SPY.ARCA"]),
        ("SPX", "IND", ["^SPX.CBOE"]),
        ("EUR/USD", "CASH", ["EUR/USD.IDEALPRO"]),
        ("eurusd", "CASH", ["EUR/USD.IDEALPRO"]),
        ("ES", "FUT", ["ESZ6.CME", "ESH7.CME"]),
        ("BTC", "CRYPTO", ["BTC/USD.PAXOS"]),
        ("IBUS500", "CFD", ["IBUS500.IBCFD"]),
        ("XYZXYZ", "STK", []),
        ("XYZ", "FUT", []),
    ],
)
def test_a_search_finds_one_kind_only(gateway: Any, text: str, kind: str, found: list[str]) -> None:
    assert [match.instrument_id for match in run(gateway.search(text, kind))] == found


def test_a_search_can_be_of_one_currency(gateway: Any) -> None:
    assert [match.currency for match in run(gateway.search("AAPL", currency="USD"))] == ["USD"]


@pytest.mark.parametrize(("text", "kind"), [("", "STK"), ("AAPL", "SHARE")])
def test_a_search_for_nothing_or_of_no_kind_is_refused(gateway: Any, text: str, kind: str) -> None:
    with pytest.raises(SkippableError, match=r"write|choose"):
        run(gateway.search(text, kind))
