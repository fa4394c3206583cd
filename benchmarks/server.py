"""A Redis of a benchmark's own, and the processes beside it: started, killed and weighed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil
import redis

from benchmarks.bus_to_page import ROOT, free_port
from nautilus_data.bus import find_redis_binary

_START_S = 30.0
_AOF = ("--appendonly", "yes", "--appendfsync", "everysec")


class OwnRedis:
    """Loopback, noeviction; with `keeps` an append-only file, so that a killed one comes back with what it had."""

    def __init__(self, folder: Path, *, keeps: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = ("--port", self.port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--loglevel", "warning")
        self._command = [find_redis_binary(), *options, *(_AOF if keeps else ())]
        self.start()

    def start(self) -> None:
        """Return when it answers, its file read."""
        self._child = subprocess.Popen([str(word) for word in self._command], stdout=subprocess.DEVNULL)
        self.process = psutil.Process(self._child.pid)
        deadline = time.monotonic() + _START_S
        with redis.Redis.from_url(self.url) as client:
            while time.monotonic() < deadline:
                with contextlib.suppress(redis.RedisError):
                    client.ping()
                    return
                time.sleep(0.02)
        raise TimeoutError(f"Redis did not answer in {_START_S:.0f} s")

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()


@contextlib.contextmanager
def own_redis(folder: Path, *, keeps: bool = False) -> Iterator[OwnRedis]:
    """One that is gone afterwards."""
    server = OwnRedis(folder / "redis", keeps=keeps)
    try:
        yield server
    finally:
        server.kill()


def run_module(
    *words: object,
    stdin: int | None = None,
    stdout: int | IO | None = None,
    stderr: int | IO | None = None,
    **settings: str,
) -> subprocess.Popen[bytes]:
    """`python -m …` from the checkout, the person's own settings kept out."""
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    environment = {**os.environ, "ENV_FILE": os.devnull, "PYTHONPATH": path, **settings}
    command = [sys.executable, "-m", *(str(word) for word in words)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=stdin, stdout=stdout, stderr=stderr)


def cpu_s(process: psutil.Process) -> float:
    """Seconds of a core it took since it began."""
    return sum(process.cpu_times()[:2])


def load() -> str:
    """How busy the machine is with everything, to read figures by."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
