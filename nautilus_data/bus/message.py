"""Message: one stream entry, read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from nautilus_data.bus.payload import Decode, decoder_of
from nautilus_data.bus.records import (
    ComponentStateChanged,
    Garbage,
    OrderEvent,
    PositionEvent,
    TradingStateChanged,
)
from nautilus_data.core.entry import SEQ_BITS

_MAX_SEQ = (1 << SEQ_BITS) - 1
_MAX_MS = (1 << 43) - 1
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_NAMES_TRADER = (OrderEvent, PositionEvent, ComponentStateChanged, TradingStateChanged)
_MAX_TOPICS = 50_000


class Message(Struct, gc=False, frozen=True):
    """One entry: where it stood, what it says; `body` is a record of `bus.records`, made of `payload`."""

    stream: str
    trader_id: str
    entry: int
    topic: str
    body: Any
    payload: bytes = b""

    @property
    def is_run_start(self) -> bool:
        """Does this entry start a run of its trader?"""
        body = self.body
        return (
            type(body) is ComponentStateChanged
            and body.state == "READY"
            and (body.component_type == "Trader" or body.component_id == body.trader_id)
        )


def entry_id(raw: bytes) -> int:
    """One int of `ms-seq`, in the same order."""
    ms, _, seq = raw.partition(b"-")
    entry = int(ms) << SEQ_BITS | (number := int(seq or 0))
    if number > _MAX_SEQ or entry >> 63:
        # Only hand-made ids get here.
        return min(int(ms), _MAX_MS) << SEQ_BITS | min(number, _MAX_SEQ)
    return entry


def entry_text(entry: int) -> str:
    """`ms-seq` of an entry's int."""
    return f"{entry >> SEQ_BITS}-{entry & _MAX_SEQ}"


def trader_id_of(stream_key: str) -> str:
    """`TESTER-001` of `trader-TESTER-001:stream:data.quotes.SIM.GBP/USD`; '' where the key names no trader."""
    head, colon, _ = stream_key.partition(":")
    name = head.removeprefix("trader-")
    is_trader = bool(colon) and "-" in name and not _UUID.fullmatch(name)
    return name if is_trader else ""


class Reader:
    """Turns raw entries into messages; remembers each topic's decoder."""

    def __init__(self) -> None:
        self._routes: dict[bytes, tuple[str, Decode]] = {}

    def read(self, stream: str, trader_id: str, entries: Iterable[Any]) -> list[Message]:
        """Messages of one stream's raw `[id, [field, value, …]]` pairs; what can't be read becomes Garbage."""
        messages = []
        routes, append = self._routes, messages.append
        for raw_id, fields in entries:
            if len(fields) == 4 and fields[0] == b"topic" and fields[2] == b"payload":
                topic, payload = fields[1], fields[3]
            else:
                topic, payload = _pick(fields)
            route = routes.get(topic) or self._route(topic)
            body = route[1](payload)
            owner = trader_id
            if type(body) in _NAMES_TRADER:
                owner = body.trader_id or trader_id
            append(Message(stream, owner, entry_id(raw_id), route[0], body, payload))
        return messages

    def _route(self, topic: bytes) -> tuple[str, Decode]:
        if len(self._routes) >= _MAX_TOPICS:
            self._routes.clear()
        try:
            name = topic.decode()
        except UnicodeDecodeError:
            return topic.decode(errors="backslashreplace"), _bad_topic
        if not name:
            return "", _no_topic
        route = self._routes[topic] = (name, decoder_of(name))
        return route


def _pick(fields: list[bytes]) -> tuple[bytes, bytes]:
    """Topic and payload by name, whatever else is there."""
    named = dict(zip(fields[::2], fields[1::2], strict=False))
    topic, payload = named.get(b"topic", b""), named.get(b"payload")
    return (topic, payload) if payload is not None else (b"", b" ".join(fields))


def _no_topic(payload: bytes) -> Garbage:
    return Garbage("no topic or no payload", payload)


def _bad_topic(payload: bytes) -> Garbage:
    return Garbage("the topic is not UTF-8", payload)
