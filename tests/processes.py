"""Real children of the project: a worker, a server, and what they leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from nautilus_data.bus import embedded_url
from nautilus_data.services.overview import WORKER_LEASE
from nautilus_data.settings import Settings, child_environment
from nautilus_data.store import Store
from tests.conftest import wait_until

ROOT = Path(__file__).parents[1]
_SERVER = """
import signal
from nautilus_data import Supervisor, load_settings, set_up_logs
settings = load_settings()
set_up_logs(settings)
Supervisor(settings).start()
print("up", flush=True)
signal.pause()
"""


def command(
    *words: str, settings: Settings, timeout_s: float = 60.0, **environment: str
) -> subprocess.CompletedProcess:
    """`python -m nautilus_data WORDS` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "nautilus_data", *words],
        env={**child_environment(settings), "COLUMNS": "200", **environment},
        cwd=settings.nautilus_data_dir,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )


@contextmanager
def worker(settings: Settings, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with _child(settings, [sys.executable, "-m", "nautilus_data", "worker", *words], "worker.log") as process:
        yield process


@contextmanager
def server(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A server without pages."""
    with _child(settings, [sys.executable, "-c", _SERVER], "server.log") as process:
        log = settings.nautilus_data_dir / "server.log"
        wait_until(lambda: "up" in log.read_text().split() or process.poll() is not None, 30, f"the server: {log}")
        yield process


@contextmanager
def _child(settings: Settings, words: list[str], log: str) -> Iterator[subprocess.Popen[bytes]]:
    with (settings.nautilus_data_dir / log).open("ab") as output:
        process = subprocess.Popen(words, env=child_environment(settings), stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def worker_pid(store: Store) -> int:
    """The pid in the lease, 0 without one."""
    lease = store.lease(WORKER_LEASE)
    return int(lease[0].rsplit(":", 2)[1]) if lease else 0


def node_pid(store: Store) -> int:
    runs = store.engine_runs(1)
    return runs[0]["pid"] or 0 if runs else 0


def redis_pid(folder: Path) -> int:
    """Of the embedded Redis, 0 while there is none."""
    return (
        int((folder / "redis.json").read_text().partition('"pid": ')[2].partition(",")[0])
        if embedded_url(folder)
        else 0
    )


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def is_running(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
