"""What a run is told (RunConfig, Control) and what it tells (EngineState)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from nautilus_data.core.dataset import parse_timeframe
from nautilus_data.engine.identity import Identity
from nautilus_data.errors import ConfigError


class Status(StrEnum):
    """STOPPED → STARTING → RUNNING → STOPPING → STOPPED; FAILED from any of the three between."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        return self in (Status.STOPPED, Status.FAILED)


class _Json:
    """To and from one JSON object."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**cls._parse(json.loads(text)))

    @classmethod
    def _parse(cls, values: dict[str, Any]) -> dict[str, Any]:
        return values


@dataclass(frozen=True, kw_only=True)
class RunConfig(_Json):
    """One run: a replay of history by a live node that trades it in a sandbox.

    The bars before `start` (ns) are left out; the first `warmup` sessions after it are replayed as fast as the node
    takes them, the others at `pace` sessions a second. `position_value` is what a position is worth at the first
    replayed close: the example strategy trades a fixed size. The child ends when `supervisor` is gone (nobody: never).
    Its log lines go to `logs_folder` too (none: to its own log alone).
    """

    run_id: str
    trader_id: str = "DEMO-001"
    redis_host: str = "127.0.0.1"
    redis_port: int = 6379
    redis_password: str = field(default="", repr=False)
    start: int = 0
    warmup: int = 0
    pace: float = 1.0
    timeframe: str = "1-DAY"
    fast: int = 10
    slow: int = 20
    position_value: float = 50_000.0
    starting_balance: int = 1_000_000
    currency: str = "USD"
    heartbeat_s: int = 1
    autotrim_mins: int = 30
    log_level: str = "INFO"
    logs_folder: str = ""
    supervisor: Identity = field(default_factory=Identity)

    def __post_init__(self) -> None:
        checked_pace(self.pace)
        parse_timeframe(self.timeframe)
        if not 0 < self.fast < self.slow:
            raise ConfigError(f"the fast EMA must be shorter than the slow one, not {self.fast}/{self.slow}")
        if self.warmup < 0 or self.position_value <= 0 or self.starting_balance <= 0:
            raise ConfigError("warmup must not be negative; position_value and starting_balance must be above zero")
        if "-" not in self.trader_id.strip("-"):
            raise ConfigError(f"trader id {self.trader_id!r} must be NAME-TAG, as in DEMO-001")

    @classmethod
    def _parse(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "supervisor": Identity(**values["supervisor"])}


@dataclass(frozen=True, kw_only=True)
class Control(_Json):
    """What the parent wants; the child confirms `seq` in its state."""

    pace: float = 1.0
    is_paused: bool = False
    should_stop: bool = False
    seq: int = 0

    def change(self, **fields: object) -> Control:
        return replace(self, **fields, seq=self.seq + 1)


@dataclass(frozen=True, kw_only=True)
class EngineState(_Json):
    """What the child did: pause and pace as it confirmed them; times are UTC nanoseconds, 0 = not yet."""

    status: Status = Status.STOPPED
    run_id: str = ""
    trader_id: str = ""
    process: Identity = field(default_factory=Identity)
    is_paused: bool = False
    pace: float = 0.0
    replayed_to: int = 0
    bars_sent: int = 0
    bars_total: int = 0
    is_finished: bool = False
    error: str = ""
    seq: int = 0
    started: int = 0
    updated: int = 0

    @property
    def pid(self) -> int:
        return self.process.pid

    @classmethod
    def _parse(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "status": Status(values["status"]), "process": Identity(**values["process"])}


def checked_pace(pace: float) -> float:
    """Sessions a second, above 0; 1,000 and more is as fast as the node goes."""
    if not 0 < pace <= 1_000_000:
        raise ConfigError(f"the pace must be above 0 sessions a second, not {pace}")
    return float(pace)
