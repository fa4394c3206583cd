"""Served: the real server as a process of its own, over a folder that is well filled, reaching nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from nautilus_data import load_settings, open_workspace
from nautilus_data.core.identity import Role
from nautilus_data.settings import child_environment
from tests.conftest import free_port, wait_until
from tests.well_filled import Filled, fill_all

ROOT = Path(__file__).parents[1]
# No source is reached: each is asked at a port where nobody listens.
NOWHERE = "http://127.0.0.1:1"
_SOURCES = ("yahoo", "fred", "alpha_vantage", "edgar", "data_gov", "trading_economics", "dbnomics")
_GIVEN = {
    "demo": "off", "fred_store": True, "api_rate_per_min": 1_000_000, "fred_api_key": "f" * 32,
    "alpha_vantage_api_key": "unused", "edgar_user_agent": "Test test@example.com", "ib_port": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Served:
    """A server that listens at `url`, and what was put into it."""

    url: str
    filled: Filled
    pid: int

    def client(self, role: Role | None = Role.ADMIN) -> httpx2.Client:
        """Asks by a key of this role; nobody where it is None."""
        headers = {} if role is None else {"X-API-Key": self.filled.keys[role]}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30, follow_redirects=False)

    def log(self) -> str:
        return (self.filled.folder / "test-server.log").read_text(errors="replace")


@contextmanager
def served(folder: Path, **more: object) -> Iterator[Served]:
    """The server over a new data folder; it has ended when this returns."""
    port = free_port()
    urls = {f"{name}_base_url": NOWHERE for name in _SOURCES}
    given = {**_GIVEN, **urls, "dashboard_port": port, **more}
    settings = load_settings(nautilus_data_dir=folder, **given)
    workspace = open_workspace(settings)
    try:
        filled = fill_all(workspace)
    finally:
        workspace.close()
    with (folder / "test-server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.server"], cwd=ROOT, env=os.environ | child_environment(settings),
            stdout=log, stderr=log,
        )  # fmt: skip
    found = Served(f"http://127.0.0.1:{port}", filled, process.pid)
    try:
        wait_until(lambda: _is_up(process, found), 90, "the server to listen")
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)


def _is_up(process: subprocess.Popen[bytes], found: Served) -> bool:
    assert process.poll() is None, found.log()
    return f"Dashboard: {found.url}/" in found.log()
