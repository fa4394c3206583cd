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


MARK = {"type": "MarkPriceUpdate", "instrument_id": "GBP/USD.SIM", "value": "1.57600", "ts_event": TS, "ts_init": TS}
INDEX = MARK | {"type": "IndexPriceUpdate", "value": "1.57601"}
FUNDING = {
    "type": "FundingRateUpdate", "instrument_id": "GBP/USD.SIM", "rate": "0.0001", "interval": 480,
    "next_funding_ns": TS + 10, "ts_event": TS, "ts_init": TS,
}  # fmt: skip
GREEKS = {
    "type": "OptionGreeks", "instrument_id": "GBP/USD.SIM", "convention": "BLACK_SCHOLES",
    "greeks": {"delta": 0.5, "gamma": 0.1, "vega": 0.2, "theta": -0.1, "rho": 0.0}, "mark_iv": 0.3, "bid_iv": None,
    "ask_iv": None, "underlying_price": None, "open_interest": None, "ts_event": TS, "ts_init": TS,
}  # fmt: skip
DEPTH = {
    "instrument_id": "GBP/USD.SIM", "bids": [{"side": "BUY", "price": "1.57590", "size": "5", "order_id": 0}] * 10,
    "asks": [{"side": "SELL", "price": "1.57610", "size": "6", "order_id": 0}] * 10, "bid_counts": [1] * 10,
    "ask_counts": [2] * 10, "flags": 0, "sequence": 3, "ts_event": TS, "ts_init": TS,
}  # fmt: skip
PORTFOLIO = {
    "account_id": "SIM-001", "account_type": "MARGIN", "base_currency": None,
    "balances": [{"currency": "USD", "total": "999998.26 USD", "locked": "0.00 USD", "free": "999998.26 USD"}],
    "margins": [], "unrealized_pnls": [], "realized_pnls": ["-1.74 USD"], "total_equity": ["999998.26 USD"],
    "base_currency_equity": None, "is_stale": False, "event_id": "s-1", "ts_event": TS, "ts_init": TS + 1,
}  # fmt: skip
ADJUSTED = {
    "trader_id": "T-1", "strategy_id": "S-1", "instrument_id": "GBP/USD.SIM", "position_id": "P-1",
    "account_id": "SIM-001", "adjustment_type": "FUNDING", "quantity_change": None, "pnl_change": "-1.50 USD",
    "reason": "funding", "event_id": "j-1", "ts_event": TS, "ts_init": TS,
}  # fmt: skip
MASS_STATUS = {
    "type": "ExecutionMassStatus", "client_id": "SIM", "account_id": "SIM-001", "venue": "SIM", "report_id": "r-0",
    "ts_init": str(TS),
    "order_reports": {
        "V-1": {
            "type": "OrderStatusReport", "account_id": "SIM-001", "instrument_id": "GBP/USD.SIM", "order_side": 1,
            "venue_order_id": "V-1", "order_type": 2, "time_in_force": 1, "order_status": 13, "quantity": "200000",
            "report_id": "r-1", "ts_init": TS,
        }
    },
    "fill_reports": {
        "V-1": [{"type": "FillReport", "order_side": 1, "liquidity_side": 2, "report_id": "r-2", "ts_init": TS}]
    },
    "position_reports": {
        "GBP/USD.SIM": [{"type": "PositionStatusReport", "position_side": 2, "report_id": "r-3", "ts_init": TS}]
    },
}  # fmt: skip


def pack(value: Any) -> bytes:
    return msgspec.msgpack.encode(value)


def fields(topic: str, value: Any) -> dict[str, bytes]:
    """An entry's two fields; bytes are published as they are."""
    return {"topic": topic.encode(), "payload": value if isinstance(value, bytes) else pack(value)}
