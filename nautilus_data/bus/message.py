"""Message: one stream entry, read."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from typing import Any

from msgspec import Struct

from nautilus_data.bus import foreign
from nautilus_data.bus.documents import Command, Snapshot
from nautilus_data.bus.payload import Decode, decoder_of, is_requested
from nautilus_data.bus.records import (
    ComponentStateChanged,
    Garbage,
    OrderEvent,
    PositionAdjusted,
    PositionEvent,
    TradingStateChanged,
)
from nautilus_data.core.entry import SEQ_BITS, entry_ns

_MAX_SEQ = (1 << SEQ_BITS) - 1
# What a node writes since 1.229; before, topic and payload.
_FOUR = [b"topic", b"type", b"payload", b"encoding"]
_MAX_MS = (1 << 43) - 1
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_NAMES_TRADER = frozenset(
    (OrderEvent, PositionEvent, PositionAdjusted, ComponentStateChanged, TradingStateChanged, Snapshot, Command)
)
_MAX_TOPICS = 50_000
_MOST_HEADS = 10_000
_MAX_TOPIC = 2_048
# Nodes built from source may write these; nothing but NautilusTrader reads them.
_BINARY = frozenset((b"sbe", b"capnp"))


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

    @property
    def is_requested(self) -> bool:
        """Is this data that answers a request, and so may be old?"""
        return is_requested(self.topic)


def entry_id(raw: bytes) -> int:
    """One int of `ms-seq`, in the same order."""
    if raw[13:14] == b"-" and len(raw) < 21 and raw < b"8":
        # What Redis makes itself, until the year 2223.
        return int(raw[:13]) << SEQ_BITS | int(raw[14:] or 0)
    ms, _, seq = raw.partition(b"-")
    entry = int(ms) << SEQ_BITS | (number := int(seq or 0))
    if number > _MAX_SEQ or entry >> 63:
        # Only hand-made ids get here.
        return min(int(ms), _MAX_MS) << SEQ_BITS | min(number, _MAX_SEQ)
    return entry


def entry_text(entry: int) -> str:
    """`ms-seq` of an entry's int."""
    return f"{entry >> SEQ_BITS}-{entry & _MAX_SEQ}"


def entry_at_text(text: str) -> int:
    """The entry of `ms-seq`; ValueError when it is none."""
    ms, _, seq = text.partition("-")
    if not (ms.isdecimal() and seq.isdecimal()):
        raise ValueError(f"not an entry id: {text[:50]!r}")
    return entry_id(text.encode())


def trader_id_of(stream_key: str) -> str:
    """`TESTER-001` of `trader-TESTER-001:stream:data.quotes.SIM.GBP/USD`; '' where the key names no trader."""
    head, colon, _ = stream_key.partition(":")
    name = head.removeprefix("trader-")
    is_trader = bool(colon) and "-" in name and not _UUID.fullmatch(name)
    return name if is_trader else ""


class Reader:
    """Turns raw entries into messages; remembers each topic's decoder."""

    def __init__(self) -> None:
        self._routes: dict[Hashable, tuple[str, Decode]] = {}
        # Entries of a busy bus share their milliseconds, with those of other streams too.
        self._heads: dict[bytes, int] = {}

    def read(self, stream: str, trader_id: str, entries: Iterable[Any]) -> list[Message]:
        """Messages of one stream's raw `[id, [field, value, …]]` pairs; what can't be read becomes Garbage."""
        messages = []
        routes, heads, append = self._routes, self._heads, messages.append
        head, first = b"", None
        for raw_id, fields in entries:
            if len(fields) == 4 and fields[0] == b"topic" and fields[2] == b"payload":
                topic, payload = fields[1], fields[3]
                name, decode = routes.get(topic) or self._route(topic)
                body = decode(payload)
            elif len(fields) == 8 and fields[::2] == _FOUR:
                payload, key = fields[5], (fields[1], fields[3], fields[7])
                name, decode = routes.get(key) or self._route(*key, key)
                body = decode(payload)
            else:
                name, payload, body = self._read_named(raw_id, fields)
            owner = body.trader_id or trader_id if type(body) in _NAMES_TRADER else trader_id
            if raw_id[:14] != head:
                head = raw_id[:14]
                first = heads.get(head) or self._note_head(head)
            entry = first + int(raw_id[14:]) if first is not None and len(raw_id) < 21 else entry_id(raw_id)
            append(Message(stream, owner, entry, name, body, payload))
        return messages

    def _note_head(self, head: bytes) -> int | None:
        """The entry of the first id of a millisecond, `1764081234567-`; None of ids Redis did not make."""
        if head[13:] != b"-" or head >= b"8":
            return None
        if len(self._heads) >= _MOST_HEADS:
            self._heads.clear()
        self._heads[head] = first = entry_id(head)
        return first

    def _read_named(self, raw_id: bytes, fields: list[bytes]) -> tuple[str, bytes, Any]:
        """Topic, payload and record of fields found by name, whatever else is there."""
        named = dict(zip(fields[::2], fields[1::2], strict=False))
        topic, payload = named.get(b"topic", b""), named.get(b"payload")
        if payload is None:
            return "", (rest := b" ".join(fields)), _no_topic(rest)
        type_name, encoding = named.get(b"type", b""), named.get(b"encoding", b"")
        if b"message_type" in named or (b"timestamp" in named and not type_name):
            route = self._routes.get(topic) or self._route(topic)
            stamp = named.get(b"timestamp") or str(entry_ns(entry_id(raw_id))).encode()
            return route[0], payload, foreign.read(route[0], named.get(b"message_type", b""), stamp, payload)
        key = (topic, type_name, encoding)
        route = self._routes.get(key) or self._route(topic, type_name, encoding, key)
        return route[0], payload, route[1](payload)

    def _route(
        self, topic: bytes, type_name: bytes = b"", encoding: bytes = b"", key: Hashable = None
    ) -> tuple[str, Decode]:
        if len(self._routes) >= _MAX_TOPICS:
            self._routes.clear()
        if len(topic) + len(type_name) + len(encoding) > _MAX_TOPIC:
            return topic[:100].decode(errors="backslashreplace"), _long_topic
        try:
            name = topic.decode()
        except UnicodeDecodeError:
            return topic.decode(errors="backslashreplace"), _bad_topic
        if not name:
            return "", _no_topic
        is_binary = encoding.lower() in _BINARY
        decode = _binary if is_binary else decoder_of(name, type_name.decode(errors="backslashreplace"))
        route = self._routes[key or topic] = (name, decode)
        return route


def _no_topic(payload: bytes) -> Garbage:
    return Garbage("no topic or no payload", payload)


def _bad_topic(payload: bytes) -> Garbage:
    return Garbage("the topic is not UTF-8", payload)


def _long_topic(payload: bytes) -> Garbage:
    return Garbage(f"topic, type and encoding are over {_MAX_TOPIC:,} bytes", payload)


def _binary(payload: bytes) -> Garbage:
    return Garbage("SBE or Cap'n Proto: set encoding and encoding_market_data of MessageBusConfig to JSON", payload)
