"""Inspect: messages as a person reads them."""

from __future__ import annotations

from typing import Any

import msgspec

from nautilus_data.bus.message import Message
from nautilus_data.bus.payload import to_plain
from nautilus_data.bus.records import Garbage

SHOWN_BYTES = 65_536


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
        return msgspec.json.format(text, indent=2).decode()
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
