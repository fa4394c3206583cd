"""Cache list: a Redis list that grows, read only where it grew."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from nautilus_data.bus.cursor import explain_refusal
from nautilus_data.bus.payload import decode
from nautilus_data.bus.records import Garbage, OrderEvent
from nautilus_data.core.position import Position, Terms, apply

_PAGE = 5_000
_KEPT_CYCLES = 100

Record = TypeVar("Record")


class CachedList:
    """A list that grows: what was read is not read again; one that does not go on from there is read anew."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.bad: dict[str, str] = {}
        self._length = 0
        self._tail = b""

    @property
    def place(self) -> tuple[int, int]:
        """What to read next, from the last element known on."""
        first = max(self._length - 1, 0)
        return first, first + _PAGE

    def take(self, answer: Any) -> bool:
        """Take what was read; is there more?"""
        if isinstance(answer, Exception):
            self.forget()
            self.bad = {text(self.key): explain_refusal(answer)}
            return False
        is_full = len(answer) > _PAGE
        if self._length:
            if answer[:1] != [self._tail]:
                self.forget()
                return True
            answer = answer[1:]
        for value in answer:
            self._length, self._tail = self._length + 1, value
            if reason := self._add(value):
                self.bad[f"{text(self.key)}[{self._length - 1}]"] = reason
        return is_full

    def forget(self) -> None:
        self._length, self._tail, self.bad = 0, b"", {}

    def _add(self, value: bytes) -> str:
        raise NotImplementedError


class CachedEvents(CachedList):
    """An order's events; one that can't be read is left out."""

    def __init__(self, key: bytes, client_order_id: str) -> None:
        super().__init__(key)
        self._client_order_id = client_order_id
        self.events: list[OrderEvent] = []

    def forget(self) -> None:
        super().forget()
        self.events = []

    def _add(self, value: bytes) -> str:
        event = read_payload("events.order.", value, OrderEvent)
        if isinstance(event, str):
            return event
        if event.client_order_id != self._client_order_id:
            return f"it tells of {event.client_order_id[:100]!r}"
        self.events.append(event)
        return ""


class CachedFills(CachedList):
    """A position's fills as the cycles they make; with one that can't be read the position is not known."""

    def __init__(self, key: bytes, terms: Callable[[str], Terms | None]) -> None:
        super().__init__(key)
        self._terms = terms
        self._is_told: dict[str, bool] = {}
        self._is_broken = False
        self.cycles: deque[Position] = deque(maxlen=_KEPT_CYCLES)

    def forget(self) -> None:
        super().forget()
        self._is_told, self._is_broken = {}, False
        self.cycles.clear()

    @property
    def is_flat(self) -> bool:
        return bool(self.cycles) and not self.cycles[-1].is_open

    def forget_unless_told(self, instrument_id: str) -> None:
        """Count anew now that the instrument is known."""
        if not self._is_told.get(instrument_id, True):
            self.forget()

    def _add(self, value: bytes) -> str:
        if self._is_broken:
            return ""
        fill = read_payload("events.fills.", value, OrderEvent)
        try:
            if isinstance(fill, str):
                raise ValueError(fill)
            terms = self._terms(fill.instrument_id)
            self._is_told[fill.instrument_id] = terms is not None
            self._go_on(list(apply(self.cycles[-1] if self.cycles else None, fill, terms)))
        except (ValueError, ArithmeticError) as error:
            self._is_broken = True
            self.cycles.clear()
            return f"the position is not known: {error}"
        return ""

    def _go_on(self, cycles: list[Position]) -> None:
        if self.cycles:
            self.cycles.pop()
        self.cycles.extend(cycles)


def read_payload(topic: str, payload: Any, record: type[Record]) -> Record | str:
    """The record, or why it is none."""
    if isinstance(payload, Exception):
        return explain_refusal(payload)
    found = decode(topic, payload)
    if isinstance(found, record):
        return found
    return found.reason if isinstance(found, Garbage) else f"not of the kind that belongs there: {topic}"


def text(value: bytes) -> str:
    """Also of what is no UTF-8."""
    return value.decode(errors="backslashreplace")
