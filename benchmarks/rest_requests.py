"""Requests a second that one core serves: /health and /api/v1/status of the dashboard, and FastAPI bare.

Run: python -m benchmarks.rest_requests [seconds]. Each server is a process of its own; the bare one is the same Tornado
and the same bridge with one empty route. Counted by the time a server's core was busy, so that what else runs on the
machine changes little; what the dashboard does besides is measured before and left out.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
from fastapi import FastAPI
from tornado.httpserver import HTTPServer
from tornado.web import Application

from app.server.asgi import AsgiHandler
from benchmarks.bus_to_page import ROOT, dashboard, free_port, until_up

LIMITS = {"API_RATE_PER_MIN": "10000000", "DEMO": "off"}
_CONNECTIONS = 8


@dataclass(frozen=True)
class Taken:
    """`ms` each request took; `core_s` the server's core was busy for all of them."""

    ms: np.ndarray
    seconds: float
    core_s: float

    @property
    def a_core(self) -> float:
        """Requests a second of a busy core."""
        return len(self.ms) / self.core_s

    def __str__(self) -> str:
        middle, worst = np.percentile(self.ms, [50, 99])
        return (
            f"{self.a_core:7,.0f} requests/s of one core ({len(self.ms) / self.seconds:,.0f}/s were served;"
            f" p50 {middle:.1f} ms, p99 {worst:.1f} ms at {_CONNECTIONS} connections)"
        )


class Line:
    """One connection that is kept open."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._line = HTTPConnection(parts.hostname, parts.port, timeout=60)

    def get(self, path: str, accept: str = "*/*") -> tuple[bytes, float]:
        """The body and the milliseconds it took."""
        started = time.perf_counter()
        self._line.request("GET", path, headers={"Accept": accept})
        answer = self._line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise OSError(f"{path} answered {answer.status}: {body[:300].decode()}")
        return body, 1_000 * (time.perf_counter() - started)

    def close(self) -> None:
        self._line.close()


def serve_bare(port: int) -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    async def serve() -> None:
        HTTPServer(Application([(r"/.*", AsgiHandler, {"app": app})])).listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(serve())


@contextmanager
def bare() -> Iterator[tuple[str, psutil.Process]]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.rest_requests", "--bare", str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


async def measure(address: str, process: psutil.Process, path: str, seconds: float) -> Taken:
    """Ask on several connections at once for so long, each one again as soon as it was answered."""
    idle = await _busy_share(process)
    deadline, before = time.monotonic() + seconds, _busy_s(process)
    started = time.monotonic()
    parts = await asyncio.gather(*(_ask(address, path, deadline) for _ in range(_CONNECTIONS)))
    passed = time.monotonic() - started
    return Taken(np.concatenate(parts), passed, _busy_s(process) - before - idle * passed)


async def _ask(address: str, path: str, deadline: float) -> np.ndarray:
    parts, taken = urlsplit(address), []
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**22)
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    while time.monotonic() < deadline:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head[:20]:
            raise OSError(f"{path} answered {head[:200].decode()}")
        (length,) = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")]
        await reader.readexactly(length)
        taken.append(1_000 * (time.perf_counter() - began))
    writer.close()
    return np.array(taken)


async def _busy_share(process: psutil.Process, seconds: float = 3.0) -> float:
    before = _busy_s(process)
    await asyncio.sleep(seconds)
    return (_busy_s(process) - before) / seconds


def _busy_s(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


async def compare(folder: Path, seconds: float) -> None:
    with bare() as (address, process):
        await until_up(address)
        least = await measure(address, process, "/health", seconds)
    print(f"bare FastAPI, /health:         {least}")
    with dashboard(folder, **LIMITS) as (address, process):
        await until_up(address)
        # Calendars and macro lines are loaded beside the first answers.
        await asyncio.sleep(15)
        for path in ("/health", "/api/v1/status"):
            found = await measure(address, process, path, seconds)
            print(f"dashboard, {path:19} {found}; {found.a_core / least.a_core:.2f} of bare")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=10.0)
    parser.add_argument("--bare", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        serve_bare(given.bare)
    else:
        print(f"load of the machine: {psutil.getloadavg()[0]:.1f}")
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(compare(Path(folder), given.seconds))


if __name__ == "__main__":
    main()
