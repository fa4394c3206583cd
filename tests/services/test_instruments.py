"""The directory: found by name or symbol, told apart, and fed by sources."""

from __future__ import annotations

import asyncio

import pytest

from nautilus_data.errors import SkippableError
from nautilus_data.services.instruments import Instruments
from nautilus_data.sources.arch_package import ArchPackage
from nautilus_data.sources.base import Found
from nautilus_data.sources.sample import Sample
from nautilus_data.store import Store


class Searched(Sample):
    """Finds two listings of one name."""

    async def search(self, text: str, limit: int = 10) -> list[Found]:
        return [
            Found(instrument_id="VOD.LSE", symbol="VOD.L", name="Vodafone", kind="stock", currency="GBP"),
            Found(instrument_id="VOD.NASDAQ", symbol="VOD", name="Vodafone ADR", kind="stock", currency="USD"),
            Found(instrument_id="VODI.LSE", symbol="VODI.L", name="Vodafone index", kind="IndexInstrument"),
            Found(instrument_id="", symbol="VODN", name="nowhere"),
            Found(instrument_id="AAPL.NASDAQ", symbol="AAPL", name="another name"),
        ]


@pytest.fixture
def instruments(store: Store) -> Instruments:
    return Instruments(store, {"sample": Searched()})


def test_the_best_hit_comes_first(instruments: Instruments) -> None:
    assert instruments.search("spy")["instrument_id"].tolist()[0] == "SPY.ARCA"
    assert instruments.search("gold")["instrument_id"].tolist() == ["GC.COMEX", "GLD.ARCA"]
    assert len(instruments.search(limit=100)) == 31
    assert set(instruments.search(kind="index")["kind"]) == {"index"}


def test_what_a_source_knows_without_asking_is_found(instruments: Instruments) -> None:
    assert instruments.search("IBM")["origin"].tolist() == ["sample"]
    assert instruments.search("IBM", kind="stock")["kind"].tolist() == ["stock"]
    assert instruments.search("IBM", kind="FX").empty


def test_a_symbol_only_one_has_means_that_one(instruments: Instruments) -> None:
    assert instruments.resolve("pltr") == "PLTR.NASDAQ"
    assert instruments.resolve("EURUSD=X") == "EUR/USD.IDEALPRO"
    assert instruments.resolve("ANY.THING") == "ANY.THING"


def test_a_symbol_of_several_is_not_guessed(instruments: Instruments) -> None:
    found = asyncio.run(instruments.find("vodafone", "sample"))
    assert found["instrument_id"].tolist() == ["VOD.LSE", "VOD.NASDAQ", "VODI.LSE", "AAPL.NASDAQ"]
    with pytest.raises(SkippableError, match=r"VOD may be VOD.LSE or VOD.NASDAQ: write which"):
        instruments.resolve("VOD")
    assert instruments.aliases("sample")["VOD.LSE"] == "VOD.L"
    # A class of NautilusTrader's in the words of the directory.
    assert "VODI.LSE" in instruments.search(kind="index", limit=100)["instrument_id"].tolist()
    assert instruments.search("AAPL.NASDAQ")["name"].tolist() == ["Apple"]


def test_what_nobody_knows_is_told_with_what_to_do(instruments: Instruments) -> None:
    with pytest.raises(SkippableError, match="instruments search"):
        instruments.resolve("NOBODY")
    with pytest.raises(SkippableError, match="there are: sample"):
        asyncio.run(instruments.find("x", "elsewhere"))


def test_an_alias_is_a_symbol_of_a_source(instruments: Instruments) -> None:
    instruments.set_alias("X.NYSE", "yahoo", " X-A ")
    assert instruments.aliases("yahoo")["X.NYSE"] == "X-A"
    assert instruments.aliases("yahoo")["AAPL.NASDAQ"] == "AAPL"
    with pytest.raises(ValueError, match=r"SYMBOL\.VENUE"):
        instruments.set_alias("X", "yahoo", "X")


@pytest.mark.parametrize("text", ["unrate", "UNRATE", " UNRATE.FRED ", "unrate.fred"])
def test_of_a_source_of_observations_a_name_is_one_of_its_lines(store: Store, text: str) -> None:
    assert Instruments(store, {"arch": ArchPackage()}).resolve(text, "arch") == "UNRATE.FRED"
