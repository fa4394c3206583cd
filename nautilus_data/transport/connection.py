"""Connection: the reconnecting state machine of everything that stays connected.

DISCONNECTED → CONNECTING → CONNECTED → RECONNECTING → CONNECTED …
CONNECTING, RECONNECTING → ERROR   tries exhausted, or a fatal error
ERROR → CONNECTING                 a person's retry()
ERROR → CONNECTED                  the slow probe found the other side back
any → DISCONNECTED                 stopped
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import chain
from typing import NamedTuple, TypeVar

from nautilus_data.errors import DashboardError, FatalError
from nautilus_data.transport.backoff import delays

logger = logging.getLogger(__name__)

Link = TypeVar("Link")
Probe = Callable[[], bool]
_SLICE_S = 0.1
_SLOW_PROBE_S = 5.0
_HISTORY = 50


class State(StrEnum):
    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    ERROR = "error"


class Change(NamedTuple):
    """A change of state, and why where there is a reason."""

    at_ns: int
    state: State
    reason: str | None


class Connection:
    """One connection's state; written by the thread in `sessions`, read by any.

    A session shorter than `stable_s` counts as one more try, so a link that opens and breaks at once ends in ERROR.
    Every `probe_s` of a wait (in ERROR at least 5 s) the probe is asked, so that the end of an outage is not missed.
    """

    def __init__(
        self,
        name: str,
        *,
        base_s: float = 1.0,
        max_s: float = 60.0,
        tries: int = 10,
        stable_s: float = 5.0,
        probe_s: float = 2.0,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._name, self._base_s, self._max_s, self._tries = name, base_s, max_s, tries
        self._stable_s, self._probe_s, self._clock = stable_s, probe_s, clock
        self._retry = threading.Event()
        self._waits: Iterator[float] = iter(())
        self._session_started = 0.0
        self.state = State.DISCONNECTED
        self.connected_at = 0
        self.reconnect_attempts = 0  # failed tries since the last connection
        self.error_message: str | None = None
        self.changed_at = clock()
        self.history: tuple[Change, ...] = ()  # the last changes, oldest first

    def retry(self) -> None:
        """Start over now, with all tries; for a person's button."""
        if self.state is not State.CONNECTED:
            self._retry.set()

    def note(self, message: str | None) -> None:
        """Tell of trouble that does not break the connection; None: it is over."""
        if message and message != self.error_message:
            logger.warning("trouble with a connection connection=%s reason=%s", self._name, message)
        self.error_message = message

    def lost(self, error: DashboardError) -> None:
        """Say why the session at hand ended."""
        self.error_message = str(error)
        if time.monotonic() - self._session_started >= self._stable_s:
            self._waits = delays(self._base_s, self._max_s, self._tries)
        self._become(State.ERROR if isinstance(error, FatalError) else State.RECONNECTING, str(error))

    def sessions(
        self, connect: Callable[[], Link], stop: threading.Event, probe: Probe | None = None
    ) -> Iterator[Link]:
        """Yield a link each time one is made, until `stop`; the caller uses it until it breaks and calls `lost`.

        `connect` raises RetryableError or FatalError. `probe` tells soon, and raises nothing, whether the other side
        answers; then it is connected to at once. It is not a try.
        """
        self._start_over()
        try:
            while (link := self._establish(connect, stop, probe)) is not None:
                yield link
        finally:
            self._become(State.DISCONNECTED)

    def _start_over(self) -> None:
        self._retry.clear()
        self._waits = chain((0.0,), delays(self._base_s, self._max_s, self._tries - 1))
        self.reconnect_attempts = 0
        self._become(State.CONNECTING)

    def _establish(self, connect: Callable[[], Link], stop: threading.Event, probe: Probe | None) -> Link | None:
        while not stop.is_set():
            self._wait_for_turn(stop, probe)
            if stop.is_set():
                break
            link = self._attempt(connect)
            if link is not None:
                return link
        return None

    def _wait_for_turn(self, stop: threading.Event, probe: Probe | None) -> None:
        """Return when the next try is due: the back-off is over, a person asks, or the probe got an answer."""
        wait_s = self._max_s if self.state is State.ERROR else next(self._waits, None)
        if wait_s is None:
            logger.error("tries exhausted connection=%s reason=%s", self._name, self.error_message)
            self._become(State.ERROR, self.error_message)
            wait_s = self._max_s
        self._wait(wait_s, stop, probe)
        if self._retry.is_set():
            self._start_over()
            next(self._waits)

    def _wait(self, wait_s: float, stop: threading.Event, probe: Probe | None) -> None:
        until = time.monotonic() + wait_s
        probe_s = max(self._probe_s, _SLOW_PROBE_S) if self.state is State.ERROR else self._probe_s
        next_probe = time.monotonic() + probe_s
        while not self._retry.is_set() and (left := until - time.monotonic()) > 0:
            if stop.wait(min(left, _SLICE_S)):
                return
            if probe and time.monotonic() >= next_probe:
                if probe():
                    return
                next_probe = time.monotonic() + probe_s

    def _attempt(self, connect: Callable[[], Link]) -> Link | None:
        try:
            link = connect()
        except DashboardError as error:
            self._failed(error)
            return None
        self._retry.clear()
        self._session_started = time.monotonic()
        self.connected_at, self.reconnect_attempts, self.error_message = self._clock(), 0, None
        self._become(State.CONNECTED)
        return link

    def _failed(self, error: DashboardError) -> None:
        self.reconnect_attempts += 1
        if self.state is not State.ERROR or str(error) != self.error_message:
            message = "can't connect connection=%s attempt=%d reason=%s"
            logger.warning(message, self._name, self.reconnect_attempts, error)
        self.error_message = str(error)
        if isinstance(error, FatalError):
            self._become(State.ERROR, str(error))

    def _become(self, state: State, reason: str | None = None) -> None:
        if state is self.state:
            return
        logger.info("connection changed connection=%s was=%s now=%s", self._name, self.state, state)
        self.state, self.changed_at = state, self._clock()
        self.history = (*self.history, Change(self.changed_at, state, reason))[-_HISTORY:]
