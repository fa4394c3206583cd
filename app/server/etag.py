"""Etag: an answer that has not changed is not sent again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from app.server.rows import etag_of

_Message = MutableMapping[str, Any]
_UNCHANGED_HEADERS = (b"etag", b"vary", b"link", b"cache-control")


class Etag:
    """Names the body of each 200 to a GET by its hash, where it has no name yet, and answers 304 to who has it."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: _Message, receive: Any, send: Callable[[_Message], Awaitable[None]]) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        held = [value for name, value in scope["headers"] if name == b"if-none-match"]
        await self._app(scope, receive, _Answer(send, b",".join(held)))


class _Answer:
    """Holds back the head of an answer that has no name until its body is there."""

    def __init__(self, send: Callable[[_Message], Awaitable[None]], held: bytes) -> None:
        self._send = send
        self._held = held
        self._head: _Message | None = None
        self._is_silent = False

    async def __call__(self, message: _Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            await self._begin(message)
            return
        if self._head is not None:
            # A body in parts is sent as it comes.
            is_whole = not message.get("more_body")
            head = _named(self._head, etag_of(message.get("body", b"")).encode()) if is_whole else self._head
            self._head = None
            await self._open(head)
        if not self._is_silent:
            await self._send(message)
        elif not message.get("more_body"):
            await self._send({"type": "http.response.body", "body": b""})

    async def _begin(self, head: _Message) -> None:
        if _etag(head) is None:
            self._head = head
        else:
            await self._open(head)

    async def _open(self, head: _Message) -> None:
        """Send the head; of an answer the other side has, only what may have changed beside it."""
        etag = _etag(head)
        self._is_silent = etag is not None and _is_held(self._held, etag)
        if self._is_silent:
            kept = [(name, value) for name, value in head["headers"] if name.lower() in _UNCHANGED_HEADERS]
            head = {**head, "status": 304, "headers": kept}
        await self._send(head)


def _named(head: _Message, etag: bytes) -> _Message:
    return {**head, "headers": [*head["headers"], (b"etag", etag)]}


def _etag(head: _Message) -> bytes | None:
    return next((value for name, value in head["headers"] if name.lower() == b"etag"), None)


def _is_held(held: bytes, etag: bytes) -> bool:
    """By weak comparison: `W/` in front says nothing about whether it is the same."""
    names = [part.strip().removeprefix(b"W/") for part in held.split(b",")]
    return b"*" in names or etag.removeprefix(b"W/") in names
