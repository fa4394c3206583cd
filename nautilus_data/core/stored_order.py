"""Stored order: rows of orders, made of the stored rows of their events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from nautilus_data.core.dataset import ORDER_EVENTS, ORDERS
from nautilus_data.core.order import fold_order


def order_event(row: Mapping[str, Any]) -> dict[str, Any]:
    """What `fold_order` takes, of a row of ORDER_EVENTS."""
    # Times of the row win: on the wire they are integers, digit strings or ISO 8601.
    return {**json.loads(row["body"]), **{name: row[name] for name in ("entry", "ts_event", "ts_init")}}


def order_rows(events: Iterable[Mapping[str, Any]]) -> list[tuple]:
    """One row of ORDERS for each order that rows of ORDER_EVENTS tell of."""
    lives: dict[tuple, list[dict]] = {}
    for row in events:
        lives.setdefault(tuple(row[name] for name in ORDERS.key), []).append(order_event(row))
    return [_row(key, life) for key, life in lives.items()]


def fold_stored(read: Callable[..., pd.DataFrame], keys: Iterable[tuple[str, int, str]]) -> list[tuple]:
    """Rows of ORDERS by their keys; `read` takes what `Store.read` takes."""
    ids: dict[tuple[str, int], list[str]] = {}
    for trader_id, run_id, client_order_id in sorted(keys):
        ids.setdefault((trader_id, run_id), []).append(client_order_id)
    made: list[tuple] = []
    for (trader_id, run_id), names in ids.items():
        where = {"trader_id": trader_id, "run_id": run_id, "client_order_id": names}
        made += order_rows(read(ORDER_EVENTS, where=where).to_dict("records"))
    return made


def order_text(events: list[dict[str, Any]]) -> str:
    """`ACCEPTED 0/100000 @ 1.57` of an order's events; '' of none."""
    if not events:
        return ""
    order = fold_order(events)
    price = order.get("price") or order.get("trigger_price")
    return f"{order['status']} {order['filled_qty']}/{order.get('quantity', '?')}" + (f" @ {price}" if price else "")


def _row(key: tuple, events: Iterable[Mapping[str, Any]]) -> tuple:
    state = {**fold_order(events), **dict(zip(ORDERS.key, key, strict=True))}
    return tuple(state.get(name, "") for name in ORDERS.columns)
