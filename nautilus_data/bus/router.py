"""Router: hands messages to those who subscribed to their topic; one that fails holds up nobody."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nautilus_data.bus.message import Message

logger = logging.getLogger(__name__)

Handler = Callable[[Sequence[Message]], None]
_MAX_TOPICS = 50_000
_MAX_REASON = 1_000


@dataclass(frozen=True)
class Failure:
    """A message that one handler could not take, however often it was handed over."""

    message: Message
    handler: str
    reason: str
    attempts: int


class _Wanted(dict[str, bool]):
    """Whether a topic matches, worked out when it is first asked."""

    def __init__(self, matches: Callable[[str], re.Match[str] | None]) -> None:
        super().__init__()
        self._matches = matches

    def __missing__(self, topic: str) -> bool:
        if len(self) >= _MAX_TOPICS:
            self.clear()
        known = self[topic] = self._matches(topic) is not None
        return known


@dataclass(eq=False)
class Subscription:
    """One handler and the topics it wants; `cancel()` ends it."""

    pattern: str
    handler: Handler
    name: str
    cancel: Callable[[], None] = field(init=False, repr=False)
    _wanted: _Wanted = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._wanted = _Wanted(topic_pattern(self.pattern))

    def pick(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Those of the messages it wants."""
        if self.pattern == "*":
            return messages
        wanted = self._wanted
        return [message for message in messages if wanted[message.topic]]

    def wants(self, topic: str) -> bool:
        return self._wanted[topic]


class Router:
    """Subscriptions of one reader; handlers run in the reader's thread, in the order they subscribed.

    A handler gets all messages of a page that it wants at once. When it raises, it gets one half and then the other,
    and so on down to single messages; one that fails alone `tries` times goes to `on_failure`.
    """

    def __init__(self, on_failure: Callable[[Failure], None] | None = None, tries: int = 3) -> None:
        self._on_failure, self._tries = on_failure or _tell, tries
        self._subscriptions: tuple[Subscription, ...] = ()
        self._lock = threading.Lock()

    def subscribe(self, pattern: str, handler: Handler, name: str = "") -> Subscription:
        """Patterns are NautilusTrader's: `*` any run of characters, `?` any one. Safe from any thread."""
        made = Subscription(pattern, handler, name or getattr(handler, "__qualname__", repr(handler)))
        made.cancel = lambda: self._drop(made)
        with self._lock:
            self._subscriptions = (*self._subscriptions, made)
        return made

    @property
    def names(self) -> list[str]:
        return [subscription.name for subscription in self._subscriptions]

    def route(self, messages: Sequence[Message]) -> None:
        """Hand a page over; never raises."""
        for subscription in self._subscriptions:
            picked = subscription.pick(messages)
            if picked:
                self._hand(subscription, picked)

    def again(self, message: Message, handler: str) -> str:
        """Hand one message to the handlers of that name once more; why it failed, '' when it was taken."""
        found = [subscription for subscription in self._subscriptions if subscription.name == handler]
        if not found:
            return f"no handler is called {handler!r} any more"
        return next((reason for one in found if (reason := _try(one.handler, [message]))), "")

    def _hand(self, subscription: Subscription, messages: Sequence[Message]) -> None:
        if reason := _try(subscription.handler, messages):
            logger.warning("handler failed handler=%s messages=%d reason=%s", subscription.name, len(messages), reason)
            self._part(subscription, messages, reason)

    def _part(self, subscription: Subscription, messages: Sequence[Message], reason: str) -> None:
        """Halve what failed, down to those that fail alone."""
        if len(messages) > 1:
            half = len(messages) // 2
            for part in (messages[:half], messages[half:]):
                if reason := _try(subscription.handler, part):
                    self._part(subscription, part, reason)
        elif reason := self._insist(subscription, messages, reason):
            self._on_failure(Failure(messages[0], subscription.name, reason, self._tries))

    def _insist(self, subscription: Subscription, messages: Sequence[Message], reason: str) -> str:
        """The tries that are left after the first; why the last one failed, '' when it was taken."""
        for _ in range(self._tries - 1):
            if not (reason := _try(subscription.handler, messages)):
                break
        return reason

    def _drop(self, gone: Subscription) -> None:
        with self._lock:
            self._subscriptions = tuple(one for one in self._subscriptions if one is not gone)


def topic_pattern(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """The whole of a topic against `*` and `?`; every other character stands for itself."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.compile("".join(parts), re.DOTALL).fullmatch


def _try(handler: Handler, messages: Sequence[Message]) -> str:
    """Why it failed, '' when it did not."""
    try:
        handler(messages)
    except Exception as error:
        # The border to handlers of any kind: one that fails must not stop the reader or the others.
        return f"{type(error).__name__}: {error}"[:_MAX_REASON]
    return ""


def _tell(failure: Failure) -> None:
    message = failure.message
    logger.error(
        "message not taken handler=%s stream=%s entry=%s reason=%s",
        failure.handler, message.stream, message.entry, failure.reason,
    )  # fmt: skip
