"""Meter: one source's way past its limits, in a thread that can be called off."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from nautilus_data.errors import RetryableError
from nautilus_data.transport.quota import Ledger, RateLimit, say_span

_LONGEST_TURN_S, _LOOK_S = 60.0, 0.25
Answer = TypeVar("Answer")
# Set once nobody waits any more for what a thread is about to ask.
_GIVEN_UP: ContextVar[threading.Event | None] = ContextVar("given_up", default=None)


async def ask_in_thread(ask: Callable[..., Answer], *given: object) -> Answer:
    """Await what blocks; when the wait is called off, a request that has not left yet stays here and costs nothing."""
    given_up = threading.Event()
    token = _GIVEN_UP.set(given_up)
    try:
        return await asyncio.to_thread(ask, *given)
    finally:
        given_up.set()
        _GIVEN_UP.reset(token)


class Meter:
    """One source's way into the ledger: wait for room, note how it went."""

    def __init__(
        self,
        ledger: Ledger,
        source: str,
        title: str,
        limits: tuple[RateLimit, ...] = (),
        patience_s: float = 6.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.ledger, self.source, self.title = ledger, source, title
        self._limits, self._patience_s, self._sleep = limits, patience_s, sleep

    def close(self) -> None:
        self.ledger.close()

    def enter(self, keep: int = 0) -> None:
        """Return once a request is allowed and noted; `keep` calls of the longest limit are left for others.

        RetryableError says when, if a limit keeps it back for longer than patience, or others are faster for a minute.
        """
        waited_s = 0.0
        while True:
            self._check_wanted()
            wait_s, why = self.ledger.take(self.source, self._limits, keep)
            if not wait_s:
                return
            if wait_s > self._patience_s or waited_s > _LONGEST_TURN_S:
                raise RetryableError(f"{self.title} is not asked for another {say_span(wait_s)}: {why}", wait_s)
            self._wait(wait_s)
            waited_s += wait_s

    def _wait(self, seconds: float) -> None:
        while seconds > 0:
            self._sleep(min(seconds, _LOOK_S))
            seconds -= _LOOK_S
            self._check_wanted()

    def _check_wanted(self) -> None:
        if (given_up := _GIVEN_UP.get()) and given_up.is_set():
            raise RetryableError(f"{self.title} is not asked: nobody waits for the answer any more")

    def take_back(self) -> None:
        """The request noted last never left."""
        if self._limits:
            self.ledger.take_back(self.source)

    def wait_s(self, calls: int, keep: int = 0) -> float:
        """Seconds until so many requests would have been let through, from now on."""
        return self.ledger.wait_s(self.source, self._limits, calls, keep)

    def note(self, error: str, latency_ms: float) -> None:
        self.ledger.note(self.source, error, latency_ms)

    def note_cached(self) -> None:
        self.ledger.note_cached(self.source)

    def leave_alone(self, seconds: float, reason: str) -> None:
        self.ledger.leave_alone(self.source, seconds, reason)
