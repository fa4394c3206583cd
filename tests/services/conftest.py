"""A real store on a real file, and ingest of hand-made pages into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nautilus_data.bus import Message, Page, Subscriber
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.live import Live
from nautilus_data.store import Store

Feed = Callable[..., None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def live() -> Live:
    return Live()


@pytest.fixture
def ingest(store: Store, live: Live) -> Ingest:
    # Never connected: pages are handed to it.
    return Ingest(Subscriber("redis://127.0.0.1:1/0", group="test"), store, live)


@pytest.fixture
def feed(ingest: Ingest, live: Live) -> Feed:
    """Take messages as one page, as the worker does."""

    def take(*messages: Message) -> None:
        live.feed(messages)
        ids = {message.stream.encode(): [f"{message.entry >> 20}-0".encode()] for message in messages}
        ingest.write(Page(list(messages), ids, lambda ids: None))

    return take
