"""Recall: the last prices the store took from the bus, for a process that follows no bus."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import numpy as np

from nautilus_data.bus import Bar, Message, QuoteTick, TradeTick
from nautilus_data.core.dataset import INSTRUMENTS, QUOTES, RUNS, TRADES, Series
from nautilus_data.core.instrument import PRICE_DECIMALS
from nautilus_data.services.live import Live
from nautilus_data.store import Store

_LIVE = "nautilus"
_NS_PER_MS = 1_000_000
_SEQ_BITS = 20


def recall(store: Store, live: Live) -> None:
    """Feed the newest stored bars, quotes and trades of the bus, in the order they were published."""
    runs = store.read(RUNS)
    # Bars don't name their trader; with several, nobody can say whose they are.
    traders = set(runs["trader_id"])
    trader_id = traders.pop() if len(traders) == 1 else ""
    found = [*_bars(store), *_ticks(store)]
    live.feed(_message(trader_id, body) for body in sorted(found, key=lambda body: body.ts_init))


def _message(trader_id: str, body: Bar | QuoteTick | TradeTick) -> Message:
    return Message("", trader_id, body.ts_init // _NS_PER_MS << _SEQ_BITS, "", body)


def _bars(store: Store) -> Iterator[Bar]:
    for series in store.series_list("bars", source=_LIVE):
        frame = store.read(series)
        # A replay begins again at its start: what was published last need not be what happened last.
        for place in np.argsort(frame["ts_init"].to_numpy(), kind="stable")[-2:]:
            row = frame.iloc[place]
            prices = {name: _text(row[name]) for name in ("open", "high", "low", "close")}
            times = {name: int(row[name]) for name in ("ts_event", "ts_init")}
            yield Bar(_bar_type(series), **prices, volume=str(row["volume"]), **times)


def _ticks(store: Store) -> Iterator[QuoteTick | TradeTick]:
    for instrument_id in store.read(INSTRUMENTS)["instrument_id"]:
        for row in store.read(QUOTES, where={"instrument_id": instrument_id}, last=1).to_dict("records"):
            sides = (_text(row["bid_price"]), _text(row["ask_price"]), str(row["bid_size"]), str(row["ask_size"]))
            yield QuoteTick(instrument_id, *sides, ts_event=row["ts_event"], ts_init=row["ts_init"])
        for row in store.read(TRADES, where={"instrument_id": instrument_id}, last=1).to_dict("records"):
            traded = (_text(row["price"]), str(row["size"]))
            yield TradeTick(instrument_id, *traded, ts_event=row["ts_event"], ts_init=row["ts_init"])


def _bar_type(series: Series) -> str:
    return f"{series.instrument_id}-{series.timeframe}-{series.price_type}-EXTERNAL"


def _text(ticks: int) -> str:
    return f"{Decimal(int(ticks)).scaleb(-PRICE_DECIMALS):f}"
