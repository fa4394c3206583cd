"""Order: what a client order is now, folded from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from decimal import Decimal
from types import MappingProxyType
from typing import Any

_STATUS = MappingProxyType(
    {
        "OrderInitialized": "INITIALIZED",
        "OrderDenied": "DENIED",
        "OrderEmulated": "EMULATED",
        "OrderReleased": "RELEASED",
        "OrderSubmitted": "SUBMITTED",
        "OrderAccepted": "ACCEPTED",
        "OrderRejected": "REJECTED",
        "OrderTriggered": "TRIGGERED",
        "OrderPendingUpdate": "PENDING_UPDATE",
        "OrderPendingCancel": "PENDING_CANCEL",
        "OrderUpdated": "ACCEPTED",
        "OrderModifyRejected": "ACCEPTED",
        "OrderCancelRejected": "ACCEPTED",
        "OrderCanceled": "CANCELED",
        "OrderExpired": "EXPIRED",
    }
)
TERMINAL = frozenset({"DENIED", "REJECTED", "CANCELED", "EXPIRED", "FILLED", "VOIDED"})
_WORKING = frozenset({"", "INITIALIZED", "EMULATED", "RELEASED", "SUBMITTED", "ACCEPTED", "TRIGGERED"})
# What these say leaves an order that waits elsewhere than in the book where it is.
_CHANGES = frozenset({"OrderUpdated", "OrderModifyRejected", "OrderCancelRejected"})
_ELSEWHERE = frozenset({"EMULATED", "RELEASED", "TRIGGERED"})
_RANK = MappingProxyType({"OrderInitialized": 0, "OrderEmulated": 1, "OrderReleased": 1, "OrderSubmitted": 2})


def fold_order(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """State of one order: a mapping of the ORDERS columns that its events tell.

    `events` are payloads of `events.order.*` as dicts, each with `entry`, the place on the bus. They may come
    without `OrderInitialized` (orders found at the venue) and after the end (kept, but never reopening the order).
    """
    state: dict[str, Any] = {"status": "", "reason": "", "ts_init": 0, "ts_last": 0}
    fills: dict[str, Mapping[str, Any]] = {}
    voids: dict[str, Mapping[str, Any]] = {}
    for event in sorted(events, key=place_in_life):
        _take_terms(state, event)
        if event["type"] == "OrderFilled":
            fills[event["event_id"]] = event
        elif event["type"] == "OrderFillVoided":
            # Each tells the whole quantity of its trade that counts no more.
            voids[event.get("trade_id") or ""] = event
            state["reason"] = event.get("reason") or state["reason"]
        elif state["status"] not in TERMINAL:
            _take_status(state, event)
    counted = [(_effective(fill, voids), Decimal(fill["last_px"])) for fill in fills.values()]
    told = sum((Decimal(fill["last_qty"]) for fill in fills.values()), Decimal(0))
    filled = sum((qty for qty, _ in counted), Decimal(0))
    lasting = {name for name, void in voids.items() if not void.get("is_reopened")}
    unheard = lasting - {fill.get("trade_id") or "" for fill in fills.values()}
    state["status"] = "VOIDED" if _is_voided(state, told, filled, lasting, unheard) else _filled_status(state, filled)
    state["filled_qty"] = str(filled)
    state["avg_px"] = float(sum(qty * px for qty, px in counted) / filled) if filled else float("nan")
    return state


def place_in_life(event: Mapping[str, Any]) -> tuple[int, int, str]:
    """Sorts the events of an order as they happened."""
    # Entries of two streams may share a millisecond and a number; an order's own life breaks the tie.
    return event["entry"], _RANK.get(event["type"], 3), event["event_id"]


def _take_terms(state: dict[str, Any], event: Mapping[str, Any]) -> None:
    options = event.get("options") or {}
    terms = {
        "side": event.get("order_side"),
        "type": event.get("order_type"),
        "quantity": event.get("quantity"),
        "time_in_force": event.get("time_in_force"),
        "price": event.get("price") or options.get("price"),
        "trigger_price": event.get("trigger_price") or options.get("trigger_price"),
        "venue_order_id": event.get("venue_order_id"),
        "account_id": event.get("account_id"),
        "strategy_id": event.get("strategy_id"),
        "instrument_id": event.get("instrument_id"),
    }
    state.update({name: value for name, value in terms.items() if value})
    state["ts_init"] = state["ts_init"] or event.get("ts_init", 0)
    state["ts_last"] = max(state["ts_last"], event.get("ts_event", 0))


def _take_status(state: dict[str, Any], event: Mapping[str, Any]) -> None:
    kind, status = event["type"], state["status"]
    # An emulated order is initialized a second time, with what it became, when it is released.
    is_repeated = kind == "OrderInitialized" and status
    if not (is_repeated or (kind in _CHANGES and status in _ELSEWHERE)):
        state["status"] = _STATUS.get(kind, status)
    state["reason"] = event.get("reason") or state["reason"]


def _effective(fill: Mapping[str, Any], voids: Mapping[str, Mapping[str, Any]]) -> Decimal:
    """What of a fill still counts."""
    quantity, void = Decimal(fill["last_qty"]), voids.get(fill.get("trade_id") or "")
    return max(Decimal(0), quantity - Decimal(void.get("voided_qty") or 0)) if void else quantity


def _is_voided(state: Mapping[str, Any], told: Decimal, filled: Decimal, lasting: Set[str], unheard: Set[str]) -> bool:
    """Was it complete until fills of it were voided for good, or is a fill void that was never told?"""
    quantity = Decimal(state.get("quantity") or 0)
    was_complete = bool(quantity) and told >= quantity > filled
    return state["status"] not in TERMINAL and bool(unheard or (lasting and was_complete))


def _filled_status(state: Mapping[str, Any], filled: Decimal) -> str:
    """With its fills: complete is FILLED, even after a cancel that came too late; else a part, unless it ended."""
    if not filled:
        return state["status"]
    if state.get("quantity") and filled >= Decimal(state["quantity"]):
        return "FILLED"
    return "PARTIALLY_FILLED" if state["status"] in _WORKING else state["status"]
