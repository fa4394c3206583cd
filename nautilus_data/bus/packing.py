"""Packing: commands to Redis packed by hand, where packing them would cost more than reading the answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from redis.connection import AbstractConnection
from redis.exceptions import ResponseError


def pack(*words: bytes | int, more: int = 0) -> bytes:
    """A command of these words; `more` that many follow, packed by `pack_all`."""
    return b"*%d\r\n%b" % (len(words) + more, pack_all(w if isinstance(w, bytes) else b"%d" % w for w in words))


def pack_all(words: Iterable[bytes]) -> bytes:
    """Words as they stand inside a command."""
    words = list(words)
    sizes = set(map(len, words))
    if len(sizes) == 1:
        # As most ids of a stream are: thousands of them are one call.
        head = b"$%d\r\n" % sizes.pop()
        return head + (b"\r\n" + head).join(words) + b"\r\n"
    return b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words])


def receive(connection: AbstractConnection, answers: int) -> list[Any]:
    """The next answers; those that are errors are given back, not raised."""
    return [_answer(connection) for _ in range(answers)]


def _answer(connection: AbstractConnection) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error
