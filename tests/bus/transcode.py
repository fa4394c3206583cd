"""What one node wrote, written as nodes of another version or configuration write it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from tests.bus import recordings

TRADER, INSTANCE = "TRADER-001", "8774e8ba-1d96-44da-a99d-0c6205637d45"
_ENCODE = {"msgpack": msgspec.msgpack.encode, "json": msgspec.json.encode}
_AMOUNTS = ("total", "locked", "free", "initial", "maintenance")


@dataclass(frozen=True)
class Configuration:
    """How a node writes; `is_wrapped` is the form of 2.x."""

    encoding: str = "msgpack"
    times: str = "digits"
    fields: int = 2
    is_wrapped: bool = False
    is_per_topic: bool = True
    has_prefix: bool = True
    has_trader: bool = True
    has_instance: bool = False

    def __str__(self) -> str:
        flags = (self.is_wrapped, self.is_per_topic, self.has_prefix, self.has_trader, self.has_instance)
        return f"{self.encoding}-{self.times}-{self.fields}-{''.join('ny'[flag] for flag in flags)}"

    def key(self, topic: str) -> str:
        parts = [TRADER] * self.has_trader + [INSTANCE] * self.has_instance + ["stream"] + [topic] * self.is_per_topic
        return "trader-" * self.has_prefix + ":".join(parts)

    def entry(self, topic: str, value: Any) -> list[bytes]:
        """Flat fields of one entry."""
        payload = value if isinstance(value, bytes) else _ENCODE[self.encoding](self._form(topic, value))
        two = [b"topic", topic.encode(), b"payload", payload]
        # The native module says JSON of anything, and has no type.
        return two if self.fields == 2 else [*two[:2], b"type", b"", *two[2:], b"encoding", b"Json"]

    def _form(self, topic: str, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        timed = {key: self._time(item) if key.startswith("ts_") else item for key, item in value.items()}
        return _wrapped(topic, timed) if self.is_wrapped else timed

    def _time(self, value: Any) -> Any:
        if value is None or self.times == "digits":
            return value
        return int(value) if self.times == "int" else iso(int(value))


def iso(ns: int) -> str:
    """`2026-01-05T00:00:00.942299979Z`, with 0, 6 or 9 digits as NautilusTrader writes them."""
    seconds, rest = divmod(ns, 1_000_000_000)
    digits = "" if not rest else f".{rest // 1000:06}" if rest % 1000 == 0 else f".{rest:09}"
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{digits}Z"


@cache
def plain(name: str) -> list[tuple[str, str, Any]]:
    """`(id, topic, value)` of a recording; bytes that are no map are left as they are."""
    return [(entry, *_value(fields)) for _, entry, fields in recordings.entries(name)]


def entries(name: str, configuration: Configuration) -> Iterator[tuple[str, list[list[Any]]]]:
    """`(stream, raw entries)` of a recording as a node so configured would have written it."""
    streams: dict[str, list[list[Any]]] = {}
    for entry, topic, value in plain(name):
        streams.setdefault(configuration.key(topic), []).append([entry.encode(), configuration.entry(topic, value)])
    yield from streams.items()


def _value(fields: dict[str, bytes]) -> tuple[str, Any]:
    topic, payload = fields["topic"].decode(), fields["payload"]
    is_map = payload[:1] == b"{" or payload[:1] >= b"\x80"
    value = msgspec.json.decode(payload) if payload[:1] == b"{" else msgspec.msgpack.decode(payload) if is_map else None
    return topic, value if isinstance(value, dict) else payload


def _wrapped(topic: str, value: dict[str, Any]) -> dict[str, Any]:
    name = value.get("type", "")
    bare = {key: item for key, item in value.items() if key != "type"}
    if topic.startswith(("events.order.", "events.fills.")):
        return {name.removeprefix("Order"): value}
    if topic.startswith("data.instrument."):
        return {name: bare}
    if topic.startswith("events.position."):
        return {name: _position_of_2(name, bare)}
    if topic.startswith("events.account."):
        return _account_of_2(bare)
    return bare if topic.startswith("data.book.") else value


def _position_of_2(name: str, value: dict[str, Any]) -> dict[str, Any]:
    renamed = {{"peak_qty": "peak_quantity", "duration_ns": "duration"}.get(key, key): value[key] for key in value}
    return {key: item for key, item in renamed.items() if name != "PositionOpened" or key != "peak_quantity"}


def _account_of_2(value: dict[str, Any]) -> dict[str, Any]:
    for part in ("balances", "margins"):
        value = value | {part: [_with_currency(item) for item in value[part]]}
    return {{"reported": "is_reported"}.get(key, key): item for key, item in value.items()}


def _with_currency(item: dict[str, str]) -> dict[str, str]:
    return {key: f"{text} {item['currency']}" if key in _AMOUNTS else text for key, text in item.items()}
