"""Whatever way a node is configured to write, and of whatever version it is, the same rows come of it."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import cycle, product
from typing import Any

import pytest

from nautilus_data.bus import Rows, Subscriber, rows, trader_id_of
from nautilus_data.bus.book import Books
from nautilus_data.bus.message import Message, Reader
from nautilus_data.core.dataset import (
    BALANCES,
    EXECUTION_REPORTS,
    FILLS,
    INSTRUMENTS,
    MARGINS,
    ORDER_EVENTS,
    POSITIONS,
    QUOTES,
    RUNS,
    SNAPSHOTS,
    TRADES,
    TRADING_STATES,
)
from tests.bus import recordings, transcode
from tests.bus.transcode import TRADER, Configuration
from tests.conftest import RedisServer

KEYS = cycle(product((True, False), repeat=4))
CONFIGURATIONS = [
    Configuration(encoding, times, fields, is_wrapped, *key)
    for (encoding, times, fields, is_wrapped), key in zip(
        product(("msgpack", "json"), ("digits", "int", "iso"), (2, 4), (False, True)), KEYS, strict=False
    )
]
# Which stream a row was read from and who its key names is what differs; what is kept raw is kept as it came; of a
# fill's two entries either will do.
DIFFERENT = {"raw_messages": {"stream", "trader_id", "body"}, "fills": {"entry"}}
NOT_NAMED = ("quotes", "trades", "balances", "margins", "instrument_status", "instrument_closes", "execution_reports")


def messages(name: str, configuration: Configuration) -> list[Message]:
    reader = Reader()
    return [
        message
        for stream, raw in transcode.entries(name, configuration)
        for message in reader.read(stream, trader_id_of(stream), raw)
    ]


def comparable(made: Rows, *left_out: str) -> dict[str, Counter[str]]:
    """Rows by dataset; text, because NaN is not equal to itself."""
    found = {
        dataset.name: Counter(_told(dataset, row, set(left_out)) for row in found)
        for dataset, found in made.datasets.items()
    }
    bars = Counter(repr((str(series), row)) for series in made.series for row in made.series[series])
    return {name: lines for name, lines in (found | {"bars": bars}).items() if lines}


def _told(dataset: Any, row: tuple, left_out: set[str]) -> str:
    left_out = left_out | DIFFERENT.get(dataset.name, set()) | ({"trader_id"} if dataset.name in NOT_NAMED else set())
    return repr([cell for name, cell in zip(dataset.columns, row, strict=True) if name not in left_out])


def rows_of(name: str, configuration: Configuration) -> Rows:
    made = rows(messages(name, configuration), lambda trader_id, entry: 1)
    assert made.garbage == []
    return made


@cache
def expected(name: str) -> dict[str, Counter[str]]:
    """Rows of the default configuration: MessagePack, digits, two fields, a stream per topic."""
    return comparable(rows_of(name, Configuration()))


@cache
def recorded(name: str) -> dict[str, Counter[str]]:
    """Rows of the very bytes that were recorded."""
    reader, read = Reader(), []
    for _, entry, fields in recordings.entries(name):
        flat = [part for key, value in fields.items() for part in (key.encode(), value)]
        read += reader.read(f"trader-{TRADER}:stream", TRADER, [[entry.encode(), flat]])
    return comparable(rows(read, lambda trader_id, entry: 1))


@pytest.mark.parametrize("name", recordings.STREAMS)
def test_the_bytes_as_recorded_give_the_rows_of_the_default_configuration(name) -> None:
    assert recorded(name) == expected(name)


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=str)
def test_every_configuration_gives_the_same_rows(configuration) -> None:
    for name in recordings.STREAMS:
        found = comparable(rows_of(name, configuration))
        assert found.keys() == expected(name).keys()
        for dataset, lines in expected(name).items():
            assert found[dataset] == lines, dataset


def test_the_recordings_have_rows_of_every_kind() -> None:
    together = {name for stream in recordings.STREAMS for name in expected(stream)}
    wanted = (QUOTES, TRADES, INSTRUMENTS, ORDER_EVENTS, FILLS, POSITIONS, BALANCES, MARGINS, RUNS, SNAPSHOTS)
    assert {dataset.name for dataset in (*wanted, EXECUTION_REPORTS, TRADING_STATES)} <= together
    assert {"bars", "instrument_status", "instrument_closes", "raw_messages", "components"} <= together


@pytest.mark.parametrize("configuration", CONFIGURATIONS[::5], ids=str)
def test_every_configuration_gives_the_same_book(configuration) -> None:
    books = []
    for shape in (Configuration(), configuration):
        books.append(Books())
        books[-1].feed(messages(recordings.STREAMS[0], shape))
    [book], [same] = ([kept.get(*key) for key in list(kept.keys())] for kept in books)
    assert book.levels() == same.levels()
    assert len(book.levels()[0]) > 20


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=str)
def test_a_stream_names_its_trader_where_its_key_does(configuration) -> None:
    owner = trader_id_of(configuration.key("data.quotes.SIM.GBP/USD"))
    assert owner == (TRADER if configuration.has_trader else "")


def test_the_events_of_2_x_are_published_twice_and_count_once() -> None:
    name = recordings.STREAMS[2]
    shape = Configuration("json", "int", 4, is_wrapped=True)
    read = messages(name, shape)
    repeated = [
        message
        if not message.topic.startswith("events.fills.")
        else _renamed(message, "events.order_filled.GBP/USD.SIM")
        for message in read
    ]
    assert comparable(rows(repeated, lambda trader_id, entry: 1)) == expected(name)


def _renamed(message: Message, topic: str) -> Message:
    return Message(message.stream, message.trader_id, message.entry, topic, message.body, message.payload)


@pytest.mark.parametrize("is_per_topic", [True, False], ids=["per topic", "single"])
def test_a_real_redis_gives_the_same_rows(redis_server: RedisServer, is_per_topic: bool) -> None:
    name, shape = recordings.STREAMS[2], replace(CONFIGURATIONS[-1], is_per_topic=is_per_topic)
    client = redis_server.client()
    count = 0
    for stream, raw in transcode.entries(name, shape):
        for _, flat in raw:
            client.execute_command("XADD", stream, "*", *flat)
            count += 1
    stop, read = threading.Event(), []
    for page in Subscriber(redis_server.url).pages(stop):
        read += page.messages
        if len(read) >= count:
            stop.set()
    found = rows(read, lambda trader_id, entry: 1)
    same = rows(messages(name, Configuration()), lambda trader_id, entry: 1)
    assert comparable(found, "entry") == comparable(same, "entry")
