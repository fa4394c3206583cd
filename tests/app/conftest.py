"""A workspace of the shape the services have, for pages without a database or a bus."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pandas as pd
import pytest

from nautilus_data import Settings
from nautilus_data.core.job import Job, Status
from nautilus_data.services.engine import EngineStatus
from nautilus_data.services.overview import BusStatus, NodeStatus, SourceStatus, StoreStatus, WorkerStatus

NOW = 1_795_000_000_000_000_000


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
    reconnects: int = 0

    def bus(self) -> BusStatus:
        return self.now

    def store(self) -> StoreStatus:
        return StoreStatus("sqlite:///demo.sqlite", 1_500_000, (("bars", 3), ("fills", 0)))

    def jobs(self, limit: int = 12) -> list[Job]:
        return self.all_jobs[:limit]

    def messagebus(self) -> dict[str, object]:
        names = ("connected_at", "last_message_at", "reconnect_attempts", "error_message", "messages_received")
        return {"connection_state": self.now.state, **{name: getattr(self.now, name) for name in names}}

    def reconnect(self) -> None:
        self.reconnects += 1

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


class StandInMarket:
    version = 1

    def latest(self) -> pd.DataFrame:
        row = ("AAPL.NASDAQ", "bar", 101.5, None, None, 5.0, 0.0125, NOW, NOW, "nautilus DEMO-001")
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
        ]
        return pd.DataFrame([row], columns=columns)


class StandInBackfill:
    def __init__(self) -> None:
        self.started: list[object] = []
        self.cancelled: list[int] = []
        self.is_empty = False

    def plan(self, instrument_id: str, source: str, *_: object) -> SimpleNamespace:
        if "." not in instrument_id:
            raise ValueError(f"not an instrument id: {instrument_id!r}; write SYMBOL.VENUE")
        return SimpleNamespace(title=f"{instrument_id} from {source}", requests=3, is_empty=self.is_empty)

    def start(self, plan: object) -> int:
        self.started.append(plan)
        return 42

    def jobs(self, limit: int = 50) -> list[Job]:
        return [Job(id=42, kind="backfill", title="AAPL.NASDAQ", status=Status.RUNNING, done=1, total=4)]

    def cancel(self, job_id: int) -> None:
        self.cancelled.append(job_id)


def make_workspace(**settings: object) -> SimpleNamespace:
    return SimpleNamespace(
        settings=Settings(_env_file=None, **settings), is_demo=True, overview=StandInOverview(), market=StandInMarket(),
        engine=StandInEngine(), backfill=StandInBackfill(),
    )  # fmt: skip


@pytest.fixture
def stand_in() -> SimpleNamespace:
    return make_workspace()
