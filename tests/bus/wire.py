"""Payloads as NautilusTrader writes them."""

from __future__ import annotations

from typing import Any

import msgspec

TS = 1_328_054_399_700_000_000
ORDER = {
    "trader_id": "T-1", "strategy_id": "S-1", "instrument_id": "GBP/USD.SIM", "client_order_id": "O-1",
    "event_id": "e-1", "ts_event": str(TS), "ts_init": str(TS),
}  # fmt: skip
FILL = ORDER | {
    "type": "OrderFilled", "venue_order_id": "V-1", "account_id": "SIM-001", "trade_id": "X-1", "position_id": "P-1",
    "order_side": "BUY", "order_type": "MARKET", "last_qty": "100000", "last_px": "1.57618", "currency": "USD",
    "commission": "3.15 USD", "liquidity_side": "TAKER", "info": {}, "reconciliation": False,
}  # fmt: skip
QUOTE = {
    "type": "QuoteTick", "instrument_id": "GBP/USD.SIM", "bid_price": "1.57597", "ask_price": "1.57608",
    "bid_size": "1000000", "ask_size": "1000000", "ts_event": str(TS), "ts_init": str(TS),
}  # fmt: skip
BAR = {
    "type": "Bar", "bar_type": "BTC-PERP.SIMX-1-MINUTE-LAST-EXTERNAL", "open": "46319.0", "high": "46385.0",
    "low": "46319.0", "close": "46377.0", "volume": "2300413.7295", "ts_event": str(TS), "ts_init": str(TS),
}  # fmt: skip
POSITION = {
    "type": "PositionChanged", "trader_id": "T-1", "strategy_id": "S-1", "instrument_id": "GBP/USD.SIM",
    "position_id": "P-1", "account_id": "SIM-001", "opening_order_id": "O-1", "entry": "SELL", "side": "SHORT",
    "signed_qty": -16081.5, "quantity": "16081.5", "peak_qty": "110035.0", "last_qty": "1.0", "last_px": "1.5",
    "currency": "USD", "avg_px_open": 1.5, "avg_px_close": 1.6, "realized_return": -0.1,
    "realized_pnl": "-273.79352859 USD", "unrealized_pnl": "-20.1 USD", "event_id": "p-1",
    "ts_opened": str(TS), "ts_event": str(TS + 1), "ts_init": str(TS + 2),
}  # fmt: skip
ACCOUNT = {
    "type": "AccountState", "account_id": "SIM-001", "account_type": "MARGIN", "base_currency": None,
    "balances": [
        {"type": "AccountBalance", "total": "100.5", "locked": "0.5", "free": "100.0", "currency": "USD"},
        {"type": "AccountBalance", "total": "3.00000000", "locked": "0", "free": "3", "currency": "BTC"},
    ],
    "margins": [{"type": "MarginBalance", "initial": "1", "maintenance": "1", "currency": "USD"}],
    "reported": True, "info": {}, "event_id": "a-1", "ts_event": "0", "ts_init": str(TS),
}  # fmt: skip
READY = {
    "type": "ComponentStateChanged", "trader_id": "T-1", "component_id": "T-1", "component_type": "Trader",
    "state": "READY", "config": {}, "event_id": "c-1", "ts_event": "0", "ts_init": "0",
}  # fmt: skip


def pack(value: Any) -> bytes:
    return msgspec.msgpack.encode(value)


def fields(topic: str, value: Any) -> dict[str, bytes]:
    """An entry's two fields; bytes are published as they are."""
    return {"topic": topic.encode(), "payload": value if isinstance(value, bytes) else pack(value)}
