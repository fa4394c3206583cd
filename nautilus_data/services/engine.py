"""Engine: start, pace, pause and stop a NautilusTrader node; pages ask, the worker does."""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from nautilus_data.core.instrument import Instrument
from nautilus_data.core.job import Job, Status
from nautilus_data.core.redaction import hide
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.engine import EngineProcess, Identity, RunConfig
from nautilus_data.errors import ConfigError, DashboardError, SkippableError
from nautilus_data.services.live import Live
from nautilus_data.sources import Source
from nautilus_data.store import Store, work_on

_LOG = logging.getLogger(__name__)
START, PAUSE, RESUME, PACE, STOP = "engine.start", "engine.pause", "engine.resume", "engine.pace", "engine.stop"
_RUN_TIMES = ("ts_started", "ts_stopped", "ts_updated", "ts_replayed")
RUN_COLUMNS = (
    "run_id", "status", "error", "pid", "pace", "is_paused", "bars_sent", "bars_total", *_RUN_TIMES,
)  # fmt: skip
KINDS = (START, PAUSE, RESUME, PACE, STOP)
DEMO_TRADER = "DEMO-001"
# All four sample instruments trade from here on.
DEFAULT_START = "2004-01-02"
DEFAULT_WARMUP = 250
_DEFAULTS = MappingProxyType({"start": DEFAULT_START, "warmup": DEFAULT_WARMUP, "pace": 1.0})
_KEPT_FOLDERS = 5
_MUTED_S = 4.0
# Once is not enough: after a sleep of the machine its clock has moved before anybody could speak.
_MUTED_TICKS = 3
_FIRST_WORD_S = 20.0
_MAX_RESTART_WAIT_S = 60.0
_STABLE_S = 60.0
_LOG_LINES = 60


@dataclass(frozen=True)
class EngineStatus:
    """The node as the worker last saw it; times in ns, 0 = never."""

    status: str = "STOPPED"
    run_id: str = ""
    pid: int = 0
    pace: float = 1.0
    is_paused: bool = False
    replayed_to: int = 0
    bars_sent: int = 0
    bars_total: int = 0
    error: str = ""
    ts_started: int = 0
    ts_updated: int = 0
    log_tail: str = ""
    pending: tuple[Job, ...] = ()


class Engine:
    """The door for pages and REST: each verb queues a job, its effect is seen in `status()` and on the bus."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def is_available(self) -> bool:
        return EngineProcess.is_available()

    @property
    def reason(self) -> str:
        """Why no node can be started and what to do, or ''."""
        if self.is_available:
            return ""
        return "NautilusTrader is not installed: pip install 'nautilus-dashboard[engine]'"

    def status(self) -> EngineStatus:
        """The newest run as the worker recorded it, and commands not yet carried out."""
        pending = tuple(self._store.jobs(20, kinds=list(KINDS), active=True))
        runs = self._store.engine_runs(1)
        if not runs:
            return EngineStatus(pending=pending)
        run = runs[0]
        return EngineStatus(
            status=run["status"], run_id=run["id"], pid=run["pid"] or 0, pace=run["pace"] or 0.0,
            is_paused=bool(run["is_paused"]), replayed_to=run["replayed_to"] or 0, bars_sent=run["bars_sent"] or 0,
            bars_total=run["bars_total"], error=run["error"] or "", ts_started=run["ts_started"] or 0,
            ts_updated=run["ts_updated"] or 0, log_tail=run["log_tail"] or "", pending=pending,
        )  # fmt: skip

    def runs(self, limit: int = 100) -> pd.DataFrame:
        """RUN_COLUMNS of the nodes that were started here, the newest first; times in ns, 0 = never."""
        runs = self._store.engine_runs(limit)
        told = [{**run, "run_id": run["id"], "ts_replayed": run["replayed_to"]} for run in runs]
        rows = [[run[name] or 0 if name in _RUN_TIMES else run[name] for name in RUN_COLUMNS] for run in told]
        return pd.DataFrame(rows, columns=list(RUN_COLUMNS)).astype(dict.fromkeys(_RUN_TIMES, "int64"))

    def start(self, start: str = DEFAULT_START, warmup: int = DEFAULT_WARMUP, pace: float = 1.0) -> int:
        """Start a replay of the stored history from a day on; the job's id."""
        if not self.is_available:
            raise ConfigError(self.reason)
        to_ns(start)
        _check_pace(pace)
        if warmup < 0:
            raise ValueError("warm-up sessions can't be negative")
        return self._ask(START, f"Start a replay from {start}", start=start, warmup=warmup, pace=pace)

    def pause(self) -> int:
        return self._ask(PAUSE, "Pause the replay")

    def resume(self) -> int:
        return self._ask(RESUME, "Resume the replay")

    def set_pace(self, pace: float) -> int:
        """Bars a second of each instrument, above 0 and up to 1000."""
        _check_pace(pace)
        return self._ask(PACE, f"Set the pace to {pace:g} bars/s", pace=pace)

    def stop(self) -> int:
        return self._ask(STOP, "Stop the node")

    def _ask(self, kind: str, title: str, **params: object) -> int:
        return self._store.add_job(kind, title, params)


class EngineKeeper:
    """The worker's side: owns the child, carries out commands, starts anew what ended or fell mute."""

    def __init__(
        self,
        store: Store,
        live: Live,
        sources: Mapping[str, Source],
        folder: Path,
        connect: Callable[[], dict[str, Any]],
        supervisor: Identity,
        bus_up_since: Callable[[], int],
        clock: Callable[[], int] = time.time_ns,
        open_process: Callable[[Path], EngineProcess] = EngineProcess,
        logs_folder: str = "",
    ) -> None:
        self._store = store
        self._live = live
        self._sources = sources
        self._folder = folder
        self._connect = connect
        self._supervisor = supervisor
        self._bus_up_since = bus_up_since
        self._clock = clock
        self._open_process = open_process
        self._logs_folder = logs_folder
        self._process: EngineProcess | None = None
        self._wanted: dict[str, Any] | None = None
        self._failures = 0
        self._not_before = 0
        self._watched_since = 0
        self._muted_ticks = 0
        self.owns_node = True

    @property
    def is_running(self) -> bool:
        return self._process is not None and not self._process.state().status.is_final

    def adopt(self) -> bool:
        """Take over a node that a worker before this one started; False when there is none."""
        for folder in self._folders():
            process = self._open_process(folder)
            if not process.is_alive():
                continue
            if self._process is not None:
                # A trader id has one node; an older one is a stray.
                process.stop()
                continue
            self._process, self._wanted, self._watched_since = process, _load_wanted(folder), self._clock()
            _LOG.info("node adopted run=%s", folder.name)
        return self._process is not None

    def carry_out(self, job: Job) -> None:
        """Do what a command asks; its row says how it went."""
        with work_on(self._store, job):
            self._carry_out(job)

    def _carry_out(self, job: Job) -> None:
        try:
            message, status = self._do(job), Status.SUCCEEDED
        except (DashboardError, ValueError, OSError) as error:
            message, status = str(error), Status.FAILED
        except Exception as error:
            # The worker's loop: a command that can't be carried out must not stay in the queue.
            message, status = f"unexpected: {error!r}; see the worker's log", Status.FAILED
            _LOG.exception("command failed job=%s kind=%s", job.id, job.kind)
        self._store.update_job(job.id, status=status, message=message, done=1, total=1)
        self.record()

    def start(self, params: dict[str, Any]) -> str:
        """Start a node on the stored, totally adjusted history; returns what was started."""
        instruments, bars = self._history(params["start"])
        if not bars:
            raise SkippableError("no adjusted daily bars are stored from that day on: backfill them first")
        redis = self._connect()
        self.stop()
        run_id = datetime.fromtimestamp(self._clock() / 1e9, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
        folder = self._folder / run_id
        folder.mkdir(parents=True)
        _save_wanted(folder, params)
        config = RunConfig(
            run_id=run_id, trader_id=DEMO_TRADER, warmup=params["warmup"], pace=params["pace"],
            start=to_ns(params["start"]), supervisor=self._supervisor, logs_folder=self._logs_folder, **redis,
        )  # fmt: skip
        process = self._open_process(folder)
        process.start(config, instruments, bars)
        self._process, self._wanted, self._watched_since = process, params, self._clock()
        self._not_before = self._muted_ticks = 0
        self._clean()
        total = sum(len(frame) for frame in bars.values())
        self._store.save_engine_run(
            run_id, status="STARTING", ts_started=self._clock(), config=params, bars_total=total, pace=params["pace"]
        )
        return f"node {run_id} started: {total} bars of {len(bars)} instruments"

    def stop(self) -> None:
        """Stop the node, if one runs, and wait until it is gone."""
        if self._process is not None:
            self._process.stop()
            self.record()
        self._process, self._wanted = None, None

    def tick(self) -> None:
        """Once a second: record what the node says; start a new run when it ended, died or fell mute."""
        if self._wanted is None:
            return
        if self._process is None:
            self._restart_later("the last start failed")
            return
        state = self._process.state()
        self.record()
        self._muted_ticks = self._muted_ticks + 1 if self._is_muted(state.updated) else 0
        if state.is_finished:
            self._restart("the history ended")
        elif state.status.is_final:
            self._restart_later(state.error or "the node ended")
        elif self._muted_ticks >= _MUTED_TICKS:
            self._restart("publishing ended")
        elif self._clock() - self._watched_since > _STABLE_S * 1e9:
            self._failures = 0

    def record(self) -> None:
        """Keep the run's row as the child's state file tells it."""
        if self._process is None:
            return
        state = self._process.state()
        self._store.save_engine_run(
            self._process.folder.path.name, status=state.status.value, error=hide(state.error), pid=state.pid,
            pace=state.pace, is_paused=state.is_paused, replayed_to=state.replayed_to, bars_sent=state.bars_sent,
            ts_updated=self._clock(), log_tail=hide("\n".join(self._process.log_tail(_LOG_LINES))),
        )  # fmt: skip

    def _do(self, job: Job) -> str:
        if job.kind == START:
            self._failures = 0
            return self.start(job.params)
        if job.kind == STOP and self._wanted is not None:
            self.stop()
            return "stopped"
        if self._process is None:
            raise SkippableError("no node runs: start one first")
        if job.kind == PACE:
            self._process.set_pace(job.params["pace"])
            self._wanted = {**(self._wanted or {}), "pace": job.params["pace"]}
            _save_wanted(self._process.folder.path, self._wanted)
        elif job.kind == PAUSE:
            self._process.pause()
        else:
            self._process.resume()
        return "asked the node; its state shows the effect"

    def _history(self, start: str) -> tuple[list[Instrument], dict[str, pd.DataFrame]]:
        """Totally adjusted daily bars from a day on: the replay feeds nothing else."""
        known = {known.instrument_id: known for source in self._sources.values() for known in source.instruments()}
        span = TimeRange(to_ns(start), max(to_ns(start), self._clock()))
        bars = {}
        for series in self._store.series_list("bars", source="sample", timeframe="1-DAY", adjustment="total"):
            frame = self._store.read(series, span)
            if len(frame) and series.instrument_id in known:
                bars[series.instrument_id] = frame
        return [known[name] for name in bars], bars

    def _is_muted(self, updated: int) -> bool:
        """Alive by its state file, yet without a heartbeat on a bus that is up and read to its end."""
        now, up_since = self._clock(), self._bus_up_since()
        is_alive, is_behind = now - updated < 2e9, (self._live.lag_ms() or 0) > 2_000
        if not up_since or is_behind or not is_alive:
            return False
        node = self._live.nodes.get(DEMO_TRADER)
        heard_at = node.heartbeat_at if node else 0
        # A node that has yet to speak for the first time is given longer.
        patience = _MUTED_S if heard_at > self._watched_since else _FIRST_WORD_S
        return now - max(heard_at, self._watched_since, up_since) > patience * 1e9

    def _restart(self, reason: str) -> None:
        """A start that fails stays wanted, and is tried again."""
        params = self._wanted
        _LOG.warning("a new run starts reason=%s", reason)
        self._not_before = 0
        try:
            self.stop()
            self.start(params)
        except (DashboardError, OSError) as error:
            self._wanted = params
            self._restart_later(str(error))

    def _restart_later(self, reason: str) -> None:
        """A node that keeps dying is started less and less often."""
        now = self._clock()
        if not self._not_before:
            self._failures += 1
            wait_s = min(2.0 ** (self._failures - 1), _MAX_RESTART_WAIT_S)
            self._not_before = now + int(wait_s * 1e9)
            _LOG.error("node does not run restart_in_s=%s reason=%s", wait_s, reason)
        elif now >= self._not_before:
            self._restart(reason)

    def _folders(self) -> list[Path]:
        return sorted((path.parent for path in self._folder.glob("*/wanted.json")), reverse=True)

    def _clean(self) -> None:
        for folder in self._folders()[_KEPT_FOLDERS:]:
            shutil.rmtree(folder, ignore_errors=True)


def _save_wanted(folder: Path, params: Mapping[str, Any]) -> None:
    draft = folder / "wanted.tmp"
    draft.write_text(json.dumps(params))
    draft.replace(folder / "wanted.json")


def _load_wanted(folder: Path) -> dict[str, Any]:
    try:
        return {**_DEFAULTS, **json.loads((folder / "wanted.json").read_text())}
    except (OSError, ValueError, TypeError):
        return dict(_DEFAULTS)


def _check_pace(pace: float) -> None:
    if not 0 < pace <= 1000:
        raise ValueError("the pace must be above 0 and at most 1000 bars a second")
