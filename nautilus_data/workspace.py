"""Workspace: the one place where parts are joined; the one thing others open."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from nautilus_data.bus import (
    Finding,
    Link,
    Pace,
    Router,
    Sentinels,
    Subscriber,
    Tls,
    Watch,
    embedded_url,
)
from nautilus_data.core.calendar import calendar_name, sessions
from nautilus_data.core.identity import Identity
from nautilus_data.core.incident import Kind
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import ConfigError
from nautilus_data.permissions import Permitted
from nautilus_data.services.audit import Audit
from nautilus_data.services.backfill import Backfill
from nautilus_data.services.bus import SERVER, Bus
from nautilus_data.services.catalog import Catalog
from nautilus_data.services.coverage import Coverage
from nautilus_data.services.drawings import Drawings
from nautilus_data.services.engine import Engine
from nautilus_data.services.executions import Executions
from nautilus_data.services.export import Export
from nautilus_data.services.filings import Filings
from nautilus_data.services.indicators import Indicators
from nautilus_data.services.instruments import Instruments
from nautilus_data.services.live import Live
from nautilus_data.services.log_tail import Logs
from nautilus_data.services.macro import Macro
from nautilus_data.services.market import Market
from nautilus_data.services.overview import Overview, WorkerStatus
from nautilus_data.services.portfolio import Portfolio
from nautilus_data.services.recall import recall
from nautilus_data.services.retention import Retention
from nautilus_data.services.sources import Sources
from nautilus_data.services.system import Parts, System
from nautilus_data.services.users import ApiKeys, Credentials, Known, Shares, Tokens, Users
from nautilus_data.settings import Group, Settings, load_settings
from nautilus_data.settings_in_force import in_force
from nautilus_data.sources import make_sources
from nautilus_data.store import SplitStore, Store
from nautilus_data.transport import Access, Connection, Ledger

_LOG = logging.getLogger(__name__)
_LOOK_S = 0.5
_WATCH_S, _SAMPLE_S = 0.2, 1.0
# Of the worker, which stores 20 pages a second at most, and of pages, which want what is new at once.
_BATCH_S = 0.05
# A worker that says nothing for longer has lost its lease: what it was given is taken over.
_MIN_IDLE_S = 5.0


class Workspace:
    """Settings, store and services of one process; close it when done."""

    def __init__(self, settings: Settings, store: Store, role: str = SERVER) -> None:
        self.settings = settings
        self.store = store
        self.live = Live()
        self.router = Router()
        self.router.subscribe("*", self.live.feed, "live")
        self.ledger = Ledger(settings.nautilus_data_dir)
        self.sources = make_sources(self._access, self.ledger)
        self.desk = Sources(store, self.sources, self.live, settings.source_tolerance)
        self.market = Market(store, self.live, self.sources, self.desk.order)
        self.indicators = Indicators(self.market)
        self.portfolio = Portfolio(store, self.live)
        self.executions = Executions(store, self.live)
        self.backfill = Backfill(self.sources, store, top_up_s=settings.backfill_top_up_s)
        self.macro = Macro(store, self.sources, self.backfill.start_missing)
        self.filings = Filings(store, self.sources, self.backfill.start_missing)
        self.coverage = Coverage(store)
        self.instruments = Instruments(store, self.sources)
        self.export = Export(store)
        self.catalog = Catalog(store, self.sources, settings.nautilus_data_dir / "catalog")
        self.drawings = Drawings(store)
        self.engine = Engine(store)
        self.audit = Audit(store)
        credentials, known = Credentials(store), Known()
        self.users = Users(store, credentials, known, settings.session_days)
        self.keys = ApiKeys(store, known)
        self.tokens = Tokens(store, credentials, known)
        self.shares = Shares(store, known)
        # The demo replays totally adjusted bars.
        adjustment = "total" if settings.is_demo else "raw"
        self.retention = Retention(store, settings.retention_days, settings.retention_bars, adjustment)
        self.bus = Bus(store, self.live, self.router, role)
        self.overview = Overview(store, self.live, self.sources, lambda: bus_address(settings), settings.bus_silence_s)
        self.system = System(store, self._parts(), lambda: in_force(settings), settings.nautilus_data_dir, role)
        self.logs = Logs(settings.nautilus_data_dir / "logs")
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def is_demo(self) -> bool:
        return self.settings.is_demo

    def start_tail(self, is_watched: bool = True) -> None:
        """Follow the bus in a thread, memory only, so that latest values are live; and watch over it."""
        self.overview.subscriber = make_subscriber(self.settings)
        self._start("bus-tail", self._follow, is_watched)
        self._start("sources-tail", self._follow_sources)
        # Loading these takes most of a second and some seconds, which the first page should not wait for.
        self._start("calendars", sessions, calendar_name("SPY.ARCA"), TimeRange(0, time.time_ns()))
        self._start("macro", self.macro.warm)

    def watch_over(self, subscriber: Subscriber, reader: str, is_recorded: Callable[[], bool] = lambda: False) -> Watch:
        """Look for what is wrong between the nodes and this reader, tell of it, and record it where asked to."""
        watch = Watch(
            subscriber, lambda: self.live.nodes.copy().values(), reader, self.settings.bus_silence_s,
            listener=self.overview.subscriber,
        )  # fmt: skip
        self.bus.attach(subscriber, watch)
        self.overview.watch = watch
        self._start("bus-watch", self._look, watch)
        self._start("bus-ask", self._ask, watch)
        self._start("bus-tell", self._tell, watch, is_recorded)
        return watch

    def permit(self, identity: Identity, address: str = "", is_lasting: bool = False) -> Permitted:
        """This workspace as somebody may use it, for one request or, lasting, as long as a page is open."""
        return Permitted(self, identity, address, is_lasting)

    def recall(self) -> None:
        """Take the last prices that were stored as the latest, for a report that follows no bus."""
        recall(self.store, self.live)

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)
        for source in self.sources.values():
            source.close()
        self.ledger.close()
        self.store.close()

    def _parts(self) -> Parts:
        overview = self.overview

        def redis_version() -> str:
            facts = overview.watch.server if overview.watch else None
            return facts.version if facts else ""

        return Parts(overview.bus, redis_version, overview.worker, self.desk.list, self.engine.status, overview.store)

    def _access(self, source: str) -> Access:
        return Access(folder=self.settings.nautilus_data_dir, **self.settings.source(source))

    def _start(self, name: str, work: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=work, args=given, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _follow(self, is_watched: bool) -> None:
        # An embedded Redis that is not up yet has no address.
        while (reader := self.overview.subscriber or make_subscriber(self.settings)) is None:
            if self._stop.wait(_LOOK_S):
                return
        self.overview.subscriber = reader
        if is_watched:
            self.watch_over(reader, self.bus.name)
        for page in reader.pages(self._stop):
            self.router.route(page.messages)

    def _follow_sources(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            self.desk.refresh()

    def _look(self, watch: Watch) -> None:
        """Never waits for store or Redis: what is wrong is seen while they are away, too."""
        next_sample = 0.0
        while not self._stop.wait(_WATCH_S):
            try:
                watch.look()
                if time.monotonic() >= next_sample:
                    next_sample = time.monotonic() + _SAMPLE_S
                    self.bus.sample()
            except Exception:
                # The watch's own loop: it must not end because of one look.
                _LOG.exception("the bus could not be watched")

    def _ask(self, watch: Watch) -> None:
        while not self._stop.wait(_WATCH_S):
            try:
                watch.ask()
            except Exception:
                # As in `_look`.
                _LOG.exception("Redis could not be asked")
        watch.close()

    def _tell(self, watch: Watch, is_recorded: Callable[[], bool]) -> None:
        is_told = True
        while not self._stop.wait(_SAMPLE_S):
            try:
                self.bus.publish()
                if is_recorded():
                    self.bus.record()
                else:
                    watch.drain()
                    watch.tell(_worker_finding(self.overview.worker()))
                is_told = True
            except Exception as error:
                # As in `_look`; told once, until it works again.
                if is_told:
                    _LOG.error("how the bus is read can't be written down reason=%s", error)
                is_told = False


def open_workspace(settings: Settings | None = None, tail: bool = False, role: str = SERVER) -> Workspace:
    """Open store and services; with `tail`, follow the bus too. `role` names this process to the others.

    Raises ConfigError or FatalError with what to do when the store can't be opened or a file for TLS can't be used.
    """
    settings = settings or load_settings()
    make_link(settings)
    folder = settings.nautilus_data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"can't make the data folder {folder}: {error.strerror}; set NAUTILUS_DATA_DIR") from error
    workspace = Workspace(settings, open_store(settings), role)
    if tail:
        workspace.start_tail()
    return workspace


def open_store(settings: Settings) -> Store:
    """The store; what a source's terms don't let it keep lies in memory beside it."""
    return Store(settings.store_url) if settings.fred_store else SplitStore(settings.store_url, ["fred"])


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


def make_link(settings: Settings, rest_s: float | None = None) -> Link | None:
    """How to reach the Redis to read; None when there is none."""
    url = bus_url(settings)
    if url is None:
        return None
    pace = Pace(
        **({} if rest_s is None else {"rest_s": rest_s}),
        timeout_s=settings.bus_connect_timeout_s,
        health_check_s=settings.bus_health_check_s,
        answer_s=settings.bus_answer_s,
    )
    tls = Tls(settings.redis_ssl_ca, settings.redis_ssl_cert, settings.redis_ssl_key, settings.redis_ssl_verify)
    return Link(url, pace, tls=tls, sentinels=_sentinels(settings))


def make_subscriber(settings: Settings, patterns: Sequence[str] | None = None) -> Subscriber | None:
    """A tail of the bus as the settings say; None when there is no Redis to read."""
    link = make_link(settings)
    return link and Subscriber(link, patterns or _patterns(settings), connection=_connection(settings))


def make_ingester(
    settings: Settings, group: str, consumer: str, cursors: Callable[[], Mapping[str, int]]
) -> Subscriber | None:
    """The reader of who stores what comes: a consumer of a group, or from what `cursors` says, as BUS_GROUP has it."""
    link = make_link(settings, _BATCH_S)
    if link is None:
        return None
    start = cursors() if settings.bus_group is Group.OFF else "beginning"
    return Subscriber(
        link, _patterns(settings), group=None if settings.bus_group is Group.OFF else group, consumer=consumer,
        start=start, cursors=cursors if settings.bus_group is Group.AUTO else None, min_idle_s=_MIN_IDLE_S,
        connection=_connection(settings),
    )  # fmt: skip


def _patterns(settings: Settings) -> list[str]:
    given = [part.strip() for part in settings.nautilus_stream_key.split(",")]
    return [pattern for pattern in given if pattern] or ["*"]


def _connection(settings: Settings) -> Connection:
    return Connection(
        f"redis {bus_address(settings)}",
        base_s=settings.bus_retry_base_s,
        max_s=settings.bus_retry_max_s,
        tries=settings.bus_retry_tries,
        probe_s=settings.bus_probe_s,
    )


def _worker_finding(worker: WorkerStatus) -> Finding:
    """What a server says of the process that stores; before the first one nothing is missed."""
    is_trouble = not worker.alive if worker.heartbeat_at else None
    return Finding(
        kind=Kind.READER_GONE, subject="worker", is_trouble=is_trouble, since=worker.heartbeat_at,
        detail=f"nothing is stored now: {worker.note}", evidence="a worker is at work",
    )  # fmt: skip


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
