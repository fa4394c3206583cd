"""Twins of page bus."""

from __future__ import annotations

from typing import Any

from app.layout.bus_live import as_glob
from app.layout.twins.twin import Twin
from app.views.rest_text import Asked, asked

_LIMIT = 200


def _streams(page: Any) -> Asked:
    chosen = page.parts["streams"].table.asked
    match = as_glob(chosen.pop("match"))
    return asked("messagebus/streams", trader_id=page.trader_id, match=match, **chosen, limit=1_000)


def _book(page: Any) -> Asked | None:
    chosen = page.parts["books"].chosen
    if chosen is None:
        return None
    trader, instrument = chosen
    return asked("messagebus/books/{}", instrument, trader_id=trader, has_rows=False)


def _kept(path: str, **more: Any) -> Any:
    return lambda page: asked(path, trader_id=page.trader_id, limit=_LIMIT, **more)


TWINS = {
    "bus.alarms": Twin("Open incidents", lambda page: asked("messagebus/incidents", open_only=True)),
    "bus.connection": Twin("Connection", lambda page: asked("messagebus/status", has_rows=False)),
    "bus.capacity": Twin("Capacity of Redis", lambda page: asked("messagebus/capacity", has_rows=False)),
    "bus.readers": Twin("Readers", lambda page: asked("messagebus/readers")),
    "bus.types": Twin("Messages by type", lambda page: asked("messagebus/types")),
    "bus.rates": Twin("Rates", lambda page: asked("messagebus/rates")),
    "bus.rate_history": Twin("Rates over time", lambda page: asked("messagebus/rates/history", limit=100_000)),
    "bus.streams": Twin("Streams", _streams),
    "bus.messages": Twin(
        "Messages", lambda page: asked("messagebus/messages", match=page.parts["messages"].inspector.pattern)
    ),
    "bus.book": Twin("Order book", _book, "No order book came over the bus."),
    "bus.incidents": Twin("Incidents", _kept("messagebus/incidents")),
    "bus.letters": Twin("Dead letters", _kept("messagebus/dead-letters")),
}
