"""Recall: the last prices the store took from the bus, for a process that follows no bus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import numpy as np

from nautilus_data.bus import SOURCE, Bar, Message, QuoteTick, TradeTick
from nautilus_data.core.dataset import EQUITY, INSTRUMENTS, QUOTES, RUNS, TRADES, Dataset, Series
from nautilus_data.core.entry import entry_at
from nautilus_data.core.instrument import PRICE_DECIMALS
from nautilus_data.services.live import Live
from nautilus_data.store import Store


def recall(store: Store, live: Live) -> None:
    """Feed the newest stored bars, quotes and trades of the bus, in the order they were published."""
    found = [*_bars(store), *_ticks(store, QUOTES, _quote), *_ticks(store, TRADES, _trade)]
    live.feed(sorted(found, key=lambda message: message.entry))


def _bars(store: Store) -> Iterator[Message]:
    # Bars don't name their trader; with several, nobody can say whose they are.
    traders = set(store.read(RUNS)["trader_id"])
    trader_id = traders.pop() if len(traders) == 1 else ""
    reached = _reached(store)
    for series in store.series_list("bars", source=SOURCE):
        frame = store.read(series)
        if reached:
            # An earlier replay may have come further; its bars are the future of this one.
            frame = frame[frame["ts_event"] <= reached].reset_index(drop=True).tail(2)
        # Else by publication: what was published last need not be what happened last.
        for place in np.argsort(frame["ts_init"].to_numpy(), kind="stable")[-2:]:
            row = frame.iloc[place].to_dict()
            entry = entry_at(int(row["ts_init"]))
            yield Message(trader_id, trader_id, entry, "", _bar(series, row))


def _reached(store: Store) -> int:
    """Historical time the newest replay had reached when its equity was last noted; 0 when nothing was replayed."""
    newest = store.read(EQUITY, last=1)
    return int(newest["ts_replayed"].iloc[-1]) if len(newest) else 0


def _ticks(store: Store, dataset: Dataset, body: Callable[[dict], QuoteTick | TradeTick]) -> Iterator[Message]:
    for instrument_id in store.read(INSTRUMENTS)["instrument_id"]:
        for row in store.read(dataset, where={"instrument_id": instrument_id}, last=1).to_dict("records"):
            yield Message(row["trader_id"], row["trader_id"], row["entry"], "", body(row))


def _bar(series: Series, row: dict) -> Bar:
    bar_type = f"{series.instrument_id}-{series.timeframe}-{series.price_type}-EXTERNAL"
    prices = [_text(row[name]) for name in ("open", "high", "low", "close")]
    return Bar(bar_type, *prices, str(row["volume"]), ts_event=int(row["ts_event"]), ts_init=int(row["ts_init"]))


def _quote(row: dict) -> QuoteTick:
    sides = (_text(row["bid_price"]), _text(row["ask_price"]), str(row["bid_size"]), str(row["ask_size"]))
    return QuoteTick(row["instrument_id"], *sides, ts_event=row["ts_event"], ts_init=row["ts_init"])


def _trade(row: dict) -> TradeTick:
    traded = (_text(row["price"]), str(row["size"]))
    return TradeTick(row["instrument_id"], *traded, ts_event=row["ts_event"], ts_init=row["ts_init"])


def _text(ticks: int) -> str:
    return f"{Decimal(int(ticks)).scaleb(-PRICE_DECIMALS):f}"
