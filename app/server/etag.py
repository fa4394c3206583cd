"""Etag: an answer that has not changed is not sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

_Message = MutableMapping[str, Any]
_UNCHANGED_HEADERS = (b"etag", b"vary", b"link", b"cache-control")


class Etag:
    """Names the body of each 200 to a GET by its hash, and answers 304 to who has it already."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: _Message, receive: Any, send: Callable[[_Message], Awaitable[None]]) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        held = [value for name, value in scope["headers"] if name == b"if-none-match"]
        await self._app(scope, receive, _Answer(send, b",".join(held)))


class _Answer:
    """Holds back the head of an answer until its body is there."""

    def __init__(self, send: Callable[[_Message], Awaitable[None]], held: bytes) -> None:
        self._send = send
        self._held = held
        self._head: _Message | None = None

    async def __call__(self, message: _Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] == 200 and not _has_etag(message):
                self._head = message
                return
        elif self._head is not None and not message.get("more_body"):
            message = await self._name(message)
        if self._head is not None:
            # A body in parts is sent as it comes.
            await self._send(self._head)
            self._head = None
        await self._send(message)

    async def _name(self, message: _Message) -> _Message:
        """Put the name into the head; an empty body where the other side has it."""
        etag = f'W/"{hashlib.blake2b(message.get("body", b""), digest_size=12).hexdigest()}"'.encode()
        headers = [*self._head["headers"], (b"etag", etag)]
        if _is_held(self._held, etag):
            kept = [(name, value) for name, value in headers if name.lower() in _UNCHANGED_HEADERS]
            self._head = {**self._head, "status": 304, "headers": kept}
            return {**message, "body": b""}
        self._head = {**self._head, "headers": headers}
        return message


def _has_etag(head: _Message) -> bool:
    return any(name.lower() == b"etag" for name, _ in head["headers"])


def _is_held(held: bytes, etag: bytes) -> bool:
    names = [part.strip() for part in held.split(b",")]
    return b"*" in names or etag in names or etag.removeprefix(b"W/") in names
