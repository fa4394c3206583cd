"""System: what runs here, in which versions, on how much disk, and by which settings."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock
from typing import Any

import pandas as pd
import psutil

from nautilus_data.core.job import Job, JobOrigin
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.store import Store

COMPONENT = ("name", "title", "kind", "state", "health", "version", "ts_started", "ts_seen", "note")
VERSION = ("name", "version", "note")
JOB_ROW = (
    "id", "kind", "title", "status", "done", "total", "ts_created", "ts_finished", "actor", "correlation", "message",
)  # fmt: skip
SETTING = ("name", "value", "origin", "is_secret", "description")
PROJECT = "nautilus-dashboard"
# Health: `off` is no trouble, somebody wants it so or nothing was asked of it yet.
OK, WARN, BAD, OFF = "ok", "warn", "bad", "off"
_HEALTH = {
    "ok": OK, "connected": OK, "running": OK, "connecting": WARN, "reconnecting": WARN, "paused": WARN,
    "starting": WARN, "stopping": WARN, "switched off": OFF, "not used": OFF, "not set up": OFF, "stopped": OFF,
}  # fmt: skip
_PACKAGES = (
    "nautilus_trader", "panel", "bokeh", "panel-material-ui", "holoviews", "tornado", "fastapi", "starlette",
    "pydantic", "pydantic-settings", "pandas", "numpy", "pyarrow", "sqlalchemy", "psycopg", "redis", "msgspec",
    "httpx2", "yfinance", "fredapi", "ib_insync", "argon2-cffi", "pyjwt", "structlog", "ta-lib", "statsmodels",
)  # fmt: skip
_UNKNOWN = JobOrigin("", "")
# A folder of many files takes a while to walk.
_MEASURED_S = 60


@dataclass(frozen=True)
class Place:
    """The machine under it: bytes of the data folder and of its disk, and since when this process runs (ns)."""

    folder: str
    size_bytes: int
    free_bytes: int
    total_bytes: int
    memory_bytes: int
    ts_started: int
    host: str
    pid: int


@dataclass(frozen=True)
class Parts:
    """What the other services tell of theirs: records, and of the sources their list."""

    bus: Callable[[], Any]
    redis_version: Callable[[], str]
    worker: Callable[[], Any]
    sources: Callable[[], pd.DataFrame]
    engine: Callable[[], Any]
    store: Callable[[], Any]


class System:
    """`settings` answers records of SETTING; `role` names this process."""

    def __init__(
        self,
        store: Store,
        parts: Parts,
        settings: Callable[[], Iterable[Any]],
        folder: Path,
        role: str,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._store, self._parts, self._settings = store, parts, settings
        self._folder, self._role, self._clock = folder, role, clock
        self._size = (0, 0)
        self._measuring = Lock()

    def components(self) -> pd.DataFrame:
        """Server, worker, Redis, store, engine and each source: `ts_started` since when, `ts_seen` when last heard of.

        Times are 0 where not known; `health` is ok, warn, bad or off.
        """
        rows = [self._server(), self._worker(), self._redis(), self._database(), self._engine(), *self._sources()]
        return pd.DataFrame(rows, columns=list(COMPONENT))

    def versions(self) -> pd.DataFrame:
        """Of Python, of the machine, and of the packages that matter; no version: not installed."""
        rows = [
            (PROJECT, _version_of(PROJECT), ""),
            ("python", platform.python_version(), platform.python_implementation()),
            ("platform", platform.release(), f"{platform.system()} {platform.machine()}"),
        ]
        packages = ((name, _version_of(name)) for name in _PACKAGES)
        rows += [(name, found, "" if found else "not installed") for name, found in packages]
        return pd.DataFrame(rows, columns=list(VERSION))

    def settings(self) -> pd.DataFrame:
        """Every setting in force; of a secret only whether it is set."""
        return pd.DataFrame([asdict(one) for one in self._settings()], columns=list(SETTING))

    def jobs(self, limit: int = 200, correlation: str = "") -> pd.DataFrame:
        """Jobs of all kinds, newest first, with who asked for each and by which request; both '' where not known.

        `job-7`, under which a job that nobody asked for logs, is of that job.
        """
        jobs = self._store.jobs(limit, correlation=correlation) or self._named(correlation)
        origins = self._store.job_origins(job.id for job in jobs)
        rows = [
            {**{name: getattr(job, name, "") for name in JOB_ROW}, **origins.get(job.id, _UNKNOWN)._asdict()}
            for job in jobs
        ]
        return pd.DataFrame(rows, columns=list(JOB_ROW))

    def origins(self, job_ids: Iterable[int]) -> dict[int, JobOrigin]:
        """Who asked for these jobs and by which request, of those of which that is known."""
        return self._store.job_origins(job_ids)

    def place(self) -> Place:
        """Folder and disk; the folder's size may be a minute old."""
        disk, process = shutil.disk_usage(self._folder), psutil.Process()
        return Place(
            str(self._folder), self._measured(), disk.free, disk.total, process.memory_info().rss,
            int(process.create_time() * NS_PER_S), socket.gethostname(), process.pid,
        )  # fmt: skip

    def _named(self, correlation: str) -> list[Job]:
        word, _, number = correlation.partition("-")
        try:
            return [self._store.job(int(number))] if word == "job" and number.isdecimal() else []
        except LookupError:
            return []

    def _measured(self) -> int:
        with self._measuring:
            at, size = self._size
            if not at or self._clock() - at > _MEASURED_S * NS_PER_S:
                size = _size_of(self._folder)
                self._size = self._clock(), size
            return size

    def _server(self) -> tuple:
        process = psutil.Process()
        note = f"process {process.pid} on {socket.gethostname()}"
        started = int(process.create_time() * NS_PER_S)
        return ("server", self._role.capitalize(), "process", "running", OK, _version_of(PROJECT), started,
                self._clock(), note)  # fmt: skip

    def _worker(self) -> tuple:
        told = self._parts.worker()
        host, pid, started = _held_by(told.holder)
        state, health = ("running", WARN if told.note else OK) if told.alive else ("not running", BAD)
        note = told.note or f"process {pid} on {host}"
        return ("worker", "Worker", "process", state, health, _version_of(PROJECT), started, told.heartbeat_at, note)

    def _redis(self) -> tuple:
        told = self._parts.bus()
        note = " · ".join(part for part in (told.address, told.error_message or told.note) if part)
        return ("redis", "Redis", "bus", told.state, _HEALTH.get(told.state, BAD), self._parts.redis_version(),
                told.connected_at, told.last_message_at, note)  # fmt: skip

    def _database(self) -> tuple:
        told = self._parts.store()
        state, health = ("open", OK) if told.ok else ("not readable", BAD)
        return ("store", "Store", "database", state, health, self._store.server, 0, self._clock() if told.ok else 0,
                told.error or " · ".join(part for part in (told.url, told.layout) if part))  # fmt: skip

    def _engine(self) -> tuple:
        told = self._parts.engine()
        state = "paused" if told.is_paused and told.status == "RUNNING" else told.status.lower()
        note = told.error or (f"run {told.run_id}" if told.run_id else "never run")
        return ("engine", "Engine", "process", state, _HEALTH.get(state, BAD), _version_of("nautilus_trader"),
                told.ts_started, told.ts_updated, note)  # fmt: skip

    def _sources(self) -> list[tuple]:
        return [
            (row["name"], row["title"], "source", row["state"], _HEALTH.get(row["state"], BAD), "", 0,
             row["last_ok_at"], row["reason"] or row["note"] or row["last_error"])
            for row in self._parts.sources().to_dict("records")
        ]  # fmt: skip


def _held_by(holder: str) -> tuple[str, str, int]:
    """Host, process and its start (ns) of `host:pid:created`."""
    host, _, rest = holder.partition(":")
    pid, _, created = rest.partition(":")
    return host, pid, int(float(created) * NS_PER_S) if created else 0


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _size_of(folder: Path) -> int:
    """Bytes of all files in a folder; what goes away meanwhile counts nothing."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue
    return size
