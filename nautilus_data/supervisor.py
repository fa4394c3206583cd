"""Supervisor: what one server keeps alive beside it — the embedded Redis and the worker."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from filelock import FileLock, Timeout

from nautilus_data.bus import EmbeddedRedis
from nautilus_data.engine import Identity
from nautilus_data.errors import ConfigError, DashboardError, FatalError
from nautilus_data.services.overview import WORKER_LEASE
from nautilus_data.settings import Settings, child_environment
from nautilus_data.store import SplitStore, Store
from nautilus_data.workspace import open_store

_LOG = logging.getLogger(__name__)
_WATCH_S = 0.5
_HUNG_S = 10.0
_STABLE_S = 60.0
_MAX_WAIT_S = 30.0
_STOP_S = 15.0


class Supervisor:
    """Locks the data folder, starts Redis and the worker, and starts them again when they die."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.nautilus_data_dir
        self._lock: FileLock | None = None
        self._redis: EmbeddedRedis | None = None
        self._store: Store | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._started_at = self._seen_well_at = 0.0
        self._failures = 0
        self.problem = ""

    def start(self) -> None:
        """Raises ConfigError when another server has the data folder, or it can't be written."""
        self._take_folder()
        try:
            # Opened here first, so that a store that can't be used stops the server with one line.
            self._store = open_store(self._settings)
            if self._settings.is_embedded_redis:
                self._start_redis()
            self._start_worker()
        except BaseException:
            self.stop()
            raise
        self._thread = threading.Thread(target=self._watch, args=(self._store,), name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Worker first (it stops the node), then Redis; safe to call twice."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=_WATCH_S * 4)
        if self._worker is not None:
            _end(self._worker)
        if self._redis is not None:
            self._redis.stop()
        if self._store is not None:
            if isinstance(self._store, SplitStore):
                self._store.forget()
            self._store.close()
            self._store = None
        if self._lock is not None:
            self._lock.release()

    def _take_folder(self) -> None:
        owner = self._folder / "server.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self._folder / "server.lock", timeout=0)
            self._lock.acquire()
            owner.write_text(json.dumps({"pid": os.getpid(), "address": self._address}))
        except Timeout:
            raise ConfigError(
                f"another server ({_describe(owner)}) uses {self._folder}:"
                " stop it, or set NAUTILUS_DATA_DIR to another folder"
            ) from None
        except OSError as error:
            raise ConfigError(
                f"can't write to the data folder {self._folder}: {error.strerror}; set NAUTILUS_DATA_DIR to one you own"
            ) from error

    @property
    def _address(self) -> str:
        return f"http://{self._settings.dashboard_host}:{self._settings.dashboard_port}"

    def _start_redis(self) -> None:
        self._redis = EmbeddedRedis(self._folder, self._settings.embedded_redis_mb)
        try:
            self._redis.start()
        except FatalError as error:
            # Without a Redis binary the pages still show what is stored.
            self.problem = str(error)
            _LOG.error("no embedded Redis reason=%s", error)

    def _start_worker(self) -> None:
        me = Identity.of()
        command = [sys.executable, "-m", "nautilus_data", "worker", "--supervisor", f"{me.pid}:{me.created}"]
        self._started_at = self._seen_well_at = time.monotonic()
        self._worker = subprocess.Popen(
            command,
            env=child_environment(self._settings),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        _LOG.info("worker started pid=%s", self._worker.pid)

    def _watch(self, store: Store) -> None:
        while not self._stop.wait(_WATCH_S):
            try:
                self._see_to_worker(store)
            except (DashboardError, OSError) as error:
                _LOG.error("can't see to the worker, trying again reason=%s", error)

    def _see_to_worker(self, store: Store) -> None:
        if self._worker.poll() is not None:
            self._restart_worker()
        elif self._is_hung(store):
            _LOG.error("worker hangs and is replaced pid=%s", self._worker.pid)
            self._worker.kill()

    def _is_hung(self, store: Store) -> bool:
        """Has our worker let its lease lapse for long? By a clock that stands still while the machine sleeps."""
        lease = store.lease(WORKER_LEASE)
        now = time.monotonic()
        is_ours = lease is not None and f":{self._worker.pid}:" in lease[0]
        if not is_ours or time.time_ns() < lease[1]:
            self._seen_well_at = now
        return now - self._seen_well_at > _HUNG_S

    def _restart_worker(self) -> None:
        """At once the first time, then less and less often while it keeps dying."""
        is_stable = time.monotonic() - self._started_at > _STABLE_S
        self._failures = 0 if is_stable else self._failures + 1
        wait_s = 0.0 if self._failures <= 1 else min(2.0 ** (self._failures - 2), _MAX_WAIT_S)
        _LOG.error("worker ended code=%s restart_in_s=%s", self._worker.returncode, wait_s)
        if not self._stop.wait(wait_s):
            self._start_worker()


def _describe(owner: Path) -> str:
    try:
        known = json.loads(owner.read_text())
        return f"pid {known['pid']}, {known['address']}"
    except (OSError, ValueError, KeyError):
        return "unknown pid"


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
