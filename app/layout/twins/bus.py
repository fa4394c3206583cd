"""Twins of page bus."""

from __future__ import annotations

from typing import Any

from app.layout.bus_live import DEPTH, as_glob
from app.layout.twins.twin import Twin
from app.views.rest_text import Asked, asked

_LIMIT = 200
_MOST = 1_000
_MOST_POINTS = 100_000


def _streams(page: Any) -> Asked:
    chosen = page.parts["streams"].table.asked
    match = as_glob(chosen.pop("match"))
    return asked("messagebus/streams", trader=page.trader_id, match=match, **chosen, limit=_MOST)


def _book(page: Any) -> Asked | None:
    chosen = page.parts["books"].chosen
    if chosen is None:
        return None
    trader, instrument = chosen
    return asked("messagebus/levels/{}", instrument, trader=trader, depth=DEPTH)


def _kept(path: str) -> Any:
    return lambda page: asked(path, trader=page.trader_id, limit=_LIMIT)


def _messages(page: Any) -> Asked:
    return asked("messagebus/messages", topic=page.parts["messages"].inspector.pattern, limit=100)


TWINS = {
    "bus.alarms": Twin("Open incidents", lambda page: asked("messagebus/incidents", open=True, limit=_MOST)),
    "bus.connection": Twin("Connection", lambda page: asked("messagebus/status", has_rows=False)),
    "bus.capacity": Twin("Capacity of Redis", lambda page: asked("messagebus/capacity", has_rows=False)),
    "bus.readers": Twin("Readers", lambda page: asked("messagebus/readers", limit=_MOST)),
    "bus.history": Twin("State changes", lambda page: asked("messagebus/history", limit=_MOST)),
    "bus.types": Twin("Messages by type", lambda page: asked("messagebus/types", limit=_MOST)),
    "bus.rates": Twin("Rates", lambda page: asked("messagebus/rates", limit=_MOST_POINTS)),
    "bus.rate_history": Twin("Rates over time", lambda page: asked("messagebus/rates", limit=_MOST_POINTS)),
    "bus.streams": Twin("Streams", _streams),
    "bus.messages": Twin("Messages", _messages),
    "bus.book": Twin("Order book", _book, "No order book came over the bus."),
    "bus.incidents": Twin("Incidents", _kept("messagebus/incidents")),
    "bus.letters": Twin("Dead letters", _kept("messagebus/dead-letters")),
}
