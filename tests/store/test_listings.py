"""The directory of instruments and the symbols sources use."""

from __future__ import annotations

from types import MappingProxyType

from nautilus_data.core.listing import PREDEFINED, Listing
from nautilus_data.store import Store


def test_the_predefined_are_thirty_over_five_kinds() -> None:
    assert len({one.instrument_id for one in PREDEFINED}) == 30
    assert {one.kind for one in PREDEFINED} == {"stock", "ETF", "FX", "future", "index"}


def test_lines_are_found_by_id_name_and_symbol(store: Store) -> None:
    store.save_listings(PREDEFINED, keep=True)
    assert [one.instrument_id for one in store.listings("pltr")] == ["PLTR.NASDAQ"]
    assert [one.instrument_id for one in store.listings("hathaway")] == ["BRK.B.NYSE"]
    (euro,) = store.listings("eurusd=x")
    assert euro.aliases == {"yahoo": "EURUSD=X", "interactive_brokers": "EUR.USD"}
    assert len(store.listings(kind="future")) == 5
    assert store.listings("100%") == []


def test_what_a_person_changed_is_kept_when_the_predefined_come_again(store: Store) -> None:
    mine = Listing(instrument_id="AAPL.NASDAQ", name="Mine", origin="me", aliases=MappingProxyType({"yahoo": "AAPL1"}))
    store.save_listings([mine])
    store.save_listings(PREDEFINED, keep=True)
    (found,) = store.listings("aapl.nasdaq")
    assert (found.name, found.aliases["yahoo"]) == ("Mine", "AAPL1")


def test_an_alias_is_set_changed_and_forgotten(store: Store) -> None:
    for symbol in ("VOD.L", "VOD"):
        store.save_alias("VOD.LSE", "yahoo", symbol)
    assert store.aliases("yahoo") == {"VOD.LSE": "VOD"}
    store.save_alias("VOD.LSE", "yahoo", "")
    assert store.aliases("yahoo") == {}
