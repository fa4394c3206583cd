"""A server of its own for a benchmark: a free port, a folder that goes away, its output kept quiet."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    address: str
    process: subprocess.Popen[bytes]
    started: float


@contextmanager
def serve(**settings: str) -> Iterator[Server]:
    """`python -m app.server` with these settings, until the block ends; given before it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        given = {"DASHBOARD_PORT": str(port), "NAUTILUS_DATA_DIR": folder, "LOG_LEVEL": "ERROR", **settings}
        # Installed packages bring their bytecode; a first start without ours would not be the user's second.
        command = [sys.executable, "-m", "app.server"]
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=_ROOT, env={**os.environ, **given}, stdout=subprocess.DEVNULL)
        try:
            yield Server(f"127.0.0.1:{port}", process, started)
        finally:
            process.terminate()
            process.wait(30)


def wait_until_up(server: Server, timeout_s: float = 60.0) -> float:
    """Seconds from the start until /health answers."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{server.address}/health", timeout=2):
                return time.monotonic() - server.started
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"the server did not answer within {timeout_s} s")
