"""Workspace: the one place where parts are joined; the one thing others open."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from nautilus_data.bus import Link, Message, Pace, Sentinels, Subscriber, Tls, embedded_url
from nautilus_data.errors import ConfigError
from nautilus_data.services.backfill import Backfill
from nautilus_data.services.engine import Engine
from nautilus_data.services.live import Live
from nautilus_data.services.market import Market
from nautilus_data.services.overview import Overview
from nautilus_data.services.portfolio import Portfolio
from nautilus_data.services.recall import recall
from nautilus_data.settings import Settings, load_settings
from nautilus_data.sources import SOURCES
from nautilus_data.store import Store
from nautilus_data.transport import Connection

_LOG = logging.getLogger(__name__)
_LOOK_S = 0.5
_SYSTEM_STREAMS = "*:stream:events.system.*"
_SYSTEM_S = 1.0


class Workspace:
    """Settings, store and services of one process; close it when done."""

    def __init__(self, settings: Settings, store: Store, subscriber: Subscriber | None = None) -> None:
        self.settings = settings
        self.store = store
        self.live = Live()
        self.sources = {name: source() for name, source in SOURCES.items()}
        self.market = Market(store, self.live, self.sources)
        self.portfolio = Portfolio(store, self.live)
        self.backfill = Backfill(self.sources, store)
        self.engine = Engine(store)
        self.overview = Overview(
            store, self.live, self.sources, subscriber, lambda: bus_address(settings), settings.bus_silence_s
        )
        self._stop = threading.Event()
        self._tail: threading.Thread | None = None

    @property
    def is_demo(self) -> bool:
        return self.settings.is_demo

    def start_tail(self) -> None:
        """Follow the bus in a thread, memory only, so that latest values are live."""
        self.overview.subscriber = make_subscriber(self.settings)
        self._tail = threading.Thread(target=self._follow, name="bus-tail", daemon=True)
        self._tail.start()

    def recall(self) -> None:
        """Take the last prices that were stored as the latest, for a report that follows no bus."""
        recall(self.store, self.live)

    def close(self) -> None:
        self._stop.set()
        if self._tail is not None:
            self._tail.join(timeout=5)
        self.store.close()

    def _follow(self) -> None:
        # An embedded Redis that is not up yet has no address.
        while (reader := self.overview.subscriber or make_subscriber(self.settings)) is None:
            if self._stop.wait(_LOOK_S):
                return
        self.overview.subscriber = reader
        for page in reader.pages(self._stop):
            self.live.feed(page.messages)


def open_workspace(settings: Settings | None = None, tail: bool = False) -> Workspace:
    """Open store and services; with `tail`, follow the bus too.

    Raises ConfigError or FatalError with what to do when the store can't be opened or a file for TLS can't be used.
    """
    settings = settings or load_settings()
    make_link(settings)
    folder = settings.nautilus_data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"can't make the data folder {folder}: {error.strerror}; set NAUTILUS_DATA_DIR") from error
    workspace = Workspace(settings, Store(settings.store_url))
    if tail:
        workspace.start_tail()
    return workspace


def bus_url(settings: Settings) -> str | None:
    """The Redis to read, password included; None when it is the embedded one and that does not run."""
    if not settings.is_embedded_redis:
        return settings.user_redis_url
    return embedded_url(settings.nautilus_data_dir)


def bus_address(settings: Settings) -> str:
    """The Redis to read, safe to show."""
    url = bus_url(settings)
    if url is None:
        return "no Redis"
    return str(_sentinels(settings) or hide_password(url))


def make_link(settings: Settings) -> Link | None:
    """How to reach the Redis to read; None when there is none."""
    url = bus_url(settings)
    if url is None:
        return None
    pace = Pace(
        timeout_s=settings.bus_connect_timeout_s,
        health_check_s=settings.bus_health_check_s,
        answer_s=settings.bus_answer_s,
    )
    tls = Tls(settings.redis_ssl_ca, settings.redis_ssl_cert, settings.redis_ssl_key, settings.redis_ssl_verify)
    return Link(url, pace, tls=tls, sentinels=_sentinels(settings))


def make_subscriber(
    settings: Settings, group: str | None = None, patterns: Sequence[str] | None = None
) -> Subscriber | None:
    """A reader of the bus as the settings say; None when there is no Redis to read."""
    link = make_link(settings)
    if link is None:
        return None
    given = [part.strip() for part in settings.nautilus_stream_key.split(",")]
    connection = Connection(
        f"redis {bus_address(settings)}",
        base_s=settings.bus_retry_base_s,
        max_s=settings.bus_retry_max_s,
        tries=settings.bus_retry_tries,
        probe_s=settings.bus_probe_s,
    )
    return Subscriber(
        link,
        patterns or [pattern for pattern in given if pattern] or ["*"],
        group=group,
        consumer=socket.gethostname(),
        connection=connection,
    )


def system_messages(settings: Settings) -> Iterator[Message]:
    """The component events that are on the bus now, where they have a stream of their own."""
    reader, stop = make_subscriber(settings, patterns=[_SYSTEM_STREAMS]), threading.Event()
    if reader is None:
        return
    limit = threading.Timer(_SYSTEM_S, stop.set)
    limit.start()
    try:
        for page in reader.pages(stop):
            yield from page.messages
            if reader.lag() == 0:
                stop.set()
    finally:
        limit.cancel()


def _sentinels(settings: Settings) -> Sentinels | None:
    if settings.is_embedded_redis or not settings.sentinel_addresses:
        return None
    password = settings.redis_sentinel_password
    return Sentinels(
        settings.sentinel_addresses, settings.redis_sentinel_master, password.get_secret_value() if password else None
    )


def hide_password(url: str) -> str:
    """`redis://host:port/db` of a URL that may hold a login."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}{parts.path}"
