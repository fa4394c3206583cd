"""Decoding: what gateways write their own way, made readable for the library; what it can't read ends its request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Handler = Callable[[list[str]], None]
_ERROR, _HISTORY = 4, 17
# Of each answer that is read field by field: where its request's id stands, counted from the front.
_ID_PLACES = {10: 1, _HISTORY: 1, 18: 1, 79: 1, 88: 1}
_WITH_VERSION = {10, 18}
_SINCE_WITHOUT_VERSION = 164
# Answers of one message: once read, their request is done.
_WHOLE = {_HISTORY, 79, 88}
_FIRST_BAR, _BAR_FIELDS = 5, 8
# Messages read only when they have just so many fields: prices, updates of the portfolio, positions.
_LENGTHS = {1: 7, 7: 20, 61: 16}


class Waiting(Protocol):
    """Who waits for answers."""

    def is_waiting(self, req_id: int) -> bool: ...

    def unreadable(self, req_id: int, error: Exception | None) -> None: ...


def watch(client: Any, waiting: Waiting) -> None:
    """Stand between the library's client and its decoder, which logs what it can't read and lets requests wait."""
    decoder = client.decoder
    decoder.handlers[_ERROR] = lambda fields: _read_error(decoder.wrapper, fields)
    for kind in _ID_PLACES:
        decoder.handlers[kind] = _guard(decoder, kind, waiting)
    for kind, length in _LENGTHS.items():
        decoder.handlers[kind] = _cut(decoder.handlers[kind], length)


def _cut(handler: Handler, length: int) -> Handler:
    """What a later version adds comes last."""
    return lambda fields: handler(fields[:length])


def _read_error(wrapper: Any, fields: list[str]) -> None:
    """Some leave out the last field, why an order was refused, whatever version they speak."""
    req_id, code, text, *more = fields[2:]
    wrapper.error(int(req_id), int(code), text, more[0] if more else "")


def _guard(decoder: Any, kind: int, waiting: Waiting) -> Handler:
    handler: Handler = decoder.handlers[kind]

    def guarded(fields: list[str]) -> None:
        is_shifted = kind in _WITH_VERSION and decoder.serverVersion < _SINCE_WITHOUT_VERSION
        place = _ID_PLACES[kind] + is_shifted
        req_id = int(fields[place]) if fields[place : place + 1] and fields[place].isdigit() else -1
        failure = None
        try:
            handler(_tidy(fields) if kind == _HISTORY else fields)
        except Exception as error:
            # Whatever the library stumbles over, it is the answer of one request.
            failure = error
        if waiting.is_waiting(req_id) and (failure or kind in _WHOLE):
            waiting.unreadable(req_id, failure)

    return guarded


def _tidy(fields: list[str]) -> list[str]:
    """A historical answer: times written as UTC named so, numbers that are left out, a count of trades that is none."""
    told = list(fields)
    for at in range(_FIRST_BAR, len(told) - _BAR_FIELDS + 1, _BAR_FIELDS):
        stamp, volume, average, count = told[at], *told[at + 5 : at + 8]
        if stamp[8:9] == "-":
            told[at] = f"{stamp[:8]} {stamp[9:]} UTC"
        told[at + 5 : at + 8] = volume or "-1", average or "-1", str(int(float(count or "-1")))
    return told
