"""Newer: market data that only nodes newer than 1.221 publish."""

from __future__ import annotations

from msgspec import Struct

from nautilus_data.bus.records import BookOrder, Ns


class OrderBookDepth(Struct, gc=False):
    """The best levels of both sides, best first: the whole book as the feed gives it; `OrderBookDepth10` before 2.x."""

    instrument_id: str
    bids: list[BookOrder]
    asks: list[BookOrder]
    bid_counts: list[int] = []
    ask_counts: list[int] = []
    flags: int = 0
    sequence: int = 0
    ts_event: Ns = 0
    ts_init: Ns = 0


class MarkPriceUpdate(Struct, gc=False, tag_field="type", tag=True):
    instrument_id: str
    value: str
    ts_event: Ns = 0
    ts_init: Ns = 0


class IndexPriceUpdate(Struct, gc=False, tag_field="type", tag=True):
    instrument_id: str
    value: str
    ts_event: Ns = 0
    ts_init: Ns = 0


class FundingRateUpdate(Struct, gc=False, tag_field="type", tag=True):
    """`rate` of one period, of `interval` minutes where that is known."""

    instrument_id: str
    rate: str
    interval: int | None = None
    next_funding_ns: int | None = None
    ts_event: Ns = 0
    ts_init: Ns = 0


class OptionGreeks(Struct, gc=False, tag_field="type", tag=True):
    """`greeks` are delta, gamma, vega, theta and rho; None is not known."""

    instrument_id: str
    greeks: dict[str, float | None]
    convention: str = ""
    mark_iv: float | None = None
    bid_iv: float | None = None
    ask_iv: float | None = None
    underlying_price: float | None = None
    open_interest: float | None = None
    ts_event: Ns = 0
    ts_init: Ns = 0
