"""Messages as a node says them: made of the bus' own payloads."""

from __future__ import annotations

from itertools import count

from nautilus_data.bus import Message, decode, entry_ns
from tests.bus.wire import ACCOUNT, FILL, ORDER, POSITION, READY, pack

T0 = 1_700_000_000_000
DAY_MS = 86_400_000
_NUMBERS = count(1)


def ns(ms: int) -> int:
    return ms * 1_000_000


def said(topic: str, value: object, ms: int = T0, trader_id: str = "T-1", sequence: int = 0) -> Message:
    """One entry that Redis took at `ms`."""
    payload = value if isinstance(value, bytes) else pack(value)
    stream = f"trader-{trader_id}:stream:{topic}"
    return Message(stream, trader_id, ms << 20 | sequence, topic, decode(topic, payload), payload)


def quote(instrument_id: str, bid: str, ask: str, ms: int = T0, *, trader_id: str = "T-1", **fields: object) -> Message:
    body = {"type": "QuoteTick", "instrument_id": instrument_id, "bid_price": bid, "ask_price": ask,
            "bid_size": "1", "ask_size": "1", "ts_event": str(ns(ms)), "ts_init": str(ns(ms))}  # fmt: skip
    return said(f"data.quotes.{instrument_id}", body | fields, ms, trader_id)


def trade(instrument_id: str, price: str, ms: int = T0, trader_id: str = "T-1") -> Message:
    body = {"type": "TradeTick", "instrument_id": instrument_id, "price": price, "size": "3", "trade_id": "x",
            "aggressor_side": "BUYER", "ts_event": str(ns(ms)), "ts_init": str(ns(ms))}  # fmt: skip
    return said(f"data.trades.{instrument_id}", body, ms, trader_id)


def bar(instrument_id: str, close: str, ms: int = T0, event_ms: int | None = None, **more: str) -> Message:
    """A bar that closed at `event_ms`, published at `ms`."""
    step, price_type = more.pop("step", "1-DAY"), more.pop("price_type", "LAST")
    closed = ns(ms if event_ms is None else event_ms)
    body = {"type": "Bar", "bar_type": f"{instrument_id}-{step}-{price_type}-EXTERNAL", "open": close, "high": close,
            "low": close, "close": close, "volume": "10", "ts_event": str(closed), "ts_init": str(ns(ms))}  # fmt: skip
    trader_id = more.pop("trader_id", "T-1")
    return said(f"data.bars.{body['bar_type']}", body | more, ms, trader_id)


def ready(ms: int = T0, trader_id: str = "T-1", state: str = "READY") -> Message:
    body = READY | {"trader_id": trader_id, "component_id": trader_id, "state": state}
    return said(f"events.system.{trader_id}", body, ms, trader_id)


def heartbeat(ms: int, trader_id: str = "T-1") -> Message:
    return said("health:heartbeat", str(ns(ms)).encode(), ms, trader_id)


def order(kind: str, ms: int = T0, **fields: object) -> Message:
    body = ORDER | {"type": kind, "event_id": f"{kind}-{next(_NUMBERS)}", "ts_event": str(ns(ms))} | fields
    return said(f"events.order.{body['strategy_id']}", body, ms, body["trader_id"])


def fill(ms: int = T0, topic: str = "events.order.S-1", **fields: object) -> Message:
    body = FILL | {"ts_event": str(ns(ms)), "ts_init": str(ns(ms))} | fields
    return said(topic, body, ms, body["trader_id"])


def position(ms: int = T0, **fields: object) -> Message:
    """A short of 16,081.5 GBP/USD at 1.5 unless told otherwise."""
    body = POSITION | {"ts_opened": str(ns(ms)), "ts_closed": "0"} | fields
    return said("events.position.S-1", body, ms, body["trader_id"])


def account(ms: int = T0, totals: dict[str, str] | None = None, *, trader_id: str = "T-1", **fields: object) -> Message:
    totals = {"USD": "1000.00"} if totals is None else totals
    balances = [
        {"type": "AccountBalance", "total": total, "locked": "0", "free": total, "currency": currency}
        for currency, total in totals.items()
    ]
    body = ACCOUNT | {"balances": balances, "event_id": f"a-{next(_NUMBERS)}"} | fields
    return said("events.account.SIM-001", body, ms, trader_id)


def instrument(instrument_id: str, **fields: object) -> Message:
    body = {"type": "Equity", "id": instrument_id, "raw_symbol": instrument_id.rpartition(".")[0],
            "price_precision": 2, "price_increment": "0.01", "quote_currency": "USD", "multiplier": "1"}  # fmt: skip
    return said(f"data.instrument.{instrument_id}", body | fields)


def run_id(message: Message) -> int:
    return entry_ns(message.entry)
