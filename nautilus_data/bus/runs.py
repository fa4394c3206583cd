"""Runs: the start of each is told once, and a group may have given that entry to another consumer."""

from __future__ import annotations

from collections.abc import Iterator

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from nautilus_data.bus.cursor import Key
from nautilus_data.bus.message import Message, Reader, entry_id, entry_text
from nautilus_data.bus.records import Bar, QuoteTick, TradeTick
from nautilus_data.bus.subscriber import Page, Subscriber
from nautilus_data.core.entry import SEQ_BITS

_SYSTEM = "events.system."
# Rows of these name no run.
_RUNLESS = frozenset((QuoteTick, TradeTick, Bar))
_COUNT = 1_000
# A stream of all topics is not read again from its beginning: who died before that is in the store, or told at once.
_BACK_MS = 60_000


class RunStarts:
    """Asks Redis for the runs that began before a page and that this consumer was not given itself."""

    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber, self._reader = subscriber, Reader()
        self._read_to: dict[Key, int] = {}
        self._shared: set[str] = set()
        self._client: Redis | None = None

    def before(self, page: Page) -> list[Message]:
        """The starts of runs up to the newest entry of a page; RetryableError when Redis can't be asked."""
        if _RUNLESS.issuperset([type(message.body) for message in page.messages]):
            return []
        self._shared.update({one.stream for one in page.messages if not one.stream.endswith(one.topic)})
        try:
            return [message for message in self._ask(page) if message.is_run_start]
        except (RedisError, OSError) as error:
            self.close()
            raise self._subscriber.link.explain(error) from None

    def close(self) -> None:
        if self._client is not None:
            self._client.connection_pool.disconnect()
        self._client = None

    def _ask(self, page: Page) -> Iterator[Message]:
        newest = max([message.entry for message in page.messages])
        names = self._subscriber.keys
        shared = {key: page.ids[key] for key, (name, _) in names.items() if name in self._shared and key in page.ids}
        asked = {
            key: f"({shared[key][0].decode()}" if key in shared else str(newest >> SEQ_BITS)
            for key, (name, _) in names.items()
            if _SYSTEM in name or name in self._shared
        }
        while asked:
            answers = self._ranges(asked, {key: names[key][0] in self._shared for key in asked}, newest)
            for key, entries in answers.items():
                yield from self._reader.read(*names[key], entries)
                self._read_to[key] = entry_id(entries[-1][0]) if entries else self._read_to[key]
            asked = {key: until for key, until in asked.items() if len(answers[key]) == _COUNT}
        for key, ids in shared.items():
            # What the page itself brings of a stream of all topics need not be read again.
            self._read_to[key] = max(self._read_to[key], entry_id(ids[-1]))

    def _ranges(self, asked: dict[Key, str], is_shared: dict[Key, bool], newest: int) -> dict[Key, list]:
        if self._client is None:
            self._client = self._subscriber.link.connect(("XRANGE",))
        oldest = max(0, newest - (_BACK_MS << SEQ_BITS))
        with self._client.pipeline(transaction=False) as pipeline:
            for key, until in asked.items():
                after = self._read_to.setdefault(key, oldest if is_shared[key] else 0)
                pipeline.execute_command("XRANGE", key, f"({entry_text(after)}", until, "COUNT", _COUNT)
            answers = pipeline.execute(raise_on_error=False)
        return {key: _entries(answer) for key, answer in zip(asked, answers, strict=True)}


def _entries(answer: list | Exception) -> list:
    """A stream that is none any more, or may not be read, tells nothing."""
    if isinstance(answer, Exception) and not isinstance(answer, ResponseError):
        raise answer
    return [] if isinstance(answer, Exception) else answer
