"""Run starts that a group gave to another consumer."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import redis

from nautilus_data.bus import Message, Pace, RunStarts, Subscriber
from nautilus_data.bus.subscriber import Page
from nautilus_data.errors import RetryableError
from tests.bus.wire import FILL, QUOTE, READY, fields
from tests.conftest import RedisServer

PACE = Pace(discover_s=0.02, block_s=0.02)
SHARED = "trader-T-1:stream"


class Consumer:
    """One of a group, read page by page."""

    def __init__(self, url: str, name: str) -> None:
        self.reader = Subscriber(url, group="test", consumer=name, pace=PACE)
        self.starts, self._stop = RunStarts(self.reader), threading.Event()
        self._pages: Iterator[Page] = self.reader.pages(self._stop)

    def next(self) -> Page:
        page = next(self._pages)
        page.ack()
        return page

    def close(self) -> None:
        self._stop.set()
        self._pages.close()
        self.starts.close()


@pytest.fixture
def pair(each_redis_server: RedisServer) -> Iterator[tuple[Consumer, Consumer]]:
    made = Consumer(each_redis_server.url, "a"), Consumer(each_redis_server.url, "b")
    yield made
    for one in made:
        one.close()


def publish(client: redis.Redis, topic: str, body: dict, stream: str | None = None) -> int:
    """The entry's milliseconds."""
    raw = client.xadd(stream or f"trader-T-1:stream:{topic}", fields(topic, body))
    return int(raw.partition(b"-")[0])


def begun(found: list[Message]) -> list[int]:
    return [message.entry >> 20 for message in found]


@pytest.mark.parametrize("stream", [None, SHARED])
def test_a_run_whose_start_another_consumer_has_is_known_before_its_events_are_stored(
    each_redis_server: RedisServer, pair: tuple[Consumer, Consumer], stream: str | None
) -> None:
    first, second = pair
    with each_redis_server.client() as client:
        publish(client, "events.order.S-1", FILL, stream)
        assert begun(first.starts.before(first.next())) == []
        for _ in range(2):
            at = publish(client, "events.system.T-1", READY, stream)
            assert [message.is_run_start for message in first.next().messages] == [True]
            publish(client, "events.order.S-1", FILL, stream)
            assert begun(second.starts.before(second.next())) == [at]
        publish(client, "events.order.S-1", FILL, stream)
        assert begun(second.starts.before(second.next())) == []


def test_more_starts_than_one_answer_holds_are_all_found(
    each_redis_server: RedisServer, pair: tuple[Consumer, Consumer]
) -> None:
    first, second = pair
    with each_redis_server.client() as client:
        for state in ("RUNNING",) * 2_500:
            publish(client, "events.system.T-1", READY | {"state": state})
        at = publish(client, "events.system.T-1", READY)
        first.next()
        publish(client, "events.order.S-1", FILL)
        page = second.next()
        while "events.order.S-1" not in {message.topic for message in page.messages}:
            page = second.next()
        assert begun(second.starts.before(page)) == [at]


def test_pages_of_prices_ask_nothing(each_redis_server: RedisServer, pair: tuple[Consumer, Consumer]) -> None:
    first, second = pair
    with each_redis_server.client() as client:
        publish(client, "events.system.T-1", READY)
        first.next()
        publish(client, "data.quotes.X", QUOTE)
        page = second.next()
    assert second.starts.before(page) == []


def test_a_redis_that_can_not_be_asked_is_told(redis_server: RedisServer) -> None:
    consumer = Consumer(redis_server.url, "a")
    with redis_server.client() as client:
        publish(client, "events.system.T-1", READY)
        publish(client, "events.order.S-1", FILL)
    page = consumer.next()
    redis_server.stop()
    with pytest.raises(RetryableError, match="no connection"):
        consumer.starts.before(page)
    consumer.close()
