"""A workspace of the shape the services have, for pages without a database or a bus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from nautilus_data import Permitted, Settings
from nautilus_data.core.identity import Identity
from nautilus_data.core.job import Job
from nautilus_data.services.bus import BookView, Capacity, Seen
from nautilus_data.services.engine import EngineStatus
from nautilus_data.services.overview import BusStatus, NodeStatus, SourceStatus, StoreStatus, WorkerStatus
from tests.conftest import RedisServer

NOW = 1_795_000_000_000_000_000
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip


@dataclass
class StandInOverview:
    """Answers with what a test puts here."""

    now: BusStatus = field(
        default_factory=lambda: BusStatus(
            state="connected", connected_at=NOW - 10**10, last_message_at=NOW - 10**9, messages_received=7, rate=4.0,
            lag_entries=0, lag_ms=3.0, streams=2, address="redis://127.0.0.1:6379/0",
        )
    )  # fmt: skip
    all_jobs: list[Job] = field(default_factory=list)
    is_broken: bool = False

    def bus(self) -> BusStatus:
        return self.now

    def store(self) -> StoreStatus:
        return StoreStatus("sqlite:///demo.sqlite", 1_500_000, (("bars", 3), ("fills", 0)))

    def can_read(self) -> bool:
        return not self.is_broken

    def jobs(self, limit: int = 12) -> list[Job]:
        return self.all_jobs[:limit]

    def status(self) -> dict[str, object]:
        if self.is_broken:
            raise OSError("disk full")
        return {
            "bus": self.now,
            "store": self.store(),
            "worker": WorkerStatus(True, "host:1:2", NOW, NOW, ""),
            "sources": [SourceStatus("sample", "Sample data", True, ""), SourceStatus("fred", "FRED", False, "no key")],
            "nodes": [NodeStatus("DEMO-001", "RUNNING", NOW, False, NOW, "")],
            "jobs": self.all_jobs,
        }


@dataclass
class StandInEngine:
    run: EngineStatus = field(default_factory=EngineStatus)
    is_available: bool = True
    reason: str = ""
    asked: list[object] = field(default_factory=list)
    refusal: Exception | None = None

    def status(self) -> EngineStatus:
        return self.run

    def _ask(self, *what: object) -> int:
        if self.refusal:
            raise self.refusal
        self.asked.append(what)
        return len(self.asked)

    def start(self, **params: object) -> int:
        return self._ask("start", params)

    def pause(self) -> int:
        return self._ask("pause")

    def resume(self) -> int:
        return self._ask("resume")

    def set_pace(self, pace: float) -> int:
        return self._ask("pace", pace)

    def stop(self) -> int:
        return self._ask("stop")


@dataclass
class StandInAudit:
    """Keeps what was recorded: who, act, target, outcome."""

    entries: list[tuple[str, str, str, str]] = field(default_factory=list)

    def record(
        self, identity: Identity, act: str, target: str = "", outcome: str = "allowed", detail: str = "",
        address: str = "",
    ) -> None:  # fmt: skip
        self.entries.append((identity.name, act, target, outcome))


class StandInUsers:
    """Whose login never ends."""

    def is_live(self, ref: str) -> bool:
        return True


class StandInMarket:
    version = 1

    def latest(self, trader_id: str | None = None, is_stale=lambda trader_id: False) -> pd.DataFrame:
        trader = "DEMO-001"
        row = ("AAPL.NASDAQ", "bar", 101.5, None, None, 5.0, 0.0125, NOW, NOW, f"nautilus {trader}", trader)
        columns = [
            "instrument_id",
            "kind",
            "price",
            "bid",
            "ask",
            "volume",
            "change",
            "ts_event",
            "ts_received",
            "source",
            "trader_id",
            "is_stale",
        ]
        rows = [(*row, is_stale(trader))] if trader_id in (None, trader) else []
        return pd.DataFrame(rows, columns=columns)


class StandInPortfolio:
    """Traders and their runs, by what a test puts here."""

    def __init__(self) -> None:
        self.by_trader: dict[str, list[int]] = {"DEMO-001": [NOW]}

    def traders(self) -> list[str]:
        return sorted(self.by_trader)

    def runs(self, trader_id: str) -> pd.DataFrame:
        rows = [(run_id, run_id + 60 * 10**9) for run_id in self.by_trader.get(trader_id, [])]
        return pd.DataFrame(rows, columns=["run_id", "ts_last"])


class StandInInspector:
    def __init__(self, pattern: str, messages: list[Seen]) -> None:
        self.pattern, self.is_paused, self.is_closed = pattern, False, False
        self._messages = messages

    def messages(self, limit: int = 100) -> list[Seen]:
        return [seen for seen in self._messages if fnmatchcase(seen.topic, self.pattern)][:limit]

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False

    def close(self) -> None:
        self.is_closed = True


@dataclass
class StandInBus:
    """Answers with what a test puts here; columns are those of the service."""

    all_streams: pd.DataFrame = field(default_factory=lambda: stream_rows(3))
    all_incidents: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(INCIDENT)))
    letters: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LETTER)))
    seen: list[Seen] = field(default_factory=list)
    looks: list[StandInInspector] = field(default_factory=list)
    book_views: list[BookView] = field(default_factory=list)
    room: Capacity = field(default_factory=lambda: Capacity(5 * 10**7, 10**8, "noeviction", 1e5, 500.0))
    counts: dict[str, int] = field(default_factory=lambda: {"QuoteTick": 5, "Mystery": 1, "unreadable": 2})
    done: list[tuple[object, ...]] = field(default_factory=list)
    told: dict[str, object] = field(
        default_factory=lambda: {
            "state": "connected", "connected_at": NOW - 10**10, "last_message_at": NOW - 10**9,
            "reconnect_attempts": 0, "error_message": "", "messages_received": 7, "readers": [],
        }
    )  # fmt: skip
    is_broken: bool = False

    def streams(
        self, trader_id: str | None = None, match: str = "", sort: str = "rate", descending: bool = True,
        limit: int = 50, offset: int = 0, after: str = "",
    ) -> tuple[pd.DataFrame, int]:  # fmt: skip
        if self.is_broken:
            raise OSError("Redis is gone")
        rows = self.all_streams
        if match:
            rows = rows[[match in key or fnmatchcase(key, match) for key in rows["stream"]]]
        if trader_id:
            rows = rows[rows["trader_id"] == trader_id]
        rows = rows.sort_values(sort, ascending=not descending, kind="stable")
        if after:
            offset = rows["stream"].tolist().index(after) + 1
        return rows.iloc[offset : offset + limit].reset_index(drop=True), len(rows)

    def types(self) -> dict[str, int]:
        return self.counts

    def unknown_types(self) -> frozenset[str]:
        return frozenset({"Mystery"})

    def rate_history(self) -> pd.DataFrame:
        seconds = [NOW - 10**9 * age for age in (2, 1)]
        rows = [(second, kind, 4.0) for second in seconds for kind in ("market data", "orders")]
        return pd.DataFrame(rows, columns=["second", "kind", "rate"])

    def rates(self) -> dict[str, float]:
        return {"market data": 4.0, "orders": 4.0}

    def incidents(self, limit: int = 200, open_only: bool = False, trader_id: str | None = None) -> pd.DataFrame:
        rows = self.all_incidents
        return (rows[rows["ts_cleared"] == 0] if open_only else rows).head(limit)

    def open_incidents(self) -> pd.DataFrame:
        return self.incidents(open_only=True)

    def acknowledge(self, incident_id: str) -> None:
        if incident_id not in set(self.all_incidents["id"]):
            raise LookupError(f"there is no incident {incident_id!r}")
        self.done.append(("acknowledge", incident_id))

    def dead_letters(self, limit: int = 200, trader_id: str | None = None) -> pd.DataFrame:
        return self.letters.head(limit)

    def replay(self, keys: list[str]) -> int:
        self.done.append(("replay", *keys))
        return 42

    def discard(self, keys: list[str]) -> int:
        self.done.append(("discard", *keys))
        return len(keys)

    def inspect(self, pattern: str = "*") -> StandInInspector:
        self.looks.append(StandInInspector(pattern, self.seen))
        return self.looks[-1]

    def books(self, trader_id: str | None = None) -> list[tuple[str, str]]:
        return [(view.trader_id, view.instrument_id) for view in self.book_views]

    def book(self, instrument_id: str, trader_id: str | None = None, depth: int = 10) -> BookView | None:
        return next((view for view in self.book_views if view.instrument_id == instrument_id), None)

    def capacity(self) -> Capacity:
        return self.room

    def readers(self) -> pd.DataFrame:
        row = ("worker", "worker", "host", 7, "connected", NOW - 10**10, NOW, 0, "", 12, 0, 3.0, "group", NOW, True)
        columns = [
            "name", "role", "host", "pid", "state", "connected_at", "last_message_at", "reconnect_attempts",
            "error_message", "messages_received", "lag_entries", "lag_ms", "mode", "ts_updated", "is_fresh",
        ]  # fmt: skip
        return pd.DataFrame([row], columns=columns)

    def history(self) -> list[tuple[int, str, str]]:
        return [(NOW - 2 * 10**10, "connecting", ""), (NOW - 10**10, "connected", "first try")]

    def reconnect(self) -> None:
        self.done.append(("reconnect",))

    def status(self) -> dict[str, object]:
        return self.told


INCIDENT = {
    "id": "trimmed|trader-DEMO-001:stream:data.quotes.SIM.GBP/USD|5-0", "kind": "entries trimmed unread",
    "severity": "bad", "subject": "data.quotes.SIM.GBP/USD", "trader_id": "DEMO-001",
    "stream": "trader-DEMO-001:stream:data.quotes.SIM.GBP/USD", "ts_started": NOW - 10**10,
    "ts_detected": NOW - 9 * 10**9, "ts_cleared": 0, "from_id": "5-0", "to_id": "9-0", "count": -1,
    "detail": "trimmed before it was read", "evidence": "", "reader": "worker",
}  # fmt: skip
LETTER = {
    "key": "trader-DEMO-001:stream:x|5-0|store", "stream": "trader-DEMO-001:stream:x", "entry_id": "5-0",
    "handler": "store", "topic": "x", "trader_id": "DEMO-001", "reason": "not a map", "size": 4, "attempts": 3,
    "ts_first": NOW - 10**10, "ts_last": NOW - 10**9, "state": "dead", "preview": "<b>\\xff</b>",
}  # fmt: skip


def rows_of(row: dict[str, object], *changes: dict[str, object]) -> pd.DataFrame:
    """One row for each set of changes."""
    return pd.DataFrame([{**row, **change} for change in changes])


def stream_rows(count: int) -> pd.DataFrame:
    rows = [
        {
            "stream": f"trader-DEMO-001:stream:topic.{number}", "trader_id": "DEMO-001", "topic": f"topic.{number}",
            "entries": 10 * number, "read": 10 * number, "rate": float(number), "first_id": "1-0", "last_id": "9-0",
            "first_at": NOW - 10**12, "last_at": NOW, "lag": -1 if number == 0 else 0, "memory_bytes": 2_000,
            "is_trimmed": "unknown", "last_message_at": NOW - 10**9, "state": "live",
        }
        for number in range(count)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def seen(number: int, topic: str = "data.quotes.SIM.GBP/USD", **changes: object) -> Seen:
    fields = {
        "stream": f"trader-DEMO-001:stream:{topic}", "entry_id": f"{number}-0", "at": NOW + number * 10**6,
        "trader_id": "DEMO-001", "topic": topic, "type": "QuoteTick", "size": 174, "decoded": '{"bid": "1.5"}',
        "raw": "88 a4", **changes,
    }  # fmt: skip
    return Seen(**fields)


def make_workspace(**settings: object) -> SimpleNamespace:
    found = SimpleNamespace(
        settings=Settings(_env_file=None, **settings), is_demo=True, overview=StandInOverview(), market=StandInMarket(),
        engine=StandInEngine(), portfolio=StandInPortfolio(), bus=StandInBus(), audit=StandInAudit(),
        users=StandInUsers(),
    )  # fmt: skip
    found.permit = lambda identity, address="": Permitted(found, identity, address)
    return found


@pytest.fixture
def stand_in() -> SimpleNamespace:
    return make_workspace()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    # A module's: while it is open, no test can run a loop of its own.
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield opened
        opened.close()


def opened(browser: Browser, **options: Any) -> Iterator[Page]:
    """A tab, the module's own, in which no script fails."""
    wrong: list[str] = []
    context = browser.new_context(**options)
    tab = context.new_page()
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    yield tab
    context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def desk_tab(browser: Browser) -> Iterator[Page]:
    yield from opened(browser, viewport={"width": 900, "height": 520})


@pytest.fixture(scope="module")
def phone_tab(browser: Browser) -> Iterator[Page]:
    yield from opened(browser, viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)


@pytest.fixture(scope="module")
def bus(redis_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(redis_binary, tmp_path_factory.mktemp("redis"))
    try:
        yield server.start()
    finally:
        server.kill()
