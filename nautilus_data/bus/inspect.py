"""Inspect: messages as a person reads them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from nautilus_data.bus.message import Message, entry_text
from nautilus_data.bus.payload import to_plain
from nautilus_data.bus.records import Garbage
from nautilus_data.bus.router import Router
from nautilus_data.core.entry import entry_ns

SHOWN_BYTES = 65_536
_MOST_TEXT = 4 * SHOWN_BYTES
_MOST_INSPECTED = 200


@dataclass(frozen=True)
class Seen:
    """One message as the inspector shows it: `decoded` is JSON text, `raw` the payload as text or hex, both cut."""

    stream: str
    entry_id: str
    at: int
    trader_id: str
    topic: str
    type: str
    size: int
    decoded: str
    raw: str
    is_cut: bool = False


class Inspector:
    """The newest messages of a topic pattern, until it is closed."""

    def __init__(self, router: Router, pattern: str, recent: Iterable[Message]) -> None:
        self.pattern = pattern
        self.is_paused = False
        self._kept: deque[Message] = deque(maxlen=_MOST_INSPECTED)
        self._subscription = router.subscribe(pattern, self._take, "inspector")
        self._take(self._subscription.pick(list(recent)))

    def messages(self, limit: int = 100) -> list[Seen]:
        """Newest first."""
        return [_seen(message) for message in list(self._kept)[: -limit - 1 : -1]]

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False

    def close(self) -> None:
        self._subscription.cancel()

    def _take(self, messages: Sequence[Message]) -> None:
        if not self.is_paused:
            self._kept.extend(messages[-_MOST_INSPECTED:])


def decoded(message: Message) -> str:
    """The payload as indented JSON; why not, where it can't be read or is larger than what is shown."""
    if isinstance(message.body, Garbage):
        return message.body.reason
    if len(message.payload) > SHOWN_BYTES:
        return f"{len(message.payload):,} bytes: more than is shown here"
    try:
        plain: Any = to_plain(message.payload)
    except ValueError:
        plain = message.body
    try:
        text = msgspec.json.encode(plain, enc_hook=str)
        indented = msgspec.json.format(text, indent=2)
        # Deep down every line begins with thousands of blanks.
        return (indented if len(indented) <= _MOST_TEXT else text[:_MOST_TEXT]).decode(errors="ignore")
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
        return repr(plain)[:SHOWN_BYTES]


def raw(payload: bytes) -> str:
    """As text where it is text, else as hex."""
    cut = payload[:SHOWN_BYTES]
    try:
        text = cut.decode()
    except UnicodeDecodeError:
        return cut[: SHOWN_BYTES // 3].hex(" ")
    return text if text.isprintable() or text.startswith("{") else cut[: SHOWN_BYTES // 3].hex(" ")


def type_of(message: Message) -> str:
    """The type a message names, or what it turned out to be."""
    body = message.body
    if isinstance(body, Garbage):
        return "unreadable"
    return getattr(body, "type", "") or type(body).__name__


def _seen(message: Message) -> Seen:
    return Seen(
        stream=message.stream, entry_id=entry_text(message.entry), at=entry_ns(message.entry),
        trader_id=message.trader_id, topic=message.topic, type=type_of(message), size=len(message.payload),
        decoded=decoded(message), raw=raw(message.payload),
        is_cut=len(message.payload) > SHOWN_BYTES,
    )  # fmt: skip
